"""Which reader takes a log that nobody named a format for."""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.readers import ndjson, parquet, registry
from ingest.readers.block import Reader
from ingest.readers.registry import is_log, reader_for
from ingest.sources import SourceFile
from ingest.unpack import LogStream

OWN_LINES = replace(
    ndjson.READER,
    name="envelopes",
    endings=(".envelopes",),
    recognises=lambda head: head.startswith(b'{"envelope"'),
    recognises_table=lambda schema: "envelope" in schema.names,
    patterns=("*.envelope-*",),
    only_likely=False,
)


@pytest.fixture
def one_more(monkeypatch):
    monkeypatch.setattr(registry, "READERS", (OWN_LINES, *registry.READERS))


def chosen(data: bytes, name: str = "log") -> Reader:
    return reader_for(LogStream(name, io.BytesIO(data)))


def table(**columns) -> bytes:
    into = io.BytesIO()
    pq.write_table(pa.table(columns), into)
    return into.getvalue()


@pytest.mark.parametrize("name", ["a.log", "a.csv", "a.json", "a", "a.parquet"])
def test_content_that_only_one_format_has_counts_for_more_than_any_ending(one_more, name):
    assert chosen(b'{"envelope": {}}\n', name).name == "envelopes"
    assert chosen(b'{"model": "m"}\n', "a.envelopes").name != "parquet"


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_parquet_file_is_told_by_its_columns_and_read_from_its_start(one_more, pack):
    mine, plain = table(envelope=["{}"]), table(model=["m"])
    assert chosen(pack(mine)).name == "envelopes"
    with SourceFile("x", data=pack(plain)).open() as stream:
        assert reader_for(stream) is parquet.READER
        assert stream.seekable().read() == plain


def test_a_parquet_file_that_is_cut_off_is_left_to_the_reader_that_says_so(one_more):
    assert chosen(table(envelope=["{}"])[:-9]) is parquet.READER


def test_files_of_a_folder_are_told_by_ending_or_pattern_packed_or_not(one_more):
    names = ["A.ENVELOPES", "a.envelopes.gz", "a.csv.zst", "a.envelope-00001-of-00002.gz"]
    assert [name for name in [*names, "a.envelope", "a.md"] if is_log(name)] == names


EVENT = {"specversion": "1.0", "type": "org.kubeflow.serving.inference.request", "id": "a"}
LARGE = {"instances": [[0.5] * 5_000]}


def compact(record: object) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode()


@pytest.mark.parametrize("name", ["a.log", "a.csv", "a.json"])
def test_an_event_is_known_by_what_stands_behind_its_data(name):
    event = compact({"data": LARGE} | EVENT)
    assert chosen(event, name).name == "cloudevents"
    assert chosen(b"[" + event + b"]", name).name == "cloudevents"


@pytest.mark.parametrize("name", ["a.log", "a.csv", "a.json"])
def test_lines_of_a_program_may_stand_before_the_first_record_of_a_log_of_lines(name):
    before = b"INFO: Started server process [1]\n\nINFO: ready, really\n"
    call = {"ts": 1, "request": LARGE, "response": {"predictions": [1]}}
    assert chosen(before + compact(EVENT), name).name == "cloudevents"
    assert chosen(before + compact(call), name).name == "v2"
    assert chosen(before + compact({"model": "m"}), name).name in ("ndjson", "csv")


def test_a_blob_with_a_payload_larger_than_what_is_looked_at_is_known():
    blob = {"url": {"Scheme": "s3"}, "bytes": "QUJD" * 40_000, "reqType": "x", "id": "a"}
    for record in (blob, [blob, blob], {name.title(): cell for name, cell in blob.items()}):
        assert chosen(compact(record), "a.json").name == "kserve-blob"
    assert chosen(compact({"url": "x", "text": "QUJD" * 40_000}), "a.json").name != "kserve-blob"


@pytest.mark.parametrize("torn", [b"{", b'{"ts": "2026-11-01T10:00:00Z",', b'{"features": {'])
def test_a_line_torn_at_any_place_makes_no_document_of_the_lines_behind_it(torn):
    line = b'{"ts": "2026-11-01T10:00:00Z", "model": "m", "prediction": 1}'
    assert chosen(b"\n".join([torn, line, line])).name == "ndjson"
    assert chosen(torn + b'\n  "model": "m"\n}').name == "json"
