"""Where the change of a column sits: in one slice of the traffic, in their mix, or everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import chdtrc

from detectors.grid import bins_of_places
from detectors.psi import EMPTY_CELL, population_stability_index
from domain.located import Located, SliceReading, Where
from domain.profile import Float
from domain.slice import Slice, SlicedCounts

# of all that happened inside of slices, what has to have happened in the one that is named
_MOST: Final = 2 / 3
_ORDER: Final = (Where.WITHIN, Where.MIX, Where.EVERYWHERE, Where.UNCLEAR)


@dataclass(frozen=True, eq=False)
class Decomposition:
    """
    The PSI of a column as a sum over slices.

    Parameters
    ----------
    psi : float
        Of the column, in nats.
    mix : ndarray of float64, shape (n_slices,)
        What the moved share of each slice adds to it.
    within : ndarray of float64, shape (n_slices,)
        What the change inside of each slice adds to it.

    All numbers of `mix` and `within` add up to `psi`. A single number of `mix` counts a slice that
    differs from the others; their sum is what the mix did.
    """

    psi: float
    mix: Float
    within: Float


def decompose(reference: Float, current: Float) -> Decomposition:
    """
    Part the PSI of a column among its slices, and each slice's part into mix and within.

    PSI is ``sum_b L_b (q_b - p_b)`` with ``L = ln(q / p)``, so whatever parts ``q - p`` parts it.
    With shares ``v, w`` of a slice and its own distributions ``p_s, q_s``, ``q - p`` is the sum
    over slices of ``(w - v) (p_s + q_s) / 2``, the moved share, and ``(v + w) / 2 (q_s - p_s)``,
    the change inside (Kitagawa 1955). The 0.5 that PSI adds to every bin is spread over the slices
    by their rows. A slice without rows on one side is taken to have had the other's distribution:
    what came or went is mix.

    Parameters
    ----------
    reference, current : ndarray of float64, shape (n_slices, n_bins)
        Counts; both sides have rows.

    References
    ----------
    E. M. Kitagawa, Components of a Difference Between Two Rates, JASA 50 (1955) 1168-1194.

    Examples
    --------
    >>> parts = decompose(np.array([[90.0, 10], [10, 90]]), np.array([[10.0, 90], [10, 90]]))
    >>> float(np.round(parts.mix.sum(), 9)), bool(parts.within[0] > 0), float(parts.within[1])
    (0.0, True, 0.0)
    """
    sides = np.stack([reference, current])
    rows = sides.sum(axis=2)
    total = rows.sum(axis=1, keepdims=True)
    share = rows / total
    smooth = sides + EMPTY_CELL * share[:, :, None]
    mass = smooth.sum(axis=2, keepdims=True)
    own = np.divide(smooth, mass, out=np.zeros_like(smooth), where=mass > 0)
    for side in (0, 1):
        gone = rows[side] == 0
        own[side, gone] = own[1 - side, gone]
    p, q = (share[:, :, None] * own).sum(axis=1)
    log_ratio = np.log(q / p)
    mix = (share[1] - share[0]) * (own.mean(axis=0) @ log_ratio)
    within = share.mean(axis=0) * ((own[1] - own[0]) @ log_ratio)
    return Decomposition(float((q - p) @ log_ratio), mix, within)


def locate(
    counts: SlicedCounts, *, alpha: float = 0.01, n_bins: int = 10, min_rows: int = 50
) -> Located | None:
    """
    Say where the change of a column sits.

    Parameters
    ----------
    counts : SlicedCounts
    alpha : float, default=0.01
        What is named for the change has to be rarer than this by sampling alone: the change inside
        of one slice, times the number of slices, or that of the mix.
    n_bins : int, default=10
        The bins of the column's own PSI: those of all slices together.
    min_rows : int, default=50
        With fewer rows on either side nothing is said of what happened inside a slice.

    Returns
    -------
    Located or None
        None where there are no two slices or no two bins, or a side has no rows.
    """
    case = _Case.of(counts, n_bins, min_rows)
    if case is None:
        return None
    parts = case.parts
    readings = tuple(case.reading(one, i) for i, one in enumerate(counts.slices))
    mix = float(parts.mix.sum() / parts.psi) if parts.psi else 0.0
    moved = _Test.of(*case.every).p_value < alpha
    if moved and mix > 0.5 and _Test.of(*case.rows).p_value < alpha:
        chosen = case.most_moved()
        return Located(
            where=Where.MIX,
            named=readings[chosen],
            rest_psi=case.rest_psi(chosen),
            mix=mix,
            readings=readings,
        )
    chosen = int(np.argmax(parts.within))
    sure = case.p_value(chosen) * len(readings) < alpha
    return Located(
        where=case.inside(chosen) if sure else Where.UNCLEAR,
        named=readings[chosen],
        rest_psi=case.rest_psi(chosen),
        mix=mix,
        readings=readings,
    )


def best(found: Sequence[Located]) -> Located | None:
    """
    Return what tells most: one slice, before a mix, before no slice, before nothing sure.

    Parameters
    ----------
    found : sequence of Located
        Of one column and window, cut by one column after the other; of several that name one slice
        (or a mix) that which explains more of the change, else the first.
    """

    def rank(one: Located) -> tuple[int, float]:
        explained = one.mix if one.where is Where.MIX else one.named.part
        return _ORDER.index(one.where), -explained

    return min(found, key=rank, default=None)


@dataclass(frozen=True, slots=True)
class _Test:
    """PSI of two histograms beyond what sampling gives, and how rare it is by that alone."""

    excess: float
    p_value: float

    @classmethod
    def of(cls, reference: Float, current: Float) -> _Test:
        used = (reference + current) > 0
        n_bins, n, m = int(used.sum()), reference.sum(), current.sum()
        if n_bins < 2 or min(n, m) == 0:
            return cls(0.0, 1.0)
        psi, per_row = population_stability_index(reference[used], current[used]), 1 / n + 1 / m
        excess = max(psi - (n_bins - 1) * per_row, 0.0)
        return cls(float(excess), float(chdtrc(n_bins - 1, psi / per_row)))


@dataclass(frozen=True, eq=False)
class _Case:
    """
    A column's counts over bins, slice by slice.

    Parameters
    ----------
    sides : ndarray of float64, shape (2, n_slices, n_bins)
    parts : Decomposition
    min_rows : int
    """

    sides: Float
    parts: Decomposition
    min_rows: int

    @classmethod
    def of(cls, counts: SlicedCounts, n_bins: int, min_rows: int) -> _Case | None:
        """Merge places to the bins of the column; None where there is nothing to compare."""
        places = bins_of_places(counts.totals()[0], n_bins)
        sides = counts.counts @ np.eye(int(places.max()) + 1)[places]
        sides = sides[:, :, sides.any(axis=(0, 1))]
        if min(sides.shape[1:]) < 2 or not sides.any(axis=(1, 2)).all():
            return None
        return cls(sides, decompose(sides[0], sides[1]), min_rows)

    @property
    def rows(self) -> Float:
        """Rows of each slice, shape (2, n_slices)."""
        return self.sides.sum(axis=2)

    @property
    def share(self) -> Float:
        """Shares of the slices on each side, shape (2, n_slices)."""
        return self.rows / self.rows.sum(axis=1, keepdims=True)

    @property
    def every(self) -> Float:
        """Counts of all slices together, shape (2, n_bins)."""
        return self.sides.sum(axis=1)

    def most_moved(self) -> int:
        """Return the slice whose share adds most to the PSI of the shares."""
        p, q = self.rows + EMPTY_CELL
        p, q = p / p.sum(), q / q.sum()
        return int(np.argmax((q - p) * np.log(q / p)))

    def p_value(self, i: int) -> float:
        """Return how rare the change inside of a slice is by sampling alone."""
        return _Test.of(*self.sides[:, i]).p_value

    def rest_psi(self, i: int) -> float | None:
        """Return the PSI of all slices but one; None with too few rows."""
        return self._psi(self.every - self.sides[:, i])

    def inside(self, i: int) -> Where:
        """Say whether the change inside of slices is that of one of them."""
        own, rest = self._psi(self.sides[:, i]), self.rest_psi(i)
        if own is None or rest is None:
            return Where.UNCLEAR
        # what sampling gives a slice goes by its rows
        sampling = (self.sides.shape[2] - 1) * (1 / self.rows.sum(axis=1)).sum()
        changed = self.parts.within - sampling * self.share.mean(axis=0)
        most = changed[i] >= _MOST * changed.sum()
        return Where.WITHIN if most and rest <= own / 2 else Where.EVERYWHERE

    def reading(self, one: Slice, i: int) -> SliceReading:
        """Return what one slice has to do with the change."""
        part = self.parts.mix[i] + self.parts.within[i]
        return SliceReading(
            slice=one,
            n_reference=int(self.rows[0, i]),
            n_current=int(self.rows[1, i]),
            share_reference=float(self.share[0, i]),
            share_current=float(self.share[1, i]),
            psi=self._psi(self.sides[:, i]),
            part=float(part / self.parts.psi) if self.parts.psi else 0.0,
        )

    def _psi(self, sides: Float) -> float | None:
        few = sides.sum(axis=1).min() < self.min_rows
        return None if few else _Test.of(*sides).excess
