"""Looking after a store: the part of the `LocalService` that copies, moves and removes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from domain.erasure import Erased, Erasing
from domain.errors import UnknownNameError
from domain.tiers import ArchiveFault, Tidied
from monitors.config import Config
from monitors.hiding import as_stored, drop_rejected
from monitors.tidying import GoOn, tidy
from store.store import Store


@dataclass
class LocalUpkeep:
    """
    Upkeep of a store that this process has opened.

    Parameters
    ----------
    store : Store
    config : Config
    """

    store: Store
    config: Config

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
        erased = self.store.erase(wanted, who, now, dry_run=dry_run)
        hashed = as_stored(wanted, self.store)
        if hashed == wanted:
            return erased
        # rows of before there was a rule hold the value itself
        return erased + self.store.erase(hashed, who, now, dry_run=dry_run)

    def tidy(
        self,
        model: str | None,
        who: str,
        now: datetime,
        *,
        dry_run: bool,
        go_on: GoOn = lambda: None,
    ) -> list[Tidied]:
        """
        Archive and drop what is old, as the configuration wants it; see `monitors.tidying.tidy`.

        Of all models: also rejected lines.

        Raises
        ------
        UnknownNameError
            If there is no such model.
        StoreError
            If a place of the archive cannot be used; the other models are done all the same.
        """
        known = self.store.models()
        if model is not None and model not in known:
            raise UnknownNameError.nearest("model", model, known)
        models = known if model is None else (model,)
        if model is None and not dry_run:
            drop_rejected(self.store, self.config, now)
        return tidy(self.store, self.config, models, who, now, dry_run=dry_run, go_on=go_on)

    def check_archive(
        self,
        who: str,
        now: datetime,
        *,
        repair: bool,
        every_byte: bool,
        go_on: GoOn = lambda: None,
    ) -> list[ArchiveFault]:
        """
        Compare archived files with what was written; return which are missing or damaged.

        Every byte is read of files of which it was not within a month, or with `every_byte`. With
        `repair` the faulty are set aside, so that questions pass them over, and files that hold
        nothing that counts are removed.

        Raises
        ------
        StoreError
            If a place cannot be reached.
        """
        if repair:
            self.store.sweep_archive()
        return self.store.check_archive(who, now, repair=repair, every_byte=every_byte, go_on=go_on)

    def compact(self) -> tuple[int, int]:
        """Write the file anew; return its size before and after, in bytes."""
        return self.store.compact()

    def keep_log_short(self) -> None:
        """Move what the store's log holds into its file, if now is the time for it."""
        self.store.keep_log_short()
