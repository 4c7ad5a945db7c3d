"""
What monitors ask about columns: counts over cells, exact values, categories, scores by cell.

Every question is one pass per column, so that memory is bounded by one column, and gives
profiles, never rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import duckdb
import numpy as np
from numpy.typing import NDArray

from domain.column import Column
from domain.profile import CategoryCounts, ColumnKind, Grid, ProfileSeries, SortedColumn
from domain.window import Window
from store.scan import Scan

Float = NDArray[np.float64]
Int = NDArray[np.int64]


def counts(
    connection: duckdb.DuckDBPyConnection,
    model: str,
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
    scan = Scan(connection, model, windows, versions)
    rows = scan.index[scan.inside]
    series: dict[Column, ProfileSeries] = {}
    for column, grid in grids.items():
        width = grid.n_cells + 2
        flat = rows * width + _places(scan, column, grid)[scan.inside]
        table = np.bincount(flat, minlength=len(windows) * width).reshape(len(windows), width)
        series[column] = ProfileSeries(column.name, grid, tuple(windows), table.astype(np.int64))
    return series


def sorted_columns(
    connection: duckdb.DuckDBPyConnection,
    model: str,
    columns: Iterable[Column],
    windows: Sequence[Window],
    versions: Sequence[str],
) -> dict[Column, list[SortedColumn]]:
    """Return the exact values of numeric columns, one `SortedColumn` per window."""
    scan = Scan(connection, model, windows, versions)
    order, bounds = scan.per_window()
    found: dict[Column, list[SortedColumn]] = {}
    for column in columns:
        values = scan.column_numbers(column)[order]
        found[column] = [
            SortedColumn.from_values(column.name, values[start:end])
            for start, end in pairwise(bounds)
        ]
    return found


def sorted_total(
    connection: duckdb.DuckDBPyConnection,
    model: str,
    column: Column,
    windows: Sequence[Window],
    versions: Sequence[str],
) -> SortedColumn:
    """Return the exact values of a numeric column in all windows together."""
    scan = Scan(connection, model, windows, versions)
    return SortedColumn.from_values(column.name, scan.column_numbers(column)[scan.inside])


def category_counts(
    connection: duckdb.DuckDBPyConnection,
    model: str,
    column: Column,
    windows: Sequence[Window],
    versions: Sequence[str],
) -> CategoryCounts:
    """Count the values of a categorical column in all windows together, most frequent first."""
    scan = Scan(connection, model, windows, versions)
    codes, labels = scan.column_categories(column)
    table = np.bincount(codes[scan.inside] + 1, minlength=len(labels) + 1).astype(np.int64)
    present = sorted(
        (i for i in range(len(labels)) if table[i + 1]), key=lambda i: (-table[i + 1], labels[i])
    )
    return CategoryCounts(
        column.name,
        tuple(labels[i] for i in present),
        table[1:][present],
        int(table[0]),
    )


def cell_means(
    connection: duckdb.DuckDBPyConnection,
    model: str,
    grids: Mapping[Column, Grid],
    windows: Sequence[Window],
    versions: Sequence[str],
) -> dict[Column, Float]:
    """
    Return the mean score of the rows in each cell, all windows together.

    Returns
    -------
    dict of Column to ndarray of float64, shape (n_cells,)
        NaN where no row with a score is.
    """
    scan = Scan(connection, model, windows, versions)
    scores = scan.numbers("score")
    scored = scan.inside & np.isfinite(scores)
    means: dict[Column, Float] = {}
    for column, grid in grids.items():
        places = _places(scan, column, grid)[scored]
        width = grid.n_cells + 2
        rows = np.bincount(places, minlength=width)[: grid.n_cells]
        sums = np.bincount(places, weights=scores[scored], minlength=width)[: grid.n_cells]
        means[column] = np.divide(sums, rows, out=np.full(grid.n_cells, np.nan), where=rows > 0)
    return means


def row_counts(
    connection: duckdb.DuckDBPyConnection, model: str, windows: Sequence[Window], table: str
) -> dict[str, Int]:
    """
    Count the rows of every version in every window.

    Parameters
    ----------
    connection : DuckDBPyConnection
    model : str
    windows : sequence of Window
    table : {"predictions", "calls"}

    Returns
    -------
    dict of str to ndarray of int64, shape (n_windows,)
        Versions without a row in any window are absent.
    """
    scan = Scan(connection, model, windows, table=table)
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
