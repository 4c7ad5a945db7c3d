"""Rejected lines that are read again: which there are, and what becomes of them in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from domain.event import RAW_LIMIT_BYTES
from domain.rejection import ReadAs, RejectedLine, Rejection
from store.bulk import texts, with_rows
from store.identity import whole
from store.rejected import (
    IDENTITY,
    LINE_COLUMNS,
    Keeping,
    as_kept,
    line_of,
    note_past,
    past_of,
    read_as_columns,
)

_PLACES: Final = """
    select id, source, octet_length(raw)
    from rejected
    where ($source is null or source = $source)
      and ($reason is null or reason = $reason)
    order by source, position, rowid
"""
_LINES: Final = f"""
    select id, {LINE_COLUMNS}
    from rejected
    where id in (select {whole("high", "low")} from asked_for)
    order by position, rowid
"""
_THERE: Final = f"""
    select count(*)
    from rejected
    where id in (select {whole("high", "low")} from rows_in_flight)
"""
_READ: Final = f"""
    create or replace temp table read_again as
    select id, source, reason
    from rejected
    where id in (select {whole("high", "low")} from rows_in_flight)
"""
_REMOVE: Final = "delete from rejected where id in (select id from read_again)"
_NOTE: Final = past_of("select source, reason, 0, 1 from read_again")
_STILL: Final = f"""
    create or replace temp table still_rejected as
    with told as (
        select n.*, r.source, r.position, r.raw, {whole("n.high", "n.low")} as old_id
        from rows_in_flight as n
        join rejected as r on r.id = {whole("n.high", "n.low")}
    ),
    named as (
        select *, {IDENTITY} as new_id
        from told
    )
    select
        *,
        row_number() over (partition by new_id order by old_id = new_id desc, old_id) > 1
            or (old_id <> new_id and new_id in (select id from rejected)) as known
    from named
"""
_MEND: Final = """
    update rejected as r
    set id = s.new_id,
        reason = s.reason,
        message = s.message,
        kind = s.kind,
        format = s.format,
        model = s.model,
        version = s.version,
        mapping = s.mapping
    from still_rejected as s
    where r.id = s.old_id
      and not s.known
"""
_FORGET_KNOWN: Final = """
    delete from rejected
    where id in (select old_id from still_rejected where known and old_id <> new_id)
"""


@dataclass(frozen=True, slots=True)
class RejectedPlace:
    """
    A line that is kept.

    Parameters
    ----------
    id : int
        Of 128 bits; says nothing once the line was read again.
    source : str
    n_bytes : int
        That are kept of it.
    """

    id: int
    source: str
    n_bytes: int


@dataclass(frozen=True, slots=True)
class StillRejected:
    """
    A line that could not be read this time either.

    Parameters
    ----------
    id : int
    rejection : Rejection
        Why; its raw bytes stay those that are kept.
    read_as : ReadAs
        How it was read this time.
    """

    id: int
    rejection: Rejection
    read_as: ReadAs


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """
    What became of lines that were read again.

    Parameters
    ----------
    ids : tuple of int
        Those that are events or labels now.
    still : tuple of StillRejected
    """

    ids: tuple[int, ...]
    still: tuple[StillRejected, ...] = ()


def find_places(
    connection: duckdb.DuckDBPyConnection, source: str | None, reason: str | None
) -> list[RejectedPlace]:
    """Return the lines of a source, or for a reason, in the order of sources and positions."""
    rows = connection.execute(_PLACES, {"source": source, "reason": reason}).fetchall()
    return [RejectedPlace(*row) for row in rows]


def find_lines(
    connection: duckdb.DuckDBPyConnection, ids: Sequence[int]
) -> dict[int, RejectedLine]:
    """Return lines by their ids, in the order of positions; what is gone is left out."""
    connection.register("asked_for", pa.table(_halves(ids)))
    rows = connection.execute(_LINES, {"limit_bytes": RAW_LIMIT_BYTES}).fetchall()
    connection.unregister("asked_for")
    return {row[0]: line_of(row[1:]) for row in rows}


def settle(connection: duckdb.DuckDBPyConnection, again: ReadAgain, keeping: Keeping) -> bool:
    """
    Remove the lines that were read, and keep why the others were not.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In the write transaction that stores what was read.
    again : ReadAgain
    keeping : Keeping

    Returns
    -------
    bool
        False: one of the lines is gone or another by now, and nothing was changed.
    """
    every = [*again.ids, *(one.id for one in again.still)]
    if _count(connection, every) != len(every):
        return False
    if again.ids:
        with_rows(connection, _halves(again.ids), _READ)
        connection.execute(_REMOVE)
        note_past(connection, _NOTE)
    if again.still:
        columns = {
            **_halves([one.id for one in again.still]),
            "reason": texts([one.rejection.reason for one in again.still]),
            "message": texts([as_kept(one.rejection, keeping).message for one in again.still]),
            **read_as_columns([one.read_as for one in again.still]),
        }
        with_rows(connection, columns, _STILL)
        connection.execute(_MEND)
        connection.execute(_FORGET_KNOWN)
    return True


def _count(connection: duckdb.DuckDBPyConnection, ids: Sequence[int]) -> int:
    connection.register("rows_in_flight", pa.table(_halves(ids)))
    found = connection.execute(_THERE).fetchall()[0][0]
    connection.unregister("rows_in_flight")
    return int(found)


def _halves(ids: Sequence[int]) -> dict[str, pa.Array]:
    low = (1 << 64) - 1
    return {
        "high": pa.array(np.array([one >> 64 for one in ids], np.uint64)),
        "low": pa.array(np.array([one & low for one in ids], np.uint64)),
    }
