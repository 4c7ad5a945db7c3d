"""A load of any size becomes stored rows: staged beside the store, decided in SQL, merged."""

from __future__ import annotations

import duckdb

from domain.window import Window
from store.archive.ids import reach, reached, stored_ids
from store.call_rows import add_calls
from store.counted import LoadCounts
from store.event_rows import SLACK, add_predictions, add_unanswered
from store.hours.stale import Marks, mark_calls, mark_touched
from store.identity import repeated
from store.label_rows import add_inline_labels
from store.outputs import note_outputs
from store.registry import ModelTables, ensure_features, ensure_model
from store.staging import StagedModel
from store.traced_calls import find_inner, join_inner

_REPEATED = """
    create or replace temp table repeated as
    select
        r,
        case when given then null else {ordinal_id} end as id
    from (
        select
            rowid as r,
            base,
            kind = 2 and prediction_id is not null as given,
            row_number() over (partition by base order by rowid) as n
        from {staged}
        where base in (
            select base
            from {staged}
            where kind > 0
            group by base
            having count(*) > 1
        )
    )
    where n > 1
"""
# `known` events are stored already; `id` is the event's own unless it is staged as `base`
_ODD = """
    create or replace temp table odd as
    with span as (
        select min(ts) - {slack} as low, max(ts) + {slack} as high
        from {staged}
        where kind > 0
    ),
    stored as (
        select id
        from {predictions}
        where ts between (select low from span) and (select high from span)
        union all
        select id
        from {unanswered}
        where ts between (select low from span) and (select high from span)
    ),
    known as (
        select s.rowid as r, coalesce(repeated.id, s.base) as id
        from {staged} as s
        left join repeated on repeated.r = s.rowid
        where s.kind > 0
          and (repeated.r is null or repeated.id is not null)
          and coalesce(repeated.id, s.base) in (select id from stored)
    )
    select r, id, true as known
    from known
    union all
    select r, id, id is null as known
    from repeated
    where r not in (select r from known)
"""
_FRESH = """
    create or replace temp view fresh as
    select s.*, s.rowid as r, coalesce(odd.id, s.base) as id
    from {staged} as s
    left join odd on odd.r = s.rowid
    where s.kind > 0
      and (odd.r is null or not odd.known)
"""
_HOURS = """
    select distinct epoch_us(date_trunc('hour', ts)) // 3600000000
    from fresh
    where kind = 2
"""
# of a call that came in two parts only the first one is new
_COUNTED_TWICE = """
    with new as (
        select id
        from new_calls
        where id not in (select id from stored_calls)
    )
    select count(distinct case when id in (select id from new) then id else served_id end)
    from inner_calls
    where id in (select id from new)
       or served_id in (select id from new)
"""
_STAGED_SPAN = """
    select epoch_us(min(ts)), epoch_us(max(ts))
    from {staged}
    where kind > 0
"""
_TALLY = """
    select count(*), count(*) filter (kind = 1), count(label)
    from {staged}
"""


def merge_staged(
    connection: duckdb.DuckDBPyConnection, model: str, staged: StagedModel, marks: Marks
) -> LoadCounts:
    """
    Store the staged events of one model.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a write transaction; holds the staged rows.
    model : str
    staged : StagedModel
        Moved to its temporary table.
    marks : Marks
        Of the open database.
    """
    tables = ensure_model(connection, model)
    rows, failed, labelled = connection.execute(_TALLY.format(staged=staged.table)).fetchall()[0]
    span = _reached(connection, tables, staged.table)
    _decide(connection, tables, staged.table, span)
    features = ensure_features(connection, tables, list(staged.features))
    predictions = add_predictions(connection, tables, features, staged.features)
    # planning a statement over hundreds of columns costs more than what most loads need it for
    unanswered = add_unanswered(connection, tables, staged.features) if failed else 0
    calls = add_calls(connection, tables, SLACK, span)
    # in the transaction that stores the rows, so that none is ever stored and not counted
    mark_touched(connection, model, _HOURS, marks.predictions)
    mark_calls(connection, model, marks.calls)
    if find_inner(connection, tables):
        calls -= connection.execute(_COUNTED_TWICE).fetchall()[0][0]
        join_inner(connection, tables, marks)
    labels, of_known = add_inline_labels(connection, tables, staged.table) if labelled else (0, 0)
    note_outputs(connection, model)
    return LoadCounts(predictions, calls, labels, rows - predictions - unanswered - of_known)


def _decide(
    connection: duckdb.DuckDBPyConnection, tables: ModelTables, staged: str, span: Window | None
) -> None:
    connection.execute(_REPEATED.format(staged=staged, ordinal_id=repeated("base", "n")))
    connection.execute(
        _ODD.format(
            staged=staged,
            slack=SLACK,
            predictions=stored_ids(connection, tables, "predictions", span),
            unanswered=stored_ids(connection, tables, "unanswered", span),
        )
    )
    connection.execute(_FRESH.format(staged=staged))


def _reached(
    connection: duckdb.DuckDBPyConnection, tables: ModelTables, staged: str
) -> Window | None:
    """Return the span of staged events with what is around it, where it reaches the archive."""
    low, high = connection.execute(_STAGED_SPAN.format(staged=staged)).fetchall()[0]
    return None if low is None else reached(reach(connection, tables.model), low, high)
