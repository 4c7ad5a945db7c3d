"""What is counted by hour beside the rows, as the other rooms see it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from domain.column import Column
from domain.profile import Grid
from store.hours import column_grids
from store.hours.column_grids import KeptGrid
from store.results import Results


class Rollups(Results):
    """The grids that columns are counted over, and the counts by hour."""

    def grids(self, model: str) -> dict[Column, tuple[KeptGrid, ...]]:
        """
        Return the cells that columns are counted over, of each column the oldest first.

        Columns without any are absent; so is every column of an unknown model.
        """
        with self._database.reading() as connection:
            return column_grids.grids(connection, model)

    def keep_grids(self, model: str, new: Mapping[Column, Grid], since: datetime) -> None:
        """
        Keep the cells that columns are counted over, in windows that start at `since` or later.

        What was kept since the same moment is replaced; other moments and columns stay.
        """
        with self._database.writing() as connection:
            column_grids.keep_grids(connection, model, new, since)

    def forget_grids(self, model: str) -> None:
        """Forget the kept grids of a model: its columns are counted from rows again."""
        with self._database.writing() as connection:
            column_grids.forget_grids(connection, model)
