"""Calls counted by hour: recounted where rows changed, read by pages instead of the rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from domain.call_hours import CallHours
from domain.errors import InvalidWindowError
from domain.window import Window
from store.database import Database
from store.hours.stale import HOUR_US, find_stale, unmark, whole_hours
from store.moments import to_microseconds
from store.registry import find_model

Float = NDArray[np.float64]
# columns by name, as fetchnumpy returns them
Columns = Mapping[str, Any]
# counts some ascending hours since 1970; see `Engine.calls_by_hour`
CountHours = Callable[[Sequence[int]], pa.Table]

# Stale hours with less than this between them are counted in one go: reading rows that did not
# change costs less than another question.
_NEAR_HOURS: Final = 24

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


def refresh_call_hours(
    database: Database, model: str, counted_by: CountHours, span: Window | None
) -> int:
    """
    Count the stale hours of a model from its rows.

    Loads may commit meanwhile. What they store is counted, or marked for the next time, or both:
    an hour's marks are first taken from the memory of the writer, which so marks it anew, then its
    rows are read, and only the marks that were there before the reading are cleared.

    Parameters
    ----------
    database : Database
    model : str
    counted_by : callable
        `Engine.calls_by_hour` of the model.
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
        counted = _counted(counted_by, stale)
        with database.writing() as connection:
            _replace(connection, model, counted, stale)
            unmark(connection, model, marked, stale)
    return len(stale)


def recount_call_hours(
    database: Database, model: str, counted_by: CountHours, windows: Sequence[Window]
) -> None:
    """
    Count the hours of some windows anew, of a model whose rows nobody marks.

    Parameters
    ----------
    database : Database
    model : str
    counted_by : callable
        `Engine.calls_by_hour` of the model.
    windows : sequence of Window
        At least one; an hour that one cuts is counted whole.
    """
    hours = {hour for window in windows for hour in _hours_of(whole_hours(window))}
    with database.marks.calls.counting:
        counted = _counted(counted_by, hours)
        with database.writing() as connection:
            _replace(connection, model, counted, hours)


def _hours_of(span: Window) -> range:
    return range(to_microseconds(span.start) // HOUR_US, to_microseconds(span.end) // HOUR_US)


def _counted(counted_by: CountHours, hours: Collection[int]) -> pa.Table:
    return pa.concat_tables([counted_by(part) for part in near(sorted(hours))])


def near(hours: list[int]) -> list[list[int]]:
    """Split ascending hours where many lie between two of them."""
    cuts = np.flatnonzero(np.diff(hours) > _NEAR_HOURS) + 1
    return [part.tolist() for part in np.split(np.array(hours), cuts)]


def _replace(
    connection: duckdb.DuckDBPyConnection, model: str, counted: pa.Table, hours: Collection[int]
) -> None:
    connection.execute(_FORGET, {"model": model, "hours": list(hours)})
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
