"""Calls, and how formats whose records are rows or whole calls write them."""

from __future__ import annotations

import csv as csv_writer
import gzip
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import md5
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.api.sending import arrow_stream
from tests.formats.test_tf_serving import CALL, doubles, framed, number, wire
from tests.formats.test_triton import moments, tensor

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


def in_lines(calls: Sequence[Call], records: Sequence[object]) -> Log:
    """Records a line each, then one that is cut off."""
    lines = [dumped(one) for one in records] + [b'{"oops %s' % unique(calls).encode()]
    n = len(records)
    return Log(b"\n".join(lines) + b"\n", range(1, n + 1), {n + 1: "bad_json"})


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
