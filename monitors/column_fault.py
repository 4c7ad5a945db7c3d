"""A column whose judging failed: named, so that the others are judged and nothing is hidden."""

from __future__ import annotations

import logging

from domain.finding import Finding, Verdict
from domain.profile import ColumnRole

log = logging.getLogger(__name__)

# what arithmetic on unforeseen counts may raise (numpy's LinAlgError is a ValueError)
JUDGING_ERRORS = (ArithmeticError, ValueError)
NAME = "judging"
LONGEST = 200


def explain(error: Exception) -> str:
    """Say what went wrong in one line."""
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def failed(column: str, kind: ColumnRole, why: str, n_reference: int, n_current: int) -> Finding:
    """
    Return the inconclusive finding of a column that could not be judged.

    Parameters
    ----------
    column : str
    kind : ColumnRole
    why : str
        What `explain` says.
    n_reference, n_current : int
        Rows on both sides.
    """
    log.error("column.failed", extra={"column": column})
    return Finding(
        column=column,
        kind=kind,
        detector=NAME,
        verdict=Verdict.INCONCLUSIVE,
        reason="finding.failed",
        n_reference=n_reference,
        n_current=n_current,
        values={"error": why},
    )
