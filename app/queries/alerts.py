"""What the Alerts page lists, and what it says of one incident, as plain rows and words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.queries.when import about
from domain.catalogue import say
from domain.finding import Severity
from domain.headlines import headline
from domain.incident import Alert, AlertState, Cause, Incident
from domain.run import Run
from domain.standing import multiple
from domain.window import Window
from monitors.verdicts import telling
from monitors.views.fleet import JudgedWindow
from reports import numbers

OPEN, ALL = "open", "all"
STATES: Final = (OPEN, ALL)
_COLUMNS: Final = frozenset({Cause.DRIFT, Cause.MISSING})
_CALLS: Final = frozenset({Cause.LATENCY, Cause.AVAILABILITY})
_AROUND: Final = 14  # windows shown beside an incident
_LEAST_AROUND: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """
    Which incidents are listed.

    Parameters
    ----------
    state : {"open", "all"}
    severity : Severity or None
        Exactly this one; None: all.
    model : str or None
        None: all models.
    """

    state: str = OPEN
    severity: Severity | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow:
    """
    One line of the list, written out.

    Parameters
    ----------
    incident_id : str
    severity : Severity
    what, model, since, length, state : str
    """

    incident_id: str
    severity: Severity
    what: str
    model: str
    since: str
    length: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """
    One alert of an incident, written out.

    Parameters
    ----------
    subject : str
    severity : Severity
    at_trigger, now : str
        What was measured in its first bad window and in the newest judged one; a dash where
        nothing was.
    windows : int
        Bad ones.
    """

    subject: str
    severity: Severity
    at_trigger: str
    now: str
    windows: int


def listed(incidents: Iterable[Incident], chosen: Filter) -> tuple[Incident, ...]:
    """
    Return what a filter leaves: open ones first, each group in the order it came.

    Parameters
    ----------
    incidents : iterable of Incident
        Worst first.
    chosen : Filter
    """
    kept = [
        one
        for one in incidents
        if (chosen.state == ALL or is_open(one))
        and chosen.severity in (None, one.severity)
        and chosen.model in (None, one.model)
    ]
    return tuple(sorted(kept, key=lambda one: not is_open(one)))


def is_open(incident: Incident) -> bool:
    """Return whether an incident is not over."""
    return incident.state is not AlertState.RESOLVED


def found(incidents: Sequence[Incident], asked: str | None) -> Incident | None:
    """
    Return the incident that an address asks for.

    Parameters
    ----------
    incidents : sequence of Incident
    asked : str or None
        Its id, or a beginning that only one has.
    """
    if not asked:
        return None
    matching = [one for one in incidents if one.incident_id.startswith(asked)]
    exact = [one for one in matching if one.incident_id == asked]
    return (exact or matching)[0] if len(exact or matching) == 1 else None


def row(incident: Incident, now: datetime, language: str) -> IncidentRow:
    """
    Write one line of the list.

    Parameters
    ----------
    incident : Incident
    now : datetime
    language : {"en", "zh"}
    """
    state = f"report.state.{incident.state}"
    if incident.acknowledged_at is not None:
        state = "page_alerts.state.acknowledged"
    return IncidentRow(
        incident_id=incident.incident_id,
        severity=incident.severity,
        what=headline(incident, language),
        model=deployment_name(incident, language),
        since=say("report.time.short", language, at=incident.started_at),
        length=about(_lasted(incident, now), language),
        state=say(state, language),
    )


def deployment_name(incident: Incident, language: str) -> str:
    """Write the model and the versions that an incident was seen on."""
    versions = say("report.list", language).join(v for v in incident.versions if v)
    if not versions:
        return incident.model
    return say("report.deployment", language, model=incident.model, version=versions)


def facts(incident: Incident, now: datetime, language: str) -> tuple[str, ...]:
    """
    Say what kind of incident it is, where, since when, and until when.

    Parameters
    ----------
    incident : Incident
    now : datetime
    language : {"en", "zh"}
    """
    length = numbers.length(_lasted(incident, now).total_seconds(), language)
    said = [
        say(f"report.cause.{incident.cause}", language),
        deployment_name(incident, language),
        say("page_alerts.began", language, at=numbers.moment(incident.started_at, language)),
        say("page_alerts.last_seen", language, at=numbers.moment(incident.last_seen_at, language)),
    ]
    if incident.resolved_at is not None:
        ended = numbers.moment(incident.resolved_at, language)
        said.append(say("page_alerts.ended", language, at=ended))
    said.append(say("page_alerts.lasted", language, length=length))
    return tuple(said)


def alert_rows(
    incident: Incident, first: Run | None, newest: Run | None, language: str
) -> tuple[AlertRow, ...]:
    """
    Return the alerts of an incident, its own first.

    Parameters
    ----------
    incident : Incident
    first, newest : Run or None
        Of the window it began in and of the newest judged window, with all findings.
    language : {"en", "zh"}
    """
    return tuple(
        AlertRow(
            subject=alert.subject,
            severity=alert.severity,
            at_trigger=measured(alert, first, language),
            now=measured(alert, newest, language),
            windows=alert.windows,
        )
        for alert in incident.alerts
    )


def measured(alert: Alert, run: Run | None, language: str) -> str:
    """
    Say what a run measured of what an alert is about.

    Parameters
    ----------
    alert : Alert
    run : Run or None
    language : {"en", "zh"}

    Returns
    -------
    str
        A multiple of the alarm line, a share of missing values or bad calls, a metric or a number
        of calls; a dash where the run measured none of it.
    """
    if run is None:
        return numbers.DASH
    if alert.cause in _COLUMNS:
        return _of_column(alert, run, language)
    if alert.cause in _CALLS:
        return _of_objective(alert, run, language)
    if alert.cause is Cause.PERFORMANCE:
        known = run.performance.metrics if run.performance else {}
        return numbers.metric(known.get(alert.subject))
    if alert.cause is Cause.TRAFFIC:
        return say("page_alerts.calls", language, n=numbers.count(run.n_calls))
    return numbers.DASH


def evidence_span(incident: Incident, windows: Sequence[JudgedWindow]) -> Window:
    """
    Return the time that the picture of an incident shows: its own, and some before and after.

    Parameters
    ----------
    incident : Incident
    windows : sequence of JudgedWindow
        Of its model.
    """
    end = max(incident.last_seen_at, incident.started_at + timedelta(minutes=1))
    step = windows[-1].window.duration if windows else _LEAST_AROUND
    if incident.cause in _CALLS or incident.cause is Cause.TRAFFIC:
        # calls are counted by the hour: days on both sides show what is usual
        room = max((end - incident.started_at) / 2, 4 * _LEAST_AROUND)
    else:
        room = max((end - incident.started_at) / 2, _AROUND * step)
    return Window(incident.started_at - room, end + room)


def last_window(span: Window, windows: Sequence[JudgedWindow]) -> Window | None:
    """Return the last judged window that begins inside a span; None where there is none."""
    inside = [one.window for one in windows if one.window.start < span.end]
    return inside[-1] if inside else None


def first_window(incident: Incident, windows: Sequence[JudgedWindow]) -> Window | None:
    """Return the judged window that an incident began in; None where there is none."""
    began = [one.window for one in windows if one.window.contains(incident.started_at)]
    return began[0] if began else None


def concerns_columns(incident: Incident) -> bool:
    """Return whether an incident is about columns, whose shift can be accepted as normal."""
    return incident.cause in _COLUMNS


def columns_of(incident: Incident) -> tuple[str, ...]:
    """Return the columns of an incident that drifted or went missing, worst first."""
    own = [alert.subject for alert in incident.alerts if alert.cause in _COLUMNS]
    return tuple(dict.fromkeys(own or incident.subjects))


def _of_column(alert: Alert, run: Run, language: str) -> str:
    own = [finding for finding in run.findings if finding.column == alert.subject]
    if alert.cause is Cause.MISSING:
        shares = [f.statistic for f in own if f.detector == "completeness"]
        share = next((share for share in shares if share is not None), None)
        if share is None:
            return numbers.DASH
        return say("page_alerts.missing", language, share=numbers.share(share))
    decides = telling(own)
    times = multiple(decides) if decides is not None else None
    if times is None:
        return numbers.DASH
    return say("report.far.line", language, times=numbers.multiple(max(times, 0.0)))


def _of_objective(alert: Alert, run: Run, language: str) -> str:
    for result in run.slos:
        name = result.slo.name + (f"@{result.replica}" if result.replica else "")
        if name == alert.subject and result.window_total:
            bad = 1 - result.window_good / result.window_total
            return say("page_alerts.bad", language, share=numbers.share(bad))
    return numbers.DASH


def _lasted(incident: Incident, now: datetime) -> timedelta:
    end = now if is_open(incident) else incident.last_seen_at
    return max(end - incident.started_at, timedelta(0))
