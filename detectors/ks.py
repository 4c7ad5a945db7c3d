"""Two-sample Kolmogorov-Smirnov test, exact with ties and quick on millions of values."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, gcd, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import kolmogorov

from detectors.evidence import lack_of_rows, unjudged
from domain.finding import Finding, Verdict
from domain.profile import ColumnRole, Float, Int, SortedColumn

NAME = "ks"
_COARSE = 2048
_EXACT_CELLS = 1_000_000


@dataclass(frozen=True, slots=True)
class Gap:
    """
    The largest distance of two distribution functions.

    Parameters
    ----------
    size : float
        In [0, 1]: the KS statistic D.
    at : float
        The value at (or just below) which it is that large.
    higher : bool
        Whether the current values lie higher there.
    """

    size: float
    at: float
    higher: bool


def largest_gap(reference: SortedColumn, current: SortedColumn) -> Gap:
    """
    Find the two-sample KS statistic and its place by branch and bound.

    Both distribution functions are evaluated at some 2,000 values of the side with fewer distinct
    ones; only stretches between two of them whose bound exceeds the best gap so far are looked
    at value by value. Every distinct value of the other side is accounted for by its counts
    below (`left`) and up to (`right`) a value, so ties are exact.

    Parameters
    ----------
    reference, current : SortedColumn
        At least one value each.
    """
    swapped = len(reference.values) > len(current.values)
    few, many = (current, reference) if swapped else (reference, current)
    cumulative_few = np.concatenate(([0], np.cumsum(few.counts)))
    cumulative_many = np.concatenate(([0], np.cumsum(many.counts)))
    search = _Search(few.values, many.values, cumulative_few, cumulative_many)
    indices = np.arange(len(few.values))
    if len(indices) > 2 * _COARSE:
        coarse = np.unique(np.linspace(0, len(indices) - 1, _COARSE).astype(np.int64))
        indices = np.concatenate((coarse, search.undecided(coarse)))
    few_ahead, few_at, many_ahead, many_at = search.best(indices)
    # Where the few's distribution function is ahead, its values lie lower there.
    few_lower = few_ahead >= many_ahead
    size, at = (few_ahead, few_at) if few_lower else (many_ahead, many_at)
    return Gap(size, at, higher=few_lower != swapped)


@dataclass(frozen=True, slots=True)
class _Search:
    """The two distribution functions, looked up at the values of `few`."""

    few: Float
    many: Float
    cumulative_few: Int
    cumulative_many: Int

    def _shares(self, indices: NDArray[np.int64]) -> tuple[Float, Float, Float, Float]:
        """Shares below and up to each chosen value: of `few`, then of `many`."""
        points = self.few[indices]
        n, m = self.cumulative_few[-1], self.cumulative_many[-1]
        left = self.cumulative_many[np.searchsorted(self.many, points, side="left")]
        right = self.cumulative_many[np.searchsorted(self.many, points, side="right")]
        return (
            self.cumulative_few[indices] / n,
            self.cumulative_few[indices + 1] / n,
            left / m,
            right / m,
        )

    def best(self, indices: NDArray[np.int64]) -> tuple[float, float, float, float]:
        """Return the largest lead of `few` and its place, then the largest lead of `many`."""
        few_below, few_upto, many_below, many_upto = self._shares(indices)
        few_lead, many_lead = few_upto - many_upto, many_below - few_below
        i, j = int(few_lead.argmax()), int(many_lead.argmax())
        return (
            max(float(few_lead[i]), 0.0),
            float(self.few[indices[i]]),
            max(float(many_lead[j]), 0.0),
            float(self.few[indices[j]]),
        )

    def undecided(self, coarse: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the values between coarse ones where a gap larger than the best may hide."""
        few_below, few_upto, many_below, many_upto = self._shares(coarse)
        best = max(float((few_upto - many_upto).max()), float((many_below - few_below).max()))
        # Between two coarse values both functions stay between their values at the two ends.
        few_bound = few_below[1:] - many_upto[:-1]
        many_bound = many_below[1:] - few_upto[:-1]
        starts = np.flatnonzero(np.maximum(few_bound, many_bound) > best)
        inside = [np.arange(coarse[s] + 1, coarse[s + 1]) for s in starts]
        return np.concatenate(inside) if inside else np.empty(0, dtype=np.int64)


def detect(
    reference: SortedColumn,
    current: SortedColumn,
    *,
    kind: ColumnRole,
    alpha: float,
    threshold: float = 0.1,
    min_rows: int = 30,
) -> Finding:
    """
    Compare two samples by the largest distance D of their distribution functions.

    Drifted when ``p < alpha`` and ``D >= threshold``. Missing values are not compared here (the
    missing share has a test of its own). Infinite values are set aside: what the finite ones show
    still counts, but without a drift in them the answer is inconclusive.

    Parameters
    ----------
    reference, current : SortedColumn
    kind : ColumnRole
    alpha : float
        Significance level, in (0, 1).
    threshold : float, default=0.1
        Smallest D that counts as drift, in [0, 1].
    min_rows : int, default=30
        With fewer finite values on either side the finding is inconclusive.

    Returns
    -------
    Finding
        `values`: ``p_method`` (``exact`` or ``asymptotic``), ``direction`` (``higher`` or
        ``lower``), ``at`` (the value of the largest gap), ``infinite`` (rows set aside).
    """
    infinite = reference.infinite + current.infinite
    lack = _lack(reference, current, min_rows)
    if lack is not None:
        return _unjudged(reference, current, kind, lack, min_rows)
    gap = largest_gap(reference, current)
    p_value, p_method = significance(gap.size, reference.present, current.present)
    drifted = p_value < alpha and gap.size >= threshold
    if infinite and not drifted:
        return _unjudged(reference, current, kind, "infinite", min_rows)
    direction = "higher" if gap.higher else "lower"
    return Finding(
        column=reference.column,
        kind=kind,
        detector=NAME,
        verdict=Verdict.DRIFTED if drifted else Verdict.OK,
        reason=f"finding.ks.drifted.{direction}" if drifted else "finding.ks.ok",
        statistic=gap.size,
        p_value=p_value,
        threshold=threshold,
        n_reference=reference.n,
        n_current=current.n,
        values={
            "p_method": p_method,
            "direction": direction,
            "at": gap.at,
            "infinite": infinite,
        },
    )


def _lack(reference: SortedColumn, current: SortedColumn, min_rows: int) -> str | None:
    """Return why the two samples cannot be compared, else None."""
    if min(reference.n, current.n) == 0:
        return "empty"
    for side in (reference, current):
        if side.present == 0:
            return "infinite" if side.infinite else "all_missing"
    if len(reference.values) == 1 and np.array_equal(reference.values, current.values):
        return "constant"
    return lack_of_rows(reference.present, current.present, min_rows)


def _unjudged(
    reference: SortedColumn, current: SortedColumn, kind: ColumnRole, why: str, min_rows: int
) -> Finding:
    return unjudged(
        NAME,
        why,
        column=reference.column,
        kind=kind,
        n_reference=reference.n,
        n_current=current.n,
        min_rows=min_rows,
        infinite=reference.infinite + current.infinite,
    )


def significance(d: float, n: int, m: int) -> tuple[float, str]:
    """
    Return the p-value of the two-sample statistic and the name of the method.

    Parameters
    ----------
    d : float
        In [0, 1].
    n, m : int
        Values on both sides, at least 1.

    Returns
    -------
    tuple of (float, str)
        ``exact`` where ``n * m`` is at most a million: the share of all orderings of the two
        samples with a gap at least as large (Hodges 1957). Else ``asymptotic``: Kolmogorov's
        distribution at the effective size ``nm / (n + m)`` with the correction of Stephens
        (1970). Both are exact or conservative with ties.
    """
    if n * m <= _EXACT_CELLS:
        p_value = 1.0 - _share_inside(d, n, m)
        if p_value > 1e-9:  # below, the subtraction has lost its digits
            return min(p_value, 1.0), "exact"
    root = sqrt(n * m / (n + m))
    return float(kolmogorov((root + 0.12 + 0.11 / root) * d)), "asymptotic"


def _share_inside(d: float, n: int, m: int) -> float:
    """Return the share of lattice paths from (0, 0) to (n, m) whose gap stays below `d`."""
    n, m = sorted((n, m))
    common = gcd(n, m)
    step_n, step_m = n // common, m // common
    # |i/n - j/m| < d in whole numbers, so that a gap equal to d is counted as such.
    limit = round(d * step_n * m)
    places = np.arange(m + 1) * step_n
    row, log_scale = np.zeros(m + 1), 0.0
    row[0] = 1.0
    for i in range(n + 1):
        first, last = np.searchsorted(places, (i * step_m - limit + 1, i * step_m + limit))
        row[:first] = row[last:] = 0.0
        row[first:last] = np.cumsum(row[first:last])
        top = row[last - 1] if last > first else 0.0
        if top == 0.0:
            return 0.0
        row /= top
        log_scale += float(np.log(top))
    return float(np.exp(log_scale - _log_choose(n + m, n)))


def _log_choose(total: int, part: int) -> float:
    """Return ln of the binomial coefficient, exact to the last digit: Python counts in integers."""
    count = comb(total, part)
    shift = max(count.bit_length() - 1000, 0)
    return float(np.log(float(count >> shift))) + shift * float(np.log(2.0))
