"""What a group of columns is compared with: cells, counts and exact values of its baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from detectors.grid import learn_category_grid, learn_number_grid
from domain.baseline import FrozenBaseline
from domain.column import Column
from domain.profile import (
    CategoryCounts,
    ColumnKind,
    ColumnRole,
    Grid,
    GridKind,
    ProfileSeries,
    SortedColumn,
)
from domain.window import Window
from monitors.baseline_plan import BaselinePlan, speakers
from monitors.column_fault import JUDGING_ERRORS, explain
from store.store import Store


@dataclass(frozen=True, eq=False)
class Reference:
    """
    The baseline of a group of columns that share the same windows.

    Parameters
    ----------
    plan : BaselinePlan
    windows : tuple of Window, length K
        Those of the plan with enough rows; of a file `FILE_SPAN` alone.
    versions : tuple of str, length K
        Whose rows count in each window.
    series : mapping of Column to ProfileSeries
        Counts per baseline window over the column's grid.
    sorted_values : mapping of Column to SortedColumn
        Exact values of the numeric columns, all windows together.
    cell_scores : mapping of Column to ndarray of float64, shape (n_cells + 2,)
        Mean score of the rows in each cell, of missing and of unseen; NaN where there are none.
    faults : mapping of Column to str
        Columns whose cells could not be learned, and why.
    """

    plan: BaselinePlan
    windows: tuple[Window, ...]
    versions: tuple[str, ...]
    series: Mapping[Column, ProfileSeries]
    sorted_values: Mapping[Column, SortedColumn]
    cell_scores: Mapping[Column, NDArray[np.float64]]
    faults: Mapping[Column, str]

    @property
    def grids(self) -> dict[Column, Grid]:
        """The cells of each column."""
        return {column: series.grid for column, series in self.series.items()}

    @property
    def comparable(self) -> list[Column]:
        """The columns that it holds a value of."""
        return [
            column
            for column, series in self.series.items()
            if column not in self.faults and series.total().present
        ]


@dataclass(frozen=True, slots=True)
class Usable:
    """Baseline windows with enough rows, and whose rows count in each."""

    windows: tuple[Window, ...]
    versions: tuple[str, ...]


def build(
    store: Store,
    model: str,
    plan: BaselinePlan,
    usable: Usable,
    columns: Sequence[Column],
    *,
    freeze_at: datetime | None,
) -> Reference:
    """
    Count the baseline of some columns; the cells of a fixed span are frozen at their first use.

    Parameters
    ----------
    store : Store
    model : str
    plan : BaselinePlan
    usable : Usable
        The plan's windows that have enough rows.
    columns : sequence of Column
    freeze_at : datetime or None
        Now; None where the logs have not reached the end of the span.
    """
    if not usable.windows:
        return Reference(plan, (), (), {}, {}, {}, {})
    name = _frozen_name(plan, usable.versions)
    frozen = store.baseline(model, name) if plan.frozen else None
    cells = Cells(dict(frozen.grids) if frozen is not None else {})
    found = store.summaries(model, columns, usable.windows, usable.versions, cells)
    reference = Reference(
        plan,
        usable.windows,
        usable.versions,
        {column: summary.series for column, summary in found.items()},
        {c: s.total for c, s in found.items() if isinstance(s.total, SortedColumn)},
        {c: s.mean_score for c, s in found.items() if c.role is ColumnRole.FEATURE},
        cells.faults,
    )
    new = {c: reference.series[c] for c in reference.comparable if c not in cells.known}
    if plan.frozen and new and freeze_at is not None:
        _freeze(store, model, name, frozen, usable.windows, new, freeze_at)
    return reference


class Cells:
    """
    Hands out known cells and learns the others, column by column.

    Parameters
    ----------
    known : mapping of Column to Grid

    Attributes
    ----------
    faults : dict of Column to str
        Columns whose cells could not be learned, and why; to them every value is unseen.
    """

    def __init__(self, known: Mapping[Column, Grid]) -> None:
        self.known = known
        self.faults: dict[Column, str] = {}

    def __call__(self, column: Column, total: SortedColumn | CategoryCounts) -> Grid:
        """Return the cells of one column."""
        if column in self.known:
            return self.known[column]
        try:
            return learn_grid(total)
        except JUDGING_ERRORS as error:
            self.faults[column] = explain(error)
            return empty_grid(column.kind)


def learn_grid(total: SortedColumn | CategoryCounts) -> Grid:
    """Learn a column's cells from its values."""
    if isinstance(total, SortedColumn):
        return learn_number_grid(total)
    return learn_category_grid(total)


def empty_grid(kind: ColumnKind) -> Grid:
    """Return cells for a column of which nothing is known: every value is unseen."""
    shape = GridKind.ATOMS if kind is ColumnKind.NUMBER else GridKind.CATEGORIES
    return Grid(shape, np.empty(0, dtype=np.float64))


def _frozen_name(plan: BaselinePlan, versions: Sequence[str]) -> str:
    return f"{plan.key}:{'+'.join(sorted(set(versions)))}"


def _freeze(
    store: Store,
    model: str,
    name: str,
    earlier: FrozenBaseline | None,
    windows: tuple[Window, ...],
    new: Mapping[Column, ProfileSeries],
    now: datetime,
) -> None:
    """Keep the cells of columns that were not frozen yet, beside those that were."""
    spans = windows if earlier is None else earlier.windows
    grids = {column: series.grid for column, series in new.items()}
    counts = {column: _counts_in(series, spans) for column, series in new.items()}
    if earlier is not None:
        grids, counts = {**earlier.grids, **grids}, {**earlier.counts, **counts}
    store.save_baseline(FrozenBaseline(model, name, spans, grids, counts, now))


def _counts_in(series: ProfileSeries, windows: Sequence[Window]) -> NDArray[np.int64]:
    """Return the counts of some windows, zeros where the series has none of them."""
    place = {window: i for i, window in enumerate(series.windows)}
    nothing = np.zeros(series.counts.shape[1], np.int64)
    return np.stack([series.counts[place[w]] if w in place else nothing for w in windows])


def usable_windows(
    plan: BaselinePlan,
    rows: Mapping[str, NDArray[np.int64]],
    version: str,
    min_rows: int,
    *,
    own_only: bool,
) -> Usable:
    """
    Choose the plan's windows that have enough rows, and whose rows count in each.

    Parameters
    ----------
    plan : BaselinePlan
    rows : mapping of str to ndarray of int64, shape (n_windows,)
        Rows of each version in the plan's windows.
    version : str
        The judged version.
    min_rows : int
        Rows that a baseline window needs.
    own_only : bool
        Count only the version's own rows (outputs) instead of the model's traffic (inputs).
    """
    n_windows = len(plan.windows)
    if plan.version is not None or own_only:
        chosen = (plan.version if plan.version is not None else version,) * n_windows
    else:
        chosen = speakers(rows, version, n_windows)
    nothing = np.zeros(n_windows, np.int64)
    keep = [i for i, v in enumerate(chosen) if rows.get(v, nothing)[i] >= min_rows]
    return Usable(tuple(plan.windows[i] for i in keep), tuple(chosen[i] for i in keep))
