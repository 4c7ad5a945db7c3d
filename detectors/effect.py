"""How far a change of one column would move the mean score, without calling the model."""

from __future__ import annotations

import numpy as np

from domain.profile import Float, Profile


def expected_score_change(reference: Profile, current: Profile, mean_score: Float) -> float:
    """
    Estimate the change of the mean score that the change of one column's shares brings.

    ``| sum_b (q_b - p_b) E_ref[score | b] |``: every row of a cell is taken to score what the
    reference's rows of that cell scored on average. A ranking of columns, not an attribution: it
    knows nothing of other columns that move along.

    Parameters
    ----------
    reference, current : Profile
        Over the same grid.
    mean_score : ndarray of float64, shape (n_cells + 2,)
        The reference's mean score in each cell, then of missing, then of unseen. NaN where it had
        no rows: such rows are taken to score the reference's overall mean.

    Returns
    -------
    float
        In the score's unit, >= 0; 0 where a side is empty or no mean is known.
    """
    if min(reference.n, current.n) == 0:
        return 0.0
    known = np.isfinite(mean_score)
    p, q = reference.counts / reference.n, current.counts / current.n
    weight = p[known].sum()
    if weight == 0:
        return 0.0
    overall = float(p[known] @ mean_score[known]) / float(weight)
    return abs(float((q - p) @ np.where(known, mean_score, overall)))
