"""A part of the traffic that a value names, and a column counted part by part."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from domain.profile import Grid, Profile

Int = NDArray[np.int64]

MOST_SLICES = 20
"""So many values of a column are slices of their own; the rarer ones are one together."""


class SliceKind(StrEnum):
    """Which rows a slice holds: those of one value, those without one, or all others."""

    VALUE = "value"
    MISSING = "missing"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Slice:
    """
    A part of the traffic.

    Parameters
    ----------
    by : str
        The column that parts it.
    kind : SliceKind
    value : str
        Empty where `kind` is not ``value``.

    Examples
    --------
    >>> str(Slice("carrier", SliceKind.VALUE, "UA")), str(Slice("carrier", SliceKind.OTHER))
    ('carrier=UA', 'carrier: other')
    """

    by: str
    kind: SliceKind
    value: str = ""

    def __str__(self) -> str:
        return (
            f"{self.by}={self.value}" if self.kind is SliceKind.VALUE else f"{self.by}: {self.kind}"
        )


@dataclass(frozen=True, eq=False)
class SlicedCounts:
    """
    One column over one grid, in the baseline and in one window, slice by slice.

    Parameters
    ----------
    column : str
    grid : Grid
    slices : tuple of Slice
        The most frequent value of both sides together first, then missing, then other; only those
        that have rows.
    counts : ndarray of int64, shape (2, n_slices, n_cells + 2)
        Of the baseline, then of the window. Over all slices they are the column's own counts.
    """

    column: str
    grid: Grid
    slices: tuple[Slice, ...]
    counts: Int

    def totals(self) -> tuple[Profile, Profile]:
        """Return the column's profiles of both sides, all slices together."""
        reference, current = self.counts.sum(axis=1)
        return (
            Profile(self.column, self.grid, reference),
            Profile(self.column, self.grid, current),
        )

    @classmethod
    def of(
        cls, column: str, grid: Grid, by: str, values: tuple[str | float, ...], counts: Int
    ) -> SlicedCounts:
        """
        Name the slices of a table of counts and leave out those without rows.

        Parameters
        ----------
        column : str
        grid : Grid
        by : str
        values : tuple of (str or float), length n
        counts : ndarray of int64, shape (2, n + 2, n_cells + 2)
            Rows of each value, then of missing and of others.
        """
        named = [Slice(by, SliceKind.VALUE, value_text(value)) for value in values]
        named += [Slice(by, SliceKind.MISSING), Slice(by, SliceKind.OTHER)]
        kept = np.flatnonzero(counts.any(axis=(0, 2))).tolist()
        return cls(column, grid, tuple(named[i] for i in kept), counts[:, kept])


def value_text(value: str | float) -> str:
    """
    Write a slice's value: a whole number without its fraction.

    Examples
    --------
    >>> value_text(3.0), value_text(0.5), value_text("UA")
    ('3', '0.5', 'UA')
    """
    if isinstance(value, str):
        return value
    number = float(value)
    whole = number.is_integer() and abs(number) < 1e15
    return str(int(number)) if whole else repr(number)
