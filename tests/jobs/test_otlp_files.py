"""OpenTelemetry's files on the command line."""

from pathlib import Path

import pytest

from tests.ingest.otlp_made import log, protobuf_logs, protobuf_metrics, protobuf_spans, span


@pytest.fixture
def told(call, tmp_path, monkeypatch):
    """Ingest files with these contents into a store of their own."""
    monkeypatch.chdir(tmp_path)

    def ingest(*contents, options=()):
        files = [f"{number}.pb" for number in range(len(contents))]
        for file, content in zip(files, contents, strict=True):
            Path(file).write_bytes(content)
        return call("ingest", *files, *options)

    return ingest


def test_a_dump_of_all_three_signals_is_stored_and_counted(told):
    spans = protobuf_spans(span({"http.response.status_code": 200}), span(kind=1), span(kind=3))
    logs = protobuf_logs(log({"prediction": 1}), log({}, "started", event=""))
    use = protobuf_metrics(("process.memory.usage", "By", 7, {}, "gauge"))
    counts = told(spans, logs, use, options=["--json"]).json
    assert (counts["predictions"], counts["calls"], counts["samples"]) == (1, 1, 1)
    assert counts["passed_over"] == {"other_record": 1, "other_span": 2}


def test_a_file_of_samples_alone_is_no_failure(told):
    use = protobuf_metrics(("process.memory.usage", "By", 7, {}, "gauge"))
    answer = told(use)
    assert answer.code == 0
    assert "1 samples of resource use; 0 records passed over" in answer.out


def test_a_file_without_anything_to_keep_says_what_it_was(told):
    answer = told(protobuf_spans(span(kind=1)))
    assert answer.code == 3
    assert "1 records passed over, 1 other_span" in answer.out


def test_spans_of_calls_that_their_records_told_before_are_no_empty_file(told):
    spans, records = protobuf_spans(span()), protobuf_logs(log({"prediction": 1}))
    assert told(records, options=["--json"]).json["calls"] == 1
    answer = told(spans, options=["--json"])
    assert (answer.code, answer.json["calls"], answer.err) == (0, 0, "")
