"""Events become calls: one row per request, however many rows and lines tell of it."""

from __future__ import annotations

import duckdb

from domain.window import Window
from store.archive.thawing import thaw_with
from store.registry import ModelTables

# The worst status wins: a failed one over any other, then the highest.
RANK = "case when {status} < 100 or {status} >= 500 then 1000000 + {status} else {status} end"

# What several lines say of one call may not depend on the order they came in: the earliest time,
# the longest latency, the worst status, the first name in the alphabet.
_GROUPED = """
    create or replace temp table new_calls as
    with repeated_calls as (
        select call
        from fresh
        where call is not null
        group by call
        having count(*) > 1
    )
    select
        coalesce(call, id) as id,
        ts, version, request_id, latency_ms, status, replica, trace_id, sampling_rate,
        1::bigint as rows
    from fresh
    where call is null
       or call not in (select call from repeated_calls)
    union all by name
    select
        call as id,
        min(ts) as ts,
        any_value(version) as version,
        min(request_id) as request_id,
        max(latency_ms) as latency_ms,
        arg_max(status, {rank}) as status,
        min(replica) as replica,
        min(trace_id) as trace_id,
        min(sampling_rate) as sampling_rate,
        count(*) as rows
    from fresh
    where call in (select call from repeated_calls)
    group by call
"""
_STORED = """
    create or replace temp table stored_calls as
    select id, ts
    from {calls}
    where ts between (select min(ts) - {slack} from new_calls)
                 and (select max(ts) + {slack} from new_calls)
      and id in (select id from new_calls)
"""
_MERGE = """
    update {calls} as c
    set ts = least(c.ts, n.ts),
        latency_ms = greatest(c.latency_ms, n.latency_ms),
        status = case
            when n.status is null or {old_rank} >= {new_rank} then c.status
            else n.status
        end,
        replica = least(c.replica, n.replica),
        trace_id = least(c.trace_id, n.trace_id),
        sampling_rate = least(c.sampling_rate, n.sampling_rate),
        rows = c.rows + n.rows
    from new_calls as n
    where c.id = n.id
      and n.id in (select id from stored_calls)
"""
_ADD = """
    insert into {calls} by name
    select *
    from new_calls
    where id not in (select id from stored_calls)
    order by ts
"""


_ADD_ALONE = """
    insert into {calls} by name
    select
        call as id,
        ts, version, request_id, latency_ms, status, replica, trace_id, sampling_rate,
        1::bigint as rows
    from {fresh}
    order by ts
"""


def add_calls(
    connection: duckdb.DuckDBPyConnection, tables: ModelTables, slack: str, archive: Window | None
) -> int:
    """
    Store the calls of the events in the view ``fresh``.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a write transaction.
    tables : ModelTables
    slack : str
        SQL interval: how far around the batch's span a call is looked for.
    archive : Window or None
        That span where it reaches archived days: calls that change come back from there.

    Returns
    -------
    int
        Calls that were not known; rows of known ones are added to them.
    """
    group_calls(connection)
    if archive is not None:
        thaw_with(connection, tables, "calls", archive, "new_calls")
    if find_stored(connection, tables, slack):
        merge_calls(connection, tables)
    return insert_calls(connection, tables)


def group_calls(connection: duckdb.DuckDBPyConnection) -> None:
    """Make ``new_calls`` of the events in the view ``fresh``."""
    connection.execute(_GROUPED.format(rank=RANK.format(status="status")))


def find_stored(connection: duckdb.DuckDBPyConnection, tables: ModelTables, slack: str) -> int:
    """Make ``stored_calls`` of those of ``new_calls`` that are stored, and count them."""
    connection.execute(_STORED.format(calls=tables.table("calls"), slack=slack))
    return int(connection.execute("select count(*) from stored_calls").fetchall()[0][0])


def merge_calls(connection: duckdb.DuckDBPyConnection, tables: ModelTables) -> None:
    """Add what ``new_calls`` tell of ``stored_calls`` to these."""
    connection.execute(
        _MERGE.format(
            calls=tables.table("calls"),
            old_rank=RANK.format(status="c.status"),
            new_rank=RANK.format(status="n.status"),
        )
    )


def insert_calls(connection: duckdb.DuckDBPyConnection, tables: ModelTables) -> int:
    """Store those of ``new_calls`` that are none of ``stored_calls``, and count them."""
    return int(connection.execute(_ADD.format(calls=tables.table("calls"))).fetchall()[0][0])


def call_statement(tables: ModelTables, fresh: str) -> str:
    """Return the SQL that stores a call for each event of `fresh`: all new, and each its own."""
    return _ADD_ALONE.format(calls=tables.table("calls"), fresh=fresh)
