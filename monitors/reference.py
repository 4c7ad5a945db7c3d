"""What a group of columns is compared with: its windows, cells and counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from domain.baseline import FrozenBaseline
from domain.column import Column
from domain.profile import Grid, ProfileSeries, SortedColumn
from domain.window import Rows, Window
from monitors.baseline_plan import BaselinePlan, speakers
from monitors.cells import learn
from store.store import Store


@dataclass(frozen=True, eq=False)
class Reference:
    """
    The baseline of a group of columns that share the same windows.

    Parameters
    ----------
    plan : BaselinePlan
    rows : Rows
        The K windows of the plan with enough rows, and whose rows count in each; of a file
        `FILE_SPAN` alone.
    series : mapping of Column to ProfileSeries
        Counts per baseline window over the column's grid.
    faults : mapping of Column to str
        Columns whose cells could not be learned, and why.
    file_values : callable or None
        The values of one numeric column, where a file is the baseline.
    """

    plan: BaselinePlan
    rows: Rows
    series: Mapping[Column, ProfileSeries]
    faults: Mapping[Column, str]
    file_values: Callable[[Column], SortedColumn] | None = None

    @property
    def windows(self) -> tuple[Window, ...]:
        """Those of its rows."""
        return self.rows.windows

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
    """
    Baseline windows with enough rows.

    Parameters
    ----------
    rows : Rows
        With whose rows count in each.
    n_rows : int
        How many they are.
    """

    rows: Rows
    n_rows: int


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
    rows = usable.rows
    if not rows.windows:
        return Reference(plan, Rows(), {}, {})
    name = _frozen_name(plan, rows.versions)
    frozen = store.baseline(model, name) if plan.frozen else None
    known = {} if frozen is None else {c: g for c, g in frozen.grids.items() if c in columns}
    learned = learn(store, model, [c for c in columns if c not in known], rows, usable.n_rows)
    grids = {c: known.get(c) or learned.grids[c] for c in columns}
    series = store.counts(model, grids, rows.windows, rows.versions)
    reference = Reference(plan, rows, series, learned.faults)
    new = {c: series[c] for c in reference.comparable if c not in known}
    if plan.frozen and new and freeze_at is not None:
        _freeze(store, model, name, frozen, rows.windows, new, freeze_at)
    return reference


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
    used = Rows(tuple(plan.windows[i] for i in keep), tuple(chosen[i] for i in keep))
    return Usable(used, sum(int(rows[chosen[i]][i]) for i in keep))
