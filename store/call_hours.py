"""Calls counted by hour: recounted where rows changed, read by pages instead of the rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from domain.call_hours import (
    LATENCY_GROWTH,
    LONGEST_MS,
    SHORTEST_MS,
    ZERO_CELL,
    CallHours,
)
from domain.calls import ANSWERED_FROM, SERVER_ERROR_FROM
from domain.errors import InvalidWindowError
from domain.window import Window
from store.database import Database
from store.moments import from_microseconds, to_microseconds
from store.registry import find_model
from store.spanning import asking
from store.stale_hours import HOUR_US, find_stale, stale_models, unmark, whole_hours

Float = NDArray[np.float64]
# columns by name, as fetchnumpy returns them
Columns = Mapping[str, Any]

# Stale hours with less than this between them are counted in one go: reading rows that did not
# change costs less than another question.
_NEAR_HOURS: Final = 24

_COUNT = """
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
_FORGET = """
    delete from call_hours
    where model = $model
      and hour in (select make_timestamp(unnest($hours::bigint[]) * 3600000000))
"""
_COUNTED: Final = "counted_in_flight"
_KEEP = f"insert into call_hours by name select $model as model, * from {_COUNTED}"

_OF_SPAN = """
    from call_hours
    where model = $model
      and version = $version
      and hour >= make_timestamp($start)
      and hour < make_timestamp($end)
"""
_TOTALS = f"""
    select
        (epoch_us(hour) - $start) // $width as bucket,
        replica,
        sum(calls) as total,
        sum(with_status) as with_status,
        sum(failed) as failed
    {_OF_SPAN}
    group by bucket, replica
"""
_LATENCIES = f"""
    select bucket, replica, cell, sum(n)::bigint as count
    from (
        select
            (epoch_us(hour) - $start) // $width as bucket,
            replica,
            unnest(cells) as cell,
            unnest(counts) as n
        {_OF_SPAN}
    )
    group by bucket, replica, cell
"""
_VERSIONS = """
    select distinct version
    from call_hours
    where model = $model
    order by version
"""


def refresh_all(database: Database) -> int:
    """Count the stale hours of all models; return how many there were."""
    with database.reading() as connection:
        models = stale_models(connection, database.marks.calls)
    return sum(refresh_call_hours(database, model, None) for model in models)


def refresh_call_hours(database: Database, model: str, span: Window | None) -> int:
    """
    Count the stale hours of a model from its rows.

    Loads may commit meanwhile. What they store is counted, or marked for the next time, or both:
    an hour's marks are first taken from the memory of the writer, which so marks it anew, then its
    rows are read, and only the marks that were there before the reading are cleared.

    Parameters
    ----------
    database : Database
    model : str
    span : Window or None
        Only the hours that overlap it; None: all.

    Returns
    -------
    int
        Hours that were counted.
    """
    limits = None if span is None else whole_hours(span)
    marked = database.marks.calls
    # of two counts the later one must be the one that stays
    with marked.counting:
        with database.reading() as connection:
            find_model(connection, model)
            if not find_stale(connection, model, marked, limits):
                return 0
        with database.writing() as connection:
            stale = find_stale(connection, model, marked, limits)
            marked.forget(model, stale)
        counted = [_count(database, model, hours) for hours in near(sorted(stale))]
        with database.writing() as connection:
            _replace(connection, model, pa.concat_tables(counted), stale)
            unmark(connection, model, marked, stale)
    return len(stale)


def near(hours: list[int]) -> list[list[int]]:
    """Split ascending hours where many lie between two of them."""
    cuts = np.flatnonzero(np.diff(hours) > _NEAR_HOURS) + 1
    return [part.tolist() for part in np.split(np.array(hours), cuts)]


def _count(database: Database, model: str, hours: list[int]) -> pa.Table:
    start, end = hours[0] * HOUR_US, (hours[-1] + 1) * HOUR_US
    values = {
        "start": start,
        "end": end,
        "hours": hours,
        "answered_from": ANSWERED_FROM,
        "error_from": SERVER_ERROR_FROM,
        "shortest": SHORTEST_MS,
        "longest": LONGEST_MS,
        "zero_cell": ZERO_CELL,
        "growth": math.log(LATENCY_GROWTH),
    }
    span = Window(from_microseconds(start), from_microseconds(end))
    with asking(database, model, [span]) as (connection, logs):
        sql = _COUNT.format(calls=logs.calls)
        return connection.sql(sql, params=values).to_arrow_table()


def _replace(
    connection: duckdb.DuckDBPyConnection, model: str, counted: pa.Table, stale: dict[int, int]
) -> None:
    connection.execute(_FORGET, {"model": model, "hours": list(stale)})
    connection.register(_COUNTED, counted)
    try:
        connection.execute(_KEEP, {"model": model})
    finally:
        connection.unregister(_COUNTED)


def called_versions(connection: duckdb.DuckDBPyConnection, model: str) -> tuple[str, ...]:
    """Return the versions whose calls were counted, in alphabetical order."""
    return tuple(name for (name,) in connection.execute(_VERSIONS, {"model": model}).fetchall())


def call_hours(
    connection: duckdb.DuckDBPyConnection, model: str, version: str, span: Window, bucket_s: int
) -> CallHours:
    """
    Return calls in equal buckets, as they were last counted.

    Parameters
    ----------
    connection : DuckDBPyConnection
    model, version : str
    span : Window
        An hour that it cuts is counted whole.
    bucket_s : int
        Length of a bucket in seconds, whole hours.

    Raises
    ------
    InvalidWindowError
        If a bucket is not whole hours.
    """
    if bucket_s <= 0 or bucket_s % 3600:
        raise InvalidWindowError(
            f"buckets of {bucket_s} s are not whole hours; calls are counted by the hour"
        )
    find_model(connection, model)
    span = whole_hours(span)
    values = {
        "model": model,
        "version": version,
        "start": to_microseconds(span.start),
        "end": to_microseconds(span.end),
        "width": bucket_s * 1_000_000,
    }
    totals = connection.execute(_TOTALS, values).fetchnumpy()
    return _buckets(span, bucket_s, totals, connection.execute(_LATENCIES, values).fetchnumpy())


def _buckets(span: Window, bucket_s: int, totals: Columns, cells: Columns) -> CallHours:
    names, replica = np.unique(np.asarray(totals["replica"], np.str_), return_inverse=True)
    n_buckets = -(-span.duration // timedelta(seconds=bucket_s))
    place = replica, np.asarray(totals["bucket"], np.int64)

    def dense(name: str) -> Float:
        table = np.zeros((len(names), n_buckets))
        table[place] = totals[name]
        return table

    first = to_microseconds(span.start) // 1_000_000
    return CallHours(
        span=span,
        starts=first + np.arange(n_buckets, dtype=np.int64) * bucket_s,
        bucket_s=bucket_s,
        replicas=tuple(str(name) for name in names),
        total=dense("total"),
        with_status=dense("with_status"),
        failed=dense("failed"),
        replica=np.searchsorted(names, np.asarray(cells["replica"], np.str_)).astype(np.int64),
        bucket=np.asarray(cells["bucket"], np.int64),
        cell=np.asarray(cells["cell"], np.int64),
        count=np.asarray(cells["count"], np.int64),
    )
