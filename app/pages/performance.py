"""Performance: how good the predictions were, as far as labels have arrived."""

from __future__ import annotations

import streamlit as st

from app import fetch
from app.charts.metrics import arrivals
from app.charts.style import CONFIG
from app.components.banner import banner
from app.components.cards import empty_card
from app.components.incident_lines import incident_lines
from app.components.markdown import plain
from app.components.performance_sections import (
    draw_cards,
    draw_how_to_send,
    draw_metrics,
    draw_newest,
)
from app.context import Context
from app.frame import show
from app.queries import performance
from app.queries.lines import sides
from app.queries.versions import named
from domain.window import Window
from monitors.report_view import PerformancePoint
from monitors.views.versions import PerformanceView
from reports import numbers
from reports.judgement import Tone


def draw(context: Context) -> None:
    """Draw the page."""
    view, version = fetch.performance(context), context.selection.version
    if not view.points:
        empty_card(
            "label",
            context.say("page_performance.none.title"),
            context.say("page_performance.none.why"),
        )
        draw_how_to_send(context)
        return
    points = performance.of_version(view, version)
    if not points:
        name = named(version, context.language)
        banner(Tone.UNKNOWN, context.say("page_performance.version_without", version=name))
        _draw_over_time(context, view, version)
        return
    shown = _opening(context, view, points)
    draw_cards(context, view, points, shown)
    _draw_incidents(context, view, version)
    draw_newest(context, view, shown)
    _draw_over_time(context, view, version)
    _draw_labels(context, points)


def _opening(
    context: Context, view: PerformanceView, points: tuple[PerformancePoint, ...]
) -> PerformancePoint:
    """Say how good the chosen window's answers were; without labels the newest that has some."""
    wanted = context.window if context.selection.window is not None else None
    found = performance.shown_point(points, wanted)
    newest = points[-1]
    if found is None and wanted is not None:
        said = context.say(
            "page_performance.window_without",
            window=numbers.span(wanted, context.language),
            newest=numbers.span(newest.window, context.language),
        )
        banner(Tone.UNKNOWN, said)
    shown = found or newest
    tone, sentence = performance.verdict(view, shown.deployment.version, shown, context.language)
    banner(tone, sentence)
    return shown


def _draw_incidents(context: Context, view: PerformanceView, version: str) -> None:
    mine = [one for one in view.incidents if version in one.versions]
    if mine:
        st.subheader(context.say("page_performance.incidents"), anchor=False)
        incident_lines(context, mine)


def _draw_over_time(context: Context, view: PerformanceView, version: str) -> None:
    known = dict.fromkeys(point.deployment.version for point in reversed(view.points))
    span = Window(
        min(point.window.start for point in view.points),
        max(point.window.end for point in view.points),
    )
    draw_metrics(context, view, version, span, sides(known, version, None))


def _draw_labels(context: Context, points: tuple[PerformancePoint, ...]) -> None:
    name = named(context.selection.version, context.language)
    note = context.say("page_performance.labels.note", version=name)
    st.subheader(context.say("page_performance.labels"), anchor=False, help=plain(note))
    span = Window(points[0].window.start, points[-1].window.end)
    fig = arrivals(performance.arrivals(points), span, context.palette, context.language)
    st.plotly_chart(fig, config=CONFIG, theme=None, key="performance-labels")


show(draw, needs="end")
