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
_EVERY = """
    select model, window_start, window_end, list(status)
    from runs
    group by model, window_start, window_end
    order by model, window_start, window_end
"""
_VERSIONS = """
    select model, version
    from runs
    group by model, version
    -- tries of a whole model that failed bear no version
    having version <> '' or bool_or(status <> 'failed' or calls > 0)
    order by max(data_to) desc nulls last, sum(predictions) desc, version desc
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


def every_window(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[Window, RunStatus]]:
    """Return each model's judged windows, oldest first; of several versions the worst status."""
    found: dict[str, dict[Window, RunStatus]] = {}
    for model, start, end, statuses in connection.execute(_EVERY).fetchall():
        window = Window(from_stored(start), from_stored(end))
        found.setdefault(model, {})[window] = _worst([RunStatus(s) for s in statuses])
    return found


def judged_versions(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, ...]]:
    """Return each model's judged versions, that with the newest event first."""
    found: dict[str, tuple[str, ...]] = {}
    for model, version in connection.execute(_VERSIONS).fetchall():
        found[model] = (*found.get(model, ()), version)
    return found


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
