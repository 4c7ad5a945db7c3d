"""Spark answers: from Parquet or a table where it lies; all counting happens there."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

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
from store.engines import spark_calls, spark_cells, spark_session, spark_slices, spark_values
from store.engines.spark_logs import SparkLogs, open_logs
from store.engines.spark_windows import hull, place
from store.exact_values import Result, Use, Within
from store.moments import from_microseconds
from store.roles import PredictionCounts

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_PREDICTIONS: Final = "select us, version from events where kind = 2"
_BY_VERSION: Final = """
    select version, min(us) as first, max(us) as last, count(*) as n
    from ({events})
    group by version
"""
_IN_WINDOWS: Final = """
    select w, version, count(*) as n
    from (
        select {place} as w, version
        from ({events})
    )
    where w is not null
    group by w, version
"""
_SHADOW: Final = """
    select w, count(*) as n, count_if(in_shadow) as shadow
    from (
        select {place} as w, in_shadow
        from events
        where kind = 2{span}
    )
    where w is not null
    group by w
"""
_SPAN: Final = """
    select min(us) as first, max(us) as last
    from events
    where kind > 0
"""


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
        self._opened: SparkLogs | None = None

    @property
    def _logs(self) -> SparkLogs:
        with self._asking:
            if self._opened is None:
                if self._session is None:
                    master = self._source.master or spark_session.LOCAL
                    self._session = spark_session.start(master, self._source.options)
                self._opened = open_logs(self._session, self._source, self.model)
            return self._opened

    def look(self) -> None:
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
        served = self._by_version(_PREDICTIONS)
        called = self._by_version(self._logs.calls())
        return tuple(
            DeploymentInfo(
                version,
                from_microseconds(min(e["first"] for e in there)),
                from_microseconds(max(e["last"] for e in there)),
                served.get(version, {"n": 0})["n"],
                called.get(version, {"n": 0})["n"],
            )
            for version in sorted(served.keys() | called.keys())
            if (there := [told[version] for told in (served, called) if version in told])
        )

    def columns(self) -> tuple[Column, ...]:
        return self._logs.columns()

    def first_values(self, columns: Sequence[Column]) -> dict[Column, datetime | None]:
        if not columns:
            return {}
        parts = [
            f"min(us) filter (where {self._logs.value(column)} is not null) as c{i}"
            for i, column in enumerate(columns)
        ]
        sql = f"select {', '.join(parts)} from events where kind = 2"
        found = self._logs.ask(sql).to_pylist()[0].values()
        return {
            column: None if first is None else from_microseconds(first)
            for column, first in zip(columns, found, strict=True)
        }

    def data_span(self) -> Window | None:
        told = self._logs.ask(_SPAN).to_pylist()[0]
        if told["first"] is None:
            return None
        return Window(from_microseconds(told["first"]), from_microseconds(told["last"] + 1))

    def row_counts(self, windows: Sequence[Window]) -> dict[str, Int]:
        return self._in_windows(windows, _PREDICTIONS + self._logs.span(*hull(windows)))

    def prediction_counts(self, version: str, windows: Sequence[Window]) -> PredictionCounts:
        counts = np.zeros((2, len(windows)), np.int64)
        where = place(windows, (version,) * len(windows))
        sql = _SHADOW.format(place=where, span=self._logs.span(*hull(windows)))
        for row in self._logs.ask(sql).to_pylist() if windows else ():
            counts[:, row["w"]] = row["n"], row["shadow"]
        return PredictionCounts(counts[0], counts[1])

    def call_counts(self, windows: Sequence[Window]) -> dict[str, Int]:
        span = Window(windows[0].start, windows[-1].end) if windows else None
        return self._in_windows(windows, self._logs.calls(span))

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
        return spark_values.each_sorted(
            self._logs, columns, whole, apart, use, within=within, share=share
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

    def latency_quantiles(
        self, version: str, windows: Sequence[Window], qs: Sequence[float]
    ) -> Float:
        return spark_values.latency_quantiles(self._logs, version, windows, qs)

    def request_counts(self, span: Window, bucket_s: int) -> Int:
        return spark_calls.request_counts(self._logs, span, bucket_s)

    def failed_statuses(self, version: str, windows: Sequence[Window]) -> list[dict[int, int]]:
        return spark_calls.failed_statuses(self._logs, version, windows)

    def event_spans(
        self, version: str, windows: Sequence[Window]
    ) -> list[tuple[datetime, datetime] | None]:
        return spark_calls.event_spans(self._logs, version, windows)

    def outcomes(
        self,
        version: str,
        windows: Sequence[Window],
        known_by: datetime | None = None,
    ) -> list[Outcomes]:
        return spark_calls.outcomes(self._logs, version, windows, known_by)

    def _by_version(self, events: str) -> dict[str, dict[str, int]]:
        table = self._logs.ask(_BY_VERSION.format(events=events))
        return {row["version"]: row for row in table.to_pylist()}

    def _in_windows(self, windows: Sequence[Window], events: str) -> dict[str, Int]:
        sql = _IN_WINDOWS.format(place=place(windows), events=events)
        found: dict[str, Int] = {}
        for row in self._logs.ask(sql).to_pylist() if windows else ():
            counts = found.setdefault(row["version"], np.zeros(len(windows), np.int64))
            counts[row["w"]] = row["n"]
        return found
