"""
Calls of servers that log nothing, recorded by the tap inside the real MLServer, MLflow, LitServe.

`tap_*/make.py` ran them; `answers.json` is what who asked was answered, `calls.ndjson` what the tap
wrote meanwhile.
"""

import json
from collections import Counter
from pathlib import Path

import pytest

from domain.resource import ResourceMetric
from ingest.read import read_events
from ingest.readers.registry import reader_for
from ingest.sources import SourceFile

HERE = Path(__file__).parent
SERVERS = ("mlserver", "mlflow", "litserve")
# what is none of a model's calls: of the repository, of a model or a path that is not served
NO_CALLS = ("/v2/repository/index", "/v2/models/nobody/infer", "/nowhere")
TRACE = "0af7651916cd43dd8448eb211c80319c"


def log(server):
    return SourceFile("calls", data=(HERE / f"tap_{server}" / "calls.ndjson").read_bytes())


def rows(server):
    """Every event that the log of a server becomes, as a dictionary."""
    reads = list(read_events(log(server)))
    assert [one.message for read in reads for one in read.rejections] == []
    found = []
    for read in reads:
        for batch in read.batches:
            for event, features in zip(
                batch.events.to_pylist(), batch.features.to_pylist(), strict=True
            ):
                told = {name: value for name, value in features.items() if value is not None}
                found.append({**event, "model": batch.model, "features": told})
    return found


def answers(server):
    """What was asked of a model, and answered."""
    told = json.loads((HERE / f"tap_{server}" / "answers.json").read_text())
    return [
        (json.loads(asked), status, json.loads(said) if status == 200 else None)
        for path, asked, status, said in told
        if path not in NO_CALLS
    ]


def asked_rows(asked):
    """The instances of a request, by the plain reading of its protocol."""
    if "inputs" in asked:
        names = [one["name"] for one in asked["inputs"]]
        return [
            dict(zip(names, row, strict=True))
            for row in zip(*(one["data"] for one in asked["inputs"]), strict=True)
        ]
    if "dataframe_split" in asked:
        frame = asked["dataframe_split"]
        return [dict(zip(frame["columns"], row, strict=True)) for row in frame["data"]]
    return asked.get("dataframe_records", [asked])


@pytest.mark.parametrize("server", SERVERS)
def test_the_log_is_known_by_its_content(server):
    with log(server).open() as stream:
        assert reader_for(stream).name == "tap"


@pytest.mark.parametrize("server", SERVERS)
def test_every_call_has_the_status_that_was_answered(server):
    by_call = {row["request_id"]: row["status"] for row in rows(server)}
    assert Counter(by_call.values()) == Counter(status for _, status, _ in answers(server))


@pytest.mark.parametrize("server", SERVERS)
def test_every_instance_that_was_answered_is_a_prediction(server):
    expected = [
        row for asked, status, _ in answers(server) if status == 200 for row in asked_rows(asked)
    ]
    found = [row["features"] for row in rows(server) if row["status"] == 200]
    assert sorted(found, key=by_values) == sorted(expected, key=by_values)


@pytest.mark.parametrize("server", SERVERS)
def test_predictions_are_those_of_their_rows(server):
    answered = [row for row in rows(server) if row["status"] == 200]
    for row in answered:
        said = row["score"] if server == "litserve" else float(row["prediction"])
        assert said == pytest.approx(row["features"]["age"] / 100)
    assert len({row["prediction_id"] for row in answered}) == len(answered)


@pytest.mark.parametrize("server", SERVERS)
def test_facts_are_told_and_no_header_is(server):
    for row in rows(server):
        assert row["model"] == "credit"
        assert row["trace_id"] == TRACE
        assert row["latency_ms"] > 0
        assert row["version"] == {"mlserver": "v7"}.get(server, "3") or row["status"] != 200
    assert b"not-to-be-recorded" not in (HERE / f"tap_{server}" / "calls.ndjson").read_bytes()


@pytest.mark.parametrize("server", SERVERS)
def test_what_the_process_used_was_measured(server):
    samples = [sample for read in read_events(log(server)) for sample in read.samples]
    assert {sample.metric for sample in samples} == {ResourceMetric.CPU, ResourceMetric.MEMORY}
    assert {sample.replica for sample in samples} == {row["replica"] for row in rows(server)}


def by_values(row):
    return [(name, float(value) if name != "region" else value) for name, value in row.items()]
