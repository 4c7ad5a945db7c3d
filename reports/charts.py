"""The drawings of one column: its distribution, its categories, its history, all its versions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from markupsafe import Markup

from domain.catalogue import say
from domain.window import Window
from monitors.report_view import ColumnView, Reading
from reports import numbers, svg
from reports.distribution import Bars, bars
from reports.judgement import name_of
from reports.plain import shortened
from reports.timeline import Axis, LineChart, Rule, Scale, Series, dots, unbroken

_BARS: Final = 36
_MINI_BARS: Final = 22
_CATEGORIES: Final = 8
_HEIGHT: Final = 150
_MINI_HEIGHT: Final = 40
_MINI_POINTS: Final = 100
_ROW_PX: Final = 24
_MOVED: Final = 0.02  # a category that moved by less keeps a quiet line
_CAP: Final = 4.0  # multiples of the alarm line; what lies above is drawn there


def distribution(column: ColumnView, language: str) -> Markup | None:
    """
    Draw both sides of a column: a histogram for numbers, a dumbbell for categories.

    Returns
    -------
    Markup or None
        None where neither side has rows.
    """
    shown = bars(column.reference, column.current, _CATEGORIES)
    if shown is not None and not shown.ordered:
        return _dumbbell(name_of(column), shown, language)
    shown = bars(column.reference, column.current, _BARS)
    return None if shown is None else _histogram(name_of(column), shown, language)


def mini_distribution(column: ColumnView, language: str) -> Markup | None:
    """Draw both sides small, without words, for a row of the table."""
    shown = bars(column.reference, column.current, _MINI_BARS)
    if shown is None:
        return None
    title = say("report.chart.distribution", language, column=name_of(column))
    inner = svg.stretched(_MINI_HEIGHT, _staircases(shown, _MINI_HEIGHT), top=2)
    return svg.drawing(_MINI_HEIGHT + 4, title, [inner], "mini")


def history(
    column: ColumnView, axis: Axis, language: str, shaded: Sequence[Window] = ()
) -> Markup | None:
    """
    Draw the deciding reading over time, as multiples of its own alarm line.

    Parameters
    ----------
    column : ColumnView
    axis : Axis
    language : {"en", "zh"}
    shaded : sequence of Window
        Incidents.

    Returns
    -------
    Markup or None
        None where no reading has a line to be measured by.
    """
    seen = [r for r in column.history if _touches(r.window, axis.window)]
    points = [(reading.window, reading.multiple) for reading in seen]
    values = [value for _, value in points if value is not None]
    if not values:
        return None
    top = min(max(*values, 1.0), _CAP)
    return LineChart(
        title=say("report.chart.history", language, column=name_of(column)),
        axis=axis,
        scale=Scale.of([min(value, top) for value in values] + [1.2], _HEIGHT),
        series=[Series("", "current", points)],
        written=lambda value: f"{value:g}×",
        rule=Rule(1.0, say("report.chart.alarm_line", language)),
        shaded=shaded,
        loud=_loud(seen),
    ).draw(language)


def sparkline(column: ColumnView, axis: Axis, language: str) -> Markup | None:
    """Draw the history small; its scale is the same in every row, so that rows compare."""
    points = [(reading.window, reading.multiple) for reading in column.history]
    if not any(value is not None for _, value in points):
        return None
    scale, loud = Scale((0.0, 3.0), _MINI_HEIGHT), _loud(column.history)
    parts = unbroken(points, most=_MINI_POINTS)
    marked = [point for part in parts for point in part if point[0] in loud]
    inner = [
        svg.path(f"M0 {svg.short(scale.y(1.0))}h{svg.WIDTH}", "alarm"),
        svg.path("".join(svg.line(_placed(part, axis, scale)) for part in parts), "line quiet"),
        svg.path(dots(_placed(marked, axis, scale)), "dots"),
    ]
    title = say("report.chart.history", language, column=name_of(column))
    return svg.drawing(_MINI_HEIGHT + 4, title, [svg.stretched(_MINI_HEIGHT, inner, top=2)], "mini")


def _loud(readings: Sequence[Reading]) -> frozenset[Window]:
    return frozenset(reading.window for reading in readings if reading.drifted)


def _placed(points: Sequence[tuple[Window, float]], axis: Axis, scale: Scale) -> list[svg.Point]:
    return [(axis.x(w.start + w.duration / 2), scale.y(value)) for w, value in points]


def _touches(window: Window, span: Window) -> bool:
    return window.start < span.end and window.end > span.start


def _histogram(name: str, shown: Bars, language: str) -> Markup:
    scale = Scale.of([shown.highest], _HEIGHT)
    parts: list[Markup] = []
    for tick in scale.ticks:
        parts.append(svg.rule(scale.y(tick) + 8, "grid"))
        parts.append(svg.text(numbers.share(tick, 0), 0, scale.y(tick) + 12, "tick", "end", dx=-8))
    parts.append(svg.stretched(_HEIGHT, _staircases(shown, _HEIGHT, scale.ticks[-1]), top=8))
    parts += _bar_labels(shown, language)
    title = say("report.chart.distribution", language, column=name)
    return svg.drawing(_HEIGHT + 30, title, parts)


def _staircases(shown: Bars, height: float, top: float | None = None) -> Iterator[Markup]:
    unit = height / ((top or shown.highest) or 1.0)
    width = svg.WIDTH / _slots(shown)
    reference = svg.steps([s * unit for s in shown.reference], 0, width, height)
    current = svg.steps([s * unit for s in shown.current], 0, width, height)
    ground = [(0.0, height), (len(shown.labels) * width, height)]
    filled, lines = [svg.area(reference, ground)], [svg.line(current)]
    broad = width * _room(shown)
    for slot, (before, now) in _extras(shown):
        filled.append(svg.bar(slot * width, height - before * unit, broad, before * unit))
        lines.append(svg.line(svg.steps([now * unit], slot * width, broad, height)))
    yield svg.path("".join(filled), "reference-fill")
    yield svg.path("".join(lines), "line current")


def _room(shown: Bars) -> int:
    """Return how many slots the bar of missing values takes, and the gap before it."""
    return max(len(shown.labels) // 10, 1)


def _extras(shown: Bars) -> list[tuple[int, tuple[float, float]]]:
    """Return the slots where the bars of missing and unseen values begin, away from the others."""
    extras = [pair for pair in (shown.missing, shown.unseen) if any(pair)]
    return [(len(shown.labels) + _room(shown) * (1 + 2 * i), pair) for i, pair in enumerate(extras)]


def _slots(shown: Bars) -> int:
    extras = _extras(shown)
    return extras[-1][0] + _room(shown) if extras else len(shown.labels)


def _bar_labels(shown: Bars, language: str) -> Iterator[Markup]:
    slots, n, y = _slots(shown), len(shown.labels), _HEIGHT + 24
    yield svg.text(shown.labels[0], 0, y, "tick")
    for i in (n // 3, n - n // 3) if n > 5 else ():
        yield svg.text(shown.labels[i], 100 * i / slots, y, "tick", "middle")
    if n > 1:
        yield svg.text(shown.labels[-1], 100 * n / slots, y, "tick", "end")
    names = [
        say(f"report.chart.{key}", language)
        for key, pair in (("missing", shown.missing), ("unseen", shown.unseen))
        if any(pair)
    ]
    for (slot, _), name in zip(_extras(shown), names, strict=True):
        yield svg.text(name, 100 * (slot + _room(shown) / 2) / slots, y, "tick", "middle")


def _dumbbell(name: str, shown: Bars, language: str) -> Markup:
    other = say("report.chart.other", language)
    rows = [
        (other if label == "…" else label, float(before), float(now))
        for label, before, now in zip(shown.labels, shown.reference, shown.current, strict=True)
    ]
    for key, pair in (("missing", shown.missing), ("unseen", shown.unseen)):
        if any(pair):
            rows.append((say(f"report.chart.{key}", language), *pair))
    title = say("report.chart.categories", language, column=name)
    parts = [p for i, row in enumerate(rows) for p in _dumbbell_row(i, row, shown.highest or 1.0)]
    return svg.drawing(len(rows) * _ROW_PX + 8, title, parts)


def _dumbbell_row(i: int, row: tuple[str, float, float], highest: float) -> Iterator[Markup]:
    label, before, now = row
    y = i * _ROW_PX + 16
    at_before, at_now = (30 + 32 * share / highest for share in (before, now))
    moved = "moved" if abs(now - before) > _MOVED else "grid"
    yield svg.text(shortened(label, 16), 0, y + 4, "label")
    low, high = sorted((at_before, at_now))
    yield svg.element(
        "line", x1=f"{svg.short(low)}%", x2=f"{svg.short(high)}%", y1=y, y2=y, class_=moved
    )
    yield svg.element("circle", cx=f"{svg.short(at_before)}%", cy=y, r=4.5, class_="hollow")
    yield svg.element("circle", cx=f"{svg.short(at_now)}%", cy=y, r=4.5, class_="full")
    written = f"{numbers.share(before)} → {numbers.share(now)}"
    yield svg.text(written, 100, y + 4, "tick", "end")
