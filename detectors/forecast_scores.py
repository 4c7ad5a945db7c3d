"""Judge windows against a calibrated forecast: a score per column and window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.forecast_calibration import (
    MEMORY,
    READINGS,
    ForecastCalibration,
    Standardised,
    degrees_of,
    learn_tails,
    share_variance,
    surprises,
    total,
)
from detectors.forecast_column import ColumnForecast, Distances
from domain.errors import NothingToJudgeError, UnknownNameError, UsageError
from domain.profile import Float, Int, ProfileSeries


@dataclass(frozen=True, eq=False)
class ForecastScores:
    """
    How far columns are from their forecasts in T windows.

    Parameters
    ----------
    columns : tuple of str
    score : ndarray of float64, shape (n_columns, T)
        -log10 of the chance of the most surprising reading, priced for having looked at several.
        NaN where a window has fewer than 30 rows.
    reading : ndarray of str, shape (n_columns, T)
        ``shape``, ``shape_sustained``, ``missing`` or ``unseen``: the one that the score is of.
    movement : ndarray of float64, shape (n_columns, T)
        Distance of this window alone from its forecast, in multiples of the column's usual one.
    rows : ndarray of int64, shape (n_columns, T)
    """

    columns: tuple[str, ...]
    score: Float
    reading: NDArray[np.str_]
    movement: Float
    rows: Int


def judge(
    calibration: ForecastCalibration,
    series: Sequence[ProfileSeries],
    phases: Int | None,
    *,
    memory: int = MEMORY,
) -> ForecastScores:
    """
    Score consecutive windows, each by itself and the `memory` - 1 windows before it.

    A window's score does not depend on windows before those, so it is the same whether it is
    judged alone (with them in front) or in a long series.

    Parameters
    ----------
    calibration : ForecastCalibration
    series : sequence of ProfileSeries
        Calibrated columns, in any order, over the same T windows and the calibrated grids.
    phases : ndarray of int64, shape (T,), or None
        Weekdays, as for the calibration.
    memory : int, default=20
        Windows that sustained readings look back over, here and in the baseline that they are
        compared with.

    Raises
    ------
    UnknownNameError
        If a column was not calibrated.
    UsageError
        If a column is counted over another grid than in the baseline.
    NothingToJudgeError
        If there is no column.
    """
    columns = [_calibrated(calibration, one) for one in series]
    if not columns:
        raise NothingToJudgeError("no column to judge; give at least one column's profiles")
    distances = [
        column.distances(one.counts, phases) for column, one in zip(columns, series, strict=True)
    ]
    tails = calibration.tails
    if memory != calibration.memory:
        tails = learn_tails(calibration.baseline, memory)
    standard = standardise(calibration, columns, distances)
    surprise = surprises(tails, standard, degrees_of(columns), memory)
    most = np.where(np.isfinite(surprise), surprise, -np.inf).argmax(axis=0)
    return ForecastScores(
        columns=tuple(column.column for column in columns),
        score=total(surprise),
        reading=np.array(READINGS)[most],
        movement=_movement(calibration, columns, standard),
        rows=np.stack([one.rows for one in distances]),
    )


def movement(
    calibration: ForecastCalibration, series: Sequence[ProfileSeries], phases: Int | None = None
) -> Float:
    """
    Return how far each window is from its forecast, in multiples of the column's usual distance.

    The same distances that the score ranks: of the shape over the median of the column's own in
    the baseline, and of the missing and unseen shares, where they rise, over their usual error;
    the largest of the three.

    Parameters
    ----------
    calibration : ForecastCalibration
    series : sequence of ProfileSeries
    phases : ndarray of int64, shape (T,), or None

    Returns
    -------
    ndarray of float64, shape (n_columns, T)
        1 is usual; NaN where a window has fewer than 30 rows.
    """
    return judge(calibration, series, phases, memory=calibration.memory).movement


def standardise(
    calibration: ForecastCalibration,
    columns: Sequence[ColumnForecast],
    distances: Sequence[Distances],
) -> Standardised:
    """Put distances of columns on the scales of the calibration."""
    variances = [
        share_variance(calibration.dispersion[column.column], column.noise, one.noise[:, None])
        for column, one in zip(columns, distances, strict=True)
    ]
    shares = np.stack([one.shares for one in distances]) / np.sqrt(np.stack(variances))
    shares[~np.array([column.sees_unseen for column in columns]), ..., 1] = np.nan
    return Standardised(np.stack([one.shape for one in distances]), shares)


def _movement(
    calibration: ForecastCalibration, columns: Sequence[ColumnForecast], standard: Standardised
) -> Float:
    usual = np.array([calibration.usual_shape(column.column) for column in columns])
    shape = np.exp((standard.shape - usual[:, None]) / 2)
    each = np.concatenate((shape[..., None], np.maximum(standard.shares, 0)), axis=-1)
    seen = np.isfinite(each)
    largest = np.where(seen, each, 0.0).max(axis=-1)
    return np.where(seen.any(axis=-1), largest, np.nan)


def _calibrated(calibration: ForecastCalibration, series: ProfileSeries) -> ColumnForecast:
    forecast = calibration.columns.get(series.column)
    if forecast is None:
        raise UnknownNameError.nearest("calibrated column", series.column, calibration.columns)
    if forecast.grid is not series.grid and forecast.grid.fingerprint != series.grid.fingerprint:
        raise UsageError(
            f"column {series.column!r} is counted over another grid than in its baseline "
            f"({series.grid.fingerprint} instead of {forecast.grid.fingerprint}); count it again"
        )
    return forecast
