"""Latency over time: the band from p50 to p95, p99 above it, and the objective's limit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

import plotly.graph_objects as go

from app.charts import style
from app.palette import Palette
from app.queries.levels import Course
from domain.catalogue import say
from domain.window import Window
from reports import numbers

HEIGHT: Final = 270
# room on the right for "p99"
_NAMES_PX: Final = 40
_MILLISECOND: Final = 1000
# names of lines closer than this would cover each other
_APART_PX: Final = 15


def percentiles(
    course: Course,
    span: Window,
    palette: Palette,
    language: str,
    *,
    limit_ms: float | None = None,
    incidents: Sequence[tuple[Window, str]] = (),
    logarithmic: bool = False,
) -> go.Figure | None:
    """
    Draw the percentiles of a deployment's latency.

    Parameters
    ----------
    course : Course
        At most 400 buckets.
    span : Window
    palette : Palette
    language : {"en", "zh"}
    limit_ms : float or None
        Of the latency objective.
    incidents : sequence of (Window, str)
        Shaded, with their names.
    logarithmic : bool, default=False

    Returns
    -------
    Figure or None
        None where no latency was logged.
    """
    if all(value is None for value in course.p99_ms):
        return None
    fig = style.figure(palette, HEIGHT, right=_NAMES_PX)
    style.time_axis(fig, span, language)
    faint = {"color": palette.reference, "width": 1}
    _add_band(fig, course, palette)
    _add(fig, course, course.p50_ms, "p50", line=faint)
    _add(fig, course, course.p95_ms, "p95", line=faint)
    _add(fig, course, course.p99_ms, "p99", line={"color": palette.current, "width": 2.2})
    style.shade(fig, incidents, palette)
    low, high = _reach(course, limit_ms, logarithmic=logarithmic)
    if incidents:
        # their names stand on top: room for them above the lines
        high *= 2.2 if logarithmic else 1.15
    if limit_ms is not None:
        _draw_limit(fig, limit_ms, palette, language, logarithmic=logarithmic)
    _name_ends(fig, course, (low, high), palette, logarithmic=logarithmic)
    ticks = _decades(low, high) if logarithmic else None
    fig.update_yaxes(
        type="log" if logarithmic else "linear",
        range=[math.log10(low), math.log10(high)] if logarithmic else [0, high],
        ticksuffix="" if logarithmic else " ms",
        tickvals=ticks,
        ticktext=[_written(tick) for tick in ticks] if ticks else None,
    )
    return fig


def _add(
    fig: go.Figure, course: Course, values: Sequence[float | None], name: str, **look: object
) -> None:
    fig.add_scatter(
        # a start and a step instead of 400 times: half the bytes
        x0=course.start,
        dx=course.step_s * _MILLISECOND,
        y=list(values),
        name=name,
        mode="lines",
        connectgaps=False,
        hovertemplate="%{y:,.4~g} ms",
        **look,
    )


def _add_band(fig: go.Figure, course: Course, palette: Palette) -> None:
    """
    Fill between p50 and p95, each unbroken stretch by itself.

    Plotly's fill from line to line runs on across gaps, and so would claim latencies for hours
    without a call.
    """
    at: list[datetime | None] = []
    edge: list[float | None] = []
    pairs = enumerate(zip(course.p50_ms, course.p95_ms, strict=True))
    for known, group in groupby(pairs, key=lambda one: None not in one[1]):
        if not known:
            continue
        stretch = list(group)
        times = [course.start + timedelta(seconds=course.step_s * i) for i, _ in stretch]
        at += [*times, *reversed(times), None]
        edge += [low for _, (low, _) in stretch]
        edge += [*(high for _, (_, high) in reversed(stretch)), None]
    fig.add_scatter(
        x=at,
        y=edge,
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=palette.current_fill,
        hoverinfo="skip",
        name="p50–p95",
    )


def _reach(course: Course, limit_ms: float | None, *, logarithmic: bool) -> tuple[float, float]:
    """Return the ends of the axis: the limit is always on it."""
    seen = [v for v in (*course.p50_ms, *course.p99_ms) if v is not None]
    high = max(*seen, limit_ms or 0.0) * (1.5 if logarithmic else 1.12)
    low = max(min((v for v in seen if v > 0), default=0.1) / 1.5, 1e-3)
    return low, max(high, low * 10) if logarithmic else max(high, 1e-3)


def _draw_limit(
    fig: go.Figure, limit_ms: float, palette: Palette, language: str, *, logarithmic: bool
) -> None:
    # shapes take values, annotations take exponents on a logarithmic axis
    name = say("report.chart.objective", language, limit=numbers.milliseconds(limit_ms))
    fig.add_hline(y=limit_ms, line={"color": palette.critical, "width": 1.2, "dash": "dash"})
    fig.add_annotation(
        text=name,
        xref="paper",
        x=0,
        y=math.log10(limit_ms) if logarithmic else limit_ms,
        xanchor="left",
        yanchor="bottom",
        showarrow=False,
        font={"color": palette.critical, "size": style.FONT_SIZE},
    )


def _name_ends(
    fig: go.Figure,
    course: Course,
    reach: tuple[float, float],
    palette: Palette,
    *,
    logarithmic: bool,
) -> None:
    """Name the lines beside the plot, from the lowest up, each clear of the one below it."""

    def place(value: float) -> float:
        return math.log10(value) if logarithmic else value

    bottom = place(reach[0]) if logarithmic else 0.0
    pixel = max(place(reach[1]) - bottom, 1e-9) / (HEIGHT - 50)
    taken = -math.inf
    colours = {"p50": palette.muted, "p95": palette.muted, "p99": palette.current}
    ends = [("p50", course.p50_ms), ("p95", course.p95_ms), ("p99", course.p99_ms)]
    for name, values in ends:
        last = next((v for v in reversed(values) if v), None)
        if last is None:
            continue
        at = (place(last) - bottom) / pixel
        shown = max(at, taken + _APART_PX)
        taken = shown
        fig.add_annotation(
            text=name,
            xref="paper",
            x=1,
            y=place(last),
            xanchor="left",
            yanchor="middle",
            xshift=6,
            yshift=round(shown - at),
            showarrow=False,
            font={"color": colours[name], "size": style.FONT_SIZE},
        )


def _decades(low: float, high: float) -> list[float]:
    """Return ticks of a logarithmic axis: 1, 10, 100, and in a short one 2 and 5 between."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    steps = (1,) if last - first > 3 else (1, 3)
    ticks = [step * 10.0**power for power in range(first, last + 1) for step in steps]
    return [tick for tick in ticks if low <= tick <= high]


def _written(tick: float) -> str:
    return f"{tick / _MILLISECOND:g} s" if tick >= _MILLISECOND else f"{tick:g} ms"
