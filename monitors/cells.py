"""Learning the cells that columns are counted over, one column at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from detectors.grid import MAX_LABELS, learn_category_grid, learn_number_grid
from domain.column import Column
from domain.profile import CategoryCounts, ColumnKind, Grid, GridKind, SortedColumn
from domain.window import Rows
from monitors.column_fault import JUDGING_ERRORS, explain
from store.store import Store

LEARNED_ROWS: Final = 10_000_000
"""Of more rows than that, cells are learned from the rows of some seconds (ADR 0019)."""


@dataclass(frozen=True, eq=False)
class Cells:
    """
    The cells of some columns.

    Parameters
    ----------
    grids : dict of Column to Grid
    faults : dict of Column to str
        Columns whose cells could not be learned, and why; to them every value is unseen.
    """

    grids: dict[Column, Grid] = field(default_factory=dict[Column, Grid])
    faults: dict[Column, str] = field(default_factory=dict[Column, str])


def learn(
    store: Store,
    model: str,
    columns: Sequence[Column],
    rows: Rows,
    n_rows: int,
    *,
    learned_rows: int = LEARNED_ROWS,
) -> Cells:
    """
    Learn the cells of columns from some rows.

    Parameters
    ----------
    store : Store
    model : str
    columns : sequence of Column
    rows : Rows
    n_rows : int
        How many they are.
    learned_rows : int
        Of more rows than that, about as many are read: those of some whole seconds. Where these
        hold less than half of what they should (a batch job logs all its rows in one second),
        all rows are.
    """
    cells = Cells()
    if not columns:
        return cells
    share = min(learned_rows / max(n_rows, 1), 1.0)
    read = _learn(store, model, columns, rows, share, cells)
    if share < 1 and read < share * n_rows / 2:
        cells = Cells()
        _learn(store, model, columns, rows, 1.0, cells)
    return cells


def _learn(
    store: Store, model: str, columns: Sequence[Column], rows: Rows, share: float, cells: Cells
) -> int:
    """Fill in the cells; return how many rows were read of a column."""
    numbers = [column for column in columns if column.kind is ColumnKind.NUMBER]
    others = [column for column in columns if column.kind is not ColumnKind.NUMBER]

    def keep(column: Column, total: SortedColumn, _: Sequence[SortedColumn]) -> int:
        _keep(cells, column, total)
        return total.n

    read = (
        store.logs(model).each_sorted(numbers, rows, Rows(), keep, share=share) if numbers else {}
    )
    if others:
        for column, found in (
            store.logs(model).category_counts(others, rows, most=MAX_LABELS, share=share).items()
        ):
            _keep(cells, column, found)
            read[column] = int(found.counts.sum()) + found.missing
    return max(read.values())


def _keep(cells: Cells, column: Column, total: SortedColumn | CategoryCounts) -> None:
    try:
        if isinstance(total, SortedColumn):
            cells.grids[column] = learn_number_grid(total)
        else:
            cells.grids[column] = learn_category_grid(total)
    except JUDGING_ERRORS as error:
        cells.faults[column] = explain(error)
        cells.grids[column] = empty_grid(column.kind)


def empty_grid(kind: ColumnKind) -> Grid:
    """Return cells for a column of which nothing is known: every value is unseen."""
    shape = GridKind.ATOMS if kind is ColumnKind.NUMBER else GridKind.CATEGORIES
    return Grid(shape, np.empty(0, dtype=np.float64))
