"""What the forecast detector reads off a column's counts: shape, missing share, unseen share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.grid import by_frequency, by_mass
from domain.profile import Float, Grid, GridKind, Int

Mask = NDArray[np.bool_]

MIN_ROWS = 30
"""A window with fewer rows is not judged and teaches nothing."""

MEMORY_WEIGHT = 0.15
_CLIP = 8.0
_QUANTILE_GROUPS = 20
_FREQUENCY_GROUPS = 24


@dataclass(frozen=True, eq=False)
class Readings:
    """
    One column's readings in T windows.

    Shares are on the scale ``2 arcsin sqrt(share)``, where the sampling variance is about ``1/n``
    whatever the share (Anscombe 1948), as deviations from the baseline's share.

    Parameters
    ----------
    shape : ndarray of float64, shape (T, n_groups)
    shape_noise : ndarray of float64, shape (T,)
        Sampling variance of each element of `shape`: one over the rows in known cells.
    has_shape : ndarray of bool, shape (T,)
        False where fewer than `MIN_ROWS` rows are in known cells.
    shares : ndarray of float64, shape (T, 2)
        Missing, unseen.
    noise : ndarray of float64, shape (T,)
        Sampling variance of each element of `shares`: one over all rows.
    rows : ndarray of int64, shape (T,)
        All rows.
    """

    shape: Float
    shape_noise: Float
    has_shape: Mask
    shares: Float
    noise: Float
    rows: Int

    @property
    def usable(self) -> Mask:
        """Whether each window has enough rows to be judged or learned from, shape (T,)."""
        return self.rows >= MIN_ROWS


@dataclass(frozen=True, eq=False)
class Reader:
    """
    How counts become readings; frozen with the baseline.

    Parameters
    ----------
    groups : ndarray of int64, shape (n_cells,)
        The group of each cell.
    known : ndarray of bool, shape (n_cells,)
        Cells that the baseline filled; rows in others are unseen, except in quantile cells.
    centre : ndarray of float64, shape (n_groups,)
        The baseline's share of each group.
    share_centre : ndarray of float64, shape (2,)
        The baseline's share of missing and of unseen values.
    """

    groups: Int
    known: Mask
    centre: Float
    share_centre: Float

    @property
    def n_groups(self) -> int:
        """Number of groups; with fewer than two there is no shape."""
        return len(self.centre)

    def read(self, counts: Int | Float) -> Readings:
        """Read windows outside the baseline, `counts` of shape (T, n_cells + 2)."""
        return self.read_with(counts, counts[:, -1] + counts[:, :-2] @ ~self.known)

    def read_with(self, counts: Int | Float, unseen: Int | Float) -> Readings:
        """Read windows whose unseen values are already counted, shape (T,)."""
        rows = counts.sum(axis=1)
        grouped = counts[:, :-2].astype(np.float64) @ np.eye(self.n_groups)[self.groups]
        present = grouped.sum(axis=1)
        shares = np.stack((counts[:, -2], unseen), axis=1)
        return Readings(
            shape=_deviation(grouped, present, self.centre),
            shape_noise=1 / np.maximum(present, 1),
            has_shape=(present >= MIN_ROWS) & (self.n_groups > 1),
            shares=_deviation(shares, rows, self.share_centre),
            noise=1 / np.maximum(rows, 1),
            rows=rows.astype(np.int64),
        )


def _deviation(counts: NDArray[np.number], rows: NDArray[np.number], centre: Float) -> Float:
    """
    Return how far shares are from `centre` on the arcsine scale.

    The expectation at `centre` is taken off for every window's own size: the 3/8 of the transform
    weigh more in a small window, and without this a share of zero would seem to rise when the
    traffic falls.
    """
    rows = rows[:, None]
    return _arcsine(counts, rows) - _arcsine(rows * centre, rows)


def _arcsine(counts: NDArray[np.number], rows: NDArray[np.number]) -> Float:
    return 2 * np.arcsin(np.sqrt((counts + 0.375) / (rows + 0.75)))


def learn_reader(grid: Grid, counts: Int, learned_from: Float) -> tuple[Reader, Readings]:
    """
    Learn how to read a column from its baseline, and read the baseline itself.

    Parameters
    ----------
    grid : Grid
    counts : ndarray of int64, shape (K, n_cells + 2)
    learned_from : ndarray of float64, shape (K, K)
        Row t: which windows t is forecast from. A baseline window's unseen values are those that
        these windows do not have, as in use.
    """
    cells = counts[:, :-2]
    total = cells.sum(axis=0)
    known, unseen = np.ones(len(total), dtype=bool), counts[:, -1]
    if grid.kind is not GridKind.QUANTILES:
        known = total > 0
        before = learned_from @ cells
        new = (before == 0) & (before.sum(axis=1, keepdims=True) > 0)
        unseen = unseen + (cells * new).sum(axis=1)
    groups = _groups(grid.kind, total.astype(np.float64))
    by_group = np.bincount(groups, weights=total, minlength=1 if len(groups) else 0)
    rows = max(int(counts.sum()), 1)
    reader = Reader(
        groups,
        known,
        by_group / max(float(by_group.sum()), 1.0),
        np.array([counts[:, -2].sum() / rows, unseen.sum() / rows]),
    )
    return reader, reader.read_with(counts, unseen)


def _groups(kind: GridKind, total: Float) -> Int:
    """Merge quantile cells to 20 groups by mass, others to 24 by frequency; none is empty."""
    if not total.any():
        return np.zeros(len(total), dtype=np.int64)
    ordered = kind is GridKind.QUANTILES
    groups = by_mass(total, _QUANTILE_GROUPS) if ordered else by_frequency(total, _FREQUENCY_GROUPS)
    filled = np.bincount(groups, weights=total) > 0
    # An empty group joins the one before it: a neighbour, or the rarest that is filled.
    before = np.maximum.accumulate(np.where(filled, np.arange(len(filled)), -1))
    before = np.maximum(before, int(filled.argmax()))
    return np.unique(before[groups], return_inverse=True)[1].astype(np.int64)


def remember(readings: Float, memory: int) -> Float:
    """
    Return the exponentially weighted memory of readings over the last `memory` windows.

    Weights are ``0.15 * 0.85**lag``; what was before the first window, and NaN, counts as 0, and
    each reading is clipped at +-8, so that one window cannot fill the memory alone.

    Parameters
    ----------
    readings : ndarray of float64, shape (..., T)
    memory : int
        At least 1: the window itself and ``memory - 1`` before it.
    """
    clipped = np.clip(np.nan_to_num(readings, nan=0.0), -_CLIP, _CLIP)
    kept = np.zeros_like(clipped)
    n_windows = clipped.shape[-1]
    for lag in range(min(memory, n_windows)):
        weight = MEMORY_WEIGHT * (1 - MEMORY_WEIGHT) ** lag
        kept[..., lag:] += weight * clipped[..., : n_windows - lag]
    return kept


def memory_spread(memory: int) -> float:
    """Return the standard deviation of the memory of independent standard normal readings."""
    keep = (1 - MEMORY_WEIGHT) ** 2
    return float(MEMORY_WEIGHT * np.sqrt((1 - keep**memory) / (1 - keep)))
