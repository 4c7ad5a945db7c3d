"""The pictures that show why an incident was raised, around its own time."""

from __future__ import annotations

from dataclasses import replace

import plotly.graph_objects as go
import streamlit as st

from app import fetch
from app.charts import latency, metrics, throughput
from app.charts.history import history
from app.charts.style import CONFIG
from app.components.markdown import plain
from app.context import Context
from app.queries import performance
from app.queries.alerts import columns_of, evidence_span, last_window
from app.queries.levels import course
from app.queries.lines import sides
from app.queries.shading import shaded
from app.selection import Selection
from domain.errors import NothingToJudgeError
from domain.incident import Cause, Incident
from domain.window import Window
from monitors.views.drift import DriftView
from monitors.views.fleet import Target
from reports.plain import printable

# columns that go missing together look alike
_SHOWN = {Cause.DRIFT: 2, Cause.MISSING: 1, Cause.PERFORMANCE: 2}


def looking_at(context: Context, target: Target, version: str, window: Window | None) -> Context:
    """Return the context as if the address asked for this deployment and window."""
    selection = Selection(model=target.model, version=version, window=window)
    return replace(context, selection=selection, target=target)


def drift_of(context: Context) -> DriftView | None:
    """Return what the columns did up to the window; None where the version was not judged in it."""
    try:
        return fetch.drift(context)
    except NothingToJudgeError:
        return None


def draw_evidence(context: Context, incident: Incident) -> None:
    """
    Draw what an incident is about.

    Parameters
    ----------
    context : Context
        Looking at the incident's deployment.
    incident : Incident
        Its cause chooses the pictures, its time what they show.
    """
    if incident.cause is Cause.MONITOR:
        st.markdown(f":gray[{plain(context.say('page_alerts.no_chart'))}]")
        return
    span = evidence_span(incident, context.target.windows)
    if incident.cause in (Cause.DRIFT, Cause.MISSING):
        figures = _of_columns(context, incident, span)
    elif incident.cause is Cause.PERFORMANCE:
        figures = _of_performance(context, incident, span)
    else:
        figures = _of_calls(context, incident, span)
    if not figures:
        st.markdown(f":gray[{plain(context.say('page_alerts.chart.nothing'))}]")
    for at, (caption, figure) in enumerate(figures):
        st.markdown(f"**{plain(caption)}**")
        st.plotly_chart(figure, config=CONFIG, theme=None, key=f"incident-evidence-{at}")


_Figures = list[tuple[str, go.Figure]]


def _of_columns(context: Context, incident: Incident, span: Window) -> _Figures:
    until = last_window(span, context.target.windows)
    view = drift_of(looking_at(context, context.target, context.selection.version, until))
    if view is None:
        return []
    shown = [at for at, window in enumerate(view.windows) if window.end > span.start]
    windows = [view.windows[at] for at in shown]
    drawn: _Figures = []
    for name in columns_of(incident)[: _SHOWN[incident.cause]]:
        own = next((c for c in view.columns if c.findings and c.findings[0].column == name), None)
        if own is None or not windows:
            continue
        figure = history(
            windows,
            [own.history[at] for at in shown],
            [window for window, _ in shaded([incident], span)],
            context.palette,
            context.language,
        )
        if figure is not None:
            caption = context.say("page_alerts.chart.history", column=printable(name))
            drawn.append((caption, figure))
    return drawn


def _of_calls(context: Context, incident: Incident, span: Window) -> _Figures:
    levels = fetch.service_levels(context, span)
    seen = course(levels.points, levels.bucket_s)
    if seen is None:
        return []
    marked = shaded([incident], levels.span)
    look = (levels.span, context.palette, context.language)
    caption = context.say(f"page_alerts.chart.{incident.cause}")
    if incident.cause is Cause.LATENCY:
        limits = (alert.values.get("latency_ms") for alert in incident.alerts)
        limit = next((float(ms) for ms in limits if isinstance(ms, int | float)), None)
        figure = latency.percentiles(seen, *look, limit_ms=limit, incidents=marked)
        return [] if figure is None else [(caption, figure)]
    if incident.cause is Cause.AVAILABILITY:
        return [(caption, throughput.failures(seen, *look, marked))]
    return [(caption, throughput.calls(seen, *look, marked))]


def _of_performance(context: Context, incident: Incident, span: Window) -> _Figures:
    view = fetch.performance(context)
    version = context.selection.version
    drawn: _Figures = []
    for one in performance.courses(
        view, version, sides([version], version, None), context.language
    ):
        if one.metric in incident.subjects:
            figure = metrics.metric(
                one, span, context.palette, context.language, shaded([incident], span)
            )
            if figure is not None:
                caption = context.say("page_alerts.chart.performance", metric=one.label)
                drawn.append((caption, figure))
    return drawn[: _SHOWN[incident.cause]]
