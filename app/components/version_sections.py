"""Two versions of a model side by side: numbers, distributions, latency and performance."""

from __future__ import annotations

import streamlit as st

from app import fetch
from app.charts import metrics
from app.charts.distribution import distribution
from app.charts.names import label
from app.charts.style import CONFIG
from app.components.address import bound_select, warn_unknown
from app.components.markdown import plain
from app.context import Context
from app.queries import version_course, versions
from app.queries.lines import Side
from app.queries.version_pair import Pair, pair_rows
from app.queries.versions import named
from domain.window import Window
from monitors.column_names import name_of
from monitors.views.drift import Against, Distribution
from monitors.views.versions import VersionsView
from reports import numbers
from reports.service_charts import metric_name

Sides = dict[str, Side]


def draw_pair(context: Context, two: Pair) -> None:
    """Draw what both versions did in one window, row by row."""
    language = context.language
    base, candidate = named(two.base.version, language), named(two.candidate.version, language)
    st.subheader(
        plain(context.say("page_versions.pair", base=base, candidate=candidate)), anchor=False
    )
    key = "same" if two.same_window else "apart"
    said = context.say(
        f"page_versions.pair.{key}",
        window=numbers.span(two.candidate_point.window, language),
        base=base,
        candidate=candidate,
        base_window=numbers.span(two.base_point.window, language),
        candidate_window=numbers.span(two.candidate_point.window, language),
    )
    if two.same_window:
        st.markdown(f":gray[{plain(said)}]")
    else:
        st.warning(plain(said), icon=":material/calendar_month:")
    _draw_pair_table(context, two, base, candidate)


def _draw_pair_table(context: Context, two: Pair, base: str, candidate: str) -> None:
    rows = pair_rows(two, context.language)
    st.dataframe(
        {
            "metric": [row.label for row in rows],
            "base": [row.base for row in rows],
            "candidate": [row.candidate for row in rows],
            "change": [row.change for row in rows],
            "rows": [row.rows for row in rows],
        },
        column_config={
            "metric": st.column_config.TextColumn(
                context.say("page_versions.column.metric"), width=150
            ),
            "base": st.column_config.TextColumn(base, width=80),
            "candidate": st.column_config.TextColumn(candidate, width=80),
            "change": st.column_config.TextColumn(
                context.say("page_versions.column.change"), width=90
            ),
            "rows": context.say("page_versions.column.rests_on"),
        },
        hide_index=True,
        key="versions-pair",
    )


def draw_overlay(context: Context, view: VersionsView, two: Pair) -> None:
    """Draw one chosen column as both versions saw it."""
    st.subheader(context.say("page_versions.overlay"), anchor=False)
    known = [name_of(column) for column in versions.options(view.columns)]
    if not known:
        return
    name = bound_select("column", context.say("page_versions.overlay.column"), known, str, known[0])
    warn_unknown("column", known, name, context.language)
    window = two.candidate_point.window
    base = two.base.version
    shown = fetch.distribution(context, window, name, Against.OTHER_VERSION, base)
    fig = distribution(shown.reference, shown.current, context.palette, context.language)
    said = context.say("page_service.between").join(_sides_of(context, two, shown))
    st.markdown(f":gray[{plain(said)}]")
    if fig is not None:
        names = {
            context.say(f"page_drift.chart.{side}"): label(named(version, context.language))
            for side, version in (("reference", base), ("current", two.candidate.version))
        }
        fig.for_each_trace(lambda trace: trace.update(name=names.get(trace.name, trace.name)))
        st.plotly_chart(fig, config=CONFIG, theme=None, key="versions-overlay")


def _sides_of(context: Context, two: Pair, shown: Distribution) -> list[str]:
    """Say what stands for which version, and of which nothing was kept."""
    language = context.language
    window = numbers.span(shown.window, language)
    said: list[str] = []
    sides = (
        ("current", named(two.candidate.version, language), shown.current),
        ("reference", named(two.base.version, language), shown.reference),
    )
    for side, version, profile in sides:
        known = profile is not None
        said.append(
            context.say(
                f"page_versions.overlay.{side if known else 'none'}",
                version=version,
                window=window,
                column=name_of(shown.column),
                n=numbers.count(int(profile.counts.sum())) if profile is not None else "",
            )
        )
    return said


def draw_latency(context: Context, view: VersionsView, span: Window, sides: Sides) -> None:
    """Draw the latency of the versions over time."""
    note = context.say("page_versions.latency.note")
    st.subheader(context.say("page_versions.latency"), anchor=False, help=note)
    p99, p50 = versions.latency_lines(view, sides, context.language)
    fig = metrics.versions(
        p99,
        span,
        context.palette,
        context.language,
        unit=" ms",
        beneath=p50,
        marks=version_course.starts(view, context.language),
    )
    if fig is None:
        st.markdown(f":gray[{context.say('page_versions.latency.none')}]")
        return
    st.plotly_chart(fig, config=CONFIG, theme=None, key="versions-latency")


def draw_performance(context: Context, view: VersionsView, span: Window, sides: Sides) -> None:
    """Draw the metric that tells most of each version over time."""
    known = versions.metrics_of(view)
    if not known:
        st.subheader(context.say("pages.performance.title"), anchor=False)
        st.markdown(f":gray[{context.say('page_versions.performance.none')}]")
        return
    name = metric_name(known[0], context.language)
    note = context.say("page_versions.performance.note")
    st.subheader(context.say("page_versions.performance", metric=name), anchor=False, help=note)
    fig = metrics.versions(
        versions.metric_lines(view, known[0], sides, context.language),
        span,
        context.palette,
        context.language,
        unit="",
        marks=version_course.starts(view, context.language),
    )
    if fig is not None:
        st.plotly_chart(fig, config=CONFIG, theme=None, key="versions-performance")
