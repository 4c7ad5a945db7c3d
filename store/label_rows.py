"""Labels are kept as they were told: every one, so that history can be replayed."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from store.arrow_columns import label_columns
from store.identity import label_identity, whole
from store.registry import ModelTables

_CREATE = """
    create temp table if not exists {table} (
        prediction_id varchar,
        request_id varchar,
        label varchar,
        ts timestamp
    )
"""
# an event that is only a label and names only a request tells of every prediction of it
_INLINE = """
    create or replace temp table told as
    select
        s.rowid as r,
        s.kind = 0 or coalesce(odd.known, false) as known,
        case
            when prediction_id is null and (s.kind > 0 or request_id is null)
            then coalesce(odd.id, s.base, md5_number(epoch_us(ts)::varchar))
        end as event_id,
        prediction_id,
        case when prediction_id is null and s.kind = 0 then request_id end as request_id,
        label,
        ts
    from {staged} as s
    left join odd on odd.r = s.rowid
    where label is not null
"""
_TOLD = """
    create or replace temp table told as
    select
        rowid as r,
        true as known,
        null::uhugeint as event_id,
        prediction_id,
        request_id,
        label,
        ts
    from {staged}
    where label is not null
      and (prediction_id is not null or request_id is not null)
"""
_IN_FLIGHT = """
    create or replace temp view told as
    select
        r,
        known,
        case when has_event then {event} end as event_id,
        prediction_id,
        request_id,
        label,
        ts
    from told_in_flight
"""
_NEW = """
    create or replace temp table new_labels as
    with named as (
        select *, {identity} as id
        from told
    )
    select *
    from named
    where id not in (
        select id
        from {labels}
        where ts is null
           or ts between (select min(ts) from told) and (select max(ts) from told)
    )
    qualify row_number() over (partition by id order by r) = 1
"""
_ADD = """
    insert into {labels} by name
    select id, event_id, prediction_id, request_id, label, ts
    from new_labels
    order by ts nulls first, r
"""
_NEW_ROWS = """
    select r
    from new_labels
"""
_COUNTS = """
    select count(*), count(*) filter (known)
    from new_labels
"""


def stage_labels(
    connection: duckdb.DuckDBPyConnection, table: str, model: str, labels: pa.Table
) -> None:
    """
    Add a batch of labels to the temporary table `table`.

    Raises
    ------
    StoreError
        If times carry no zone.
    """
    connection.execute(_CREATE.format(table=table))
    connection.register("labels_in_flight", pa.table(label_columns(model, labels)))
    connection.execute(f"insert into {table} by name select * from labels_in_flight")
    connection.unregister("labels_in_flight")


def add_inline_labels(
    connection: duckdb.DuckDBPyConnection, tables: ModelTables, staged: str
) -> tuple[int, int]:
    """
    Store the labels that staged events carry.

    Returns
    -------
    new, of_known : int
        New labels, and how many of them came with an event that brought nothing else.
    """
    connection.execute(_INLINE.format(staged=staged))
    return _add(connection, tables)


def add_labels(
    connection: duckdb.DuckDBPyConnection, tables: ModelTables, staged: str
) -> tuple[int, int]:
    """
    Store staged labels that came by themselves; nobody has to know their prediction yet.

    Returns
    -------
    new, told : int
        New labels, and all that were staged.
    """
    connection.execute(_TOLD.format(staged=staged))
    told = int(connection.execute(f"select count(*) from {staged}").fetchall()[0][0])
    new, _ = _add(connection, tables)
    return new, told


def _add(connection: duckdb.DuckDBPyConnection, tables: ModelTables) -> tuple[int, int]:
    labels = tables.table("labels")
    connection.execute(_NEW.format(labels=labels, identity=label_identity("event_id")))
    connection.execute(_ADD.format(labels=labels))
    new, of_known = connection.execute(_COUNTS).fetchall()[0]
    return int(new), int(of_known)


def add_told(
    connection: duckdb.DuckDBPyConnection, tables: ModelTables, told: pa.Table
) -> NDArray[np.int64]:
    """
    Store labels of a small load.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a write transaction.
    tables : ModelTables
    told : Table
        ``r``, ``known``, ``has_event``, ``high``, ``low`` (of the event's id), ``prediction_id``,
        ``request_id``, ``label``, ``ts``; a label that names nothing is passed over by the sender.

    Returns
    -------
    ndarray of int64
        ``r`` of the new ones.
    """
    connection.register("told_in_flight", told)
    connection.execute(_IN_FLIGHT.format(event=whole("high", "low")))
    labels = tables.table("labels")
    connection.execute(_NEW.format(labels=labels, identity=label_identity("event_id")))
    rows = connection.execute(_NEW_ROWS).fetchnumpy()["r"]
    if len(rows):
        connection.execute(_ADD.format(labels=labels))
    connection.unregister("told_in_flight")
    return np.asarray(rows, np.int64)
