"""How far one column was from its alarm line, window by window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import plotly.graph_objects as go

from app.charts.style import figure, line_at, shade, time_axis
from app.palette import Palette
from domain.catalogue import say
from domain.window import Window
from monitors.report_view import Reading
from reports import numbers

_HEIGHT: Final = 210
CAP: Final = 6.0  # multiples; what lies above is drawn there, and its hover says how far it was
_HEADROOM: Final = 1.15


def history(
    windows: Sequence[Window],
    readings: Sequence[Reading | None],
    incidents: Sequence[Window],
    palette: Palette,
    language: str,
) -> go.Figure | None:
    """
    Draw a column's readings as multiples of its alarm line.

    Parameters
    ----------
    windows : sequence of Window
        Oldest first.
    readings : sequence of (Reading or None)
        One for each window; the line has a gap where it was not judged.
    incidents : sequence of Window
        Shaded.
    palette : Palette
    language : {"en", "zh"}

    Returns
    -------
    Figure or None
        None where no window was judged.
    """
    judged = [(w, r) for w, r in zip(windows, readings, strict=True) if r is not None]
    measured = [r.multiple for _, r in judged if r.multiple is not None]
    if not measured and not any(r.drifted for _, r in judged):
        return None
    top = max(min(max(measured, default=1.0), CAP), 1.0) * _HEADROOM
    fig = figure(palette, _HEIGHT)
    span = Window(windows[0].start, windows[-1].end)
    time_axis(fig, span, language)
    # inside the picture, so that no mark is cut in half
    ceiling = round(top * 0.96, 3)
    fig.add_trace(_line(windows, readings, ceiling, palette, language))
    loud = [(w, r) for w, r in judged if r.drifted]
    if loud:
        fig.add_trace(_alarms(loud, ceiling, palette, language))
    shade(fig, [(window, "") for window in _inside(incidents, span)], palette)
    line_at(fig, 1.0, say("page_drift.chart.line", language), palette.critical)
    fig.update_layout(hovermode="closest")
    fig.update_yaxes(range=[0, top], ticksuffix="×", nticks=5)
    return fig


def _line(
    windows: Sequence[Window],
    readings: Sequence[Reading | None],
    ceiling: float,
    palette: Palette,
    language: str,
) -> go.Scatter:
    x: list[str | None] = []
    y: list[float | None] = []
    said: list[str] = []
    before: Window | None = None
    for window, reading in zip(windows, readings, strict=True):
        if before is not None and window.start > before.end:
            # nobody looked in between: no line leads across
            x.append(None)
            y.append(None)
            said.append("")
        far = None if reading is None or _is_hard(reading) else reading.multiple
        x.append(_middle(window))
        y.append(None if far is None else round(min(far, ceiling), 3))
        said.append(_said(window, far, language))
        before = window
    return go.Scatter(
        name="",
        x=x,
        y=y,
        mode="lines+markers",
        line={"color": palette.current, "width": 2},
        marker={"color": palette.current, "size": 4},
        customdata=said,
        hovertemplate="%{customdata}<extra></extra>",
        connectgaps=False,
    )


def _alarms(
    loud: Sequence[tuple[Window, Reading]], ceiling: float, palette: Palette, language: str
) -> go.Scatter:
    """Mark the windows that alarmed; a column that was gone has a cross at the top."""
    hard = [_is_hard(reading) for _, reading in loud]
    return go.Scatter(
        name="",
        x=[_middle(window) for window, _ in loud],
        y=[
            ceiling if gone else round(min(reading.multiple or 0.0, ceiling), 3)
            for gone, (_, reading) in zip(hard, loud, strict=True)
        ],
        mode="markers",
        marker={
            "color": palette.critical,
            "size": [10 if gone else 7 for gone in hard],
            "symbol": ["x" if gone else "circle" for gone in hard],
        },
        customdata=[
            _said(window, None if gone else reading.multiple, language, alarmed=True)
            for gone, (window, reading) in zip(hard, loud, strict=True)
        ],
        hovertemplate="%{customdata}<extra></extra>",
        cliponaxis=False,
    )


def _is_hard(reading: Reading) -> bool:
    """Return whether a hard rule alarmed (gone, another type), whatever the measure read."""
    return reading.drifted and (reading.multiple is None or reading.multiple < 1)


def _said(window: Window, far: float | None, language: str, *, alarmed: bool = False) -> str:
    key = "times" if far is not None else "hard" if alarmed else "unjudged"
    said = say(f"page_drift.chart.{key}", language, times=numbers.multiple(far))
    if alarmed:
        said = say("page_drift.chart.alarmed", language, far=said)
    return f"<b>{numbers.span(window, language)}</b><br>{said}"


def _middle(window: Window) -> str:
    # text, not a datetime: plotly would write the offset with every point
    return (window.start + window.duration / 2).strftime("%Y-%m-%d %H:%M")


def _inside(incidents: Sequence[Window], span: Window) -> list[Window]:
    return [
        Window(max(window.start, span.start), min(window.end, span.end))
        for window in incidents
        if window.start < span.end and window.end > span.start
    ]
