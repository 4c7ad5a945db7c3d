"""Exact values of numeric columns: read one column at a time, sorted once, handed over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import duckdb
import numpy as np
from numpy.typing import NDArray

from domain.column import Column
from domain.profile import SortedColumn
from domain.window import Rows
from store.buffer import trim
from store.catalog import column_value
from store.relations import Relations
from store.scan import Condition, Scan, between, thinned

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Result = TypeVar("Result")

Use = Callable[[Column, SortedColumn, list[SortedColumn]], Result]
Interval = tuple[float, float]
Within = Mapping[Column, Sequence[Interval]]


def each_sorted(
    connection: duckdb.DuckDBPyConnection,
    logs: Relations,
    columns: Iterable[Column],
    whole: Rows,
    apart: Rows,
    use: Use[Result],
    *,
    within: Within | None = None,
    share: float = 1.0,
) -> dict[Column, Result]:
    """
    Read numeric columns one after the other, sort their values once, and hand them over.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a read transaction.
    logs : Relations
    columns : iterable of Column
    whole : Rows
        Whose values are wanted together; without windows they are none.
    apart : Rows
        Whose values are wanted window by window; they may overlap `whole`.
    use : callable
        Makes what is wanted of a column's values: those of `whole`, and those of each window of
        `apart`. One column at a time is in memory, unless it keeps them.
    within : mapping of Column to sequence of (low, high), optional
        Only values in these intervals of each column, both ends included; -inf and inf are
        values, missing rows are left out. Default: all rows.
    share : float, default=1.0
        Of the seconds whose rows are read, in (0, 1]; see `store.scan.thinned`.
    """
    kept = thinned(share)
    readers = None if within is not None else _Readers(connection, logs, whole, apart, kept)
    found: dict[Column, Result] = {}
    for column in columns:
        own = readers
        if own is None:
            value = column_value(logs.features, column)
            intervals = between(value, within[column] if within else ())
            own = _Readers(connection, logs, whole, apart, (*kept, intervals))
        found[column] = use(column, own.whole(column), own.apart(column))
        trim(connection, own.n_rows)
    return found


class _Readers:
    """Where the rows of both sides lie, whatever column is read."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        logs: Relations,
        whole: Rows,
        apart: Rows,
        conditions: Sequence[Condition],
    ) -> None:
        self._whole, self._apart = (
            Scan(connection, logs, rows.windows, rows.versions, conditions=conditions)
            for rows in (whole, apart)
        )
        self._parts = self._apart.parts()
        self._all = bool(self._whole.inside.all())
        self.n_rows = max(len(self._whole.index), len(self._apart.index))

    def whole(self, column: Column) -> SortedColumn:
        if not self._whole.windows:
            return SortedColumn.from_sorted(column.name, np.empty(0))
        values = self._whole.column_numbers(column)
        return _sorted(column, values if self._all else values[self._whole.inside])

    def apart(self, column: Column) -> list[SortedColumn]:
        if not self._parts:
            return []
        values = self._apart.column_numbers(column)
        return [_sorted(column, values[part]) for part in self._parts]


def _sorted(column: Column, own: Float) -> SortedColumn:
    own.sort()
    return SortedColumn.from_sorted(column.name, own)
