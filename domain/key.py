"""Keys of the HTTP interface: who may ask for what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Scope(StrEnum):
    """
    What a key is for.

    `ingest`: send events and labels, and read nothing. `read`: read, and change nothing. `admin`:
    everything.
    """

    INGEST = "ingest"
    READ = "read"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """
    A key as it is listed; its secret is not kept anywhere.

    Parameters
    ----------
    key_id : str
        The part of the secret that may be shown.
    name : str
        Whom or what it was made for.
    scopes : tuple of Scope
    models : tuple of str or None
        The only models it is for; None: every model.
    created_at : datetime
    expires_at, revoked_at : datetime or None
        From then on it opens nothing.
    last_used_at : datetime or None
        To the hour: whether it is still in use, not what for.
    """

    key_id: str
    name: str
    scopes: tuple[Scope, ...]
    models: tuple[str, ...] | None
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def opens(self, now: datetime) -> bool:
        """Return whether it is neither revoked nor expired."""
        ends = [moment for moment in (self.expires_at, self.revoked_at) if moment is not None]
        return all(now < end for end in ends)


@dataclass(frozen=True, slots=True)
class NewKey:
    """
    A key that was just made, with the only sight of its secret.

    Parameters
    ----------
    key : Key
    secret : str
        What a sender puts behind ``Authorization: Bearer``.
    """

    key: Key
    secret: str


@dataclass(frozen=True, slots=True)
class Grant:
    """
    What one request may do.

    Parameters
    ----------
    name : str
        Who asks: the key's name; for the record, never its secret.
    scopes : frozenset of Scope
    models : frozenset of str or None
        The only models it may send or see; None: every model.
    """

    name: str
    scopes: frozenset[Scope]
    models: frozenset[str] | None = None

    def allows(self, scope: Scope) -> bool:
        """Return whether it may do what needs `scope`."""
        return scope in self.scopes or Scope.ADMIN in self.scopes

    def allows_model(self, model: str) -> bool:
        """Return whether it may send or see `model`."""
        return self.models is None or model in self.models
