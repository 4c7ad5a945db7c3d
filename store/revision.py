"""A token that changes whenever what was found or decided has changed."""

from __future__ import annotations

import secrets
import threading


class Revision:
    """Counts changes from a start that no other process has; loads of events are none."""

    def __init__(self) -> None:
        self._start = secrets.token_hex(4)
        self._changes = 0
        self._lock = threading.Lock()

    def raise_(self) -> None:
        """Note a change: after its commit, so that nobody keeps the old state as the new one."""
        with self._lock:
            self._changes += 1

    def token(self) -> str:
        """Return the token of now."""
        with self._lock:
            return f"{self._start}-{self._changes}"
