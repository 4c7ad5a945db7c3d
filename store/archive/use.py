"""Who reads archived files and who moves rows, so that no file goes while somebody reads it."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Generator


class TierUse:
    """
    Of one open database.

    Attributes
    ----------
    moving : RLock
        Held by who archives, drops or erases: one at a time, apart from the writer's lock, so that
        loads go on while files are written.
    """

    def __init__(self) -> None:
        self.moving = threading.RLock()
        self._changed = threading.Condition()
        self._readers: set[int] = set()
        self._numbers = itertools.count()

    @contextlib.contextmanager
    def reading(self) -> Generator[None]:
        """Let no file go that a transaction begun inside may read."""
        with self._changed:
            number = next(self._numbers)
            self._readers.add(number)
        try:
            yield
        finally:
            with self._changed:
                self._readers.discard(number)
                self._changed.notify_all()

    def wait(self) -> None:
        """Wait until those who are reading now have ended; later ones see the newer catalogue."""
        with self._changed:
            before = set(self._readers)
            self._changed.wait_for(lambda: not before & self._readers)
