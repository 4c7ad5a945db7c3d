"""Calls that a half tells of: whether they are stored, and taking back that they failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import duckdb
import pyarrow as pa

from store.bulk import texts, times, whole
from store.database import Database
from store.hours.stale import HOUR_US, mark_hours
from store.registry import ModelTables, all_models

_KNOWN: Final = """
    select asked.id
    from rows_in_flight as asked
    join {calls} as c
      on c.request_id = asked.request_id
     and c.ts between asked.ts - to_microseconds($wait_us) and asked.ts + to_microseconds($wait_us)
    where c.ts between make_timestamp($low) and make_timestamp($high)
      and c.status is distinct from 0
"""
_FAILED: Final = """
    select distinct epoch_us(date_trunc('hour', ts)) // {hour_us}
    from {table}
    where (request_id, ts) in (select (request_id, ts) from rows_in_flight)
      and status = 0
"""
_RETRACT_ROWS: Final = """
    delete from {unanswered}
    where (request_id, ts) in (
        select (request_id, ts)
        from {calls}
        where (request_id, ts) in (select (request_id, ts) from rows_in_flight)
          and status = 0
    )
"""
_RETRACT_CALLS: Final = """
    delete from {calls}
    where (request_id, ts) in (select (request_id, ts) from rows_in_flight)
      and status = 0
"""


@dataclass(frozen=True, slots=True, eq=False)
class AskedCall:
    """
    A call by what a half of it tells.

    Parameters
    ----------
    id : int
        Of the half.
    model, request_id : str
    at : datetime
    """

    id: int
    model: str
    request_id: str
    at: datetime


def known_calls(
    connection: duckdb.DuckDBPyConnection, asked: Sequence[AskedCall], wait: timedelta
) -> set[int]:
    """
    Return the halves whose calls are stored, and not as failed for want of an answer.

    Parameters
    ----------
    connection : DuckDBPyConnection
    asked : sequence of AskedCall
    wait : timedelta
        How far a stored call's time may lie from the half's.

    Returns
    -------
    set of int
        Their ids.
    """
    found: set[int] = set()
    wait_us = wait // timedelta(microseconds=1)
    for tables, some in _by_model(connection, asked):
        columns = _asked(some)
        us = columns["ts"].cast(pa.int64()).to_pylist()
        span = {"low": min(us) - wait_us, "high": max(us) + wait_us, "wait_us": wait_us}
        connection.register("rows_in_flight", pa.table(columns))
        try:
            sql = _KNOWN.format(calls=tables.table("calls"))
            found |= {half for (half,) in connection.execute(sql, span).fetchall()}
        finally:
            connection.unregister("rows_in_flight")
    return found


def untell(
    database: Database, connection: duckdb.DuckDBPyConnection, calls: Sequence[AskedCall]
) -> None:
    """
    Remove failed calls of which an answer came after all, in a write transaction.

    Those of archived days stay.

    Parameters
    ----------
    database : Database
    connection : DuckDBPyConnection
    calls : sequence of AskedCall
    """
    for tables, some in _by_model(connection, calls):
        names = {name: tables.table(name) for name in ("calls", "unanswered")}
        hours = _FAILED.format(table=names["calls"], hour_us=HOUR_US)
        connection.register("rows_in_flight", pa.table(_asked(some)))
        try:
            found = {hour for (hour,) in connection.execute(hours).fetchall()}
            mark_hours(connection, tables.model, found, database.marks.calls)
            connection.execute(_RETRACT_ROWS.format(**names))
            connection.execute(_RETRACT_CALLS.format(**names))
        finally:
            connection.unregister("rows_in_flight")
        # what it remembers of ids would call them known
        database.memory.forget(tables.model)


def _by_model(
    connection: duckdb.DuckDBPyConnection, calls: Sequence[AskedCall]
) -> Iterable[tuple[ModelTables, list[AskedCall]]]:
    models = all_models(connection)
    named: dict[str, list[AskedCall]] = {}
    for call in calls:
        if call.model in models:
            named.setdefault(call.model, []).append(call)
    return [(models[model], some) for model, some in named.items()]


def _asked(calls: Sequence[AskedCall]) -> dict[str, pa.Array]:
    return {
        "id": whole([call.id for call in calls]),
        "request_id": texts([call.request_id for call in calls]),
        "ts": times([call.at for call in calls]),
    }
