"""Drift of one model's deployments, epoch by epoch: who is compared with what, by which line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from detectors import forecast
from domain.acceptance import Acceptance
from domain.column import Column
from domain.finding import Finding
from domain.profile import ColumnKind, ColumnRole, Profile, ProfileSeries
from domain.window import Window, align, windows_between
from monitors.baseline_plan import (
    BaselinePlan,
    epoch_of,
    newest_acceptance,
    pinned_span,
    plan,
    speakers,
)
from monitors.config import Config
from monitors.drift_check import (
    MEMORY_WINDOWS,
    Judged,
    Line,
    draw_line,
    judge_columns,
    names_of,
)
from monitors.line_backtest import LONGEST, raised_line
from monitors.reference import Reference, Usable, build, learn_grid, usable_windows
from store.store import Store

Rows = Mapping[str, NDArray[np.int64]]

# the line is drawn anew so often; a window shorter than a day needs no more
BACKTEST_EVERY = timedelta(weeks=4)


@dataclass(frozen=True, eq=False)
class Calibrated:
    """A reference with its line; `reported` are the columns whose findings are wanted."""

    reference: Reference
    line: Line | None
    reported: Sequence[Column]


@dataclass
class DriftJudge:
    """
    Judges drift of one model; keeps the calibrations of the epochs it has met.

    Parameters
    ----------
    store : Store
    config : Config
    model : str
    now : datetime
    """

    store: Store
    config: Config
    model: str
    now: datetime
    _kept: dict[tuple[str, datetime], list[Calibrated]] = field(
        default_factory=dict[tuple[str, datetime], list[Calibrated]]
    )
    _histories: dict[datetime, forecast.RaisedLine | None] = field(
        default_factory=dict[datetime, forecast.RaisedLine | None]
    )
    _rows: dict[Window, dict[str, int]] = field(default_factory=dict[Window, dict[str, int]])

    def __post_init__(self) -> None:
        self.monitor = self.config.monitor(self.model)
        self.deployments = {d.version: d for d in self.store.deployments(self.model)}
        self.first_data = min(d.first for d in self.deployments.values())
        self.columns = [
            c for c in self.store.columns(self.model) if self.monitor.columns.chosen(c.name)
        ]
        self.acceptances: Sequence[Acceptance] = self.store.acceptances(self.model)
        self.pinned = pinned_span(self.store.baselines(self.model), self.monitor)

    def judge(self, version: str, windows: Sequence[Window]) -> tuple[list[list[Finding]], int]:
        """
        Judge windows of one epoch.

        Parameters
        ----------
        version : str
        windows : sequence of Window
            Oldest first, all of one epoch.

        Returns
        -------
        list of list of Finding
            Per window.
        int
            Number of windows that the baseline of the inputs spans.
        """
        answers: dict[Window, list[Finding]] = {window: [] for window in windows}
        spans = 0
        for calibrated in self.calibrate(version, windows[0]):
            reference = calibrated.reference
            spans = max(spans, len(reference.windows))
            if not reference.windows:
                continue
            judged = self._count(version, reference, windows)
            found = judge_columns(
                reference, judged, calibrated.line, self.monitor, calibrated.reported
            )
            for window, findings in zip(judged.windows[judged.first :], found, strict=True):
                if window in answers:
                    answers[window] += findings
        return [answers[window] for window in windows], spans

    def sides(self, version: str, window: Window) -> dict[Column, tuple[Profile, Profile]]:
        """Return every column's baseline and one window, counted over the same cells."""
        found: dict[Column, tuple[Profile, Profile]] = {}
        for calibrated in self.calibrate(version, window):
            reference = calibrated.reference
            if not reference.windows:
                continue
            grids = {c: reference.grids[c] for c in calibrated.reported}
            current = self.store.counts(self.model, grids, [window], [version])
            for column in grids:
                found[column] = (reference.series[column].total(), current[column].total())
        return found

    def calibrate(self, version: str, window: Window) -> list[Calibrated]:
        """Return the calibrated references of the epoch that `window` lies in."""
        key = (version, epoch_of(window, self.monitor, self.config.timezone))
        if key not in self._kept:
            self._kept[key] = [
                calibrated
                for accepted, columns in self._by_acceptance(window).items()
                for calibrated in self._calibrate_group(version, window, columns, accepted)
            ]
        return self._kept[key]

    def _by_acceptance(self, window: Window) -> dict[Acceptance | None, list[Column]]:
        groups: dict[Acceptance | None, list[Column]] = defaultdict(list)
        for column in self.columns:
            groups[newest_acceptance(self.acceptances, column.name, window)].append(column)
        return groups

    def _calibrate_group(
        self,
        version: str,
        window: Window,
        columns: Sequence[Column],
        accepted: Acceptance | None,
    ) -> list[Calibrated]:
        """
        Calibrate columns that share a plan.

        Inputs are compared with the model's whole traffic, outputs with the version's own rows.
        Where these are the same windows one calibration serves both; a young version's outputs get
        one over its own windows, in which the inputs only help to learn the tail.
        """
        planned = self._plan(window, version, accepted)
        rows = self.rows(planned.windows)
        any_version, own = (
            usable_windows(planned, rows, version, self.monitor.min_rows, own_only=own_only)
            for own_only in (False, True)
        )
        history = self._history(window, planned, len(any_version.windows))
        if any_version == own:
            return [self._one(planned, own, columns, columns, history)]
        inputs = [c for c in columns if c.role is ColumnRole.FEATURE]
        outputs = [c for c in columns if c.role is not ColumnRole.FEATURE]
        return [
            self._one(planned, any_version, inputs, inputs, history),
            self._one(planned, own, columns, outputs, history),
        ]

    def _one(
        self,
        planned: BaselinePlan,
        usable: Usable,
        columns: Sequence[Column],
        reported: Sequence[Column],
        history: forecast.RaisedLine | None,
    ) -> Calibrated:
        reference = build(self.store, self.model, planned, usable, columns, self.now)
        return Calibrated(reference, draw_line(reference, self.monitor, history), reported)

    def _plan(self, window: Window, version: str, accepted: Acceptance | None) -> BaselinePlan:
        return plan(
            self.config,
            self.monitor,
            window,
            first_data=self.first_data,
            version=self._baseline_version(version),
            accepted=accepted,
            pinned=self.pinned,
        )

    def _baseline_version(self, version: str) -> str | None:
        """Resolve `previous` to the version that was first seen before this one."""
        wanted = self.monitor.baseline.version
        if wanted != "previous":
            return wanted
        own = self.deployments[version].first
        before = [d for d in self.deployments.values() if d.first < own]
        return max(before, key=lambda d: d.first).version if before else version

    def rows(self, windows: Sequence[Window]) -> dict[str, NDArray[np.int64]]:
        """Return the rows of each version in some windows; each window is counted once."""
        fresh = [window for window in windows if window not in self._rows]
        if fresh:
            counted = self.store.row_counts(self.model, fresh)
            for i, window in enumerate(fresh):
                self._rows[window] = {v: int(c[i]) for v, c in counted.items() if c[i]}
        return {
            v: np.array([self._rows[w].get(v, 0) for w in windows], np.int64)
            for v in self.deployments
        }

    def _history(self, window: Window, planned: BaselinePlan, k: int) -> forecast.RaisedLine | None:
        """Backtest on the traffic before `window`; drawn anew every four weeks."""
        if planned.file is not None or planned.accepted is not None:
            return None
        block = align(window.start, BACKTEST_EVERY, self.config.timezone)
        if block not in self._histories:
            self._histories[block] = self._backtest(block, k)
        return self._histories[block]

    def _backtest(self, end: datetime, k: int) -> forecast.RaisedLine | None:
        start = max(self.first_data, end - LONGEST * self.monitor.window)
        windows = self._between(start, end)
        inputs = [c for c in self.columns if c.role is ColumnRole.FEATURE]
        if not windows or not inputs or k < 12:
            return None
        speaking = speakers(self.rows(windows), max(self.deployments), len(windows))
        found = self.store.summaries(
            self.model, inputs, windows, speaking, lambda _, total: learn_grid(total)
        )
        series = {column: summary.series for column, summary in found.items()}
        return raised_line(inputs, series, windows, self.monitor, k)

    def _between(self, start: datetime, end: datetime) -> list[Window]:
        if end <= start:
            return []
        return windows_between(start, end, self.monitor.window, self.config.timezone)

    def _count(self, version: str, reference: Reference, windows: Sequence[Window]) -> Judged:
        """Count the windows to judge, and before them those that the memory needs."""
        opening = windows[0].start - (MEMORY_WINDOWS - 1) * self.monitor.window
        if reference.windows[-1].end <= windows[0].start:
            opening = max(opening, reference.windows[-1].end)
        before = self._between(opening, windows[0].start)
        return self._counted(
            version, reference, before, self._between(windows[0].start, windows[-1].end)
        )

    def _counted(
        self,
        version: str,
        reference: Reference,
        before: Sequence[Window],
        judged: Sequence[Window],
    ) -> Judged:
        every, own = [*before, *judged], (version,) * len(judged)
        spoken = speakers(self.rows(before), version, len(before))
        inputs = {c: g for c, g in reference.grids.items() if c.role is ColumnRole.FEATURE}
        outputs = {c: g for c, g in reference.grids.items() if c.role is not ColumnRole.FEATURE}
        alone = (version,) * len(every)
        series: dict[Column, ProfileSeries] = {}
        for grids, whose in ((inputs, (*spoken, *own)), (outputs, alone)):
            if grids:
                series |= self.store.counts(self.model, grids, every, whose)
        numbers = [c for c in reference.grids if c.kind is ColumnKind.NUMBER]
        return Judged(
            tuple(every),
            len(before),
            {c: series[c] for c in reference.grids},
            self.store.sorted_columns(self.model, numbers, judged, own),
        )


def described(calibrated: Calibrated) -> list[tuple[Column, float | None, float | None]]:
    """Return each reported column with its alarm line and smallest visible shift."""
    names = names_of(list(calibrated.reference.series) or list(calibrated.reported))
    line = calibrated.line
    return [
        (column, line.line if line else None, line.visible.get(names[column]) if line else None)
        for column in calibrated.reported
        if column in names
    ]
