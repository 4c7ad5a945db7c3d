"""Samples of resource use: kept once each, read as the course of a deployment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from domain.resource import (
    ResourceMetric,
    ResourceSample,
    ResourceSeries,
    ResourceUnit,
    ResourceUse,
)
from domain.run import Deployment
from domain.window import Window
from store.bulk import numbers, texts, times, with_rows
from store.moments import from_microseconds, from_stored_or_none, to_microseconds, to_stored

# A series is a metric of a source, in a unit, of a replica of a deployment. Where several processes
# of the replica measure themselves, the source is kept as its name, chr(31) and the process.
_ADD: Final = """
    insert into resource_samples by name
    with named as (
        select
            *,
            md5_number(concat_ws(
                chr(31), epoch_us(ts), metric, unit, source,
                coalesce(model, chr(30)), coalesce(version, chr(30)), coalesce(replica, chr(30))
            )) as id
        from rows_in_flight
    )
    select *
    from named
    where id not in (
        select id
        from resource_samples
        where ts between (select min(ts) from rows_in_flight)
                     and (select max(ts) from rows_in_flight)
    )
    qualify row_number() over (partition by id) = 1
    order by ts
"""
# Whose replica it is tell the calls of the same hours, where the sample names no model or version.
# What processes of a replica use at one moment is added; shares of one limit are averaged.
_COURSE: Final = """
    with answering as (
        select distinct version, replica
        from call_hours
        where model = $model
          and hour >= date_trunc('hour', $start::timestamp)
          and hour < $end::timestamp
          and replica != ''
    ), of_processes as (
        select
            metric, unit, replica, ts, source as process,
            split_part(source, chr(31), 1) as source,
            avg(value) as value
        from resource_samples
        where ts >= $start::timestamp
          and ts < $end::timestamp
          and (
              (model = $model and version = $version)
              or (
                  coalesce(model, $model) = $model
                  and version is null
                  and replica in (select replica from answering where version = $version)
              )
              or (
                  model = $model
                  and version is null
                  and (replica is null or replica not in (select replica from answering))
              )
          )
        group by all
    ), of_moments as (
        select
            metric, unit, source, replica, ts,
            if(unit = 'share', avg(value), sum(value)) as value
        from of_processes
        group by metric, unit, source, replica, ts
    )
    select
        metric, unit, source, replica,
        (epoch_us(ts) - $start_us) // $width_us as bucket,
        count(*) as n,
        avg(value) as mean,
        max(value) as highest
    from of_moments
    group by all
    order by metric, unit, source, replica nulls first, bucket
"""
_REPLICAS: Final = """
    select replica, epoch_us(min(hour))
    from call_hours
    where hour >= date_trunc('hour', $since::timestamp)
      and replica != ''
    group by replica
"""
_NEWEST: Final = """
    select max(ts)
    from resource_samples
    where source = $source
"""
_FORGET: Final = """
    delete from resource_samples
    where ts < $before
"""


def add_samples(connection: duckdb.DuckDBPyConnection, samples: Sequence[ResourceSample]) -> None:
    """
    Keep samples; one of the same series and time is kept once.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a write transaction.
    samples : sequence of ResourceSample
    """
    if samples:
        with_rows(connection, _columns(samples), _ADD)


def _columns(samples: Sequence[ResourceSample]) -> dict[str, pa.Array]:
    return {
        "ts": times([one.ts for one in samples]),
        "metric": texts([one.metric.value for one in samples]),
        "unit": texts([one.unit.value for one in samples]),
        "value": numbers([one.value for one in samples]),
        "source": texts([_meter(one) for one in samples]),
        "model": texts([one.model for one in samples]),
        "version": texts([one.version for one in samples]),
        "replica": texts([one.replica for one in samples]),
    }


def _meter(sample: ResourceSample) -> str:
    return sample.source if sample.process is None else f"{sample.source}\x1f{sample.process}"


def resource_use(
    connection: duckdb.DuckDBPyConnection, of: Deployment, span: Window, bucket_s: int
) -> ResourceUse:
    """
    Return what a deployment used.

    What several processes of a replica use at one moment is added. A sample without a version
    counts for the versions whose calls of these hours its replica answered; where it names its
    model, and nobody's, for every version of that.

    Parameters
    ----------
    connection : DuckDBPyConnection
    of : Deployment
    span : Window
    bucket_s : int
        Length of a bucket.
    """
    begin, end = to_microseconds(span.start), to_microseconds(span.end)
    starts = np.arange(begin // 1_000_000, -(-end // 1_000_000), bucket_s, dtype=np.int64)
    values = {
        "model": of.model,
        "version": of.version,
        "start": to_stored(span.start),
        "end": to_stored(span.end),
        "start_us": begin,
        "width_us": bucket_s * 1_000_000,
    }
    courses: dict[tuple[str, str, str, str | None], list[tuple[int, int, float, float]]] = {}
    for metric, unit, source, replica, *bucket in connection.execute(_COURSE, values).fetchall():
        courses.setdefault((metric, unit, source, replica), []).append(tuple(bucket))
    series = tuple(_series(key, buckets, len(starts)) for key, buckets in courses.items())
    return ResourceUse(starts=starts, bucket_s=bucket_s, series=series)


def _series(
    key: tuple[str, str, str, str | None],
    buckets: Sequence[tuple[int, int, float, float]],
    n_buckets: int,
) -> ResourceSeries:
    metric, unit, source, replica = key
    place, n, mean, highest = (np.array(column) for column in zip(*buckets, strict=True))
    counts = np.zeros(n_buckets, np.int64)
    counts[place] = n
    courses = np.full((2, n_buckets), np.nan)
    courses[:, place] = mean, highest
    return ResourceSeries(
        metric=ResourceMetric(metric),
        unit=ResourceUnit(unit),
        source=source,
        replica=replica,
        n=counts,
        mean=courses[0],
        highest=courses[1],
    )


def replicas_since(connection: duckdb.DuckDBPyConnection, since: datetime) -> dict[str, datetime]:
    """
    Return the replicas that answered calls of any model, and the first hour in which each did.

    Parameters
    ----------
    connection : DuckDBPyConnection
    since : datetime
        Hours before are left out.
    """
    found = connection.execute(_REPLICAS, {"since": to_stored(since)}).fetchall()
    return {replica: from_microseconds(us) for replica, us in found}


def newest_sample(connection: duckdb.DuckDBPyConnection, source: str) -> datetime | None:
    """
    Return the time of the newest sample of a source; None without any.

    Parameters
    ----------
    connection : DuckDBPyConnection
    source : str
    """
    [(newest,)] = connection.execute(_NEWEST, {"source": source}).fetchall()
    return from_stored_or_none(newest)


def forget_samples(connection: duckdb.DuckDBPyConnection, before: datetime) -> int:
    """
    Remove samples from before a time, in a write transaction; return how many.

    Parameters
    ----------
    connection : DuckDBPyConnection
    before : datetime
    """
    return int(connection.execute(_FORGET, {"before": to_stored(before)}).fetchall()[0][0])
