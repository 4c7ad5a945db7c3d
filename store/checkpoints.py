"""How far followed files are taken: moved on in the transaction that stores what was taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import duckdb

from domain.checkpoint import Checkpoint, FollowedSource, FollowedState, Piece
from domain.errors import CheckpointMovedError
from store.bulk import insert_rows, texts, times, whole
from store.moments import from_stored, from_stored_or_none, to_stored

_COLUMNS: Final = """
    id, source, path, device, inode, format, head_bytes, head, taken_bytes, tail, checksum, lines,
    size_bytes, changed_ns, newest, taken_at, known_from
"""
_NAMES: Final = tuple(name.strip() for name in _COLUMNS.split(","))
_TIMES: Final = ("newest", "taken_at", "known_from")
_ALL: Final = f"select {_COLUMNS} from checkpoints order by id"
_WANTED: Final = f"""
    select {_COLUMNS}
    from checkpoints
    where id in (select unnest($ids::bigint[]))
       or (device, inode) in (select unnest($devices::varchar[]), unnest($inodes::varchar[]))
"""
_NEXT: Final = "select coalesce(max(id), 0) + 1 from checkpoints"
_REMOVE: Final = """
    delete from checkpoints
    where id in (select unnest($ids::bigint[]))
"""
_DETACH: Final = """
    update checkpoints
    set device = null,
        inode = null
    where id in (select unnest($ids::bigint[]))
"""
_FORGET_RECORDS: Final = """
    delete from taken_records
    where checkpoint in (select unnest($ids::bigint[]))
"""
_FROM_THE_START: Final = """
    update checkpoints
    set taken_bytes = 0,
        tail = '',
        checksum = 0,
        lines = 0,
        size_bytes = -1,
        changed_ns = -1,
        known_from = null
    where id in (select unnest($ids::bigint[]))
"""
_FORGET_STATE: Final = """
    delete from followed_sources
    where source = $source
"""
_ADD_STATE: Final = """
    insert into followed_sources
    values ($source, $looked_at, $files, $bytes_behind, $every_s, $failing, $error)
"""
_SOURCES: Final = """
    select
        state.*,
        coalesce(sum(taken_bytes), 0)::bigint as taken,
        max(newest) as newest
    from followed_sources as state
    left join checkpoints using (source)
    group by all
    order by state.source
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """
    A checkpoint that is moved on in this transaction.

    Parameters
    ----------
    id : int
    known_from, newest : datetime or None
        As the store has it, whatever the follower remembers.
    """

    id: int
    known_from: datetime | None
    newest: datetime | None = None


def checkpoints(connection: duckdb.DuckDBPyConnection) -> tuple[Checkpoint, ...]:
    """Return how far every file is taken, those met first first."""
    return tuple(_checkpoint(row) for row in connection.execute(_ALL).fetchall())


def claim(connection: duckdb.DuckDBPyConnection, pieces: Sequence[Piece]) -> list[Claimed]:
    """
    Make sure that pieces go on where their files were left, and name the checkpoint of each.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a write transaction.
    pieces : sequence of Piece
        Of different files.

    Returns
    -------
    list of Claimed
        Ids of files that are new are new.

    Raises
    ------
    CheckpointMovedError
        If the store knows otherwise of one of them.
    """
    stored = {one.id: one for one in _about(connection, pieces)}
    there: dict[tuple[str | None, str | None], int | None]
    there = {(one.device, one.inode): one.id for one in stored.values() if one.inode is not None}
    free = int(connection.execute(_NEXT).fetchall()[0][0])
    claimed: list[Claimed] = []
    for piece in pieces:
        after = piece.after
        known = None if after.id is None else stored.get(after.id)
        expected = piece.instead_of if after.device is not None else None
        found = there.get((after.device, after.inode))
        moved = known is not None and known.taken_bytes != piece.before_bytes
        if moved or (after.id is not None and known is None) or found not in {expected, after.id}:
            raise CheckpointMovedError(f"{after.path} was taken further by somebody else meanwhile")
        if after.id is None:
            claimed.append(Claimed(free, after.known_from))
            free += 1
        else:
            claimed.append(_claimed(after.id, known))
    return claimed


def _claimed(number: int, known: Checkpoint | None) -> Claimed:
    if known is None:
        return Claimed(number, None)
    return Claimed(number, known.known_from, known.newest)


def keep(
    connection: duckdb.DuckDBPyConnection,
    claimed: Sequence[Claimed],
    pieces: Sequence[Piece],
    newest: Sequence[datetime | None],
    at: datetime,
) -> list[Checkpoint]:
    """
    Keep how far files are taken now.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In the write transaction in which the pieces were claimed.
    claimed : sequence of Claimed
    pieces : sequence of Piece
    newest : sequence of datetime or None
        Of the events of each piece.
    at : datetime
        When they are taken.
    """
    kept = [
        replace(
            piece.after,
            id=mine.id,
            known_from=mine.known_from,
            newest=_later(mine.newest, moment),
            taken_at=at,
        )
        for mine, piece, moment in zip(claimed, pieces, newest, strict=True)
    ]
    detached = [p.instead_of for p in pieces if p.instead_of is not None]
    if detached:
        connection.execute(_DETACH, {"ids": detached})
    connection.execute(_REMOVE, {"ids": [mine.id for mine in claimed]})
    _add(connection, kept)
    return kept


def start_again(connection: duckdb.DuckDBPyConnection, ids: Sequence[int]) -> None:
    """Let files be read from their beginning: what of them is stored is known by its ids."""
    connection.execute(_FROM_THE_START, {"ids": list(ids)})
    connection.execute(_FORGET_RECORDS, {"ids": list(ids)})


def forget(connection: duckdb.DuckDBPyConnection, ids: Sequence[int]) -> None:
    """Forget files that have gone."""
    connection.execute(_REMOVE, {"ids": list(ids)})
    connection.execute(_FORGET_RECORDS, {"ids": list(ids)})


def note_followed(connection: duckdb.DuckDBPyConnection, state: FollowedState) -> None:
    """Keep how a source was found."""
    connection.execute(_FORGET_STATE, {"source": state.source})
    values = {
        "source": state.source,
        "looked_at": to_stored(state.looked_at),
        "files": state.files,
        "bytes_behind": state.bytes_behind,
        "every_s": state.every_s,
        "failing": state.failing,
        "error": state.error,
    }
    connection.execute(_ADD_STATE, values)


def followed(connection: duckdb.DuckDBPyConnection) -> tuple[FollowedSource, ...]:
    """Return the sources that are or were followed, by name."""
    return tuple(_source(row) for row in connection.execute(_SOURCES).fetchall())


def _about(
    connection: duckdb.DuckDBPyConnection, pieces: Sequence[Piece]
) -> tuple[Checkpoint, ...]:
    """Return what is stored of the files of some pieces."""
    wanted = {
        "ids": [piece.after.id for piece in pieces if piece.after.id is not None],
        "devices": [piece.after.device for piece in pieces],
        "inodes": [piece.after.inode for piece in pieces],
    }
    return tuple(_checkpoint(row) for row in connection.execute(_WANTED, wanted).fetchall())


def _checkpoint(row: tuple[Any, ...]) -> Checkpoint:
    values = dict(zip(_NAMES, row, strict=True))
    for name in _TIMES:
        values[name] = from_stored_or_none(values[name])
    return Checkpoint(**values)


def _source(row: tuple[Any, ...]) -> FollowedSource:
    source, looked_at, files, behind, every_s, failing, error, taken, newest = row
    state = FollowedState(
        source=source,
        looked_at=from_stored(looked_at),
        files=files,
        bytes_behind=behind,
        every_s=every_s,
        failing=failing,
        error=error,
    )
    return FollowedSource(state=state, bytes_taken=taken, newest=from_stored_or_none(newest))


def _add(connection: duckdb.DuckDBPyConnection, rows: Sequence[Checkpoint]) -> None:
    numbers = ("id", "head_bytes", "taken_bytes", "checksum", "lines", "size_bytes", "changed_ns")
    words = ("source", "path", "device", "inode", "format", "head", "tail")
    columns = {name: whole([getattr(row, name) for row in rows]) for name in numbers}
    columns |= {name: texts([getattr(row, name) for row in rows]) for name in words}
    columns |= {name: times([getattr(row, name) for row in rows]) for name in _TIMES}
    insert_rows(connection, "checkpoints", columns)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((m for m in (one, other) if m is not None), default=None)
