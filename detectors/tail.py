"""How surprising a reading is: learned tails of pooled readings, and the ideal ones that cap them.

A surprise is ``-log10`` of a tail probability: 3 is what happens once in a thousand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, log_ndtr

from domain.profile import Float

_TAIL_SHARE = 0.1
_MIN_TAIL = 10
_USUAL_SHAPE = 0.1
_LARGEST_SHAPE = 0.4
_SHAPE_WEIGHT = 60.0
_SMALLEST = 1e-300


@dataclass(frozen=True, eq=False)
class Tail:
    """
    What readings look like: empirical, generalised Pareto beyond their 90th percentile.

    Parameters
    ----------
    ordered : ndarray of float64, shape (n,)
        The readings, sorted.
    start : float
        Where the Pareto tail begins.
    scale, shape : float
        Of the tail; `shape` is in [0, 0.4].
    share : float
        Share of the readings beyond `start`.
    """

    ordered: Float
    start: float
    scale: float
    shape: float
    share: float

    @classmethod
    def fit(cls, readings: Float) -> Tail | None:
        """
        Learn the tail; None where there are fewer than two readings.

        The tail is fitted by moments; its shape is shrunk towards 0.1 with weight m / (m + 60),
        where m is the number of readings beyond the 90th percentile (at least ten): few readings
        say next to nothing about a shape.
        """
        ordered = np.sort(readings)
        n = len(ordered)
        if n < 2:
            return None
        m = min(max(_MIN_TAIL, int(n * _TAIL_SHARE)), n - 1)
        start = float(ordered[-m - 1])
        beyond = ordered[-m:] - start
        mean = max(float(beyond.mean()), 1e-6)
        by_moments = 0.5 * (1 - mean**2 / max(float(beyond.var()), 1e-12))
        weight = m / (m + _SHAPE_WEIGHT)
        shape = weight * by_moments + (1 - weight) * _USUAL_SHAPE
        shape = float(np.clip(shape, 0.0, _LARGEST_SHAPE))
        return cls(ordered, start, mean * (1 - shape), shape, m / n)

    def surprise(self, reading: Float) -> Float:
        """Return -log10 of the probability of such a reading or a larger one; NaN stays NaN."""
        n = len(self.ordered)
        beyond = np.maximum(reading - self.start, 0) / self.scale
        small = self.shape <= 1e-6  # the limit of a vanishing shape is exponential
        decay = beyond if small else np.log1p(self.shape * beyond) / self.shape
        larger = n - np.searchsorted(self.ordered, reading)
        inside = -np.log10(np.minimum((larger + 0.5) / (n + 1), 1.0))
        outside = decay / np.log(10) - np.log10(self.share)
        return np.where(np.isnan(reading), np.nan, np.where(reading > self.start, outside, inside))


def chi_square_surprise(value: Float, degrees: Float) -> Float:
    """Return -log10 of the chi-square tail probability; both arguments broadcast."""
    return -np.log10(np.maximum(chdtrc(degrees, value), _SMALLEST))


def normal_surprise(value: Float) -> Float:
    """Return -log10 of the upper tail probability of the standard normal distribution."""
    return -np.asarray(log_ndtr(-value)) / np.log(10)
