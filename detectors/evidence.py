"""Whether two samples can be compared at all, and the finding that says why not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from domain.finding import Finding, Value, Verdict
from domain.profile import ColumnRole, Profile


def unjudged(
    detector: str,
    why: str,
    *,
    column: str,
    kind: ColumnRole,
    n_reference: int,
    n_current: int,
    **values: Value,
) -> Finding:
    """Return the inconclusive finding whose sentence is ``finding.<detector>.<why>``."""
    return Finding(
        column=column,
        kind=kind,
        detector=detector,
        verdict=Verdict.INCONCLUSIVE,
        reason=f"finding.{detector}.{why}",
        n_reference=n_reference,
        n_current=n_current,
        values=values,
    )


def deciding_line(statistic: float, *lines: float, drifted: bool) -> float:
    """
    Return the line that a reading drifts from on: the highest of those it must reach.

    Parameters
    ----------
    statistic : float
    *lines : float
        Where the effect is large enough, and where it is certain enough.
    drifted : bool
        By the effect and the p-value themselves. Where a line was reckoned back from a p-value,
        its last digits may say otherwise: then it gives way.

    Returns
    -------
    float
        At most `statistic` where that drifted, above it elsewhere.
    """
    line = max(lines)
    if drifted:
        return min(line, statistic)
    return line if line > statistic else float(np.nextafter(statistic, np.inf))


NOT_REACHED = 100.0
"""Percentage points: the line where no number of rows is certain."""


def first_certain(chance: Callable[[int], float], near: int, far: int, alpha: float) -> int | None:
    """
    Return the number of rows nearest to `near` that is certain, by bisection.

    Parameters
    ----------
    chance : callable
        p-value of a number of rows; falls from `near` to `far`.
    near, far : int
        The numbers to look between, in either order.
    alpha : float

    Returns
    -------
    int or None
        None where even `far` has ``p >= alpha``.
    """
    if chance(far) >= alpha:
        return None
    if chance(near) < alpha:
        return near
    while abs(far - near) > 1:
        middle = (near + far) // 2
        near, far = (near, middle) if chance(middle) < alpha else (middle, far)
    return far


def lack_of_rows(n_reference: int, n_current: int, min_rows: int) -> str | None:
    """Return ``empty`` or ``too_small`` where a side has no or too few rows, else None."""
    if min(n_reference, n_current) == 0:
        return "empty"
    return "too_small" if min(n_reference, n_current) < min_rows else None


def lack_of_values(reference: Profile, current: Profile, min_rows: int) -> str | None:
    """Return why two profiles cannot be compared (``all_missing`` comes on top), else None."""
    lack = lack_of_rows(reference.n, current.n, min_rows)
    if lack is None and min(reference.present, current.present) == 0:
        return "all_missing"
    return lack
