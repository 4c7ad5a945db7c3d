"""Calls counted by hour and replica, their latencies in cells: what pages show without the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.window import Window

Float = NDArray[np.float64]
Int = NDArray[np.int64]

# A cell reaches from growth**i to growth**(i + 1) ms. Its latencies are taken to lie evenly in it:
# none is more than a cell's width off, 2 %, and so is every quantile, which lies between two.
LATENCY_GROWTH: Final = 1.02
# what is shorter counts as 0 ms, what is longer (30,000 years) as this long
SHORTEST_MS: Final = 1e-6
LONGEST_MS: Final = 1e15
ZERO_CELL: Final = -32_768


@dataclass(frozen=True, eq=False, kw_only=True)
class CallHours:
    """
    The calls of one deployment in equal buckets of whole hours, by replica.

    Calls are weighted by ``1 / sampling_rate``, as in `domain.calls.CallBuckets`; of latencies
    each logged one counts once, as in the readings of a run.

    Parameters
    ----------
    span : Window
        Whole hours.
    starts : ndarray of int64, shape (B,)
        Start of each bucket in seconds since 1970 (UTC); no bucket is left out.
    bucket_s : int
        Length of a bucket; the last one may reach past the end of the span.
    replicas : tuple of str, length R
        In alphabetical order; ``""`` where the logs name none.
    total, with_status, failed : ndarray of float64, shape (R, B)
        All calls; those whose status is known; those that failed.
    replica, bucket, cell, count : ndarray of int64, shape (E,)
        How many latencies a cell of a replica's bucket holds; cells without any are left out.
    """

    span: Window
    starts: Int
    bucket_s: int
    replicas: tuple[str, ...]
    total: Float
    with_status: Float
    failed: Float
    replica: Int
    bucket: Int
    cell: Int
    count: Int

    def latencies(self, qs: Sequence[float], *, by_replica: bool, by_bucket: bool) -> Float:
        """
        Return latency quantiles, linear between neighbours, at most 2 % off.

        Parameters
        ----------
        qs : sequence of float
            In [0, 1], length Q.
        by_replica, by_bucket : bool
            False: all of them together.

        Returns
        -------
        ndarray of float64, shape (R or 1, B or 1, Q)
            In ms; NaN where no call has a latency.
        """
        shape = (
            len(self.replicas) if by_replica else 1,
            len(self.starts) if by_bucket else 1,
        )
        group = (self.replica if by_replica else 0) * shape[1] + (self.bucket if by_bucket else 0)
        owner = np.broadcast_to(np.asarray(group, np.int64), self.cell.shape)
        found = _quantiles(owner, self.cell, self.count, shape[0] * shape[1], qs)
        return found.reshape(*shape, len(qs))


def _quantiles(group: Int, cell: Int, count: Int, n_groups: int, qs: Sequence[float]) -> Float:
    """Return the quantiles of every group, shape (n_groups, n_quantiles)."""
    if not len(cell):
        return np.full((n_groups, len(qs)), np.nan)
    group, cell, count = _merged(group, cell, count)
    # one running total over all groups, so that one search finds the ranks of all of them
    reached = np.cumsum(count)
    n = np.bincount(group, weights=count, minlength=n_groups).astype(np.int64)[:, None]
    before = np.cumsum(n, axis=0) - n
    rank = np.asarray(qs, np.float64) * np.maximum(n - 1, 0)
    low = np.floor(rank).astype(np.int64)

    def at(ranks: Int) -> Float:
        wanted = before + ranks
        place = np.minimum(np.searchsorted(reached, wanted, side="right"), len(cell) - 1)
        within = (wanted - reached[place] + count[place] + 0.5) / count[place]
        return _latency(cell[place], within)

    below, above = at(low), at(np.minimum(low + 1, np.maximum(n - 1, 0)))
    return np.where(n > 0, below + (above - below) * (rank - low), np.nan)


def _merged(group: Int, cell: Int, count: Int) -> tuple[Int, Int, Int]:
    """Order by group and cell, and count a cell that is there several times once."""
    order = np.lexsort((cell, group))
    group, cell = group[order], cell[order]
    changes = (np.diff(group) != 0) | (np.diff(cell) != 0)
    first = np.flatnonzero(np.concatenate([[True], changes]))
    return group[first], cell[first], np.add.reduceat(count[order], first)


def _latency(cell: Int, within: Float) -> Float:
    """Return the latency in ms that lies at a share of a cell."""
    known = cell != ZERO_CELL
    return np.where(known, LATENCY_GROWTH ** (np.where(known, cell, 0) + within), 0.0)
