"""
SVG as text: elements, and paths in few bytes.

A drawing is as wide as its place. Lines live in an inner ``<svg>`` that is 1,000 units wide and
stretches; text and dots stand outside of it at percentages, so that they never stretch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from markupsafe import Markup, escape

from reports.plain import printable

WIDTH: Final = 1000

Point = tuple[float, float]


def element(name: str, content: str = "", /, **attributes: str | float) -> Markup:
    """
    Write one element.

    Parameters
    ----------
    name : str
    content : str
        Escaped unless it is Markup already.
    **attributes
        ``class_`` is written as ``class``, other underscores as hyphens; values are escaped.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
    )
    # only our own names and escaped values stand in here
    return Markup(f"<{name}{written}>{_text(content)}</{name}>")  # noqa: S704


def drawing(height: float, title: str, parts: Iterable[Markup], class_: str = "chart") -> Markup:
    """
    Write a whole drawing.

    Parameters
    ----------
    height : float
        In CSS pixels; the width is that of its place.
    title : str
        What it shows, for those who cannot see it.
    parts : iterable of Markup
    class_ : str
    """
    body = element("title", title) + join(parts)
    return element("svg", body, class_=class_, role="img", width="100%", height=height)


def stretched(height: float, parts: Iterable[Markup], top: float = 0) -> Markup:
    """Write the inner drawing: 1,000 units wide whatever the place, `height` pixels high."""
    return element(
        "svg",
        join(parts),
        y=top,
        width="100%",
        height=height,
        viewBox=f"0 0 {WIDTH} {short(height)}",
        preserveAspectRatio="none",
    )


def text(
    content: str, x: float, y: float, class_: str = "", anchor: str = "start", dx: float = 0
) -> Markup:
    """Write text at a percentage of the width (`x`) and at a pixel of the height (`y`)."""
    attributes: dict[str, str | float] = {"x": f"{short(x)}%", "y": y}
    if dx:
        attributes["dx"] = dx
    if class_:
        attributes["class_"] = class_
    if anchor != "start":
        attributes["text_anchor"] = anchor
    return element("text", content, **attributes)


def rule(y: float, class_: str) -> Markup:
    """Write a horizontal line over the whole width."""
    return element("line", x1=0, x2="100%", y1=y, y2=y, class_=class_)


def path(commands: str, class_: str) -> Markup:
    """Write a path."""
    return element("path", d=commands, class_=class_)


def line(points: Sequence[Point]) -> str:
    """
    Return the commands of a line through the points, in relative whole units.

    A line of one point is a dot: a round line cap makes it visible.
    """
    if not points:
        return ""
    x, y = round(points[0][0]), round(points[0][1])
    commands = [f"M{x} {y}"]
    if len(points) == 1:
        commands.append("h0")
    for next_x, next_y in points[1:]:
        dx, dy = round(next_x) - x, round(next_y) - y
        commands.append(f"h{dx}" if dy == 0 else f"v{dy}" if dx == 0 else f"l{dx} {dy}")
        x, y = x + dx, y + dy
    return "".join(commands)


def area(upper: Sequence[Point], lower: Sequence[Point]) -> str:
    """Return the commands of the closed area between two lines."""
    return line([*upper, *reversed(lower)]) + "z" if upper and lower else ""


def steps(heights: Sequence[float], left: float, width: float, base: float) -> list[Point]:
    """
    Return the corners of a staircase.

    Parameters
    ----------
    heights : sequence of float
        Of each step, upwards from `base`.
    left, width : float
        Where the first step begins; how wide each one is.
    base : float
        The y of the ground.
    """
    corners: list[Point] = []
    for i, height in enumerate(heights):
        y = base - height
        corners += [(left + i * width, y), (left + (i + 1) * width, y)]
    return corners


def bar(x: float, y: float, width: float, height: float) -> str:
    """Return the commands of a rectangle."""
    return f"M{short(x)} {short(y)}h{short(width)}v{short(height)}h{short(-width)}z"


def join(parts: Iterable[Markup]) -> Markup:
    """Join parts."""
    return Markup("").join(parts)


def short(value: float) -> str:
    """Write a coordinate with at most one decimal, and zero without a sign."""
    written = f"{value:.1f}".removesuffix(".0")
    return "0" if written == "-0" else written


def _value(value: str | float) -> str:
    return str(escape(printable(value))) if isinstance(value, str) else short(value)


def _text(content: str) -> Markup:
    return content if isinstance(content, Markup) else escape(printable(content))
