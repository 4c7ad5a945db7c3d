"""Learn the cells that a column is counted in, and merge them into bins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from domain.profile import CategoryCounts, Float, Grid, GridKind, Profile, SortedColumn

MAX_ATOMS = 40
MAX_LABELS = 200
SEEN_OFTEN = 5


def learn_number_grid(
    reference: SortedColumn, *, max_cells: int = 100, max_atoms: int = MAX_ATOMS
) -> Grid:
    """
    Learn the cells of a numeric column from the reference alone.

    At most `max_atoms` distinct values: each is a cell (``atoms``). More: the edges are the
    reference's quantiles, open at both ends, so that one extreme value costs one row and moves no
    edge. A value that holds more than one cell's mass gets the cell ``[v, nextafter(v))`` for
    itself.

    Parameters
    ----------
    reference : SortedColumn
        Without finite values the grid has no cells and every value is unseen.
    max_cells : int, default=100
        Number of quantile cells, at least 2; cells of single heavy values come on top, at most as
        many again.
    max_atoms : int, default=40
        With more distinct values the cells are quantiles.

    Returns
    -------
    Grid

    Examples
    --------
    >>> constant = SortedColumn.from_values("speed", np.full(9, 5.0))
    >>> learn_number_grid(constant).edges
    array([5.])
    """
    if reference.n_distinct <= max_atoms or not reference.present:
        return Grid(GridKind.ATOMS, reference.values.copy())
    quantiles, heavy = _quantiles(reference, max_cells), _heavy(reference, max_cells)
    with np.errstate(over="ignore"):  # the largest number has none after it
        after = np.nextafter(heavy, np.inf)
    edges = np.union1d(quantiles, np.concatenate((heavy, after)))
    return Grid(GridKind.QUANTILES, edges[np.isfinite(edges)])


def _quantiles(reference: SortedColumn, n_cells: int) -> Float:
    """Return the first value with so many rows below it, for the shares 1/n, 2/n, … of the rows."""
    last = reference.present - 1
    targets = np.arange(1, n_cells) * (reference.present / n_cells)
    values = reference.at_ranks(np.minimum(np.ceil(targets).astype(np.int64), last))
    # Of a value that began before that rank, the next one has as many rows below it.
    after = reference.at_ranks(np.minimum(reference.rows_upto(values), last))
    return np.where(reference.rows_below(values) >= targets, values, after)


def _heavy(reference: SortedColumn, n_cells: int) -> Float:
    """Return the values that hold more than one cell's mass."""
    mass = reference.present / n_cells
    # A run of more rows than the step is long cannot lie between two steps.
    ranks = np.arange(0, reference.present, max(int(mass), 1))
    values = np.unique(reference.at_ranks(ranks))
    return values[reference.rows_upto(values) - reference.rows_below(values) > mass]


def learn_category_grid(reference: CategoryCounts, *, max_labels: int = MAX_LABELS) -> Grid:
    """
    Learn the cells of a categorical column: its most frequent labels in the reference.

    Parameters
    ----------
    reference : CategoryCounts
    max_labels : int, default=200
        Rarer labels are counted as unseen, on both sides alike. Of equally frequent labels the
        first in the alphabet is kept, so that the grid does not hang on the order of rows.
    """
    present = [(-int(n), v) for v, n in zip(reference.labels, reference.counts, strict=True) if n]
    labels = tuple(label for _, label in sorted(present)[:max_labels])
    return Grid(GridKind.CATEGORIES, np.empty(0, dtype=np.float64), labels)


def merge_to_bins(reference: Profile, n_bins: int) -> NDArray[np.int64]:
    """
    Assign each cell to one of at most `n_bins` bins of about equal reference mass.

    Numbers (quantile cells and atoms) keep their order: a bin is a run of neighbouring cells, cut
    at the grid edges nearest to the reference's quantiles. Categories have no order: the most
    frequent keep a bin each, the rest share the last one. Not more cells than bins: one bin each.

    Parameters
    ----------
    reference : Profile
    n_bins : int
        At least 1.

    Returns
    -------
    ndarray of int64, shape (n_cells,)
        Bins are numbered 0, 1, … without a gap, in the order of the cells for numbers.
    """
    cells = reference.cells.astype(np.float64)
    n_cells = len(cells)
    if n_cells <= n_bins or not cells.any():
        return np.minimum(np.arange(n_cells, dtype=np.int64), n_bins - 1)
    if reference.grid.kind is GridKind.CATEGORIES:
        return by_frequency(cells, n_bins)
    return by_mass(cells, n_bins)


def bins_of_places(reference: Profile, n_bins: int) -> NDArray[np.int64]:
    """
    Assign each place of a table of counts to a bin: cells as merged, then missing, then unseen.

    Of categories and single values, cells that the reference saw fewer than five times go with
    the unseen ones, as in `cells_and_unseen`.

    Parameters
    ----------
    reference : Profile
    n_bins : int
        Of the cells, at most.

    Returns
    -------
    ndarray of int64, shape (n_cells + 2,)
    """
    bins = merge_to_bins(reference, n_bins)
    size = int(bins.max(initial=-1)) + 1
    if reference.grid.kind is not GridKind.QUANTILES:
        bins = np.where(reference.cells < SEEN_OFTEN, size + 1, bins)
    return np.append(bins, (size, size + 1))


def by_mass(cells: Float, n_bins: int) -> NDArray[np.int64]:
    """Merge neighbours: a cell falls into the bin that the middle of its mass lies in."""
    share = cells / cells.sum()
    middle = np.cumsum(share) - share / 2
    bins = np.minimum((middle * n_bins).astype(np.int64), n_bins - 1)
    return np.unique(bins, return_inverse=True)[1].astype(np.int64)


def by_frequency(cells: Float, n_bins: int) -> NDArray[np.int64]:
    """Give the most frequent cells a bin each; the last bin takes the rest."""
    bins = np.empty(len(cells), dtype=np.int64)
    bins[np.argsort(-cells, kind="stable")] = np.minimum(np.arange(len(cells)), n_bins - 1)
    return bins


def cells_and_unseen(reference: Profile, current: Profile) -> NDArray[np.int64]:
    """
    Return both sides' counts per cell and, last, of values as good as never seen.

    Of categories and single values, cells that the reference saw fewer than five times go with
    the unseen ones: what a sample saw once says as much as what it never saw (Good 1953: the
    mass of the unseen is about the share of values seen once). Without it a long tail drifts
    against itself: 60 of 60 undrifted pairs of 1,000 rows over 3,000 categories.

    Parameters
    ----------
    reference, current : Profile
        Over the same grid.

    Returns
    -------
    ndarray of int64, shape (2, n_cells + 1)
    """
    sides = np.stack([np.append(side.cells, side.unseen) for side in (reference, current)])
    if reference.grid.kind is GridKind.QUANTILES:
        return sides
    rare = np.append(reference.cells < SEEN_OFTEN, False)
    sides[:, -1] += sides[:, rare].sum(axis=1)
    sides[:, rare] = 0
    return sides
