"""Runs and what they found, kept so that the number shown later is the number found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

import duckdb
import pyarrow as pa

from domain.finding import Finding
from domain.run import Deployment, Performance, Run, RunStatus
from domain.run_profile import RunProfiles
from domain.slo import SLOResult
from domain.window import Window
from store.bulk import insert_rows, numbers, texts, times, whole, with_rows
from store.findings import FindingsWanted, add_findings, findings_of
from store.moments import from_stored, from_stored_or_none
from store.run_keys import KEY_COLUMNS, RunChoice, key_columns, run_key
from store.run_profiles import add_profiles
from store.slos import add_slos, slos_of

_TABLES: Final = ("runs", "findings", "slos", "run_profiles")
_FORGET = """
    delete from {table} as t
    using rows_in_flight as k
    where t.model = k.model
      and t.version = k.version
      and t.window_start = k.window_start
      and t.window_end = k.window_end
"""
_RUNS = """
    {chosen}
    select
        {key}, status, coverage, config_hash, code_version, started_at, duration_s, predictions,
        calls, baseline, baseline_windows, data_from, data_to, performance, error, shadow
    from runs
    join chosen using ({key})
    order by window_start, window_end, model, version
"""


def save_runs(
    connection: duckdb.DuckDBPyConnection, runs: Sequence[Run], profiles: RunProfiles
) -> None:
    """
    Keep runs; the run of a deployment and window replaces an earlier one of the same.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a write transaction.
    runs : sequence of Run
        Of several of one deployment and window the last one counts.
    profiles : mapping of (Deployment, Window) to sequence of RunProfile
        What was counted for them, where it was.
    """
    kept = list({run_key(run): run for run in runs}.values())
    if not kept:
        return
    keys = key_columns(kept)
    for table in _TABLES:
        with_rows(connection, keys, _FORGET.format(table=table))
    insert_rows(connection, "runs", {**keys, **_columns(kept)})
    add_findings(connection, kept)
    add_slos(connection, kept)
    add_profiles(connection, kept, profiles)


def find_runs(
    connection: duckdb.DuckDBPyConnection, choice: RunChoice, findings: FindingsWanted
) -> list[Run]:
    """
    Return the chosen runs as they were saved, oldest window first.

    Parameters
    ----------
    connection : DuckDBPyConnection
    choice : RunChoice
    findings : {"all", "notable", "none"}
        Notable: drifted, blind, or with a severity.
    """
    sql = _RUNS.format(chosen=choice.sql, key=KEY_COLUMNS)
    rows = connection.execute(sql, choice.values).fetchall()
    found = findings_of(connection, choice, findings)
    judged = slos_of(connection, choice)
    return [_run(row, found.get(row[:4], ()), judged.get(row[:4], ())) for row in rows]


def _columns(runs: Sequence[Run]) -> dict[str, pa.Array]:
    return {
        "status": texts([run.status for run in runs]),
        "coverage": numbers([run.coverage for run in runs]),
        "config_hash": texts([run.config_hash for run in runs]),
        "code_version": texts([run.code_version for run in runs]),
        "started_at": times([run.started_at for run in runs]),
        "duration_s": numbers([run.duration_s for run in runs]),
        "predictions": whole([run.n_predictions for run in runs]),
        "calls": whole([run.n_calls for run in runs]),
        "shadow": whole([run.n_shadow for run in runs]),
        "baseline": texts([run.baseline for run in runs]),
        "baseline_windows": whole([run.baseline_windows for run in runs]),
        "data_from": times([run.data_from for run in runs]),
        "data_to": times([run.data_to for run in runs]),
        "performance": texts([_performance_text(run.performance) for run in runs]),
        "error": texts([run.error for run in runs]),
    }


def _run(row: tuple[Any, ...], findings: tuple[Finding, ...], slos: tuple[SLOResult, ...]) -> Run:
    return Run(
        deployment=Deployment(row[0], row[1]),
        window=Window(from_stored(row[2]), from_stored(row[3])),
        status=RunStatus(row[4]),
        coverage=row[5],
        config_hash=row[6],
        code_version=row[7],
        started_at=from_stored(row[8]),
        duration_s=row[9],
        n_predictions=row[10],
        n_calls=row[11],
        baseline=row[12],
        baseline_windows=row[13],
        data_from=from_stored_or_none(row[14]),
        data_to=from_stored_or_none(row[15]),
        findings=findings,
        slos=slos,
        performance=read_performance(row[16]),
        error=row[17],
        n_shadow=row[18],
    )


def _performance_text(performance: Performance | None) -> str | None:
    if performance is None:
        return None
    until = performance.labels_until
    fields = {**asdict(performance), "labels_until": until.isoformat() if until else None}
    return json.dumps(fields, ensure_ascii=False)


def read_performance(text: str | None) -> Performance | None:
    """Read a run's performance as it is stored."""
    if text is None:
        return None
    fields = json.loads(text)
    until = fields.pop("labels_until")
    return Performance(**fields, labels_until=datetime.fromisoformat(until) if until else None)
