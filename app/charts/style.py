"""The house style of charts: no decoration, units on hover, names beside the lines they name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import plotly.graph_objects as go

from app.charts.names import label
from app.palette import Palette
from domain.window import Window

# what st.plotly_chart takes as its `config`
CONFIG: Final[dict[str, Any]] = {
    "displayModeBar": False,
    "scrollZoom": False,
    "doubleClick": False,
    "showTips": False,
}
FONT_SIZE: Final = 12
# the one that the pages are written in: it comes with Streamlit
_FONT: Final = '"Source Sans", sans-serif'
# for each language what plotly writes beneath a time axis, by the distance of its ticks in ms
_DAY_MS: Final = 86_400_000
_TICKS: Final = {
    "en": ("%H:%M\n%-d %b", "%-d %b\n%Y", "%b\n%Y"),
    "zh": ("%H:%M\n%-m月%-d日", "%-m月%-d日\n%Y年", "%-m月\n%Y年"),
}
_HOVER: Final = {"en": "%-d %b %Y %H:%M UTC", "zh": "%Y年%-m月%-d日 %H:%M UTC"}


def figure(
    palette: Palette, height: int = 250, *, legend: bool = False, right: int = 8
) -> go.Figure:
    """
    Return an empty figure in the house style.

    Parameters
    ----------
    palette : Palette
    height : int, default=250
        In pixels.
    legend : bool, default=False
        Show one, above the plot; names beside the lines are better where they fit.
    right : int, default=8
        Pixels kept free on the right, for the names of `name_line_end`.
    """
    axis: dict[str, Any] = {
        "fixedrange": True,
        "zeroline": False,
        "automargin": True,
        "tickfont": {"color": palette.muted, "size": FONT_SIZE},
        "title": {"font": {"color": palette.muted, "size": FONT_SIZE}},
    }
    return go.Figure(
        layout={
            "height": height,
            "margin": {"l": 8, "r": right, "t": 28 if legend else 8, "b": 8},
            "paper_bgcolor": "rgba(0, 0, 0, 0)",
            "plot_bgcolor": "rgba(0, 0, 0, 0)",
            "font": {"family": _FONT, "color": palette.text, "size": FONT_SIZE},
            "dragmode": False,
            "showlegend": legend,
            "legend": {
                "orientation": "h",
                "x": 0,
                "xanchor": "left",
                "y": 1.02,
                "yanchor": "bottom",
                "font": {"color": palette.muted, "size": FONT_SIZE},
            },
            "hoverlabel": {
                "bgcolor": palette.surface,
                "bordercolor": palette.border,
                "font": {"color": palette.text, "size": FONT_SIZE},
            },
            "xaxis": {**axis, "showgrid": False, "linecolor": palette.border},
            "yaxis": {**axis, "gridcolor": palette.grid, "gridwidth": 1},
        }
    )


def time_axis(fig: go.Figure, span: Window, language: str) -> None:
    """
    Make the x axis a time axis over a span, in UTC, one hover for all lines.

    Parameters
    ----------
    fig : Figure
    span : Window
    language : {"en", "zh"}
    """
    hours, days, months = _TICKS[language]
    fig.update_layout(hovermode="x unified")
    fig.update_xaxes(
        type="date",
        range=[span.start, span.end],
        hoverformat=_HOVER[language],
        nticks=8,
        tickformatstops=[
            {"dtickrange": [None, _DAY_MS - 1], "value": hours},
            {"dtickrange": [_DAY_MS, 27 * _DAY_MS], "value": days},
            {"dtickrange": ["M1", None], "value": months},
        ],
    )


def name_line_end(
    fig: go.Figure,
    text: str,
    *,
    x: datetime | float | str,
    y: float,
    color: str,
    shift_px: int = 0,
) -> None:
    """
    Write a line's name beside its last point, so that no legend is needed.

    Parameters
    ----------
    fig : Figure
    text : str
    x, y
        The last point.
    color : str
        Of the line.
    shift_px : int, default=0
        Upwards, where two names would meet.
    """
    fig.add_annotation(
        text=text,
        x=x,
        y=y,
        xanchor="left",
        yanchor="middle",
        xshift=6,
        yshift=shift_px,
        showarrow=False,
        font={"color": color, "size": FONT_SIZE},
    )


def line_at(fig: go.Figure, y: float, text: str, color: str) -> None:
    """Draw a dashed threshold and name it once, on the left, away from the names of lines."""
    fig.add_hline(y=y, line={"color": color, "width": 1.2, "dash": "dash"})
    fig.add_annotation(
        text=text,
        xref="paper",
        x=0,
        y=y,
        xanchor="left",
        yanchor="bottom",
        showarrow=False,
        font={"color": color, "size": FONT_SIZE},
    )


def shade(fig: go.Figure, spans: Sequence[tuple[Window, str]], palette: Palette) -> None:
    """
    Shade incidents behind the lines, each with its name at its top.

    Parameters
    ----------
    fig : Figure
    spans : sequence of (Window, str)
        An empty name shades only.
    palette : Palette
    """
    first: Any = next(iter(fig.select_xaxes()))
    axis: Any = first.range
    for window, name in spans:
        fig.add_vrect(
            x0=window.start,
            x1=window.end,
            fillcolor=palette.critical,
            opacity=0.09,
            line_width=0,
            layer="below",
        )
        if name:
            fig.add_annotation(
                text=label(name),
                x=window.start,
                # near the right end a name would leave the picture
                xanchor="right" if axis and _late(window.start, axis) else "left",
                yref="paper",
                y=1,
                yanchor="top",
                showarrow=False,
                font={"color": palette.critical, "size": FONT_SIZE},
            )


def _late(at: datetime, axis: Sequence[datetime]) -> bool:
    """Return whether a moment lies in the last sixth of a time axis."""
    return at > axis[1] - (axis[1] - axis[0]) / 6


def mark(fig: go.Figure, at: datetime, text: str, palette: Palette) -> None:
    """Draw a thin vertical line at a moment, for example where a version came, with its name."""
    fig.add_shape(
        type="line",
        x0=at,
        x1=at,
        yref="paper",
        y0=0,
        y1=1,
        line={"color": palette.muted, "width": 1, "dash": "dot"},
    )
    fig.add_annotation(
        text=label(text),
        x=at,
        xanchor="left",
        xshift=3,
        yref="paper",
        y=1,
        yanchor="top",
        showarrow=False,
        font={"color": palette.muted, "size": FONT_SIZE},
    )
