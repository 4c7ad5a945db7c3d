"""Looking after an open store, as the other rooms see it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from domain.erasure import Erased, Erasing
from store import backup
from store.compaction import compact
from store.erasure import erase
from store.space import FileSpace, space
from store.tiers import Tiers


class Upkeep(Tiers):
    """Copies and smaller files of an open store; what goes wrong is a `StoreError`."""

    def backup(self, target: Path) -> int:
        """
        Copy the store as it is now to one file, while loads go on; return its size in bytes.

        Raises
        ------
        UsageError
            If `target` exists, or its folder does not.
        DiskFullError
            If there is no room for it.
        """
        return backup.backup(self._database, target)

    def note_backup(self, at: datetime) -> None:
        """Keep when the store was last copied."""
        backup.note_backup(self._database, at)

    def last_backup(self) -> datetime | None:
        """Return when the store was last copied; None: never."""
        return backup.last_backup(self._database)

    def erase(self, wanted: Erasing, who: str, now: datetime, *, dry_run: bool = False) -> Erased:
        """
        Remove a person's rows, or count them; their bytes go with `compact`.

        Raises
        ------
        UnknownNameError
            If there is no such model or feature.
        """
        return erase(self._database, wanted, who, now, dry_run=dry_run)

    def space(self) -> FileSpace:
        """Return how much of the file is free, and whether writing it anew would pay."""
        with self._database.reading() as connection:
            return space(connection)

    def compact(self, patience_s: float | None = None) -> tuple[int, int]:
        """
        Write the file anew without what was removed; return its size before and after, in bytes.

        Parameters
        ----------
        patience_s : float, optional
            How long those at work are waited for; default: until they are done.

        Raises
        ------
        DiskFullError
            If there is no room for both; the store is as it was.
        StoreBusyError
            If somebody is at work for longer than that.
        """
        return compact(self._database, patience_s)

    def keep_log_short(self) -> None:
        """
        Move the log into the file when it is long or nobody writes; called every half second.

        Raises
        ------
        DiskFullError
            If there is no room; the log still holds everything.
        """
        self._database.keep_log_short()
