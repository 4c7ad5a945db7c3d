"""
What was told inside a call's span, by a span of its own, becomes part of that call.

A record that is written within an inner span knows the trace and that span, not the span that
answered the request: its request id is that of no call. It was written while exactly one call of
its trace, model and version was answered; where there were several it stays by itself (ADR 0037).
"""

from __future__ import annotations

from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from store.call_rows import RANK, merge_calls
from store.hours.stale import Marks, mark_calls
from store.identity import Lanes, among
from store.registry import ModelTables

# as `ingest.otlp` writes the request id of what has no other: trace, dash, span
_SPELLED: Final = "starts_with(request_id, trace_id || '-')"
# what is kept of times is rounded, and records of JavaScript have whole milliseconds
_EXACT: Final = "interval 1 microsecond"
_ROUNDED: Final = "interval 1 millisecond"
# a record looks so far back for its call: further would cost every load a look at more calls
_LONGEST: Final = "interval 5 minutes"
# a latency may be any number, a time may not; of nothing and a number the least is the number
_TAKEN: Final = """
    case
        when latency_ms is not null
        then to_microseconds((least(latency_ms, 86_400_000) * 1000)::bigint)
    end"""
_ANY: Final = f"""
    select count(*)
    from fresh
    where {_SPELLED}
"""
# the call that began last before a record was written: it holds it, and none that began earlier
# does. One look at each, for a sender may write everything into one trace
_HOLDING: Final = """
        select
            told.id, told.ts, told.version, told.request_id,
            served.id as served_id,
            served.ts as served_ts,
            served.request_id as served_request_id
        from told
        asof join served
          on told.version = served.version
         and told.trace_id = served.trace_id
         and told.{at} >= served.ts
        where told.ts <= served.until + {within}
          and coalesce(served.earlier + {within} < told.ts, true)
"""
# by itself: how it is joined has to follow from how many there really are
_NEAR: Final = f"""
    create or replace temp table near_calls as
    with traces as (
        select
            trace_id,
            min(ts) as first,
            max(ts) + coalesce(max({_TAKEN}), interval 0 second) as last
        from fresh
        where {_SPELLED}
        group by trace_id
    )
    select id, ts, version, trace_id, request_id, ts + {_TAKEN} as until
    from {{calls}}
    where ts between (select min(first) - {_LONGEST} from traces)
                 and (select max(last) + {_ROUNDED} from traces)
      and trace_id in (select trace_id from traces)
      and {_SPELLED}
"""
_INNER: Final = f"""
    create or replace temp table inner_calls as
    with told as (
        select *, ts + {_ROUNDED} as reach
        from near_calls
        where until is null
    ),
    served as (
        select
            *,
            max(until) over (
                partition by version, trace_id
                order by ts, id
                rows between unbounded preceding and 1 preceding
            ) as earlier
        from near_calls
        where until is not null
    ),
    exactly as (
        {_HOLDING.format(at="ts", within=_EXACT)}
    ),
    nearly as (
        {_HOLDING.format(at="reach", within=_ROUNDED)}
          and told.id not in (select id from exactly)
    )
    select *
    from exactly
    union all
    select *
    from nearly
"""
_NEW_CALLS: Final = """
    create or replace temp table new_calls as
    select
        i.served_id as id,
        any_value(i.served_ts) as ts,
        max(c.latency_ms) as latency_ms,
        arg_max(c.status, {rank}) as status,
        min(c.replica) as replica,
        min(c.trace_id) as trace_id,
        min(c.sampling_rate) as sampling_rate,
        sum(c.rows)::bigint as rows
    from inner_calls as i
    join {calls} as c
      on c.id = i.id
    group by i.served_id
"""
_STORED_CALLS: Final = """
    create or replace temp table stored_calls as
    select id, ts
    from inner_calls
    union
    select served_id, served_ts
    from inner_calls
"""
_FORGET: Final = """
    delete from {calls}
    where ts between (select min(ts) from inner_calls) and (select max(ts) from inner_calls)
      and id in (select id from inner_calls)
"""
_PAIRS: Final = """
    select
        (id >> 64)::ubigint,
        (id & 18446744073709551615::uhugeint)::ubigint,
        (served_id >> 64)::ubigint,
        (served_id & 18446744073709551615::uhugeint)::ubigint
    from inner_calls
"""
_RENAME: Final = f"""
    update {{table}} as told
    set request_id = i.served_request_id
    from inner_calls as i
    where told.request_id = i.request_id
      and told.version = i.version
      and told.ts between (select min(ts) from inner_calls)
                      and (select max(served_ts) from inner_calls) + {_LONGEST}
"""


def any_traced(events: pa.Table) -> bool:
    """Return whether a request id of some events is made of a trace and a span."""
    traces, requests = events.column("trace_id"), events.column("request_id")
    if events.num_rows in (traces.null_count, requests.null_count):
        return False
    begun = pc.utf8_slice_codeunits(requests, 0, 33)
    return bool(pc.any(pc.equal(begun, pc.binary_join_element_wise(traces, "-", ""))).as_py())


def still_new(connection: duckdb.DuckDBPyConnection, calls: Lanes) -> NDArray[np.bool_]:
    """
    Return which of a load's new calls are still new: of one that came in parts only the first is.

    Parameters
    ----------
    connection : DuckDBPyConnection
        That holds ``inner_calls``.
    calls : Lanes
        Their ids.
    """
    pairs = connection.execute(_PAIRS).fetchall()
    told = among(calls, [pair[:2] for pair in pairs])
    known = set(zip(calls[0][told].tolist(), calls[1][told].tolist(), strict=True))
    served = among(calls, [pair[2:] for pair in pairs if pair[:2] not in known])
    return ~(told | served)


def find_inner(connection: duckdb.DuckDBPyConnection, tables: ModelTables) -> int:
    """
    Make ``inner_calls`` of the stored calls that are part of another one, and count them.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In the write transaction of a load whose calls are stored, and whose events are the view
        ``fresh``.
    tables : ModelTables

    Returns
    -------
    int
        Only those are found that an event of the load has to do with.
    """
    if not connection.execute(_ANY).fetchall()[0][0]:
        return 0
    connection.execute(_NEAR.format(calls=tables.table("calls")))
    return int(connection.execute(_INNER).fetchall()[0][0])


def join_inner(connection: duckdb.DuckDBPyConnection, tables: ModelTables, marks: Marks) -> None:
    """Make each of ``inner_calls`` part of the call that it belongs to; see `find_inner`."""
    connection.execute(
        _NEW_CALLS.format(calls=tables.table("calls"), rank=RANK.format(status="c.status"))
    )
    connection.execute(_STORED_CALLS)
    merge_calls(connection, tables)
    connection.execute(_FORGET.format(calls=tables.table("calls")))
    for table in ("predictions", "unanswered"):
        connection.execute(_RENAME.format(table=tables.table(table)))
    mark_calls(connection, tables.model, marks.calls)
