"""What a finding or an objective is a sign of, and how much it matters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from alerts.policy import AlertPolicy
from domain.finding import Calibration, Finding, Severity
from domain.incident import Cause
from domain.slo import SLOResult, SLOState

_CAUSE_OF_DETECTOR: Final = {
    "traffic": Cause.TRAFFIC,
    "silence": Cause.TRAFFIC,
    "performance": Cause.PERFORMANCE,
    "completeness": Cause.MISSING,
    "missing": Cause.MISSING,
}
# hard rules without a calibrated tail: nothing about them is weakly known
_CERTAIN_DETECTORS: Final = frozenset({"completeness", "silence"})
_CERTAIN_REASONS: Final = frozenset({"finding.traffic.lost"})
_COLUMNS: Final = frozenset({Cause.DRIFT, Cause.MISSING})
_MORE_MISSING: Final = "finding.forecast.drifted.missing"
_FEWER_MISSING: Final = "finding.missing.drifted.less"

SEVERITY_OF_STATE: Final = {
    SLOState.BURNING_PAGE: Severity.CRITICAL,
    SLOState.BURNING_TICKET: Severity.WARNING,
    SLOState.EXHAUSTED: Severity.WARNING,
}


def cause_of(finding: Finding) -> Cause:
    """
    Return what kind of fault a finding is a sign of.

    Parameters
    ----------
    finding : Finding
        Values that go missing are a cause of their own; values that come back are drift.
    """
    if finding.reason == _MORE_MISSING:
        return Cause.MISSING
    if finding.reason == _FEWER_MISSING:
        return Cause.DRIFT
    return _CAUSE_OF_DETECTOR.get(finding.detector, Cause.DRIFT)


def any_calibrated(findings: Iterable[Finding]) -> bool:
    """Return whether some deciding finding about a column is calibrated."""
    return any(
        f.decides and f.calibrated is not Calibration.NONE and cause_of(f) in _COLUMNS
        for f in findings
    )


def severity_of(finding: Finding, policy: AlertPolicy, *, others_calibrated: bool) -> Severity:
    """
    Return how much a drifted finding matters; drift alone never pages.

    Parameters
    ----------
    finding : Finding
        Its verdict is drifted.
    policy : AlertPolicy
    others_calibrated : bool
        `any_calibrated` of the run's findings: beside those an uncalibrated
        one is a reading; where there are none it is all there is, and a warning.

    Returns
    -------
    Severity
        Critical: lost traffic, a column that is gone, all missing or of another type, a realised
        performance drop, drift that is expected to move the mean score by
        ``policy.score_change``. A weakly calibrated statistic is at most a warning.
    """
    if finding.detector in _CERTAIN_DETECTORS or finding.reason in _CERTAIN_REASONS:
        return Severity.CRITICAL
    if finding.calibrated is Calibration.NONE:
        return Severity.INFO if others_calibrated else Severity.WARNING
    if finding.calibrated is Calibration.WEAK:
        return Severity.WARNING
    cause = cause_of(finding)
    if cause in {Cause.TRAFFIC, Cause.PERFORMANCE}:
        return Severity.CRITICAL
    return Severity.CRITICAL if _moves_the_score(finding, policy) else Severity.WARNING


def _moves_the_score(finding: Finding, policy: AlertPolicy) -> bool:
    change = finding.values.get("score_change")
    if policy.score_change is None or not isinstance(change, int | float):
        return False
    return abs(change) >= policy.score_change


def cause_of_objective(result: SLOResult) -> Cause:
    """Return whether an objective is about being slow or about failing."""
    return Cause.AVAILABILITY if result.slo.latency_ms is None else Cause.LATENCY


def subject_of_objective(result: SLOResult) -> str:
    """Return ``latency``, or ``latency@pod-3`` for one replica's calls."""
    if result.replica is None:
        return result.slo.name
    return f"{result.slo.name}@{result.replica}"
