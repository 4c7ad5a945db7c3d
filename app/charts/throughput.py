"""Calls over time, and which share of them failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import plotly.graph_objects as go

from app.charts import style
from app.palette import Palette
from app.queries.levels import Course
from domain.window import Window

HEIGHT: Final = 200
_MILLISECOND: Final = 1000
# a share axis ends here at least, so that one failure in a thousand is no mountain
_LEAST_TOP: Final = 0.01


def calls(
    course: Course,
    span: Window,
    palette: Palette,
    language: str,
    incidents: Sequence[tuple[Window, str]] = (),
) -> go.Figure:
    """
    Draw the calls of each bucket.

    Parameters
    ----------
    course : Course
    span : Window
    palette : Palette
    language : {"en", "zh"}
    incidents : sequence of (Window, str)
        Shaded.
    """
    fig = _steps(course, course.calls, span, palette, language)
    fig.update_traces(
        line={"color": palette.reference, "width": 1.2},
        fill="tozeroy",
        fillcolor=palette.reference_fill,
        hovertemplate="%{y:,.6~g}<extra></extra>",
    )
    style.shade(fig, [(window, "") for window, _ in incidents], palette)
    fig.update_yaxes(range=[0, max(*course.calls, 1.0) * 1.1], tickformat="~s", nticks=5)
    return fig


def failures(
    course: Course,
    span: Window,
    palette: Palette,
    language: str,
    incidents: Sequence[tuple[Window, str]] = (),
) -> go.Figure:
    """
    Draw the share of failed calls of each bucket.

    Parameters
    ----------
    course : Course
    span : Window
    palette : Palette
    language : {"en", "zh"}
    incidents : sequence of (Window, str)
        Shaded, with their names.
    """
    fig = _steps(course, course.failed_share, span, palette, language)
    fig.update_traces(
        line={"color": palette.critical, "width": 1.6}, hovertemplate="%{y:.2%}<extra></extra>"
    )
    style.shade(fig, incidents, palette)
    top = max((v for v in course.failed_share if v is not None), default=0.0)
    top = max(top * 1.15, _LEAST_TOP)
    fig.update_yaxes(
        # never above the whole; a hair below zero so that a line of zeros can be seen
        range=[-0.02 * top, min(top, 1.05)],
        tickformat=".0%" if top >= 0.05 else ".1%",
        nticks=5,
        rangemode="nonnegative",
    )
    return fig


def _steps(
    course: Course,
    values: Sequence[float | None],
    span: Window,
    palette: Palette,
    language: str,
) -> go.Figure:
    """Draw one value for each bucket: a step as long as the bucket, a gap where there is none."""
    fig = style.figure(palette, HEIGHT)
    style.time_axis(fig, span, language)
    fig.add_scatter(
        x0=course.start,
        dx=course.step_s * _MILLISECOND,
        y=list(values),
        mode="lines",
        connectgaps=False,
        line={"shape": "hv"},
        name="",
    )
    return fig
