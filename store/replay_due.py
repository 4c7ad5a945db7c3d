"""From which window on the runs of a model have changed since its incidents were told."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import duckdb

from store.moments import from_microseconds, to_microseconds

_DUE: Final = """
    select value::bigint
    from meta
    where name = $name
"""
_FORGET: Final = """
    delete from meta
    where name = $name
"""
_NOTE: Final = """
    insert into meta
    values ($name, $since)
"""


def replay_due(connection: duckdb.DuckDBPyConnection, model: str) -> datetime | None:
    """Return the start of the earliest window whose run changed since; None: there is none."""
    found = connection.execute(_DUE, _named(model)).fetchall()
    return from_microseconds(found[0][0]) if found else None


def note_replay_due(connection: duckdb.DuckDBPyConnection, model: str, since: datetime) -> None:
    """
    Keep that a window's run changes.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In the write transaction of what changes it.
    model : str
    since : datetime
        Start of the window.
    """
    earlier = replay_due(connection, model)
    if earlier is None or since < earlier:
        forget_replay_due(connection, model)
        connection.execute(_NOTE, {**_named(model), "since": str(to_microseconds(since))})


def forget_replay_due(connection: duckdb.DuckDBPyConnection, model: str) -> None:
    """Keep that a model's incidents tell of all its runs."""
    connection.execute(_FORGET, _named(model))


def _named(model: str) -> dict[str, str]:
    return {"name": f"replay_due:{model}"}
