"""Replicas over each other: one at fault stands out, the others are a grey bundle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import plotly.graph_objects as go

from app.charts import style
from app.charts.names import label
from app.palette import Palette
from app.queries.levels import Course
from domain.window import Window

HEIGHT: Final = 240
# a reader tells no more lines apart; the table beneath has every replica
DRAWN: Final = 8
_MILLISECOND: Final = 1000


def replicas(
    courses: Sequence[tuple[str, Course]],
    span: Window,
    palette: Palette,
    language: str,
    *,
    blamed: str | None,
    failures: bool = False,
) -> go.Figure | None:
    """
    Draw each replica's p99, or the share of its calls that failed.

    Parameters
    ----------
    courses : sequence of (str, Course)
        The slowest or most failing first; the first eight are drawn.
    span : Window
    palette : Palette
    language : {"en", "zh"}
    blamed : str or None
        The one that the runs named: drawn in the colour of a fault.
    failures : bool, default=False
        Draw failed shares instead of latencies.

    Returns
    -------
    Figure or None
        None where nothing of it was logged.
    """
    drawn = [
        (name, course, course.failed_share if failures else course.p99_ms)
        for name, course in courses[:DRAWN]
    ]
    drawn = [one for one in drawn if any(value is not None for value in one[2])]
    if not drawn:
        return None
    fig = style.figure(palette, HEIGHT, legend=True)
    style.time_axis(fig, span, language)
    # the one at fault last: on top of the bundle
    for name, course, values in sorted(drawn, key=lambda one: one[0] == blamed):
        at_fault = name == blamed
        fig.add_scatter(
            x0=course.start,
            dx=course.step_s * _MILLISECOND,
            y=list(values),
            name=label(name),
            mode="lines",
            connectgaps=False,
            line={
                "color": palette.critical if at_fault else palette.reference,
                "width": 2.2 if at_fault else 1,
            },
            hovertemplate="%{y:.2%}" if failures else "%{y:,.4~g} ms",
        )
    peak = [v for _, _, values in drawn for v in values if v]
    far = bool(peak) and max(peak) / min(peak) > 30 and not failures
    fig.update_yaxes(
        type="log" if far else "linear",
        tickformat=".0%" if failures else None,
        ticksuffix="" if failures else " ms",
        rangemode="tozero",
        nticks=5,
    )
    if far:
        fig.update_yaxes(dtick=1)
    return fig
