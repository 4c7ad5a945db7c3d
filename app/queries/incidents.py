"""Where an incident is investigated: the page, and what is chosen on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from domain.incident import AlertState, Cause, Incident
from domain.links import page_keys
from domain.window import Window
from monitors.views.fleet import JudgedWindow, Target

_PAGES = {
    Cause.TRAFFIC: "slo",
    Cause.AVAILABILITY: "slo",
    Cause.LATENCY: "slo",
    Cause.MISSING: "drift",
    Cause.DRIFT: "drift",
    Cause.PERFORMANCE: "performance",
    Cause.MONITOR: "alerts",
}


@dataclass(frozen=True, slots=True)
class Place:
    """
    A page and the keys of its address.

    Parameters
    ----------
    page : str
    keys : dict of str to str
    """

    page: str
    keys: dict[str, str]


def place_of(incident: Incident, targets: Sequence[Target]) -> Place:
    """
    Return where an incident is investigated.

    Drift and missing values: the worst column in the last window it was seen in. Calls and
    performance: the incident itself over its window.

    Parameters
    ----------
    incident : Incident
    targets : sequence of Target
    """
    page = _PAGES[incident.cause]
    target = next((one for one in targets if one.model == incident.model), None)
    window = _last_window(incident, target.windows) if target else None
    version = _version(incident, target)
    column = incident.subjects[0] if page == "drift" and incident.subjects else None
    return Place(
        page,
        page_keys(
            model=incident.model,
            version=version,
            window=None if page == "alerts" else window,
            column=column,
            incident=None if page == "drift" else incident.incident_id,
        ),
    )


def _version(incident: Incident, target: Target | None) -> str | None:
    """Return the newest version that it was seen on."""
    if target is None:
        return incident.versions[0] if incident.versions else None
    seen = [version for version in target.versions if version in incident.versions]
    return (seen or list(incident.versions) or list(target.versions))[0]


def _last_window(incident: Incident, judged: Sequence[JudgedWindow]) -> Window | None:
    """Return the judged window that an incident was last seen in; None: the newest one."""
    if not judged:
        return None
    moment = incident.last_seen_at - timedelta(microseconds=1)
    inside = [one.window for one in judged if one.window.contains(moment)]
    last = inside[-1] if inside else None
    # an open incident is looked at where it stands now, also tomorrow
    newest = judged[-1].window
    return None if last == newest and incident.state is not AlertState.RESOLVED else last
