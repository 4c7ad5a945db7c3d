"""Who is compared with what, by which line: one model's calibrations, epoch by epoch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detectors.forecast import RaisedLine, level_of
from domain.acceptance import Acceptance
from domain.column import Column
from domain.finding import Calibration
from domain.profile import ColumnRole, Grid
from domain.window import Window, align, windows_between
from monitors.baseline_plan import (
    BaselinePlan,
    epoch_of,
    newest_acceptance,
    pinned_span,
    plan,
)
from monitors.column_names import name_of
from monitors.config import Config, SpanConfig
from monitors.drift_line import Drawn, draw_line
from monitors.file_reference import build_from_file
from monitors.hiding import hidden
from monitors.kept_cells import KeptCells
from monitors.line_backtest import LONGEST, raised_line
from monitors.lost_rows import LostRows
from monitors.reference import Reference, build, count
from monitors.usable import Usable, traffic, usable_windows
from store.store import Store

# the line is drawn anew so often; a window shorter than a day needs no more
BACKTEST_EVERY = timedelta(weeks=4)


@dataclass(frozen=True, eq=False)
class Calibrated:
    """
    A reference with its line.

    Parameters
    ----------
    reference : Reference
    reported : sequence of Column
        The columns whose findings are wanted.
    draw : callable
        Calibrates it: at most once, and only where somebody asks for the line.
    """

    reference: Reference
    reported: Sequence[Column]
    draw: Callable[[Reference], Drawn]

    @cached_property
    def drawn(self) -> Drawn:
        """The alarm line, if the baseline spans enough windows."""
        return self.draw(self.reference)


@dataclass(frozen=True, slots=True)
class Group:
    """
    Columns that are compared with the same.

    Parameters
    ----------
    column : str or None
        One that has a baseline of its own; None: the model's.
    accepted : Acceptance or None
        With what came since it.
    """

    column: str | None
    accepted: Acceptance | None


@dataclass
class Calibrations:
    """
    The calibrations of one model; each is made once and kept.

    Nothing here looks ahead: what a window is compared with follows from its own epoch and from
    logs before it (and of a fixed baseline), whatever else is judged and whatever came later.

    Parameters
    ----------
    store : Store
    config : Config
    model : str
        With at least one deployment.
    now : datetime
    """

    store: Store
    config: Config
    model: str
    now: datetime
    _kept: dict[tuple[object, ...], list[Calibrated]] = field(
        default_factory=dict[tuple[object, ...], list[Calibrated]]
    )
    _histories: dict[datetime, RaisedLine | None] = field(
        default_factory=dict[datetime, RaisedLine | None]
    )
    _files: dict[Path, Reference] = field(default_factory=dict[Path, Reference])
    _rows: dict[Window, dict[str, int]] = field(default_factory=dict[Window, dict[str, int]])

    def __post_init__(self) -> None:
        self.monitor = self.config.monitor(self.model)
        self.deployments = {d.version: d for d in self.store.logs(self.model).deployments()}
        self.first_data = min(d.first for d in self.deployments.values())
        self.columns = [
            c
            for c in self.store.logs(self.model).columns()
            if self.monitor.columns.chosen(name_of(c))
        ]
        self.acceptances: Sequence[Acceptance] = self.store.acceptances(self.model)
        self.lost = LostRows(self.store, self.model)
        self.pinned = pinned_span(self.store.baselines(self.model), self.monitor)
        self._cells = KeptCells(
            self.store, self.model, self.columns, self.config.timezone, self._traffic
        )

    def epoch(self, window: Window) -> Window:
        """Return the span of the windows that share their calibration with `window`, or could."""
        return epoch_of(window, self.monitor, self.config.timezone)

    def key(self, window: Window) -> tuple[object, ...]:
        """Return what windows with the same calibration have in common."""
        return self.epoch(window), *(group.accepted for group in self._groups(window))

    def of(self, version: str, window: Window) -> list[Calibrated]:
        """Return the calibrated references that one version's window is judged by."""
        key = (version, *self.key(window))
        if key not in self._kept:
            self._kept[key] = [
                calibrated
                for group, columns in self._groups(window).items()
                for calibrated in self._calibrate(version, window, group, columns)
            ]
        return self._kept[key]

    def plan_of_calls(self, window: Window) -> BaselinePlan:
        """Return the windows that traffic and performance are compared with: never a file."""
        spec = self.monitor.baseline
        spec = spec.model_copy(update={"file": None, "version": None})
        planned = self._plan(window, spec, None, None)
        return replace(planned, windows=self.lost.whole(planned.windows))

    def _groups(self, window: Window) -> dict[Group, list[Column]]:
        groups: dict[Group, list[Column]] = defaultdict(list)
        for column in self.columns:
            name = name_of(column)
            accepted = newest_acceptance(self.acceptances, name, window)
            own = name if name in self.monitor.baseline.columns else None
            groups[Group(own, accepted)].append(column)
        return groups

    def _calibrate(
        self, version: str, window: Window, group: Group, reported: Sequence[Column]
    ) -> list[Calibrated]:
        """
        Calibrate columns that share a plan.

        Inputs are compared with the model's whole traffic, outputs with the version's own rows.
        Where these are the same windows one calibration serves both; a young version's outputs get
        one over its own windows, in which the inputs only help to learn the tail. Columns with
        another baseline help too: an acceptance changes nothing for the others.
        """
        spec = self.monitor.baseline.of(group.column)
        compared = self._baseline_version(spec, version)
        planned = self._plan(window, spec, compared, group.accepted)
        if planned.file is not None:
            reference = self._from_file(planned.file, planned)
            return [Calibrated(reference, reported, lambda _: Drawn())]
        whole = np.array(self.lost.shares(planned.windows)) == 0
        planned = replace(planned, lost=int(np.count_nonzero(~whole)))
        rows = {v: n * whole for v, n in self.rows(planned.windows).items()}
        any_version, own = (
            usable_windows(planned, rows, version, self.monitor.min_rows, own_only=own_only)
            for own_only in (False, True)
        )
        inputs = [c for c in self.columns if c.role is ColumnRole.FEATURE]
        outputs = [c for c in self.columns if c.role is not ColumnRole.FEATURE]
        parts = [(any_version, inputs, inputs), (own, self.columns, outputs)]
        if any_version == own:
            parts = [(own, self.columns, self.columns)]
        found: list[Calibrated] = []
        for usable, together, own_part in parts:
            wanted = [c for c in own_part if c in reported]
            if wanted:
                reference = self._build(window, planned, usable, together)
                found.append(Calibrated(reference, wanted, self._drawer(window, group)))
        return found

    def _build(
        self, window: Window, planned: BaselinePlan, usable: Usable, columns: Sequence[Column]
    ) -> Reference:
        reached = max(d.last for d in self.deployments.values())
        complete = bool(planned.windows) and reached >= planned.windows[-1].end
        freeze_at = self.now if complete and not planned.lost else None
        kept: Mapping[Column, Grid] = {}
        if not planned.frozen:
            kept = self._cells.at(self.epoch(window).start, self.first_data)
        return build(self.store, self.model, planned, usable, columns, kept, freeze_at=freeze_at)

    def _drawer(self, window: Window, group: Group) -> Callable[[Reference], Drawn]:
        def draw(reference: Reference) -> Drawn:
            if level_of(len(reference.windows)) is Calibration.NONE:
                return Drawn()
            history = None if group.accepted is not None else self._history(window)
            return draw_line(reference, self.monitor, history)

        return draw

    def _from_file(self, path: Path, planned: BaselinePlan) -> Reference:
        if path not in self._files:
            hide = partial(hidden, store=self.store, model=self.model)
            self._files[path] = build_from_file(planned, self.columns, hide)
        return self._files[path]

    def _plan(
        self,
        window: Window,
        spec: SpanConfig,
        version: str | None,
        accepted: Acceptance | None,
    ) -> BaselinePlan:
        return plan(
            self.config,
            self.monitor,
            window,
            spec=spec,
            first_data=self.first_data,
            version=version,
            accepted=accepted,
            pinned=self.pinned,
        )

    def _baseline_version(self, spec: SpanConfig, version: str) -> str | None:
        """Resolve `previous` to the version that was first seen before this one."""
        if spec.version != "previous":
            return spec.version
        own = self.deployments[version].first
        before = [d for d in self.deployments.values() if d.first < own]
        return max(before, key=lambda d: (d.first, d.version)).version if before else version

    def rows(self, windows: Sequence[Window]) -> dict[str, NDArray[np.int64]]:
        """Return the rows of each version in some windows; each window is counted once."""
        fresh = [window for window in windows if window not in self._rows]
        if fresh:
            counted = self.store.logs(self.model).row_counts(fresh)
            for i, window in enumerate(fresh):
                self._rows[window] = {v: int(c[i]) for v, c in counted.items() if c[i]}
        return {
            v: np.array([self._rows[w].get(v, 0) for w in windows], np.int64)
            for v in self.deployments
        }

    def between(self, start: datetime, end: datetime) -> list[Window]:
        """Return the complete windows of a span; none where it is empty."""
        if end <= start:
            return []
        return windows_between(start, end, self.monitor.window, self.config.timezone)

    def _history(self, window: Window) -> RaisedLine | None:
        """Backtest on the traffic before `window`; drawn anew every four weeks."""
        block = align(self.epoch(window).start, BACKTEST_EVERY, self.config.timezone)
        if block not in self._histories:
            self._histories[block] = self._backtest(block)
        return self._histories[block]

    def _backtest(self, end: datetime) -> RaisedLine | None:
        """Replay the model's traffic before `end`, with as many windows as its baseline has."""
        windows = self.between(max(self.first_data, end - LONGEST * self.monitor.window), end)
        inputs = [c for c in self.columns if c.role is ColumnRole.FEATURE]
        first = Window(end, end + self.monitor.window)
        planned = self.plan_of_calls(first)
        most = np.max(list(self.rows(planned.windows).values()), axis=0, initial=0)
        k = int((most >= self.monitor.min_rows).sum())
        if not windows or not inputs or level_of(k) is Calibration.NONE:
            return None
        kept = self._cells.at(end, self.first_data)
        counted = count(self.store, self.model, inputs, self._spoken(windows), kept)
        seen = {
            c: series
            for c, series in counted.series.items()
            if c not in counted.faults and series.total().present
        }
        return raised_line(seen, windows, self.monitor, k)

    def _traffic(self, start: datetime, end: datetime) -> Usable:
        return self._spoken(self.between(start, end))

    def _spoken(self, windows: Sequence[Window]) -> Usable:
        """Return the rows that stand for the model's traffic in some windows."""
        return traffic(windows, self.rows(windows))
