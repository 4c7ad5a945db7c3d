"""What charts over many runs need of each: its counts, latencies and quality, no findings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import duckdb

from domain.run import Deployment, Performance, RunStatus
from domain.window import Window
from store.moments import from_stored, from_stored_or_none
from store.run_keys import KEY_COLUMNS, RunChoice
from store.runs import read_performance

# every objective of all replicas together has the same readings of latency beside it
_POINTS: Final = """
    {chosen},
    judged as (
        select
            {key},
            arg_min(details, position) as readings,
            arg_min(window_good, position) filter (latency_ms is null) as good,
            arg_min(window_total, position) filter (latency_ms is null) as total
        from slos
        where replica is null
        group by {key}
    )
    select
        {key}, status, predictions, calls, data_to, good, total, readings, performance,
        shadow
    from runs
    join chosen using ({key})
    left join judged using ({key})
    order by window_start, window_end, model, version
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPoint:
    """
    One run, as a point of a chart.

    Parameters
    ----------
    deployment : Deployment
    window : Window
    status : RunStatus
    n_predictions, n_calls : int
    n_shadow : int or None
        Of the predictions; None: not counted when the run was stored.
    data_to : datetime or None
        Last event of the window.
    failed_share : float or None
        Failed calls, in [0, 1]; None where no objective on them was judged.
    p50_ms, p95_ms, p99_ms : float or None
        None where no objective was judged.
    performance : Performance or None
    """

    deployment: Deployment
    window: Window
    status: RunStatus
    n_predictions: int
    n_calls: int
    n_shadow: int | None
    data_to: datetime | None
    failed_share: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    performance: Performance | None


def find_points(connection: duckdb.DuckDBPyConnection, choice: RunChoice) -> list[RunPoint]:
    """Return the chosen runs as points, oldest window first."""
    sql = _POINTS.format(chosen=choice.sql.rstrip(), key=KEY_COLUMNS)
    return [_point(row) for row in connection.execute(sql, choice.values).fetchall()]


def _point(row: tuple[Any, ...]) -> RunPoint:
    readings: Mapping[str, Any] = json.loads(row[10]) if row[10] is not None else {}
    return RunPoint(
        deployment=Deployment(row[0], row[1]),
        window=Window(from_stored(row[2]), from_stored(row[3])),
        status=RunStatus(row[4]),
        n_predictions=row[5],
        n_calls=row[6],
        data_to=from_stored_or_none(row[7]),
        failed_share=1 - row[8] / row[9] if row[9] else None,
        p50_ms=readings.get("p50_ms"),
        p95_ms=readings.get("p95_ms"),
        p99_ms=readings.get("p99_ms"),
        performance=read_performance(row[11]),
        n_shadow=row[12],
    )
