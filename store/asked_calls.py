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
from store.hours.stale import mark_touched
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
# what was told of a request alone: a failed call, or rows without an outcome
_TOLD: Final = "(request_id, ts) in (select (request_id, ts) from rows_in_flight)"
_UNANSWERED: Final = f"{_TOLD} and (status = 0 or (status is null and latency_ms is null))"
_NO_OUTCOME: Final = f"{_TOLD} and prediction is null and score is null"
_HOURS: Final = """
    select distinct epoch_us(date_trunc('hour', ts)) // 3600000000
    from {table}
    where {holds}
"""
_RETRACT: Final = """
    delete from {table}
    where {holds}
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
    database: Database,
    connection: duckdb.DuckDBPyConnection,
    asked: Sequence[AskedCall],
    wait: timedelta,
) -> set[int]:
    """
    Return the halves whose calls are stored, and not as failed for want of an answer.

    Parameters
    ----------
    database : Database
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
        table = _asked(database, tables, some)
        us = table["ts"].cast(pa.int64()).to_pylist()
        span = {"low": min(us) - wait_us, "high": max(us) + wait_us, "wait_us": wait_us}
        connection.register("rows_in_flight", table)
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
    Remove what was told of requests alone, because their answers came after all.

    In a write transaction. What lies in archived days stays.

    Parameters
    ----------
    database : Database
    connection : DuckDBPyConnection
    calls : sequence of AskedCall
    """
    for tables, some in _by_model(connection, calls):
        connection.register("rows_in_flight", _asked(database, tables, some))
        try:
            for name, holds, marks in (
                ("predictions", _NO_OUTCOME, database.marks.predictions),
                ("calls", _UNANSWERED, database.marks.calls),
            ):
                told = {"table": tables.table(name), "holds": holds}
                mark_touched(connection, tables.model, _HOURS.format(**told), marks)
                connection.execute(_RETRACT.format(**told))
            told = {"table": tables.table("unanswered"), "holds": _TOLD}
            connection.execute(_RETRACT.format(**told))
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


def _asked(database: Database, tables: ModelTables, calls: Sequence[AskedCall]) -> pa.Table:
    """Return calls under the ids that they are stored with."""
    told = {
        "ts": times([call.at for call in calls]),
        "request_id": texts([call.request_id for call in calls]),
    }
    shown, _ = database.privacy.events(tables.model, pa.table(told), pa.table({}))
    if "request_id" not in shown.column_names:  # dropped: no stored call is known by it
        shown = shown.append_column("request_id", pa.nulls(len(calls), pa.string()))
    return shown.append_column("id", whole([call.id for call in calls]))
