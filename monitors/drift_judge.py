"""Drift of one model's deployments: windows counted and judged by the calibrations they fall to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.column import Column
from domain.finding import Finding
from domain.profile import ColumnRole, ProfileSeries
from domain.run_profile import RunProfile
from domain.window import Window
from monitors.baseline_plan import busiest
from monitors.calibrations import Calibrated, Calibrations
from monitors.column_names import name_of
from monitors.config import Config
from monitors.drift_check import MEMORY_WINDOWS, Judged, judge_columns, without_baseline
from monitors.reference import Reference
from monitors.slices import slice_columns
from monitors.window_values import WindowValues
from store.store import Store


@dataclass(frozen=True, slots=True)
class Drift:
    """
    What was found in windows that share their calibrations.

    Parameters
    ----------
    findings : mapping of Window to list of Finding
    profiles : mapping of Window to list of RunProfile
        What they follow from.
    baseline : str
        What the inputs were compared with, in words.
    baseline_windows : int
        How many windows that spans.
    """

    findings: Mapping[Window, list[Finding]]
    profiles: Mapping[Window, list[RunProfile]]
    baseline: str
    baseline_windows: int


@dataclass
class DriftJudge:
    """
    Judges drift of one model; keeps the calibrations it has met.

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
    calibrations: Calibrations = field(init=False)
    _first_values: dict[Column, datetime | None] = field(
        default_factory=dict[Column, datetime | None]
    )

    def __post_init__(self) -> None:
        self.calibrations = Calibrations(self.store, self.config, self.model, self.now)
        self.monitor = self.calibrations.monitor
        self.columns = self.calibrations.columns
        self._slices: tuple[Column, ...] = ()
        if self.monitor.slices:
            every = self.store.logs(self.model).columns()
            self._slices = slice_columns(self.model, self.monitor.slices, every)

    def judge(self, version: str, windows: Sequence[Window]) -> Drift:
        """
        Judge windows of one calibration (`Calibrations.key`).

        Parameters
        ----------
        version : str
        windows : sequence of Window
            Oldest first.
        """
        answers: dict[Window, list[Finding]] = {window: [] for window in windows}
        counted: dict[Window, list[RunProfile]] = {window: [] for window in windows}
        calibrated = self.calibrations.of(version, windows[0])
        for one in calibrated:
            if not one.reference.windows:
                for window in windows:
                    answers[window] += self._without_baseline(version, window, one)
                continue
            for batch in self._batches(version, windows, one.reference):
                found = self._judge(version, batch, one)
                for window, (findings, profiles) in zip(batch, found, strict=True):
                    answers[window] += findings
                    counted[window] += profiles
        return Drift(answers, counted, _described(calibrated), _spanned(calibrated))

    def _judge(
        self, version: str, batch: Sequence[Window], calibrated: Calibrated
    ) -> list[tuple[list[Finding], list[RunProfile]]]:
        judged = self._counted(version, batch, calibrated)
        reported = [
            [c for c in calibrated.reported if self._known(c, window, calibrated, judged, t)]
            for window, t in zip(batch, judged.wanted, strict=True)
        ]
        reference = calibrated.reference
        answers = judge_columns(reference, judged, calibrated.drawn, self.monitor, reported)
        totals = {c: reference.series[c].total() for c in calibrated.reported}
        profiles = [
            [RunProfile(c, totals[c], judged.series[c].at(t)) for c in columns]
            for columns, t in zip(reported, judged.wanted, strict=True)
        ]
        return list(zip(answers, profiles, strict=True))

    def _known(
        self, column: Column, window: Window, calibrated: Calibrated, judged: Judged, t: int
    ) -> bool:
        """Return whether the model had the column by then; what came later is not told of it."""
        if column in calibrated.reference.faults or judged.series[column].at(t).present:
            return True
        return column in calibrated.reference.comparable or self._seen_before(column, window)

    def _seen_before(self, column: Column, window: Window) -> bool:
        if not self._first_values:
            self._first_values = self.store.logs(self.model).first_values(self.columns)
        first = self._first_values[column]
        return first is not None and first < window.end

    def _without_baseline(
        self, version: str, window: Window, calibrated: Calibrated
    ) -> list[Finding]:
        rows = int(self.calibrations.rows([window])[version][0])
        known = [c for c in calibrated.reported if self._seen_before(c, window)]
        return [without_baseline(column, rows) for column in known]

    def _batches(
        self, version: str, windows: Sequence[Window], reference: Reference
    ) -> list[list[Window]]:
        """
        Part windows by how the ones around them are counted.

        A window without rows of the version stands alone: it counts as empty itself, while others
        remember the model's traffic in it. Where a baseline ends inside the epoch, the memory of
        the windows behind it begins there.
        """
        rows = self.calibrations.rows(windows)[version]
        alone = [[w] for w, n in zip(windows, rows, strict=True) if not n]
        filled = [w for w, n in zip(windows, rows, strict=True) if n]
        behind = [w for w in filled if w.start >= reference.windows[-1].end]
        inside = [w for w in filled if w.start < reference.windows[-1].end]
        return [*alone, *(part for part in (inside, behind) if part)]

    def _counted(self, version: str, batch: Sequence[Window], calibrated: Calibrated) -> Judged:
        """Count the epoch of some windows, and before it what the memory needs."""
        reference = calibrated.reference
        epoch = self.calibrations.epoch(batch[0])
        # one more than the memory needs: a day less an hour where the clocks change
        opening = epoch.start - (MEMORY_WINDOWS + 1) * self.monitor.window
        if reference.windows[-1].end <= batch[0].start:
            opening = max(opening, reference.windows[-1].end)
        every = self.calibrations.between(opening, epoch.end)
        series = self._series(version, every, batch, calibrated)
        wanted = tuple(every.index(window) for window in batch)
        values = WindowValues(self.store, self.model, version, batch, reference, self._slices)
        return Judged(tuple(every), wanted, series, values)

    def _series(
        self,
        version: str,
        every: Sequence[Window],
        batch: Sequence[Window],
        calibrated: Calibrated,
    ) -> dict[Column, ProfileSeries]:
        """Count inputs of the model's traffic where the version had none, outputs of its own."""
        rows = self.calibrations.rows(every)
        others = busiest(rows, len(every))
        spoken = [
            version if rows[version][i] or window in batch else others[i]
            for i, window in enumerate(every)
        ]
        alone = [version] * len(every)
        series: dict[Column, ProfileSeries] = {}
        for inputs, whose in ((True, spoken), (False, alone)):
            wanted = [c for c in calibrated.reported if (c.role is ColumnRole.FEATURE) is inputs]
            grids = {c: calibrated.reference.grids[c] for c in wanted}
            if grids:
                series |= self.store.logs(self.model).counts(grids, every, whose)
        return series


def _described(calibrated: Sequence[Calibrated]) -> str:
    texts = dict.fromkeys(one.reference.plan.description for one in calibrated)
    return "; ".join(texts)


def _spanned(calibrated: Sequence[Calibrated]) -> int:
    return max((len(one.reference.windows) for one in calibrated), default=0)


def described(calibrated: Calibrated) -> list[tuple[Column, float | None, float | None]]:
    """Return each reported column with its alarm line and smallest visible shift."""
    line = calibrated.drawn.line
    return [
        (column, line.line if line else None, line.visible.get(name_of(column)) if line else None)
        for column in calibrated.reported
    ]
