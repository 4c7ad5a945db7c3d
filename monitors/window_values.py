"""What counts do not tell of some windows and their baseline: values, other cells, scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from domain.column import Column
from domain.profile import Grid, Profile, SortedColumn
from domain.slice import SlicedCounts
from domain.window import Rows, Window
from monitors.reference import Reference
from store.store import Store

Result = TypeVar("Result")
Use = Callable[[Column, SortedColumn, Sequence[SortedColumn]], Result]
Within = Mapping[Column, Sequence[tuple[float, float]]]


@dataclass(frozen=True, eq=False)
class WindowValues:
    """
    Asks for the rows of one version's windows and of what they are compared with.

    Parameters
    ----------
    store : Store
    model, version : str
    windows : sequence of Window
        Those that are judged, oldest first.
    reference : Reference
    slices : tuple of Column
        That part the traffic.
    """

    store: Store
    model: str
    version: str
    windows: Sequence[Window]
    reference: Reference
    slices: tuple[Column, ...] = ()

    def each_sorted(
        self,
        columns: Sequence[Column],
        chosen: Sequence[int],
        use: Use[Result],
        within: Within | None = None,
    ) -> dict[Column, Result]:
        """
        Hand over the exact values of one column at a time.

        Parameters
        ----------
        columns : sequence of Column
            Numeric.
        chosen : sequence of int
            Of the windows.
        use : callable
            Of a column, the baseline's values and those of each chosen window.
        within : mapping of Column to sequence of (low, high), optional
            Only these values are wanted, both ends included; of a file all may come.
        """
        if not columns or not chosen:
            return {}
        of_file = self.reference.file_values
        if of_file is None:
            return self.store.logs(self.model).each_sorted(
                columns, self.reference.rows, self._rows(chosen), use, within=within
            )
        return self.store.logs(self.model).each_sorted(
            columns,
            Rows(),
            self._rows(chosen),
            lambda column, _, parts: use(column, of_file(column), parts),
            within=within,
        )

    def recounted(
        self, column: Column, grid: Grid, chosen: Sequence[int]
    ) -> tuple[Profile, list[Profile]]:
        """Count the baseline and the chosen windows of one column over another grid."""
        grids, rows = {column: grid}, self._rows(chosen)
        windows = self.store.logs(self.model).counts(grids, rows.windows, rows.versions)[column]
        of_file, whole = self.reference.file_values, self.reference.rows
        if of_file is not None:
            total = of_file(column).profile(grid)
        else:
            series = self.store.logs(self.model).counts(grids, whole.windows, whole.versions)
            total = series[column].total()
        return total, [windows.at(i) for i in range(len(chosen))]

    def cell_scores(self, column: Column) -> NDArray[np.float64] | None:
        """
        Return the baseline's mean score in each cell of a column, of missing and of unseen.

        None where a file is the baseline; NaN in cells without scores.
        """
        if self.reference.file_values is not None:
            return None
        grid = self.reference.grids[column]
        return self.store.logs(self.model).cell_scores(column, grid, self.reference.rows)

    def sliced(
        self, column: Column, grid: Grid, by: Column, chosen: Sequence[int]
    ) -> list[SlicedCounts]:
        """
        Count one column by the value of another, the baseline beside each chosen window.

        Parameters
        ----------
        column : Column
        grid : Grid
        by : Column
        chosen : sequence of int
            Of the windows.

        Returns
        -------
        list of SlicedCounts
            One for each chosen window; the baseline is not a file.
        """
        return self.store.logs(self.model).sliced_counts(
            column, grid, by, self.reference.rows, self._rows(chosen)
        )

    def _rows(self, chosen: Sequence[int]) -> Rows:
        windows = tuple(self.windows[i] for i in chosen)
        return Rows(windows, (self.version,) * len(windows))
