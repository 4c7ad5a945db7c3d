"""One column's distribution on both sides: a histogram for numbers, a dumbbell for categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import plotly.graph_objects as go

from app.charts.names import label
from app.charts.style import FONT_SIZE, figure
from app.palette import Palette
from domain.catalogue import say
from domain.profile import Profile
from reports import numbers
from reports.distribution import Bars, bars

BARS: Final = 36
CATEGORIES: Final = 8
MOVED: Final = 0.02  # a category that moved by less keeps a quiet line
_HEIGHT: Final = 250
_ROW_PX: Final = 30
_TICKS: Final = 7
_NAME_CELLS: Final = 18
_DIGITS: Final = 5  # of a share, as a fraction of 1


def distribution(
    reference: Profile | None, current: Profile | None, palette: Palette, language: str
) -> go.Figure | None:
    """
    Draw how a column's rows are spread on both sides.

    Parameters
    ----------
    reference, current : Profile or None
    palette : Palette
    language : {"en", "zh"}

    Returns
    -------
    Figure or None
        None where neither side has rows.
    """
    shown = bars(reference, current, CATEGORIES)
    if shown is None:
        return None
    if not shown.ordered:
        return dumbbell(shown, palette, language)
    finer = bars(reference, current, BARS)
    return histogram(finer or shown, palette, language)


def histogram(shown: Bars, palette: Palette, language: str) -> go.Figure:
    """
    Draw grey filled bars for the reference and a blue staircase for the current side.

    What lies beyond the picture is in the first and the last bar, which say so; missing values and
    values never seen before stand apart on the right.

    Parameters
    ----------
    shown : Bars
        Of numbers.
    palette : Palette
    language : {"en", "zh"}
    """
    # room on the right: a label that would be cut off is left out
    fig = figure(palette, _HEIGHT, legend=True, right=28)
    n, slots = len(shown.labels), _slots(shown, language)
    fig.add_trace(_bars(slots, palette, language))
    fig.add_trace(_staircase(slots, n, palette, language))
    ticks = [(i - 0.5 if 0 < i < n - 1 else i, shown.labels[i]) for i in _tick_places(n)]
    ticks += [(slot.place, slot.name) for slot in slots[n:]]
    fig.update_layout(bargap=0, hovermode="x", barmode="overlay")
    fig.update_xaxes(
        tickvals=[at for at, _ in ticks],
        ticktext=[text for _, text in ticks],
        tickangle=0,
        range=[-0.5, slots[-1].place + slots[-1].width / 2],
        showspikes=False,
    )
    top = max(float(shown.reference.max()), float(shown.current.max()), 0.02) * 1.12
    for slot in slots[n:]:
        _write_shares(fig, slot, top, palette)
    fig.update_yaxes(tickformat=".0%", range=[0, top], nticks=5)
    return fig


@dataclass(frozen=True, slots=True)
class _Slot:
    """A bar: where it stands, how wide, and its shares of both sides, in [0, 1]."""

    name: str
    place: float
    width: float
    before: float
    now: float


def _slots(shown: Bars, language: str) -> list[_Slot]:
    n = len(shown.labels)
    pairs = zip(shown.reference, shown.current, strict=True)
    slots = [
        _Slot(name, float(i), 1.0, float(before), float(now))
        for i, (name, (before, now)) in enumerate(zip(_spans(shown), pairs, strict=True))
    ]
    # missing values are no number: their bars are as broad as a label and away from the others
    wide = max(n // 9, 1)
    for i, (name, (before, now)) in enumerate(_apart(shown, language)):
        slots.append(_Slot(name, n + wide * (1.5 + 2 * i), float(wide), before, now))
    return slots


def _bars(slots: Sequence[_Slot], palette: Palette, language: str) -> go.Bar:
    return go.Bar(
        name=say("page_drift.chart.reference", language),
        x=[slot.place for slot in slots],
        y=[_rounded(slot.before) for slot in slots],
        width=[slot.width for slot in slots],
        marker={"color": palette.reference_fill, "line": {"width": 0}},
        customdata=[_said(slot.name, slot.before, slot.now, language) for slot in slots],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _said(name: str, before: float, now: float, language: str) -> str:
    return say(
        "page_drift.chart.bar",
        language,
        label=label(name),
        reference=numbers.share(before),
        current=numbers.share(now),
    )


def _write_shares(fig: go.Figure, slot: _Slot, top: float, palette: Palette) -> None:
    """Write the shares above a bar that stands apart: the scale of the others may cut it off."""
    fig.add_annotation(
        text=f"{numbers.share(slot.before)} → {numbers.share(slot.now)}",
        x=slot.place,
        y=min(max(slot.before, slot.now), top * 0.9),
        yanchor="bottom",
        xanchor="right",
        showarrow=False,
        xshift=14,
        font={"color": palette.text, "size": FONT_SIZE},
        bgcolor=palette.background,
    )


def dumbbell(shown: Bars, palette: Palette, language: str) -> go.Figure:
    """
    Draw a hollow grey dot for the reference and a blue one for the current share of each category.

    Parameters
    ----------
    shown : Bars
        Of categories; a last label ``…`` stands for all others.
    palette : Palette
    language : {"en", "zh"}
    """
    rows = _category_rows(shown, language)
    fig = figure(palette, 60 + _ROW_PX * len(rows), legend=True)
    for at, (_, before, now) in enumerate(rows):
        _connect(fig, at, before, now, palette)
    hollow = {"color": palette.background, "line": {"color": palette.reference, "width": 2}}
    hover = [_said(name, before, now, language) for name, before, now in rows]
    for side, shares, marker in (
        ("reference", [before for _, before, _ in rows], hollow),
        ("current", [now for _, _, now in rows], {"color": palette.current}),
    ):
        fig.add_trace(
            go.Scatter(
                name=say(f"page_drift.chart.{side}", language),
                x=[_rounded(value) for value in shares],
                y=list(range(len(rows))),
                mode="markers",
                marker={**marker, "size": 11},
                customdata=hover,
                hovertemplate="%{customdata}<extra></extra>",
                cliponaxis=False,
            )
        )
    fig.update_xaxes(tickformat=".0%", rangemode="tozero", nticks=6, showgrid=True)
    fig.update_xaxes(gridcolor=palette.grid)
    fig.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[label(name, _NAME_CELLS) for name, _, _ in rows],
        range=[len(rows) - 0.5, -0.5],
        showgrid=False,
    )
    return fig


def _connect(fig: go.Figure, at: int, before: float, now: float, palette: Palette) -> None:
    """Draw the way from one dot to the other: in colour where the category moved."""
    moved = abs(now - before) > MOVED
    fig.add_shape(
        type="line",
        x0=_rounded(before),
        x1=_rounded(now),
        y0=at,
        y1=at,
        layer="below",
        line={
            "color": palette.current if moved else palette.border,
            "width": 2.5 if moved else 2,
        },
    )


def _staircase(slots: Sequence[_Slot], n: int, palette: Palette, language: str) -> go.Scatter:
    """Trace the tops of the current side's bars; those that stand apart are not joined."""
    x: list[float | None] = []
    y: list[float | None] = []
    for i, slot in enumerate(slots):
        if i >= n:
            x.append(None)
            y.append(None)
        x += [slot.place - slot.width / 2, slot.place + slot.width / 2]
        y += [_rounded(slot.now)] * 2
    return go.Scatter(
        name=say("page_drift.chart.current", language),
        x=x,
        y=y,
        mode="lines",
        line={"color": palette.current, "width": 2},
        hoverinfo="skip",
    )


def _apart(shown: Bars, language: str) -> list[tuple[str, tuple[float, float]]]:
    both = (("missing", shown.missing), ("unseen", shown.unseen))
    return [(say(f"page_drift.chart.{key}", language), pair) for key, pair in both if any(pair)]


def _spans(shown: Bars) -> list[str]:
    """Name each bar by where it begins and ends; single values and open ends by themselves."""
    labels = shown.labels
    # single values are drawn as they are, with no bars for what lies beyond
    if not labels[0].startswith("<") or not labels[-1].startswith("≥"):
        return list(labels)
    ends = [*labels[2:-1], labels[-1].removeprefix("≥ ")]
    inner = [f"{start} – {end}" for start, end in zip(labels[1:-1], ends, strict=True)]
    return [labels[0], *inner, labels[-1]]


def _tick_places(n: int) -> list[int]:
    """Return at most `_TICKS` bars to label, the first and the last among them."""
    if n <= _TICKS:
        return list(range(n))
    steps = _TICKS - 1
    return sorted({round(i * (n - 1) / steps) for i in range(_TICKS)})


def _category_rows(shown: Bars, language: str) -> list[tuple[str, float, float]]:
    rows = [
        (name, float(before), float(now))
        for name, before, now in zip(shown.labels, shown.reference, shown.current, strict=True)
    ]
    if rows and rows[-1][0] == "…":
        rows[-1] = (say("page_drift.chart.other", language), *rows[-1][1:])
    return rows + [(name, *pair) for name, pair in _apart(shown, language)]


def _rounded(share: float) -> float:
    return round(share, _DIGITS)
