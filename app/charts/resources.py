"""What replicas used over time, one small chart above the other on one time axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import plotly.graph_objects as go

from app.charts import style
from app.palette import Palette
from app.queries import resources
from app.queries.resources import Panel, ResourceCourse
from domain.catalogue import say
from domain.resource import ResourceUnit
from domain.window import Window

_ROW_PX: Final = 96
# between two rows: the name of the lower one
_GAP_PX: Final = 34
_AXIS_PX: Final = 40
# room on the right for "max", the same as for the percentiles above
_NAMES_PX: Final = 40
# names of lines closer than this would cover each other
_APART_PX: Final = 15
_MILLISECOND: Final = 1000
# a share axis shows the whole where anything comes near it
_NEAR_THE_WHOLE: Final = 0.5
_FORMATS: Final = {
    ResourceUnit.CORES: ("~g", "", "%{y:,.3~g}"),
    ResourceUnit.SHARE: (".0%", "", "%{y:.1%}"),
    ResourceUnit.BYTES: ("~s", "B", "%{y:.3~s}B"),
    ResourceUnit.COUNT: (",d", "", "%{y:,.3~g}"),
}


def resource_use(
    course: ResourceCourse,
    span: Window,
    palette: Palette,
    language: str,
    incidents: Sequence[tuple[Window, str]] = (),
) -> go.Figure:
    """
    Draw the mean and the highest value over replicas, and how many replicas there were.

    Parameters
    ----------
    course : ResourceCourse
        With a panel or a number of replicas; at most 400 buckets.
    span : Window
    palette : Palette
    language : {"en", "zh"}
    incidents : sequence of (Window, str)
        Shaded through all rows.
    """
    rows = len(course.panels) + bool(course.replicas)
    height = rows * (_ROW_PX + _GAP_PX) + _AXIS_PX
    fig = style.figure(palette, height, right=_NAMES_PX)
    style.time_axis(fig, span, language)
    # one hover for all rows
    fig.update_layout(hoversubplots="axis")
    domains = _domains(rows)
    for number, panel in enumerate(course.panels, start=1):
        _add_row(fig, number, domains[number - 1], _title(panel, language), palette)
        _add_panel(fig, number, course, panel, palette, language)
    if course.replicas:
        title = say("page_resources.replicas", language)
        _add_row(fig, rows, domains[rows - 1], title, palette)
        _add_replicas(fig, rows, course, palette, language)
    _shade(fig, incidents, palette)
    fig.update_xaxes(anchor=f"y{rows if rows > 1 else ''}")
    return fig


def _domains(rows: int) -> list[tuple[float, float]]:
    """Return the share of the height that each row has, the first one on top."""
    each = 1 / rows
    gap = _GAP_PX / (_ROW_PX + _GAP_PX) * each
    return [(1 - (i + 1) * each, 1 - i * each - gap) for i in range(rows)]


def _axis(number: int) -> str:
    return f"y{number if number > 1 else ''}"


def _add_row(
    fig: go.Figure, number: int, domain: tuple[float, float], title: str, palette: Palette
) -> None:
    layout: Any = fig.layout
    first = layout["yaxis"]
    place: dict[str, Any] = {**first.to_plotly_json(), "domain": domain, "anchor": "x"}
    fig.update_layout({f"yaxis{number if number > 1 else ''}": place})
    fig.add_annotation(
        text=title,
        xref="paper",
        x=0,
        yref="paper",
        y=domain[1],
        xanchor="left",
        yanchor="bottom",
        showarrow=False,
        font={"color": palette.muted, "size": style.FONT_SIZE},
    )


def _title(panel: Panel, language: str) -> str:
    return say(
        f"page_resources.title.{panel.unit}",
        language,
        what=resources.name(panel.metric, language),
    )


def _add_panel(
    fig: go.Figure,
    number: int,
    course: ResourceCourse,
    panel: Panel,
    palette: Palette,
    language: str,
) -> None:
    ticks, suffix, hover = _FORMATS[panel.unit]
    top = max(value for value in panel.highest if value is not None)
    if panel.unit is ResourceUnit.SHARE and top > _NEAR_THE_WHOLE:
        top = max(top, 1.0)
    top = max(top, 1e-9) * 1.12
    what = resources.name(panel.metric, language)
    lines = [("mean", panel.mean, {"color": palette.current, "width": 1.8})]
    if panel.highest != panel.mean:
        lines.insert(0, ("highest", panel.highest, {"color": palette.reference, "width": 1}))
    for name, values, line in lines:
        word = say(f"page_resources.{name}", language)
        told = {"name": f"{what}, {word}", "hovertemplate": hover}
        _add_line(fig, number, course, values, {"line": line, **told})
    named = [(values, line, say(f"page_resources.{key}", language)) for key, values, line in lines]
    _name_ends(fig, number, named, top)
    _set_axis(fig, number, top, {"tickformat": ticks, "ticksuffix": suffix})


def _name_ends(
    fig: go.Figure,
    number: int,
    lines: Sequence[tuple[Sequence[float | None], dict[str, Any], str]],
    top: float,
) -> None:
    """Name the lines beside the plot, the upper one clear of the lower one."""
    taken = -_APART_PX
    for values, line, word in reversed(lines):
        last = next((value for value in reversed(values) if value is not None), 0.0)
        at = last / top * _ROW_PX
        shown = max(at, taken + _APART_PX)
        taken = shown
        fig.add_annotation(
            text=word,
            xref="paper",
            x=1,
            yref=_axis(number),
            y=last,
            xanchor="left",
            yanchor="middle",
            xshift=6,
            yshift=round(shown - at),
            showarrow=False,
            font={"color": line["color"], "size": style.FONT_SIZE},
        )


def _add_replicas(
    fig: go.Figure, number: int, course: ResourceCourse, palette: Palette, language: str
) -> None:
    ticks, _, hover = _FORMATS[ResourceUnit.COUNT]
    line = {"color": palette.current, "width": 1.8, "shape": "hv"}
    name = say("page_resources.replicas", language)
    _add_line(
        fig, number, course, course.replicas, {"line": line, "name": name, "hovertemplate": hover}
    )
    top = max(value for value in course.replicas if value is not None)
    _set_axis(fig, number, top * 1.2, {"tickformat": ticks})


def _set_axis(fig: go.Figure, number: int, top: float, look: dict[str, Any]) -> None:
    name = f"yaxis{number if number > 1 else ''}"
    fig.update_layout({name: {"range": [0, top], "nticks": 4, **look}})


def _add_line(
    fig: go.Figure,
    number: int,
    course: ResourceCourse,
    values: Sequence[float | None],
    look: dict[str, Any],
) -> None:
    fig.add_scatter(
        x0=course.start,
        dx=course.step_s * _MILLISECOND,
        y=list(values),
        yaxis=_axis(number),
        mode="lines",
        connectgaps=False,
        **look,
    )


def _shade(fig: go.Figure, spans: Sequence[tuple[Window, str]], palette: Palette) -> None:
    """Shade incidents through all rows; their names stand in the chart above."""
    for window, _ in spans:
        fig.add_shape(
            type="rect",
            xref="x",
            x0=window.start,
            x1=window.end,
            yref="paper",
            y0=0,
            y1=1,
            fillcolor=palette.critical,
            opacity=0.09,
            line={"width": 0},
            layer="below",
        )
