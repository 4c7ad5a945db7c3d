"""What one run says to the alert desk: its alarms, and what it could not judge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from alerts.policy import AlertPolicy
from alerts.severity import (
    SEVERITY_OF_STATE,
    any_calibrated,
    cause_of,
    cause_of_objective,
    severity_of,
    subject_of_objective,
)
from domain.finding import Finding, Severity, Value, Verdict
from domain.incident import Cause
from domain.located import KEPT
from domain.profile import ColumnRole
from domain.run import Run, RunStatus
from domain.slo import SLOResult, SLOState
from domain.standing import farness
from domain.window import Window, parse_time

Key = tuple[Cause, str]

_OF_COLUMNS = frozenset({Cause.DRIFT, Cause.MISSING})
_OUTPUTS = frozenset({ColumnRole.PREDICTION, ColumnRole.SCORE, ColumnRole.LABEL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """
    One alarm of one window.

    Parameters
    ----------
    cause : Cause
    subject : str
        A column, a metric, ``calls``, an objective, or an objective of a replica.
    severity : Severity
    reason : str
        Key of its sentence; `values` fill it in.
    at, until : datetime
        When it was first and last seen inside the window.
    strength : float
        How far beyond its line, to rank subjects of one severity; larger is worse, and infinite
        for a column that is gone.
    of_output : bool
        About what the model answers (score, prediction, label, performance), not what it is fed.
    values : mapping
    """

    cause: Cause
    subject: str
    severity: Severity
    reason: str
    at: datetime
    until: datetime
    strength: float = 0.0
    of_output: bool = False
    values: Mapping[str, Value] = field(default_factory=dict[str, Value])

    @property
    def key(self) -> Key:
        """What makes two alarms one alert."""
        return self.cause, self.subject


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedWindow:
    """
    One deployment's window as the alert desk sees it.

    Parameters
    ----------
    version : str
    window : Window
    alarms : tuple of Evidence
        At most one per cause and subject.
    unjudged : frozenset of (Cause, str)
        What could not be judged: its alerts stay as they are.
    judged : bool
        False: the run failed or had no data; nothing in it counts as quiet.
    """

    version: str
    window: Window
    alarms: tuple[Evidence, ...] = ()
    unjudged: frozenset[Key] = frozenset()
    judged: bool = True

    def is_quiet(self, key: Key) -> bool:
        """Return whether this was judged here and found quiet."""
        return self.judged and key not in self.unjudged and all(a.key != key for a in self.alarms)


def evidence_of(run: Run, policy: AlertPolicy) -> JudgedWindow:
    """
    Turn a run's deciding findings and its objectives into alarms.

    Parameters
    ----------
    run : Run
    policy : AlertPolicy

    Returns
    -------
    JudgedWindow
        What was inconclusive, or had no or too little data, is unjudged, not quiet. A blind
        column that shows nothing is quiet: its reading is back below its line.
    """
    deciding = [f for f in run.findings if f.decides]
    calibrated = any_calibrated(deciding)
    found: dict[Key, Evidence] = {}
    for finding in deciding:
        if finding.verdict is Verdict.DRIFTED:
            severity = severity_of(finding, policy, others_calibrated=calibrated)
            _keep_worst(found, _of_finding(finding, severity, run.window))
    for result in run.slos:
        if result.fired_at is not None and result.state in SEVERITY_OF_STATE:
            _keep_worst(found, _of_objective(result, run.window))
    return JudgedWindow(
        version=run.deployment.version,
        window=run.window,
        alarms=tuple(found[key] for key in sorted(found)),
        unjudged=frozenset(_unjudged_columns(deciding) | _unjudged_objectives(run.slos)),
        judged=run.status in {RunStatus.OK, RunStatus.VIOLATIONS},
    )


def _keep_worst(found: dict[Key, Evidence], evidence: Evidence) -> None:
    known = found.get(evidence.key)
    if known is None or badness(evidence) > badness(known):
        found[evidence.key] = evidence


def badness(evidence: Evidence) -> tuple[int, float]:
    """Return the sort key by which one alarm is worse than another."""
    return evidence.severity.rank, evidence.strength


def subject_of(finding: Finding) -> str:
    """Return what a finding's alert is about: its column, or the metric of a performance."""
    metric = finding.values.get("metric")
    if cause_of(finding) is Cause.PERFORMANCE and isinstance(metric, str):
        return metric
    return finding.column


def _of_finding(finding: Finding, severity: Severity, window: Window) -> Evidence:
    cause = cause_of(finding)
    return Evidence(
        cause=cause,
        subject=subject_of(finding),
        severity=severity,
        reason=finding.reason,
        at=_seen_from(finding, window),
        until=window.end,
        strength=_strength(finding),
        of_output=finding.kind in _OUTPUTS,
        values={
            "column": finding.column,
            "detector": finding.detector,
            "calibrated": finding.calibrated.value,
            "statistic": finding.statistic,
            "p_value": finding.p_value,
            "threshold": finding.threshold,
            "n_reference": finding.n_reference,
            "n_current": finding.n_current,
            # which slice it is; the readings of all others stay with the finding
            **{name: value for name, value in finding.values.items() if name != KEPT},
        },
    )


def _seen_from(finding: Finding, window: Window) -> datetime:
    """Return since when: calls may have stopped in windows that nobody judged."""
    since = finding.values.get("silent_since")
    return min(parse_time(since), window.start) if isinstance(since, str) else window.start


def _strength(finding: Finding) -> float:
    if cause_of(finding) in _OF_COLUMNS:
        return farness(finding)
    if finding.statistic is None or not finding.threshold:
        return 0.0
    return abs(finding.statistic / finding.threshold)


def _of_objective(result: SLOResult, window: Window) -> Evidence:
    slo = result.slo
    return Evidence(
        cause=cause_of_objective(result),
        subject=subject_of_objective(result),
        severity=SEVERITY_OF_STATE[result.state],
        reason=f"slo.{result.state.value}",
        at=result.fired_at or window.start,
        until=result.cleared_at or window.end,
        strength=max((rate.long or 0.0 for rate in result.burn_rates), default=0.0),
        values={
            "name": slo.name,
            "target": slo.target,
            "period_days": slo.period_days,
            "latency_ms": slo.latency_ms,
            "state": result.state.value,
            "good": result.good,
            "bad": result.total - result.good,
            "total": result.total,
            "window_good": result.window_good,
            "window_total": result.window_total,
            "sli": result.sli,
            "budget_remaining": result.budget_remaining,
            "coverage": result.coverage,
            **result.values,
            # the replica it is about, or the one that is to blame
            "replica": result.replica or result.values.get("replica"),
        },
    )


def _unjudged_columns(deciding: Iterable[Finding]) -> set[Key]:
    """Return what only inconclusive findings speak about."""
    answers: dict[Key, list[bool]] = defaultdict(list)
    for finding in deciding:
        inconclusive = finding.verdict is Verdict.INCONCLUSIVE
        answers[cause_of(finding), subject_of(finding)].append(inconclusive)
    return {key for key, inconclusive in answers.items() if all(inconclusive)}


def _unjudged_objectives(results: Iterable[SLOResult]) -> set[Key]:
    return {(cause_of_objective(r), subject_of_objective(r)) for r in results if _unjudged(r)}


def _unjudged(result: SLOResult) -> bool:
    """Return whether an outage of this window could not have been seen."""
    if result.state is SLOState.INSUFFICIENT:
        return not result.values.get("outage_visible")
    return result.state is SLOState.NO_DATA
