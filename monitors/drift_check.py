"""Drift of a deployment's columns in some windows that share one calibration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from detectors import completeness, effect, forecast
from detectors.evidence import unjudged
from detectors.registry import TESTS
from domain.column import Column
from domain.finding import Finding, Verdict
from domain.profile import ColumnKind, Profile, ProfileSeries, SortedColumn
from domain.window import Window
from monitors.column_fault import JUDGING_ERRORS, explain, failed
from monitors.column_names import name_of
from monitors.config import DriftConfig, MonitorConfig
from monitors.drift_line import Drawn, Line, named, phases_of
from monitors.reference import Reference, empty_grid

MEMORY_WINDOWS = 20
"""The forecast detector remembers so many windows; older ones weigh under 4 %."""


Use = Callable[[Column, Sequence[SortedColumn]], list[list[Finding]]]
EachSorted = Callable[[Sequence[Column], Use], Mapping[Column, list[list[Finding]]]]


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
    each_sorted : callable
        Hands over the exact values of numeric columns in the wanted windows, one column at a time.
    """

    windows: tuple[Window, ...]
    wanted: tuple[int, ...]
    series: Mapping[Column, ProfileSeries]
    each_sorted: EachSorted


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
    case = _Case(reference, judged, monitor, reported, calibrated, faults, alpha)
    columns = list(dict.fromkeys(column for part in reported for column in part))
    numbers = [column for column in columns if column.kind is ColumnKind.NUMBER]
    found = dict(judged.each_sorted(numbers, case.judge))
    found |= {c: case.judge(c, [None] * len(reported)) for c in columns if c not in found}
    return [
        [finding for column in part for finding in found[column][i]]
        for i, part in enumerate(reported)
    ]


@dataclass(frozen=True, eq=False)
class _Case:
    """All that a column's findings follow from but its exact values."""

    reference: Reference
    judged: Judged
    monitor: MonitorConfig
    reported: Sequence[Sequence[Column]]
    calibrated: Sequence[Mapping[str, Finding]]
    faults: Mapping[Column, str]
    alpha: float

    def judge(self, column: Column, values: Sequence[SortedColumn | None]) -> list[list[Finding]]:
        """Judge one column in the windows that it is reported of; of the others nothing is said."""
        total, fault = self.reference.series[column].total(), self.faults.get(column)
        answers: list[list[Finding]] = []
        for i, current in enumerate(values):
            found: list[Finding] = []
            if column in self.reported[i]:
                sides = self._sides(column, total, i, current)
                forecasted = self.calibrated[i].get(name_of(column))
                found = _judge_safely(
                    sides, column, forecasted, self.monitor, alpha=self.alpha, fault=fault
                )
            answers.append(found)
        return answers

    def _sides(
        self, column: Column, total: Profile, i: int, current: SortedColumn | None
    ) -> _Sides:
        return _Sides(
            total,
            self.judged.series[column].at(self.judged.wanted[i]),
            None if current is None else self.reference.sorted_values[column],
            current,
            self.reference.cell_scores.get(column),
        )


@dataclass(frozen=True, eq=False)
class _Sides:
    reference: Profile
    current: Profile
    reference_values: SortedColumn | None
    current_values: SortedColumn | None
    mean_score: NDArray[np.float64] | None


def _judge_safely(
    sides: _Sides,
    column: Column,
    calibrated: Finding | None,
    monitor: MonitorConfig,
    *,
    alpha: float,
    fault: str | None,
) -> list[Finding]:
    """Judge one column; what goes wrong with it is said of it and stops no other."""
    name = name_of(column)
    if fault is None:
        try:
            found = _judge_column(sides, column, calibrated, monitor, alpha)
            return [_with_effect(replace(f, column=name), sides) for f in found]
        except JUDGING_ERRORS as error:
            fault = explain(error)
    return [failed(name, column.role, fault, sides.reference.n, sides.current.n)]


def _judge_column(
    sides: _Sides,
    column: Column,
    calibrated: Finding | None,
    monitor: MonitorConfig,
    alpha: float,
) -> list[Finding]:
    hard = completeness.detect(sides.reference, sides.current, kind=column.role)
    if 0 < sides.current.n < monitor.min_rows:
        return [hard, _too_small(sides, column, monitor.min_rows)]
    beside = compare(
        sides.reference,
        sides.current,
        sides.reference_values,
        sides.current_values,
        column=column,
        drift=monitor.drift,
        alpha=alpha,
    )
    if calibrated is None:
        return [hard, *beside]
    return [hard, calibrated, *(replace(found, decides=False) for found in beside)]


def _too_small(sides: _Sides, column: Column, min_rows: int) -> Finding:
    return unjudged(
        forecast.NAME,
        "too_small",
        column=column.name,
        kind=column.role,
        n_reference=sides.reference.n,
        n_current=sides.current.n,
        min_rows=min_rows,
    )


def without_baseline(column: Column, n_current: int) -> Finding:
    """Return what is said of a column as long as there is nothing to compare it with."""
    grid = empty_grid(column.kind)
    nothing = Profile(name_of(column), grid, np.zeros(grid.n_cells + 2, np.int64))
    return completeness.detect(nothing, None, kind=column.role, n_current=n_current)


def compare(
    reference: Profile,
    current: Profile,
    reference_values: SortedColumn | None,
    current_values: SortedColumn | None,
    *,
    column: Column,
    drift: DriftConfig,
    alpha: float,
) -> list[Finding]:
    """
    Run the configured two-sample tests on one column.

    Parameters
    ----------
    reference, current : Profile
        Over one grid.
    reference_values, current_values : SortedColumn or None
        None for categories.
    column : Column
    drift : DriftConfig
    alpha : float
        Chance of a false alarm of each test.
    """
    number = column.kind is ColumnKind.NUMBER
    limits = {"psi": drift.psi, "ks": drift.ks}
    found: list[Finding] = []
    for name in drift.numeric if number else drift.categorical:
        test = TESTS[name]
        limit = {"threshold": limits[name]} if name in limits else {}
        if test.eats == "profile":
            found.append(test.detect(reference, current, kind=column.role, alpha=alpha, **limit))
        elif reference_values is not None and current_values is not None:
            found.append(
                test.detect(
                    reference_values, current_values, kind=column.role, alpha=alpha, **limit
                )
            )
    return found


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


def _with_effect(finding: Finding, sides: _Sides) -> Finding:
    """Add what the change would do to the mean score, where it was judged a drift."""
    judged = finding.verdict is Verdict.DRIFTED and finding.decides
    if sides.mean_score is None or not judged:
        return finding
    change = effect.expected_score_change(sides.reference, sides.current, sides.mean_score)
    return replace(finding, values={**finding.values, "score_change": change})
