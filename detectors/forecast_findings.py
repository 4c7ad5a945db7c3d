"""Turn scores of one window into findings."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from detectors.evidence import unjudged
from detectors.forecast_calibration import ForecastCalibration
from detectors.forecast_readings import MIN_ROWS
from detectors.forecast_scores import ForecastScores
from detectors.visible_shift import SIZES, unit_of
from domain.finding import Calibration, Finding, Value, Verdict
from domain.profile import ColumnRole

NAME = "forecast"
_RAREST = 9.0
"""Rarer than once in a thousand million is not told apart: no tail is known that far out."""


def findings(
    scores: ForecastScores,
    t: int,
    calibration: ForecastCalibration,
    line: float,
    visible: Mapping[str, float | None],
    roles: Mapping[str, ColumnRole],
) -> list[Finding]:
    """
    Say of each column in window `t` whether it drifted, is fine, is blind or cannot be judged.

    Parameters
    ----------
    scores : ForecastScores
    t : int
        Index of the window in `scores`.
    calibration : ForecastCalibration
    line : float
        Drifted from this score on.
    visible : mapping of str to float or None
        Of `visible_shifts`; None: the verdict is blind where it is not drifted.
    roles : mapping of str to ColumnRole

    Returns
    -------
    list of Finding
        `statistic` is the score (-log10 of a chance), `threshold` the line. `values`:
        ``reading``, ``once_in`` and ``line_once_in`` (column-windows), ``visible_shift`` and
        ``shift_unit`` (``sd``, ``mix`` or ``constant``), ``largest_tried``, ``k`` (baseline
        windows), ``movement`` (multiples of the usual).
    """
    return [
        _finding(scores, c, t, calibration, line, visible.get(column), roles[column])
        for c, column in enumerate(scores.columns)
    ]


def _finding(
    scores: ForecastScores,
    c: int,
    t: int,
    calibration: ForecastCalibration,
    line: float,
    visible: float | None,
    role: ColumnRole,
) -> Finding:
    column = calibration.columns[scores.columns[c]]
    score, rows = float(scores.score[c, t]), int(scores.rows[c, t])
    if np.isnan(score):
        return unjudged(
            NAME,
            "too_small" if rows else "empty",
            column=column.column,
            kind=role,
            n_reference=column.n_reference,
            n_current=rows,
            min_rows=MIN_ROWS,
        )
    unit = unit_of(column)
    values: dict[str, Value] = {
        "reading": str(scores.reading[c, t]),
        "once_in": _once_in(score),
        "line_once_in": _once_in(line),
        "visible_shift": visible,
        "shift_unit": unit.value,
        "largest_tried": SIZES[unit][-1],
        "k": calibration.n_windows,
        "movement": float(scores.movement[c, t]),
    }
    verdict = _verdict(score, line, visible)
    told = values["reading"] if verdict is Verdict.DRIFTED else unit.value
    return Finding(
        column=column.column,
        kind=role,
        detector=NAME,
        verdict=verdict,
        reason=f"finding.forecast.{verdict.value}.{told}",
        statistic=score,
        p_value=min(10.0**-score, 1.0),
        threshold=line,
        calibrated=calibration.level,
        decides=calibration.level is not Calibration.NONE,
        n_reference=column.n_reference,
        n_current=rows,
        values=values,
    )


def _verdict(score: float, line: float, visible: float | None) -> Verdict:
    if score >= line:
        return Verdict.DRIFTED
    return Verdict.BLIND if visible is None else Verdict.OK


def _once_in(score: float) -> float:
    """Return how many column-windows go on one such score by chance, at least 1."""
    return float(10 ** min(max(score, 0.0), _RAREST))
