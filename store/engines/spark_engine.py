"""Spark answers: from Parquet or a table where it lies; all counting happens there."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from domain.calls import CallBuckets
from domain.column import Column
from domain.outcome import Outcomes
from domain.profile import CategoryCounts, Grid, ProfileSeries
from domain.slice import MOST_SLICES, SlicedCounts
from domain.source import Source
from domain.window import Rows, Window
from store.catalog import DeploymentInfo
from store.engines import (
    spark_calls,
    spark_cells,
    spark_hours,
    spark_session,
    spark_slices,
    spark_values,
)
from store.engines.spark_facts import SparkFacts
from store.engines.spark_logs import SparkLogs, open_logs
from store.exact_values import Result, Use, Within
from store.roles import PredictionCounts

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Float = NDArray[np.float64]
Int = NDArray[np.int64]


class SparkEngine:
    """
    Asks Spark; see `store.engines.engine.Engine` for the questions.

    Parameters
    ----------
    source : Source
    model : str

    Spark starts with the first question. Questions raise besides `StoreError` ConfigurationError
    where pyspark or Java is not there, and InputError where the source lacks a column that its map
    names.
    """

    def __init__(self, source: Source, model: str) -> None:
        self._source = source
        self.model = model
        # two questions may not put their edges under one name at once
        self._asking = threading.RLock()
        self._session: SparkSession | None = None
        self._opened: SparkFacts | None = None

    @property
    def _facts(self) -> SparkFacts:
        with self._asking:
            if self._opened is None:
                if self._session is None:
                    master = self._source.master or spark_session.LOCAL
                    self._session = spark_session.start(master, self._source.options)
                self._opened = SparkFacts(open_logs(self._session, self._source, self.model))
            return self._opened

    @property
    def _logs(self) -> SparkLogs:
        return self._facts.logs

    def reopen(self) -> None:
        """Look anew, with the next question, which files and columns there are."""
        with self._asking:
            self._opened = None

    def close(self) -> None:
        """Give Spark back; it ends behind its last user."""
        with self._asking:
            if self._session is not None:
                spark_session.stop()
            self._session = self._opened = None

    def deployments(self) -> tuple[DeploymentInfo, ...]:
        return self._facts.deployments()

    def columns(self) -> tuple[Column, ...]:
        return self._facts.columns

    def first_values(self, columns: Sequence[Column]) -> dict[Column, datetime | None]:
        return self._facts.first_values(columns)

    def data_span(self) -> Window | None:
        return self._facts.data_span()

    def row_counts(self, windows: Sequence[Window]) -> dict[str, Int]:
        return self._facts.row_counts(windows)

    def prediction_counts(self, version: str, windows: Sequence[Window]) -> PredictionCounts:
        return self._facts.prediction_counts(version, windows)

    def call_counts(self, windows: Sequence[Window]) -> dict[str, Int]:
        return self._facts.call_counts(windows)

    def counts(
        self,
        grids: Mapping[Column, Grid],
        windows: Sequence[Window],
        versions: Sequence[str],
    ) -> dict[Column, ProfileSeries]:
        with self._asking:
            return spark_cells.counts(self._logs, grids, windows, versions)

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
        facts = self._facts
        return spark_values.each_sorted(
            facts.logs,
            columns,
            whole,
            apart,
            use,
            within=within,
            share=share,
            n_rows=facts.n_rows(whole) + facts.n_rows(apart),
        )

    def category_counts(
        self,
        columns: Sequence[Column],
        rows: Rows,
        *,
        most: int,
        share: float = 1.0,
    ) -> dict[Column, CategoryCounts]:
        return spark_cells.category_counts(self._logs, columns, rows, most, share)

    def cell_scores(self, column: Column, grid: Grid, rows: Rows) -> Float:
        with self._asking:
            return spark_cells.cell_scores(self._logs, column, grid, rows)

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
        with self._asking:
            return spark_slices.sliced_counts(self._logs, column, grid, by, whole, apart, most)

    def rows(
        self,
        columns: Sequence[Column],
        windows: Sequence[Window],
        versions: Sequence[str],
        limit: int,
    ) -> pa.Table:
        rows = Rows(tuple(windows), tuple(versions))
        return spark_values.sample(self._logs, columns, rows, limit)

    def call_buckets(
        self,
        version: str,
        span: Window,
        bucket_s: int,
        latency_thresholds_ms: Sequence[float],
    ) -> CallBuckets:
        return spark_calls.call_buckets(self._logs, version, span, bucket_s, latency_thresholds_ms)

    def calls_by_hour(self, hours: Sequence[int]) -> pa.Table:
        return spark_hours.calls_by_hour(self._logs, hours)

    def latency_quantiles(
        self, version: str, windows: Sequence[Window], qs: Sequence[float]
    ) -> Float:
        return self._facts.latency_quantiles(version, windows, qs)

    def request_counts(self, span: Window, bucket_s: int) -> Int:
        return spark_calls.request_counts(self._logs, span, bucket_s)

    def failed_statuses(self, version: str, windows: Sequence[Window]) -> list[dict[int, int]]:
        return self._facts.failed_statuses(version, windows)

    def event_spans(
        self, version: str, windows: Sequence[Window]
    ) -> list[tuple[datetime, datetime] | None]:
        return self._facts.event_spans(version, windows)

    def outcomes(
        self,
        version: str,
        windows: Sequence[Window],
        known_by: datetime | None = None,
    ) -> list[Outcomes]:
        return spark_calls.outcomes(self._logs, version, windows, known_by)
