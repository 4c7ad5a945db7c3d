"""The shares of both sides in the bars of a picture, from the profiles' cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from domain.profile import Float, Grid, GridKind, Profile
from reports.numbers import axis

_CLIPPED: Final = 0.005  # share of the rows beyond each end of the picture, as overflow bars
_SKEWED: Final = 12.0  # above this, equal bars would put nearly all rows into the first few
_ATOMS_SHOWN: Final = 40


@dataclass(frozen=True, slots=True)
class Bars:
    """
    What a picture of a distribution shows, as shares of all rows of each side.

    Parameters
    ----------
    labels : tuple of str
        One for each bar.
    reference, current : ndarray of float64, shape (len(labels),)
        In [0, 1].
    missing, unseen : tuple of float
        Shares of the reference and of the current side.
    ordered : bool
        False where the bars are categories.
    """

    labels: tuple[str, ...]
    reference: Float
    current: Float
    missing: tuple[float, float]
    unseen: tuple[float, float]
    ordered: bool

    @property
    def highest(self) -> float:
        """The largest share of any bar, in [0, 1]."""
        extremes = [*self.missing, *self.unseen]
        if len(self.labels):
            extremes += [float(self.reference.max()), float(self.current.max())]
        return max(extremes)


def bars(reference: Profile | None, current: Profile | None, n_bars: int) -> Bars | None:
    """
    Return the bars of a column.

    Parameters
    ----------
    reference, current : Profile or None
        None counts as no rows. Over different grids, numbers are spread over the edges of both
        and categories put into all labels of both.
    n_bars : int
        Most bars wanted between the two overflow bars, or most categories.

    Returns
    -------
    Bars or None
        None where neither side has rows.

    Notes
    -----
    Inside a cell the rows are taken as spread evenly, so a bar's height is an interpolation of
    the cells; the verdict is not made from it.
    """
    known = [side for side in (reference, current) if side is not None]
    if not any(side.n for side in known):
        return None
    grid = _common([side.grid for side in known])
    sides = (_shares(reference, grid), _shares(current, grid))
    labels, heights = _bars_of_grid(grid, sides, n_bars)
    return Bars(
        labels=labels,
        reference=heights[0],
        current=heights[1],
        missing=(float(sides[0][-2]), float(sides[1][-2])),
        unseen=(float(sides[0][-1]), float(sides[1][-1])),
        ordered=grid.kind is not GridKind.CATEGORIES,
    )


def _common(grids: Sequence[Grid]) -> Grid:
    """Return a grid that both sides can be shown in."""
    first, last = grids[0], grids[-1]
    if first.fingerprint == last.fingerprint:
        return last
    if GridKind.CATEGORIES in (first.kind, last.kind):
        labels = dict.fromkeys([*_names(first), *_names(last)])
        return Grid(GridKind.CATEGORIES, np.empty(0), tuple(labels))
    both_atoms = first.kind is GridKind.ATOMS and last.kind is GridKind.ATOMS
    kind = GridKind.ATOMS if both_atoms else GridKind.QUANTILES
    return Grid(kind, np.union1d(first.edges, last.edges))


def _names(grid: Grid) -> tuple[str, ...]:
    """Return the names of the cells, also of numbers: a column may have changed its type."""
    if grid.kind is GridKind.CATEGORIES:
        return grid.labels
    if grid.kind is GridKind.ATOMS:
        return tuple(axis(float(value)) for value in grid.edges)
    return _cell_names(grid.edges)


_Sides = tuple[Float, Float]


def _shares(profile: Profile | None, grid: Grid) -> Float:
    if profile is None or not profile.n:
        return np.zeros(grid.n_cells + 2)
    shares = profile.counts / profile.n
    if profile.grid.fingerprint == grid.fingerprint:
        return shares
    return np.append(_moved(profile.grid, shares[:-2], grid), shares[-2:])


def _moved(own: Grid, cells: Float, grid: Grid) -> Float:
    """Put the shares of a side's own cells into the cells of another grid."""
    if grid.kind is GridKind.QUANTILES:
        if not len(own.edges):
            return np.append(np.zeros(grid.n_cells - 1), cells.sum())
        # all that lies below each edge, by the side's own edges
        below = np.interp(grid.edges, own.edges, np.cumsum(cells)[: len(own.edges)])
        return np.diff(below, prepend=0.0, append=cells.sum())
    found = np.zeros(grid.n_cells)
    if grid.kind is GridKind.ATOMS:
        np.add.at(found, np.searchsorted(grid.edges, own.edges), cells)
    else:
        place = {label: i for i, label in enumerate(grid.labels)}
        np.add.at(found, [place[name] for name in _names(own)], cells)
    return found


def _bars_of_grid(grid: Grid, sides: _Sides, n_bars: int) -> tuple[tuple[str, ...], _Sides]:
    cells = (sides[0][:-2], sides[1][:-2])
    if grid.kind is GridKind.CATEGORIES:
        return _top(grid.labels, cells, n_bars)
    if grid.kind is GridKind.ATOMS and len(grid.edges) <= max(n_bars, _ATOMS_SHOWN):
        return tuple(axis(float(value)) for value in grid.edges), cells
    if len(grid.edges) < 3:
        return _cell_names(grid.edges), cells
    return _histogram(grid, cells, n_bars)


def _top(labels: tuple[str, ...], cells: _Sides, n_bars: int) -> tuple[tuple[str, ...], _Sides]:
    order = np.argsort(-np.maximum(*cells), kind="stable")
    top, rest = order[:n_bars], order[n_bars:]
    names = tuple(labels[i] for i in top)
    if not len(rest):
        return names, (cells[0][top], cells[1][top])
    heights = tuple(np.append(side[top], side[rest].sum()) for side in cells)
    return (*names, "…"), (heights[0], heights[1])


def _cell_names(edges: Float) -> tuple[str, ...]:
    if not len(edges):
        return ("…",)
    return (f"< {axis(float(edges[0]))}", *(f"≥ {axis(float(edge))}" for edge in edges))


def _histogram(grid: Grid, cells: _Sides, n_bars: int) -> tuple[tuple[str, ...], _Sides]:
    edges = grid.edges
    # an atom stands at its value: everything up to it is below or at it
    below = tuple(np.cumsum(side)[: len(edges)] for side in cells)
    middle = (below[0] + below[1]) / 2
    total = float(cells[0].sum() + cells[1].sum()) / 2
    low, median, high = (
        float(np.interp(q * total, middle, edges)) for q in (_CLIPPED, 0.5, 1 - _CLIPPED)
    )
    if not low < high:
        low, high = float(edges[0]), float(edges[-1])
    skewed = 0 < low < median and (high - low) / (median - low) > _SKEWED
    points = np.geomspace(low, high, n_bars + 1) if skewed else np.linspace(low, high, n_bars + 1)
    heights = tuple(_rebinned(edges, b, side, points) for b, side in zip(below, cells, strict=True))
    return _bar_names(points), (heights[0], heights[1])


def _rebinned(edges: Float, below: Float, side: Float, points: Float) -> Float:
    at = np.interp(points, edges, below)
    return np.concatenate(([at[0]], np.diff(at), [side.sum() - at[-1]]))


def _bar_names(points: Float) -> tuple[str, ...]:
    inner = (f"{axis(float(point))}" for point in points[:-1])
    return (f"< {axis(float(points[0]))}", *inner, f"≥ {axis(float(points[-1]))}")
