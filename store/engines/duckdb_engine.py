"""DuckDB answers: from the store's own tables."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Mapping, Sequence
from datetime import datetime

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from domain.calls import CallBuckets, LoggedCall
from domain.column import Column
from domain.outcome import Outcomes
from domain.profile import CategoryCounts, Grid, ProfileSeries
from domain.slice import MOST_SLICES, SlicedCounts
from domain.window import Rows, Window
from store import (
    calls,
    catalog,
    exact_values,
    notable_calls,
    outcomes,
    questions,
    roles,
    rows,
    sliced_counts,
    traffic,
)
from store.archive import facts
from store.archive.spanning import asking, reading_all
from store.catalog import DeploymentInfo
from store.database import Database
from store.exact_values import Result, Use, Within
from store.hours.calls_by_hour import calls_by_hour, span_of
from store.registry import find_model
from store.relations import Relations, stored

Float = NDArray[np.float64]
Int = NDArray[np.int64]


class DuckDBEngine:
    """
    Asks DuckDB; see `store.engines.engine.Engine` for the questions.

    Parameters
    ----------
    database : Database
    model : str
    """

    def __init__(self, database: Database, model: str) -> None:
        self._database = database
        self.model = model

    @contextlib.contextmanager
    def _asking(
        self, windows: Sequence[Window], columns: Sequence[Column] = ()
    ) -> Generator[tuple[duckdb.DuckDBPyConnection, Relations]]:
        """Yield a connection that reads, and where the rows of some windows lie."""
        with asking(self._database, self.model, windows, columns) as asked:
            yield asked

    @contextlib.contextmanager
    def _asking_tables(self) -> Generator[tuple[duckdb.DuckDBPyConnection, Relations]]:
        """Yield a connection that reads, and where the rows lie that are not archived."""
        with reading_all(self._database) as connection:
            yield connection, stored(connection, self.model)

    def deployments(self) -> tuple[DeploymentInfo, ...]:
        with self._asking_tables() as (connection, logs):
            found = catalog.deployments(connection, logs)
            return facts.with_archived(connection, self.model, found)

    def columns(self) -> tuple[Column, ...]:
        with self._asking_tables() as (_, logs):
            return catalog.columns(logs)

    def first_values(self, columns: Sequence[Column]) -> dict[Column, datetime | None]:
        with self._asking_tables() as (connection, logs):
            tables = find_model(connection, self.model)
            return facts.first_values(connection, tables, logs, columns)

    def data_span(self) -> Window | None:
        with self._asking_tables() as (connection, logs):
            found = catalog.data_span(connection, logs)
            return facts.widened(connection, self.model, found)

    def row_counts(self, windows: Sequence[Window]) -> dict[str, Int]:
        with self._asking(windows) as (connection, logs):
            return questions.row_counts(connection, logs, windows, "predictions")

    def prediction_counts(self, version: str, windows: Sequence[Window]) -> roles.PredictionCounts:
        with self._asking(windows) as (connection, logs):
            return roles.prediction_counts(connection, logs, version, windows)

    def call_counts(self, windows: Sequence[Window]) -> dict[str, Int]:
        with self._asking(windows) as (connection, logs):
            return questions.row_counts(connection, logs, windows, "calls")

    def counts(
        self,
        grids: Mapping[Column, Grid],
        windows: Sequence[Window],
        versions: Sequence[str],
    ) -> dict[Column, ProfileSeries]:
        with self._asking(windows, list(grids)) as (connection, logs):
            return questions.counts(connection, logs, grids, windows, versions)

    def each_sorted(
        self,
        columns: Sequence[Column],
        whole: Rows,
        apart: Rows,
        use: Use[Result],
        *,
        within: Within | None = None,
        share: float = 1.0,
    ) -> dict[Column, Result]:
        with self._asking([*whole.windows, *apart.windows], columns) as (connection, logs):
            return exact_values.each_sorted(
                connection, logs, columns, whole, apart, use, within=within, share=share
            )

    def category_counts(
        self,
        columns: Sequence[Column],
        rows: Rows,
        *,
        most: int,
        share: float = 1.0,
    ) -> dict[Column, CategoryCounts]:
        with self._asking(rows.windows, columns) as (connection, logs):
            return questions.category_counts(
                connection, logs, columns, rows, most=most, share=share
            )

    def cell_scores(self, column: Column, grid: Grid, rows: Rows) -> Float:
        with self._asking(rows.windows) as (connection, logs):
            return questions.cell_scores(connection, logs, column, grid, rows)

    def sliced_counts(
        self,
        column: Column,
        grid: Grid,
        by: Column,
        whole: Rows,
        apart: Rows,
        *,
        most: int = MOST_SLICES,
    ) -> list[SlicedCounts]:
        with self._asking([*whole.windows, *apart.windows]) as (connection, logs):
            return sliced_counts.sliced_counts(
                connection, logs, column, grid, by, whole, apart, most=most
            )

    def rows(
        self,
        columns: Sequence[Column],
        windows: Sequence[Window],
        versions: Sequence[str],
        limit: int,
    ) -> pa.Table:
        with self._asking(windows, columns) as (connection, logs):
            return rows.rows(connection, logs, columns, windows, versions, limit)

    def call_buckets(
        self,
        version: str,
        span: Window,
        bucket_s: int,
        latency_thresholds_ms: Sequence[float],
    ) -> CallBuckets:
        with self._asking([span]) as (connection, logs):
            return calls.call_buckets(
                connection, logs, version, span, bucket_s, latency_thresholds_ms
            )

    def calls_by_hour(self, hours: Sequence[int]) -> pa.Table:
        with self._asking([span_of(hours)]) as (connection, logs):
            return calls_by_hour(connection, logs, hours)

    def latency_quantiles(
        self, version: str, windows: Sequence[Window], qs: Sequence[float]
    ) -> Float:
        with self._asking(windows) as (connection, logs):
            return calls.latency_quantiles(connection, logs, version, windows, qs)

    def failed_calls(self, version: str, windows: Sequence[Window], most: int) -> list[LoggedCall]:
        """Return failed calls of some windows, the newest first."""
        with self._asking(windows) as (connection, logs):
            return notable_calls.failed_calls(connection, logs, version, windows, most)

    def slowest_calls(self, version: str, windows: Sequence[Window], most: int) -> list[LoggedCall]:
        """Return calls of some windows, failed ones too, the slowest first."""
        with self._asking(windows) as (connection, logs):
            return notable_calls.slowest_calls(connection, logs, version, windows, most)

    def request_counts(self, span: Window, bucket_s: int) -> Int:
        with self._asking([span]) as (connection, logs):
            return traffic.request_counts(connection, logs, span, bucket_s)

    def failed_statuses(self, version: str, windows: Sequence[Window]) -> list[dict[int, int]]:
        with self._asking(windows) as (connection, logs):
            return traffic.failed_statuses(connection, logs, version, windows)

    def event_spans(
        self, version: str, windows: Sequence[Window]
    ) -> list[tuple[datetime, datetime] | None]:
        with self._asking(windows) as (connection, logs):
            return traffic.event_spans(connection, logs, version, windows)

    def outcomes(
        self,
        version: str,
        windows: Sequence[Window],
        known_by: datetime | None = None,
    ) -> list[Outcomes]:
        with self._asking(windows) as (connection, logs):
            return outcomes.outcomes(connection, logs, version, windows, known_by)
