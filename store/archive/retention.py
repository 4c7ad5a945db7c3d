"""Rows that are older than what is kept are dropped, a day after the other, archived ones too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import duckdb

from store.archive.catalog import (
    KINDS,
    Moved,
    archived,
    dropped_before,
    give_up,
    note_moved,
)
from store.archive.moving import DAY_US, sweep
from store.archive.spanning import from_files, spanning
from store.database import Database
from store.moments import to_microseconds
from store.registry import ModelTables, find_model

# rows that lie further back than so many days go in one step
_MOST_STEPS: Final = 3650
# per day: rows of the tables, bytes of the archive
_BY_DAY: Final = """
    select day, sum(rows)::bigint, sum(size_bytes)::bigint
    from (
        select epoch_us(date_trunc('day', ts)) // 86400000000 as day, 1 as rows, 0 as size_bytes
        from (
            select ts from {predictions}
            union all
            select ts from {unanswered}
            union all
            select ts from {calls}
        )
        union all
        select epoch_us(day::timestamp) // 86400000000, 0, size_bytes
        from archived_files
        where model = $model
    )
    group by day
    order by day
"""
_OLDEST: Final = """
    select epoch_us(min(ts))
    from (
        select min(ts) as ts from {predictions}
        union all
        select min(ts) from {unanswered}
        union all
        select min(ts) from {calls}
        union all
        select min(day)::timestamp from archived_files where model = $model
    )
"""
_DROPPING: Final = """
    create or replace temp table dropping as
    select id, prediction_id, request_id
    from ({rows})
    where ts < make_timestamp($before)
"""
# A label that was told before is older than every row that stays. One without a time goes with the
# rows it was told of, unless others of the same name stay.
_OLD_LABELS: Final = """
    delete from {labels}
    where ts < make_timestamp($before)
"""
_TIMELESS: Final = """
    create or replace temp table timeless as
    select id, event_id, prediction_id, request_id
    from {labels}
    where ts is null
      and (
            event_id in (select id from dropping)
            or prediction_id in (select prediction_id from dropping)
            or request_id in (select request_id from dropping)
      )
"""
_STAYING: Final = """
    delete from timeless
    where event_id is null
      and (
            prediction_id in (
                select prediction_id from {predictions} where ts >= make_timestamp($before)
            )
            or request_id in (
                select request_id from {predictions} where ts >= make_timestamp($before)
            )
      )
"""
_TIMELESS_LABELS: Final = """
    delete from {labels}
    where id in (select id from timeless)
"""
_DELETE: Final = """
    delete from {table}
    where ts < make_timestamp($before)
"""
_FORGET: Final = "delete from dropped_rows where model = $model"
_NOTE: Final = "insert into dropped_rows values ($model, make_timestamp($before))"


def beyond_size(
    connection: duckdb.DuckDBPyConnection, model: str, size_bytes: int, hot_bytes: int
) -> int | None:
    """
    Return before which midnight rows are too many; None: none are.

    Parameters
    ----------
    connection : DuckDBPyConnection
    model : str
    size_bytes : int
        What rows may take, archived ones too.
    hot_bytes : int
        What those of the tables take, about.

    Returns
    -------
    int or None
        Microseconds since 1970.
    """
    tables = find_model(connection, model)
    sql = _BY_DAY.format(**{kind: tables.table(kind) for kind in KINDS})
    days = connection.execute(sql, {"model": model}).fetchall()
    per_row = hot_bytes / max(sum(rows for _, rows, _ in days), 1)
    sizes = {day: rows * per_row + archived_ for day, rows, archived_ in days}
    excess, before = sum(sizes.values()) - size_bytes, None
    for day, size in sizes.items():
        if excess <= 0:
            break
        excess, before = excess - size, (day + 1) * DAY_US
    return before


def days_to_drop(connection: duckdb.DuckDBPyConnection, model: str, before_us: int) -> list[int]:
    """Return the midnights, up to a last one, before which rows are dropped one after the other."""
    tables = find_model(connection, model)
    sql = _OLDEST.format(**{kind: tables.table(kind) for kind in KINDS})
    oldest = connection.execute(sql, {"model": model}).fetchall()[0][0]
    if oldest is None:
        return []
    first = max(oldest, before_us - _MOST_STEPS * DAY_US)
    return list(range((first // DAY_US + 1) * DAY_US, before_us + 1, DAY_US))


def drop_before(database: Database, model: str, before_us: int, who: str, now: datetime) -> Moved:
    """
    Drop a model's rows from before a midnight UTC, with their labels and archived files.

    What was counted of them stays, and is never counted again.

    Parameters
    ----------
    database : Database
    model : str
    before_us : int
        Microseconds since 1970.
    who : str
    now : datetime

    Raises
    ------
    StoreError
        If a place of the archive cannot be reached: the rows are dropped, its files are noted to be
        removed the next time.
    """
    with database.tiers.moving:
        with database.writing() as connection:
            moved = _Drop(connection, find_model(connection, model), before_us).drop()
            if moved != Moved():
                span = before_us - DAY_US, before_us
                at_us = to_microseconds(now)
                note_moved(connection, model, "dropped", who, span, at_us, moved)
            database.memory.forget(model)
        sweep(database)
    return moved


class _Drop:
    """Rows that go, in their write transaction."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, tables: ModelTables, before_us: int
    ) -> None:
        self._connection = connection
        self._tables = tables
        self._before = {"before": before_us}
        files = archived(connection, tables.model)
        self._files = [file for file in files if _midnight_after(file.first_us) <= before_us]

    def drop(self) -> Moved:
        labels = self._drop_labels()
        counts = {str(kind): self._change(_DELETE, self._tables.table(kind)) for kind in KINDS}
        for file in self._files:
            counts[file.kind] += file.rows
        give_up(self._connection, self._files)
        self._note()
        return Moved(**counts, labels=labels, files=len(self._files))

    def _drop_labels(self) -> int:
        labels = self._tables.table("labels")
        old = self._change(_OLD_LABELS, labels)
        if not self._count(f"select count(*) from {labels} where ts is null"):
            return old
        rows = "\nunion all\n".join(self._rows())
        self._connection.execute(_DROPPING.format(rows=rows), self._before)
        self._connection.execute(_TIMELESS.format(labels=labels))
        if not self._count("select count(*) from timeless"):
            return old
        staying = spanning(self._connection, self._tables, "predictions", None)
        self._connection.execute(_STAYING.format(predictions=staying), self._before)
        return old + self._change(_TIMELESS_LABELS, labels, {})

    def _rows(self) -> Iterator[str]:
        columns = "id, ts, prediction_id, request_id"
        yield f"select {columns} from {self._tables.table('predictions')}"
        files = [f for f in self._files if f.kind == "predictions" and f.set_aside is None]
        if files:
            sql = from_files(self._connection, self._tables, "predictions", files, "going")
            yield f"select {columns} from ({sql})"

    def _note(self) -> None:
        model = self._tables.model
        before = max(self._before["before"], dropped_before(self._connection, model) or 0)
        self._connection.execute(_FORGET, {"model": model})
        self._connection.execute(_NOTE, {"model": model, "before": before})

    def _count(self, sql: str) -> int:
        return int(self._connection.execute(sql).fetchall()[0][0])

    def _change(self, sql: str, table: str, values: dict[str, int] | None = None) -> int:
        told = sql.format(table=table, labels=table)
        done = self._connection.execute(told, self._before if values is None else values)
        return int(done.fetchall()[0][0])


def _midnight_after(moment_us: int) -> int:
    return (moment_us // DAY_US + 1) * DAY_US
