"""Right records and files of every reader: what real software wrote, or its schema says."""

from __future__ import annotations

import gzip
import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.api.sending import arrow_stream, event
from tests.formats import test_counts_of_calls as made
from tests.formats.test_bentoml import ROLES, row, schema
from tests.formats.test_kserve import SIDES, as_parquet, azure, blob, in_binary_mode
from tests.formats.test_kserve import event as cloud_event
from tests.formats.test_triton import file as traces
from tests.formats.test_triton import trace
from tests.ingest import otlp_made
from tests.ingest.test_ecs import DOCUMENT
from tests.ingest.test_wrapped import cri, docker, filebeat

FORMATS = Path(__file__).resolve().parents[1] / "formats"
TOLD = [
    event(1, latency_ms=2.5, status=200, prediction="yes", tags={"tenant": "a"}, label="no"),
    event(2, features={"n": 1.5, "t": "x", "b": True, "l": [1, 2], "o": {"p": None}}),
    {"model": "m", "ts": 1_795_334_400_000, "status": 503, "latency_ms": 30, "request_id": "r"},
    event(3, trace_id="0af7651916cd43dd8448eb211c80319c", sampling_rate=0.5, replica="p-1"),
]
LABELS = [
    {"prediction_id": "p-1", "label": "yes", "ts": "2026-11-22T11:00:00Z"},
    {"request_id": "r", "label": 0.5, "model": "m"},
]
SAMPLE = {
    "ts": "2026-11-22T10:00:00Z", "model": "m", "version": "1", "replica": "p",
    "metric": "cpu", "value": 0.5, "unit": "cores",
}  # fmt: skip
CALLS = made.calls(6, seed=5)
SERVED = {
    "ts": "2026-11-22T10:00:00Z", "model": "m", "status": 200, "latency_ms": 3.5,
    "request": {"inputs": [{"name": "x", "shape": [2], "datatype": "FP64", "data": [1, 2]}]},
    "response": {"outputs": [{"name": "y", "shape": [2], "datatype": "INT64", "data": [0, 1]}]},
}  # fmt: skip


def lines_of(content: bytes) -> list[bytes]:
    return [line for line in content.splitlines() if line.strip()]


def dumped(*values: Any) -> list[bytes]:
    return [json.dumps(value).encode() for value in values]


def recorded(path: str) -> list[bytes]:
    return lines_of((FORMATS / path).read_bytes())


@cache
def records() -> dict[str, list[bytes]]:
    """Return records that are a line each, by the name of their reader."""
    logged = otlp_made.log({"ml.model": "m", "ml.features.x": 1.5, "ml.score": 0.5}, "text")
    return {
        "ndjson": dumped(*TOLD),
        "tap": recorded("tap_mlserver/calls.ndjson") + recorded("tap_litserve/calls.ndjson"),
        "v2": recorded("mlserver/calls.jsonl") + recorded("litserve/calls.jsonl") + dumped(SERVED),
        "cloudevents": dumped(
            *(cloud_event(side) for side in SIDES),
            *(in_binary_mode(cloud_event(side)) for side in SIDES),
            cloud_event("feedback"),
            azure("model_inputs", [{"age": 42}]),
            azure("model_outputs", [{"score": 0.5}]),
            cloud_event("x", type="driftline.prediction", data=TOLD[0]),
        ),
        "kserve-blob": dumped(*(blob(side) for side in SIDES)),
        "sagemaker": [
            line
            for encoding in ("CSV", "JSON", "BASE64")
            for line in lines_of(made.sagemaker(CALLS[:2], encoding))
        ],
        "vertex": lines_of(made.vertex(CALLS[:3], made.lines)),
        "databricks": lines_of(made.databricks(CALLS[:3], made.lines)),
        "otlp": dumped(
            otlp_made.json_logs(logged, otlp_made.log({"a": [1, {"b": 2}]}, {"c": 1})),
            otlp_made.json_spans(otlp_made.span({"http.response.status_code": 200})),
        ),
        "bentoml": lines_of(schema(ROLES, "v3") + row(age=1, answer="a") + row(8, age=2)),
        "elasticsearch-bulk": [
            b'{"index":{"_index":"i","_id":"1"}}\n' + one
            for one in dumped(DOCUMENT, TOLD[0], DOCUMENT | {"message": json.dumps(TOLD[1])})
        ],
        "elasticsearch-hits": dumped(
            {"_index": "i", "_id": "1", "_score": 1.0, "_source": DOCUMENT},
            {"_index": "i", "_id": 2, "_source": TOLD[0]},
        ),
        "ecs": dumped(DOCUMENT, {key: DOCUMENT[key] for key in ("@timestamp", "ecs", "ml")}),
        "resources": dumped(SAMPLE, SAMPLE | {"metric": "memory", "unit": "bytes"}),
    }


@cache
def wrapped() -> list[bytes]:
    """Return lines that carry native lines in the wrappings of other programs."""
    native = dumped(*TOLD)
    return [
        pack(line).rstrip(b"\n")
        for line in native
        for pack in (cri, docker, filebeat, lambda line: cri(line, tag="P"))
    ]


@cache
def files() -> dict[str, list[bytes]]:
    """Return whole files, by the name of their reader."""
    flat = {
        "model": ["m"] * 5, "ts": ["2026-11-22T10:00:00Z"] * 5, "score": [0.5, 1, None, 2, 3],
        "n": [1, 2, 3, 4, 5], "t": ["a", "b", None, "d", "é"], "prediction": ["y"] * 5,
    }  # fmt: skip
    rows = [dict(zip(flat, cells, strict=True)) for cells in zip(*flat.values(), strict=True)]
    table = pa.table(flat)
    nested = table.append_column("s", pa.array([{"a": [1, 2], "b": "x"}] * 5))
    text = "\n".join(
        ",".join(map(str, cells)) for cells in [flat, *zip(*flat.values(), strict=True)]
    )
    return {
        "csv": [text.encode(), text.replace(",", ";").encode(), text.replace(",", "\t").encode()],
        "json": [*dumped(TOLD), json.dumps(TOLD, indent=2).encode(), *dumped({"events": TOLD})],
        "parquet": [
            parquet(table),
            parquet(nested, compression="zstd"),
            parquet(table, row_group_size=2),
        ],
        "arrow": [arrow_stream(table), arrow_stream(nested), arrow_stream(table.slice(0, 0))],
        "tfrecord": [
            (FORMATS / "tf_serving" / "predictions.tfrecord").read_bytes(),
            made.tfrecord(CALLS),
            gzip.compress(made.tfrecord(CALLS)),
        ],
        "otlp": otlp_bodies(),
        "triton": [traces(*trace(1), *trace(2)), json.dumps(trace(3), indent=1).encode()],
        "cloudevents": dumped([cloud_event(side) for side in SIDES]),
        "kserve-blob": [as_parquet([blob(side) for side in SIDES])],
        "vertex": [made.vertex(CALLS, made.table)],
        "databricks": [made.databricks(CALLS, made.table)],
        "labels": dumped(LABELS),
        "rows": [json.dumps(one).encode() for one in (rows, {"rows": rows})],
    }


def otlp_bodies() -> list[bytes]:
    """Return what exporters send: each signal, and requests with their lengths before them."""
    logged = otlp_made.log({"ml.model": "m", "ml.features.x": 1.5, "ml.score": 0.5})
    points = [
        ("process.cpu.utilization", "1", 0.5, {}, "gauge"),
        ("process.memory.usage", "By", 9, {"state": "x"}, "sum"),
    ]
    signals = [
        otlp_made.protobuf_logs(logged, logged),
        otlp_made.protobuf_spans(otlp_made.span({"http.response.status_code": 200})),
        otlp_made.protobuf_metrics(*points),
    ]
    framed = b"".join(len(one).to_bytes(4, "big") + one for one in signals)
    return [*signals, framed, json.dumps(otlp_made.json_logs(logged), indent=1).encode()]


def parquet(table: pa.Table, **options: Any) -> bytes:
    into = io.BytesIO()
    pq.write_table(table, into, **options)
    return into.getvalue()
