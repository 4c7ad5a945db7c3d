"""Old rows move to files and go, as the other rooms see it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from domain.tiers import ArchiveFault
from domain.window import Window
from store.archive.catalog import ArchivedFile, Moved, archived
from store.archive.check import check_archive, missing_windows
from store.archive.moving import DayRows, archive_day, days_before, sweep
from store.archive.retention import beyond_size, days_to_drop, drop_before
from store.moments import from_microseconds, to_microseconds
from store.rollups import Rollups


class Tiers(Rollups):
    """Archive and retention of an open store; what goes wrong is a `StoreError`."""

    def days_before(self, model: str, before: datetime) -> list[DayRows]:
        """Return the days, by version, before a midnight UTC of which the tables hold rows."""
        with self._database.reading() as connection:
            return days_before(connection, model, before)

    def archive_day(self, rows: DayRows, to: str, who: str, now: datetime) -> Moved | None:
        """Move one day of one version to files; None where loads changed it meanwhile."""
        return archive_day(self._database, rows, to, who, now)

    def days_to_drop(
        self, model: str, before: datetime | None, size_bytes: int | None
    ) -> list[datetime]:
        """
        Return the midnights UTC, the oldest first, before which rows have to go.

        Parameters
        ----------
        model : str
        before : datetime or None
            A midnight UTC; rows from before it are too old. None: none are.
        size_bytes : int or None
            What rows may take in the store and the archive together; the newest two days stay
            whatever they take. None: any.
        """
        with self._database.reading() as connection:
            bounds = [] if before is None else [to_microseconds(before)]
            if size_bytes is not None:
                hot = self._database.sizes.of(connection).get(model, 0)
                bound = beyond_size(connection, model, size_bytes, hot)
                bounds += [] if bound is None else [bound]
            found = days_to_drop(connection, model, max(bounds)) if bounds else []
        return [from_microseconds(moment) for moment in found]

    def drop_before(self, model: str, before: datetime, who: str, now: datetime) -> Moved:
        """Drop a model's rows from before a midnight UTC, with their labels and archived files."""
        return drop_before(self._database, model, to_microseconds(before), who, now)

    def check_archive(
        self,
        who: str,
        now: datetime,
        *,
        repair: bool,
        every_byte: bool = False,
        go_on: Callable[[], None] = lambda: None,
    ) -> list[ArchiveFault]:
        """Compare archived files with what was written; return which are missing or damaged."""
        return check_archive(
            self._database, who, now, repair=repair, every_byte=every_byte, go_on=go_on
        )

    def missing_shares(
        self, model: str, version: str | None, windows: Sequence[Window]
    ) -> list[float]:
        """Return the share of each window that lacks archived rows of a version; None: of any."""
        with self._database.reading() as connection:
            files = archived(connection, model, windows, lost=True)
        return missing_windows(files, version, windows)

    def sweep_archive(self) -> list[str]:
        """Remove files that hold nothing that counts; return which."""
        return sweep(self._database)

    def archived_files(
        self, model: str | None = None, windows: Sequence[Window] | None = None
    ) -> list[ArchivedFile]:
        """Return archived files, the oldest first, damaged ones too."""
        with self._database.reading() as connection:
            return archived(connection, model, windows)
