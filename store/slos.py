"""How objectives stood at the end of a run's window, one row each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa

from domain.run import Run
from domain.slo import SLO, BurnRate, SLOResult, SLOState
from store.bulk import insert_rows, numbers, texts, times, whole
from store.moments import from_stored_or_none
from store.run_keys import KEY_COLUMNS, RunChoice, RunKey, key_columns

SLO_FIELDS: Final = """
        name, target, period_days, latency_ms, replica, good, total, window_good,
        window_total, state, burn_rates, fired_at, cleared_at, coverage, details
"""
_SLOS: Final = f"""
    {{chosen}}
    select {{key}}, {SLO_FIELDS}
    from slos
    join chosen using ({{key}})
    order by position
"""


def add_slos(connection: duckdb.DuckDBPyConnection, runs: Sequence[Run]) -> None:
    """Keep the objectives of runs whose earlier ones are gone."""
    judged = [result for run in runs for result in run.slos]
    if not judged:
        return
    owner = np.repeat(np.arange(len(runs)), [len(run.slos) for run in runs])
    keys = {name: column.take(pa.array(owner)) for name, column in key_columns(runs).items()}
    position = [i for run in runs for i in range(len(run.slos))]
    insert_rows(connection, "slos", {**keys, "position": whole(position), **_columns(judged)})


def slos_of(
    connection: duckdb.DuckDBPyConnection, choice: RunChoice
) -> dict[RunKey, tuple[SLOResult, ...]]:
    """Return the objectives of the chosen runs, by the run's key, in the order they were judged."""
    sql = _SLOS.format(chosen=choice.sql, key=KEY_COLUMNS)
    judged: dict[RunKey, list[SLOResult]] = {}
    for row in connection.execute(sql, choice.values).fetchall():
        judged.setdefault(row[:4], []).append(read_slo(row[4:]))
    return {key: tuple(results) for key, results in judged.items()}


def _columns(judged: Sequence[SLOResult]) -> dict[str, pa.Array]:
    return {
        "name": texts([r.slo.name for r in judged]),
        "target": numbers([r.slo.target for r in judged]),
        "period_days": numbers([r.slo.period_days for r in judged]),
        "latency_ms": numbers([r.slo.latency_ms for r in judged]),
        "replica": texts([r.replica for r in judged]),
        "good": whole([r.good for r in judged]),
        "total": whole([r.total for r in judged]),
        "window_good": whole([r.window_good for r in judged]),
        "window_total": whole([r.window_total for r in judged]),
        "state": texts([r.state for r in judged]),
        "burn_rates": texts([json.dumps([asdict(b) for b in r.burn_rates]) for r in judged]),
        "fired_at": times([r.fired_at for r in judged]),
        "cleared_at": times([r.cleared_at for r in judged]),
        "coverage": numbers([r.coverage for r in judged]),
        "details": texts([json.dumps(dict(r.values), ensure_ascii=False) for r in judged]),
    }


def read_slo(row: tuple[Any, ...]) -> SLOResult:
    """Return the result in a row of `SLO_FIELDS`."""
    return SLOResult(
        slo=SLO(row[0], row[1], row[2], row[3]),
        replica=row[4],
        good=row[5],
        total=row[6],
        window_good=row[7],
        window_total=row[8],
        state=SLOState(row[9]),
        burn_rates=tuple(BurnRate(**fields) for fields in json.loads(row[10])),
        fired_at=from_stored_or_none(row[11]),
        cleared_at=from_stored_or_none(row[12]),
        coverage=row[13],
        values=json.loads(row[14]),
    )
