"""What throughput and reports ask about calls: when, how many requests, which statuses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb
import numpy as np
from numpy.typing import NDArray

from domain.calls import ANSWERED_FROM, SERVER_ERROR_FROM
from domain.window import Window
from store.moments import from_microseconds, to_microseconds
from store.relations import Relations
from store.scan import Scan, check_order

Int = NDArray[np.int64]

# A request that two versions answered (shadow) is one request; a call without an id is its own.
# Its row is not told apart by the id: writing 128 bits as text costs 40 microseconds each.
_REQUESTS = """
    with called as (
        select (epoch_us(ts) - $start) // $width as bucket, request_id
        from {calls}
        where ts >= make_timestamp($start)
          and ts < make_timestamp($end)
    ),
    known as (
        select bucket
        from called
        where request_id is not null
        group by bucket, request_id
    ),
    every as (
        select bucket from known
        union all
        select bucket from called where request_id is null
    )
    select bucket, count(*) as requests
    from every
    group by bucket
"""
_FAILED = """
    select epoch_us(ts) as ts, status, count(*) as calls
    from {calls}
    where version = $version
      and ts >= make_timestamp($start)
      and ts < make_timestamp($end)
      and (status < $answered_from or status >= $error_from)
    group by all
"""


def request_counts(
    connection: duckdb.DuckDBPyConnection, logs: Relations, span: Window, bucket_s: int
) -> Int:
    """
    Count distinct requests of all versions in equal buckets from the start of `span`.

    Parameters
    ----------
    connection : DuckDBPyConnection
    logs : Relations
    span : Window
    bucket_s : int
        Length of a bucket, in seconds.

    Returns
    -------
    ndarray of int64, shape (n_buckets,)
    """
    start, end = to_microseconds(span.start), to_microseconds(span.end)
    width = bucket_s * 1_000_000
    sql = _REQUESTS.format(calls=logs.calls)
    found = connection.execute(sql, {"start": start, "end": end, "width": width}).fetchnumpy()
    counts = np.zeros(-(-(end - start) // width), np.int64)
    counts[np.asarray(found["bucket"], np.int64)] = found["requests"]
    return counts


def failed_statuses(
    connection: duckdb.DuckDBPyConnection, logs: Relations, version: str, windows: Sequence[Window]
) -> list[dict[int, int]]:
    """
    Count the failed calls of every window by status.

    Parameters
    ----------
    connection : DuckDBPyConnection
    logs : Relations
    version : str
    windows : sequence of Window
        Oldest first, not overlapping.
    """
    check_order(windows, None)
    found: list[dict[int, int]] = [{} for _ in windows]
    if not windows:
        return found
    values = {
        "version": version,
        "start": to_microseconds(windows[0].start),
        "end": to_microseconds(windows[-1].end),
        "answered_from": ANSWERED_FROM,
        "error_from": SERVER_ERROR_FROM,
    }
    sql = _FAILED.format(calls=logs.calls)
    rows = connection.execute(sql, values).fetchnumpy()
    starts = np.array([to_microseconds(w.start) for w in windows])
    ends = np.array([to_microseconds(w.end) for w in windows])
    place = np.searchsorted(starts, rows["ts"], side="right") - 1
    inside = (place >= 0) & (rows["ts"] < ends[place])
    keys, owner = np.unique(
        np.stack([place[inside], rows["status"][inside]]), axis=1, return_inverse=True
    )
    totals = np.bincount(owner, weights=rows["calls"][inside], minlength=keys.shape[1])
    for (window, status), calls in zip(keys.T.tolist(), totals.tolist(), strict=True):
        found[window][status] = int(calls)
    return found


def event_spans(
    connection: duckdb.DuckDBPyConnection, logs: Relations, version: str, windows: Sequence[Window]
) -> list[tuple[datetime, datetime] | None]:
    """Return the first and last call of a version in every window; None without any."""
    scan = Scan(connection, logs, windows, (version,) * len(windows), table="calls")
    moments = scan.numbers("epoch_us(ts)")
    return [
        (from_microseconds(int(part.min())), from_microseconds(int(part.max())))
        if len(part := moments[rows])
        else None
        for rows in scan.parts()
    ]
