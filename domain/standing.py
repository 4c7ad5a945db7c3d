"""How a column stands: in one word, and against other columns. Pages, reports and alerts agree."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Final

from domain.finding import Finding, Verdict

# detectors that judge the service and not a column
SERVICE: Final = ("traffic", "silence", "performance")
# hard rules: a column is there or it is not, and no multiple of that says more
_UNMEASURED: Final = (*SERVICE, "completeness")
_WORST_FIRST: Final = (Verdict.DRIFTED, Verdict.BLIND, Verdict.INCONCLUSIVE, Verdict.OK)


class ColumnState(StrEnum):
    """
    What is said of a column in one word; the loud ones first.

    A column that is gone, of another type, emptier or full of new values is as loud as one
    whose shape drifted.
    """

    GONE = "gone"
    CHANGED_TYPE = "changed-type"
    EMPTIER = "emptier"
    NEW_VALUES = "new-values"
    DRIFTED = "drifted"
    FAILED = "failed"
    BLIND = "blind"
    UNJUDGED = "unjudged"
    OK = "ok"

    @property
    def is_alarm(self) -> bool:
        """Whether the column was judged to have moved."""
        return self in _ALARMS


_ALARMS: Final = frozenset(
    {
        ColumnState.GONE,
        ColumnState.CHANGED_TYPE,
        ColumnState.EMPTIER,
        ColumnState.NEW_VALUES,
        ColumnState.DRIFTED,
    }
)
_KINDS: Final = (
    ("finding.completeness.changed_type", ColumnState.CHANGED_TYPE),
    ("finding.completeness", ColumnState.GONE),
    ("finding.forecast.drifted.missing", ColumnState.EMPTIER),
    ("finding.missing.drifted.more", ColumnState.EMPTIER),
    ("finding.forecast.drifted.unseen", ColumnState.NEW_VALUES),
)


def state_of(finding: Finding | None) -> ColumnState:
    """Return the word for a column, by the finding that matters most."""
    if finding is None:
        return ColumnState.UNJUDGED
    if finding.verdict is Verdict.DRIFTED:
        kinds = (state for key, state in _KINDS if finding.reason.startswith(key))
        return next(kinds, ColumnState.DRIFTED)
    if finding.reason == "finding.failed":
        return ColumnState.FAILED
    return {
        Verdict.BLIND: ColumnState.BLIND,
        Verdict.INCONCLUSIVE: ColumnState.UNJUDGED,
        Verdict.OK: ColumnState.OK,
    }[finding.verdict]


def rank(verdict: Verdict) -> int:
    """Return where columns of this verdict stand; 0 comes first."""
    return _WORST_FIRST.index(verdict)


def multiple(finding: Finding) -> float | None:
    """Return the reading as a multiple of its own line; None where either is missing."""
    # calls alarm when they fall below their line, so a multiple of it would read the wrong way
    if finding.statistic is None or not finding.threshold or finding.detector in _UNMEASURED:
        return None
    return finding.statistic / finding.threshold


def farness(finding: Finding) -> float:
    """
    Return how far a column is beyond its line, to compare it with others.

    Returns
    -------
    float
        The multiple; infinite for the alarm of a hard rule: nothing is further than gone.
    """
    times = multiple(finding)
    if times is None and finding.verdict is Verdict.DRIFTED:
        return math.inf
    return times or 0.0


def badness(finding: Finding) -> tuple[int, int, bool, float, str]:
    """
    Return the key by which columns are sorted, and the findings of one column: the worst first.

    By verdict, then severity, then how far beyond its line, then name.
    """
    severity = finding.severity.rank if finding.severity is not None else 0
    # among the quiet ones, that which has a line says more than that it is there
    unmeasured = finding.verdict is not Verdict.DRIFTED and multiple(finding) is None
    return (rank(finding.verdict), -severity, unmeasured, -farness(finding), finding.column)
