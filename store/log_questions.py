"""What the other rooms ask of a model's logs; an engine answers where the rows lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from domain.calls import CallBuckets
from domain.column import Column
from domain.outcome import Outcomes
from domain.profile import CategoryCounts, Grid, ProfileSeries
from domain.slice import MOST_SLICES, SlicedCounts
from domain.window import Rows, Window
from store import roles
from store.catalog import DeploymentInfo
from store.database import Database
from store.engines.counted_engine import CountedEngine
from store.engines.engine import Engine
from store.engines.stored_engine import StoredEngine
from store.exact_values import Result, Use, Within
from store.stale_hours import stale_models
from store.upkeep import Upkeep

Float = NDArray[np.float64]
Int = NDArray[np.int64]


class LogQuestions(Upkeep):
    """Counts, exact values and samples of one model's rows; never all of them."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._attached: dict[str, Engine] = {}

    def attach(self, model: str, engine: Engine) -> None:
        """Let an engine answer for a model whose rows lie elsewhere; the results stay here."""
        self._attached[model] = engine

    @property
    def elsewhere(self) -> frozenset[str]:
        """The models whose rows lie elsewhere."""
        return frozenset(self._attached)

    def attached(self, model: str) -> Engine | None:
        """Return the engine of a model whose rows lie elsewhere."""
        return self._attached.get(model)

    def _engine(self, model: str) -> Engine:
        return self._attached.get(model) or StoredEngine(self._database, model)

    def refresh_column_hours(self, model: str | None = None, span: Window | None = None) -> int:
        """
        Count the hours whose predictions changed: how many, and their columns' cells.

        Columns are counted over the grid that is in force in the hour. Loads may commit meanwhile;
        what they change is counted the next time. Hours whose rows were dropped stay as they are.

        Parameters
        ----------
        model : str, optional
            Default: all models. Of one that Spark answers for nothing is counted.
        span : Window, optional
            Of the model: the hours that overlap it; default: all hours.

        Returns
        -------
        int
            Hours that were counted.
        """
        if model is not None:
            engine = self._engine(model)
            return engine.refresh(span) if isinstance(engine, CountedEngine) else 0
        with self._database.reading() as connection:
            models = stale_models(connection, self._database.marks.predictions)
        return sum(self.refresh_column_hours(one) for one in models)

    def deployments(self, model: str) -> tuple[DeploymentInfo, ...]:
        """Return the versions of a model, in alphabetical order."""
        return self._engine(model).deployments()

    def columns(self, model: str) -> tuple[Column, ...]:
        """Return the features in the order they were first seen, then the outputs there are."""
        return self._engine(model).columns()

    def first_values(self, model: str, columns: Sequence[Column]) -> dict[Column, datetime | None]:
        """Return when each column was first seen with a value; None where it never was."""
        return self._engine(model).first_values(columns)

    def data_span(self, model: str) -> Window | None:
        """Return the span from the first event to just behind the last; None without any."""
        return self._engine(model).data_span()

    def row_counts(self, model: str, windows: Sequence[Window]) -> dict[str, Int]:
        """Return the predictions of every version in every window, shape (n_windows,) each."""
        return self._engine(model).row_counts(windows)

    def prediction_counts(
        self, model: str, version: str, windows: Sequence[Window]
    ) -> roles.PredictionCounts:
        """Return a version's predictions in every window, and how many of them were in shadow."""
        return self._engine(model).prediction_counts(version, windows)

    def call_counts(self, model: str, windows: Sequence[Window]) -> dict[str, Int]:
        """Return the calls of every version in every window, shape (n_windows,) each."""
        return self._engine(model).call_counts(windows)

    def counts(
        self,
        model: str,
        grids: Mapping[Column, Grid],
        windows: Sequence[Window],
        versions: Sequence[str],
    ) -> dict[Column, ProfileSeries]:
        """
        Count columns over their grids in every window, of the version named for it.

        Of columns whose grid is kept, hours that were counted are added up; only what a window
        cuts of an hour is read as rows, and hours that changed are counted anew.
        """
        return self._engine(model).counts(grids, windows, versions)

    def each_sorted(
        self,
        model: str,
        columns: Sequence[Column],
        whole: Rows,
        apart: Rows,
        use: Use[Result],
        *,
        within: Within | None = None,
        share: float = 1.0,
    ) -> dict[Column, Result]:
        """
        Hand over the exact values of one column at a time; return what `use` makes of them.

        Parameters
        ----------
        columns : sequence of Column
            Numeric.
        whole, apart : Rows
            Whose values are wanted together, and those wanted window by window; they may overlap.
        use : callable
            Of a column and its values in `whole` and in each window of `apart`.
        within : mapping of Column to sequence of (low, high), optional
            Only values in these intervals, both ends included; missing rows are left out.
        share : float, default=1.0
            Of the seconds whose rows are read; see `store.scan.thinned`.
        """
        return self._engine(model).each_sorted(
            columns, whole, apart, use, within=within, share=share
        )

    def category_counts(
        self,
        model: str,
        columns: Sequence[Column],
        rows: Rows,
        *,
        most: int,
        share: float = 1.0,
    ) -> dict[Column, CategoryCounts]:
        """
        Count the labels of categorical columns, the most frequent first.

        Parameters
        ----------
        columns : sequence of Column
        rows : Rows
            All of them together.
        most : int
            Labels at most; of equally frequent ones the first by code point.
        share : float, default=1.0
            Of the seconds whose rows are counted; see `store.scan.thinned`.
        """
        return self._engine(model).category_counts(columns, rows, most=most, share=share)

    def cell_scores(self, model: str, column: Column, grid: Grid, rows: Rows) -> Float:
        """
        Return the mean score of the rows in each cell of a column, of missing and of unseen.

        NaN where no row has a score; shape (n_cells + 2,).
        """
        return self._engine(model).cell_scores(column, grid, rows)

    def sliced_counts(
        self,
        model: str,
        column: Column,
        grid: Grid,
        by: Column,
        whole: Rows,
        apart: Rows,
        *,
        most: int = MOST_SLICES,
    ) -> list[SlicedCounts]:
        """
        Count a column by the value of another one, in the baseline and in each of some windows.

        Nothing of it is kept: it is asked of a column that has drifted, and of no other.

        Parameters
        ----------
        model : str
        column : Column
        grid : Grid
        by : Column
            Whose values name the slices; with the role ``calls`` the replica that answered.
        whole, apart : Rows
            The baseline, and the windows that are compared with it one by one; they may overlap.
        most : int
            Values of a window and the baseline together that are slices of their own.
        """
        return self._engine(model).sliced_counts(column, grid, by, whole, apart, most=most)

    def rows(
        self,
        model: str,
        columns: Sequence[Column],
        windows: Sequence[Window],
        versions: Sequence[str],
        limit: int,
    ) -> pa.Table:
        """Return rows of some columns, at most `limit`, evenly spread over them."""
        return self._engine(model).rows(columns, windows, versions, limit)

    def call_buckets(
        self,
        model: str,
        version: str,
        span: Window,
        bucket_s: int,
        latency_thresholds_ms: Sequence[float],
    ) -> CallBuckets:
        """Count calls in equal buckets from the start of `span`, by replica."""
        return self._engine(model).call_buckets(version, span, bucket_s, latency_thresholds_ms)

    def latency_quantiles(
        self, model: str, version: str, windows: Sequence[Window], qs: Sequence[float]
    ) -> Float:
        """Return exact latency quantiles in ms, shape (n_windows, n_quantiles), NaN where none."""
        return self._engine(model).latency_quantiles(version, windows, qs)

    def request_counts(self, model: str, span: Window, bucket_s: int) -> Int:
        """Count distinct requests of all versions in equal buckets, shape (n_buckets,)."""
        return self._engine(model).request_counts(span, bucket_s)

    def failed_statuses(
        self, model: str, version: str, windows: Sequence[Window]
    ) -> list[dict[int, int]]:
        """Count the failed calls of every window by status."""
        return self._engine(model).failed_statuses(version, windows)

    def event_spans(
        self, model: str, version: str, windows: Sequence[Window]
    ) -> list[tuple[datetime, datetime] | None]:
        """Return the first and last call of a version in every window; None without any."""
        return self._engine(model).event_spans(version, windows)

    def outcomes(
        self,
        model: str,
        version: str,
        windows: Sequence[Window],
        known_by: datetime | None = None,
    ) -> list[Outcomes]:
        """Return the labelled predictions of every window; `known_by`: as it was known then."""
        return self._engine(model).outcomes(version, windows, known_by)
