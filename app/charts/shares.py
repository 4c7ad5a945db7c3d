"""Who answered when: each version's share of the answers, stacked to the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import plotly.graph_objects as go

from app.charts import style
from app.charts.metrics import colour_of
from app.charts.names import label
from app.palette import Palette
from app.queries.lines import Side
from app.queries.versions import Shares, VersionShare, named
from domain.catalogue import say
from domain.window import Window
from reports import numbers

HEIGHT: Final = 230


def shares(
    known: Shares,
    span: Window,
    sides: Mapping[str, Side],
    palette: Palette,
    language: str,
    *,
    marks: Sequence[tuple[datetime, str]] = (),
) -> go.Figure:
    """
    Draw each version's share of the answers; what ran in shadow stands on the hover.

    Parameters
    ----------
    known : Shares
    span : Window
    sides : mapping of str to Side
        The colour of each version.
    palette : Palette
    language : {"en", "zh"}
    marks : sequence of (datetime, str)
        Where versions came.
    """
    fig = style.figure(palette, HEIGHT, legend=True)
    style.time_axis(fig, span, language)
    for own in known.versions:
        colour = colour_of(sides.get(own.version, Side.FOURTH), palette)
        fig.add_scatter(
            x=list(known.at),
            y=list(own.shares),
            customdata=_on_hover(own, language),
            name=label(named(own.version, language)),
            mode="lines",
            stackgroup="all",
            line={"color": colour, "width": 1, "shape": "hv"},
            fillcolor=_faint(colour),
            hovertemplate="%{y:.1%} (%{customdata[0]:,})%{customdata[1]}",
        )
    for at, name in marks:
        style.mark(fig, at, name, palette)
    fig.update_yaxes(range=[0, 1], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1])
    return fig


def _on_hover(own: VersionShare, language: str) -> list[tuple[int, str]]:
    return [
        (n, say("page_versions.shares.hover", language, n=numbers.count(shadow)) if shadow else "")
        for n, shadow in zip(own.counts, own.shadow, strict=True)
    ]


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.38)"
