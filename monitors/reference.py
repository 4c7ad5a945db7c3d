"""What a group of columns is compared with: its windows, cells and counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from domain.baseline import FrozenBaseline
from domain.column import Column
from domain.profile import Grid, Profile, ProfileSeries, SortedColumn
from domain.window import Rows, Window
from monitors.baseline_plan import BaselinePlan
from monitors.cells import learn
from monitors.kept_cells import dense, fits
from monitors.usable import Usable
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


def build(
    store: Store,
    model: str,
    plan: BaselinePlan,
    usable: Usable,
    columns: Sequence[Column],
    kept: Mapping[Column, Grid],
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
    kept : mapping of Column to Grid
        Cells that a baseline that moves is counted over where they fit.
    freeze_at : datetime or None
        Now; None where the logs have not reached the end of the span.
    """
    rows = usable.rows
    if not rows.windows:
        return Reference(plan, Rows(), {}, {})
    if not plan.frozen:
        counted = count(store, model, columns, usable, kept)
        return Reference(plan, rows, counted.series, counted.faults)
    name = _frozen_name(plan, rows.versions)
    frozen = store.baseline(model, name)
    known = {} if frozen is None else frozen.grids
    counted = count(store, model, columns, usable, known, fitting=lambda _: True)
    reference = Reference(plan, rows, counted.series, counted.faults)
    new = {c: reference.series[c] for c in reference.comparable if c not in known}
    if new and freeze_at is not None:
        _freeze(store, model, name, frozen, rows.windows, new, freeze_at)
        if dense(usable):
            # in force in the span, and told from what a quarter keeps from its first moment on
            since = rows.windows[0].start - timedelta(microseconds=1)
            store.keep_grids(model, {c: one.grid for c, one in new.items()}, since)
    return reference


@dataclass(frozen=True, eq=False)
class Counted:
    """
    Columns counted over cells.

    Parameters
    ----------
    series : dict of Column to ProfileSeries
    faults : mapping of Column to str
        Columns whose cells could not be learned, and why.
    """

    series: dict[Column, ProfileSeries]
    faults: Mapping[Column, str]


def count(
    store: Store,
    model: str,
    columns: Sequence[Column],
    usable: Usable,
    known: Mapping[Column, Grid],
    fitting: Callable[[Profile], bool] = fits,
) -> Counted:
    """
    Count columns over known cells where these fit, over cells learned of the same rows elsewhere.

    Parameters
    ----------
    store : Store
    model : str
    columns : sequence of Column
    usable : Usable
    known : mapping of Column to Grid
    fitting : callable
        Whether the known cells of a column will do, by its counts.
    """
    rows = usable.rows
    grids = {column: known[column] for column in columns if column in known}
    series = store.logs(model).counts(grids, rows.windows, rows.versions) if grids else {}
    series = {column: one for column, one in series.items() if fitting(one.total())}
    others = [column for column in columns if column not in series]
    learned = learn(store, model, others, rows, usable.n_rows)
    if others:
        series |= store.logs(model).counts(learned.grids, rows.windows, rows.versions)
    return Counted({column: series[column] for column in columns}, learned.faults)


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
