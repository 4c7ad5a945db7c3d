"""Versions: who answered when, and two versions of a model side by side."""

from __future__ import annotations

import streamlit as st

from app import fetch
from app.charts.shares import shares
from app.charts.style import CONFIG
from app.components.address import bound_segments, warn_unknown
from app.components.cards import empty_card
from app.components.incident_lines import incident_lines
from app.components.markdown import plain
from app.components.version_sections import (
    draw_latency,
    draw_overlay,
    draw_pair,
    draw_performance,
)
from app.context import Context
from app.frame import show
from app.queries import version_course, versions
from app.queries.lines import Side, sides
from app.queries.version_pair import Pair, pair
from domain.errors import NothingToJudgeError
from domain.window import Window, iso
from monitors.views.versions import VersionsView
from reports import numbers


def draw(context: Context) -> None:
    """Draw the page."""
    view = fetch.versions(context)
    known = versions.shares(view)
    if known is None:
        raise NothingToJudgeError(f"{view.model} has no judged window with predictions")
    two = _choose_pair(context, view)
    colours = _colours(context, view, two)
    span = Window(
        min(own.points[0].window.start for own in view.versions if own.points),
        max(own.points[-1].window.end for own in view.versions if own.points),
    )
    _draw_shares(context, view, known, span, colours)
    if two is None:
        (only, *_) = view.versions
        name = versions.named(only.version, context.language)
        why = context.say("page_versions.one.why", version=name, model=view.model)
        empty_card("filter_1", context.say("page_versions.one.title"), why)
    else:
        numbers_side, overlay_side = st.columns([6, 5])
        with numbers_side:
            draw_pair(context, two)
        with overlay_side:
            draw_overlay(context, view, two)
    latency_side, performance_side = st.columns(2)
    with latency_side:
        draw_latency(context, view, span, colours)
    with performance_side:
        draw_performance(context, view, span, colours)
    _draw_incidents(context, view, colours)


def _choose_pair(context: Context, view: VersionsView) -> Pair | None:
    """Let the reader choose what the selected version is set beside."""
    candidate, window = context.selection.version, context.window
    found = pair(view, candidate, st.query_params.get("base"), window)
    if found is None:
        return None
    others = [own.version for own in view.versions if own is not found.candidate]
    if len(others) < 2:
        warn_unknown("base", others, found.base.version, context.language)
        return found
    usual = pair(view, candidate, None, window)
    base = bound_segments(
        "base",
        context.say("page_versions.base"),
        others,
        lambda version: versions.named(version, context.language),
        usual.base.version if usual else others[0],
    )
    warn_unknown("base", others, base, context.language)
    return found


def _colours(context: Context, view: VersionsView, two: Pair | None) -> dict[str, Side]:
    known = [own.version for own in view.versions]
    if two is None:
        return sides(known, context.selection.version, None)
    return sides(known, two.candidate.version, two.base.version)


def _draw_shares(
    context: Context,
    view: VersionsView,
    known: versions.Shares,
    span: Window,
    colours: dict[str, Side],
) -> None:
    st.subheader(context.say("page_versions.shares"), anchor=False)
    for course in version_course.courses(view):
        st.markdown(f"- {plain(version_course.course_sentence(course, context.language))}")
    fig = shares(
        known,
        span,
        colours,
        context.palette,
        context.language,
        marks=version_course.starts(view, context.language),
    )
    st.plotly_chart(fig, config=CONFIG, theme=None, key="versions-shares")
    st.markdown(f":gray[{context.say('page_versions.shares.note')}]")
    unknown = version_course.uncounted(view)
    if unknown is not None:
        said = context.say(
            "page_versions.shares.unknown",
            span=numbers.span(unknown, context.language),
            start=iso(unknown.start),
            end=iso(unknown.end),
        )
        st.info(said, icon=":material/help:")


def _draw_incidents(context: Context, view: VersionsView, colours: dict[str, Side]) -> None:
    mine = [one for one in view.incidents if set(one.versions) & set(colours)]
    if mine:
        st.subheader(context.say("page_versions.incidents"), anchor=False)
        incident_lines(context, mine)


show(draw, needs="end")
