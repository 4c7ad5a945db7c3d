"""Which column moved when: a row for each column, a cell for each window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import plotly.graph_objects as go

from app.charts.names import label
from app.charts.style import FONT_SIZE, figure
from app.palette import Palette
from domain.catalogue import say
from domain.window import Window
from monitors.report_view import Reading
from reports import numbers
from reports.heatmap import LEVELS, level

ROWS: Final = 30
_ROW_PX: Final = 20
_HEAD_PX: Final = 38  # two lines of legend
_FOOT_PX: Final = 30
_NAME_CELLS: Final = 20
_TICKS: Final = 4
_WIDE: Final = 60  # with more windows than this there is little room between cells
_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatRow:
    """
    One column's row.

    Parameters
    ----------
    name : str
    history : tuple of (Reading or None)
        One for each window.
    blind : bool
        In the last window no shift that matters would be seen: its row says so.
    selected : bool
        Its name is set in bold.
    """

    name: str
    history: tuple[Reading | None, ...]
    blind: bool
    selected: bool


def heatmap(
    windows: Sequence[Window], rows: Sequence[HeatRow], palette: Palette, language: str
) -> go.Figure:
    """
    Draw the columns' readings in steps of their own alarm lines.

    Parameters
    ----------
    windows : sequence of Window
        Oldest first, at least one. Where nobody looked between two of them there is an empty cell.
    rows : sequence of HeatRow
        From top to bottom.
    palette : Palette
    language : {"en", "zh"}
    """
    fig = figure(palette, _HEAD_PX + _FOOT_PX + _ROW_PX * len(rows))
    slots = _slots(windows)
    gap = 1 if len(slots) <= _WIDE else 0.5
    z, said = _cells(slots, rows, language)
    fig.add_trace(
        go.Heatmap(
            z=z,
            x=[span for span, _ in _named(slots, language)],
            y=[label(row.name) for row in rows],
            customdata=said,
            zmin=-0.5,
            zmax=len(LEVELS) - 0.5,
            colorscale=_stepped(palette.heat),
            showscale=False,
            showlegend=False,
            hoverongaps=False,
            xgap=gap,
            ygap=2,
            hovertemplate="<b>%{y}</b><br>%{x}<br>%{customdata}<extra></extra>",
        )
    )
    unjudged = list(_unjudged(slots, rows, palette, language))
    fig.add_traces(unjudged)
    _legend(fig, palette, language, hatched=bool(unjudged))
    _axes(fig, slots, rows, language)
    return fig


_Slot = tuple[Window, int | None]


def _slots(windows: Sequence[Window]) -> list[_Slot]:
    """Return the cells of a row: each window with its place, and None for a span in between."""
    slots: list[_Slot] = []
    for i, window in enumerate(windows):
        if i and window.start > windows[i - 1].end:
            slots.append((Window(windows[i - 1].end, window.start), None))
        slots.append((window, i))
    return slots


def _named(slots: Sequence[_Slot], language: str) -> Iterator[tuple[str, _Slot]]:
    for slot in slots:
        yield numbers.span(slot[0], language), slot


def _reading(row: HeatRow, place: int | None) -> Reading | None:
    return None if place is None else row.history[place]


def _cells(
    slots: Sequence[_Slot], rows: Sequence[HeatRow], language: str
) -> tuple[list[list[int | None]], list[list[str]]]:
    z: list[list[int | None]] = []
    said: list[list[str]] = []
    for row in rows:
        levels: list[int | None] = []
        texts: list[str] = []
        for _, place in slots:
            reading = _reading(row, place)
            step = "none" if reading is None else level(reading)
            levels.append(None if step == "none" else LEVELS.index(step))
            texts.append("" if reading is None or step == "none" else _said(reading, language))
        z.append(levels)
        said.append(texts)
    return z, said


def _said(reading: Reading, language: str) -> str:
    """Say how far a reading is; short, for it is sent with every cell."""
    far = reading.multiple
    if reading.drifted and (far is None or far < 1):
        said = say("page_drift.chart.hard", language)
    elif reading.drifted:
        said = say("page_drift.chart.times", language, times=numbers.multiple(far))
    else:
        said = numbers.multiple(far)
    if reading.psi is None:
        return said
    psi = say("page_drift.chart.psi", language, psi=numbers.statistic(reading.psi))
    return f"{said} · {psi}"


def _unjudged(
    slots: Sequence[_Slot], rows: Sequence[HeatRow], palette: Palette, language: str
) -> Iterator[go.Scatter]:
    """Hatch what was not judged; each stroke says why."""
    strokes: dict[str, tuple[list[str], list[str]]] = {"unjudged": ([], []), "no_line": ([], [])}
    for row in rows:
        for name, (_, place) in _named(slots, language):
            reading = _reading(row, place)
            if reading is None or level(reading) == "none":
                x, y = strokes["unjudged" if reading is None else "no_line"]
                x.append(name)
                y.append(label(row.name))
    for key, (x, y) in strokes.items():
        if x:
            why = say(f"page_drift.chart.{key}", language)
            yield go.Scatter(
                x=x,
                y=y,
                mode="markers",
                name=key,
                showlegend=False,
                marker=_hatch(palette),
                hovertemplate=f"<b>%{{y}}</b><br>%{{x}}<br>{why}<extra></extra>",
            )


def _hatch(palette: Palette) -> dict[str, Any]:
    return {
        "symbol": "line-ne-open",
        "size": 6,
        "color": palette.reference,
        "line": {"color": palette.reference, "width": 1},
    }


def _legend(fig: go.Figure, palette: Palette, language: str, *, hatched: bool) -> None:
    """Write what the colours mean above the plot, in two lines that also a phone has room for."""
    colours: dict[str, str] = dict(zip(LEVELS, palette.heat, strict=True))
    lines = [["quiet", "near"], ["drift", "drift2", "drift3"]]
    if hatched:
        lines[0].append("none")
    said = [
        "&nbsp;&nbsp; ".join(
            f'<span style="color:{colours.get(name, palette.reference)}">'
            f"{'■' if name in colours else '/'}</span> {say(f'report.legend.{name}', language)}"
            for name in line
        )
        for line in lines
    ]
    fig.add_annotation(
        text="<br>".join(said),
        xref="paper",
        x=1,
        xanchor="right",
        yref="paper",
        y=1,
        yanchor="bottom",
        yshift=2,
        align="right",
        showarrow=False,
        font={"color": palette.muted, "size": FONT_SIZE},
    )


def _axes(fig: go.Figure, slots: Sequence[_Slot], rows: Sequence[HeatRow], language: str) -> None:
    names = [name for name, _ in _named(slots, language)]
    steps = max(min(_TICKS, len(slots)) - 1, 1)
    places = sorted({round(i * (len(slots) - 1) / steps) for i in range(steps + 1)})
    days = slots[-1][0].duration.total_seconds() >= _DAY_S
    key = "report.time.short" if days else "report.time.hour"
    fig.update_xaxes(
        type="category",
        categoryorder="array",
        categoryarray=names,
        tickvals=[names[at] for at in places],
        ticktext=[say(key, language, at=slots[at][0].start) for at in places],
        tickangle=0,
        range=[-0.5, len(slots) - 0.5],
        ticks="outside",
        ticklen=4,
    )
    fig.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=[label(row.name) for row in rows],
        tickvals=[label(row.name) for row in rows],
        ticktext=[_row_name(row, language) for row in rows],
        range=[len(rows) - 0.5, -0.5],
        showgrid=False,
    )
    fig.update_layout(hovermode="closest", margin={"t": _HEAD_PX})


def _row_name(row: HeatRow, language: str) -> str:
    name = label(row.name, _NAME_CELLS)
    if row.blind:
        name = say("page_drift.chart.blind_row", language, name=name)
    return f"<b>{name}</b>" if row.selected else name


def _stepped(colours: Sequence[str]) -> list[tuple[float, str]]:
    """Return a scale without transitions: a cell is of one step or of the next."""
    n = len(colours)
    return [(edge, c) for i, c in enumerate(colours) for edge in (i / n, (i + 1) / n)]
