"""Sides of calls whose other side has not come: kept, found again, given up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import md5
from typing import Any, Final

import duckdb
import pyarrow as pa

from store.asked_calls import AskedCall, untell
from store.bulk import texts, times, whole, with_rows
from store.database import Database
from store.half_mappings import forget_mappings, mapping_ids, mappings_of
from store.moments import from_stored, from_stored_or_none, to_stored

_SAME: Final = """
    old.key_hash = new.key_hash
    and old.key = new.key
    and old.side = new.side
    and old.ts is not distinct from new.ts
"""
# who told it last knows best how it is to be read; what was told of it already stays as it is
_MEET_AGAIN: Final = f"""
    update halves as old
    set model = new.model,
        version = new.version,
        mapping_id = new.mapping_id
    from rows_in_flight as new
    where {_SAME}
      and old.given_up_at is null
      and (old.model, old.version, old.mapping_id)
          is distinct from (new.model, new.version, new.mapping_id)
"""
_KEEP: Final = f"""
    insert into halves by name
    select nextval('half_ids') as id, * exclude (told)
    from (
        select *, row_number() over () as told
        from rows_in_flight
    ) as new
    where not exists (
        select 1
        from halves as old
        where {_SAME}
    )
    order by told
"""
_NOTE_SENDERS: Final = """
    insert into half_senders by name
    select sender, side
    from rows_in_flight
    where (sender, side) not in (select (sender, side) from half_senders)
"""
_COLUMNS: Final = """
    id, key, sender, side, ts, seen_at, source, position, model, version, facts, media_type,
    header_length, payload, given_up_at is not null, mapping_id
"""
_OF_KEYS: Final = f"""
    select {_COLUMNS}
    from halves
    where key_hash in (select unnest($hashes::ubigint[]))
    order by id
"""
_DRIVEN_APART: Final = """
    abs(epoch_us(one.ts) - epoch_us(other.ts)) > $wait_us
"""
_MEETING: Final = f"""
    select distinct one.key_hash
    from halves as one
    join halves as other using (key_hash, key)
    where one.side = 'request'
      and other.side = 'response'
      and not coalesce({_DRIVEN_APART}, false)
    limit $n
"""
_OVERDUE: Final = f"""
    select {_COLUMNS}
    from halves
    where given_up_at is null
      and (
            seen_at <= $seen_before
            or id in (
                select id
                from halves
                join rows_in_flight as passed using (sender, side)
                where halves.ts < passed.before
            )
      )
    order by id
    limit $n
"""
_DELETE: Final = """
    delete from halves
    where id in (select unnest($ids::bigint[]))
"""
_GIVE_UP: Final = """
    update halves
    set given_up_at = $at
    where id in (select unnest($ids::bigint[]))
"""
_FORGET: Final = """
    delete from halves
    where given_up_at < $before
"""
_ANY_FORGOTTEN: Final = """
    select 1
    from halves
    where given_up_at < $before
    limit 1
"""
_REMOVE: Final = """
    delete from halves
    where {holds}
"""
_WAITING: Final = """
    select
        count(*) filter (side = 'request'),
        count(*) filter (side = 'response'),
        min(seen_at)
    from halves
    where given_up_at is null
"""
_ANSWERING: Final = """
    select distinct sender
    from half_senders
    where side = 'response'
"""


@dataclass(frozen=True, slots=True, eq=False)
class StoredHalf:
    """
    A side of a call as the store keeps it.

    Parameters
    ----------
    key : str
        What both sides share, as a JSON list.
    sender : str
        The key without the id.
    side : {"request", "response"}
    at : datetime or None
        Its own time.
    seen_at : datetime
    source : str
    position : int
    model, version : str or None
        For events that carry none.
    facts : str
        A JSON object.
    media_type : str or None
    header_length : int or None
    payload : bytes or None
        None: the record had no body.
    mapping : str or None
        What its source calls the fields, as JSON; None: as they are called here.
    id : int
        0: not kept yet.
    given_up : bool
        Its call was told as failed.
    """

    key: str
    sender: str
    side: str
    at: datetime | None
    seen_at: datetime
    source: str
    position: int
    model: str | None
    version: str | None
    facts: str
    media_type: str | None
    header_length: int | None
    payload: bytes | None
    mapping: str | None
    id: int = 0
    given_up: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class HalfChanges:
    """
    What a transaction changes of the halves.

    Parameters
    ----------
    keep : sequence of StoredHalf
        To wait; what waits already is not kept twice.
    taken : sequence of int
        That wait no more.
    given_up : sequence of int
        Whose calls are told as failed now, at `now`.
    corrected : sequence of AskedCall
        That were told as failed, and an answer came after all: they are untold.
    senders : iterable of (sender, side)
    now : datetime or None
    """

    keep: Sequence[StoredHalf] = ()
    taken: Sequence[int] = ()
    given_up: Sequence[int] = ()
    corrected: Sequence[AskedCall] = ()
    senders: Iterable[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class HalvesWaiting:
    """
    How many sides of calls wait for the other.

    Parameters
    ----------
    requests, responses : int
    since : datetime or None
        When the one came that waits the longest; None: none waits.
    """

    requests: int
    responses: int
    since: datetime | None


def key_hash(key: str) -> int:
    """Return 64 bits of the hash of a key."""
    return int.from_bytes(md5(key.encode(), usedforsecurity=False).digest()[:8])


def apply_changes(
    database: Database, connection: duckdb.DuckDBPyConnection, changes: HalfChanges
) -> None:
    """
    Change what waits, in a write transaction, before events of it are stored.

    Parameters
    ----------
    database : Database
    connection : DuckDBPyConnection
    changes : HalfChanges
    """
    if changes.corrected:
        untell(database, connection, changes.corrected)
    if changes.taken:
        connection.execute(_DELETE, {"ids": list(changes.taken)})
    if changes.given_up and changes.now is not None:
        values = {"ids": list(changes.given_up), "at": to_stored(changes.now)}
        connection.execute(_GIVE_UP, values)
    if changes.keep:
        _keep(connection, changes.keep)
    senders = list(changes.senders)
    if senders:
        columns = {
            "sender": texts([sender for sender, _ in senders]),
            "side": texts([side for _, side in senders]),
        }
        with_rows(connection, columns, _NOTE_SENDERS)


def halves_of(connection: duckdb.DuckDBPyConnection, keys: Iterable[str]) -> list[StoredHalf]:
    """Return the halves that wait under some keys, or were given up, in the order they came."""
    return _found(connection, {key_hash(key) for key in keys})


def meeting_halves(
    connection: duckdb.DuckDBPyConnection, wait: timedelta, n: int
) -> list[StoredHalf]:
    """Return halves of at most `n` keys of which both sides are here."""
    values = {"wait_us": wait // timedelta(microseconds=1), "n": n}
    return _found(connection, {row[0] for row in connection.execute(_MEETING, values).fetchall()})


def overdue_halves(
    connection: duckdb.DuckDBPyConnection,
    seen_before: datetime,
    passed: dict[tuple[str, str], datetime],
    n: int,
) -> list[StoredHalf]:
    """
    Return at most `n` halves that waited long enough.

    Parameters
    ----------
    connection : DuckDBPyConnection
    seen_before : datetime
        They came before that.
    passed : dict of (sender, side) to datetime
        Or they are of that sender and side, and of a time before that.
    n : int
    """
    columns = {
        "sender": texts([sender for sender, _ in passed]),
        "side": texts([side for _, side in passed]),
        "before": times(list(passed.values())),
    }
    connection.register("rows_in_flight", pa.table(columns))
    try:
        values = {"seen_before": to_stored(seen_before), "n": n}
        return _halves(connection, connection.execute(_OVERDUE, values).fetchall())
    finally:
        connection.unregister("rows_in_flight")


def forget_given_up(connection: duckdb.DuckDBPyConnection, before: datetime) -> None:
    """Let go of halves that were given up before, in a write transaction."""
    connection.execute(_FORGET, {"before": to_stored(before)})
    forget_mappings(connection)


def any_given_up(connection: duckdb.DuckDBPyConnection, before: datetime) -> bool:
    """Return whether any half was given up before."""
    return bool(connection.execute(_ANY_FORGOTTEN, {"before": to_stored(before)}).fetchall())


def remove_halves(connection: duckdb.DuckDBPyConnection, patterns: Mapping[str, str]) -> None:
    """
    Remove the halves in which every pattern is found, in a write transaction.

    Parameters
    ----------
    connection : DuckDBPyConnection
    patterns : mapping of str to str
        Regular expressions for bytes as DuckDB prints them, by the name of their value.
    """
    holds = " and ".join(
        f"(regexp_matches(coalesce(payload, ''::blob)::varchar, ${name}) "
        f"or regexp_matches(encode(facts)::varchar, ${name}))"
        for name in patterns
    )
    connection.execute(_REMOVE.format(holds=holds), dict(patterns))


def answering_senders(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Return the senders that ever told an answer."""
    return {sender for (sender,) in connection.execute(_ANSWERING).fetchall()}


def halves_waiting(connection: duckdb.DuckDBPyConnection) -> HalvesWaiting:
    """Count what waits."""
    requests, responses, since = connection.execute(_WAITING).fetchall()[0]
    return HalvesWaiting(requests, responses, from_stored_or_none(since))


def _keep(connection: duckdb.DuckDBPyConnection, halves: Sequence[StoredHalf]) -> None:
    mappings = mapping_ids(connection, {half.mapping for half in halves if half.mapping})
    connection.register("rows_in_flight", pa.table(_rows(halves, mappings)))
    try:
        new = connection.execute(_KEEP).fetchall()[0][0]
        if new < len(halves):
            connection.execute(_MEET_AGAIN)
    finally:
        connection.unregister("rows_in_flight")


def _rows(halves: Sequence[StoredHalf], mappings: Mapping[str, int]) -> dict[str, pa.Array]:
    return {
        "key": texts([half.key for half in halves]),
        "key_hash": pa.array([key_hash(half.key) for half in halves], pa.uint64()),
        "sender": texts([half.sender for half in halves]),
        "side": texts([half.side for half in halves]),
        "ts": times([half.at for half in halves]),
        "seen_at": times([half.seen_at for half in halves]),
        "source": texts([half.source for half in halves]),
        "position": whole([half.position for half in halves]),
        "model": texts([half.model for half in halves]),
        "version": texts([half.version for half in halves]),
        "facts": texts([half.facts for half in halves]),
        "media_type": texts([half.media_type for half in halves]),
        "header_length": whole([half.header_length for half in halves]),
        "payload": pa.array([half.payload for half in halves], pa.binary()),
        "mapping_id": whole([mappings.get(half.mapping or "") for half in halves]),
    }


def _found(connection: duckdb.DuckDBPyConnection, hashes: set[int]) -> list[StoredHalf]:
    if not hashes:
        return []
    rows = connection.execute(_OF_KEYS, {"hashes": sorted(hashes)}).fetchall()
    return _halves(connection, rows)


def _halves(
    connection: duckdb.DuckDBPyConnection, rows: Sequence[tuple[Any, ...]]
) -> list[StoredHalf]:
    mappings = mappings_of(connection, {row[-1] for row in rows if row[-1] is not None})
    return [_half(row[:-1], mappings.get(row[-1])) for row in rows]


def _half(row: tuple[Any, ...], mapping: str | None) -> StoredHalf:
    number, key, sender, side, at, seen_at, source, position, *rest = row
    model, version, facts, media_type, header_length, payload, given_up = rest
    return StoredHalf(
        key, sender, side, from_stored_or_none(at), from_stored(seen_at), source, position,
        model, version, facts, media_type, header_length, payload, mapping, number, given_up,
    )  # fmt: skip
