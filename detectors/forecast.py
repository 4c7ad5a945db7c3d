"""
WFR, the whitened forecast residual with memory: the detector that decides where it is calibrated.

In one sentence: *this window is further from its forecast, in the ways this column does not
usually move, than baseline windows were when forecast the same way.*

Counts of a column become readings: its shape (shares of at most 24 groups of cells) and its
shares of missing and of unseen values. Each is forecast from the baseline windows, with the
weekday where that helps. The error of the shape is measured in units of the baseline's own errors
(a shrunken covariance), so that season and load, the directions in which it moves by itself,
count little. Sustained readings remember the last 20 windows. How rare a reading is, is learned
from those of all columns and baseline windows together, each forecast from one side only, as in
use. The alarm line comes from a budget of false incidents and is raised by a backtest; where the
line hides the shifts that would matter, the verdict is *blind*.

How it compares with the field is measured in ``docs/statistics.md``.
"""

from __future__ import annotations

from detectors.forecast_calibration import MEMORY, ForecastCalibration, calibrate, level_of
from detectors.forecast_findings import NAME, findings
from detectors.forecast_line import RaisedLine, backtest, budget_line, raise_line
from detectors.forecast_scores import ForecastScores, judge, movement
from detectors.visible_shift import visible_shifts

__all__ = [
    "MEMORY",
    "NAME",
    "ForecastCalibration",
    "ForecastScores",
    "RaisedLine",
    "backtest",
    "budget_line",
    "calibrate",
    "findings",
    "judge",
    "level_of",
    "movement",
    "raise_line",
    "visible_shifts",
]
