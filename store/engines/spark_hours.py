"""Calls counted hour by hour, for the pages: only the counts come back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from domain.call_hours import LATENCY_GROWTH, LONGEST_MS, SHORTEST_MS, ZERO_CELL
from store.engines.spark_logs import FAILED, SparkLogs
from store.hours.calls_by_hour import span_of
from store.hours.stale import HOUR_US

_CELL: Final = f"""case
                when latency_ms < double('{SHORTEST_MS!r}') then {ZERO_CELL}
                when latency_ms < double('Infinity') then cast(
                    floor(ln(least(latency_ms, double('{LONGEST_MS!r}')))
                        / double('{math.log(LATENCY_GROWTH)!r}')) as int)
            end"""
_COUNT: Final = f"""
    with judged as (
        select
            version,
            coalesce(replica, '') as replica,
            us,
            us div {HOUR_US} as hour,
            case when sampling_rate > 0 then 1 / sampling_rate else 1.0D end as weight,
            status,
            {FAILED} as failed,
            {_CELL} as cell
        from ({{calls}})
    ),
    by_cell as (
        select
            version, replica, hour, cell,
            count(*) as n,
            sum(weight) as calls,
            sum(weight) filter (where status is not null) as with_status,
            sum(weight) filter (where failed) as failed,
            min(us) as first,
            max(us) as last
        from judged
        where {{hours}}
        group by version, replica, hour, cell
    )
    select
        version, replica,
        hour * {HOUR_US} as hour,
        sum(n) as logged,
        min(first) as first,
        max(last) as last,
        sum(calls) as calls,
        coalesce(sum(with_status), 0.0D) as with_status,
        coalesce(sum(failed), 0.0D) as failed,
        array_sort(collect_list(struct(cell, n)) filter (where cell is not null)) as told
    from by_cell
    group by version, replica, hour
    order by version, hour, replica
"""
_MOMENTS: Final = ("hour", "first", "last")


def calls_by_hour(logs: SparkLogs, hours: Sequence[int]) -> pa.Table:
    """Count the calls of some hours; see `Engine.calls_by_hour`."""
    sql = _COUNT.format(calls=logs.calls(span_of(hours)), hours=_among(hours))
    table = logs.ask(sql)
    for name in _MOMENTS:
        place = table.schema.get_field_index(name)
        moments = table.column(name).cast(pa.timestamp("us"))
        table = table.set_column(place, name, moments)
    told = table.column("told").combine_chunks()
    cell, n = told.flatten().flatten()
    cells, counts = (pa.ListArray.from_arrays(told.offsets, part) for part in (cell, n))
    counted = table.drop_columns(["told"])
    return counted.append_column("cells", cells).append_column("counts", counts)


def _among(hours: Sequence[int]) -> str:
    """Return the condition that an hour is one of some; hours without a gap are one range."""
    cuts = np.flatnonzero(np.diff(hours) > 1) + 1
    runs = np.split(np.asarray(hours), cuts)
    return " or ".join(f"hour between {run[0]} and {run[-1]}" for run in runs)
