"""Who uses an open file, so that it can be exchanged while nobody does."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator

from domain.errors import StoreBusyError


class Users:
    """
    Counts the threads at work; lets one have the file to itself.

    A thread that is at work may begin more within that; newcomers wait while the file is exchanged.
    """

    def __init__(self) -> None:
        self._own = threading.local()
        self._changed = threading.Condition()
        self._at_work = 0
        self._closed = False

    def here(self) -> bool:
        """Return whether this very thread is at work."""
        return bool(getattr(self._own, "depth", 0))

    @contextlib.contextmanager
    def one(self) -> Generator[None]:
        """Be at work."""
        depth: int = getattr(self._own, "depth", 0)
        if not depth:
            with self._changed:
                self._changed.wait_for(lambda: not self._closed)
                self._at_work += 1
        self._own.depth = depth + 1
        try:
            yield
        finally:
            self._own.depth = depth
            if not depth:
                with self._changed:
                    self._at_work -= 1
                    self._changed.notify_all()

    @contextlib.contextmanager
    def alone(self, patience_s: float | None = None) -> Generator[None]:
        """
        Wait until nobody is at work, and let nobody begin meanwhile.

        Raises
        ------
        StoreBusyError
            If somebody is still at work after `patience_s`; None: wait for as long as it takes.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._closed = True
            if not self._changed.wait_for(lambda: not self._at_work, patience_s):
                self._closed = False
                self._changed.notify_all()
                raise StoreBusyError(
                    "others are at work on the store, and were not waited for; try again later"
                )
        self._own.depth = 1
        try:
            yield
        finally:
            self._own.depth = 0
            with self._changed:
                self._closed = False
                self._changed.notify_all()
