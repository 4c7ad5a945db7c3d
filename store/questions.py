"""
What monitors ask about columns: counts over cells, exact values, categories, scores by cell.

Every question is one pass per column, so that memory is bounded by one column, and gives
profiles, never rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import duckdb
import numpy as np
from numpy.typing import NDArray

from domain.column import Column
from domain.profile import CategoryCounts, ColumnKind, Grid, ProfileSeries, SortedColumn
from domain.window import Window
from store.buffer import trim
from store.relations import Relations
from store.scan import Scan, Table

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Result = TypeVar("Result")


def counts(
    connection: duckdb.DuckDBPyConnection,
    logs: Relations,
    grids: Mapping[Column, Grid],
    windows: Sequence[Window],
    versions: Sequence[str],
) -> dict[Column, ProfileSeries]:
    """
    Count columns over their grids in every window.

    Returns
    -------
    dict of Column to ProfileSeries
        With all of `windows`, also the empty ones.
    """
    scan = Scan(connection, logs, windows, versions)
    return {
        column: _series(scan, column, grid, _places(scan, column, grid))
        for column, grid in grids.items()
    }


Use = Callable[[Column, list[SortedColumn]], Result]


def each_sorted(
    connection: duckdb.DuckDBPyConnection,
    logs: Relations,
    columns: Iterable[Column],
    windows: Sequence[Window],
    versions: Sequence[str],
    use: Use[Result],
) -> dict[Column, Result]:
    """
    Read numeric columns one after the other, sort each window's values once, and hand them over.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a read transaction.
    logs : Relations
    columns : iterable of Column
    windows : sequence of Window
        Oldest first, not overlapping.
    versions : sequence of str
        Whose rows count in each window.
    use : callable
        Makes what is wanted of a column's exact values, one `SortedColumn` per window. One column
        at a time is in memory, unless it keeps them.
    """
    scan = Scan(connection, logs, windows, versions)
    parts = scan.parts()
    found: dict[Column, Result] = {}
    for column in columns:
        found[column] = use(column, _sorted_parts(scan, column, parts))
        trim(connection, len(scan.index))
    return found


def _sorted_parts(scan: Scan, column: Column, parts: Sequence[slice | Int]) -> list[SortedColumn]:
    values = scan.column_numbers(column)
    found: list[SortedColumn] = []
    for part in parts:
        own = values[part]
        own.sort()
        found.append(SortedColumn.from_sorted(column.name, own))
    return found


@dataclass(frozen=True, eq=False)
class Summary:
    """
    One column over some windows: all of them together, each by itself, and what was scored.

    Parameters
    ----------
    total : SortedColumn or CategoryCounts
        Exact values of a number, counts of a category; all windows together.
    series : ProfileSeries
        Over the cells learned from `total`.
    mean_score : ndarray of float64, shape (n_cells + 2,)
        Mean score of the rows in each cell, of missing and of unseen; NaN where there are none.
    """

    total: SortedColumn | CategoryCounts
    series: ProfileSeries
    mean_score: Float


Learn = Callable[[Column, SortedColumn | CategoryCounts], Grid]


def summaries(
    connection: duckdb.DuckDBPyConnection,
    logs: Relations,
    columns: Iterable[Column],
    windows: Sequence[Window],
    versions: Sequence[str],
    learn: Learn,
) -> dict[Column, Summary]:
    """
    Read each column once: learn its cells from its values, and count it over them.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a read transaction.
    logs : Relations
    columns : iterable of Column
    windows : sequence of Window
        Oldest first, not overlapping.
    versions : sequence of str
        Whose rows count in each window.
    learn : callable
        Makes the grid from the values of all windows together.
    """
    scan = Scan(connection, logs, windows, versions)
    scores = scan.numbers("score")
    return {column: _summary(scan, column, scores, learn) for column in columns}


def _summary(scan: Scan, column: Column, scores: Float, learn: Learn) -> Summary:
    total: SortedColumn | CategoryCounts
    if column.kind is ColumnKind.NUMBER:
        values = scan.column_numbers(column)
        total = SortedColumn.from_values(column.name, values[scan.inside])
        grid = learn(column, total)
        places = grid.cells_of_numbers(values)
    else:
        codes, labels = scan.column_categories(column)
        total = _categories(column, codes[scan.inside], labels)
        grid = learn(column, total)
        places = grid.places_of_labels([*labels, None])[codes]
    return Summary(total, _series(scan, column, grid, places), _means(scan, grid, places, scores))


def _categories(column: Column, codes: Int, labels: Sequence[str]) -> CategoryCounts:
    """Count codes, the most frequent category first; code -1 is missing."""
    table = np.bincount(codes + 1, minlength=len(labels) + 1).astype(np.int64)
    present = sorted(
        (i for i in range(len(labels)) if table[i + 1]), key=lambda i: (-table[i + 1], labels[i])
    )
    return CategoryCounts(
        column.name, tuple(labels[i] for i in present), table[1:][present], int(table[0])
    )


def _series(scan: Scan, column: Column, grid: Grid, places: Int) -> ProfileSeries:
    width, n_windows = grid.n_cells + 2, len(scan.windows)
    flat = scan.index[scan.inside] * width + places[scan.inside]
    table = np.bincount(flat, minlength=n_windows * width).reshape(n_windows, width)
    return ProfileSeries(column.name, grid, scan.windows, table.astype(np.int64))


def _means(scan: Scan, grid: Grid, places: Int, scores: Float) -> Float:
    scored = scan.inside & np.isfinite(scores)
    width = grid.n_cells + 2
    rows = np.bincount(places[scored], minlength=width)
    sums = np.bincount(places[scored], weights=scores[scored], minlength=width)
    return np.divide(sums, rows, out=np.full(width, np.nan), where=rows > 0)


def row_counts(
    connection: duckdb.DuckDBPyConnection, logs: Relations, windows: Sequence[Window], table: Table
) -> dict[str, Int]:
    """
    Count the rows of every version in every window.

    Parameters
    ----------
    connection : DuckDBPyConnection
    logs : Relations
    windows : sequence of Window
    table : {"predictions", "calls"}

    Returns
    -------
    dict of str to ndarray of int64, shape (n_windows,)
        Versions without a row in any window are absent.
    """
    scan = Scan(connection, logs, windows, table=table)
    codes, labels = scan.categories("version")
    flat = codes[scan.inside] * len(windows) + scan.index[scan.inside]
    table_of = np.bincount(flat, minlength=len(labels) * len(windows)).astype(np.int64)
    per_version = table_of.reshape(len(labels), len(windows))
    return {label: per_version[i] for i, label in enumerate(labels) if per_version[i].any()}


def _places(scan: Scan, column: Column, grid: Grid) -> Int:
    if grid.column_kind is ColumnKind.NUMBER:
        return grid.cells_of_numbers(scan.column_numbers(column))
    codes, labels = scan.column_categories(column)
    # the last place is where code -1 points to: missing
    return grid.places_of_labels([*labels, None])[codes]
