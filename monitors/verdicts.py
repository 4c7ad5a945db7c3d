"""Which of a run's findings are about columns, and which of them matters most."""

from __future__ import annotations

from collections.abc import Sequence

from domain.finding import Finding
from domain.profile import Profile
from domain.run import Run
from domain.standing import SERVICE, badness


def deciding(run: Run) -> list[Finding]:
    """Return the findings of a run that decide; the readings beside them are left out."""
    return [finding for finding in run.findings if finding.decides]


def column_findings(run: Run) -> list[Finding]:
    """Return the deciding findings about columns, without those about calls and performance."""
    return [f for f in deciding(run) if f.detector not in SERVICE]


def service_findings(run: Run) -> list[Finding]:
    """Return the deciding findings about calls and performance."""
    return [f for f in deciding(run) if f.detector in SERVICE]


def worst_by_column(run: Run) -> list[Finding]:
    """Return the deciding finding that matters most of each column, worst columns first."""
    worst: dict[str, Finding] = {}
    for finding in sorted(column_findings(run), key=badness):
        worst.setdefault(finding.column, finding)
    return list(worst.values())


def telling(findings: Sequence[Finding]) -> Finding | None:
    """Return the deciding finding that matters most, of one column; None without any finding."""
    return min([f for f in findings if f.decides] or findings, key=badness, default=None)


def unkept(findings: Sequence[Finding], current: Profile | None) -> bool:
    """
    Return whether a column was compared by a version that did not keep what it counted.

    Parameters
    ----------
    findings : sequence of Finding
        Of the column.
    current : Profile or None
        What was kept of the window's rows.
    """
    return current is None and any(finding.n_reference for finding in findings)


def visible_shift(findings: Sequence[Finding]) -> float | None:
    """Return the smallest shift that would be seen; None: blind or not calibrated."""
    for finding in findings:
        shift = finding.values.get("visible_shift")
        if isinstance(shift, int | float):
            return float(shift)
    return None
