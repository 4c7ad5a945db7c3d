"""Incidents and their alerts, made anew by every run; what people said about them stays."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from domain.errors import UnknownNameError
from domain.finding import Severity
from domain.incident import Acknowledgement, Alert, AlertState, Cause, Incident
from store.bulk import insert_rows, lists, texts, times, whole, with_rows
from store.moments import from_stored, from_stored_or_none, to_stored

_FORGET_ALERTS = """
    delete from alerts
    where model = $model
      and incident_id in (
        select incident_id
        from incidents
        where model = $model
      )
"""
_FORGET_INCIDENTS = """
    delete from incidents
    where model = $model
"""
_INCIDENTS = """
    with said as (
        select *
        from acknowledgements
        qualify row_number() over (
            partition by incident_id
            order by acknowledged_at desc, rowid desc
        ) = 1
    )
    select
        i.incident_id, model, cause, severity, state, started_at, last_seen_at, resolved_at,
        subjects, versions, who, acknowledged_at, note
    from incidents as i
    left join said using (incident_id)
    where ($model is null or model = $model)
      and ($states::varchar[] is null or state in (select unnest($states::varchar[])))
      and ($names::varchar[] is null or list_contains($names, i.incident_id))
    order by started_at, position
"""
_ALERTS = """
    select
        fingerprint, incident_id, model, versions, cause, subject, severity, state, started_at,
        last_seen_at, resolved_at, windows, reason, details
    from alerts
    where ($model is null or model = $model)
      and ($names::varchar[] is null or list_contains($names, incident_id))
    order by position
"""
_KNOWN = "select incident_id from incidents"
_ACKNOWLEDGE = """
    insert into acknowledgements
    values ($incident_id, $who, $note, $at)
"""
_SAID = """
    select who, note, acknowledged_at
    from acknowledgements
    where incident_id = $incident_id
    order by acknowledged_at, rowid
"""
_KEEP_SAID = """
    insert into acknowledgements
    select incident_id, who, note, acknowledged_at
    from rows_in_flight
    where incident_id not in (select incident_id from acknowledgements)
"""


def save_incidents(
    connection: duckdb.DuckDBPyConnection,
    model: str,
    incidents: Sequence[Incident],
) -> None:
    """
    Replace a model's incidents and their alerts; acknowledgements stay with their incident.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a write transaction.
    model : str
    incidents : sequence of Incident
    """
    connection.execute(_FORGET_ALERTS, {"model": model})
    connection.execute(_FORGET_INCIDENTS, {"model": model})
    if not incidents:
        return
    insert_rows(connection, "incidents", _incident_columns(incidents))
    alerts = [alert for incident in incidents for alert in incident.alerts]
    if alerts:
        insert_rows(connection, "alerts", _alert_columns(alerts))
    said = [incident for incident in incidents if incident.acknowledged_by is not None]
    if said:
        with_rows(connection, _said_columns(said), _KEEP_SAID)


def find_incidents(
    connection: duckdb.DuckDBPyConnection,
    model: str | None,
    states: Collection[AlertState] | None,
    names: Sequence[str] | None = None,
) -> list[Incident]:
    """
    Return incidents with their alerts and the newest acknowledgement, oldest first.

    Parameters
    ----------
    connection : DuckDBPyConnection
    model : str or None
        None: all models.
    states : collection of AlertState or None
        None: all states.
    names : sequence of str, optional
        Only the incidents of these ids.
    """
    chosen = {"model": model, "names": None if names is None else list(names)}
    alerts: dict[str, list[Alert]] = {}
    for row in connection.execute(_ALERTS, chosen).fetchall():
        alerts.setdefault(row[1], []).append(_alert(row))
    values = {**chosen, "states": None if states is None else [str(s) for s in states]}
    return [
        _incident(row, tuple(alerts.get(row[0], ())))
        for row in connection.execute(_INCIDENTS, values).fetchall()
    ]


def acknowledge(
    connection: duckdb.DuckDBPyConnection,
    incident_id: str,
    who: str,
    note: str | None,
    at: datetime,
) -> None:
    """
    Keep that somebody has taken an incident on; the newest acknowledgement is shown.

    Raises
    ------
    UnknownNameError
        If there is no such incident.
    """
    known = {name for (name,) in connection.execute(_KNOWN).fetchall()}
    if incident_id not in known:
        raise UnknownNameError.nearest("incident", incident_id, known)
    connection.execute(
        _ACKNOWLEDGE,
        {"incident_id": incident_id, "who": who, "note": note, "at": to_stored(at)},
    )


def find_acknowledgements(
    connection: duckdb.DuckDBPyConnection, incident_id: str
) -> tuple[Acknowledgement, ...]:
    """Return who has taken an incident on, oldest first."""
    rows = connection.execute(_SAID, {"incident_id": incident_id}).fetchall()
    return tuple(Acknowledgement(who, note, from_stored(at)) for who, note, at in rows)


def _incident_columns(incidents: Sequence[Incident]) -> dict[str, pa.Array]:
    return {
        "incident_id": texts([i.incident_id for i in incidents]),
        "model": texts([i.model for i in incidents]),
        "position": whole(range(len(incidents))),
        "cause": texts([i.cause for i in incidents]),
        "severity": texts([i.severity for i in incidents]),
        "state": texts([i.state for i in incidents]),
        "started_at": times([i.started_at for i in incidents]),
        "last_seen_at": times([i.last_seen_at for i in incidents]),
        "resolved_at": times([i.resolved_at for i in incidents]),
        "subjects": lists([i.subjects for i in incidents]),
        "versions": lists([i.versions for i in incidents]),
    }


def _alert_columns(alerts: Sequence[Alert]) -> dict[str, pa.Array]:
    return {
        "fingerprint": texts([a.fingerprint for a in alerts]),
        "incident_id": texts([a.incident_id for a in alerts]),
        "model": texts([a.model for a in alerts]),
        "position": whole(range(len(alerts))),
        "versions": lists([a.versions for a in alerts]),
        "cause": texts([a.cause for a in alerts]),
        "subject": texts([a.subject for a in alerts]),
        "severity": texts([a.severity for a in alerts]),
        "state": texts([a.state for a in alerts]),
        "started_at": times([a.started_at for a in alerts]),
        "last_seen_at": times([a.last_seen_at for a in alerts]),
        "resolved_at": times([a.resolved_at for a in alerts]),
        "windows": whole([a.windows for a in alerts]),
        "reason": texts([a.reason for a in alerts]),
        "details": texts([json.dumps(dict(a.values), ensure_ascii=False) for a in alerts]),
    }


def _said_columns(said: Sequence[Incident]) -> dict[str, pa.Array]:
    return {
        "incident_id": texts([i.incident_id for i in said]),
        "who": texts([i.acknowledged_by for i in said]),
        "note": texts([i.note for i in said]),
        "acknowledged_at": times([i.acknowledged_at or i.started_at for i in said]),
    }


def _incident(row: tuple[Any, ...], alerts: tuple[Alert, ...]) -> Incident:
    return Incident(
        incident_id=row[0],
        model=row[1],
        cause=Cause(row[2]),
        severity=Severity(row[3]),
        state=AlertState(row[4]),
        started_at=from_stored(row[5]),
        last_seen_at=from_stored(row[6]),
        resolved_at=from_stored_or_none(row[7]),
        subjects=tuple(row[8]),
        versions=tuple(row[9]),
        alerts=alerts,
        acknowledged_by=row[10],
        acknowledged_at=from_stored_or_none(row[11]),
        note=row[12],
    )


def _alert(row: tuple[Any, ...]) -> Alert:
    return Alert(
        fingerprint=row[0],
        incident_id=row[1],
        model=row[2],
        versions=tuple(row[3]),
        cause=Cause(row[4]),
        subject=row[5],
        severity=Severity(row[6]),
        state=AlertState(row[7]),
        started_at=from_stored(row[8]),
        last_seen_at=from_stored(row[9]),
        resolved_at=from_stored_or_none(row[10]),
        windows=row[11],
        reason=row[12],
        values=json.loads(row[13]),
    )
