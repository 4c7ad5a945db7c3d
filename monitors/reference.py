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
from domain.profile import CategoryCounts, ColumnRole, Grid, ProfileSeries, SortedColumn
from domain.window import Window
from monitors.baseline_plan import BaselinePlan, speakers
from store.store import Store


@dataclass(frozen=True, eq=False)
class Reference:
    """
    The baseline of a group of columns that share the same windows.

    Parameters
    ----------
    plan : BaselinePlan
    windows : tuple of Window, length K
        Those of the plan with enough rows.
    versions : tuple of str, length K
        Whose rows count in each window.
    series : mapping of Column to ProfileSeries
        Counts per baseline window over the column's grid.
    sorted_values : mapping of Column to SortedColumn
        Exact values of the numeric columns, all windows together.
    cell_scores : mapping of Column to ndarray of float64, shape (n_cells + 2,)
        Mean score of the rows in each cell, of missing and of unseen; NaN where there are none.
    """

    plan: BaselinePlan
    windows: tuple[Window, ...]
    versions: tuple[str, ...]
    series: Mapping[Column, ProfileSeries]
    sorted_values: Mapping[Column, SortedColumn]
    cell_scores: Mapping[Column, NDArray[np.float64]]

    @property
    def grids(self) -> dict[Column, Grid]:
        """The cells of each column."""
        return {column: series.grid for column, series in self.series.items()}


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
    now: datetime,
) -> Reference:
    """
    Count the baseline of some columns; a fixed span is frozen at its first use.

    Parameters
    ----------
    store : Store
    model : str
    plan : BaselinePlan
    usable : Usable
        The plan's windows that have enough rows.
    columns : sequence of Column
    now : datetime
        When it is frozen.
    """
    if not usable.windows:
        return Reference(plan, (), (), {}, {}, {})
    name = _frozen_name(plan, usable.versions)
    frozen = store.baseline(model, name) if plan.frozen else None
    known = dict(frozen.grids) if frozen is not None else {}

    def cells(column: Column, total: SortedColumn | CategoryCounts) -> Grid:
        return known[column] if column in known else learn_grid(total)

    found = store.summaries(model, columns, usable.windows, usable.versions, cells)
    series = {column: summary.series for column, summary in found.items()}
    if plan.frozen and not known.keys() >= series.keys():
        _freeze(store, model, name, frozen, usable.windows, series, now)
    return Reference(
        plan,
        usable.windows,
        usable.versions,
        series,
        {c: s.total for c, s in found.items() if isinstance(s.total, SortedColumn)},
        {c: s.mean_score for c, s in found.items() if c.role is ColumnRole.FEATURE},
    )


def learn_grid(total: SortedColumn | CategoryCounts) -> Grid:
    """Learn a column's cells from its values."""
    if isinstance(total, SortedColumn):
        return learn_number_grid(total)
    return learn_category_grid(total)


def _frozen_name(plan: BaselinePlan, versions: Sequence[str]) -> str:
    return f"{plan.key}:{'+'.join(sorted(set(versions)))}"


def _freeze(
    store: Store,
    model: str,
    name: str,
    earlier: FrozenBaseline | None,
    windows: tuple[Window, ...],
    series: Mapping[Column, ProfileSeries],
    now: datetime,
) -> None:
    grids = {column: one.grid for column, one in series.items()}
    counts = {column: one.counts for column, one in series.items()}
    if earlier is not None and earlier.windows == windows:
        grids, counts = {**grids, **earlier.grids}, {**counts, **earlier.counts}
    store.save_baseline(FrozenBaseline(model, name, windows, grids, counts, now))


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
