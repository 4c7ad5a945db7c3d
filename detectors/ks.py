"""Two-sample Kolmogorov-Smirnov test, exact with ties and quick on millions of values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import comb, exp, gcd, log, sqrt

import numpy as np
from scipy.special import kolmogi, kolmogorov

from detectors.evidence import deciding_line, lack_of_rows, unjudged
from domain.finding import Finding, Verdict
from domain.profile import ColumnRole, Float, Int, SortedColumn

NAME = "ks"
_COARSE = 2048
_PARTS = 4
_AT_ONCE = 4096
_EXACT_CELLS = 1_000_000
# one row of sums makes a number at most a million times as large
_LARGE = 1e200
_NEAR = 0.005


@dataclass(frozen=True, slots=True)
class Gap:
    """
    The largest distance of two distribution functions.

    Parameters
    ----------
    size : float
        In [0, 1]: the KS statistic D.
    at : float
        The smallest value of either side at which it is that large.
    higher : bool
        Whether the current values lie higher there.
    """

    size: float
    at: float
    higher: bool

    @property
    def direction(self) -> str:
        """Where the current values lie there: ``higher`` or ``lower``."""
        return "higher" if self.higher else "lower"

    def or_larger(self, other: Gap) -> Gap:
        """Return the larger gap; of equal ones that at the smaller value."""
        return min(self, other, key=lambda gap: (-gap.size, gap.at, not gap.higher))


def largest_gap(reference: SortedColumn, current: SortedColumn) -> Gap:
    """
    Find the two-sample KS statistic and its place by branch and bound.

    Both distribution functions are evaluated at some 2,000 order statistics of the side with fewer
    distinct values. Between two of them both stay between their values at the two ends, which
    bounds the gap there; only stretches whose bound reaches the best gap so far are cut further.
    What remains is what looking at every value gives: the same gap, of equal ones at the smallest
    value. Ties are exact, because a value counts with all its rows.

    Parameters
    ----------
    reference, current : SortedColumn
        At least one finite value each.
    """
    swapped = reference.n_distinct > current.n_distinct
    few, many = (current, reference) if swapped else (reference, current)
    ahead, behind = _leads(few, many)
    # A lead of the many begins at their last value below the place where it was found.
    began = int(np.searchsorted(many.ordered, few.ordered[behind.place])) - 1
    at = many.ordered[began] if began >= 0 else few.ordered[behind.place]
    # Where the few's distribution function is ahead, its values lie lower there.
    of_few = Gap(ahead.size, float(few.ordered[ahead.place]), higher=not swapped)
    return of_few.or_larger(Gap(behind.size, float(at), higher=swapped))


@dataclass(frozen=True, slots=True)
class _Lead:
    """The largest lead of one distribution function so far, and its place in ``few.ordered``."""

    size: float
    place: int

    def or_better(self, sizes: Float, places: Int) -> _Lead:
        """Return the larger lead; of two equal ones that at the smaller value."""
        i = int(sizes.argmax())
        size, place = float(sizes.flat[i]), int(places.flat[i])
        if size > self.size or (size == self.size and place < self.place):
            return _Lead(size, place)
        return self


def _leads(few: SortedColumn, many: SortedColumn) -> tuple[_Lead, _Lead]:
    """Return the largest lead of `few` over `many`, and of `many` over `few`."""
    last = len(few.ordered) - 1
    coarse = np.linspace(0, last, min(_COARSE, last + 1)).astype(np.int64)
    ahead, behind = _Lead(-np.inf, 0), _Lead(-np.inf, 0)
    pending = [(coarse[None, :], np.full(1, np.inf))]
    while pending:
        places, bounds = pending.pop()
        places = places[bounds >= max(ahead.size, behind.size)]
        if not len(places):
            continue
        shares = _Shares.at(few, many, places)
        ahead = ahead.or_better(shares.few_upto - shares.many_upto, places)
        behind = behind.or_better(shares.many_below - shares.few_below, places)
        pending += _cut(places, shares.bounds())
    return ahead, behind


@dataclass(frozen=True, slots=True)
class _Shares:
    """Shares of both sides' rows below and up to some values of `few`, shape (n, n_places)."""

    few_below: Float
    few_upto: Float
    many_below: Float
    many_upto: Float

    @classmethod
    def at(cls, few: SortedColumn, many: SortedColumn, places: Int) -> _Shares:
        points = few.ordered[places]
        return cls(
            few.rows_below(points) / few.present,
            few.rows_upto(points) / few.present,
            many.rows_below(points) / many.present,
            many.rows_upto(points) / many.present,
        )

    def bounds(self) -> Float:
        """Return what no gap strictly between two neighbouring places can exceed."""
        ahead = self.few_below[:, 1:] - self.many_upto[:, :-1]
        behind = self.many_below[:, 1:] - self.few_upto[:, :-1]
        return np.maximum(ahead, behind)


def _cut(places: Int, bounds: Float) -> list[tuple[Int, Float]]:
    """Cut stretches between neighbouring places that have places inside, some thousand at once."""
    left, right = places[:, :-1].ravel(), places[:, 1:].ravel()
    inside = np.flatnonzero(right - left > 1)
    left, length, bounds = left[inside], (right - left)[inside], bounds.ravel()[inside]
    cut = left[:, None] + length[:, None] * np.arange(_PARTS + 1) // _PARTS
    return [(cut[i : i + _AT_ONCE], bounds[i : i + _AT_ONCE]) for i in range(0, len(cut), _AT_ONCE)]


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
        `threshold` is the D from which on both hold. `values`: ``p_method`` (``exact`` or
        ``asymptotic``), ``effect`` (the threshold as given), ``direction`` (``higher`` or
        ``lower``), ``at`` (the value of the largest gap), ``infinite`` (rows set aside).
    """
    limits = Limits(alpha, threshold, min_rows)
    samples = Samples(
        column=reference.column,
        kind=kind,
        n=(reference.n, current.n),
        present=(reference.present, current.present),
        infinite=(reference.infinite, current.infinite),
    )
    constant = reference.n_distinct == 1 and np.array_equal(reference.values, current.values)
    lack = samples.lack(limits, constant=constant)
    if lack is not None:
        return samples.unjudged(lack, limits)
    return samples.judged(largest_gap(reference, current), limits)


@dataclass(frozen=True, slots=True)
class Limits:
    """
    What counts as drift; see `detect`.

    Parameters
    ----------
    alpha, threshold : float
    min_rows : int
    """

    alpha: float
    threshold: float = 0.1
    min_rows: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """
    What a finding says of two samples besides their gap: first the reference, then the current.

    Parameters
    ----------
    column : str
    kind : ColumnRole
    n, present, infinite : tuple of (int, int)
        All rows, those with a finite value, and those that hold -inf or +inf.
    """

    column: str
    kind: ColumnRole
    n: tuple[int, int]
    present: tuple[int, int]
    infinite: tuple[int, int]

    def lack(self, limits: Limits, *, constant: bool) -> str | None:
        """Return why they cannot be compared, else None; `constant`: one value on both sides."""
        if min(self.n) == 0:
            return "empty"
        for present, infinite in zip(self.present, self.infinite, strict=True):
            if present == 0:
                return "infinite" if infinite else "all_missing"
        return "constant" if constant else lack_of_rows(*self.present, limits.min_rows)

    def unjudged(self, why: str, limits: Limits) -> Finding:
        """Say that they cannot be compared."""
        return unjudged(
            NAME,
            why,
            column=self.column,
            kind=self.kind,
            n_reference=self.n[0],
            n_current=self.n[1],
            min_rows=limits.min_rows,
            infinite=sum(self.infinite),
        )

    def drifts(self, size: float, limits: Limits) -> bool:
        """Return whether a gap of that size is a drift."""
        return significance(size, *self.present)[0] < limits.alpha and size >= limits.threshold

    def judged(self, gap: Gap, limits: Limits) -> Finding:
        """Say what their largest gap says."""
        p_value, p_method = significance(gap.size, *self.present)
        drifted = p_value < limits.alpha and gap.size >= limits.threshold
        if sum(self.infinite) and not drifted:
            return self.unjudged("infinite", limits)
        certain = certain_gap(*self.present, limits.alpha, limits.threshold)
        return Finding(
            column=self.column,
            kind=self.kind,
            detector=NAME,
            verdict=Verdict.DRIFTED if drifted else Verdict.OK,
            reason=f"finding.ks.drifted.{gap.direction}" if drifted else "finding.ks.ok",
            statistic=gap.size,
            p_value=p_value,
            threshold=deciding_line(gap.size, limits.threshold, certain, drifted=drifted),
            n_reference=self.n[0],
            n_current=self.n[1],
            values={
                "p_method": p_method,
                "effect": limits.threshold,
                "direction": gap.direction,
                "at": gap.at,
                "infinite": sum(self.infinite),
            },
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


@lru_cache(maxsize=4096)
def certain_gap(n: int, m: int, alpha: float, least: float) -> float:
    """
    Return the gap from which on samples of these sizes differ with ``p < alpha``.

    Parameters
    ----------
    n, m : int
        Values on both sides, at least 1.
    alpha : float
        In (0, 1).
    least : float
        Smaller gaps are not asked for, in [0, 1].

    Returns
    -------
    float
        At least `least`; by the asymptotic distribution to the last digit, by the exact one at
        most half a percent too large.
    """
    root = sqrt(n * m / (n + m))
    asymptotic = float(kolmogi(alpha)) / (root + 0.12 + 0.11 / root)
    if n * m > _EXACT_CELLS:
        return max(asymptotic, least)
    if significance(least, n, m)[0] < alpha:
        return least
    low, high = least, max(asymptotic, least) * 1.02
    while high < 1.0 and significance(high, n, m)[0] >= alpha:
        low, high = high, high * 1.02
    while high - low > high * _NEAR:
        middle = max((low + high) / 2, high * 0.98)
        low, high = (low, middle) if significance(middle, n, m)[0] < alpha else (middle, high)
    return min(high, 1.0)


def _share_inside(d: float, n: int, m: int) -> float:
    """Return the share of lattice paths from (0, 0) to (n, m) whose gap stays below `d`."""
    n, m = sorted((n, m))
    common = gcd(n, m)
    step_n, step_m = n // common, m // common
    # |i/n - j/m| < d in whole numbers, so that a gap equal to d is counted as such.
    limit = round(d * step_n * m)
    places, diagonal = np.arange(m + 1) * step_n, np.arange(n + 1) * step_m
    # both bounds only grow, so that what was left behind is never read again
    bounds = np.searchsorted(places, (diagonal - limit + 1, diagonal + limit))
    row, log_scale, top = np.zeros(m + 1), 0.0, 1.0
    row[0] = 1.0
    for first, last in zip(*bounds.tolist(), strict=True):
        inside = row[first:last]
        np.cumsum(inside, out=inside)
        top = float(inside[-1]) if last > first else 0.0
        if top == 0.0:
            return 0.0
        if top > _LARGE:
            inside /= top
            log_scale, top = log_scale + log(top), 1.0
    return exp(log_scale + log(top) - _log_choose(n + m, n))


def _log_choose(total: int, part: int) -> float:
    """Return ln of the binomial coefficient, exact to the last digit: Python counts in integers."""
    count = comb(total, part)
    shift = max(count.bit_length() - 1000, 0)
    return log(count >> shift) + shift * log(2.0)
