"""The owner makes its file smaller by itself, in moments in which nobody loads."""

from __future__ import annotations

import logging
import shutil
from typing import Final

from domain.errors import StoreBusyError
from store.store import Store

log = logging.getLogger(__name__)

# whoever asks in this moment is kept waiting for so long at most, for nothing
PATIENCE_S: Final = 1.0


class Compacting:
    """
    Looks now and then whether the file should be written anew, and does it.

    A moment is quiet when nothing was loaded since the last look and nobody is at work: no run, no
    question, no copy.

    Parameters
    ----------
    store : Store
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._loaded: object = None

    def look(self) -> tuple[int, int] | None:
        """
        Write the file anew if it is due and the moment is quiet.

        Returns
        -------
        before, after : int
            Size of the file in bytes; None where nothing was done.
        """
        loaded = self._store.sources()
        quiet, self._loaded = loaded == self._loaded, loaded
        space = self._store.space()
        if not quiet or not space.is_due:
            return None
        if shutil.disk_usage(self._store.path.parent).free < 2 * space.used_bytes:
            fields = {"free_bytes": space.free_bytes, "used_bytes": space.used_bytes}
            log.warning("compaction.no_room", extra=fields)
            return None
        try:
            return self._store.compact(PATIENCE_S)
        except StoreBusyError:
            return None  # the next moment may be quiet
