"""Looking after an open store, as the other rooms see it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from store import backup
from store.results import Results


class Upkeep(Results):
    """Copies of an open store; what goes wrong is a `StoreError`."""

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
