"""How an error budget was spent: what is left of it, against an even spend."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import plotly.graph_objects as go

from app.charts import style
from app.palette import Palette
from app.queries.levels import BurnDown
from domain.catalogue import say
from domain.window import Window

HEIGHT: Final = 230
FLOOR: Final = -1.0  # overspent further is said in words; drawn, it would flatten all the rest
_TICKS: Final = (1.0, 0.5, 0.0, -0.5, -1.0)


def burn_down(down: BurnDown, span: Window, palette: Palette, language: str) -> go.Figure:
    """
    Draw what is left of an error budget over its period.

    Parameters
    ----------
    down : BurnDown
    span : Window
        Of the time axis.
    palette : Palette
    language : {"en", "zh"}
    """
    fig = style.figure(palette, HEIGHT, legend=True)
    style.time_axis(fig, span, language)
    at, left = _with_crossings(down)
    _add_areas(fig, at, left, palette, language)
    fig.add_scatter(
        x=[down.times[0], down.times[-1]],
        y=list(down.even),
        name=say("page_service.budget.even", language),
        mode="lines",
        line={"color": palette.reference, "width": 1.2, "dash": "dot"},
        hoverinfo="skip",
    )
    fig.add_hline(y=0, line={"color": palette.reference, "width": 1})
    if down.exhausted_at is not None:
        _mark_exhausted(fig, down, palette, language)
    lowest = max(min(left), FLOOR)
    fig.update_yaxes(
        range=[FLOOR - 0.05 if lowest < 0 else -0.02, max(*left, 1.0) + 0.05],
        tickvals=list(_TICKS),
        ticktext=[f"{tick:.0%}".replace("-", "−") for tick in _TICKS],
    )
    return fig


def _add_areas(
    fig: go.Figure, at: list[object], left: list[float], palette: Palette, language: str
) -> None:
    """Fill what is left and what is overspent, down to the floor."""
    shown = [max(value, FLOOR) for value in left]
    areas = [("left", [max(v, 0.0) for v in shown], palette.current, palette.current_fill)]
    if min(shown) < 0:
        under = [min(v, 0.0) for v in shown]
        areas.append(("overspent", under, palette.critical, _tint(palette)))
    for key, values, colour, fill in areas:
        fig.add_scatter(
            x=at,
            y=values,
            name=say(f"page_service.budget.{key}", language),
            mode="lines",
            fill="tozeroy",
            fillcolor=fill,
            line={"color": colour, "width": 2},
            hoverinfo="skip",
        )
    # one line for the hover, so that both sides of zero answer with the true, unclipped value
    fig.add_scatter(
        x=at,
        y=shown,
        customdata=[f"{value:.0%}" for value in left],
        mode="lines",
        line={"color": "rgba(0, 0, 0, 0)", "width": 0},
        showlegend=False,
        name=say("page_service.budget.left", language),
        hovertemplate="%{customdata}",
    )


def _with_crossings(down: BurnDown) -> tuple[list[object], list[float]]:
    """Add the points where the line meets zero and the floor: the fills change exactly there."""
    at: list[object] = [down.times[0]]
    left = [down.left[0]]
    for (t0, t1), (v0, v1) in zip(pairwise(down.times), pairwise(down.left), strict=True):
        for level in (0.0, FLOOR):
            if v0 > level > v1:
                at.append(t0 + (t1 - t0) * ((v0 - level) / (v0 - v1)))
                left.append(level)
        at.append(t1)
        left.append(v1)
    return at, left


def _mark_exhausted(fig: go.Figure, down: BurnDown, palette: Palette, language: str) -> None:
    when = say("report.time.hour", language, at=down.exhausted_at)
    late = down.exhausted_at is not None and (
        down.exhausted_at - down.times[0] > (down.times[-1] - down.times[0]) / 2
    )
    fig.add_annotation(
        text=say("page_service.budget.exhausted", language, when=when),
        x=down.exhausted_at,
        y=0,
        ax=-64 if late else 64,
        ay=-58,
        showarrow=True,
        arrowhead=0,
        arrowwidth=1,
        arrowcolor=palette.critical,
        font={"color": palette.critical, "size": style.FONT_SIZE},
    )


def _tint(palette: Palette) -> str:
    """Return the critical colour as a fill."""
    red, green, blue = (int(palette.critical[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.18)"
