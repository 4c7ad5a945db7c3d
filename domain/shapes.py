"""
The public shapes of findings, objectives, alerts, incidents and runs, as plain JSON values.

Every ``--json`` of the command line and the json report use these. The keys are a contract:
add, never rename. Only finite numbers leave here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypedDict

from domain.finding import Calibration, Finding
from domain.finite import finite
from domain.headlines import headline
from domain.incident import Alert, Incident
from domain.run import Performance, Run
from domain.sentences import alert_sentence, finding_sentence, slo_sentence
from domain.slo import BurnRate, SLOResult
from domain.window import Window, iso

SCHEMA_VERSION = 1


class WindowShape(TypedDict):
    """A half-open span of UTC time."""

    start: str
    end: str


class FindingShape(TypedDict):
    """One detector's answer about one column."""

    column: str
    kind: str
    detector: str
    statistic: float | None
    p_value: float | None
    threshold: float | None
    verdict: str
    severity: str | None
    exact: bool
    n_reference: int
    n_current: int
    reason: str
    calibrated: bool
    calibration: str
    decides: bool
    sentence: str


class BurnRateShape(TypedDict):
    """One row of the burn-rate table."""

    long_s: int
    short_s: int
    factor: float | None
    long: float | None
    short: float | None
    firing: bool
    reachable: bool


class SLOShape(TypedDict):
    """How one objective stands."""

    name: str
    replica: str | None
    target: float
    latency_ms: float | None
    period_days: float
    good: int
    total: int
    window_good: int
    window_total: int
    sli: float | None
    budget_remaining: float | None
    burn_rates: list[BurnRateShape]
    state: str
    fired_at: str | None
    cleared_at: str | None
    coverage: float | None
    sentence: str


class AlertShape(TypedDict):
    """One condition on one subject."""

    fingerprint: str
    incident_id: str
    model: str
    versions: list[str]
    cause: str
    subject: str
    severity: str
    state: str
    started_at: str
    last_seen_at: str
    resolved_at: str | None
    windows: int
    sentence: str


class IncidentShape(TypedDict):
    """The alerts that share a cause."""

    incident_id: str
    model: str
    versions: list[str]
    cause: str
    severity: str
    state: str
    started_at: str
    last_seen_at: str
    resolved_at: str | None
    subjects: list[str]
    headline: str
    alerts: list[AlertShape]
    acknowledged_by: str | None
    acknowledged_at: str | None
    note: str | None


class PerformanceShape(TypedDict):
    """How good the predictions were, over the labels that have arrived."""

    task: str
    labelled: int
    pending: int
    metrics: dict[str, float]
    labels_until: str | None


class RunShape(TypedDict):
    """One run: what was judged, how, and what came of it."""

    model: str
    version: str
    window: WindowShape
    status: str
    coverage: float | None
    n_predictions: int
    n_shadow: int | None
    n_calls: int
    baseline: str
    baseline_windows: int
    data_from: str | None
    data_to: str | None
    config_hash: str
    code_version: str
    started_at: str
    duration_s: float | None
    error: str | None
    findings: list[FindingShape]
    slos: list[SLOShape]
    alerts: list[AlertShape]
    performance: PerformanceShape | None


def window_shape(window: Window) -> WindowShape:
    """Shape a window."""
    return {"start": iso(window.start), "end": iso(window.end)}


def finding_shape(finding: Finding, language: str = "en") -> FindingShape:
    """
    Shape a finding.

    `calibrated` is true only where the line is fully calibrated; `calibration` says which of
    the three it is.
    """
    return {
        "column": finding.column,
        "kind": finding.kind.value,
        "detector": finding.detector,
        "statistic": finite(finding.statistic),
        "p_value": finite(finding.p_value),
        "threshold": finite(finding.threshold),
        "verdict": finding.verdict.value,
        "severity": finding.severity.value if finding.severity else None,
        "exact": finding.exact,
        "n_reference": int(finding.n_reference),
        "n_current": int(finding.n_current),
        "reason": finding.reason,
        "calibrated": finding.calibrated is Calibration.FULL,
        "calibration": finding.calibrated.value,
        "decides": finding.decides,
        "sentence": finding_sentence(finding, language),
    }


def slo_shape(result: SLOResult, language: str = "en") -> SLOShape:
    """Shape an objective's result; ``replica`` is None for all replicas together."""
    return {
        "name": result.slo.name,
        "replica": result.replica,
        "target": result.slo.target,
        "latency_ms": finite(result.slo.latency_ms),
        "period_days": result.slo.period_days,
        "good": result.good,
        "total": result.total,
        "window_good": result.window_good,
        "window_total": result.window_total,
        "sli": finite(result.sli),
        "budget_remaining": finite(result.budget_remaining),
        "burn_rates": [_burn_rate_shape(rate) for rate in result.burn_rates],
        "state": result.state.value,
        "fired_at": _time(result.fired_at),
        "cleared_at": _time(result.cleared_at),
        "coverage": finite(result.coverage),
        "sentence": slo_sentence(result, language),
    }


def alert_shape(alert: Alert, language: str = "en") -> AlertShape:
    """Shape an alert."""
    return {
        "fingerprint": alert.fingerprint,
        "incident_id": alert.incident_id,
        "model": alert.model,
        "versions": list(alert.versions),
        "cause": alert.cause.value,
        "subject": alert.subject,
        "severity": alert.severity.value,
        "state": alert.state.value,
        "started_at": iso(alert.started_at),
        "last_seen_at": iso(alert.last_seen_at),
        "resolved_at": _time(alert.resolved_at),
        "windows": alert.windows,
        "sentence": alert_sentence(alert, language),
    }


def incident_shape(incident: Incident, language: str = "en") -> IncidentShape:
    """Shape an incident with its alerts."""
    return {
        "incident_id": incident.incident_id,
        "model": incident.model,
        "versions": list(incident.versions),
        "cause": incident.cause.value,
        "severity": incident.severity.value,
        "state": incident.state.value,
        "started_at": iso(incident.started_at),
        "last_seen_at": iso(incident.last_seen_at),
        "resolved_at": _time(incident.resolved_at),
        "subjects": list(incident.subjects),
        "headline": headline(incident, language),
        "alerts": [alert_shape(alert, language) for alert in incident.alerts],
        "acknowledged_by": incident.acknowledged_by,
        "acknowledged_at": _time(incident.acknowledged_at),
        "note": incident.note,
    }


def run_shape(run: Run, incidents: Iterable[Incident] = (), language: str = "en") -> RunShape:
    """
    Shape a run with the alerts that were seen on its deployment inside its window.

    Parameters
    ----------
    run : Run
    incidents : iterable of Incident
        Where the alerts come from; those of other deployments and times are left out.
    language : {"en", "zh"}
        Of the sentences.
    """
    performance = run.performance
    return {
        "model": run.deployment.model,
        "version": run.deployment.version,
        "window": window_shape(run.window),
        "status": run.status.value,
        "coverage": finite(run.coverage),
        "n_predictions": run.n_predictions,
        "n_shadow": run.n_shadow,
        "n_calls": run.n_calls,
        "baseline": run.baseline,
        "baseline_windows": run.baseline_windows,
        "data_from": _time(run.data_from),
        "data_to": _time(run.data_to),
        "config_hash": run.config_hash,
        "code_version": run.code_version,
        "started_at": iso(run.started_at),
        "duration_s": finite(run.duration_s),
        "error": run.error,
        "findings": [finding_shape(finding, language) for finding in run.findings],
        "slos": [slo_shape(result, language) for result in run.slos],
        "alerts": [alert_shape(alert, language) for alert in alerts_of(run, incidents)],
        "performance": None if performance is None else performance_shape(performance),
    }


def performance_shape(performance: Performance) -> PerformanceShape:
    """Shape a window's performance; a metric that is not finite is left out."""
    metrics = {name: finite(value) for name, value in performance.metrics.items()}
    return {
        "task": performance.task,
        "labelled": performance.labelled,
        "pending": performance.pending,
        "metrics": {name: value for name, value in metrics.items() if value is not None},
        "labels_until": _time(performance.labels_until),
    }


def runs_shape(
    runs: Iterable[Run], incidents: Iterable[Incident] = (), language: str = "en"
) -> dict[str, Any]:
    """Shape what ``run --json`` prints: the runs, and the incidents behind their alerts."""
    known = tuple(incidents)
    return {
        "schema_version": SCHEMA_VERSION,
        "runs": [run_shape(run, known, language) for run in runs],
        "incidents": [incident_shape(incident, language) for incident in known],
    }


def alerts_of(run: Run, incidents: Iterable[Incident]) -> list[Alert]:
    """Return the alerts on the run's deployment whose time touches the run's window."""
    return [
        alert
        for incident in incidents
        for alert in incident.alerts
        if alert.model == run.deployment.model
        and run.deployment.version in alert.versions
        and alert.started_at < run.window.end
        and alert.last_seen_at > run.window.start
    ]


def _burn_rate_shape(rate: BurnRate) -> BurnRateShape:
    return {
        "long_s": rate.long_s,
        "short_s": rate.short_s,
        "factor": finite(rate.factor),
        "long": finite(rate.long),
        "short": finite(rate.short),
        "firing": rate.firing,
        "reachable": rate.reachable,
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
