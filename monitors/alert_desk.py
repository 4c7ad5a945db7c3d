"""The alert desk: incidents follow from the stored runs, and from nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerts.desk import carry_acknowledgement, stale
from alerts.evidence import Evidence, evidence_of
from alerts.lifecycle import replay
from alerts.policy import AlertPolicy
from alerts.resume import ACCEPTABLE, is_over, resume_at
from alerts.severity import severity_of
from alerts.track import short_hash
from detectors.forecast import NAME as FORECAST
from domain.acceptance import Acceptance
from domain.finding import Calibration, Finding, Verdict
from domain.incident import Alert, AlertState, Incident
from domain.run import Run
from domain.window import Window, iso
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


def refresh(store: Store, config: Config, model: str, *, whole: bool = False) -> list[Incident]:
    """
    Replay a model's stored runs into incidents and store these.

    A repeated or late run therefore raises nothing twice: incidents have the ids they had, and
    keep who acknowledged them. What was over before the first run that has changed since the last
    time is not replayed, so that a run costs the same in the third year as in the first.

    Parameters
    ----------
    store : Store
    config : Config
    model : str
    whole : bool, default=False
        Replay all of them.
    """
    policy = policy_of(config.monitor(model))
    known, accepted = store.incidents(model), store.acceptances(model)
    start = None if whole else _replay_from(store, config, model, known, accepted)
    runs = [
        run
        for run in store.runs(model, span=_behind(start), findings="deciding")
        if start is None or run.window.start >= start
    ]
    earlier = {incident.incident_id: incident for incident in known}
    settled = [_Settled(one, runs) for one in accepted]
    incidents = [] if start is None else [i for i in known if is_over(i, start)]
    incidents += [
        carry_acknowledgement(_settle(incident, settled), earlier.get(incident.incident_id))
        for incident in replay(model, [evidence_of(run, policy) for run in runs], policy)
    ]
    store.save_incidents(model, incidents)
    return incidents


def _replay_from(
    store: Store,
    config: Config,
    model: str,
    known: Sequence[Incident],
    accepted: Sequence[Acceptance],
) -> datetime | None:
    """Return where the windows begin whose runs must be replayed; None: all of them."""
    monitor, changed = config.monitor(model), store.replay_due(model)
    if changed is None or monitor.for_windows > 1:
        return None
    before = store.runs(model, span=Window(changed - monitor.window, changed), findings="none")
    since = store.runs(model, span=_behind(changed), findings="none")
    # what was judged by other rules, or by another Driftline, is told anew by today's
    rules = {(run.config_hash, run.code_version) for run in (*before, *since)}
    if not before or len(rules) > 1:
        return None
    return resume_at(known, changed, monitor.window, accepted)


def _behind(start: datetime | None) -> Window | None:
    return None if start is None else Window(start, datetime.max.replace(tzinfo=UTC))


class _Settled:
    """Which alerts an acceptance ends: those that earlier runs raised about its columns."""

    def __init__(self, accepted: Acceptance, runs: Sequence[Run]) -> None:
        self._accepted = accepted
        # what was judged afterwards was compared with the new normal: if that drifts, it is news
        before = [run.window.end for run in runs if run.started_at <= accepted.at]
        self._judged_until = max(before, default=None)

    def ends(self, alert: Alert) -> datetime | None:
        """Return when it ended the alert; None where it says nothing about it."""
        columns = self._accepted.columns
        about = alert.cause in ACCEPTABLE and (not columns or alert.subject in columns)
        if not about or self._judged_until is None or alert.last_seen_at > self._judged_until:
            return None
        return max(self._accepted.since, alert.last_seen_at)


def _settle(incident: Incident, settled: Sequence[_Settled]) -> Incident:
    """Resolve the alerts of columns that somebody has accepted as the new normal."""
    alerts = tuple(_settle_alert(alert, settled) for alert in incident.alerts)
    if alerts == incident.alerts:
        return incident
    if any(alert.state is not AlertState.RESOLVED for alert in alerts):
        return replace(incident, alerts=alerts)
    ended = max(alert.resolved_at or alert.last_seen_at for alert in alerts)
    return replace(incident, alerts=alerts, state=AlertState.RESOLVED, resolved_at=ended)


def _settle_alert(alert: Alert, settled: Sequence[_Settled]) -> Alert:
    if alert.state is AlertState.RESOLVED:
        return alert
    ends = [at for one in settled if (at := one.ends(alert)) is not None]
    return replace(alert, state=AlertState.RESOLVED, resolved_at=min(ends)) if ends else alert


def stale_incidents(store: Store, config: Config, now: datetime) -> list[Incident]:
    """
    Return an incident for each model whose monitor stands still.

    It follows from the clock, not from a run, so it is told and not stored.

    Parameters
    ----------
    store : Store
    config : Config
    now : datetime
    """
    found: list[Incident] = []
    for model, span in stale_models(store, config, now).items():
        monitor = config.monitor(model)
        evidence = stale(span.start, monitor.window + monitor.grace, now)
        if evidence is not None:
            found.append(_told(model, evidence))
    return found


def _told(model: str, evidence: Evidence) -> Incident:
    """Make an incident of a single piece of evidence that is true now."""
    identity = short_hash(model, evidence.cause, evidence.subject, iso(evidence.at))
    alert = Alert(
        fingerprint=identity,
        incident_id=identity,
        model=model,
        versions=(),
        cause=evidence.cause,
        subject=evidence.subject,
        severity=evidence.severity,
        state=AlertState.FIRING,
        started_at=evidence.at,
        last_seen_at=evidence.until,
        resolved_at=None,
        windows=int(evidence.strength),
        reason=evidence.reason,
        values=evidence.values,
    )
    return Incident(
        incident_id=identity,
        model=model,
        cause=alert.cause,
        severity=alert.severity,
        state=alert.state,
        started_at=alert.started_at,
        last_seen_at=alert.last_seen_at,
        resolved_at=None,
        subjects=(alert.subject,),
        versions=(),
        alerts=(alert,),
    )


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
