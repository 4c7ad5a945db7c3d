"""Two-sample test of the share of missing values."""

from __future__ import annotations

from math import sqrt

import numpy as np
from scipy.special import gammaln, ndtr

from detectors.evidence import NOT_REACHED, deciding_line, first_certain, lack_of_rows, unjudged
from domain.finding import Finding, Verdict
from domain.profile import ColumnRole, Profile

NAME = "missing"
_EXACT_UP_TO = 1000


def detect(
    reference: Profile,
    current: Profile,
    *,
    kind: ColumnRole,
    alpha: float,
    threshold: float = 2.0,
    min_rows: int = 30,
) -> Finding:
    """
    Compare the shares of missing values on both sides.

    Drifted when ``p < alpha`` and the shares differ by at least `threshold` percentage points, in
    either direction.

    Parameters
    ----------
    reference, current : Profile
    kind : ColumnRole
    alpha : float
        Significance level, in (0, 1).
    threshold : float, default=2.0
        Smallest difference that counts as drift, in percentage points.
    min_rows : int, default=30
        With fewer rows on either side the finding is inconclusive.

    Returns
    -------
    Finding
        `statistic` is the difference in percentage points, without its sign, and `threshold` that
        from which on both hold. `values`: ``effect`` (the threshold as given),
        ``reference_share`` and ``current_share`` in [0, 1], ``p_method`` (``exact``: Fisher;
        ``score``: two proportions with a pooled variance).
    """
    lack = lack_of_rows(reference.n, current.n, min_rows)
    if lack is not None:
        return unjudged(
            NAME,
            lack,
            column=reference.column,
            kind=kind,
            n_reference=reference.n,
            n_current=current.n,
            min_rows=min_rows,
        )
    shares = reference.missing / reference.n, current.missing / current.n
    points = 100 * abs(shares[1] - shares[0])
    p_value, p_method = significance(reference.missing, reference.n, current.missing, current.n)
    drifted = p_value < alpha and points >= threshold
    side = "more" if shares[1] > shares[0] else "less"
    certain = _certain_points(reference, current, alpha, threshold)
    return Finding(
        column=reference.column,
        kind=kind,
        detector=NAME,
        verdict=Verdict.DRIFTED if drifted else Verdict.OK,
        reason=f"finding.missing.drifted.{side}" if drifted else "finding.missing.ok",
        statistic=points,
        p_value=p_value,
        threshold=deciding_line(points, threshold, certain, drifted=drifted),
        n_reference=reference.n,
        n_current=current.n,
        values={
            "reference_share": shares[0],
            "current_share": shares[1],
            "p_method": p_method,
            "effect": threshold,
        },
    )


def _certain_points(reference: Profile, current: Profile, alpha: float, least: float) -> float:
    """
    Return the difference in percentage points from which on it is certain.

    That of the fewest missing rows beyond the reference's share, on the side on which the current
    ones lie, that have ``p < alpha``; 100 where no number of them has.
    """
    x, n, m = reference.missing, reference.n, current.n
    more = current.missing / m >= x / n
    step = least / 100 * m
    near = int(np.ceil(x / n * m + step)) if more else int(np.floor(x / n * m - step))
    far = m if more else 0
    if (near > far) if more else (near < far):
        return NOT_REACHED
    rows = first_certain(lambda y: significance(x, n, y, m)[0], near, far, alpha)
    if rows is None:
        return NOT_REACHED
    return least if rows == near else 100 * abs(rows / m - x / n)


def significance(x: int, n: int, y: int, m: int) -> tuple[float, str]:
    """
    Return the two-sided p-value of two shares ``x / n`` and ``y / m``, and the method's name.

    Fisher's exact test where at most 1,000 rows (or all but 1,000) are missing: the shares that
    the normal approximation gets wrong. Else the score test.
    """
    marked, total = x + y, n + m
    if marked in {0, total}:
        return 1.0, "exact"
    if marked > total / 2:
        x, y, marked = n - x, m - y, total - marked
    if marked > _EXACT_UP_TO:
        pooled = marked / total
        spread = sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        return float(2 * ndtr(-abs(x / n - y / m) / spread)), "score"
    k = np.arange(max(0, marked - m), min(marked, n) + 1, dtype=np.float64)
    log_p = -(gammaln(k + 1) + gammaln(n - k + 1))
    log_p -= gammaln(marked - k + 1) + gammaln(m - marked + k + 1)
    weight = np.exp(log_p - log_p.max())
    # Orderings as likely as the one seen count as extreme; 1e-7 covers rounding, as R does.
    extreme = weight <= weight[x - int(k[0])] * (1 + 1e-7)
    return min(float(weight[extreme].sum() / weight.sum()), 1.0), "exact"
