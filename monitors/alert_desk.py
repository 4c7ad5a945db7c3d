"""The alert desk: incidents follow from the stored runs, and from nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.desk import carry_acknowledgement, stale
from alerts.evidence import evidence_of
from alerts.lifecycle import replay
from alerts.policy import AlertPolicy
from alerts.severity import severity_of
from detectors.forecast import NAME as FORECAST
from domain.acceptance import Acceptance
from domain.finding import Calibration, Finding, Verdict
from domain.incident import Alert, AlertState, Cause, Incident
from domain.window import Window
from monitors.config import Config, MonitorConfig
from store.store import Store


def policy_of(monitor: MonitorConfig) -> AlertPolicy:
    """Return the desk's rules as a monitor sets them."""
    return AlertPolicy(for_windows=monitor.for_windows, score_change=monitor.score_change)


def with_severities(findings: Sequence[Finding], monitor: MonitorConfig) -> list[Finding]:
    """Say how bad each deciding drift is."""
    policy = policy_of(monitor)
    calibrated = any(
        f.decides and f.detector == FORECAST and f.calibrated is not Calibration.NONE
        for f in findings
    )
    return [
        replace(f, severity=severity_of(f, policy, others_calibrated=calibrated))
        if f.decides and f.verdict is Verdict.DRIFTED
        else f
        for f in findings
    ]


def refresh(store: Store, config: Config, model: str) -> list[Incident]:
    """
    Replay a model's stored runs into incidents and store these.

    A repeated or late run therefore raises nothing twice: incidents have the ids they had, and
    keep who acknowledged them.

    Parameters
    ----------
    store : Store
    config : Config
    model : str
    """
    policy = policy_of(config.monitor(model))
    judged = [evidence_of(run, policy) for run in store.runs(model, findings="deciding")]
    known = {incident.incident_id: incident for incident in store.incidents(model)}
    accepted = store.acceptances(model)
    incidents = [
        carry_acknowledgement(_settle(incident, accepted), known.get(incident.incident_id))
        for incident in replay(model, judged, policy)
    ]
    store.save_incidents(model, incidents)
    return incidents


def _settle(incident: Incident, accepted: Sequence[Acceptance]) -> Incident:
    """Resolve drift alerts of columns that somebody has accepted as the new normal since then."""
    if incident.cause is not Cause.DRIFT or not accepted:
        return incident
    alerts = tuple(_settle_alert(alert, accepted) for alert in incident.alerts)
    if any(alert.state is not AlertState.RESOLVED for alert in alerts):
        return replace(incident, alerts=alerts)
    ended = max(alert.resolved_at or alert.last_seen_at for alert in alerts)
    return replace(incident, alerts=alerts, state=AlertState.RESOLVED, resolved_at=ended)


def _settle_alert(alert: Alert, accepted: Sequence[Acceptance]) -> Alert:
    covering = [
        a.since
        for a in accepted
        if (not a.columns or alert.subject in a.columns) and a.since >= alert.started_at
    ]
    if alert.state is AlertState.RESOLVED or not covering:
        return alert
    return replace(alert, state=AlertState.RESOLVED, resolved_at=max(covering))


def stale_models(store: Store, config: Config, now: datetime) -> dict[str, Window]:
    """
    Return the models whose monitor stands still: no run for two windows.

    Returns
    -------
    dict of str to Window
        The span that nobody looked at.
    """
    found: dict[str, Window] = {}
    for model in store.models():
        last = store.last_run_end(model)
        monitor = config.monitor(model)
        if last is not None and stale(last, monitor.window + monitor.grace, now) is not None:
            found[model] = Window(last, max(now, last + timedelta(microseconds=1)))
    return found
