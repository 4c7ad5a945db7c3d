"""Which incidents a chart of a span shades, and under which names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from domain.incident import Cause, Incident
from domain.window import Window


def touching(
    incidents: Iterable[Incident], span: Window, causes: Sequence[Cause] = tuple(Cause)
) -> tuple[Incident, ...]:
    """
    Keep the incidents of some causes that were seen inside a span, in their order.

    Parameters
    ----------
    incidents : iterable of Incident
    span : Window
    causes : sequence of Cause
        Default: all.
    """
    return tuple(
        one
        for one in incidents
        if one.cause in causes and one.started_at < span.end and one.last_seen_at > span.start
    )


def shaded(incidents: Iterable[Incident], span: Window) -> tuple[tuple[Window, str], ...]:
    """
    Return what a chart shades: each incident cut to the span, with its first subject's name.

    Parameters
    ----------
    incidents : iterable of Incident
    span : Window
    """
    found: list[tuple[Window, str]] = []
    for one in incidents:
        # an alert that a run saw for the first time may not have lasted yet
        end = max(one.last_seen_at, one.started_at + timedelta(minutes=1))
        if one.started_at < span.end and end > span.start:
            cut = Window(max(one.started_at, span.start), min(end, span.end))
            found.append((cut, _short_name(one)))
    return tuple(found)


def _short_name(incident: Incident) -> str:
    """Name what an incident is about in one word: of ``latency@pod-3`` the replica."""
    replicas = [subject.split("@", 1)[1] for subject in incident.subjects if "@" in subject]
    return (replicas or list(incident.subjects) or [""])[0]
