"""Incidents as plain text: a table of many, and one in full."""

from __future__ import annotations

from collections.abc import Sequence

from domain.catalogue import say
from domain.headlines import headline, sentences
from domain.incident import AlertState, Incident
from reports import numbers
from reports.plain import printable
from reports.terminal import table


def incident_table(incidents: Sequence[Incident], language: str = "en") -> str:
    """
    List incidents, a line each, with the id that `alerts show` takes.

    Parameters
    ----------
    incidents : sequence of Incident
    language : {"en", "zh"}
    """
    if not incidents:
        return say("report.incidents.none", language) + "\n"
    rows = [
        [
            incident.incident_id[:8],
            say(f"report.severity.{incident.severity}", language).upper(),
            say(f"report.state.{incident.state}", language),
            numbers.moment(incident.started_at, language),
            incident.model,
            headline(incident, language),
        ]
        for incident in incidents
    ]
    return "\n".join(table(rows)) + "\n"


def incident_text(incident: Incident, language: str = "en") -> str:
    """
    Tell one incident in full: what, since when, how sure, every alert.

    Parameters
    ----------
    incident : Incident
    language : {"en", "zh"}
    """
    # when it was last seen; it counts as over only some quiet windows later
    ended = incident.last_seen_at if incident.state is AlertState.RESOLVED else None
    lines = [
        headline(incident, language),
        "",
        *table(
            [
                ["id", incident.incident_id],
                [say("report.label.model", language), _deployment(incident)],
                [
                    say("report.label.severity", language),
                    say(f"report.severity.{incident.severity}", language),
                ],
                [
                    say("report.label.state", language),
                    say(f"report.state.{incident.state}", language),
                ],
                [
                    say("report.label.since", language),
                    numbers.moment(incident.started_at, language),
                ],
                [
                    say("report.label.until", language),
                    numbers.moment(ended, language) if ended else numbers.DASH,
                ],
            ]
        ),
        "",
        *(f"- {sentence}" for sentence in sentences(incident, language)),
    ]
    if incident.acknowledged_by:
        said = f"{incident.acknowledged_by}: {incident.note or numbers.DASH}"
        lines += ["", f"{say('report.label.acknowledged', language)} {said}"]
    return "\n".join(printable(line) for line in lines) + "\n"


def _deployment(incident: Incident) -> str:
    versions = ", ".join(version for version in incident.versions if version)
    return f"{incident.model} ({versions})" if versions else incident.model
