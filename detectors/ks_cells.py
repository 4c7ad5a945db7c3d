"""
Two-sample Kolmogorov-Smirnov test of samples that are known by their cells.

At the edges of the cells both distribution functions are known; inside a cell they stay between
their values at its two ends. So the counts alone certify an interval that holds D, and where that
leaves the verdict open, the values of a few cells decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detectors.ks import Gap, Limits, Samples
from domain.finding import Finding
from domain.profile import ColumnRole, Float, Grid, GridKind, Int, Profile, SortedColumn

INFINITE = ((-np.inf, -np.inf), (np.inf, np.inf))
"""The intervals whose rows are set aside."""

_LARGEST = float(np.finfo(np.float64).max)


def cells_between(grid: Grid) -> Grid:
    """Return cells that tell unseen values by the single values they lie between."""
    with np.errstate(over="ignore"):  # the largest number has none after it
        edges = np.union1d(grid.edges, np.nextafter(grid.edges, np.inf))
    return Grid(GridKind.QUANTILES, edges[np.isfinite(edges)])


@dataclass(frozen=True, eq=False)
class CellTest:
    """
    Two samples by cells, and what is known of their largest gap so far.

    Parameters
    ----------
    samples : Samples
    low, high : ndarray of float64, shape (n,)
        First and last number that each cell can hold; of a single value both are the same. Cells
        that no row of either side is in are left out.
    upto : ndarray of int64, shape (2, n + 1)
        Finite rows of the reference and of the current sample below each cell, at last all.
    open : ndarray of bool, shape (n,)
        Cells of more than one value whose values were not looked at.
    known : Gap
        The largest gap in the other cells.
    constant : bool
        Whether both samples are one and the same value.
    """

    samples: Samples
    low: Float
    high: Float
    upto: Int
    open: NDArray[np.bool_]
    known: Gap
    constant: bool

    @classmethod
    def of(
        cls,
        reference: Profile,
        current: Profile,
        outside: tuple[SortedColumn, SortedColumn],
        kind: ColumnRole,
    ) -> CellTest:
        """
        Take two profiles over one grid of numbers.

        Parameters
        ----------
        reference, current : Profile
            Over single values only where these hold every finite value; see `cells_between`.
        outside : tuple of (SortedColumn, SortedColumn)
            The infinite values of both sides, which cells do not tell from the others.
        kind : ColumnRole
        """
        low, high, counts = _pieces(reference, current, outside)
        filled = counts.any(axis=0)
        low, high, counts = low[filled], high[filled], counts[:, filled]
        upto = np.concatenate((np.zeros((2, 1), np.int64), counts.cumsum(axis=1)), axis=1)
        sides = (reference, current)
        samples = Samples(
            column=reference.column,
            kind=kind,
            n=(reference.n, current.n),
            present=(int(upto[0, -1]), int(upto[1, -1])),
            infinite=(outside[0].infinite, outside[1].infinite),
        )
        single = low == high
        made = cls(samples, low, high, upto, ~single, _NO_GAP, len(low) == 1 and bool(single[0]))
        if min(side.n for side in sides) == 0 or min(samples.present) == 0:
            return made
        return replace(made, known=_largest(made.ends[single], low[single]))

    @property
    def ends(self) -> Float:
        """How far the reference's distribution function is ahead at each cell's end, shape (n,)."""
        shares = self.upto[:, 1:] / np.array(self.samples.present)[:, None]
        return shares[0] - shares[1]

    @property
    def leads(self) -> Float:
        """What neither side's lead inside a cell can exceed, shape (2, n)."""
        shares = self.upto / np.array(self.samples.present)[:, None]
        return np.stack((shares[0, 1:] - shares[1, :-1], shares[1, 1:] - shares[0, :-1]))

    @property
    def certain(self) -> Gap:
        """The largest gap that is known to be there; of an open cell it is told at its end."""
        return self.known.or_larger(_largest(self.ends[self.open], self.high[self.open]))

    def most(self, *, higher: bool) -> float:
        """Return what the largest gap cannot exceed where the current values lie higher."""
        signed = self.ends if higher else -self.ends
        leads = self.leads[0 if higher else 1]
        return float(np.where(self.open, leads, signed).max(initial=0.0))

    @property
    def undecided(self) -> Int:
        """The open cells that may hold the largest gap, the most likely first."""
        leads = self.leads.max(axis=0)
        inside = np.flatnonzero(self.open & (leads >= self.certain.size))
        return inside[np.argsort(-leads[inside], kind="stable")]

    def judge(self, limits: Limits) -> Finding | None:
        """Return the finding; None where the verdict hangs on values that were not looked at."""
        one_cell = len(self.low) == 1 and bool(self.open[0])
        lack = self.samples.lack(limits, constant=self.constant)
        if lack is not None and (lack in ("empty", "infinite", "all_missing") or not one_cell):
            return self.samples.unjudged(lack, limits)
        if one_cell:
            return None
        if not len(self.undecided):
            return self.samples.judged(self.known, limits)
        return self._by_interval(limits)

    def _by_interval(self, limits: Limits) -> Finding | None:
        gap = self.certain
        low, other = gap.size, self.most(higher=not gap.higher)
        high = max(low, other, self.most(higher=gap.higher))
        drifted = self.samples.drifts(low, limits)
        if drifted != self.samples.drifts(high, limits) or (drifted and other >= low):
            return None
        finding = self.samples.judged(gap, limits)
        if finding.statistic is None:
            return finding
        reason = finding.reason.replace("finding.ks.", "finding.ks.cells.")
        values = {**finding.values, "low": low, "high": high}
        return replace(finding, reason=reason, exact=False, values=values)

    def next_cells(self, most_rows: int) -> Int:
        """
        Choose the cells whose values to look at next.

        Parameters
        ----------
        most_rows : int
            Rows of both sides that may be read at once; a cell that has more comes alone.
        """
        cells = self.undecided
        rows = np.diff(self.upto).sum(axis=0)[cells].cumsum()
        return cells[: max(int(np.searchsorted(rows, most_rows, side="right")), 1)]

    def intervals(self, cells: Int) -> list[tuple[float, float]]:
        """Return the numbers that some cells can hold, both ends included."""
        return [(float(self.low[i]), float(self.high[i])) for i in np.sort(cells)]

    def with_values(self, cells: Int, reference: SortedColumn, current: SortedColumn) -> CellTest:
        """
        Look at the values of some cells.

        Parameters
        ----------
        cells : ndarray of int64
        reference, current : SortedColumn
            All values in these cells; others do not matter.
        """
        known, still_open = self.known, self.open.copy()
        constant = self.constant
        for cell in cells:
            part = slice(cell, cell + 1)
            values = _distinct_within(self.low[part], self.high[part], reference, current)
            shares = [
                (side.rows_upto(values) - side.rows_below(self.low[part]) + below) / present
                for side, below, present in zip(
                    (reference, current), self.upto[:, cell], self.samples.present, strict=True
                )
            ]
            known = known.or_larger(_largest(shares[0] - shares[1], values))
            constant = len(self.low) == 1 and len(values) == 1
            still_open[cell] = False
        return replace(self, known=known, open=still_open, constant=constant)


_NO_GAP = Gap(-1.0, np.inf, higher=True)


def _largest(ahead: Float, at: Float) -> Gap:
    """Return the largest of the reference's leads and lags; of equal ones the first."""
    if not len(ahead):
        return _NO_GAP
    i = int(np.abs(ahead).argmax())
    return Gap(float(abs(ahead[i])), float(at[i]), higher=bool(ahead[i] >= 0))


def _distinct_within(low: Float, high: Float, *sides: SortedColumn) -> Float:
    """Return the different values of both sides in one interval, its ends included."""
    parts: list[Float] = []
    for side in sides:
        first = int(np.searchsorted(side.ordered, low, side="left")[0])
        end = int(np.searchsorted(side.ordered, high, side="right")[0])
        parts.append(side.ordered[first:end])
    return np.union1d(*parts)


def _pieces(
    reference: Profile, current: Profile, outside: Sequence[SortedColumn]
) -> tuple[Float, Float, Int]:
    """Return the first and last number of each cell, and the finite rows in it, shape (2, n)."""
    edges = reference.grid.edges
    if reference.grid.kind is GridKind.ATOMS:
        return edges, edges, np.stack([reference.cells, current.cells])
    low = np.concatenate(([-_LARGEST], edges))
    high = np.concatenate((np.nextafter(edges, -np.inf), [_LARGEST]))
    counts = np.stack([reference.cells, current.cells])
    for side, beyond in zip(counts, outside, strict=True):
        side[0] -= beyond.below
        side[-1] -= beyond.above
    return low, high, np.maximum(counts, 0)
