"""Looking after a store: the part of the `LocalService` that copies, removes and makes smaller."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from domain.erasure import Erased, Erasing
from store.store import Store


@dataclass
class LocalUpkeep:
    """
    Upkeep of a store that this process has opened.

    Parameters
    ----------
    store : Store
    """

    store: Store

    def backup(self, target: Path) -> int:
        """Copy the store as it is now to one file, while loads go on; return its size in bytes."""
        return self.store.backup(target)

    def note_backup(self, at: datetime) -> datetime:
        """Keep when the store was last copied: once the copy has arrived where it was wanted."""
        self.store.note_backup(at)
        return at

    def erase(self, wanted: Erasing, who: str, now: datetime, *, dry_run: bool) -> Erased:
        """
        Remove a person's rows, or count what would be removed; `compact` then drops their bytes.

        Raises
        ------
        UnknownNameError
            If there is no such model or feature.
        """
        return self.store.erase(wanted, who, now, dry_run=dry_run)

    def compact(self) -> tuple[int, int]:
        """Write the file anew; return its size before and after, in bytes."""
        return self.store.compact()

    def keep_log_short(self) -> None:
        """Move what the store's log holds into its file, if now is the time for it."""
        self.store.keep_log_short()
