"""Which column moved when: a row for each column, a cell for each window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from markupsafe import Markup

from domain.catalogue import say
from monitors.report_view import ColumnView, Reading
from reports import svg
from reports.judgement import name_of
from reports.plain import shortened
from reports.timeline import Axis

_CELLS: Final = 160
_ROW_PX: Final = 18
_GAP_PX: Final = 2
_NEAR: Final = 0.75
# from quiet to far beyond the alarm line; a window that did not alarm never looks as if it had
LEVELS: Final = ("quiet", "near", "drift", "drift2", "drift3")


def heatmap(columns: Sequence[ColumnView], axis: Axis, language: str) -> Markup:
    """
    Draw the columns' readings in steps of their own alarm line.

    Parameters
    ----------
    columns : sequence of ColumnView
        One version's, worst first.
    axis : Axis
        The time drawn; where windows are finer than `_CELLS`, a cell shows its worst one.
    language : {"en", "zh"}
    """
    height = len(columns) * _ROW_PX
    parts: list[Markup] = []
    for i, column in enumerate(columns):
        y = i * _ROW_PX + 13
        parts.append(svg.text(shortened(name_of(column), 18), 0, y, "label", "end", dx=-10))
    parts.append(svg.stretched(height, _levels(columns, axis)))
    for x, label in axis.ticks(language):
        parts.append(svg.text(label, x / 10, height + 16, "tick", "middle"))
    return svg.drawing(height + 22, say("report.chart.heatmap", language), parts)


def level(reading: Reading) -> str:
    """
    Return the step of a reading: `LEVELS` by its verdict first, then by its multiple.

    A column that alarmed below its line was gone or of another type: no multiple says how far
    that is, and it is not the faintest of alarms. One that is beyond a line nobody calibrated
    alarmed no one, and never looks as if it had.
    """
    multiple = reading.multiple
    if not reading.drifted or not reading.alarmed:
        if multiple is None:
            return "none"
        return "near" if multiple >= _NEAR else "quiet"
    if multiple is None or multiple < 1 or multiple >= 3:
        return "drift3"
    return "drift2" if multiple >= 2 else "drift"


def _levels(columns: Sequence[ColumnView], axis: Axis) -> Iterator[Markup]:
    drawn: dict[str, list[str]] = {name: [] for name in LEVELS}
    for i, column in enumerate(columns):
        for name, left, width in _runs(column, axis):
            drawn[name].append(svg.bar(left, i * _ROW_PX, width, _ROW_PX - _GAP_PX))
    for name, commands in drawn.items():
        if commands:
            yield svg.path("".join(commands), f"heat-{name}")


def _runs(column: ColumnView, axis: Axis) -> Iterator[tuple[str, float, float]]:
    """Merge neighbouring cells of one level, so that months of quiet cost one rectangle."""
    width = svg.WIDTH / _CELLS
    cells = _cells(column, axis)
    for name, group in groupby(range(_CELLS), key=lambda cell: cells[cell]):
        run = list(group)
        if name != "none":
            yield name, run[0] * width, len(run) * width


def _cells(column: ColumnView, axis: Axis) -> list[str]:
    order = ("none", *LEVELS)
    cells = ["none"] * _CELLS
    for reading in column.history:
        first = int(axis.x(reading.window.start) / svg.WIDTH * _CELLS)
        last = max(round(axis.x(reading.window.end) / svg.WIDTH * _CELLS), first + 1)
        for cell in range(first, min(last, _CELLS)):
            cells[cell] = max(cells[cell], level(reading), key=order.index)
    return cells
