"""What the alert desk shows: which incidents, in which order, in which words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from alerts.evidence import Evidence
from domain.errors import UnknownNameError
from domain.finding import Severity
from domain.incident import AlertState, Cause, Incident
from domain.window import Window

STALE_AFTER_WINDOWS: Final = 2


def ordered(incidents: Iterable[Incident]) -> list[Incident]:
    """Return the worst first, then what nobody has acknowledged, then the newest."""
    newest = sorted(incidents, key=lambda i: (i.started_at, i.incident_id), reverse=True)
    return sorted(newest, key=lambda i: (-i.severity.rank, i.acknowledged_at is not None))


def chosen(
    incidents: Iterable[Incident],
    *,
    severity: Severity | None = None,
    state: AlertState | None = None,
    cause: Cause | None = None,
    subject: str | None = None,
    span: Window | None = None,
) -> list[Incident]:
    """
    Keep what is asked for, in its order; None asks for nothing.

    Parameters
    ----------
    incidents : iterable of Incident
    severity : Severity or None
        This, or worse.
    state : AlertState or None
    cause : Cause or None
    subject : str or None
        One of its subjects; a replica's name also finds ``latency@pod-3``.
    span : Window or None
        It was seen inside this span.
    """
    kept = [i for i in incidents if severity is None or i.severity.at_least(severity)]
    kept = [i for i in kept if state is None or i.state is state]
    kept = [i for i in kept if cause is None or i.cause is cause]
    if subject is not None:
        kept = [i for i in kept if any(subject in (s, *s.split("@")) for s in i.subjects)]
    if span is not None:
        kept = [i for i in kept if i.started_at < span.end and i.last_seen_at > span.start]
    return kept


def find(incidents: Sequence[Incident], name: str) -> Incident:
    """
    Return the incident with this id, or the only one whose id begins so.

    Raises
    ------
    UnknownNameError
        If there is none, or more than one.
    """
    found = [i for i in incidents if i.incident_id.startswith(name)] if name else []
    exact = [i for i in found if i.incident_id == name]
    if len(exact) == 1 or len(found) == 1:
        return (exact or found)[0]
    if found:
        several = ", ".join(sorted(i.incident_id for i in found)[:5])
        raise UnknownNameError(f"{len(found)} incidents begin with {name!r}: {several}")
    raise UnknownNameError.nearest("incident", name, [i.incident_id for i in incidents])


def carry_acknowledgement(incident: Incident, earlier: Incident | None) -> Incident:
    """
    Keep who acknowledged an incident, until it gets worse or another subject joins it.

    Parameters
    ----------
    incident : Incident
        As replayed now.
    earlier : Incident or None
        As it was stored.
    """
    if earlier is None or earlier.acknowledged_at is None:
        return incident
    worse = not earlier.severity.at_least(incident.severity)
    if worse or not set(incident.subjects) <= set(earlier.subjects):
        return replace(incident, note=earlier.note)
    return replace(
        incident,
        acknowledged_by=earlier.acknowledged_by,
        acknowledged_at=earlier.acknowledged_at,
        note=earlier.note,
    )


def stale(last_run_end: datetime, length: timedelta, now: datetime) -> Evidence | None:
    """
    Tell when the monitor itself stands still: no run for two windows.

    Parameters
    ----------
    last_run_end : datetime
        End of the newest window that was judged.
    length : timedelta
        Of a window.
    now : datetime

    Returns
    -------
    Evidence or None
    """
    missed = (now - last_run_end) / length
    if missed < STALE_AFTER_WINDOWS:
        return None
    return Evidence(
        cause=Cause.MONITOR,
        subject="runs",
        severity=Severity.WARNING,
        reason="alert.monitor.stale",
        at=last_run_end,
        until=now,
        strength=missed,
        of_output=False,
        values={"missed": int(missed), "last": f"{last_run_end:%Y-%m-%d %H:%M}"},
    )
