"""DuckDB answers from what was counted by hour, and reads as rows only what nobody has counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from domain.column import Column
from domain.profile import Grid, ProfileSeries
from domain.window import Window
from store import questions
from store.engines.duckdb_engine import DuckDBEngine
from store.hours import prediction_hours
from store.hours.column_hours import HourCounts
from store.hours.recount import Recount
from store.roles import PredictionCounts

Int = NDArray[np.int64]


class CountedEngine(DuckDBEngine):
    """
    Answers for a model whose hours are counted, wherever its rows lie.

    The answers are those of `DuckDBEngine`, which reads all rows.

    Parameters
    ----------
    database : Database
        Keeps what was counted.
    model : str
    """

    def refresh(self, span: Window | None = None) -> int:
        """Count the hours whose predictions changed; see `Recount.stale`."""
        return Recount(self._database, self.model, self._asking).stale(span)

    def row_counts(self, windows: Sequence[Window]) -> dict[str, Int]:
        marks = self._database.marks
        with self._asking(windows) as (connection, logs):
            return prediction_hours.row_counts(connection, logs, marks, windows, "predictions")

    def prediction_counts(self, version: str, windows: Sequence[Window]) -> PredictionCounts:
        marks = self._database.marks
        with self._asking(windows) as (connection, logs):
            return prediction_hours.prediction_counts(connection, logs, marks, version, windows)

    def call_counts(self, windows: Sequence[Window]) -> dict[str, Int]:
        marks = self._database.marks
        with self._asking(windows) as (connection, logs):
            return prediction_hours.row_counts(connection, logs, marks, windows, "calls")

    def counts(
        self,
        grids: Mapping[Column, Grid],
        windows: Sequence[Window],
        versions: Sequence[str],
    ) -> dict[Column, ProfileSeries]:
        found = self._counted(grids, windows, versions, final=False)
        # rows that a load changes meanwhile are read as rows
        return found or self._counted(grids, windows, versions, final=True)

    def _counted(
        self,
        grids: Mapping[Column, Grid],
        windows: Sequence[Window],
        versions: Sequence[str],
        *,
        final: bool,
    ) -> dict[Column, ProfileSeries]:
        """Count columns; where hours have to be counted first, do that and return nothing."""
        with self._asking(windows, list(grids)) as (connection, logs):
            hours = HourCounts(
                connection, self.model, grids, windows, versions, self._database.marks
            )
            if final or not hours.missing:
                others = {c: grid for c, grid in grids.items() if c not in hours.grids}
                counted = hours.series(logs)
                if others:
                    counted |= questions.counts(connection, logs, others, windows, versions)
                return {column: counted[column] for column in grids}
        recount = Recount(self._database, self.model, self._asking)
        recount.hours(hours.missing, hours.grids)
        return {}
