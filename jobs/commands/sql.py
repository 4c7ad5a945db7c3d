"""`driftline sql`: read-only questions to the store."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING

import click

from jobs.context import Common, common_options, json_option
from jobs.output import print_json

if TYPE_CHECKING:
    import pyarrow as pa


@click.command("sql")
@click.argument("query")
@json_option
@common_options
def command(*, query: str, as_json: bool, common: Common) -> int:
    """
    Ask the store in SQL; nothing can be changed.

    Tables: predictions, calls, labels, runs, findings, slos, incidents, alerts.
    """
    import pyarrow as pa
    import pyarrow.csv as pa_csv

    with common.service() as service:
        found = service.sql(query)
    if as_json:
        print_json({"schema_version": 1, "columns": found.column_names, "rows": _rows(found)})
        return 0
    # by place, not by name: `select 1 as a, 2 as a` is a fair question
    texts = [_texts(column) for column in found.columns]
    sink = pa.BufferOutputStream()
    pa_csv.write_csv(pa.Table.from_arrays(texts, names=found.column_names), sink)
    click.echo(sink.getvalue().to_pybytes().decode(), nl=False)
    return 0


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    import pyarrow as pa

    try:
        return column.cast(pa.string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):  # lists, structs, bytes, intervals
        return pa.array([None if v is None else str(v) for v in column.to_pylist()], pa.string())


def _rows(found: pa.Table) -> list[list[object]]:
    columns = [[_value(v) for v in column.to_pylist()] for column in found.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def _value(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None  # JSON has no word for it
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, int | float | bool | None) else str(value)
