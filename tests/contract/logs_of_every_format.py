"""
The same calls as every format writes them, by writers that know nothing of the readers.

A new reader has no case here at first: `test_retry_of_every_format` says so.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from tests.contract.written_calls import (
    Call,
    Log,
    Row,
    Write,
    arrow,
    csv,
    databricks_rows,
    document,
    dumped,
    event_rows,
    in_lines,
    in_parquet,
    named,
    ndjson,
    of_lines,
    of_rows,
    packed,
    parquet,
    sagemaker,
    tap,
    tfrecord,
    triton,
    unique,
    v2,
    vertex_rows,
    wrapped_in,
)
from tests.formats.test_bentoml import schema as bento_schema
from tests.ingest import otlp_made
from tests.ingest.test_wrapped import cri, docker, filebeat

# ------------------------------------------------------------------ calls in two records


def halves(calls: Sequence[Call], make: Callable[[Call, str], Row]) -> list[Row]:
    """The requests of all calls, then the answers."""
    return [make(call, side) for side in ("request", "response") for call in calls]


def moment(call: Call, side: str) -> str:
    return call.ts if side == "request" else call.ts.replace("Z", ".250Z")


def body(call: Call, side: str) -> dict[str, Any]:
    return call.asked if side == "request" else call.answered


def cloud_event(call: Call, side: str) -> Row:
    return {
        "specversion": "1.0", "type": f"org.kubeflow.serving.inference.{side}", "source": "x",
        "namespace": "n", "id": call.name, "time": moment(call, side), "data": body(call, side),
    }  # fmt: skip


def blob(call: Call, side: str) -> Row:
    return {
        "bytes": base64.b64encode(dumped(body(call, side))).decode(),
        "contentType": "application/json", "reqType": f"org.kubeflow.serving.inference.{side}",
        "id": call.name, "inferenceService": "", "occurrenceTime": moment(call, side),
    }  # fmt: skip


def of_halves(make: Callable[[Call, str], Row], pack: Callable[[list[Row]], bytes]) -> Write:
    def written(calls: Sequence[Call]) -> Log:
        n = len(calls)
        records = halves(calls, make)
        nameless = make(Call(calls[0].at, [{"x": unique(calls)}], ""), "request")
        broken = {2 * n + 1: "missing_event_id"}
        # a call is told of where its second half came
        return Log(pack([*records, nameless]), range(n + 1, 2 * n + 1), broken)

    return written


def rows_in_parquet(rows: list[Row]) -> bytes:
    return in_parquet(pa.Table.from_pylist(rows))


def line_each(rows: list[Row]) -> bytes:
    return b"".join(dumped(row) + b"\n" for row in rows)


# ------------------------------------------------------------------ OpenTelemetry, Elasticsearch


def trace_ids(call: Call) -> dict[str, str]:
    return {"trace": f"{call.number:032x}", "span": f"{call.number:032x}"[:16]}


def log_records(calls: Sequence[Call]) -> list[dict[str, Any]]:
    def told(call: Call, row: Row) -> dict[str, Any]:
        features = {f"feature.{name}": cell for name, cell in row.items()}
        about = {**named(call, "request_id"), "score": 0.5}
        return otlp_made.log(features | about, ns=call.ns, **trace_ids(call))

    good = [told(call, row) for call in calls for row in call.rows]
    return [*good, otlp_made.log({"features": "{oops " + unique(calls)})]


def otlp_protobuf(calls: Sequence[Call]) -> Log:
    records = log_records(calls)
    content = otlp_made.protobuf_logs(*records, resource={"a": "b"})
    return Log(content, range(1, len(records)), {len(records): "bad_json"})


def otlp_document(calls: Sequence[Call]) -> Log:
    records = log_records(calls)
    request = otlp_made.json_logs(*records, resource={"a": "b"})
    content = json.dumps(request, indent=1).encode()
    return Log(content, range(1, len(records)), {len(records): "bad_json"})


def otlp_lines(calls: Sequence[Call]) -> Log:
    made = [otlp_made.json_logs(one, resource={"a": "b"}) for one in log_records(calls)[:-1]]
    return in_lines(calls, made)


def otlp_bento(calls: Sequence[Call]) -> Log:
    """Only the first record tells what the columns are."""
    roles = {name: {"role": "feature"} for name in calls[0].rows[0]}
    meta = {"schema": {**roles, "risk": {"role": "prediction"}}, "bento_version": "v7"}
    made = []
    for call in calls:
        ids = {"request_id": str(call.number >> 64), "trace_id": str(call.number)}
        for row in call.rows:
            told = {**row, "risk": "low", "timestamp": call.at.timestamp(), **ids}
            more = {} if made else {"bento_meta": meta}
            made.append(otlp_made.log({}, told | more, event="", trace="", span=""))
    content = otlp_made.protobuf_logs(*made, resource={"service.instance.id": "v7"})
    return Log(content, range(1, len(made) + 1))


def ecs_document(call: Call, row: Row) -> Row:
    about = {"features": row, "score": 0.5, **named(call, "request_id")}
    return {"@timestamp": call.ts, "event": {"duration": 5_000_000}, "ml": about}


def ecs(calls: Sequence[Call]) -> Log:
    return in_lines(calls, [ecs_document(call, row) for call in calls for row in call.rows])


def bulk(calls: Sequence[Call]) -> Log:
    found: list[object] = []
    for call in calls:
        for at, row in enumerate(call.rows):
            name = {} if call.name is None else {"_id": f"{call.name}-{at}"}
            found += [{"index": name}, ecs_document(call, row)]
    found += [{"delete": {"_id": unique(calls)}}]
    positions = range(2, len(found), 2)
    return Log(line_each(found), positions, {len(found): "elasticsearch_delete"})  # pyright: ignore[reportArgumentType]


def hits(calls: Sequence[Call]) -> Log:
    found: list[Row] = []
    for call in calls:
        for at, row in enumerate(call.rows):
            # what is stored has an id always: one that was made for it, if nobody gave it any
            name = f"{unique(calls)}-{len(found)}" if call.name is None else f"{call.name}-{at}"
            document = ecs_document(call, row)
            found.append({"_index": "logs", "_id": name, "_source": document})
    return in_lines(calls, found)


# ------------------------------------------------------------------ BentoML, resource use


def bentoml(calls: Sequence[Call]) -> Log:
    """A schema, then its rows: those of a call share ids, and nothing else tells their places."""
    roles = dict.fromkeys(calls[0].rows[0], "feature") | {"answer": "prediction"}
    lines = [bento_schema(roles, "v3").strip()]
    for call in calls:
        known = call.name is not None
        ids = {"request_id": str(call.number >> 64) if known else "None",
               "trace_id": str(call.number) if known else "None"}  # fmt: skip
        lines += [dumped({**row, "answer": "a", "timestamp": call.ts, **ids}) for row in call.rows]
    n = len(lines)
    lines.append(b'{"oops %s' % unique(calls).encode())
    return Log(b"\n".join(lines) + b"\n", range(2, n + 1), {n + 1: "bad_json"})


def resources(calls: Sequence[Call]) -> Log:
    samples = [
        {"ts": call.ts, "metric": "cpu", "unit": "cores", "value": 0.5, "model": "m",
         "replica": f"pod {call.name}"}
        for call in calls
    ]  # fmt: skip
    log = in_lines(calls, samples)
    return Log(log.content, (), log.broken)


@dataclass(frozen=True)
class Format:
    """
    A way to write calls.

    Parameters
    ----------
    reader : str
    write : callable
    has_header : bool
        A file without a column for the model is refused as a whole.
    by_row : bool
        Each row of a call is a record, which nothing but the call's name holds together.
    repeats : bool
        A record may stand there twice; where ids are the key of halves, it is one.
    mapping : dict or None
        What it always takes to read it.
    """

    reader: str
    write: Write
    has_header: bool = False
    by_row: bool = False
    repeats: bool = True
    mapping: dict[str, Any] | None = None


FIXED_TIME = {"ts": {"value": datetime(2026, 11, 20, 10, tzinfo=UTC).isoformat()}}
FORMATS: dict[str, Format] = {
    "ndjson": Format("ndjson", ndjson, by_row=True),
    "ndjson in cri": Format("ndjson", wrapped_in(cri, ndjson), by_row=True),
    "ndjson in docker": Format("ndjson", wrapped_in(docker, ndjson), by_row=True),
    "tap in docker": Format("tap", wrapped_in(docker, tap)),
    "sagemaker in cri": Format("sagemaker", wrapped_in(cri, sagemaker)),
    "ndjson in filebeat": Format("ndjson", wrapped_in(filebeat, of_lines(event_rows)), by_row=True),
    "json": Format("json", document, by_row=True),
    "csv": Format("csv", csv, has_header=True, by_row=True),
    "parquet": Format("parquet", parquet, has_header=True, by_row=True),
    "arrow": Format("arrow", arrow, has_header=True, by_row=True),
    "tap": Format("tap", tap),
    "v2": Format("v2", v2),
    "sagemaker": Format("sagemaker", sagemaker),
    "vertex": Format("vertex", of_lines(vertex_rows)),
    "vertex table": Format("vertex", of_rows(vertex_rows)),
    "databricks": Format("databricks", of_lines(databricks_rows)),
    "databricks table": Format("databricks", of_rows(databricks_rows)),
    "tfrecord": Format("tfrecord", tfrecord),
    "tfrecord packed": Format("tfrecord", packed(tfrecord)),
    "triton": Format("triton", triton, repeats=False, mapping=FIXED_TIME),
    "cloudevents": Format("cloudevents", of_halves(cloud_event, line_each), repeats=False),
    "cloudevents document": Format("cloudevents", of_halves(cloud_event, dumped), repeats=False),
    "kserve-blob": Format("kserve-blob", of_halves(blob, dumped), repeats=False),
    "kserve-blob table": Format("kserve-blob", of_halves(blob, rows_in_parquet), repeats=False),
    "otlp": Format("otlp", otlp_protobuf, by_row=True, repeats=False),
    "otlp document": Format("otlp", otlp_document, by_row=True, repeats=False),
    "otlp lines": Format("otlp", otlp_lines, by_row=True, repeats=False),
    "otlp of bentoml": Format("otlp", otlp_bento, by_row=True, repeats=False),
    "ecs": Format("ecs", ecs, by_row=True),
    "elasticsearch-bulk": Format("elasticsearch-bulk", bulk, by_row=True),
    "elasticsearch-hits": Format("elasticsearch-hits", hits, by_row=True),
    "bentoml": Format("bentoml", bentoml, by_row=True),
    "resources": Format("resources", resources, repeats=False),
}
