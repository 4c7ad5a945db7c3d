"""What objectives ask about calls: how many failed or were slow, by time and replica."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np
from numpy.typing import NDArray

from domain.calls import ANSWERED_FROM, SERVER_ERROR_FROM, CallBuckets
from domain.window import Window
from store.moments import to_microseconds
from store.relations import Relations
from store.scan import Scan

Float = NDArray[np.float64]

_BUCKETS = """
    with judged as (
        select
            (epoch_us(ts) - $start) // $width as bucket,
            coalesce(replica, '') as replica,
            case when sampling_rate > 0 then 1 / sampling_rate else 1 end as weight,
            status is not null as told,
            coalesce(status < $answered_from or status >= $error_from, false) as failed,
            latency_ms
        from {calls}
        where version = $version
          and ts >= make_timestamp($start)
          and ts < make_timestamp($end)
    )
    select
        bucket,
        replica,
        sum(weight) as total,
        sum(weight) filter (told) as with_status,
        sum(weight) filter (failed) as failed,
        sum(weight) filter (failed or latency_ms is not null) as with_latency{slow}
    from judged
    group by bucket, replica
"""
_SLOW = "sum(weight) filter (failed or latency_ms > $limit_{i}) as slow_{i}"
_COUNTED = ("total", "with_status", "failed", "with_latency")


def call_buckets(
    connection: duckdb.DuckDBPyConnection,
    logs: Relations,
    version: str,
    span: Window,
    bucket_s: int,
    thresholds_ms: Sequence[float],
) -> CallBuckets:
    """
    Count calls in equal buckets from the start of `span`, by replica.

    Parameters
    ----------
    connection : DuckDBPyConnection
    logs : Relations
    version : str
    span : Window
    bucket_s : int
        Length of a bucket, in seconds.
    thresholds_ms : sequence of float
        Latency limits; a call slower than the limit is slow.
    """
    start, end = to_microseconds(span.start), to_microseconds(span.end)
    width = bucket_s * 1_000_000
    limits = {f"limit_{i}": float(limit) for i, limit in enumerate(thresholds_ms)}
    sql = _BUCKETS.format(
        calls=logs.calls,
        slow="".join(",\n        " + _SLOW.format(i=i) for i in range(len(limits))),
    )
    values = {
        "version": version,
        "start": start,
        "end": end,
        "width": width,
        "answered_from": ANSWERED_FROM,
        "error_from": SERVER_ERROR_FROM,
        **limits,
    }
    rows = connection.execute(sql, values).fetchnumpy()
    names, replica = np.unique(np.asarray(rows["replica"], np.str_), return_inverse=True)
    shape = (len(names), -(-(end - start) // width))
    bucket = np.asarray(rows["bucket"], np.int64)

    def dense(name: str) -> Float:
        table = np.zeros(shape)
        table[replica, bucket] = np.ma.filled(rows[name], 0.0)
        return table

    slow = [dense(f"slow_{i}") for i in range(len(limits))]
    return CallBuckets(
        starts=(start + np.arange(shape[1], dtype=np.int64) * width) // 1_000_000,
        bucket_s=bucket_s,
        replicas=tuple(str(name) for name in names),
        thresholds_ms=tuple(limits.values()),
        slow=np.stack(slow) if slow else np.zeros((0, *shape)),
        **{name: dense(name) for name in _COUNTED},
    )


def latency_quantiles(
    connection: duckdb.DuckDBPyConnection,
    logs: Relations,
    version: str,
    windows: Sequence[Window],
    qs: Sequence[float],
) -> Float:
    """
    Return exact latency quantiles of every window, linear between neighbours.

    Every call with a latency counts once, failed ones too.

    Returns
    -------
    ndarray of float64, shape (n_windows, n_quantiles)
        In ms; NaN where no call has a latency.
    """
    scan = Scan(connection, logs, windows, (version,) * len(windows), table="calls")
    latency = scan.numbers("latency_ms")
    quantiles = np.full((len(windows), len(qs)), np.nan)
    for i, part in enumerate(scan.parts()):
        known = latency[part]
        known = known[~np.isnan(known)]
        if len(known):
            quantiles[i] = np.quantile(known, qs)
    return quantiles
