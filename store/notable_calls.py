"""The single calls that are worth a look: the newest that failed, and the slowest."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import duckdb
import numpy as np

from domain.call_hours import CallHours
from domain.calls import ANSWERED_FROM, SERVER_ERROR_FROM, LoggedCall
from domain.window import Window
from store.moments import from_microseconds, from_stored, to_microseconds
from store.relations import Relations

_HOUR_US: Final = 3_600_000_000
# hours that are read for calls that lie in one cell of latencies
_SPARE: Final = 3
_FAILED: Final = f"coalesce(status < {ANSWERED_FROM} or status >= {SERVER_ERROR_FROM}, false)"
# the request id of what OpenTelemetry told is made of both (`ingest.otlp`)
_CALLS: Final = """
    select
        ts, latency_ms, status, nullif(replica, ''), nullif(trace_id, ''),
        case
            when starts_with(request_id, trace_id || '-')
            then substr(request_id, length(trace_id) + 2)
        end
    from {calls}
    where version = $version
      and ts >= make_timestamp($start)
      and ts < make_timestamp($end)
      and ({spans})
      and {only}
    order by {order}, ts desc, id
    limit $most
"""
_SPAN: Final = "(ts >= make_timestamp(${start}) and ts < make_timestamp(${end}))"


def hours_of_failures(hours: CallHours, most: int) -> list[Window]:
    """
    Return the hours that hold the newest failed calls, oldest first.

    Parameters
    ----------
    hours : CallHours
        In buckets of an hour.
    most : int
        Calls that are wanted: no more hours than that hold them.
    """
    failing = np.flatnonzero(hours.failed.sum(axis=0) > 0)[-most:]
    return _windows(hours, failing.tolist())


def hours_of_slowest(hours: CallHours, most: int) -> list[Window]:
    """
    Return hours that hold the slowest calls, oldest first.

    Latencies are known in cells of 2 %. Where too many hours hold the last cell that is needed, the
    newest of them are taken: then calls in others may be up to 2 % slower.

    Parameters
    ----------
    hours : CallHours
        In buckets of an hour.
    most : int
        Calls that are wanted: at most so many hours, times `_SPARE`.
    """
    if not len(hours.cell):
        return []
    slowest_first = np.lexsort((-hours.bucket, -hours.cell))
    counts = hours.count[slowest_first]
    before = np.cumsum(counts) - counts
    needed = slowest_first[before < most]
    in_cells = np.unique(hours.bucket[hours.cell >= hours.cell[needed[-1]]])
    few = len(in_cells) <= _SPARE * most
    return _windows(hours, (in_cells if few else np.unique(hours.bucket[needed])).tolist())


def _windows(hours: CallHours, buckets: Sequence[int]) -> list[Window]:
    starts = [int(hours.starts[bucket]) * 1_000_000 for bucket in buckets]
    edges = [edge for start in starts for edge in (start, start + _HOUR_US)]
    # hours beside each other are one window
    joints = {end for end, start in pairwise(edges) if end == start}
    kept = [edge for edge in edges if edge not in joints]
    moments = list(map(from_microseconds, kept))
    return [Window(*pair) for pair in zip(moments[::2], moments[1::2], strict=True)]


def failed_calls(
    connection: duckdb.DuckDBPyConnection,
    logs: Relations,
    version: str,
    windows: Sequence[Window],
    most: int,
) -> list[LoggedCall]:
    """
    Return failed calls of some windows, the newest first.

    Parameters
    ----------
    connection : DuckDBPyConnection
    logs : Relations
    version : str
    windows : sequence of Window
        Oldest first, not overlapping.
    most : int
    """
    return _ask(connection, logs, version, windows, most, only=_FAILED, order="ts desc")


def slowest_calls(
    connection: duckdb.DuckDBPyConnection,
    logs: Relations,
    version: str,
    windows: Sequence[Window],
    most: int,
) -> list[LoggedCall]:
    """
    Return calls of some windows whose latency is known, failed ones too, the slowest first.

    Parameters as in `failed_calls`.
    """
    only, order = "latency_ms is not null", "latency_ms desc"
    return _ask(connection, logs, version, windows, most, only=only, order=order)


def _ask(
    connection: duckdb.DuckDBPyConnection,
    logs: Relations,
    version: str,
    windows: Sequence[Window],
    most: int,
    *,
    only: str,
    order: str,
) -> list[LoggedCall]:
    if not windows:
        return []
    values: dict[str, Any] = {
        "version": version,
        "most": most,
        "start": to_microseconds(windows[0].start),
        "end": to_microseconds(windows[-1].end),
    }
    spans: list[str] = []
    for i, window in enumerate(windows):
        names = {"start": f"start_{i}", "end": f"end_{i}"}
        spans.append(_SPAN.format(**names))
        values[names["start"]] = to_microseconds(window.start)
        values[names["end"]] = to_microseconds(window.end)
    sql = _CALLS.format(calls=logs.calls, spans=" or ".join(spans), only=only, order=order)
    found = connection.execute(sql, values).fetchall()
    return [LoggedCall(from_stored(ts), *told) for ts, *told in found]
