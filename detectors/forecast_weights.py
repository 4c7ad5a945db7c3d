"""How a window is forecast from the baseline: a mean and a shrunken deviation of its weekday."""

from __future__ import annotations

import numpy as np

from domain.profile import Float, Int

NO_PHASE = np.inf
"""The shrinkage that leaves the weekday out."""

_SHRINKAGES = (1.0, 0.25)
_HANDICAP = 1.05
_GAP = 1


def one_sided(n_windows: int) -> Float:
    """
    Return which windows each baseline window is forecast from, shape (K, K), of 0 and 1.

    Only those on the longer side of it, its neighbour left out: extrapolation, as in use.
    Interpolation between both sides is too sure of itself (24.9 instead of 16.9 false alarms per
    1,000 at the same line).
    """
    t, s = np.arange(n_windows)[:, None], np.arange(n_windows)[None]
    return np.where(t >= n_windows / 2, s < t - _GAP, s > t + _GAP).astype(np.float64)


def forecast_weights(
    learned_from: Float, phases: Int | None, phases_now: Int | None, shrinkage: float
) -> Float:
    """
    Return the weight of each baseline window in each forecast, shape (T, K).

    Rows add up to 1, or are 0 where there is nothing to learn from. The deviation of the
    weekday's n windows counts n / (n + shrinkage).

    Parameters
    ----------
    learned_from : ndarray of float64, shape (T, K)
        1 where a baseline window may be used, else 0.
    phases, phases_now : ndarray of int64, shape (K,) and (T,), or None
        Weekdays of the baseline's windows and of those to be forecast.
    shrinkage : float
        Larger than 0; `NO_PHASE` for the plain mean.
    """
    mean = learned_from / np.maximum(learned_from.sum(axis=1, keepdims=True), 1)
    if phases is None or phases_now is None or np.isinf(shrinkage):
        return mean
    same = learned_from * (phases_now[:, None] == phases[None])
    n = same.sum(axis=1, keepdims=True)
    return mean + (same / np.maximum(n, 1) - mean) * n / (n + shrinkage)


def choose_shrinkage(readings: Float, learned_from: Float, phases: Int | None) -> float:
    """
    Choose how much the weekday counts, by the forecast error on the baseline itself.

    Parameters
    ----------
    readings : ndarray of float64, shape (K, n_readings)
    learned_from : ndarray of float64, shape (K, K)
    phases : ndarray of int64, shape (K,), or None

    Returns
    -------
    float
        1, 1/4 or `NO_PHASE`: the weekday is used only where it lowers the error by 5 %.
    """
    if phases is None:
        return NO_PHASE
    judged = learned_from.any(axis=1)
    plain = _squared_errors(readings, learned_from, phases, NO_PHASE)[judged].sum(axis=0)
    moving = plain > 1e-12
    best, chosen = 1.0, NO_PHASE
    for shrinkage in _SHRINKAGES if moving.any() else ():
        errors = _squared_errors(readings, learned_from, phases, shrinkage)[judged].sum(axis=0)
        ratio = float((errors[moving] / plain[moving]).mean()) * _HANDICAP
        if ratio < best:
            best, chosen = ratio, shrinkage
    return chosen


def _squared_errors(readings: Float, learned_from: Float, phases: Int, shrinkage: float) -> Float:
    weights = forecast_weights(learned_from, phases, phases, shrinkage)
    return (readings - weights @ readings) ** 2
