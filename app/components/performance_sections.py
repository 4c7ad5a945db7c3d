"""How good a version's predictions were: labels, metrics over time, the newest values."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

import streamlit as st

from app.charts import metrics
from app.charts.style import CONFIG
from app.components.cards import Kpi, kpi_row
from app.components.chips import TONES
from app.components.markdown import plain
from app.components.tables import chip_column
from app.context import Context
from app.queries import performance
from app.queries.lines import Side
from app.queries.shading import shaded
from app.queries.versions import named
from domain.incident import Cause
from domain.window import Window
from monitors.report_view import PerformancePoint
from monitors.views.versions import PerformanceView
from reports import numbers
from reports.judgement import Tone

_SEND = """curl -sS {url}/v1/labels -H 'Content-Type: application/json' -d '{{
  "model": {model}, "prediction_id": "p-1", "label": "yes"}}'"""
_LOAD = "driftline labels labels.parquet --model {model}"
# further metrics are in the table
_DRAWN = 4


def draw_how_to_send(context: Context) -> None:
    """Show how labels get into the store."""
    model, words = context.selection.model, context.say
    load, send = st.columns(2)
    with load:
        st.markdown(f"**{words('page_performance.none.file')}**")
        st.code(_LOAD.format(model=shlex.quote(model)), language="sh")
    with send:
        st.markdown(f"**{words('page_performance.none.send')}**")
        origin = "/".join((st.context.url or "").split("/")[:3]) or "http://127.0.0.1:8501"
        # inside the quotes of a shell, which end at an apostrophe
        name = json.dumps(model, ensure_ascii=False).replace("'", r"\u0027")
        st.code(_SEND.format(url=origin, model=name), language="sh", wrap_lines=True)


def draw_cards(
    context: Context,
    view: PerformanceView,
    points: Sequence[PerformancePoint],
    shown: PerformancePoint,
) -> None:
    """Draw what has arrived, what is pending, how late it came, and the metric that decides."""
    known, words = performance.arrivals(points), context.say
    window = numbers.span(shown.window, context.language)
    lag = performance.lag(shown)
    rows = performance.metric_rows(view, shown.deployment.version, shown, context.language)
    cards = [
        Kpi(
            label=words("page_performance.card.arrived"),
            value=numbers.compact(sum(known.labelled)),
            note=words(
                "page_performance.card.arrived.note",
                share=numbers.share(sum(known.labelled) / known.total if known.total else None),
                n=numbers.compact(known.total),
            ),
            tone=Tone.INFO,
            help=words("page_performance.card.arrived.help"),
        ),
        Kpi(
            label=words("page_performance.card.pending"),
            value=numbers.compact(sum(known.pending)),
            note=words(
                "page_performance.card.pending.note",
                n=numbers.count(shown.performance.pending),
                window=window,
            ),
            help=words("page_performance.card.pending.help"),
        ),
        Kpi(
            label=words("page_performance.card.lag"),
            value=numbers.DASH
            if lag is None
            else numbers.length(lag.total_seconds(), context.language),
            note=words(
                f"page_performance.card.lag.{'unknown' if lag is None else 'note'}", window=window
            ),
            help=words("page_performance.card.lag.help"),
        ),
    ]
    if rows:
        cards.append(_metric_card(context, rows[0], window))
    kpi_row(cards)


def _metric_card(context: Context, row: performance.MetricRow, window: str) -> Kpi:
    known = row.usual != numbers.DASH
    return Kpi(
        label=row.label,
        value=row.value,
        note=context.say(
            f"page_performance.card.metric.{'note' if known else 'unknown'}", usual=row.usual
        ),
        tone=row.tone,
        help=context.say("page_performance.card.metric.help", window=window),
    )


def draw_metrics(
    context: Context, view: PerformanceView, version: str, span: Window, colours: dict[str, Side]
) -> None:
    """Draw each metric over time, with what is usual and where windows were judged worse."""
    name = named(version, context.language)
    note = context.say("page_performance.metrics.note", version=name)
    st.subheader(context.say("page_performance.metrics"), anchor=False, help=note)
    courses = performance.courses(view, version, colours, context.language)
    mine = [i for i in view.incidents if version in i.versions and i.cause is Cause.PERFORMANCE]
    shades = shaded(mine, span)
    sides = st.columns(2)
    for i, course in enumerate(courses[:_DRAWN]):
        fig = metrics.metric(course, span, context.palette, context.language, shades)
        if fig is None:
            continue
        with sides[i % 2]:
            st.markdown(f"**{plain(course.label)}**")
            st.plotly_chart(fig, config=CONFIG, theme=None, key=f"performance-{course.metric}")
    if not any(one.decides for course in courses for one in course.worse):
        key = "none" if performance.was_judged(view, version) else "unjudged"
        said = context.say(f"page_performance.worse.{key}", version=name)
        st.markdown(f":gray[{plain(said)}]")


def draw_newest(context: Context, view: PerformanceView, shown: PerformancePoint) -> None:
    """Draw the window's metrics beside what is usual."""
    window = numbers.span(shown.window, context.language)
    st.subheader(context.say("page_performance.newest", window=window), anchor=False)
    rows = performance.metric_rows(view, shown.deployment.version, shown, context.language)
    st.dataframe(
        {
            "state": [[row.state] for row in rows],
            "metric": [row.label for row in rows],
            "value": [row.value for row in rows],
            "usual": [row.usual for row in rows],
            "alarm": [row.alarm for row in rows],
            "labels": [row.labels for row in rows],
        },
        column_config={
            "state": chip_column(
                context.say("page_performance.column.state"),
                {row.state: TONES[row.tone][0] for row in rows},
                width=110,
            ),
            **{
                key: context.say(f"page_performance.column.{key}")
                for key in ("metric", "value", "usual", "alarm", "labels")
            },
        },
        hide_index=True,
        key="performance-newest",
    )
