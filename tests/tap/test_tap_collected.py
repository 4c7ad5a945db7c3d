"""What a tap sends or writes is what the store then holds."""

import base64
import json
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

import driftline_tap
from domain.resource import ResourceMetric, ResourceSample, ResourceUnit
from driftline_tap import Tap
from ingest.read import read_events
from ingest.readers.registry import reader_for
from ingest.sources import SourceFile, find
from monitors.config import Config
from monitors.ingest_logs import Options
from monitors.local_service import LocalService
from store.store import Store
from tests.api.sending import serving
from tests.tap.conftest import DISTANCE, PATIENCE_S, TRACE, TRACEPARENT, in_a_loop


def service(tap):
    app = FastAPI()
    app.add_middleware(driftline_tap.AsgiMiddleware, tap=tap)

    @app.post("/rows")
    def rows(body: dict[str, list[dict[str, object]]]):
        return {"predictions": [{"label": "late", "score": 0.7} for _ in body["instances"]]}

    @app.post("/native")
    def native(body: dict[str, object]):
        tap.record(body, "late", 0.7)

    @app.post("/boom")
    def boom():
        raise ValueError

    return app


def ask(tap):
    """Five calls of seven rows, one of which fails and one asks for two."""

    async def asking():
        transport = httpx.ASGITransport(service(tap), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            await client.post("/rows", json={"instances": [DISTANCE] * 4}, headers=TRACEPARENT)
            await client.post("/rows", json={"instances": [DISTANCE]})
            await client.post("/native", json=DISTANCE)
            await client.post("/native", json=DISTANCE)
            await client.post("/boom")

    in_a_loop(asking())
    assert tap.flush(PATIENCE_S), tap.counts()


def test_calls_and_predictions_reach_a_running_collector(tmp_path):
    with serving(tmp_path / "store") as server:
        tap = Tap("flights", version="2", url=f"http://127.0.0.1:{server.port}", replica="pod-1")
        ask(tap)
        assert tap.close()
    assert tap.counts()["sent"] == 5
    assert tap.counts()["refused"] == tap.counts()["errors"] == 0
    with Store.open(tmp_path / "store") as store:
        check(store)


def test_files_of_a_folder_hold_the_same(tmp_path):
    tap = Tap("flights", version="2", folder=str(tmp_path / "log"), replica="pod-1")
    ask(tap)
    assert tap.close()
    now = datetime.now(UTC)
    with LocalService.open(Config(store=tmp_path / "store"), "tests", create=True) as service:
        options = Options(None, None, None, "auto", now)
        service.ingest(find([str(tmp_path / "log")]), options)
        again = service.ingest(find([str(tmp_path / "log")]), options)
        assert (again.stored.predictions, again.stored.calls, again.rejected) == (0, 0, 0)
    with Store.open(tmp_path / "store") as store:
        check(store)


def check(store):
    rows = store.sql("select * from predictions order by ts, prediction_id").to_pylist()
    calls = store.sql("select * from calls order by ts").to_pylist()
    assert len(rows) == len({row["prediction_id"] for row in rows}) == 7
    assert [(call["rows"], call["status"]) for call in calls] == [
        (4, 200), (1, 200), (1, 200), (1, 200), (1, 500),
    ]  # fmt: skip
    assert calls[0]["trace_id"] == TRACE
    assert {call["replica"] for call in calls} == {"pod-1"}
    assert min(call["latency_ms"] for call in calls) > 0
    told = {
        "version": "2",
        "prediction": "late",
        "score": 0.7,
        "f_distance": 1400,
        "f_carrier": "UA",
    }
    assert all(row | told == row for row in rows)
    assert {row["request_id"] for row in rows} == {call["request_id"] for call in calls[:4]}


def line(**members):
    return json.dumps({"driftline_tap": 1, "model": "m", "ts": "2026-11-20T10:00:00Z", **members})


BROKEN = {
    "bad_json": '{"driftline_tap":1,"mod',
    "bad_body": line(status=200, request="text"),
    "wrong_type": line(status="many", latency_ms=1),
    "missing_ts": line(status=200, ts=None),
}


@pytest.mark.parametrize("reason", BROKEN)
def test_a_line_that_is_broken_is_rejected_alone(reason):
    good = line(status=200, latency_ms=1, request_id="r-1")
    content = "\n".join([good, BROKEN[reason], "", good.replace("r-1", "r-2")]).replace(
        ": 1,", ":1,"
    )
    found = list(read_events(SourceFile("calls.log", data=content.encode())))
    assert [(one.position, one.reason) for read in found for one in read.rejections] == [
        (2, reason)
    ]
    assert sum(batch.n_rows for read in found for batch in read.batches) == 2


@pytest.mark.parametrize("text", ["é", "=", "ab c"])
def test_base64_that_is_none_is_a_broken_body(text):
    content = line(status=200, request={"base64": text}).encode()
    [read] = read_events(SourceFile("calls.log", data=content), format="tap")
    assert [one.reason for one in read.rejections] == ["bad_body"]


def test_bytes_that_are_no_text_arrive_as_they_were():
    raw = {"binary_data_size": 4}
    x = {"name": "x", "shape": [1], "datatype": "FP32", "parameters": raw}
    tensors = json.dumps({"inputs": [x]}).encode()
    request = {
        "base64": base64.b64encode(tensors + b"\x00\x00\x80\x3f").decode(),
        "content_type": "application/octet-stream",
        "header_length": len(tensors),
    }
    content = line(status=200, request=request).encode()
    [read] = read_events(SourceFile("calls.log", data=content), format="tap")
    assert read.batches[0].features.to_pydict() == {"x": [1.0]}


FIRST = {
    "a call with tensors": {"status": 200, "request": {"text": '{"inputs": [{"name": "x"}]}'}},
    "a call that failed": {"status": 500},
    "a sample": {"metric": "cpu", "value": 0.25, "unit": "cores"},
}


@pytest.mark.parametrize("first", FIRST)
def test_whatever_stands_first_the_log_is_known(first):
    content = line(**FIRST[first]).replace(": 1,", ":1,").encode()
    with SourceFile("calls.ndjson", data=content).open() as stream:
        assert reader_for(stream).name == "tap"


def use(**members):
    cpu = {"metric": "cpu", "value": 0.25, "unit": "cores", "version": "2", "replica": "pod-1"}
    cpu["process"] = "4711"
    return line(**{**cpu, **members})


def test_what_a_process_used_is_read_as_samples():
    content = f"{line(status=200)}\n{use()}\n".encode()
    [read] = read_events(SourceFile("calls.log", data=content), format="tap")
    assert sum(batch.n_rows for batch in read.batches) == 1
    assert read.samples == (
        ResourceSample(
            ts=datetime(2026, 11, 20, 10, tzinfo=UTC), metric=ResourceMetric.CPU, value=0.25,
            unit=ResourceUnit.CORES, source="tap", model="m", version="2", replica="pod-1",
            process="4711",
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    "broken",
    [{"metric": "fan"}, {"unit": "bytes"}, {"unit": None}, {"value": -1}, {"value": True},
     {"value": "1"}, {"ts": "soon"}, {"ts": None}],
)  # fmt: skip
def test_a_sample_that_is_none_is_rejected(broken):
    content = use(**broken).encode()
    [read] = read_events(SourceFile("calls.log", data=content), format="tap")
    assert [one.reason for one in read.rejections] == ["out_of_range"]
    assert read.samples == ()
