"""The keys of a store: made, listed, revoked, and asked about at every request."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from domain.errors import StoreError, UnknownNameError, UsageError
from domain.key import Grant, Key, NewKey, Scope
from store.store import Store

log = logging.getLogger(__name__)

# so that a scanner for leaked secrets knows one when it sees one
PREFIX: Final = "dlk"
_SECRET: Final = re.compile(rf"{PREFIX}_([0-9a-f]{{12}})_([A-Za-z0-9_-]{{43}})")
# compared with where there is no such key, so that this takes the same time
_NOBODY: Final = bytes(32)


class KeyRing:
    """
    The keys of an open store, kept in memory: only the process that owns the store changes them.

    Parameters
    ----------
    store : Store
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._known: dict[str, tuple[Key, bytes]] | None = None

    def create(
        self,
        name: str,
        scopes: Sequence[Scope],
        models: Sequence[str] | None,
        expires_at: datetime | None,
        now: datetime,
    ) -> NewKey:
        """
        Make a key; nobody can show its secret again.

        Parameters
        ----------
        name : str
            Not that of another key that still opens something.
        scopes : sequence of Scope
        models : sequence of str or None
            None: every model. They need not exist yet.
        expires_at : datetime or None
        now : datetime

        Raises
        ------
        UsageError
            If it would open nothing, could not be told from another, or be wider than it says.
        """
        self._check(name, scopes, models, expires_at, now)
        key_id, random = secrets.token_hex(6), secrets.token_urlsafe(32)
        key = Key(
            key_id=key_id,
            name=name,
            scopes=tuple(scope for scope in Scope if scope in scopes),
            models=None if models is None else tuple(sorted(set(models))),
            created_at=now,
            expires_at=expires_at,
        )
        with self._lock:
            self._store.add_key(key, _digest(random))
            self._known = None
        return NewKey(key, f"{PREFIX}_{key_id}_{random}")

    def all_keys(self) -> tuple[Key, ...]:
        """Return every key that was ever made, oldest first."""
        return tuple(key for key, _ in self._keys().values())

    def revoke(self, name: str, now: datetime) -> Key:
        """
        Let a key open nothing any more, from the next request on.

        Parameters
        ----------
        name : str
            Its name or id.
        now : datetime

        Raises
        ------
        UnknownNameError
            If no key of that name opens anything.
        """
        open_keys = [key for key in self.all_keys() if key.opens(now)]
        found = next((key for key in open_keys if name in (key.key_id, key.name)), None)
        if found is None:
            raise UnknownNameError.nearest("key", name, [key.name for key in open_keys])
        with self._lock:
            self._store.revoke_key(found.key_id, now)
            self._known = None
        return replace(found, revoked_at=now)

    def authorize(self, secret: str, now: datetime) -> Grant | None:
        """
        Return what a secret opens; None: nothing.

        Parameters
        ----------
        secret : str
            As `create` showed it.
        now : datetime
            The first use in an hour is kept, which writes to the store.
        """
        match = _SECRET.fullmatch(secret)
        if match is None:
            return None
        key, digest = self._keys().get(match[1], (None, _NOBODY))
        same = hmac.compare_digest(digest, _digest(match[2]))
        if key is None or not same or not key.opens(now):
            return None
        self._note_use(key, now)
        models = None if key.models is None else frozenset(key.models)
        return Grant(key.name, frozenset(key.scopes), models)

    def _keys(self) -> dict[str, tuple[Key, bytes]]:
        with self._lock:
            if self._known is None:
                self._known = {key.key_id: (key, digest) for key, digest in self._store.all_keys()}
            return self._known

    def _note_use(self, key: Key, now: datetime) -> None:
        hour = now.replace(minute=0, second=0, microsecond=0)
        if key.last_used_at is not None and key.last_used_at >= hour:
            return
        with self._lock:
            # another thread may have been first, or the key is just being changed
            if self._known is None or self._known[key.key_id][0] is not key:
                return
            self._known[key.key_id] = (replace(key, last_used_at=hour), self._known[key.key_id][1])
        try:
            self._store.note_key_use(key.key_id, hour)
        except StoreError as error:
            # a full disk must not lock out who comes to look at it
            log.warning("key.use_not_kept", extra={"key_id": key.key_id, "why": str(error)})

    def _check(
        self,
        name: str,
        scopes: Sequence[Scope],
        models: Sequence[str] | None,
        expires_at: datetime | None,
        now: datetime,
    ) -> None:
        if not name.strip():
            raise UsageError("a key needs a name that says whom it is for, for example 'gateway'")
        if any(key.name == name and key.opens(now) for key in self.all_keys()):
            raise UsageError(
                f"there is a key {name!r}; choose another name, or revoke it first: "
                f"driftline keys revoke {name}"
            )
        if not scopes:
            raise UsageError(f"key {name!r} would open nothing; add --scope ingest, read or admin")
        if models is not None and Scope.ADMIN in scopes:
            raise UsageError(
                f"key {name!r}: an admin key reaches every model; leave out the models, or make "
                "an ingest or read key"
            )
        if models is not None and not models:
            raise UsageError(f"key {name!r} would open no model; name at least one, or none")
        if expires_at is not None and expires_at <= now:
            raise UsageError(f"key {name!r} would have expired already; choose a later time")


def _digest(random: str) -> bytes:
    # 256 random bits cannot be guessed, so a slow hash would only slow every request down
    return hashlib.sha256(random.encode()).digest()
