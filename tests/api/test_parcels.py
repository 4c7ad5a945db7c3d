"""Logs that are sent to an owner arrive as they are, small ones together."""

import json
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api import parcels
from domain.errors import InputError
from ingest.mapping import Mapping
from ingest.sources import SourceFile, find
from monitors.ingest_logs import Options, ingest_events
from store.store import Store

SCHEMA = {
    "meta_data": {"bento_name": "b", "bento_version": "7"},
    "columns": [
        {"name": "age", "role": "feature", "type": "numerical"},
        {"name": "score", "role": "prediction", "type": "numerical"},
    ],
}


def content(source: SourceFile) -> bytes:
    with source.raw() as file:
        return file.read()


def sent(sources: list[SourceFile], folder: Path) -> list[list[SourceFile]]:
    """What arrives of each request."""
    arrived: list[list[SourceFile]] = []
    for number, parcel in enumerate(parcels.parcels(sources)):
        path = folder / f"{number}.part"
        path.write_bytes(b"".join(content(one) for one in parcel))
        arrived.append(parcels.unpacked(orjson.loads(orjson.dumps(parcels.label_of(parcel))), path))
    return arrived


@settings(max_examples=30, deadline=None)
@given(sizes=st.lists(st.integers(0, 30), max_size=12))
def test_logs_arrive_in_their_order_and_whole_in_few_requests(tmp_path_factory, sizes):
    folder = tmp_path_factory.mktemp("sent")
    made = [SourceFile(f"d/{n}", data=bytes([n]) * size) for n, size in enumerate(sizes)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parcels, "_SMALL_BYTES", 20)
        patch.setattr(parcels, "_MOST_BYTES", 60)
        patch.setattr(parcels, "_MOST_LOGS", 4)
        arrived = sent(made, folder)
    flat = [one for request in arrived for one in request]
    assert [(one.name, content(one)) for one in flat] == [(m.name, m.data) for m in made]
    for request in arrived:
        size = [len(content(one)) for one in request]
        assert len(request) == 1 or (len(request) <= 4 and max(size) <= 20 and sum(size) <= 60)
    if all(size <= 5 for size in sizes):
        assert len(arrived) == -(-len(sizes) // 4)


def test_what_stands_beside_a_log_travels_with_it(tmp_path):
    rows = [{"age": n, "score": 0.5, "timestamp": f"2026-11-20T08:00:0{n}", "request_id": "None",
             "trace_id": "0"} for n in range(3)]  # fmt: skip
    for part, lines in {"data": rows, "schema": [SCHEMA]}.items():
        file = tmp_path / "credit" / part / f"{part}.1.log"
        file.parent.mkdir(parents=True)
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    options = Options(
        Mapping(ts_zone="UTC"), None, None, "auto", datetime(2026, 11, 22, tzinfo=UTC)
    )
    (arrived,) = sent(find([str(tmp_path / "credit" / "data")]), tmp_path)
    with Store.open(tmp_path / "store") as store:
        assert ingest_events(store, arrived, options).shape()["rejected_reasons"] == {}
        found = store.sql("select model, version, f_age from predictions order by all").to_pylist()
    assert found == [{"model": "credit", "version": "7", "f_age": float(n)} for n in range(3)]


@pytest.mark.parametrize(
    "label",
    [
        {"logs": [["a", 3], ["b", 3]]},
        {"logs": [["a", -1]]},
        {"logs": [["a", "2"]]},
        {"logs": [["a"]]},
        {"logs": 7},
        {"logs": [["a", 1]] * 300},
        {"source": "d/a", "beside": {"d": {"*": [["x", "no base64!"]]}}},
        {"source": "a", "beside": 7},
    ],
)
def test_a_label_that_does_not_fit_is_refused(tmp_path, label):
    file = tmp_path / "body"
    file.write_bytes(b"12345")
    with pytest.raises(InputError):
        parcels.unpacked(label, file)


def test_a_log_that_cannot_be_read_travels_alone_so_that_it_can_be_said(tmp_path):
    gone = SourceFile("gone.jsonl", tmp_path / "gone.jsonl")
    made = [SourceFile("a", data=b"1"), gone, SourceFile("b", data=b"2")]
    assert [[one.name for one in some] for some in parcels.parcels(made)] == [
        ["a"], ["gone.jsonl"], ["b"],
    ]  # fmt: skip
