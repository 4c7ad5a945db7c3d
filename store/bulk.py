"""Many rows into a table at once: through Arrow, never one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import duckdb
import pyarrow as pa

from store.moments import to_stored_or_none

_ROWS = "rows_in_flight"


def insert_rows(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, pa.Array]
) -> None:
    """
    Insert columns of equal length.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a write transaction.
    table : str
    columns : mapping of str to Array
        Columns of the table that are not named stay null.
    """
    with_rows(connection, columns, f"insert into {table} by name select * from {_ROWS}")


def with_rows(
    connection: duckdb.DuckDBPyConnection, columns: Mapping[str, pa.Array], sql: str
) -> None:
    """Run a statement that reads the given columns from ``rows_in_flight``."""
    connection.register(_ROWS, pa.table(dict(columns)))
    try:
        connection.execute(sql)
    finally:
        connection.unregister(_ROWS)


def texts(values: Sequence[str | None]) -> pa.Array:
    """Return a column of text."""
    return pa.array(values, pa.string())


def numbers(values: Sequence[float | None]) -> pa.Array:
    """Return a column of doubles."""
    return pa.array(values, pa.float64())


def whole(values: Sequence[int | None]) -> pa.Array:
    """Return a column of integers."""
    return pa.array(values, pa.int64())


def flags(values: Sequence[bool]) -> pa.Array:
    """Return a column of booleans."""
    return pa.array(values, pa.bool_())


def times(values: Sequence[datetime | None]) -> pa.Array:
    """Return a column of times, in UTC without a zone."""
    return pa.array([to_stored_or_none(value) for value in values], pa.timestamp("us"))


def lists(values: Sequence[Sequence[str]]) -> pa.Array:
    """Return a column of lists of text."""
    return pa.array([list(value) for value in values], pa.list_(pa.string()))
