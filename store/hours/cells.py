"""Counting the rows of hours over cells: one column at a time, every hour and version by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from domain.column import Column
from domain.profile import ColumnKind, Grid, GridKind
from store.buffer import trim
from store.hours.column_grids import key_of
from store.hours.prediction_hours import narrowed
from store.hours.stale import HOUR_US
from store.hours.whole import window_of
from store.relations import Relations
from store.scan import Scan

Float = NDArray[np.float64]
Int = NDArray[np.int64]

# With so many rows in each hour, sorting them and looking up the edges costs a fifth of looking up
# the cell of every row; with few, numpy's calls cost more than the rows.
_SORTED_FROM: Final = 256


class HourRows:
    """
    The rows of some hours, by version and hour.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a read transaction.
    logs : Relations
    hours : ndarray of int64
        Since 1970, ascending.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, logs: Relations, hours: Int) -> None:
        windows = [window_of((hour * HOUR_US, (hour + 1) * HOUR_US)) for hour in hours.tolist()]
        self._connection = connection
        self._scan = Scan(connection, narrowed(logs, windows), windows)
        codes, versions = self._scan.categories("version")
        group = np.where(self._scan.inside, codes * len(hours) + self._scan.index, -1)
        in_order = bool((group[1:] >= group[:-1]).all())
        self._order = None if in_order else np.argsort(group, kind="stable")
        ranked = group if self._order is None else group[self._order]
        bounds = np.searchsorted(ranked, np.arange(len(versions) * len(hours) + 1))
        filled = np.flatnonzero(np.diff(bounds))
        self._starts, self._ends = bounds[filled], bounds[filled + 1]
        self.versions = [versions[i] for i in (filled // len(hours)).tolist()]
        self.hours = hours[filled % len(hours)] if len(hours) else hours

    def counts(self, column: Column, grid: Grid) -> Int:
        """Return the rows of every version and hour that has any, shape (n, n_cells + 2)."""
        many = len(self._scan.index) >= _SORTED_FROM * len(self._starts)
        if grid.column_kind is ColumnKind.CATEGORY:
            codes, labels = self._scan.column_categories(column)
            # the last place is where code -1 points to: missing
            found = self._placed(grid.places_of_labels([*labels, None])[codes], grid)
        elif many:
            found = self._sorted(self._scan.column_numbers(column), grid)
        else:
            values = self._scan.column_numbers(column)
            found = self._placed(grid.cells_of_numbers(values), grid)
        trim(self._connection, len(self._scan.index))
        return found

    def _placed(self, places: Int, grid: Grid) -> Int:
        n, width = len(self._starts), grid.n_cells + 2
        places = places if self._order is None else places[self._order]
        rows = np.repeat(np.arange(n), self._ends - self._starts)
        first = int(self._starts[0]) if n else 0
        flat = rows * width + places[first : first + len(rows)]
        return np.bincount(flat, minlength=n * width).reshape(n, width).astype(np.int64)

    def _sorted(self, values: Float, grid: Grid) -> Int:
        table = np.zeros((len(self._starts), grid.n_cells + 2), np.int64)
        values = values if self._order is None else values[self._order]
        bounds = zip(self._starts.tolist(), self._ends.tolist(), strict=True)
        for row, (start, end) in zip(table, bounds, strict=True):
            own = values[start:end]
            own.sort()
            count_sorted(own, grid, row)
        return table


def count_sorted(ordered: Float, grid: Grid, counts: Int) -> None:
    """
    Count sorted numbers over cells: exactly what placing each of them gives.

    Parameters
    ----------
    ordered : ndarray of float64
        As `numpy.sort` leaves them, NaN last.
    grid : Grid
        Of numbers.
    counts : ndarray of int64, shape (n_cells + 2,)
        Zeros; filled.
    """
    present = int(np.searchsorted(ordered, np.nan))
    below = np.searchsorted(ordered, grid.edges)
    if grid.kind is GridKind.ATOMS:
        counts[:-2] = np.searchsorted(ordered, grid.edges, side="right") - below
        counts[-1] = present - int(counts.sum())
    else:
        counts[:-2] = np.diff(below, prepend=0, append=present)
    counts[-2] = len(ordered) - present


def tables_of(model: str, rows: HourRows, grids: Mapping[Column, Grid]) -> Iterator[pa.Table]:
    """
    Count columns one after the other, as rows of ``column_hours``.

    Parameters
    ----------
    model : str
    rows : HourRows
    grids : mapping of Column to Grid
    """
    n = len(rows.hours)
    hours = pa.array(rows.hours * HOUR_US, pa.timestamp("us"))
    for column, grid in grids.items():
        counts = rows.counts(column, grid)
        offsets = pa.array(np.arange(n + 1, dtype=np.int32) * counts.shape[1])
        yield pa.table(
            {
                "model": pa.array([model] * n, pa.string()),
                "key": pa.array(np.full(n, key_of(column, grid)), pa.int64()),
                "version": pa.array(rows.versions, pa.string()),
                "hour": hours,
                "counts": pa.ListArray.from_arrays(offsets, pa.array(counts.ravel(), pa.int64())),
            }
        )
