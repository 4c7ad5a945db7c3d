"""Which windows of a model were judged, and how that ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb

from domain.run import RunStatus
from domain.window import Window
from store.moments import from_stored, from_stored_or_none, to_stored

# a window that was judged before it had ended is judged again
_STATUSES = """
    select window_start, window_end, list(status)
    from runs
    where model = $model
      and started_at >= window_end
    group by window_start, window_end
"""
_LAST_END = """
    select max(window_end)
    from runs
    where model = $model
      and started_at >= window_end
"""
_FORGET = """
    delete from {table} as t
    using (
        select unnest($starts::timestamp[]) as opening, unnest($ends::timestamp[]) as closing
    ) as tried
    where t.model = $model
      and t.window_start = tried.opening
      and t.window_end = tried.closing
"""


def statuses(connection: duckdb.DuckDBPyConnection, model: str) -> dict[Window, RunStatus]:
    """Return every window judged after its end; failed where one deployment's run failed."""
    rows = connection.execute(_STATUSES, {"model": model}).fetchall()
    return {
        Window(from_stored(start), from_stored(end)): _worst([RunStatus(s) for s in found])
        for start, end, found in rows
    }


def _worst(found: Sequence[RunStatus]) -> RunStatus:
    order = (RunStatus.FAILED, RunStatus.VIOLATIONS, RunStatus.OK, RunStatus.INSUFFICIENT)
    return min(found, key=order.index)


def last_end(connection: duckdb.DuckDBPyConnection, model: str) -> datetime | None:
    """Return the end of the newest window judged after it had ended; None before the first."""
    row = connection.execute(_LAST_END, {"model": model}).fetchone()
    return from_stored_or_none(row[0]) if row else None


def forget_windows(
    connection: duckdb.DuckDBPyConnection, model: str, windows: Sequence[Window]
) -> bool:
    """
    Drop all that was found in some windows of a model, whatever the deployment.

    Returns
    -------
    bool
        Whether anything was.
    """
    values = {
        "model": model,
        "starts": [to_stored(window.start) for window in windows],
        "ends": [to_stored(window.end) for window in windows],
    }
    dropped = [
        connection.execute(_FORGET.format(table=table), values).fetchall()[0][0]
        for table in ("runs", "findings", "slos", "run_profiles")
    ]
    return any(dropped)
