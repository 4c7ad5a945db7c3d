"""Keys of the HTTP interface, by the SHA-256 of their secrets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb

from domain.key import Key, Scope
from store.moments import from_stored, from_stored_or_none, to_stored, to_stored_or_none

_ADD = """
    insert into keys
    values (
        $key_id, $name, $digest, $scopes, $models, $created_at, $expires_at, $revoked_at,
        $last_used_at
    )
"""
_KEYS = """
    select
        key_id, name, scopes, models, created_at, expires_at, revoked_at, last_used_at, digest
    from keys
    order by created_at, rowid
"""
_REVOKE = """
    update keys
    set revoked_at = $at
    where key_id = $key_id
      and revoked_at is null
"""
_NOTE_USE = """
    update keys
    set last_used_at = $at
    where key_id = $key_id
"""


def add_key(connection: duckdb.DuckDBPyConnection, key: Key, digest: bytes) -> None:
    """
    Keep a key.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a write transaction.
    key : Key
    digest : bytes
        SHA-256 of its secret.
    """
    values: dict[str, object] = {
        "key_id": key.key_id,
        "name": key.name,
        "digest": digest,
        "scopes": [scope.value for scope in key.scopes],
        "models": None if key.models is None else list(key.models),
        "created_at": to_stored(key.created_at),
        "expires_at": to_stored_or_none(key.expires_at),
        "revoked_at": to_stored_or_none(key.revoked_at),
        "last_used_at": to_stored_or_none(key.last_used_at),
    }
    connection.execute(_ADD, values)


def find_keys(connection: duckdb.DuckDBPyConnection) -> list[tuple[Key, bytes]]:
    """Return every key that was ever made and the digest of its secret, oldest first."""
    return [(_key(row), bytes(row[8])) for row in connection.execute(_KEYS).fetchall()]


def revoke_key(connection: duckdb.DuckDBPyConnection, key_id: str, at: datetime) -> None:
    """Let a key open nothing any more; when it first was revoked stays."""
    connection.execute(_REVOKE, {"key_id": key_id, "at": to_stored(at)})


def note_use(connection: duckdb.DuckDBPyConnection, key_id: str, at: datetime) -> None:
    """Keep when a key was last used."""
    connection.execute(_NOTE_USE, {"key_id": key_id, "at": to_stored(at)})


def _key(row: tuple[Any, ...]) -> Key:
    return Key(
        key_id=row[0],
        name=row[1],
        scopes=tuple(Scope(scope) for scope in row[2]),
        models=None if row[3] is None else tuple(row[3]),
        created_at=from_stored(row[4]),
        expires_at=from_stored_or_none(row[5]),
        revoked_at=from_stored_or_none(row[6]),
        last_used_at=from_stored_or_none(row[7]),
    )
