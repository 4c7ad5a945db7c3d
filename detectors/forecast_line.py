"""Where the alarm line lies: from the budget of false incidents, then raised by a backtest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from detectors.forecast_calibration import MEMORY, ForecastCalibration, calibrate
from detectors.forecast_scores import judge
from domain.profile import Float, Int, ProfileSeries

STEP = 0.25
QUIET_GAP = 2


def budget_line(
    calibration: ForecastCalibration, incidents: float, days: float, window_days: float
) -> float:
    """
    Return the score that a column may reach by chance as often as the budget allows.

    ``-log10(incidents / (windows * effective columns))``, at least 0. Real series do not keep it
    as it is (1.2 to 4.1 incidents where one was asked for): raise it by a backtest.

    Parameters
    ----------
    calibration : ForecastCalibration
    incidents : float
        False incidents allowed in `days`, larger than 0.
    days : float
    window_days : float
        Length of a window, in days.
    """
    checks = days / window_days * calibration.effective_columns
    return float(max(-np.log10(incidents / checks), 0.0))


def backtest(
    columns: Sequence[ProfileSeries],
    phases: Int | None,
    *,
    k: int,
    gap: int,
    horizon: int,
    memory: int = MEMORY,
) -> Float:
    """
    Score a history as if it had been judged as it came: a rolling origin.

    For every origin o = 0, `horizon`, 2 `horizon`, …: calibrate on the windows o to o + `k`,
    leave out `gap` windows, which only feed the memory, and judge the next `horizon`.

    Parameters
    ----------
    columns : sequence of ProfileSeries
        Over the same T windows.
    phases : ndarray of int64, shape (T,), or None
    k : int
        Baseline windows, at least 12.
    gap : int
        Windows between the baseline and the judged ones; 10 keep a slow ramp from being absorbed.
    horizon : int
        Windows judged with one baseline, at least 1.
    memory : int, default=20

    Returns
    -------
    ndarray of float64, shape (n_columns, max(T - k - gap, 0))
        Column j is window ``k + gap + j``; NaN where a window has too few rows.

    Raises
    ------
    NothingToJudgeError
        If a baseline has fewer than 12 windows with rows.
    """
    n_windows = len(columns[0].counts) if columns else 0
    first = k + gap
    scores = np.full((len(columns), max(n_windows - first, 0)), np.nan)
    for start in range(first, n_windows, horizon):
        end = min(start + horizon, n_windows)
        baseline = slice(start - first, start - gap)
        later = slice(start - gap, end)
        calibration = calibrate(
            [column.part(baseline) for column in columns], _part(phases, baseline), memory=memory
        )
        judged = judge(
            calibration,
            [column.part(later) for column in columns],
            _part(phases, later),
            memory=memory,
        )
        scores[:, start - first : end - first] = judged.score[:, gap:]
    return scores


def _part(phases: Int | None, chosen: slice) -> Int | None:
    return None if phases is None else phases[chosen]


@dataclass(frozen=True, slots=True)
class RaisedLine:
    """
    An alarm line and what it did on the history.

    Parameters
    ----------
    line : float
    measured_incidents : int
        Incidents that it gave in `windows` judged windows.
    alarm_windows : int
        Windows with an alarm: many of them in few incidents are a drift that stays, not noise.
    windows : int
    interval : tuple of float
        The 95 % Poisson interval of the number of incidents (Garwood 1936).
    """

    line: float
    measured_incidents: int
    alarm_windows: int
    windows: int
    interval: tuple[float, float]


def raise_line(
    line: float, scores: Float, incidents_allowed: float, *, quiet_gap: int = QUIET_GAP
) -> RaisedLine:
    """
    Raise the line in steps of 0.25 until the history keeps the budget.

    Parameters
    ----------
    line : float
        To start from.
    scores : ndarray of float64, shape (n_columns, T)
        Of a backtest; NaN is quiet.
    incidents_allowed : float
        In the T windows, at least 0.
    quiet_gap : int, default=2
        Runs of windows with an alarm that are at most so many quiet windows apart are one
        incident.
    """
    known = np.where(np.isfinite(scores), scores, -np.inf)
    highest = known.max(axis=0, initial=-np.inf)
    while (incidents := count_incidents(highest >= line, quiet_gap)) > incidents_allowed:
        line += STEP
    windows = int(np.isfinite(scores).any(axis=0).sum())
    alarms = int((highest >= line).sum())
    return RaisedLine(line, incidents, alarms, windows, poisson_interval(incidents))


def count_incidents(alarm: NDArray[np.bool_], quiet_gap: int) -> int:
    """Count runs of windows with an alarm; at most `quiet_gap` quiet ones between are bridged."""
    at = np.flatnonzero(alarm)
    return int((np.diff(at) > quiet_gap + 1).sum()) + 1 if len(at) else 0


def poisson_interval(count: int, confidence: float = 0.95) -> tuple[float, float]:
    """
    Return the exact interval of a Poisson mean (Garwood 1936).

    Examples
    --------
    >>> low, high = poisson_interval(0)
    >>> low, round(high, 2)
    (0.0, 3.69)
    """
    half = (1 - confidence) / 2
    low = float(gammaincinv(count, half)) if count else 0.0
    return low, float(gammaincinv(count + 1, 1 - half))
