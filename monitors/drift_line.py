"""The alarm line of a reference: its forecast, from which score on it alarms, what it can see."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from detectors import forecast
from domain.column import Column
from domain.errors import NothingToJudgeError
from domain.finding import Calibration
from domain.profile import ProfileSeries
from domain.window import Window
from monitors.column_fault import JUDGING_ERRORS, explain
from monitors.column_names import name_of
from monitors.config import MonitorConfig
from monitors.reference import Reference

log = logging.getLogger(__name__)


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
    history: forecast.RaisedLine | None


@dataclass(frozen=True, eq=False)
class Drawn:
    """
    What came of calibrating a reference.

    Parameters
    ----------
    line : Line or None
        None: not calibrated.
    faults : mapping of Column to str
        Columns that could not be calibrated, and why.
    """

    line: Line | None = None
    faults: Mapping[Column, str] = field(default_factory=dict[Column, str])


def phases_of(windows: Sequence[Window], length: timedelta) -> NDArray[np.int64] | None:
    """Return the weekday of daily windows (Monday 0); other lengths have no weekly phase."""
    if length != timedelta(days=1):
        return None
    middles = [(w.start + w.duration / 2).weekday() for w in windows]
    return np.array(middles, dtype=np.int64)


def named(series: Mapping[Column, ProfileSeries], columns: Sequence[Column]) -> list[ProfileSeries]:
    """Return the series under names that are unique among the columns."""
    return [replace(series[column], column=name_of(column)) for column in columns]


def line_of_budget(calibration: forecast.ForecastCalibration, monitor: MonitorConfig) -> float:
    """Return the alarm line that the budget of false incidents asks for by itself."""
    budget, day = monitor.false_incidents, timedelta(days=1)
    return forecast.budget_line(
        calibration, budget.incidents, budget.per / day, monitor.window / day
    )


def draw_line(
    reference: Reference, monitor: MonitorConfig, history: forecast.RaisedLine | None
) -> Drawn:
    """
    Calibrate the forecast detector on a reference.

    Parameters
    ----------
    reference : Reference
    monitor : MonitorConfig
    history : forecast.RaisedLine or None
        What a backtest on the windows before said; None: there is no such history.

    Returns
    -------
    Drawn
        Without a line where the baseline spans too few windows. A column that cannot be
        calibrated is left out and named; where none is to blame alone, all are.
    """
    columns = reference.comparable
    if forecast.level_of(len(reference.windows)) is Calibration.NONE or not columns:
        return Drawn()
    try:
        return Drawn(_draw(reference, columns, monitor, history))
    except NothingToJudgeError:
        return Drawn()
    except JUDGING_ERRORS as error:
        log.exception("calibration.failed", exc_info=log.isEnabledFor(logging.DEBUG))
        faults = {c: why for c in columns if (why := _fault(reference, c, monitor))}
        sound = [c for c in columns if c not in faults]
        if not faults or not sound:
            return Drawn(None, dict.fromkeys(columns, explain(error)))
        return Drawn(_draw(reference, sound, monitor, history), faults)


def _draw(
    reference: Reference,
    columns: Sequence[Column],
    monitor: MonitorConfig,
    history: forecast.RaisedLine | None,
) -> Line:
    series = named(reference.series, columns)
    calibration = forecast.calibrate(series, phases_of(reference.windows, monitor.window))
    line = line_of_budget(calibration, monitor)
    if history is not None:
        line = max(line, history.line)
    visible = forecast.visible_shifts(calibration, series, line=line)
    return Line(calibration, line, visible, history)


def _fault(reference: Reference, column: Column, monitor: MonitorConfig) -> str | None:
    """Calibrate one column by itself and say what fails, if something does."""
    try:
        _draw(reference, [column], monitor, None)
    except NothingToJudgeError:
        return None
    except JUDGING_ERRORS as error:
        return explain(error)
    return None
