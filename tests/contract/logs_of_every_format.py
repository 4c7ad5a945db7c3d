"""
The same calls as every format writes them, by writers that know nothing of the readers.

A new reader has no case here at first: `test_retry_of_every_format` says so.
"""

from __future__ import annotations

import base64
import csv as csv_writer
import gzip
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import md5
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.api.sending import arrow_stream
from tests.formats.test_bentoml import schema as bento_schema
from tests.formats.test_tf_serving import CALL, doubles, framed, number, wire
from tests.formats.test_triton import moments, tensor
from tests.ingest import otlp_made
from tests.ingest.test_wrapped import cri, docker, filebeat

Row = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One call: a row each prediction, scored 0.5."""

    at: datetime
    rows: Sequence[Row]
    name: str | None = None

    @property
    def ts(self) -> str:
        """In UTC; without a zone where `at` has none."""
        return self.at.isoformat().replace("+00:00", "Z")

    @property
    def ns(self) -> int:
        return int(self.at.timestamp()) * 10**9

    @property
    def number(self) -> int:
        return int(md5((self.name or "-").encode()).hexdigest(), 16)

    @property
    def asked(self) -> dict[str, Any]:
        return {"instances": list(self.rows)}

    @property
    def answered(self) -> dict[str, Any]:
        return {"predictions": [{"score": 0.5} for _ in self.rows]}


@dataclass(frozen=True)
class Log:
    """
    A log in one format, without the name of a model.

    Parameters
    ----------
    content : bytes
    positions : sequence of int
        Of each record that tells of one of the calls.
    broken : dict of int to str
        Reasons of those that nothing mends, by position.
    """

    content: bytes
    positions: Sequence[int]
    broken: dict[int, str] = field(default_factory=dict)


Write = Callable[[Sequence[Call]], Log]


def unique(calls: Sequence[Call]) -> str:
    """What only this log has: the same line of two logs is kept as rejected once."""
    return md5(repr([(one.ts, one.name) for one in calls]).encode()).hexdigest()[:12]


def dumped(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def in_lines(calls: Sequence[Call], records: Sequence[object], reason: str = "bad_json") -> Log:
    """Records a line each, then one that is cut off."""
    lines = [dumped(one) for one in records] + [b'{"oops %s' % unique(calls).encode()]
    n = len(records)
    return Log(b"\n".join(lines) + b"\n", range(1, n + 1), {n + 1: reason})


def named(call: Call, field_name: str) -> dict[str, str]:
    return {} if call.name is None else {field_name: call.name}


# ------------------------------------------------------------------ Driftline's own


def event_rows(calls: Sequence[Call]) -> list[Row]:
    return [
        {"ts": call.ts, "score": 0.5, "features": row, **named(call, "request_id")}
        for call in calls
        for row in call.rows
    ]


def ndjson(calls: Sequence[Call]) -> Log:
    return in_lines(calls, event_rows(calls))


def wrapped_in(wrap: Callable[[bytes], bytes], write: Write) -> Write:
    def written(calls: Sequence[Call]) -> Log:
        log = write(calls)
        lines = b"".join(wrap(line) for line in log.content.splitlines())
        return Log(lines, log.positions, log.broken)

    return written


def document(calls: Sequence[Call]) -> Log:
    rows = event_rows(calls)
    text = json.dumps(rows, indent=2)[:-1] + ', {"oops ' + unique(calls)
    return Log(text.encode(), range(1, len(rows) + 1), {len(rows) + 1: "bad_json"})


def columns(calls: Sequence[Call]) -> dict[str, list[Any]]:
    """A table of the rows, and one row without a time."""
    told = [
        {"ts": call.ts, "request_id": call.name, "score": 0.5, **row}
        for call in calls
        for row in call.rows
    ]
    told.append({"ts": f"soon {unique(calls)}", "score": 0.5})
    names = dict.fromkeys(name for row in told for name in row)
    return {name: [row.get(name) for row in told] for name in names}


def of_table(calls: Sequence[Call], content: bytes, first: int = 1) -> Log:
    n = sum(len(call.rows) for call in calls)
    return Log(content, range(first, first + n), {first + n: "bad_ts"})


def csv(calls: Sequence[Call]) -> Log:
    out = io.StringIO(newline="")
    writer, table = csv_writer.writer(out, delimiter=";"), columns(calls)
    writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))
    return of_table(calls, out.getvalue().encode(), first=2)


def in_parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, row_group_size=2)
    return out.getvalue()


def parquet(calls: Sequence[Call]) -> Log:
    return of_table(calls, in_parquet(pa.table(columns(calls))))


def arrow(calls: Sequence[Call]) -> Log:
    return of_table(calls, arrow_stream(pa.table(columns(calls))))


# ------------------------------------------------------------------ calls, a record each


def tap(calls: Sequence[Call]) -> Log:
    def side(body: object) -> Row:
        return {"text": json.dumps(body), "content_type": "application/json"}

    return in_lines(
        calls,
        [
            {"driftline_tap": 1, "ts": call.ts, "status": 200, "latency_ms": 2.5,
             **named(call, "request_id"), "request": side(call.asked),
             "response": side(call.answered)}
            for call in calls
        ],
    )  # fmt: skip


def v2(calls: Sequence[Call]) -> Log:
    return in_lines(
        calls,
        [
            {"ts": call.ts, "status": 200, **named(call, "request_id"), "request": call.asked,
             "response": call.answered}
            for call in calls
        ],
        "bad_body",
    )  # fmt: skip


def sagemaker(calls: Sequence[Call]) -> Log:
    def side(body: object) -> Row:
        return {"observedContentType": "application/json", "data": json.dumps(body),
                "encoding": "JSON"}  # fmt: skip

    return in_lines(
        calls,
        [
            {"captureData": {"endpointInput": side(call.asked),
                             "endpointOutput": side(call.answered)},
             "eventMetadata": {"inferenceTime": call.ts, **named(call, "eventId")}}
            for call in calls
        ],
    )  # fmt: skip


def vertex_rows(calls: Sequence[Call]) -> list[Row]:
    return [
        {"deployed_model_id": "7", "logging_time": call.ts, "request_id": call.name,
         "request_payload": [json.dumps(call.asked)],
         "response_payload": [json.dumps(call.answered)]}
        for call in calls
    ]  # fmt: skip


def databricks_rows(calls: Sequence[Call]) -> list[Row]:
    return [
        {"databricks_request_id": call.name, "request_time": call.ts, "status_code": 200,
         "request": json.dumps({"dataframe_records": list(call.rows)}),
         "response": json.dumps(call.answered)}
        for call in calls
    ]  # fmt: skip


def of_lines(make: Callable[[Sequence[Call]], list[Row]]) -> Write:
    return lambda calls: in_lines(calls, make(calls))


def of_rows(make: Callable[[Sequence[Call]], list[Row]]) -> Write:
    def written(calls: Sequence[Call]) -> Log:
        rows = make(calls)
        return Log(in_parquet(pa.Table.from_pylist(rows)), range(1, len(rows) + 1))

    return written


def tfrecord(calls: Sequence[Call]) -> Log:
    """Messages put together by hand; the last one is damaged."""

    def words(values: Sequence[str]) -> bytes:
        sizes = b"".join(wire(2, number(1, size)) for size in (len(values), 1))
        return number(1, 7) + wire(2, sizes) + b"".join(wire(8, one) for one in values)

    def message(call: Call) -> bytes:
        cells = {name: [row[name] for row in call.rows] for name in call.rows[0]}
        asked = b"".join(
            wire(2, wire(1, name) + wire(2, words(held) if isinstance(held[0], str)
                                         else doubles(held, [len(held), 1])))
            for name, held in cells.items()
        )  # fmt: skip
        scores = doubles([0.5] * len(call.rows), [len(call.rows), 1])
        answered = wire(1, wire(1, "score") + wire(2, scores))
        about = wire(1, number(4, int(call.at.timestamp())))
        return about + wire(CALL, wire(1, asked) + wire(2, answered))

    records = [framed(message(call)) for call in calls]
    damaged = records[0][:-9] + bytes(9)
    n = len(records)
    return Log(b"".join([*records, damaged]), range(1, n + 1), {n + 1: "bad_checksum"})


def packed(write: Write) -> Write:
    def written(calls: Sequence[Call]) -> Log:
        log = write(calls)
        return Log(gzip.compress(log.content), log.positions, log.broken)

    return written


def triton(calls: Sequence[Call]) -> Log:
    def words(row: Row, name: str) -> str:
        return f'"{row[name]}"' if isinstance(row[name], str) else str(row[name])

    fragments: list[Row] = []
    positions = []
    for at, call in enumerate(calls):
        positions.append(len(fragments) + 1)
        head = {"id": at, "model_name": "", "model_version": 1, **named(call, "request_id")}
        fragments += [head, {"id": at, "timestamps": moments(REQUEST_START=10**9 * at)}]
        for name, cell in call.rows[0].items():
            held = ",".join(words(row, name) for row in call.rows)
            kind = "BYTES" if isinstance(cell, str) else "FP64"
            told = tensor(name, held, str(len(call.rows)), kind)
            fragments.append({"id": at, "activity": "TENSOR_QUEUE_INPUT", "tensor": told})
        scores = tensor("score", ",".join(["0.5"] * len(call.rows)), str(len(call.rows)))
        fragments.append({"id": at, "activity": "TENSOR_BACKEND_OUTPUT", "tensor": scores})
        fragments.append({"id": at, "timestamps": moments(REQUEST_END=10**9 * at + 10**6)})
    stray = {"of no trace": unique(calls)}
    return Log(dumped([*fragments, stray]), positions, {len(fragments) + 1: "bad_json"})


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
    "bentoml": Format("bentoml", bentoml, by_row=True),
    "resources": Format("resources", resources, repeats=False),
}
