"""Old rows move to files and go, as the other rooms see it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.window import Window
from store.archive_catalog import ArchivedFile, Moved, archived
from store.archiving import DayRows, archive_day, days_before, sweep
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

    def sweep_archive(self) -> list[str]:
        """Remove files that hold nothing that counts; return which."""
        return sweep(self._database)

    def archived_files(
        self, model: str | None = None, windows: Sequence[Window] | None = None
    ) -> list[ArchivedFile]:
        """Return archived files, the oldest first, damaged ones too."""
        with self._database.reading() as connection:
            return archived(connection, model, windows)
