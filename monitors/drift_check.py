"""Drift of a deployment's columns in some windows that share one calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from detectors import completeness, effect, forecast
from detectors.registry import TESTS
from domain.column import Column
from domain.errors import NothingToJudgeError
from domain.finding import Calibration, Finding, Verdict
from domain.profile import ColumnKind, ColumnRole, Profile, ProfileSeries, SortedColumn
from domain.window import Window
from monitors.config import DriftConfig, MonitorConfig
from monitors.reference import Reference

History = forecast.RaisedLine

MEMORY_WINDOWS = 20
"""The forecast detector remembers so many windows; older ones weigh under 4 %."""


@dataclass(frozen=True, eq=False)
class Judged:
    """
    The windows to judge, and the ones before them that the memory needs.

    Parameters
    ----------
    windows : tuple of Window, length T
    first : int
        Index of the first window to judge; the ones before only feed the memory.
    series : mapping of Column to ProfileSeries
        Counts over the reference's grids, all T windows.
    sorted_values : mapping of Column to list of SortedColumn
        Exact values per window, only for the judged ones.
    """

    windows: tuple[Window, ...]
    first: int
    series: Mapping[Column, ProfileSeries]
    sorted_values: Mapping[Column, list[SortedColumn]]


@dataclass(frozen=True, eq=False)
class Line:
    """
    A calibrated reference: its forecast, its alarm line and what it can see.

    Parameters
    ----------
    calibration : forecast.ForecastCalibration
    line : float
        Alarm line in -log10 of the chance per column and window.
    visible : mapping of str to float or None
        Smallest visible shift of each column.
    history : forecast.RaisedLine or None
        What the backtest on the windows before found; None: there were too few.
    """

    calibration: forecast.ForecastCalibration
    line: float
    visible: Mapping[str, float | None]
    history: History | None


def names_of(columns: Sequence[Column]) -> dict[Column, str]:
    """Name each column uniquely: a feature that is called like an output gets its role in front."""
    outputs = {c.name for c in columns if c.role is not ColumnRole.FEATURE}
    return {
        c: f"features.{c.name}" if c.role is ColumnRole.FEATURE and c.name in outputs else c.name
        for c in columns
    }


def phases_of(windows: Sequence[Window], length: timedelta) -> NDArray[np.int64] | None:
    """Return the weekday of daily windows (Monday 0); other lengths have no weekly phase."""
    if length != timedelta(days=1):
        return None
    middles = [(w.start + w.duration / 2).weekday() for w in windows]
    return np.array(middles, dtype=np.int64)


def draw_line(reference: Reference, monitor: MonitorConfig, history: History | None) -> Line | None:
    """
    Calibrate the forecast detector on a reference.

    Parameters
    ----------
    reference : Reference
    monitor : MonitorConfig
    history : History or None
        What a backtest on the windows before said; None: there is no such history.

    Returns
    -------
    Line or None
        None where the baseline spans too few windows.
    """
    columns = list(reference.series)
    if forecast.level_of(len(reference.windows)) is Calibration.NONE or not columns:
        return None
    series = named(reference.series, columns)
    try:
        calibration = forecast.calibrate(series, phases_of(reference.windows, monitor.window))
    except NothingToJudgeError:
        return None
    line = line_of_budget(calibration, monitor)
    if history is not None:
        line = max(line, history.line)
    visible = forecast.visible_shifts(calibration, series, line=line)
    return Line(calibration, line, visible, history)


def line_of_budget(calibration: forecast.ForecastCalibration, monitor: MonitorConfig) -> float:
    """Return the alarm line that the budget of false incidents asks for by itself."""
    budget, day = monitor.false_incidents, timedelta(days=1)
    return forecast.budget_line(
        calibration, budget.incidents, budget.per / day, monitor.window / day
    )


def named(series: Mapping[Column, ProfileSeries], columns: Sequence[Column]) -> list[ProfileSeries]:
    """Return the series under names that are unique among the columns."""
    names = names_of(columns)
    return [replace(series[column], column=names[column]) for column in columns]


def judge_columns(
    reference: Reference,
    judged: Judged,
    line: Line | None,
    monitor: MonitorConfig,
    reported: Sequence[Column],
) -> list[list[Finding]]:
    """
    Judge columns in every window.

    Parameters
    ----------
    reference : Reference
    judged : Judged
    line : Line or None
        None: not calibrated, the two-sample tests decide.
    monitor : MonitorConfig
    reported : sequence of Column
        Those to judge; the others of the reference only help to learn the tail.

    Returns
    -------
    list of list of Finding
        Per judged window; of each column the deciding findings first.
    """
    columns = list(reference.series)
    names = names_of(columns)
    calibrated = _forecast_findings(judged, line, columns)
    totals = {column: reference.series[column].total() for column in reported}
    answers: list[list[Finding]] = []
    for t in range(judged.first, len(judged.windows)):
        deciding = calibrated[t - judged.first]
        findings: list[Finding] = []
        for column in reported:
            sides = _sides(reference, judged, totals[column], column, t)
            found = _judge_column(sides, column, deciding.get(names[column]), monitor, len(columns))
            findings += [
                _with_effect(
                    replace(f, column=names[column]), sides, reference.cell_scores.get(column)
                )
                for f in found
            ]
        answers.append(findings)
    return answers


@dataclass(frozen=True, eq=False)
class _Sides:
    reference: Profile
    current: Profile
    reference_values: SortedColumn | None
    current_values: SortedColumn | None


def _sides(reference: Reference, judged: Judged, total: Profile, column: Column, t: int) -> _Sides:
    number = column.kind is ColumnKind.NUMBER
    return _Sides(
        total,
        judged.series[column].at(t),
        reference.sorted_values[column] if number else None,
        judged.sorted_values[column][t - judged.first] if number else None,
    )


def _judge_column(
    sides: _Sides,
    column: Column,
    calibrated: Finding | None,
    monitor: MonitorConfig,
    n_columns: int,
) -> list[Finding]:
    hard = completeness.detect(sides.reference, sides.current, kind=column.role)
    beside = compare(
        sides.reference,
        sides.current,
        sides.reference_values,
        sides.current_values,
        column=column,
        drift=monitor.drift,
        alpha=monitor.drift.alpha / max(n_columns, 1),
    )
    if calibrated is None:
        return [hard, *beside]
    return [hard, calibrated, *(replace(found, decides=False) for found in beside)]


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


def _forecast_findings(
    judged: Judged, line: Line | None, columns: Sequence[Column]
) -> list[dict[str, Finding]]:
    n_judged = len(judged.windows) - judged.first
    if line is None:
        return [{} for _ in range(n_judged)]
    names = names_of(columns)
    length = judged.windows[0].duration
    scores = forecast.judge(
        line.calibration,
        named(judged.series, columns),
        phases_of(judged.windows, length),
        memory=MEMORY_WINDOWS,
    )
    roles = {names[column]: column.role for column in columns}
    answers: list[dict[str, Finding]] = []
    for t in range(judged.first, len(judged.windows)):
        found = forecast.findings(scores, t, line.calibration, line.line, line.visible, roles)
        answers.append({finding.column: finding for finding in found})
    return answers


def _with_effect(
    finding: Finding, sides: _Sides, mean_score: NDArray[np.float64] | None
) -> Finding:
    """Add what the change would do to the mean score, where it was judged a drift."""
    if mean_score is None or finding.verdict is not Verdict.DRIFTED or not finding.decides:
        return finding
    change = effect.expected_score_change(sides.reference, sides.current, mean_score)
    return replace(finding, values={**finding.values, "score_change": change})
