"""Drift of a deployment's columns in some windows that share one calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from detectors import completeness, effect, forecast
from detectors.evidence import unjudged
from domain.column import Column
from domain.finding import Finding
from domain.profile import ColumnKind, ColumnRole, Profile, ProfileSeries
from domain.window import Window
from monitors.cells import empty_grid
from monitors.column_fault import JUDGING_ERRORS, explain, failed
from monitors.column_names import name_of
from monitors.config import MonitorConfig
from monitors.drift_line import Drawn, Line, named, phases_of
from monitors.reference import Reference
from monitors.slices import judged_drift, with_slices
from monitors.two_samples import compare
from monitors.value_tests import ValueTests
from monitors.window_values import WindowValues

MEMORY_WINDOWS = 20
"""The forecast detector remembers so many windows; older ones weigh under 4 %."""


@dataclass(frozen=True, eq=False)
class Judged:
    """
    Windows to judge, among the ones around them.

    Parameters
    ----------
    windows : tuple of Window, length T
        Those that the memory needs, then a whole epoch: the numbers of one window must not hang
        on which others are judged along with it, not even in their last digit.
    wanted : tuple of int
        The windows to judge.
    series : mapping of Column to ProfileSeries
        Counts over the reference's grids, all T windows.
    values : WindowValues
        What counts do not tell of the wanted windows.
    """

    windows: tuple[Window, ...]
    wanted: tuple[int, ...]
    series: Mapping[Column, ProfileSeries]
    values: WindowValues


def judge_columns(
    reference: Reference,
    judged: Judged,
    drawn: Drawn,
    monitor: MonitorConfig,
    reported: Sequence[Sequence[Column]],
) -> list[list[Finding]]:
    """
    Judge columns in every wanted window.

    Parameters
    ----------
    reference : Reference
    judged : Judged
    drawn : Drawn
        Without a line the two-sample tests decide.
    monitor : MonitorConfig
    reported : sequence of (sequence of Column)
        Of each wanted window, the columns to judge; the others of the reference only help to
        learn the tail.

    Returns
    -------
    list of list of Finding
        Per wanted window; of each column the deciding findings first.
    """
    calibrated, faults = _forecasts(judged, drawn.line, monitor.window)
    faults = {**reference.faults, **drawn.faults, **faults}
    alpha = monitor.drift.alpha / max(len(reference.comparable), 1)
    columns = list(dict.fromkeys(column for part in reported for column in part))
    exact = _by_values(reference, judged, monitor, columns, faults, alpha)
    faults |= exact.faults
    case = _Case(reference, judged, monitor, reported, calibrated, exact.found, faults, alpha)
    found = {column: case.judge_and_explain(column) for column in columns}
    return [
        [finding for column in part for finding in found[column][i]]
        for i, part in enumerate(reported)
    ]


def _by_values(
    reference: Reference,
    judged: Judged,
    monitor: MonitorConfig,
    columns: Sequence[Column],
    faults: Mapping[Column, str],
    alpha: float,
) -> ValueTests:
    """Run the tests that eat values, in the windows that hold enough rows."""
    numbers = [c for c in columns if c.kind is ColumnKind.NUMBER and c not in faults]
    series = {column: judged.series[column].part(list(judged.wanted)) for column in numbers}
    totals = {column: reference.series[column].total() for column in numbers}
    tests = ValueTests(judged.values, totals, series, monitor.drift, alpha)
    if numbers:
        rows = series[numbers[0]].counts.sum(axis=1)
        # of too few rows nothing is said that hangs on their values
        tests.run(numbers, np.flatnonzero((rows == 0) | (rows >= monitor.min_rows)).tolist())
    return tests


@dataclass(frozen=True, eq=False)
class _Case:
    """All that a column's findings follow from."""

    reference: Reference
    judged: Judged
    monitor: MonitorConfig
    reported: Sequence[Sequence[Column]]
    calibrated: Sequence[Mapping[str, Finding]]
    exact: Mapping[tuple[Column, int], Mapping[str, Finding]]
    faults: Mapping[Column, str]
    alpha: float

    def judge(self, column: Column) -> list[list[Finding]]:
        """Judge one column in the windows that it is reported of; of the others nothing is said."""
        total = self.reference.series[column].total()
        answers: list[list[Finding]] = []
        for i, part in enumerate(self.reported):
            current = self.judged.series[column].at(self.judged.wanted[i])
            found = self._judge_safely(column, i, total, current) if column in part else []
            answers.append(found)
        return answers

    def judge_and_explain(self, column: Column) -> list[list[Finding]]:
        """Judge one column; where it drifted, say what that does to the score, and where it is."""
        answers = _with_effect(self.judge(column), column, self)
        grid = self.reference.series[column].grid
        return with_slices(answers, column, grid, self.judged.values)

    def _judge_safely(
        self, column: Column, i: int, reference: Profile, current: Profile
    ) -> list[Finding]:
        """Judge one column; what goes wrong with it is said of it and stops no other."""
        name, fault = name_of(column), self.faults.get(column)
        if fault is None:
            try:
                found = self._judge(column, i, reference, current)
                return [replace(finding, column=name) for finding in found]
            except JUDGING_ERRORS as error:
                fault = explain(error)
        return [failed(name, column.role, fault, reference.n, current.n)]

    def _judge(self, column: Column, i: int, reference: Profile, current: Profile) -> list[Finding]:
        hard = completeness.detect(reference, current, kind=column.role)
        if 0 < current.n < self.monitor.min_rows:
            return [hard, _too_small(reference, current, column, self.monitor.min_rows)]
        beside = compare(
            reference,
            current,
            self.exact.get((column, i), {}),
            column=column,
            drift=self.monitor.drift,
            alpha=self.alpha,
        )
        calibrated = self.calibrated[i].get(name_of(column))
        if calibrated is None:
            return [hard, *beside]
        return [hard, calibrated, *(replace(found, decides=False) for found in beside)]


def _too_small(reference: Profile, current: Profile, column: Column, min_rows: int) -> Finding:
    return unjudged(
        forecast.NAME,
        "too_small",
        column=column.name,
        kind=column.role,
        n_reference=reference.n,
        n_current=current.n,
        min_rows=min_rows,
    )


def without_baseline(column: Column, n_current: int) -> Finding:
    """Return what is said of a column as long as there is nothing to compare it with."""
    grid = empty_grid(column.kind)
    nothing = Profile(name_of(column), grid, np.zeros(grid.n_cells + 2, np.int64))
    return completeness.detect(nothing, None, kind=column.role, n_current=n_current)


def _forecasts(
    judged: Judged, line: Line | None, length: timedelta
) -> tuple[list[dict[str, Finding]], dict[Column, str]]:
    """Return each wanted window's calibrated findings by column, and the columns that failed."""
    if line is None:
        return [{} for _ in judged.wanted], {}
    columns = [c for c in judged.series if name_of(c) in line.calibration.columns]
    try:
        return _forecast(judged, line, columns, length), {}
    except JUDGING_ERRORS:
        found: list[dict[str, Finding]] = [{} for _ in judged.wanted]
        faults: dict[Column, str] = {}
        for column in columns:
            try:
                alone = _forecast(judged, line, [column], length)
            except JUDGING_ERRORS as error:
                faults[column] = explain(error)
            else:
                for mine, more in zip(found, alone, strict=True):
                    mine.update(more)
        return found, faults


def _forecast(
    judged: Judged, line: Line, columns: Sequence[Column], length: timedelta
) -> list[dict[str, Finding]]:
    scores = forecast.judge(
        line.calibration,
        named(judged.series, columns),
        phases_of(judged.windows, length),
        memory=MEMORY_WINDOWS,
    )
    roles = {name_of(column): column.role for column in columns}
    answers: list[dict[str, Finding]] = []
    for t in judged.wanted:
        found = forecast.findings(scores, t, line.calibration, line.line, line.visible, roles)
        answers.append({finding.column: finding for finding in found})
    return answers


def _with_effect(answers: list[list[Finding]], column: Column, case: _Case) -> list[list[Finding]]:
    """Add what the change would do to the mean score, where it was judged a drift."""
    drifted = [any(map(judged_drift, found)) for found in answers]
    if column.role is not ColumnRole.FEATURE or not any(drifted):
        return answers
    # read for one column, and only here: nothing else needs it
    mean_score = case.judged.values.cell_scores(column)
    if mean_score is None:
        return answers
    total, series = case.reference.series[column].total(), case.judged.series[column]
    return [
        [
            _told(finding, total, series.at(t), mean_score) if judged_drift(finding) else finding
            for finding in found
        ]
        for found, t in zip(answers, case.judged.wanted, strict=True)
    ]


def _told(
    finding: Finding, reference: Profile, current: Profile, mean_score: NDArray[np.float64]
) -> Finding:
    change = effect.expected_score_change(reference, current, mean_score)
    return replace(finding, values={**finding.values, "score_change": change})
