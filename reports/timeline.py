"""Lines over time: an axis of dates, a scale of values, series with their gaps left open."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from markupsafe import Markup

from domain.catalogue import say
from domain.window import Window
from reports import svg

_TOP: Final = 8
_BOTTOM: Final = 22
_MOST_POINTS: Final = 300
_LABEL_PX: Final = 14
_LOG_FROM: Final = 25.0  # ratio of the largest to the smallest value


@dataclass(frozen=True, slots=True)
class Axis:
    """
    A span of time drawn from left to right.

    Parameters
    ----------
    window : Window
    """

    window: Window

    def x(self, at: datetime) -> float:
        """Return the place of a time in [0, 1000]; what lies outside is moved to the border."""
        part = (at - self.window.start) / self.window.duration
        return min(max(part, 0.0), 1.0) * svg.WIDTH

    def ticks(self, language: str) -> list[tuple[float, str]]:
        """Return four to seven places and what is written there."""
        days = self.window.duration / timedelta(days=1)
        if days > 75:
            return self._months(language)
        key = "report.time.short" if days > 4 else "report.time.hour"
        step = self._step(days)
        first = datetime.combine(
            self.window.start.date(), datetime.min.time(), self.window.start.tzinfo
        )
        marks: list[tuple[float, str]] = []
        at = first
        while at <= self.window.end:
            if at >= self.window.start:
                marks.append((self.x(at), say(key, language, at=at)))
            at += step
        return marks

    def _step(self, days: float) -> timedelta:
        for hours in (1, 3, 6, 12, 24, 48, 96, 168, 336):
            if days * 24 / hours <= 6:
                return timedelta(hours=hours)
        return timedelta(hours=336)

    def _months(self, language: str) -> list[tuple[float, str]]:
        starts = list(_month_starts(self.window))
        shown = starts[:: math.ceil(len(starts) / 6)]
        marks: list[tuple[float, str]] = []
        for i, at in enumerate(shown):
            named = i == 0 or at.year != shown[i - 1].year
            key = "report.time.month" if named else "report.time.month_only"
            marks.append((self.x(at), say(key, language, at=at)))
        return marks


@dataclass(frozen=True, slots=True)
class Series:
    """
    One line.

    Parameters
    ----------
    name : str
        Written at its end; empty where a legend names it.
    style : str
        Its class in the style sheet.
    points : sequence of (Window, float or None)
        Oldest first; None leaves a gap.
    """

    name: str
    style: str
    points: Sequence[tuple[Window, float | None]]

    @property
    def values(self) -> list[float]:
        """The values that are there."""
        return [value for _, value in self.points if value is not None]


@dataclass(frozen=True, slots=True)
class Rule:
    """A labelled horizontal line: an objective, an alarm line."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Scale:
    """
    The values drawn from bottom to top.

    Parameters
    ----------
    ticks : tuple of float
        Increasing; the first is the bottom, the last the top.
    height : float
        In pixels.
    log : bool
    """

    ticks: tuple[float, ...]
    height: float
    log: bool = False

    def y(self, value: float) -> float:
        """Return the pixel of a value; what lies outside is moved to the border."""
        low, high = self._bent(self.ticks[0]), self._bent(self.ticks[-1])
        part = (self._bent(value) - low) / (high - low)
        return self.height * (1 - min(max(part, 0.0), 1.0))

    def _bent(self, value: float) -> float:
        return math.log10(max(value, 1e-9)) if self.log else value

    @classmethod
    def of(cls, values: Sequence[float], height: float, *, from_zero: bool = True) -> Scale:
        """Choose two to five round values that hold all of `values`."""
        low, high = (0.0 if from_zero else min(values)), max(values)
        if not high > low:
            low, high = (0.0, high or 1.0) if low >= 0 else (low - 1, low)
        step = _round_up((high - low) / 3)
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        return cls(tuple(i * step for i in range(first, last + 1)), height)

    @classmethod
    def logarithmic(cls, values: Sequence[float], height: float) -> Scale:
        """Choose powers of ten that hold all of `values`; zero and below count as the smallest."""
        positive = [value for value in values if value > 0]
        first, last = math.floor(math.log10(min(positive))), math.ceil(math.log10(max(positive)))
        return cls(tuple(10.0**i for i in range(first, max(last, first + 1) + 1)), height, log=True)

    @classmethod
    def wide(cls, values: Sequence[float], height: float) -> Scale:
        """Choose a logarithmic scale where a linear one would flatten most of `values`."""
        positive = [value for value in values if value > 0]
        if positive and max(positive) / min(positive) > _LOG_FROM:
            return cls.logarithmic(positive, height)
        return cls.of(values or [1.0], height)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChart:
    """
    Lines over time.

    Parameters
    ----------
    title : str
        Read instead of the drawing by those who cannot see it.
    axis : Axis
    scale : Scale
    series : sequence of Series
    written : callable
        Writes a value beside the scale.
    rule : Rule or None
    shaded : sequence of Window
        Spans behind the lines: incidents.
    band : pair of Series or None
        The area between two series, lower first.
    loud : frozenset of Window
        Windows of the first series to point at.
    """

    title: str
    axis: Axis
    scale: Scale
    series: Sequence[Series]
    written: Callable[[float], str]
    rule: Rule | None = None
    shaded: Sequence[Window] = ()
    band: tuple[Series, Series] | None = None
    loud: frozenset[Window] = frozenset()

    def draw(self, language: str) -> Markup:
        """Draw it."""
        return svg.drawing(
            self.scale.height + _TOP + _BOTTOM,
            self.title,
            [
                *self._grid(),
                svg.stretched(self.scale.height, self._lines(), top=_TOP),
                *self._rule(),
                *self._dates(language),
                *self._names(),
            ],
        )

    def _grid(self) -> Iterator[Markup]:
        for tick in self.scale.ticks:
            y = self.scale.y(tick) + _TOP
            yield svg.rule(y, "grid")
            yield svg.text(self.written(tick), 0, y + 4, "tick", "end", dx=-8)

    def _lines(self) -> Iterator[Markup]:
        for window in self.shaded:
            left, right = self.axis.x(window.start), self.axis.x(window.end)
            yield svg.path(svg.bar(left, 0, max(right - left, 3), self.scale.height), "shade")
        if self.band:
            yield from self._band(*self.band)
        for series in reversed(self.series):  # the first one lies on top
            parts = unbroken(series.points)
            yield svg.path(
                "".join(svg.line(self._placed(p)) for p in parts), f"line {series.style}"
            )
        if self.loud:
            marked = [p for part in unbroken(self.series[0].points) for p in part]
            yield svg.path(dots(self._placed([p for p in marked if p[0] in self.loud])), "dots")

    def _band(self, lower: Series, upper: Series) -> Iterator[Markup]:
        parts = zip(unbroken(lower.points), unbroken(upper.points), strict=False)
        areas = [svg.area(self._placed(up), self._placed(low)) for low, up in parts]
        yield svg.path("".join(areas), "band")

    def _rule(self) -> Iterator[Markup]:
        if self.rule is not None:
            y = self.scale.y(self.rule.value) + _TOP
            yield svg.rule(y, "rule")
            yield svg.text(self.rule.label, 0, y - 4, "rule-label", dx=4)

    def _dates(self, language: str) -> Iterator[Markup]:
        y = self.scale.height + _TOP + 18
        for x, label in self.axis.ticks(language):
            yield svg.text(label, x / 10, y, "tick", "middle")

    def _names(self) -> Iterator[Markup]:
        """Write each name where its line ends; from the lowest up, so that none leaves the plot."""
        ends = [(s, *self._end(s)) for s in self.series if s.name and s.values]
        ceiling = math.inf
        for series, x, y in sorted(ends, key=lambda end: -end[2]):
            ceiling = min(y, ceiling - _LABEL_PX)
            yield svg.text(series.name, x / 10, ceiling, f"name {series.style}", dx=8)

    def _end(self, series: Series) -> svg.Point:
        """Return where a series ends: its name stands there, also where it ends early."""
        window, value = next(p for p in reversed(series.points) if p[1] is not None)
        return self.axis.x(_middle(window)), self.scale.y(value or 0.0) + _TOP + 4

    def _placed(self, points: Sequence[tuple[Window, float]]) -> list[svg.Point]:
        return [(self.axis.x(_middle(window)), self.scale.y(value)) for window, value in points]


def unbroken(
    points: Sequence[tuple[Window, float | None]], most: int = _MOST_POINTS
) -> list[list[tuple[Window, float]]]:
    """
    Split a series where a value or a window is missing, and thin what is too fine to be seen.

    Thinning keeps the smallest and the largest value of each bucket: a spike survives.
    """
    parts: list[list[tuple[Window, float]]] = []
    previous: Window | None = None
    for window, value in points:
        if value is None:
            previous = None
            continue
        gap = None if previous is None else window.start - previous.end
        if gap is None or gap > window.duration / 2:
            parts.append([])
        parts[-1].append((window, value))
        previous = window
    budget = max(most // max(len(parts), 1), 2)
    return [_thinned(part, budget) for part in parts]


def dots(points: Sequence[svg.Point]) -> str:
    """Return the commands of one dot at each point."""
    return "".join(svg.line([point]) for point in points)


def _thinned(points: list[tuple[Window, float]], budget: int) -> list[tuple[Window, float]]:
    if len(points) <= budget:
        return points
    size = math.ceil(2 * len(points) / budget)
    kept: list[tuple[Window, float]] = []
    for start in range(0, len(points), size):
        bucket = points[start : start + size]
        low, high = min(bucket, key=lambda p: p[1]), max(bucket, key=lambda p: p[1])
        kept += sorted({low, high}, key=lambda p: p[0])
    return kept


def _middle(window: Window) -> datetime:
    return window.start + window.duration / 2


def _month_starts(window: Window) -> Iterator[datetime]:
    at = window.start.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while at < window.end:
        if at >= window.start:
            yield at
        at = (at + timedelta(days=32)).replace(day=1)


def _round_up(step: float) -> float:
    size = 10.0 ** math.floor(math.log10(step))
    return next(size * m for m in (1, 2, 2.5, 5, 10) if size * m >= step * (1 - 1e-9))
