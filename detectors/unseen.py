"""Share of rows whose category the reference never had, against what sampling alone brings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import ceil, sqrt

import numpy as np
from scipy.special import ndtr

from detectors.evidence import NOT_REACHED, deciding_line, first_certain, lack_of_rows, unjudged
from detectors.missing import significance
from domain.finding import Finding, Verdict
from domain.profile import CategoryCounts, ColumnRole

NAME = "unseen"
_NAMED = 4
_NAME_LENGTH = 24


def detect(
    reference: CategoryCounts,
    current: CategoryCounts,
    *,
    kind: ColumnRole,
    alpha: float,
    threshold: float = 1.0,
    min_rows: int = 30,
) -> Finding:
    """
    Compare the share of new categories with the share that would be new if nothing changed.

    A reference of `n` rows in which `f1` categories occur exactly once misses about ``f1 / n`` of
    its own population's rows (Good 1953; also the share of its rows that are new to all its other
    rows). So a column of many rare values may bring some new ones every day, and one of five
    values none. The p-value is the larger one of Fisher's exact test of the two shares and of the
    normal test with the variance of that estimate, ``(f1 + 2 f2) / n^2`` (Robbins 1968), which
    Fisher's does not know.

    Parameters
    ----------
    reference, current : CategoryCounts
        All categories, not only the most frequent.
    kind : ColumnRole
    alpha : float
        Significance level, in (0, 1).
    threshold : float, default=1.0
        Smallest share beyond the expected one that counts as drift, in percentage points.
    min_rows : int, default=30
        With fewer rows with a value on either side the finding is inconclusive.

    Returns
    -------
    Finding
        `statistic` is the share of rows in new categories less the expected one, in percentage
        points, at least 0, and `threshold` that from which on both hold. `values`: ``effect`` (the
        threshold as given), ``new_share`` and ``expected_share`` in [0, 1],
        ``new_categories`` (how many), ``names`` (of the most frequent ones).
    """
    n, m = int(reference.counts.sum()), int(current.counts.sum())
    lack = lack_of_rows(n, m, min_rows)
    if lack is not None:
        return unjudged(
            NAME,
            lack,
            column=reference.column,
            kind=kind,
            n_reference=n + reference.missing,
            n_current=m + current.missing,
            min_rows=min_rows,
        )
    return _judged(reference, current, kind, alpha, threshold)


def _judged(
    reference: CategoryCounts,
    current: CategoryCounts,
    kind: ColumnRole,
    alpha: float,
    threshold: float,
) -> Finding:
    n, m = int(reference.counts.sum()), int(current.counts.sum())
    known = set(reference.labels)
    fresh = [at for at, label in enumerate(current.labels) if label not in known]
    rows = int(current.counts[fresh].sum())
    single, double = (int((reference.counts == times).sum()) for times in (1, 2))
    points = 100 * max(rows / m - single / n, 0.0)
    chance = partial(_chance, m=m, single=single, double=double, n=n)
    p_value = chance(rows)
    drifted = points >= threshold and p_value < alpha
    certain = _certain_points(chance, single / n, m, alpha, threshold)
    return Finding(
        column=reference.column,
        kind=kind,
        detector=NAME,
        verdict=Verdict.DRIFTED if drifted else Verdict.OK,
        reason=f"finding.unseen.{'drifted' if drifted else 'ok' if fresh else 'none'}",
        statistic=points,
        p_value=p_value,
        threshold=deciding_line(points, threshold, certain, drifted=drifted),
        n_reference=n + reference.missing,
        n_current=m + current.missing,
        values={
            "effect": threshold,
            "new_share": rows / m,
            "expected_share": single / n,
            "new_categories": len(fresh),
            "names": _most_frequent(current, fresh),
        },
    )


def _certain_points(
    chance: Callable[[int], float], expected: float, m: int, alpha: float, least: float
) -> float:
    """Return the percentage points beyond the expected share from which on p is below alpha."""
    near = ceil((least / 100 + expected) * m)
    rows = first_certain(chance, near, m, alpha) if near <= m else None
    return NOT_REACHED if rows is None else 100 * (rows / m - expected)


def _chance(rows: int, *, m: int, single: int, double: int, n: int) -> float:
    """Return the chance of so many rows in new categories: the larger of two tests'."""
    by_normal = _normal(rows / m, m, single, double, n)
    return max(significance(single, n, rows, m)[0], by_normal)


def _normal(share: float, m: int, single: int, double: int, n: int) -> float:
    """Test the difference by its variance; that of Good's estimate is (f1 + 2 f2) / n^2."""
    variance = share / m + (single + 2 * double) / n**2
    return float(2 * ndtr(-abs(share - single / n) / sqrt(variance))) if variance else 1.0


def _most_frequent(current: CategoryCounts, fresh: list[int]) -> str:
    order = np.argsort(-current.counts[fresh], kind="stable")[:_NAMED]
    names = [current.labels[fresh[at]] for at in order]
    cut = [n if len(n) <= _NAME_LENGTH else n[: _NAME_LENGTH - 1] + "…" for n in names]
    return ", ".join(cut) + (", …" if len(fresh) > _NAMED else "")
