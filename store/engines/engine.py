"""The questions that are asked of one model's logs, whoever answers them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from domain.calls import CallBuckets
from domain.column import Column
from domain.outcome import Outcomes
from domain.profile import CategoryCounts, Grid, ProfileSeries
from domain.slice import MOST_SLICES, SlicedCounts
from domain.window import Rows, Window
from store.catalog import DeploymentInfo
from store.exact_values import Result, Use, Within
from store.roles import PredictionCounts

Float = NDArray[np.float64]
Int = NDArray[np.int64]


class Engine(Protocol):
    """
    Answers what is asked of one model's rows, where they lie.

    Whatever answers, the answers are the same: numbers to the last row, exact values to the last
    digit; only sums of weights may differ in theirs. Windows come oldest first, not overlapping,
    gaps allowed. Every method may raise `StoreError` where reading fails, `UnknownNameError` for a
    column that is not there and `InvalidWindowError` for windows that are not in order.
    """

    def deployments(self) -> tuple[DeploymentInfo, ...]:
        """Return the versions of a model, in alphabetical order."""
        ...

    def columns(self) -> tuple[Column, ...]:
        """Return the features in the order they were first seen, then the outputs there are."""
        ...

    def first_values(self, columns: Sequence[Column]) -> dict[Column, datetime | None]:
        """Return when each column was first seen with a value; None where it never was."""
        ...

    def data_span(self) -> Window | None:
        """Return the span from the first event to just behind the last; None without any."""
        ...

    def row_counts(self, windows: Sequence[Window]) -> dict[str, Int]:
        """Return the predictions of every version in every window, shape (n_windows,) each."""
        ...

    def prediction_counts(self, version: str, windows: Sequence[Window]) -> PredictionCounts:
        """Return a version's predictions in every window, and how many of them were in shadow."""
        ...

    def call_counts(self, windows: Sequence[Window]) -> dict[str, Int]:
        """Return the calls of every version in every window, shape (n_windows,) each."""
        ...

    def counts(
        self,
        grids: Mapping[Column, Grid],
        windows: Sequence[Window],
        versions: Sequence[str],
    ) -> dict[Column, ProfileSeries]:
        """Count columns over their grids in every window, of the version named for it."""
        ...

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
        ...

    def category_counts(
        self,
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
        ...

    def cell_scores(self, column: Column, grid: Grid, rows: Rows) -> Float:
        """
        Return the mean score of the rows in each cell of a column, of missing and of unseen.

        NaN where no row has a score; shape (n_cells + 2,).
        """
        ...

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
        """
        Count a column by the value of another one, in the baseline and in each of some windows.

        Parameters
        ----------
        column : Column
        grid : Grid
        by : Column
            A feature or an output whose values name the slices; with the role ``calls`` the
            replica that answered.
        whole, apart : Rows
            The baseline, and the windows that are compared with it one by one; they may overlap.
        most : int
            Values that are slices of their own: the most frequent ones of a window and the
            baseline together; of equally frequent ones the smallest.

        Returns
        -------
        list of SlicedCounts
            One for each window of `apart`.
        """
        ...

    def rows(
        self,
        columns: Sequence[Column],
        windows: Sequence[Window],
        versions: Sequence[str],
        limit: int,
    ) -> pa.Table:
        """Return rows of some columns, at most `limit`, evenly spread over them."""
        ...

    def call_buckets(
        self,
        version: str,
        span: Window,
        bucket_s: int,
        latency_thresholds_ms: Sequence[float],
    ) -> CallBuckets:
        """Count calls in equal buckets from the start of `span`, by replica."""
        ...

    def calls_by_hour(self, hours: Sequence[int]) -> pa.Table:
        """
        Count the calls of some hours by version and replica, and their latencies in cells.

        Parameters
        ----------
        hours : sequence of int
            Since 1970, ascending, at least one.

        Returns
        -------
        Table
            ``version``, ``replica``, ``hour``, ``logged``, ``first``, ``last``, ``calls``,
            ``with_status``, ``failed``, ``cells`` and ``counts``, as `domain.call_hours` has them;
            by version, hour and replica.
        """
        ...

    def latency_quantiles(
        self, version: str, windows: Sequence[Window], qs: Sequence[float]
    ) -> Float:
        """Return exact latency quantiles in ms, shape (n_windows, n_quantiles), NaN where none."""
        ...

    def request_counts(self, span: Window, bucket_s: int) -> Int:
        """Count distinct requests of all versions in equal buckets, shape (n_buckets,)."""
        ...

    def failed_statuses(self, version: str, windows: Sequence[Window]) -> list[dict[int, int]]:
        """Count the failed calls of every window by status."""
        ...

    def event_spans(
        self, version: str, windows: Sequence[Window]
    ) -> list[tuple[datetime, datetime] | None]:
        """Return the first and last call of a version in every window; None without any."""
        ...

    def outcomes(
        self,
        version: str,
        windows: Sequence[Window],
        known_by: datetime | None = None,
    ) -> list[Outcomes]:
        """Return the labelled predictions of every window; `known_by`: as it was known then."""
        ...
