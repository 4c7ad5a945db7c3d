"""Two-sample chi-square test of category shares."""

from __future__ import annotations

from math import sqrt

import numpy as np
from scipy.special import chdtrc, chdtri

from detectors.evidence import deciding_line, lack_of_values, unjudged
from detectors.grid import cells_and_unseen
from domain.finding import Finding, Verdict
from domain.profile import ColumnRole, Float, Profile

NAME = "chi2"
MIN_EXPECTED = 5.0


def detect(
    reference: Profile,
    current: Profile,
    *,
    kind: ColumnRole,
    alpha: float,
    threshold: float = 0.1,
    min_rows: int = 30,
) -> Finding:
    """
    Compare the shares of the categories (and of unseen ones) on both sides.

    Both samples are counted as samples: the reference's shares are not taken as exact. Categories
    expected fewer than five times on either side are merged into one; if that one is still
    expected fewer than five times, it joins the rarest that is kept (Cochran 1954).

    Drifted when ``p < alpha`` and Cramér's V, less what sampling alone gives, is at least
    `threshold`. V is that of two equally large samples, ``V^2 = sum (p - q)^2 / (p + q) / 2``,
    so that a long reference does not make a shift look small.

    Parameters
    ----------
    reference, current : Profile
        Over the same grid. Missing values are left to the missing-share test.
    kind : ColumnRole
    alpha : float
        Significance level, in (0, 1).
    threshold : float, default=0.1
        Smallest Cramér's V beyond sampling that counts as drift, in [0, 1].
    min_rows : int, default=30
        With fewer rows with a value on either side the finding is inconclusive.

    Returns
    -------
    Finding
        `statistic` is V; its `threshold` is ``sqrt(threshold^2 + (B - 1)(1/n + 1/m) / 4)``.
        `values`: ``chi2``, ``df``, ``effect`` (the threshold as given).
    """
    lack = lack_of_values(reference, current, min_rows)
    if lack is None and min(reference.present, current.present) < min_rows:
        lack = "too_small"
    table = _table(reference, current)
    if lack is None and table.shape[1] < 2:
        lack = "constant"
    if lack is None:
        table = merge_rare(table)
        lack = "rare" if table.shape[1] < 2 else None
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
    return _judged(table, reference, current, kind, alpha, threshold)


def _judged(
    table: Float,
    reference: Profile,
    current: Profile,
    kind: ColumnRole,
    alpha: float,
    threshold: float,
) -> Finding:
    totals = table.sum(axis=1)
    expected = expected_counts(table)
    chi2 = float(((table - expected) ** 2 / expected).sum())
    degrees = table.shape[1] - 1
    p_value = float(chdtrc(degrees, chi2))
    p, q = table / totals[:, None]
    v = sqrt(float(((p - q) ** 2 / (p + q)).sum()) / 2)
    line = sqrt(threshold**2 + degrees * float((1 / totals).sum()) / 4)
    drifted = p_value < alpha and v >= line
    # V and chi-square grow together, each with the square root and the square of the difference
    certain = v * sqrt(float(chdtri(degrees, alpha)) / chi2) if chi2 else 0.0
    return Finding(
        column=reference.column,
        kind=kind,
        detector=NAME,
        verdict=Verdict.DRIFTED if drifted else Verdict.OK,
        reason=f"finding.chi2.{'drifted' if drifted else 'ok'}",
        statistic=v,
        p_value=p_value,
        threshold=deciding_line(v, line, certain, drifted=drifted),
        n_reference=reference.n,
        n_current=current.n,
        values={"chi2": chi2, "df": degrees, "effect": threshold},
    )


def _table(reference: Profile, current: Profile) -> Float:
    """Return the counts of cells and unseen; what is empty on both sides is left out."""
    table = cells_and_unseen(reference, current).astype(np.float64)
    return table[:, table.any(axis=0)]


def expected_counts(table: Float) -> Float:
    """Return what both samples would count if they had the same shares, shape (2, n_cells)."""
    return table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()


def merge_rare(table: Float) -> Float:
    """Merge the cells whose expected count is below five on either side."""
    rare = expected_counts(table).min(axis=0) < MIN_EXPECTED
    if not rare.any():
        return table
    kept, rest = table[:, ~rare], table[:, rare].sum(axis=1, keepdims=True)
    merged = np.hstack((kept, rest))
    if kept.shape[1] == 0 or expected_counts(merged)[:, -1].min() >= MIN_EXPECTED:
        return merged
    kept[:, int(kept.sum(axis=0).argmin())] += rest[:, 0]
    return kept
