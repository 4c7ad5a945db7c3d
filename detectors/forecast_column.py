"""The forecast of one column: what it learns from the baseline, and how far windows are from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectors.forecast_readings import Mask, Reader, Readings, learn_reader
from detectors.forecast_weights import choose_shrinkage, forecast_weights
from domain.profile import Float, Grid, GridKind, Int, ProfileSeries

_SHRINK = 0.3
_SMALLEST_DISTANCE = 1e-6
_LEAST_EXPECTED = 0.5
_MIN_WINDOWS = 3


@dataclass(frozen=True, eq=False)
class ReadingForecast:
    """
    What the baseline says about one or several readings of a column.

    Parameters
    ----------
    baseline : ndarray of float64, shape (K, n_readings)
    used : ndarray of bool, shape (K,)
        Whether the window may be learned from.
    phases : ndarray of int64, shape (K,), or None
        Weekdays.
    shrinkage : float
        Of the weekday's deviation.
    """

    baseline: Float
    used: Mask
    phases: Int | None
    shrinkage: float

    @classmethod
    def learn(
        cls, baseline: Float, used: Mask, phases: Int | None, learned_from: Float
    ) -> ReadingForecast:
        """Choose whether the weekday counts, by the errors on the baseline."""
        shrinkage = choose_shrinkage(baseline, learned_from, phases)
        return cls(baseline, used, phases, shrinkage)

    def errors(self, readings: Float, phases: Int | None) -> Float:
        """Return what is left of later readings after their forecast, shape (T, n_readings)."""
        learned_from = np.broadcast_to(
            self.used.astype(np.float64), (len(readings), len(self.used))
        )
        weights = forecast_weights(learned_from, self.phases, phases, self.shrinkage)
        return readings - weights @ self.baseline

    def baseline_errors(self, learned_from: Float) -> Float:
        """Return the baseline's own errors, forecast from the chosen windows only, (K, …)."""
        weights = forecast_weights(learned_from, self.phases, self.phases, self.shrinkage)
        return self.baseline - weights @ self.baseline


@dataclass(frozen=True, eq=False)
class ShapeDistance:
    """
    Distance of a shape from its forecast in units of the forecast's own errors.

    Parameters
    ----------
    precision : ndarray of float64, shape (n_groups, n_groups)
        Inverse covariance of forecast errors: directions in which the column moves by itself
        count little.
    noise : float
        Mean sampling variance of the baseline's windows.
    sampled : float
        Share of the expected distance that is sampling, in [0, 1].
    """

    precision: Float
    noise: float
    sampled: float

    @classmethod
    def learn(cls, errors: Float, noise: Float) -> ShapeDistance:
        """Learn the covariance from the errors and sampling variances of some windows."""
        mean_noise = float(noise.mean())
        natural = errors.T @ errors / len(errors)
        precision = np.linalg.inv(_shrunk(natural, mean_noise)).astype(np.float64)
        expected = max(float((precision * natural).sum()), 1e-12)
        sampled = min(mean_noise * float(np.trace(precision)) / expected, 1.0)
        return cls(precision, mean_noise, sampled)

    def of(self, errors: Float, noise: Float) -> Float:
        """Return the log distances of errors of shape (T, n_groups), each at its own noise."""
        squared = ((errors @ self.precision) * errors).sum(axis=1)
        return _log_distance(squared, errors.shape[1], noise / self.noise, self.sampled)

    def in_baseline(self, errors: Float, noise: Float, learned_from: Float) -> Float:
        """
        Return the log distances of the baseline's own errors.

        Each window's covariance leaves out what its forecast left out. NaN where fewer than three
        windows are left to learn a covariance from.
        """
        n_groups = errors.shape[1]
        count = learned_from.sum(axis=1)
        mean = learned_from / np.maximum(count, 1)[:, None]
        products = errors[:, :, None] * errors[:, None, :]
        # Not matmul: BLAS starts threads for this size, which cost ten times the CPU.
        natural = np.einsum("ts,sij->tij", mean, products)
        others = np.where(count > 0, mean @ noise, self.noise)
        solved = np.linalg.solve(_shrunk(natural, others), errors[:, :, None])[:, :, 0]
        squared = (solved * errors).sum(axis=1)
        distance = _log_distance(squared, n_groups, noise / others, self.sampled)
        return np.where(count >= _MIN_WINDOWS, distance, np.nan)


def _shrunk(natural: Float, noise: Float | float) -> Float:
    """Shrink covariances (…, B, B) to 30 % towards pure, if need be inflated, sampling noise."""
    n_groups = natural.shape[-1]
    trace = np.trace(natural, axis1=-2, axis2=-1)
    level = np.maximum(trace / n_groups, noise)
    return (1 - _SHRINK) * natural + _SHRINK * level[..., None, None] * np.eye(n_groups)


def _log_distance(squared: Float, n_groups: int, size_ratio: Float, sampled: float) -> Float:
    # A window with fewer rows than the baseline's is further off by sampling alone: of the
    # expected distance tr(S^-1 (natural + noise)), only the part of the noise goes with 1/n.
    # One with more rows is trusted at most twice as far: the error of the baseline's mean stays
    # in every later window, and would look like a lasting drift.
    expected = np.maximum(1 + (size_ratio - 1) * sampled, _LEAST_EXPECTED)
    return np.log(np.maximum(squared / n_groups / expected, _SMALLEST_DISTANCE))


@dataclass(frozen=True, eq=False)
class Distances:
    """
    How far one column's windows are from their forecasts, before anything is remembered.

    Parameters
    ----------
    shape : ndarray of float64, shape (T,)
        Log of the whitened squared distance per direction; NaN where there is no shape.
    shares : ndarray of float64, shape (T, 2)
        Errors of missing and unseen; NaN where rows are too few.
    noise : ndarray of float64, shape (T,)
        Sampling variance of `shares`.
    rows : ndarray of int64, shape (T,)
    """

    shape: Float
    shares: Float
    noise: Float
    rows: Int


@dataclass(frozen=True, eq=False)
class ColumnForecast:
    """
    What the baseline says about one column.

    Parameters
    ----------
    column : str
    grid : Grid
    reader : Reader
    shape : tuple of (ReadingForecast, ShapeDistance) or None
        None where fewer than two groups, or too few windows, hold rows.
    shares : tuple of ReadingForecast
        Missing, unseen.
    noise : float
        Mean sampling variance of missing and unseen in the baseline's windows.
    n_reference : int
        Rows of the baseline.
    """

    column: str
    grid: Grid
    reader: Reader
    shape: tuple[ReadingForecast, ShapeDistance] | None
    shares: tuple[ReadingForecast, ReadingForecast]
    noise: float
    n_reference: int

    @property
    def sees_unseen(self) -> bool:
        """Whether a value can be unseen: quantile cells are open at both ends."""
        return self.grid.kind is not GridKind.QUANTILES

    def distances(self, counts: Int | Float, phases: Int | None) -> Distances:
        """Judge windows outside the baseline; `counts`: (T, n_cells + 2), whole or replayed."""
        readings = self.reader.read(counts)
        shape = np.full(len(counts), np.nan)
        if self.shape is not None:
            forecast, distance = self.shape
            errors = forecast.errors(readings.shape, phases)
            shape = np.where(readings.has_shape, distance.of(errors, readings.shape_noise), np.nan)
        errors = np.hstack(
            [f.errors(readings.shares[:, [i]], phases) for i, f in enumerate(self.shares)]
        )
        shares = np.where(readings.usable[:, None], errors, np.nan)
        return Distances(shape, shares, readings.noise, readings.rows)


def learn(
    series: ProfileSeries, phases: Int | None, sides: Float
) -> tuple[ColumnForecast, Distances]:
    """
    Learn one column's forecast, and how wrong it was on the baseline when made honestly.

    Parameters
    ----------
    series : ProfileSeries
        The K baseline windows.
    phases : ndarray of int64, shape (K,), or None
    sides : ndarray of float64, shape (K, K)
        Which windows each may be forecast from.
    """
    reader, readings = learn_reader(series.grid, series.counts, sides)
    shape, distance = _learn_shape(readings, phases, sides)
    learned_from = _learned_from(sides, readings.usable)
    judged = learned_from.sum(axis=1) > 0
    shares = [
        ReadingForecast.learn(readings.shares[:, [i]], readings.usable, phases, learned_from)
        for i in range(2)
    ]
    errors = np.hstack([forecast.baseline_errors(learned_from) for forecast in shares])
    errors = np.where(judged[:, None], errors, np.nan)
    column = ColumnForecast(
        series.column,
        series.grid,
        reader,
        shape,
        (shares[0], shares[1]),
        float(readings.noise[readings.usable].mean()) if readings.usable.any() else 1.0,
        int(readings.rows.sum()),
    )
    return column, Distances(distance, errors, readings.noise, readings.rows)


def _learn_shape(
    readings: Readings, phases: Int | None, sides: Float
) -> tuple[tuple[ReadingForecast, ShapeDistance] | None, Float]:
    learned_from = _learned_from(sides, readings.has_shape)
    judged = learned_from.sum(axis=1) > 0
    if judged.sum() <= _MIN_WINDOWS:
        return None, np.full(len(sides), np.nan)
    forecast = ReadingForecast.learn(readings.shape, readings.has_shape, phases, learned_from)
    errors = np.where(judged[:, None], forecast.baseline_errors(learned_from), 0.0)
    distance = ShapeDistance.learn(errors[judged], readings.shape_noise[judged])
    honest = distance.in_baseline(errors, readings.shape_noise, learned_from * judged)
    return (forecast, distance), np.where(judged, honest, np.nan)


def _learned_from(sides: Float, used: Mask) -> Float:
    """Keep the windows that hold something, as what is forecast and as what it is learned from."""
    return np.where(used[None] & used[:, None], sides, 0.0)
