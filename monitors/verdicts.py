"""Which of a run's findings are about columns, and which of them matters most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from domain.finding import Finding, Verdict
from domain.run import Run

# detectors that judge the service and not a column
_SERVICE: Final = ("traffic", "silence", "performance")
# hard rules: a column is there or it is not, and no multiple of that says more
_UNMEASURED: Final = (*_SERVICE, "completeness")
_WORST_FIRST: Final = (Verdict.DRIFTED, Verdict.BLIND, Verdict.INCONCLUSIVE, Verdict.OK)


def deciding(run: Run) -> list[Finding]:
    """Return the findings of a run that decide; the readings beside them are left out."""
    return [finding for finding in run.findings if finding.decides]


def column_findings(run: Run) -> list[Finding]:
    """Return the deciding findings about columns, without those about calls and performance."""
    return [f for f in deciding(run) if f.detector not in _SERVICE]


def service_findings(run: Run) -> list[Finding]:
    """Return the deciding findings about calls and performance."""
    return [f for f in deciding(run) if f.detector in _SERVICE]


def worst_by_column(run: Run) -> list[Finding]:
    """Return the deciding finding that matters most of each column, worst columns first."""
    worst: dict[str, Finding] = {}
    for finding in sorted(column_findings(run), key=_badness):
        worst.setdefault(finding.column, finding)
    return list(worst.values())


def telling(findings: Sequence[Finding]) -> Finding | None:
    """Return the deciding finding that matters most, of one column; None without any finding."""
    return min([f for f in findings if f.decides] or findings, key=_badness, default=None)


def visible_shift(findings: Sequence[Finding]) -> float | None:
    """Return the smallest shift that would be seen; None: blind or not calibrated."""
    for finding in findings:
        shift = finding.values.get("visible_shift")
        if isinstance(shift, int | float):
            return float(shift)
    return None


def rank(verdict: Verdict) -> int:
    """Return where columns of this verdict stand; 0 comes first."""
    return _WORST_FIRST.index(verdict)


def multiple(finding: Finding) -> float | None:
    """Return the reading as a multiple of its own line; None where either is missing."""
    # calls alarm when they fall below their line, so a multiple of it would read the wrong way
    if finding.statistic is None or not finding.threshold or finding.detector in _UNMEASURED:
        return None
    return finding.statistic / finding.threshold


def _badness(finding: Finding) -> tuple[int, bool, float]:
    return (
        rank(finding.verdict),
        # among the quiet ones, that which has a line says more than that it is there
        finding.threshold is None,
        -(multiple(finding) or 0.0),
    )
