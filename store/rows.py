"""Rows themselves, for the few who need them: a sample of some columns in some windows."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from domain.column import Column
from domain.window import Window
from store.relations import Relations
from store.scan import Scan


def rows(
    connection: duckdb.DuckDBPyConnection,
    logs: Relations,
    columns: Sequence[Column],
    windows: Sequence[Window],
    versions: Sequence[str],
    limit: int,
) -> pa.Table:
    """
    Return rows of some columns, at most `limit`, evenly spread over them in the order of storage.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a read transaction.
    logs : Relations
    columns : sequence of Column
    windows : sequence of Window
        Oldest first, not overlapping.
    versions : sequence of str
        Whose rows count in each window.
    limit : int
    """
    scan = Scan(connection, logs, windows, versions)
    chosen = scan.inside.nonzero()[0]
    chosen = chosen[:: max(-(-len(chosen) // limit), 1)]
    return pa.table({column.name: scan.column_values(column).take(chosen) for column in columns})
