"""One page of incidents, among them those that follow from the clock and are stored nowhere."""

from __future__ import annotations

from datetime import datetime

from domain.incident import Incident
from domain.page import Wanted
from monitors.alert_desk import stale_incidents
from monitors.config import Config
from store.store import Store


def incidents_page(store: Store, config: Config, wanted: Wanted, now: datetime) -> list[Incident]:
    """
    Return one page of incidents, the one that started last first.

    Parameters
    ----------
    store : Store
    config : Config
    wanted : Wanted
    now : datetime
        For the monitors that stand still.
    """
    told = [one for one in stale_incidents(store, config, now) if _is_wanted(one, wanted)]
    if not told:
        return store.incidents_page(wanted)
    found = sorted([*store.incidents_page(wanted), *told], key=lambda one: one.incident_id)
    found.sort(key=lambda one: one.started_at, reverse=True)
    return found[: wanted.limit]


def _is_wanted(one: Incident, wanted: Wanted) -> bool:
    after = wanted.after
    behind = after is None or (
        one.started_at < after.start
        or (one.started_at == after.start and one.incident_id > after.first)
    )
    return (
        behind
        and (wanted.models is None or one.model in wanted.models)
        and (wanted.version is None or wanted.version in one.versions)
        and (wanted.states is None or one.state in wanted.states)
        and (wanted.severities is None or one.severity in wanted.severities)
        and _overlaps(one, wanted)
    )


def _overlaps(one: Incident, wanted: Wanted) -> bool:
    return (wanted.start is None or one.last_seen_at > wanted.start) and (
        wanted.end is None or one.started_at < wanted.end
    )
