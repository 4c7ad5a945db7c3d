"""
What can go wrong, as one tree; every message names the thing, its value and what to do.

::

    DriftlineError                exit code 2
    ├── UsageError                a word of the command line or an argument is off
    │   ├── InvalidWindowError    a time without zone, an empty span
    │   ├── NotAllowedError       a server wants another key
    │   └── UnknownNameError      a model, version, column or alert that is not there
    ├── ConfigurationError        driftline.yaml says something that cannot be meant
    ├── InputError                a file, folder or body that cannot be read
    ├── StoreError                the database cannot be used
    │   ├── StoreLockedError      another process owns it
    │   ├── StoreBusyError        others are at work on it, and were not waited for
    │   ├── CheckpointMovedError  somebody else took of the file that is followed
    │   ├── StoreVersionError     it was written or is owned by another version
    │   └── DiskFullError         it cannot grow; nothing of the batch was stored
    └── NothingToJudgeError       no or too little data (exit code 3)
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class DriftlineError(Exception):
    """An error whose message is meant for the user: one line, no traceback."""

    exit_code = 2


class UsageError(DriftlineError):
    """A word of the command line or an argument cannot be meant."""


class InvalidWindowError(UsageError):
    """A time without zone, or a span that ends before it starts."""


class NotAllowedError(UsageError):
    """A server that was named wants a key, or another one."""


class UnknownNameError(UsageError):
    """A name that is not there; the message offers the nearest one that is."""

    @classmethod
    def nearest(cls, what: str, name: str, known: Iterable[str]) -> UnknownNameError:
        """
        Build the message from the names that exist.

        Parameters
        ----------
        what : str
            The noun, for example ``"model"``.
        name : str
            What was asked for.
        known : iterable of str
            The names that exist.
        """
        return cls(f"no {what} {name!r}{suggestion(name, known)}")


class ConfigurationError(DriftlineError):
    """The configuration says something that cannot be meant."""


class InputError(DriftlineError):
    """A file, folder or body that cannot be read."""


class StoreError(DriftlineError):
    """The database cannot be used."""


class StoreLockedError(StoreError):
    """Another process owns the database file."""


class StoreBusyError(StoreError):
    """Others of this process are at work on the database, and were not waited for any longer."""


class CheckpointMovedError(StoreError):
    """Of a followed file something else was taken than whoever follows it knows; ask again."""


class StoreVersionError(StoreError):
    """The database was written by a newer Driftline, or is owned by one of another version."""


class DiskFullError(StoreError):
    """The disk is full; nothing of the batch was stored."""


class NothingToJudgeError(DriftlineError):
    """There is no data, or too little, to judge anything."""

    exit_code = 3


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"``, or the list of what is known, or that nothing is."""
    names = sorted(set(known))
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    if not names:
        return "; there is none yet"
    return "; known: " + ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
