"""Which hours of some windows were counted, and what of the windows is left to be read as rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.window import Window
from store.hours.stale import HOUR_US
from store.moments import from_microseconds, to_microseconds

Int = NDArray[np.int64]
# half-open, in microseconds since 1970
Span = tuple[int, int]

NO_WINDOW: Final = -1
# a statement over more ranges is planned for longer than the rows between two of them take
MOST_RANGES: Final = 32


@dataclass(frozen=True, slots=True, eq=False)
class WholeHours:
    """
    Windows as hours that were counted and pieces that were not.

    Parameters
    ----------
    starts, ends : ndarray of int64, shape (n,)
        Hours since 1970 of the windows that hold any whole hour.
    windows : ndarray of int64, shape (n,)
        Their places among all windows.
    uncounted : ndarray of int64
        Ascending; hours whose rows count, whatever was counted before.
    pieces : tuple of Window
        What the hours leave of the windows, oldest first, not overlapping.
    owners : ndarray of int64
        The window that each piece is of.
    """

    starts: Int
    ends: Int
    windows: Int
    uncounted: Int
    pieces: tuple[Window, ...]
    owners: Int

    def places(self, hours: Int) -> Int:
        """Return the window that each hour is counted in, `NO_WINDOW` for none."""
        if not len(self.starts):
            return np.full(len(hours), NO_WINDOW, np.int64)
        nearest = np.searchsorted(self.starts, hours, side="right") - 1
        inside = (nearest >= 0) & (hours < self.ends[nearest])
        inside &= ~np.isin(hours, self.uncounted)
        return np.where(inside, self.windows[nearest], NO_WINDOW)

    @property
    def span(self) -> Span:
        """The first hour and the one behind the last."""
        return (int(self.starts[0]), int(self.ends[-1])) if len(self.starts) else (0, 0)


def split(
    windows: Sequence[Window], uncounted: Iterable[int], before: int | None = None
) -> WholeHours:
    """
    Split windows into hours that were counted and pieces that were not.

    Parameters
    ----------
    windows : sequence of Window
        Oldest first, not overlapping.
    uncounted : iterable of int
        Hours since 1970.
    before : int, optional
        No hour before this one was counted.
    """
    stale = np.array(sorted(set(uncounted)), np.int64)
    bounds: list[tuple[int, int, int]] = []
    pieces: list[Span] = []
    owners: list[int] = []
    for i, window in enumerate(windows):
        start, end = to_microseconds(window.start), to_microseconds(window.end)
        first = -(-start // HOUR_US) if before is None else max(-(-start // HOUR_US), before)
        last = end // HOUR_US
        own = [(start, end)]
        if first < last:
            bounds.append((first, last, i))
            inside = stale[np.searchsorted(stale, first) : np.searchsorted(stale, last)]
            own = [(start, first * HOUR_US), *runs(inside), (last * HOUR_US, end)]
        pieces += (filled := [piece for piece in own if piece[0] < piece[1]])
        owners += [i] * len(filled)
    table = np.array(bounds, np.int64).reshape(-1, 3)
    left = tuple(window_of(piece) for piece in pieces)
    return WholeHours(table[:, 0], table[:, 1], table[:, 2], stale, left, _ints(owners))


def runs(hours: Int) -> list[Span]:
    """Return ascending hours as spans, those that follow one another as one."""
    if not len(hours):
        return []
    cuts = np.flatnonzero(np.diff(hours) > 1) + 1
    return [
        (int(part[0]) * HOUR_US, (int(part[-1]) + 1) * HOUR_US) for part in np.split(hours, cuts)
    ]


def window_of(span: Span) -> Window:
    """Return a span as a window."""
    return Window(from_microseconds(span[0]), from_microseconds(span[1]))


def ranges_of(windows: Sequence[Window]) -> list[Span]:
    """
    Return few spans that hold all of some windows, with the smallest gaps between them inside.

    Parameters
    ----------
    windows : sequence of Window
        Oldest first, not overlapping.
    """
    if not windows:
        return []
    starts = _ints([to_microseconds(window.start) for window in windows])
    ends = _ints([to_microseconds(window.end) for window in windows])
    gaps = starts[1:] - ends[:-1]
    cuts = np.sort(np.argsort(-gaps, kind="stable")[: MOST_RANGES - 1])
    cuts = cuts[gaps[cuts] > 0]
    firsts, lasts = starts[np.append(0, cuts + 1)], ends[np.append(cuts, len(ends) - 1)]
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def rows_in(rows: str, spans: Sequence[Span], columns: str = "*") -> str:
    """
    Return SQL, to stand behind ``from``, of the rows in some spans.

    DuckDB skips what lies outside of one range, not of several that ``or`` joins: ten times the
    cost where a cut hour of every day of a month is wanted.

    Parameters
    ----------
    rows : str
        SQL that may stand behind ``from``.
    spans : sequence of Span
        Oldest first, not overlapping.
    columns : str, default="*"
        What to select.
    """
    parts = [
        f"select {columns} from {rows} "
        f"where ts >= make_timestamp({start}) and ts < make_timestamp({end})"
        for start, end in spans
    ]
    return f"({' union all '.join(parts) or f'select {columns} from {rows} where false'})"


def _ints(values: Sequence[int]) -> Int:
    return np.array(values, np.int64)
