"""Which windows of a model were judged, and how that ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb

from domain.run import RunStatus
from domain.window import Window
from store.moments import from_stored, from_stored_or_none, to_stored

_STATUSES = """
    select window_start, window_end, list(status)
    from runs
    where model = $model
    group by window_start, window_end
"""
_LAST_END = """
    select max(window_end)
    from runs
    where model = $model
"""
_FORGET_FAILED = """
    delete from runs
    where model = $model
      and status = 'failed'
      and window_start in (select unnest($starts::timestamp[]))
"""


def statuses(connection: duckdb.DuckDBPyConnection, model: str) -> dict[Window, RunStatus]:
    """Return every judged window; failed where one deployment's run failed."""
    rows = connection.execute(_STATUSES, {"model": model}).fetchall()
    return {
        Window(from_stored(start), from_stored(end)): _worst([RunStatus(s) for s in found])
        for start, end, found in rows
    }


def _worst(found: Sequence[RunStatus]) -> RunStatus:
    order = (RunStatus.FAILED, RunStatus.VIOLATIONS, RunStatus.OK, RunStatus.INSUFFICIENT)
    return min(found, key=order.index)


def last_end(connection: duckdb.DuckDBPyConnection, model: str) -> datetime | None:
    """Return the end of the newest judged window; None before the first run."""
    row = connection.execute(_LAST_END, {"model": model}).fetchone()
    return from_stored_or_none(row[0]) if row else None


def forget_failed(
    connection: duckdb.DuckDBPyConnection, model: str, windows: Sequence[Window]
) -> None:
    """Drop the failed runs of some windows, which have nothing but an error, before a new try."""
    starts = [to_stored(window.start) for window in windows]
    connection.execute(_FORGET_FAILED, {"model": model, "starts": starts})
