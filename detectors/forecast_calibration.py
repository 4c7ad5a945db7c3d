"""Calibrate the forecast detector: all columns' forecasts and the tail of their errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import polygamma

from detectors.forecast_column import ColumnForecast, Distances, learn
from detectors.forecast_readings import MIN_ROWS, memory_spread, remember
from detectors.forecast_weights import one_sided
from detectors.tail import Tail, chi_square_surprise, normal_surprise
from domain.errors import NothingToJudgeError
from domain.finding import Calibration
from domain.profile import Float, Int, ProfileSeries

MEMORY = 20
READINGS = ("shape", "shape_sustained", "missing", "unseen")
FULL_FROM, WEAK_FROM = 21, 12


def level_of(n_windows: int) -> Calibration:
    """
    Return how well `n_windows` baseline windows can calibrate.

    From 21 the verdict may alert, from 12 it is weakly calibrated, below it is not calibrated
    (with 13 windows the false alarms at the same line were three times as many).
    """
    if n_windows >= FULL_FROM:
        return Calibration.FULL
    return Calibration.WEAK if n_windows >= WEAK_FROM else Calibration.NONE


@dataclass(frozen=True, eq=False)
class Spread:
    """
    How much wider than sampling the missing or unseen shares of all columns move.

    Moderated variances (Smyth 2004): each column's own mean square is pulled towards that of all
    columns by as much as the columns agree.

    Parameters
    ----------
    usual : float
        Mean square error over sampling variance that columns have in common.
    prior : float
        Degrees of freedom that it is worth.
    own : float
        Degrees of freedom of one column's own mean square.
    """

    usual: float
    prior: float
    own: float

    @classmethod
    def learn(cls, mean_squares: Float, n_windows: int) -> Spread:
        """Learn from the mean squares of all columns, shape (n_columns,)."""
        own = max((n_windows - 1) / 2, 3.0)
        logs = np.log(np.maximum(mean_squares, 0.2))
        variance = float(logs.var(ddof=1)) if len(logs) > 2 else 4.0
        excess = variance - float(polygamma(1, own / 2))
        return cls(float(np.exp(logs.mean())), float(np.clip(2 / max(excess, 0.05), 0.5, 20)), own)

    def of(self, mean_squares: Float) -> Float:
        """Return moderated dispersions, never below 1: shares never vary less than sampling."""
        pulled = self.prior * self.usual + self.own * mean_squares
        return np.maximum(pulled / (self.prior + self.own), 1.0)


@dataclass(frozen=True, eq=False)
class Standardised:
    """
    Distances of several columns on common scales.

    Parameters
    ----------
    shape : ndarray of float64, shape (n_columns, ..., T)
    shares : ndarray of float64, shape (n_columns, ..., T, 2)
        Missing and unseen in units of their usual error; unseen is NaN for quantile cells.
    """

    shape: Float
    shares: Float


@dataclass(frozen=True, eq=False)
class ForecastCalibration:
    """
    Everything a judgement needs of a baseline.

    Parameters
    ----------
    columns : mapping of str to ColumnForecast
    phases : ndarray of int64, shape (K,), or None
        Weekdays of the baseline.
    n_windows : int
        Baseline windows that have enough rows.
    memory : int
        Windows that the baseline's memories and `effective_columns` were computed with.
    baseline : Standardised
        The baseline's own honest errors, shape (n_columns, K).
    dispersion : mapping of str to ndarray of float64, shape (2,)
        Of each column, for missing and unseen.
    tails : mapping of str to Tail or None
        By reading, pooled over all columns.
    effective_columns : float
        Number of independent columns that raise as many alarms by chance (Nyholt 2004).
    """

    columns: Mapping[str, ColumnForecast]
    phases: Int | None
    n_windows: int
    memory: int
    baseline: Standardised
    dispersion: Mapping[str, Float]
    tails: Mapping[str, Tail | None]
    effective_columns: float

    @property
    def level(self) -> Calibration:
        """How well it is calibrated."""
        return level_of(self.n_windows)

    def usual_shape(self, column: str) -> float:
        """Return the median of the column's own log distances in the baseline; 0 without shape."""
        row = self.baseline.shape[list(self.columns).index(column)]
        return float(np.nanmedian(row)) if np.isfinite(row).any() else 0.0


def calibrate(
    columns: Sequence[ProfileSeries], phases: Int | None, *, memory: int = MEMORY
) -> ForecastCalibration:
    """
    Learn from K baseline windows how far columns stray from their forecasts by themselves.

    Parameters
    ----------
    columns : sequence of ProfileSeries
        Of different names, over the same K windows. Windows with fewer than 30 rows teach nothing.
    phases : ndarray of int64, shape (K,), or None
        Weekday (0 to 6) of each window; None where windows are not days.
    memory : int, default=20
        Windows that sustained readings look back over.

    Raises
    ------
    NothingToJudgeError
        With no column, or fewer than 12 windows of at least 30 rows.
    """
    k = max((int((c.counts.sum(axis=1) >= MIN_ROWS).sum()) for c in columns), default=0)
    if level_of(k) is Calibration.NONE:
        raise NothingToJudgeError(
            f"the baseline has {k} windows with at least {MIN_ROWS} rows; 12 are needed to "
            "calibrate and 21 to alert: take a longer baseline or shorter windows"
        )
    sides = one_sided(len(columns[0].counts))
    learned = [learn(series, phases, sides) for series in columns]
    forecasts = {forecast.column: forecast for forecast, _ in learned}
    baseline, dispersion = _standardise_baseline(learned, sides, k)
    tails = learn_tails(baseline, memory)
    degrees = degrees_of([forecast for forecast, _ in learned])
    scores = total(surprises(tails, baseline, degrees, memory))
    return ForecastCalibration(
        columns=forecasts,
        phases=phases,
        n_windows=k,
        memory=memory,
        baseline=baseline,
        dispersion=dict(zip(forecasts, dispersion, strict=True)),
        tails=tails,
        effective_columns=effective_number(scores),
    )


def _standardise_baseline(
    learned: Sequence[tuple[ColumnForecast, Distances]], sides: Float, n_windows: int
) -> tuple[Standardised, Float]:
    """Return the baseline on common scales, and each column's dispersions, (n_columns, 2)."""
    shape = np.stack([distances.shape for _, distances in learned])
    shares = np.stack([distances.shares for _, distances in learned])
    shares[~np.array([forecast.sees_unseen for forecast, _ in learned]), :, 1] = np.nan
    noise = np.stack([distances.noise for _, distances in learned])
    usual_noise = np.array([[forecast.noise] for forecast, _ in learned])
    squares = shares**2 / usual_noise[..., None]
    dispersion = np.ones((len(learned), 2))
    for i in range(2):
        seen = np.isfinite(squares[:, :, i]).any(axis=1)
        if not seen.any():
            continue
        own = _mean(squares[seen, :, i], np.ones((1, len(sides))))
        spread = Spread.learn(own[:, 0], n_windows)
        dispersion[seen, i] = spread.of(own[:, 0])
        # In units of what the other windows of the same side say, as for the shape.
        honest = spread.of(_mean(squares[seen, :, i], sides))
        shares[seen, :, i] /= np.sqrt(share_variance(honest, usual_noise[seen], noise[seen]))
    return Standardised(shape, shares), dispersion


def share_variance(dispersion: Float, usual_noise: Float | float, noise: Float) -> Float:
    """
    Return the variance of the forecast error of a share in windows of any size.

    What goes beyond sampling does not shrink with the window. Sampling counts at least as in the
    baseline's windows: the error of the baseline's mean stays in every window after it, so that
    ten times as many rows would make it look like a lasting rise.

    Parameters
    ----------
    dispersion : ndarray of float64
        Variance in the baseline over `usual_noise`, at least 1.
    usual_noise : float or ndarray of float64
        Mean sampling variance of the baseline's windows.
    noise : ndarray of float64
        Sampling variance of each window.
    """
    return (dispersion - 1) * usual_noise + np.maximum(noise, usual_noise)


def _mean(values: Float, weights: Float) -> Float:
    """Return means over the finite windows by weights (T, K), shape (n_columns, T); 0 of none."""
    finite = np.isfinite(values)
    summed = np.where(finite, values, 0.0) @ weights.T
    return summed / np.maximum(finite @ weights.T, 1)


def learn_tails(baseline: Standardised, memory: int) -> dict[str, Tail | None]:
    """Pool every reading of all columns and baseline windows and learn its tail."""
    pooled = readings_of(baseline, memory)
    return {name: Tail.fit(pooled[i][np.isfinite(pooled[i])]) for i, name in enumerate(READINGS)}


def readings_of(distances: Standardised, memory: int) -> Float:
    """Return the four readings, shape (4, n_columns, ..., T); NaN where there is none."""
    shape = distances.shape
    sustained = np.where(np.isnan(shape), np.nan, remember(shape, memory))
    shares = np.moveaxis(distances.shares, -1, 0)
    # One-sided: fewer missing or unseen values than forecast are no fault.
    rising = np.where(np.isnan(shares), np.nan, np.maximum(remember(shares, memory), 0.0))
    return np.stack((shape, sustained, rising[0], rising[1]))


def degrees_of(columns: Sequence[ColumnForecast]) -> Float:
    """Return the number of groups of each column, shape (n_columns,)."""
    return np.array([float(column.reader.n_groups) for column in columns])


def surprises(
    tails: Mapping[str, Tail | None], distances: Standardised, groups: Float, memory: int
) -> Float:
    """
    Return -log10 of the chance of each reading, shape (4, n_columns, ..., T).

    No reading is more surprising than the ideal says: chi-square for the shape, normal for the
    memories of missing and unseen.

    Parameters
    ----------
    tails : mapping of str to Tail or None
    distances : Standardised
    groups : ndarray of float64, shape (n_columns,)
    memory : int
    """
    readings = readings_of(distances, memory)
    learned = np.stack(
        [
            np.full_like(reading, np.nan) if tail is None else tail.surprise(reading)
            for reading, tail in zip(readings, map(tails.get, READINGS), strict=True)
        ]
    )
    b = groups.reshape(-1, *[1] * (readings.ndim - 2))
    squared = b * np.exp(np.minimum(readings[0], 300.0))
    learned[0] = np.minimum(learned[0], chi_square_surprise(squared, np.maximum(b - 1, 1)))
    learned[2:] = np.minimum(learned[2:], normal_surprise(readings[2:] / memory_spread(memory)))
    return learned


def total(surprise: Float) -> Float:
    """Return the largest surprise, less the price of having looked at several; NaN of none."""
    seen = np.isfinite(surprise)
    count = seen.sum(axis=0)
    most = np.where(seen, surprise, -np.inf).max(axis=0)
    return np.where(count > 0, most - np.log10(np.maximum(count, 1)), np.nan)


def effective_number(scores: Float) -> float:
    """
    Return the effective number of independent columns, in [1, n_columns] (Nyholt 2004).

    Parameters
    ----------
    scores : ndarray of float64, shape (n_columns, K)
        NaN counts as the column's mean.
    """
    n_columns = len(scores)
    if n_columns == 1:
        return 1.0
    finite = np.isfinite(scores)
    mean = np.where(finite, scores, 0).sum(axis=1) / np.maximum(finite.sum(axis=1), 1)
    centred = np.where(finite, scores - mean[:, None], 0.0)
    length = np.sqrt((centred**2).sum(axis=1))
    unit = centred / np.where(length > 0, length, 1.0)[:, None]
    correlation = unit @ unit.T
    np.fill_diagonal(correlation, 1.0)
    spectrum = np.clip(np.linalg.eigvalsh(correlation), 0, None)
    return float(1 + (n_columns - 1) * (1 - spectrum.var(ddof=1) / n_columns))
