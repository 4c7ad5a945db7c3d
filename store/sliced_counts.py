"""One column counted slice by slice: in the baseline, and beside it in each of some windows."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np
from numpy.typing import NDArray

from domain.column import Column
from domain.profile import ColumnKind, ColumnRole, Grid
from domain.slice import SlicedCounts
from domain.window import Rows
from store.questions import places_of
from store.relations import Relations
from store.scan import Scan

Int = NDArray[np.int64]
Keys = Sequence[str] | NDArray[np.float64]


def sliced_counts(
    connection: duckdb.DuckDBPyConnection,
    logs: Relations,
    column: Column,
    grid: Grid,
    by: Column,
    whole: Rows,
    apart: Rows,
    *,
    most: int,
) -> list[SlicedCounts]:
    """
    Count a column by the value of another one; see `Engine.sliced_counts`.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a read transaction.
    logs : Relations
    column : Column
    grid : Grid
    by : Column
        Whose values name the slices.
    whole, apart : Rows
        The baseline, and the windows that are compared with it one by one.
    most : int
        Values of a window and the baseline that are slices of their own.
    """
    scans = [Scan(connection, logs, rows.windows, rows.versions) for rows in (whole, apart)]
    codes, keys = _coded(scans, by)
    baseline, windows = (
        _Side(own, places_of(scan, column, grid), grid.n_cells + 2)
        for own, scan in zip(codes, scans, strict=True)
    )
    baseline = baseline.part(scans[0].inside)
    found: list[SlicedCounts] = []
    for chosen in scans[1].parts():
        window = windows.part(chosen)
        top = _most_frequent(baseline.rows(len(keys)) + window.rows(len(keys)), most)
        counts = np.stack([side.counts(top, len(keys)) for side in (baseline, window)])
        order: list[int] = top.tolist()
        values = tuple(keys[i] for i in order)
        found.append(SlicedCounts.of(column.name, grid, by.name, values, counts))
    return found


class _Side:
    """Rows of one side: of each the code of its slice (-1: missing), and its place in the grid."""

    def __init__(self, codes: Int, places: Int, width: int) -> None:
        self._codes, self._places, self._width = codes, places, width

    def part(self, chosen: slice | Int | NDArray[np.bool_]) -> _Side:
        return _Side(self._codes[chosen], self._places[chosen], self._width)

    def rows(self, n_keys: int) -> Int:
        """Count the rows of each key."""
        return np.bincount(self._codes + 1, minlength=n_keys + 1).astype(np.int64)[1:]

    def counts(self, top: Int, n_keys: int) -> Int:
        """Count the rows of some keys, of missing and of the others by their place."""
        n = len(top)
        slots = np.full(n_keys + 1, n + 1, np.int64)
        slots[top] = np.arange(n)
        slots[-1] = n  # where code -1 points to
        flat = slots[self._codes] * self._width + self._places
        table = np.bincount(flat, minlength=(n + 2) * self._width)
        return table.reshape(n + 2, self._width).astype(np.int64)


def _coded(scans: Sequence[Scan], by: Column) -> tuple[list[Int], Keys]:
    """Return each row's code among the keys of both sides, which come in their order."""
    if by.kind is ColumnKind.NUMBER:
        values = [scan.column_numbers(by) for scan in scans]
        numbers = np.unique(np.concatenate([np.unique(one) for one in values]))
        numbers = numbers[~np.isnan(numbers)]
        return [
            np.where(np.isnan(one), -1, np.searchsorted(numbers, one)) for one in values
        ], numbers
    texts = [_texts(scan, by) for scan in scans]
    keys = sorted({label for _, labels in texts for label in labels})
    place = {key: i for i, key in enumerate(keys)}
    # the last place is where code -1 points to
    return [
        np.array([*(place[label] for label in labels), -1], np.int64)[codes]
        for codes, labels in texts
    ], keys


def _texts(scan: Scan, by: Column) -> tuple[Int, tuple[str, ...]]:
    return scan.categories("replica") if by.role is ColumnRole.CALLS else scan.column_categories(by)


def _most_frequent(rows: Int, most: int) -> Int:
    """Return the codes with the most rows; of equally frequent ones the first."""
    top = np.argsort(-rows, kind="stable")[:most]
    return top[rows[top] > 0]
