from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import pytest

from ingest.mapping import Mapping
from ingest.readers import v2_exchange
from ingest.readers.block import Block
from ingest.readers.registry import reader_for
from ingest.sources import find
from ingest.unpack import LogStream

TIME = "2026-11-22T08:00:00Z"
TENSOR = {"name": "x", "shape": [2, 2], "datatype": "FP32", "data": [1, 2, 3, 4]}
ANSWER = {"name": "y", "shape": [2, 1], "datatype": "FP32", "data": [0.25, 0.75]}
BODIES = {"request": {"inputs": [TENSOR]}, "response": {"outputs": [ANSWER], "model_name": "m"}}


def in_base64(body: object) -> str:
    return base64.b64encode(json.dumps(body).encode()).decode()


def stream(*lines: object) -> LogStream:
    content = b"".join(
        (x if isinstance(x, bytes) else json.dumps(x).encode()) + b"\n" for x in lines
    )
    return LogStream("calls.jsonl", io.BytesIO(content))


def read(*lines: object) -> Block:
    (block,) = v2_exchange.read(stream(*lines), Mapping().layout)
    return block


def row(block: Block, index: int = 0) -> dict[str, object]:
    told = {path: values.plain(index) for path, values in block.columns.items()}
    return {path: value for path, value in told.items() if value is not None}


def test_a_line_of_bodies_and_facts_is_a_call():
    block = read(
        BODIES | {"ts": TIME, "latency_ms": 3, "status": 200, "id": "r", "replica": "pod-1"}
    )
    assert row(block, 1) == {
        "ts": TIME,
        "latency_ms": 3,
        "status": 200,
        "request_id": "r",
        "prediction_id": "r-item-1",
        "replica": "pod-1",
        "model": "m",
        "features.f0": 3,
        "features.f1": 4,
        "prediction": 0.75,
    }


def test_messages_of_http_tell_more_than_their_bodies():
    line = {
        "time": TIME,
        "request": {
            "method": "POST",
            "path": "/v2/models/credit/versions/7/infer",
            "headers": {
                "Content-Type": ["application/json"],
                "TRACEPARENT": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            },
            "body": json.dumps(BODIES["request"]),
        },
        "response": {"status": 200, "headers": [["CE-Id", "c-1"]], "body": BODIES["response"]},
    }
    told = row(read(line))
    assert told["model"] == "credit"
    assert told["version"] == "7"
    assert told["status"] == 200
    assert told["request_id"] == "c-1"
    assert told["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
    assert told["prediction"] == 0.25


def test_raw_tensors_in_base64_are_cut_where_the_header_says():
    import base64

    import numpy as np

    raw = np.array([[1.5, 2.5]], "<f4").tobytes()
    tensor = {"name": "x", "shape": [1, 2], "datatype": "FP32"}
    tensor["parameters"] = {"binary_data_size": len(raw)}
    head = json.dumps({"inputs": [tensor]}).encode()
    line = {"ts": TIME, "request": base64.b64encode(head + raw).decode()}
    for headers in ({}, {"inference-header-content-length": str(len(head))}):
        told = row(read(line | {"headers": headers}))
        assert (told["features.f0"], told["features.f1"]) == (1.5, 2.5)


def test_nan_in_a_line_is_missing():
    line = (
        b'{"ts": "' + TIME.encode() + b'", "request": {"instances": [[NaN, 1]]}, "response": [0.5]}'
    )
    assert row(read(line)) == {"ts": TIME, "features.f1": 1, "prediction": 0.5}


def test_lines_that_are_no_calls_are_rejected_alone():
    block = read(b"{", [1], {"ts": TIME}, b"", BODIES | {"ts": TIME}, b'{"request": "\xff"}')
    assert [(r.position, r.reason) for r in block.rejections] == [
        (1, "bad_json"),
        (2, "bad_json"),
        (3, "no_call"),
        (6, "invalid_utf8"),
    ]
    assert block.positions.tolist() == [5, 5]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (BODIES, "v2"),
        ({"request": json.dumps(BODIES["request"]), "response": "{}"}, "v2"),
        ({"ts": TIME, "request": {"instances": [[1]]}}, "v2"),
        ({"request": {"body": '{"dataframe_split": {"columns": []}}', "path": "/"}}, "v2"),
        ({"request": in_base64(BODIES["request"]), "response": None}, "v2"),
        ({"request": {"path": "/"}, "response": {"body": in_base64([1, 2, 3, 4, 5, 6])}}, "v2"),
        ({"request": {"data": {"ndarray": [[1]]}}, "response": "1"}, "v2"),
        ({"feedback": {"response": {}, "truth": {"ndarray": [[1]]}}}, "ndjson"),
        ({"request": "eyewitnesses of what happened", "response": "Wyoming"}, "ndjson"),
        # as docs/mapping.md shows it: somebody's own names, and a mapping file
        ({"request": {"time": TIME, "inputs": {"a": 1}}, "response": {"class": "x"}}, "ndjson"),
        ({"ts": TIME, "model": "m", "features": {"instances": 3}}, "ndjson"),
        ({"ts": TIME, "model": "m", "instances": [1]}, "ndjson"),
    ],
)
def test_recorded_calls_are_known_by_what_they_hold(line: object, name: str):
    assert reader_for(stream(line)).name == name


def test_recorded_calls_are_known_where_only_a_later_one_tells_of_them():
    first = {"request": "1,2\n", "response": "3\n"}
    assert reader_for(stream(first, BODIES)).name == "v2"
    assert reader_for(stream(first, {"model": "m"})).name == "ndjson"
    assert reader_for(stream({"model": "m"}, BODIES)).name == "ndjson"


FORMATS = Path(__file__).parent.parent / "formats"


@pytest.mark.parametrize("server", ["mlserver", "mlflow_serve"])
def test_recorded_calls_of_real_servers_are_found_without_a_format(server: str):
    (source,) = find([str(FORMATS / server / "calls.jsonl")])
    with source.open() as opened:
        assert reader_for(opened).name == "v2"
