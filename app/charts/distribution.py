"""One column's distribution on both sides: a histogram for numbers, a dumbbell for categories."""

from __future__ import annotations

from typing import Any, Final

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
    n = len(shown.labels)
    apart = _apart(shown, language)
    # missing values are no number: their bars are as broad as a label and away from the others
    wide = max(n // 9, 1)
    places = [float(i) for i in range(n)] + [
        n + wide * (0.5 + 2 * i) + wide for i in range(len(apart))
    ]
    pairs = [*zip(shown.reference, shown.current, strict=True), *(pair for _, pair in apart)]
    names = [*_spans(shown), *(name for name, _ in apart)]
    widths = [1.0] * n + [float(wide)] * len(apart)
    fig.add_trace(
        go.Bar(
            name=say("page_drift.chart.reference", language),
            x=places,
            y=[_rounded(before) for before, _ in pairs],
            width=widths,
            marker={"color": palette.reference_fill, "line": {"width": 0}},
            customdata=[
                say(
                    "page_drift.chart.bar",
                    language,
                    label=name,
                    reference=numbers.share(float(before)),
                    current=numbers.share(float(now)),
                )
                for name, (before, now) in zip(names, pairs, strict=True)
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    fig.add_trace(_staircase(places, widths, [now for _, now in pairs], n, palette, language))
    ticks = [(i - 0.5 if 0 < i < n - 1 else i, shown.labels[i]) for i in _tick_places(n)]
    ticks += [(places[n + i], name) for i, (name, _) in enumerate(apart)]
    fig.update_layout(bargap=0, hovermode="x", barmode="overlay")
    fig.update_xaxes(
        tickvals=[at for at, _ in ticks],
        ticktext=[text for _, text in ticks],
        tickangle=0,
        range=[-0.5, places[-1] + widths[-1] / 2],
        showspikes=False,
    )
    top = max(float(shown.reference.max()), float(shown.current.max()), 0.02) * 1.12
    for place, (_, (before, now)) in zip(places[n:], apart, strict=True):
        _write_shares(fig, place, (before, now), top, palette)
    fig.update_yaxes(tickformat=".0%", range=[0, top], nticks=5)
    return fig


def _write_shares(
    fig: go.Figure, place: float, pair: tuple[float, float], top: float, palette: Palette
) -> None:
    """Write the shares above a bar that stands apart: the scale of the others may cut it off."""
    highest = min(max(pair), top * 0.9)
    fig.add_annotation(
        text=" → ".join(numbers.share(value) for value in pair),
        x=place,
        y=highest,
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
    places = list(range(len(rows)))
    for at, (_, before, now) in enumerate(rows):
        moved = abs(now - before) > MOVED
        color, width = (palette.current, 2.5) if moved else (palette.border, 2)
        fig.add_shape(
            type="line",
            x0=_rounded(before),
            x1=_rounded(now),
            y0=at,
            y1=at,
            layer="below",
            line={"color": color, "width": width},
        )
    hover = [
        say(
            "page_drift.chart.bar",
            language,
            label=label(name),
            reference=numbers.share(before),
            current=numbers.share(now),
        )
        for name, before, now in rows
    ]
    sides: tuple[tuple[str, list[float], dict[str, Any]], ...] = (
        (
            "reference",
            [before for _, before, _ in rows],
            {"color": palette.background, "line": {"color": palette.reference, "width": 2}},
        ),
        ("current", [now for _, _, now in rows], {"color": palette.current}),
    )
    for side, shares, marker in sides:
        fig.add_trace(
            go.Scatter(
                name=say(f"page_drift.chart.{side}", language),
                x=[_rounded(value) for value in shares],
                y=places,
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
        tickvals=places,
        ticktext=[label(name, _NAME_CELLS) for name, _, _ in rows],
        range=[len(rows) - 0.5, -0.5],
        showgrid=False,
    )
    return fig


def _staircase(
    places: list[float],
    widths: list[float],
    shares: list[float],
    n: int,
    palette: Palette,
    language: str,
) -> go.Scatter:
    """Trace the tops of the current side's bars; those that stand apart are not joined."""
    x: list[float | None] = []
    y: list[float | None] = []
    for i, (place, width, share) in enumerate(zip(places, widths, shares, strict=True)):
        if i >= n:
            x.append(None)
            y.append(None)
        x += [place - width / 2, place + width / 2]
        y += [_rounded(share)] * 2
    return go.Scatter(
        name=say("page_drift.chart.current", language),
        x=x,
        y=y,
        mode="lines",
        line={"color": palette.current, "width": 2, "shape": "linear"},
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
    return round(float(share), _DIGITS)
