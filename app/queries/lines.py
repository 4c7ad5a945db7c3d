"""Lines over judged windows, for charts that set versions beside each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.window import Window


class Side(StrEnum):
    """What a line stands for, and so its colour: the same on every page."""

    CURRENT = "current"
    REFERENCE = "reference"
    THIRD = "third"
    FOURTH = "fourth"


@dataclass(frozen=True, slots=True)
class Line:
    """
    One quantity of one version, window by window.

    Parameters
    ----------
    name : str
    side : Side
    at : tuple of datetime
        Starts of the windows, oldest first; where windows are missing the end of the last one
        before them, with None as its value, so that a line breaks there.
    values : tuple of (float or None)
        As long as `at`.
    """

    name: str
    side: Side
    at: tuple[datetime, ...]
    values: tuple[float | None, ...]

    @property
    def known(self) -> bool:
        """Whether there is anything to draw."""
        return any(value is not None for value in self.values)


def line(name: str, side: Side, points: Iterable[tuple[Window, float | None]]) -> Line:
    """
    Make a line of windows and their values.

    Parameters
    ----------
    name : str
    side : Side
    points : iterable of (Window, float or None)
        Oldest first.
    """
    at: list[datetime] = []
    values: list[float | None] = []
    before: Window | None = None
    for window, value in points:
        if before is not None and window.start > before.end:
            at.append(before.end)
            values.append(None)
        at.append(window.start)
        # four digits: what a chart of a few hundred pixels can show
        values.append(None if value is None else float(f"{value:.4g}"))
        before = window
    return Line(name, side, tuple(at), tuple(values))


def sides(versions: Iterable[str], current: str, reference: str | None) -> dict[str, Side]:
    """
    Give every version its colour.

    Parameters
    ----------
    versions : iterable of str
    current : str
        The one looked at.
    reference : str or None
        The one it is set beside; None: the first of the others.

    Returns
    -------
    dict of str to Side
        Further versions share the last colour.
    """
    others = [version for version in versions if version != current]
    if reference is not None and reference in others:
        others.remove(reference)
        others.insert(0, reference)
    spare = (Side.REFERENCE, Side.THIRD, Side.FOURTH)
    given = {version: spare[min(i, len(spare) - 1)] for i, version in enumerate(others)}
    return {current: Side.CURRENT, **given}
