"""Population stability index over the reference's quantile bins, judged by its sample sizes."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc, chdtri

from detectors.evidence import deciding_line, lack_of_values, unjudged
from detectors.grid import bins_of_places
from domain.finding import Finding, Verdict
from domain.profile import ColumnRole, Float, Profile

NAME = "psi"
EMPTY_CELL = 0.5


def population_stability_index(reference: Float, current: Float) -> float:
    """
    Compute the population stability index of two histograms over the same bins.

    ``sum (q - p) ln(q / p)`` of the shares; 0.5 is added to every count of both samples (the
    Jeffreys prior), so that an empty bin costs a finite amount that shrinks with the sample.

    Parameters
    ----------
    reference, current : ndarray of float64, shape (n_bins,)
        Counts.

    Returns
    -------
    float
        In nats, >= 0.

    Examples
    --------
    >>> round(population_stability_index(np.array([5e6, 5e6]), np.array([6e6, 4e6])), 4)
    0.0405
    """
    p = (reference + EMPTY_CELL) / (reference + EMPTY_CELL).sum()
    q = (current + EMPTY_CELL) / (current + EMPTY_CELL).sum()
    return float(((q - p) * np.log(q / p)).sum())


def detect(
    reference: Profile,
    current: Profile,
    *,
    kind: ColumnRole,
    alpha: float,
    threshold: float = 0.1,
    n_bins: int = 10,
    min_rows: int = 50,
) -> Finding:
    """
    Compare two profiles by PSI, less the part that sampling alone gives.

    Drifted when ``PSI - (B - 1)(1/n + 1/m) >= threshold`` and ``p < alpha``, where
    ``PSI / (1/n + 1/m)`` is chi-square with ``B - 1`` degrees of freedom when nothing moved
    (Yurdakul & Naranjo 2020). The finding's `threshold` is the sum of both parts, so that its
    `statistic`, the raw PSI, is compared with it directly.

    Parameters
    ----------
    reference, current : Profile
        Over the same grid.
    kind : ColumnRole
    alpha : float
        Significance level, in (0, 1).
    threshold : float, default=0.1
        Smallest PSI beyond sampling that counts as drift, in nats.
    n_bins : int, default=10
        Bins of about equal reference mass. `missing` and `unseen` come on top as bins of their
        own; bins that are empty in both samples are left out.
    min_rows : int, default=50
        With fewer rows on either side the finding is inconclusive.

    Returns
    -------
    Finding
        `values`: ``psi``, ``sampling`` (both in nats), ``excess`` (their difference), ``n_bins``
        (bins in use), ``effect`` (the threshold as given), ``certain`` (where p is alpha).
    """
    lack = lack_of_values(reference, current, min_rows)
    p_bins, q_bins = _in_bins(reference, current, n_bins)
    if lack is None and len(p_bins) < 2:
        lack = "constant"
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
    per_row = 1 / reference.n + 1 / current.n
    psi, sampling = population_stability_index(p_bins, q_bins), (len(p_bins) - 1) * per_row
    p_value = float(chdtrc(len(p_bins) - 1, psi / per_row))
    drifted = psi - sampling >= threshold and p_value < alpha
    certain = float(chdtri(len(p_bins) - 1, alpha)) * per_row
    return Finding(
        column=reference.column,
        kind=kind,
        detector=NAME,
        verdict=Verdict.DRIFTED if drifted else Verdict.OK,
        reason=f"finding.psi.{'drifted' if drifted else 'ok'}",
        statistic=psi,
        p_value=p_value,
        threshold=deciding_line(psi, threshold + sampling, certain, drifted=drifted),
        n_reference=reference.n,
        n_current=current.n,
        values={
            "psi": psi,
            "sampling": sampling,
            "excess": psi - sampling,
            "n_bins": len(p_bins),
            "effect": threshold,
            "certain": certain,
        },
    )


def _in_bins(reference: Profile, current: Profile, n_bins: int) -> tuple[Float, Float]:
    """Merge cells to bins, append missing and unseen, leave out what is empty on both sides."""
    bins = bins_of_places(reference, n_bins)
    sides = np.stack([np.bincount(bins, weights=side.counts) for side in (reference, current)])
    p, q = sides[:, sides.any(axis=0)]
    return p, q
