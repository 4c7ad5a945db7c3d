"""Lines of versions over time, and the labels that their metrics rest on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import plotly.graph_objects as go

from app.charts import style
from app.charts.names import label
from app.palette import Palette
from app.queries.lines import Line, Side
from app.queries.performance import Arrivals, MetricCourse
from domain.catalogue import say
from domain.window import Window

HEIGHT: Final = 230
_BARS_HEIGHT: Final = 200


def colour_of(side: Side, palette: Palette) -> str:
    """Return the colour of what a line stands for."""
    return {
        Side.CURRENT: palette.current,
        Side.REFERENCE: palette.reference,
        Side.THIRD: palette.third,
        Side.FOURTH: palette.ok,
    }[side]


def versions(
    lines: Sequence[Line],
    span: Window,
    palette: Palette,
    language: str,
    *,
    unit: str,
    beneath: Sequence[Line] = (),
    marks: Sequence[tuple[datetime, str]] = (),
) -> go.Figure | None:
    """
    Draw one quantity of several versions.

    Parameters
    ----------
    lines : sequence of Line
    span : Window
    palette : Palette
    language : {"en", "zh"}
    unit : str
        Behind the numbers, with its space; ``""`` for none.
    beneath : sequence of Line
        Drawn thin and dotted in the same colours: the median beneath a tail.
    marks : sequence of (datetime, str)
        Where versions came.

    Returns
    -------
    Figure or None
        None without a value.
    """
    if not lines:
        return None
    fig = style.figure(palette, HEIGHT, legend=True)
    style.time_axis(fig, span, language)
    for line in beneath:
        _add(fig, line, palette, unit, {"width": 1, "dash": "dot"}, show=False)
    for line in lines:
        _add(fig, line, palette, unit, {"width": 2})
    for at, name in marks:
        style.mark(fig, at, name, palette)
    seen = [v for line in (*lines, *beneath) for v in line.values if v]
    far = bool(unit) and bool(seen) and max(seen) / min(seen) > 30
    fig.update_yaxes(type="log" if far else "linear", ticksuffix=unit, nticks=5)
    if marks and seen and not far:
        # their names stand on top: room for them above the lines
        low, high = min(seen), max(seen)
        reach = (high - low) or abs(high) or 1.0
        fig.update_yaxes(range=[low - 0.06 * reach, high + 0.18 * reach])
    if far:
        fig.update_yaxes(dtick=1)
    return fig


def metric(
    course: MetricCourse,
    span: Window,
    palette: Palette,
    language: str,
    incidents: Sequence[tuple[Window, str]] = (),
) -> go.Figure | None:
    """
    Draw one performance metric of each version, with what is usual and where the alarm starts.

    Parameters
    ----------
    course : MetricCourse
    span : Window
    palette : Palette
    language : {"en", "zh"}
    incidents : sequence of (Window, str)
        Shaded.
    """
    fig = versions(course.lines, span, palette, language, unit="")
    if fig is None:
        return None
    for key, line, dash in (("usual", course.usual, "dot"), ("alarm", course.alarm, "dash")):
        if line is None:
            continue
        colour = palette.critical if key == "alarm" else palette.muted
        fig.add_scatter(
            x=list(line.at),
            y=list(line.values),
            name=say(f"page_performance.line.{key}", language),
            mode="lines",
            line={"color": colour, "width": 1.2, "dash": dash},
            hovertemplate="%{y:.3f}",
        )
    for key, decides, symbol in (("worse", True, "diamond"), ("beyond", False, "diamond-open")):
        found = [one for one in course.worse if one.decides is decides]
        if not found:
            continue
        fig.add_scatter(
            x=[one.at for one in found],
            y=[one.value for one in found],
            name=say(f"page_performance.line.{key}", language),
            mode="markers",
            marker={"color": palette.critical, "size": 8, "symbol": symbol},
            hovertemplate="%{y:.3f}",
        )
    style.shade(fig, incidents, palette)
    return fig


def arrivals(known: Arrivals, span: Window, palette: Palette, language: str) -> go.Figure:
    """
    Draw the predictions of each window by whether their label has arrived.

    Parameters
    ----------
    known : Arrivals
    span : Window
    palette : Palette
    language : {"en", "zh"}
    """
    fig = style.figure(palette, _BARS_HEIGHT, legend=True)
    style.time_axis(fig, span, language)
    for key, counts, colour in (
        ("arrived", known.labelled, palette.current),
        ("pending", known.pending, palette.reference),
    ):
        fig.add_bar(
            x=list(known.at),
            y=list(counts),
            name=say(f"page_performance.labels.{key}", language),
            marker={"color": colour, "line": {"width": 0}},
            hovertemplate="%{y:,}",
        )
    fig.update_layout(barmode="stack", bargap=0.15)
    fig.update_yaxes(tickformat="~s", nticks=5)
    return fig


def _add(
    fig: go.Figure,
    line: Line,
    palette: Palette,
    unit: str,
    look: dict[str, object],
    *,
    show: bool = True,
) -> None:
    fig.add_scatter(
        x=list(line.at),
        y=list(line.values),
        name=label(line.name if show else f"{line.name} p50"),
        mode="lines",
        connectgaps=False,
        showlegend=show,
        line={"color": colour_of(line.side, palette), **look},
        hovertemplate="%{y:,.4~g}" + unit,
    )
