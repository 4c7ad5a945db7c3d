"""Logs of servers are followed as they grow: what is cut anywhere is what is read at once."""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.readers.registry import READERS
from tests.monitors.followed import Followed, append

TS = "2026-11-20T10:00:0{}Z"
ASKED, ANSWERED = {"instances": [[1.0], [2.0]]}, {"predictions": [0, 1]}
BEGAN_NS, TRACE = 1_795_168_800_000_000_000, "0af7651916cd43dd8448eb211c80319{}"


def event(number: int, side: str) -> dict[str, Any]:
    asked = side == "request"
    return {
        "specversion": "1.0",
        "id": f"c-{number}",
        "source": "http://localhost:9081/",
        "type": f"org.kubeflow.serving.inference.{side}",
        "time": TS.format(number) if asked else TS.format(number).replace("Z", ".005Z"),
        "inferenceservicename": "credit",
        "data": ASKED if asked else ANSWERED,
    }


def capture(number: int) -> dict[str, Any]:
    def side(mode: str, data: str) -> dict[str, str]:
        return {"observedContentType": "text/csv", "mode": mode, "data": data, "encoding": "CSV"}

    data = {"endpointInput": side("INPUT", "1\n2\n"), "endpointOutput": side("OUTPUT", "0\n1")}
    about = {"eventId": f"c-{number}", "inferenceTime": TS.format(number)}
    return {"captureData": data, "eventMetadata": about, "eventVersion": "0"}


def inference_row(number: int) -> dict[str, Any]:
    return {
        "databricks_request_id": f"c-{number}",
        "request_time": TS.format(number),
        "status_code": 200,
        "execution_duration_ms": 5,
        "request": json.dumps(ASKED),
        "response": json.dumps(ANSWERED),
    }


def vertex_row(number: int) -> dict[str, Any]:
    return {
        "endpoint": "credit",
        "deployed_model_id": "7",
        "logging_time": TS.format(number),
        "request_id": str(number),
        "request_payload": [json.dumps([1.0]), json.dumps([2.0])],
        "response_payload": ["0", "1"],
    }


def span(number: int) -> dict[str, Any]:
    told = {
        "traceId": TRACE.format(number),
        "spanId": f"b7ad6b716920333{number}",
        "kind": 2,
        "name": "POST /predict",
        "startTimeUnixNano": str(BEGAN_NS + number * 10**9),
        "endTimeUnixNano": str(BEGAN_NS + number * 10**9 + 5_000_000),
    }
    return {"resourceSpans": [{"scopeSpans": [{"spans": [told]}]}]}


def document(number: int) -> dict[str, Any]:
    return {
        "@timestamp": TS.format(number),
        "event": {"id": f"c-{number}"},
        "ml": {"features": {"x": number}, "prediction": "yes"},
    }


def recorded(number: int) -> dict[str, Any]:
    inputs = [{"name": "x", "shape": [2], "datatype": "FP64", "data": [1.0, 2.0]}]
    outputs = [{"name": "y", "shape": [2], "datatype": "INT64", "data": [0, 1]}]
    sides = {"request": {"inputs": inputs}, "response": {"outputs": outputs}}
    return {"ts": TS.format(number), "request_id": f"c-{number}", "status": 200, **sides}


def lines(*records: object) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def of_all(make: Any) -> bytes:
    return lines(*(make(number) for number in range(5)))


LOGS = {
    "cloudevents": lines(*(event(n, side) for side in ("response", "request") for n in range(5))),
    "sagemaker": of_all(capture),
    "databricks": of_all(inference_row),
    "vertex": of_all(vertex_row),
    "otlp": of_all(span),
    "ecs": of_all(document),
    "elasticsearch-bulk": lines(
        *(one for n in range(5) for one in ({"index": {"_index": "logs"}}, document(n)))
    ),
    "elasticsearch-hits": lines(
        *({"_index": "logs", "_id": f"h-{n}", "_source": document(n)} for n in range(5))
    ),
    "v2": of_all(recorded),
    "tap": (Path(__file__).parents[1] / "formats" / "tap_mlserver" / "calls.ndjson").read_bytes(),
}


def wrapped(content: bytes) -> bytes:
    """As Kubernetes writes it, each line in two parts."""
    stamp = b"2026-11-20T10:00:00.000000001Z stdout "
    halves = [(line[: len(line) // 2], line[len(line) // 2 :]) for line in content.splitlines()]
    return b"".join(stamp + b"P " + a + b"\n" + stamp + b"F " + b + b"\n" for a, b in halves)


def stored(followed: Followed) -> tuple[Counter[object], Counter[object]]:
    found = [
        followed.service.sql(f"select * from {table}").to_pylist()
        for table in ("predictions", "calls")
    ]
    told = [Counter(repr(sorted(row.items())) for row in rows) for rows in found]
    return told[0], told[1]


def test_every_format_whose_records_are_lines_is_tried():
    assert set(LOGS) == {r.name for r in READERS if r.pieces} - {"ndjson", "csv", "resources"}


# a body of a request is no container's log
CASES = [(name, bytes) for name in LOGS] + [
    (name, wrapped) for name in LOGS if name != "elasticsearch-bulk"
]


@pytest.mark.parametrize(("name", "around"), CASES)
def test_what_grows_is_taken_piece_by_piece_and_is_what_is_read_at_once(
    tmp_path: Path, name: str, around: Any
):
    content = around(LOGS[name])
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    at_once, in_parts = (Followed(tmp_path / part, model="credit") for part in ("one", "two"))
    append(at_once.logs / "a.log", content)
    counts = at_once.ingest_everything()
    assert counts.stored.predictions + counts.stored.calls >= 5
    assert not counts.rejected
    luck = random.Random(name)
    ends = sorted(luck.sample(range(len(content)), 6))
    taken = 0
    for begin, end in zip([0, *ends], [*ends, len(content)], strict=True):
        append(in_parts.logs / "a.log", content[begin:end])
        before = in_parts.look(timedelta(seconds=2))
        taken += bool(before.stored.calls and end < len(content))
        in_parts.restart()
    in_parts.look(timedelta(hours=1))
    assert taken, "nothing was taken before the file had ended"
    assert not in_parts.service.rejected(9)
    assert stored(in_parts) == stored(at_once)
    for one in (at_once, in_parts):
        one.service.store.close()


@pytest.mark.parametrize("indent", [None, 2])
def test_a_document_of_records_is_taken_whole_once_nobody_writes_it_any_more(
    tmp_path: Path, indent: int | None
):
    content = json.dumps([event(n, s) for n in range(3) for s in ("request", "response")])
    if indent:
        content = json.dumps(json.loads(content), indent=indent)
    followed = Followed(tmp_path)
    append(followed.logs / "dump.json", content[:-40].encode())
    assert not followed.look(timedelta(seconds=2)).stored.predictions
    append(followed.logs / "dump.json", content[-40:].encode())
    assert not followed.look(timedelta(seconds=2)).stored.predictions
    assert followed.look(timedelta(hours=1)).stored.predictions == 6
    assert not followed.service.rejected(9)
    followed.service.store.close()
