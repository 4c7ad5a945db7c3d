"""Runs, findings, objectives and incidents one page after the other: the database pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import duckdb

from domain.incident import Incident
from domain.page import FoundInRun, ObjectiveInRun, Wanted
from domain.run import Deployment, Run
from domain.window import Window
from store.findings import FINDING_FIELDS, read_finding
from store.incidents import find_incidents
from store.moments import from_stored, to_stored_or_none
from store.run_keys import KEY_COLUMNS, RunChoice
from store.runs import find_runs
from store.slos import SLO_FIELDS, read_slo

_ORDER: Final = "{start} desc, {end} desc, {first}, {second}, {position}"
_PAGE: Final = """
        where ($models::varchar[] is null or list_contains($models, model))
          and ($from is null or {last} > $from)
          and ($to is null or {start} < $to)
          and ($version is null or {version})
          and ($states::varchar[] is null or list_contains($states, {state}))
          and ($severities::varchar[] is null or list_contains($severities, {severity}))
          and (
            $start is null
            or {start} < $start
            or ({start} = $start and {end} < $end)
            or (
                {start} = $start
                and {end} = $end
                and ({first}, {second}, {position}) > ($first, $second, $position)
            )
          )
        order by {order}
        limit $limit
"""
_IN_A_RUN: Final = {
    "start": "window_start",
    "end": "window_end",
    "last": "window_end",
    "version": "version = $version",
    "first": "model",
    "second": "version",
}
_RUN: Final = {
    **_IN_A_RUN,
    "position": "0::bigint",
    "state": "status",
    # a run has none of its own: nothing is asked for by it
    "severity": "''::varchar",
}
_FINDING: Final = {
    **_IN_A_RUN,
    "position": "position",
    "state": "verdict",
    "severity": "severity",
}
_SLO: Final = {**_IN_A_RUN, "position": "position", "state": "state", "severity": "''::varchar"}
_INCIDENT: Final = {
    "start": "started_at",
    "end": "started_at",
    "last": "last_seen_at",
    "version": "list_contains(versions, $version)",
    "first": "incident_id",
    "second": "''::varchar",
    "position": "0::bigint",
    "state": "state",
    "severity": "severity",
}


@dataclass(frozen=True, slots=True)
class _PageOfRuns(RunChoice):
    """The runs of one page, for whatever reads what belongs to chosen runs."""

    wanted: Wanted = field(default_factory=Wanted)

    @property
    def sql(self) -> str:
        return f"with chosen as (select {KEY_COLUMNS} from runs {_page(_RUN)})"

    @property
    def values(self) -> dict[str, object]:
        return _values(self.wanted)


def runs_page(connection: duckdb.DuckDBPyConnection, wanted: Wanted) -> list[Run]:
    """Return one page of runs with all that they found, the newest window first."""
    found = find_runs(connection, _PageOfRuns(wanted=wanted), "all")
    found.sort(key=lambda run: (run.deployment.model, run.deployment.version))
    return sorted(found, key=lambda run: (run.window.start, run.window.end), reverse=True)


def findings_page(connection: duckdb.DuckDBPyConnection, wanted: Wanted) -> list[FoundInRun]:
    """Return one page of findings, those of the newest window first."""
    rows = _rows(connection, f"{KEY_COLUMNS}, position, {FINDING_FIELDS}", "findings", wanted)
    return [FoundInRun(*_place(row), row[4], read_finding(row[5:])) for row in rows]


def slos_page(connection: duckdb.DuckDBPyConnection, wanted: Wanted) -> list[ObjectiveInRun]:
    """Return one page of judged objectives, those of the newest window first."""
    rows = _rows(connection, f"{KEY_COLUMNS}, position, {SLO_FIELDS}", "slos", wanted)
    return [ObjectiveInRun(*_place(row), row[4], read_slo(row[5:])) for row in rows]


def incidents_page(connection: duckdb.DuckDBPyConnection, wanted: Wanted) -> list[Incident]:
    """Return one page of incidents with their alerts, the one that started last first."""
    names = [row[0] for row in _rows(connection, "incident_id", "incidents", wanted)]
    found = {one.incident_id: one for one in find_incidents(connection, None, None, names)}
    return [found[name] for name in names]


def _rows(
    connection: duckdb.DuckDBPyConnection, fields: str, table: str, wanted: Wanted
) -> list[tuple[Any, ...]]:
    columns = {"findings": _FINDING, "slos": _SLO, "incidents": _INCIDENT}[table]
    sql = f"select {fields} from {table} {_page(columns)}"
    return connection.execute(sql, _values(wanted)).fetchall()


def _page(columns: dict[str, str]) -> str:
    return _PAGE.format(**columns, order=_ORDER.format(**columns))


def _values(wanted: Wanted) -> dict[str, object]:
    after = wanted.after
    return {
        "models": None if wanted.models is None else list(wanted.models),
        "version": wanted.version,
        "from": to_stored_or_none(wanted.start),
        "to": to_stored_or_none(wanted.end),
        "states": None if wanted.states is None else list(wanted.states),
        "severities": None if wanted.severities is None else list(wanted.severities),
        "start": to_stored_or_none(after.start if after else None),
        "end": to_stored_or_none(after.end if after else None),
        "first": after.first if after else "",
        "second": after.second if after else "",
        "position": after.position if after else 0,
        "limit": wanted.limit,
    }


def _place(row: tuple[Any, ...]) -> tuple[Deployment, Window]:
    return Deployment(row[0], row[1]), Window(from_stored(row[2]), from_stored(row[3]))
