"""
What monitors ask about columns: counts over cells, categories, scores by cell.

Every question is one pass per column, so that memory is bounded by one column, and gives
profiles, never rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import duckdb
import numpy as np
from numpy.typing import NDArray

from domain.column import Column
from domain.profile import CategoryCounts, ColumnKind, Grid, ProfileSeries
from domain.window import Rows, Window
from store.buffer import trim
from store.moments import to_microseconds
from store.relations import Relations
from store.scan import NO_WINDOW, Scan, Table, check_order, slices, thinned, window_index

Float = NDArray[np.float64]
Int = NDArray[np.int64]

# no window begins or ends inside of a bucket
_ROW_COUNTS = """
    select
        version,
        $start + (epoch_us(ts) - $start) // $width * $width as start,
        count(*) as n
    from {table}
    where ts >= make_timestamp($start)
      and ts < make_timestamp($end)
    group by all
"""


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
    found: dict[Column, ProfileSeries] = {}
    for column, grid in grids.items():
        found[column] = _series(scan, column, grid)
        trim(connection, len(scan.index))
    return found


def category_counts(
    connection: duckdb.DuckDBPyConnection,
    logs: Relations,
    columns: Iterable[Column],
    rows: Rows,
    *,
    most: int,
    share: float = 1.0,
) -> dict[Column, CategoryCounts]:
    """
    Count the most frequent labels of categorical columns.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a read transaction.
    logs : Relations
    columns : iterable of Column
    rows : Rows
        All of them together.
    most : int
        Labels of a column at most; of equally frequent ones the first by code point.
    share : float, default=1.0
        Of the seconds whose rows are counted, in (0, 1]; see `store.scan.thinned`.
    """
    scan = Scan(connection, logs, rows.windows, rows.versions, conditions=thinned(share))
    found: dict[Column, CategoryCounts] = {}
    for column in columns:
        codes, labels = scan.column_categories(column)
        found[column] = _categories(column, codes[scan.inside], labels, most)
    return found


def cell_scores(
    connection: duckdb.DuckDBPyConnection,
    logs: Relations,
    column: Column,
    grid: Grid,
    rows: Rows,
) -> Float:
    """
    Return the mean score of the rows in each cell of a column, of missing and of unseen.

    Returns
    -------
    ndarray of float64, shape (n_cells + 2,)
        NaN where no row has a score.
    """
    scan = Scan(connection, logs, rows.windows, rows.versions)
    scores, width = scan.numbers("score"), grid.n_cells + 2
    scored = scan.inside & np.isfinite(scores)
    places, scores = places_of(scan, column, grid)[scored], scores[scored]
    n_scored = np.bincount(places, minlength=width)
    sums = np.bincount(places, weights=scores, minlength=width)
    return np.divide(sums, n_scored, out=np.full(width, np.nan), where=n_scored > 0)


def _categories(column: Column, codes: Int, labels: Sequence[str], most: int) -> CategoryCounts:
    """Count codes, the most frequent category first; code -1 is missing."""
    table = np.bincount(codes + 1, minlength=len(labels) + 1).astype(np.int64)
    present = sorted(
        (i for i in range(len(labels)) if table[i + 1]), key=lambda i: (-table[i + 1], labels[i])
    )[:most]
    return CategoryCounts(
        column.name, tuple(labels[i] for i in present), table[1:][present], int(table[0])
    )


def _series(scan: Scan, column: Column, grid: Grid) -> ProfileSeries:
    """Count few rows at once: beside a column of ten million, its cells would be a second one."""
    width, n_windows = grid.n_cells + 2, len(scan.windows)
    table = np.zeros(n_windows * width, np.int64)
    for part, places in _placed(scan, column, grid):
        inside = scan.inside[part]
        flat = scan.index[part][inside] * width + places[inside]
        table += np.bincount(flat, minlength=len(table))
    return ProfileSeries(column.name, grid, scan.windows, table.reshape(n_windows, width))


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
    check_order(windows)
    if not windows:
        return {}
    edges = [to_microseconds(edge) for window in windows for edge in (window.start, window.end)]
    values = {
        "start": edges[0],
        "end": edges[-1],
        "width": math.gcd(*(edge - edges[0] for edge in edges)),
    }
    sql = _ROW_COUNTS.format(table=logs.predictions if table == "predictions" else logs.calls)
    found = connection.sql(sql, params=values).to_arrow_table()
    places = window_index(np.array(found.column("start").to_numpy(), np.int64), windows)
    rows = found.column("n").to_numpy()
    versions = np.asarray(found.column("version").to_pylist(), np.object_)
    counts: dict[str, Int] = {}
    for version in sorted(set(versions[places != NO_WINDOW].tolist())):
        own = (versions == version) & (places != NO_WINDOW)
        counts[version] = np.zeros(len(windows), np.int64)
        np.add.at(counts[version], places[own], rows[own])
    return counts


def _placed(scan: Scan, column: Column, grid: Grid) -> Iterator[tuple[slice, Int]]:
    """Yield rows that lie one after the other, and the places of their values in the grid."""
    if grid.column_kind is ColumnKind.NUMBER:
        values = scan.column_numbers(column)
        for part in slices(len(values)):
            yield part, grid.cells_of_numbers(values[part])
        return
    codes, labels = scan.column_categories(column)
    # the last place is where code -1 points to: missing
    places = grid.places_of_labels([*labels, None])
    for part in slices(len(codes)):
        yield part, places[codes[part]]


def places_of(scan: Scan, column: Column, grid: Grid) -> Int:
    """Return the place of every row's value in the grid, shape (n_rows,)."""
    if grid.column_kind is ColumnKind.NUMBER:
        return grid.cells_of_numbers(scan.column_numbers(column))
    codes, labels = scan.column_categories(column)
    # the last place is where code -1 points to: missing
    return grid.places_of_labels([*labels, None])[codes]
