"""`driftline sql`: read-only questions to the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobs.context import Common, common_options, json_option, print_json

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
    sink = pa.BufferOutputStream()
    pa_csv.write_csv(pa.table({n: found[n].cast(pa.string()) for n in found.column_names}), sink)
    click.echo(sink.getvalue().to_pybytes().decode(), nl=False)
    return 0


def _rows(found: pa.Table) -> list[list[object]]:
    return [
        [v if isinstance(v, int | float | bool | None) else str(v) for v in row.values()]
        for row in found.to_pylist()
    ]
