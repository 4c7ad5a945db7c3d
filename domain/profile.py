"""
What detectors eat: the counts of one column over a grid, and its exact sorted values.

A grid has *cells* in a fixed order; behind them every table of counts has two columns more,
`missing` and `unseen` (a value no cell holds). Counts over the same grid add up, so a span
is the sum of its parts.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from domain.window import Window

Float = NDArray[np.float64]
Int = NDArray[np.int64]


class ColumnKind(StrEnum):
    """How a column's values are compared."""

    NUMBER = "number"
    CATEGORY = "category"


class ColumnRole(StrEnum):
    """What a column is to the model."""

    FEATURE = "feature"
    PREDICTION = "prediction"
    SCORE = "score"
    LABEL = "label"
    CALLS = "calls"


class GridKind(StrEnum):
    """How a value finds its cell."""

    QUANTILES = "quantiles"
    ATOMS = "atoms"
    CATEGORIES = "categories"


@dataclass(frozen=True, eq=False)
class Grid:
    """
    The cells that a column's values are counted in; frozen with the baseline that taught it.

    Parameters
    ----------
    kind : GridKind
        ``quantiles``: cell ``i`` is ``[edges[i-1], edges[i])``, the first and the last are open.
        ``atoms``: cell ``i`` is the single value ``edges[i]``.
        ``categories``: cell ``i`` is ``labels[i]``.
    edges : ndarray of float64, shape (n_cells - 1,) or (n_cells,)
        Strictly increasing. Empty for categories.
    labels : tuple of str
        Empty for numbers.
    """

    kind: GridKind
    edges: Float
    labels: tuple[str, ...] = ()

    @property
    def n_cells(self) -> int:
        """Number of cells, without `missing` and `unseen`."""
        if self.kind is GridKind.QUANTILES:
            return len(self.edges) + 1
        return len(self.edges) if self.kind is GridKind.ATOMS else len(self.labels)

    @property
    def column_kind(self) -> ColumnKind:
        """The kind of column this grid is for."""
        return ColumnKind.CATEGORY if self.kind is GridKind.CATEGORIES else ColumnKind.NUMBER

    @property
    def fingerprint(self) -> str:
        """A short hash of the cells: counts may be added only where it is the same."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    def to_json(self) -> str:
        """Write the grid so that `from_json` gives exactly the same cells."""
        return json.dumps(
            {
                "kind": self.kind,
                "edges": [float(e).hex() for e in self.edges],
                "labels": self.labels,
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str) -> Grid:
        """Read what `to_json` wrote."""
        raw = json.loads(text)
        edges = np.array([float.fromhex(e) for e in raw["edges"]], dtype=np.float64)
        return cls(GridKind(raw["kind"]), edges, tuple(raw["labels"]))

    def cells_of_numbers(self, values: Float) -> Int:
        """
        Return each value's place: its cell, ``n_cells`` for missing, ``n_cells + 1`` for unseen.

        Parameters
        ----------
        values : ndarray of float64
            NaN is missing. Infinite values fall into the open end cells, or are unseen atoms.
        """
        if self.kind is GridKind.QUANTILES:
            cells = np.searchsorted(self.edges, values, side="right")
        else:
            cells = np.minimum(np.searchsorted(self.edges, values), max(len(self.edges) - 1, 0))
            known = self.edges[cells] == values if len(self.edges) else np.zeros(len(values), bool)
            cells = np.where(known, cells, self.n_cells + 1)
        return np.where(np.isnan(values), self.n_cells, cells).astype(np.int64)

    def places_of_labels(self, labels: tuple[str | None, ...] | list[str | None]) -> Int:
        """
        Return the place of each *distinct* label (a dictionary, not the rows).

        Parameters
        ----------
        labels : sequence of str or None
            None is missing.
        """
        place = {label: i for i, label in enumerate(self.labels)}
        return np.array(
            [self.n_cells if v is None else place.get(v, self.n_cells + 1) for v in labels],
            dtype=np.int64,
        )


@dataclass(frozen=True, eq=False)
class Profile:
    """
    The counts of one column in one span over one grid.

    Parameters
    ----------
    column : str
    grid : Grid
    counts : ndarray of int64, shape (n_cells + 2,)
        Rows in each cell, then missing, then unseen.
    """

    column: str
    grid: Grid
    counts: Int

    @property
    def cells(self) -> Int:
        """Rows in each cell, shape (n_cells,)."""
        return self.counts[:-2]

    @property
    def missing(self) -> int:
        """Rows without a value."""
        return int(self.counts[-2])

    @property
    def unseen(self) -> int:
        """Rows whose value no cell holds."""
        return int(self.counts[-1])

    @property
    def n(self) -> int:
        """All rows."""
        return int(self.counts.sum())

    @property
    def present(self) -> int:
        """Rows with a value."""
        return self.n - self.missing


@dataclass(frozen=True, eq=False)
class ProfileSeries:
    """
    The profiles of one column in consecutive windows, as one table.

    Parameters
    ----------
    column : str
    grid : Grid
    windows : tuple of Window
        Oldest first, not overlapping.
    counts : ndarray of int64, shape (len(windows), n_cells + 2)
    """

    column: str
    grid: Grid
    windows: tuple[Window, ...]
    counts: Int

    def total(self) -> Profile:
        """Return the profile of all windows together."""
        return Profile(self.column, self.grid, self.counts.sum(axis=0))

    def at(self, index: int) -> Profile:
        """Return the profile of one window."""
        return Profile(self.column, self.grid, self.counts[index])

    def part(self, chosen: slice | list[int]) -> ProfileSeries:
        """Return some of the windows."""
        picked = (
            self.windows[chosen]
            if isinstance(chosen, slice)
            else tuple(self.windows[i] for i in chosen)
        )
        return ProfileSeries(self.column, self.grid, picked, self.counts[chosen])


@dataclass(frozen=True, eq=False)
class SortedColumn:
    """
    The exact values of one numeric column in one span, sorted once; the rest is looked up.

    Parameters
    ----------
    column : str
    ordered : ndarray of float64, shape (n_stored,)
        Finite, ascending. Each value as often as it occurs, or once where `before` counts them.
    before : ndarray of int64, shape (n_stored + 1,), or None
        Rows below each value, at last all rows. Kept where ties make both together smaller than
        the rows.
    n_distinct : int
        Different finite values.
    missing, below, above : int
        Rows without a value; rows that hold -inf; rows that hold +inf.
    """

    column: str
    ordered: Float
    before: Int | None
    n_distinct: int
    missing: int = 0
    below: int = 0
    above: int = 0

    @classmethod
    def from_values(
        cls, column: str, values: NDArray[np.floating], missing: int = 0
    ) -> SortedColumn:
        """
        Sort raw values; NaN counts as missing.

        Parameters
        ----------
        column : str
        values : ndarray of float
            In any order.
        missing : int, default=0
            Rows that are not in `values` because they hold nothing.
        """
        return cls.from_sorted(column, np.sort(values).astype(np.float64, copy=False), missing)

    @classmethod
    def from_sorted(cls, column: str, ordered: Float, missing: int = 0) -> SortedColumn:
        """
        Take values that are sorted already.

        Parameters
        ----------
        column : str
        ordered : ndarray of float64
            As `numpy.sort` leaves them, NaN last; kept where it has few ties, not copied.
        missing : int, default=0
            Rows that are not in `ordered` because they hold nothing.
        """
        first = int(np.searchsorted(ordered, -np.inf, side="right"))
        last, end = (int(i) for i in np.searchsorted(ordered, (np.inf, np.nan)))
        finite = ordered[first:last]
        changes = finite[1:] != finite[:-1]
        n_distinct = int(np.count_nonzero(changes)) + (len(finite) > 0)
        before = None
        if 2 * n_distinct <= len(finite):
            starts = np.concatenate(([0], np.flatnonzero(changes) + 1)) if n_distinct else []
            before = np.append(starts, len(finite)).astype(np.int64)
            finite = finite[before[:-1]]
        return cls(
            column, finite, before, n_distinct, missing + len(ordered) - end, first, end - last
        )

    @property
    def values(self) -> Float:
        """The distinct values, strictly increasing, shape (n_distinct,)."""
        if self.n_distinct == len(self.ordered):
            return self.ordered
        return self.ordered[np.append(True, self.ordered[1:] != self.ordered[:-1])]

    @property
    def counts(self) -> Int:
        """Rows that hold each of the distinct `values`."""
        values = self.values
        return self.rows_upto(values) - self.rows_below(values)

    @property
    def present(self) -> int:
        """Rows with a finite value."""
        return len(self.ordered) if self.before is None else int(self.before[-1])

    @property
    def infinite(self) -> int:
        """Rows that hold +inf or -inf."""
        return self.below + self.above

    @property
    def n(self) -> int:
        """All rows."""
        return self.present + self.missing + self.infinite

    def rows_below(self, points: Float) -> Int:
        """Count the finite values below each point."""
        return self._rows(np.searchsorted(self.ordered, points, side="left"))

    def rows_upto(self, points: Float) -> Int:
        """Count the finite values below each point or at it."""
        return self._rows(np.searchsorted(self.ordered, points, side="right"))

    def at_ranks(self, ranks: Int) -> Float:
        """Return order statistics: the smallest finite value has rank 0."""
        if self.before is None:
            return self.ordered[ranks]
        return self.ordered[np.searchsorted(self.before, ranks, side="right") - 1]

    def profile(self, grid: Grid) -> Profile:
        """Count the rows over cells of numbers: exactly what counting row by row gives."""
        counts = np.zeros(grid.n_cells + 2, dtype=np.int64)
        below = self.rows_below(grid.edges)
        if grid.kind is GridKind.ATOMS:
            counts[:-2] = self.rows_upto(grid.edges) - below
            counts[-1] = self.present - int(counts.sum()) + self.infinite
        else:
            counts[:-2] = np.diff(below, prepend=0, append=self.present)
            counts[0] += self.below
            counts[grid.n_cells - 1] += self.above
        counts[-2] = self.missing
        return Profile(self.column, grid, counts)

    def _rows(self, places: NDArray[np.intp]) -> Int:
        return places if self.before is None else self.before[places]


@dataclass(frozen=True, eq=False)
class CategoryCounts:
    """
    The distinct values of one categorical column in one span and their counts.

    Parameters
    ----------
    column : str
    labels : tuple of str
        Most frequent first.
    counts : ndarray of int64, shape (n_labels,)
    missing : int
        Rows without a value.
    """

    column: str
    labels: tuple[str, ...]
    counts: Int
    missing: int = 0
