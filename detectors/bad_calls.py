"""How much bad calls prove, and which of them are one fault."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_NEARLY = 1 - 1e-9  # a sum of weights must not miss a whole number by its last bit


def chance_of_bad_calls(bad: Float, total: Float, target: float, weight: float = 1.0) -> Float:
    """
    Return the probability of so many bad calls, or more, at an exactly even spend.

    Parameters
    ----------
    bad, total : ndarray of float64
        Calls.
    target : float
        Share of calls that must be good, in (0, 1).
    weight : float, default=1
        Calls that one logged call stands for.

    Returns
    -------
    ndarray of float64
        ``P(Poisson(total * (1 - target)) >= bad)``; 1 without a bad call.

    References
    ----------
    The regularised incomplete gamma function P(k, m) is that tail (Abramowitz and Stegun
    26.4.21), and goes on smoothly between whole numbers.
    """
    expected = total * (1 - target) / weight
    seen = np.maximum(bad, 0.0) / weight
    tail = gammainc(np.where(seen > 0, seen, 1.0), expected)
    return np.where(seen > 0, tail, 1.0).astype(np.float64)


@dataclass(frozen=True, eq=False)
class Counted:
    """
    Calls in a rolling span at every judged moment, shape (n_moments,) each.

    Parameters
    ----------
    bad, total : ndarray of float64
    bad_buckets, buckets : ndarray of float64
        Of the span's buckets those with a bad call, and those with any.
    covered : ndarray of float64
        Share of the span for which there are logs, in [0, 1].
    """

    bad: Float
    total: Float
    bad_buckets: Float
    buckets: Float
    covered: Float

    def all_bad(self) -> Counted:
        """Return what an outage would look like in the same calls."""
        return replace(self, bad=self.total, bad_buckets=self.buckets)

    def but_first(self) -> Counted:
        """Leave the first moment out."""
        return Counted(*(getattr(self, f.name)[1:] for f in fields(self)))


@dataclass(frozen=True, slots=True)
class Proof:
    """
    What it takes for bad calls to be more than an even spend gives by chance.

    Parameters
    ----------
    chance : float
        Largest probability of so many bad calls at an even spend, in (0, 1].
    least_bad : int, default=1
        Logged calls that must be bad, whatever their probability.
    at_once : int, default=1
        Fewer bad calls than this prove nothing while they lie in one bucket: a client that
        tries again fails several times, and that is one failure.
    """

    chance: float
    least_bad: int = 1
    at_once: int = 1

    def holds(self, calls: Counted, target: float, weight: float = 1.0) -> Bool:
        """
        Return where the bad calls are proof.

        Parameters
        ----------
        calls : Counted
        target : float
            Share of calls that must be good, in (0, 1).
        weight : float, default=1
            Calls that one logged call stands for.
        """
        logged = calls.bad / (weight * _NEARLY)
        spread = (calls.bad_buckets > 1) | (logged >= self.at_once)
        rare = chance_of_bad_calls(calls.bad, calls.total, target, weight) <= self.chance
        return rare & spread & (logged >= self.least_bad)


def bad_stretch(bad: Float, total: Float, target: float) -> tuple[int, int] | None:
    """
    Find the stretch of buckets that is most likely the fault.

    Parameters
    ----------
    bad, total : ndarray of float64, shape (n_buckets,)
    target : float
        Share of calls that must be good, in (0, 1).

    Returns
    -------
    (int, int) or None
        Half-open range of buckets that begins and ends with a bad call; None without one.

    References
    ----------
    The scan statistic: the segment with the largest log likelihood ratio of its own share of
    bad calls against ``1 - target`` (Kulldorff 1997, in one dimension), by two rounds of the
    maximal scoring segment (Karlin and Altschul 1990).
    """
    if not bad.any():
        return None
    usual = 1 - target
    share = max(0.5, (1 + usual) / 2)
    opening, closing = 0, len(bad)
    for _ in range(2):
        gain = bad * np.log(share / usual) + (total - bad) * np.log((1 - share) / target)
        sums = np.concatenate(([0.0], np.cumsum(gain)))
        lowest = np.minimum.accumulate(sums)
        closing = int(np.argmax(sums - lowest))
        opening = int(np.argmin(sums[: closing + 1]))
        if opening == closing:
            return None
        share = float(bad[opening:closing].sum() / total[opening:closing].sum())
        share = min(max(share, usual + (1 - usual) * 0.01), 1 - 1e-6)
    hits = np.flatnonzero(bad[opening:closing] > 0)
    return (opening + int(hits[0]), opening + int(hits[-1]) + 1) if len(hits) else None
