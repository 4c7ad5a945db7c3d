"""Raising the alarm line until the history keeps the budget of false incidents."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from detectors import forecast
from domain.column import Column
from domain.errors import NothingToJudgeError
from domain.profile import ProfileSeries
from domain.window import Window
from monitors.column_fault import JUDGING_ERRORS
from monitors.config import MonitorConfig
from monitors.drift_line import line_of_budget, named, phases_of

log = logging.getLogger(__name__)

# history that a backtest looks at, in windows: five months of days
LONGEST = 150
# of a backtest's baselines; 26 weeks of evidence would leave no windows to judge
SHORTEST_BASELINE = 21
HORIZON = 7
# a real fault in the history must not deafen the monitor: so far the line rises, and no further
MOST_RAISED = 3.0


def raised_line(
    series: Mapping[Column, ProfileSeries],
    windows: Sequence[Window],
    monitor: MonitorConfig,
    k: int,
) -> forecast.RaisedLine | None:
    """
    Replay a history as it came, and raise the budget's line until it keeps the budget.

    Parameters
    ----------
    series : mapping of Column to ProfileSeries
        Over the windows of the history.
    windows : sequence of Window
        Oldest first.
    monitor : MonitorConfig
    k : int
        Windows of the baseline in use; the replay uses as many where the history has room.

    Returns
    -------
    RaisedLine or None
        None where no window is left to judge.
    """
    gap = int(monitor.baseline.gap / monitor.window)
    k = max(min(k, len(windows) - gap - HORIZON), SHORTEST_BASELINE)
    if len(windows) < k + gap + HORIZON:
        return None
    chosen = named(series, list(series))
    phases = phases_of(windows, monitor.window)
    try:
        scores = forecast.backtest(chosen, phases, k=k, gap=gap, horizon=HORIZON)
        calibration = forecast.calibrate(
            [one_of.part(slice(0, k)) for one_of in chosen],
            None if phases is None else phases[:k],
        )
    except NothingToJudgeError:
        return None
    except JUDGING_ERRORS:
        # without it the line is the budget's own; the columns themselves are still judged
        log.exception("backtest.failed", exc_info=log.isEnabledFor(logging.DEBUG))
        return None
    start = line_of_budget(calibration, monitor)
    budget = monitor.false_incidents
    allowed = budget.incidents * scores.shape[1] * (monitor.window / budget.per)
    raised = forecast.raise_line(start, scores, allowed)
    if raised.line <= start + MOST_RAISED:
        return raised
    return forecast.raise_line(start + MOST_RAISED, scores, float("inf"))
