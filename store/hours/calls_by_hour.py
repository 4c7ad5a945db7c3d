"""Calls counted hour by hour from their rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import duckdb
import pyarrow as pa

from domain.call_hours import LATENCY_GROWTH, LONGEST_MS, SHORTEST_MS, ZERO_CELL
from domain.calls import ANSWERED_FROM, SERVER_ERROR_FROM
from domain.window import Window
from store.hours.stale import HOUR_US
from store.moments import from_microseconds
from store.relations import Relations

_COUNT: Final = """
    with judged as (
        select
            version,
            coalesce(replica, '') as replica,
            ts,
            date_trunc('hour', ts) as hour,
            case when sampling_rate > 0 then 1 / sampling_rate else 1 end as weight,
            status is not null as told,
            coalesce(status < $answered_from or status >= $error_from, false) as failed,
            case
                when latency_ms < $shortest then $zero_cell
                when isfinite(latency_ms) then floor(ln(least(latency_ms, $longest)) / $growth)
            end::smallint as cell
        from {calls}
        where ts >= make_timestamp($start)
          and ts < make_timestamp($end)
    ),
    by_cell as (
        select
            version, replica, hour, cell,
            count(*) as n,
            sum(weight) as calls,
            sum(weight) filter (told) as with_status,
            sum(weight) filter (failed) as failed,
            min(ts) as first,
            max(ts) as last
        from judged
        where hour in (select make_timestamp(unnest($hours::bigint[]) * 3600000000))
        group by all
    )
    select
        version, replica, hour,
        sum(n)::bigint as logged,
        min(first) as first,
        max(last) as last,
        sum(calls) as calls,
        coalesce(sum(with_status), 0) as with_status,
        coalesce(sum(failed), 0) as failed,
        coalesce(list(cell order by cell) filter (cell is not null), []) as cells,
        coalesce(list(n order by cell) filter (cell is not null), []) as counts
    from by_cell
    group by version, replica, hour
    order by version, hour, replica
"""


def span_of(hours: Sequence[int]) -> Window:
    """Return the span from the first to the end of the last of some ascending hours since 1970."""
    start, end = hours[0] * HOUR_US, (hours[-1] + 1) * HOUR_US
    return Window(from_microseconds(start), from_microseconds(end))


def calls_by_hour(
    connection: duckdb.DuckDBPyConnection, logs: Relations, hours: Sequence[int]
) -> pa.Table:
    """
    Count the calls of some hours; see `Engine.calls_by_hour`.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a read transaction.
    logs : Relations
        With the rows of these hours.
    hours : sequence of int
        Since 1970, ascending, at least one.
    """
    values = {
        "start": hours[0] * HOUR_US,
        "end": (hours[-1] + 1) * HOUR_US,
        "hours": list(hours),
        "answered_from": ANSWERED_FROM,
        "error_from": SERVER_ERROR_FROM,
        "shortest": SHORTEST_MS,
        "longest": LONGEST_MS,
        "zero_cell": ZERO_CELL,
        "growth": math.log(LATENCY_GROWTH),
    }
    sql = _COUNT.format(calls=logs.calls)
    return connection.sql(sql, params=values).to_arrow_table()
