"""Latency and SLO: how fast, how often it failed, and what is left of the error budgets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import streamlit as st

from app import fetch
from app.charts import budget, latency, throughput
from app.charts.style import CONFIG
from app.components.address import bound_segments, warn_unknown
from app.components.banner import banner
from app.components.call_section import draw_calls
from app.components.cards import Kpi, empty_card, kpi_row
from app.components.incident_lines import incident_lines
from app.components.level_tables import burn_table, objective_table
from app.components.markdown import plain
from app.components.replica_section import draw_replicas
from app.components.resource_section import draw_resources
from app.context import Context
from app.frame import show
from app.queries import level_cards, levels
from app.queries.levels import Course
from app.queries.shading import shaded
from domain.window import Window
from monitors.views.levels import ObjectiveHistory, ServiceLevels
from reports import numbers

_EXAMPLE: Final = """monitors:
  {model}:
    slos:
      - {{name: availability, target: 99.9%, period: 28d}}
      - {{name: latency, latency_ms: 100, target: 99%, period: 28d}}
"""
Shades = Sequence[tuple[Window, str]]


def draw(context: Context) -> None:
    """Draw the page."""
    with st.container(horizontal=True, gap="large"):
        seen = fetch.service_levels(context, _choose_span(context))
        objective = _choose_objective(context, seen)
    _warn_of_unknown(context, seen, objective)
    tone, sentence = levels.verdict(seen, objective, context.language)
    span = numbers.span(seen.span, context.language)
    calls = numbers.count(seen.whole.calls)
    subtitle = f"page_service.subtitle{'.judged' if seen.counted_in_runs else ''}"
    banner(tone, sentence, context.say(subtitle, span=span, calls=calls))
    if not seen.whole.calls:
        if seen.incidents:
            _draw_incidents(context, seen)
        return
    cards = level_cards.cards(seen, objective, context.language)
    kpi_row(
        [Kpi(label=c.label, value=c.value, note=c.note, tone=c.tone, help=c.help) for c in cards]
    )
    _draw_incidents(context, seen)
    course = levels.course(seen.points, seen.bucket_s)
    shades = shaded(seen.incidents, seen.span)
    if course is not None:
        _draw_latency(context, seen, course, objective, shades)
        draw_resources(context, seen.span, course, shades)
        _draw_calls(context, seen, course, shades)
    _draw_objectives(context, seen, objective)
    draw_replicas(context, seen, objective)
    draw_calls(context, seen.span)


def _choose_span(context: Context) -> Window:
    choice = bound_segments(
        "span",
        context.say("page_service.span"),
        levels.SPANS,
        lambda span: context.say(f"page_service.span.{span}"),
        levels.DEFAULT_SPAN,
    )
    return levels.span_ending(choice, _end(context))


def _choose_objective(context: Context, seen: ServiceLevels) -> ObjectiveHistory | None:
    names = [one.slo.name for one in levels.judged(seen)]
    if len(names) < 2:
        return levels.chosen(seen, None)
    name = bound_segments("objective", context.say("page_service.objective"), names, str, names[0])
    return levels.chosen(seen, name)


def _warn_of_unknown(
    context: Context, seen: ServiceLevels, objective: ObjectiveHistory | None
) -> None:
    usual = context.say(f"page_service.span.{levels.DEFAULT_SPAN}")
    warn_unknown("span", levels.SPANS, usual, context.language)
    if objective is not None:
        names = [one.slo.name for one in levels.judged(seen)]
        warn_unknown("objective", names, objective.slo.name, context.language)


def _end(context: Context) -> datetime:
    """Return the end of the chosen window, else of what is known of this version."""
    chosen, target = context.selection.window, context.target
    if chosen is not None:
        return chosen.end
    newest = target.windows[-1].window.end if target.windows else None
    for one in fetch.fleet(context).deployments:
        if one.deployment.model != target.model or one.run is None or newest is None:
            continue
        # a version that serves no more ends with its last window, not with the model's newest data
        if one.deployment.version == context.selection.version and one.run.window.end < newest:
            return one.run.window.end
    known = target.data_span.end if target.data_span else context.now
    # logs that ended before windows that were judged since: what was good then does not hold now
    return known if newest is None else max(known, newest)


def _draw_incidents(context: Context, seen: ServiceLevels) -> None:
    st.subheader(context.say("page_service.incidents"), anchor=False)
    if seen.incidents:
        incident_lines(context, seen.incidents)
    else:
        st.markdown(f":gray[{context.say('page_service.incidents.none')}]")


def _draw_latency(
    context: Context,
    seen: ServiceLevels,
    course: Course,
    objective: ObjectiveHistory | None,
    shades: Shades,
) -> None:
    limits = [one.slo.latency_ms for one in seen.objectives if one.slo.latency_ms is not None]
    limit = objective.slo.latency_ms if objective else None
    limit = limit if limit is not None else min(limits, default=None)
    logarithmic = levels.wide(seen, limit)
    fig = latency.percentiles(
        course,
        seen.span,
        context.palette,
        context.language,
        limit_ms=limit,
        incidents=shades,
        logarithmic=logarithmic,
    )
    note = "page_service.latency.note" + (".log" if logarithmic else "")
    said = context.say(note, bucket=numbers.length(seen.bucket_s, context.language))
    st.subheader(context.say("page_service.latency"), anchor=False, help=said)
    if fig is None:
        empty_card(
            "timer_off",
            context.say("page_service.latency.none"),
            context.say("page_service.latency.none.why"),
        )
        return
    st.plotly_chart(fig, config=CONFIG, theme=None, key="slo-latency")


def _draw_calls(context: Context, seen: ServiceLevels, course: Course, shades: Shades) -> None:
    left, right = st.columns(2)
    look = (course, seen.span, context.palette, context.language, shades)
    with left:
        length = numbers.length(seen.bucket_s, context.language)
        st.subheader(context.say("page_service.calls", bucket=length), anchor=False)
        st.plotly_chart(throughput.calls(*look), config=CONFIG, theme=None, key="slo-calls")
    with right:
        st.subheader(context.say("page_service.failures"), anchor=False)
        if any(course.failed_share):
            figure = throughput.failures(*look)
            st.plotly_chart(figure, config=CONFIG, theme=None, key="slo-failures")
        else:
            key = "known" if seen.whole.with_status else "unknown"
            st.markdown(f":gray[{context.say(f'page_service.failures.{key}')}]")


def _draw_objectives(
    context: Context, seen: ServiceLevels, objective: ObjectiveHistory | None
) -> None:
    if objective is None:
        if not seen.objectives:
            st.subheader(context.say("page_service.objectives.none"), anchor=False)
            st.markdown(context.say("page_service.objectives.how"))
            st.code(_EXAMPLE.format(model=context.selection.model), language="yaml")
        return
    left, right = st.columns([6, 5])
    with left:
        _draw_budget(context, objective)
    with right:
        _draw_burn(context, objective)
    if len(seen.objectives) > 1:
        st.subheader(context.say("page_service.objectives"), anchor=False)
        objective_table(context, levels.objective_rows(seen, context.language))


def _draw_budget(context: Context, objective: ObjectiveHistory) -> None:
    name = plain(objective.slo.name)
    period, last = f"{objective.slo.period_days:g}", objective.windows[-1]
    window = numbers.span(last, context.language)
    said = context.say("page_service.budget.note", period=period, window=window)
    st.subheader(context.say("page_service.budget", name=name), anchor=False, help=said)
    down = levels.burn_down(objective)
    if down is None:
        st.markdown(f":gray[{context.say('page_service.card.burn.unknown')}]")
        return
    fig = budget.burn_down(
        down, Window(down.times[0], down.times[-1]), context.palette, context.language
    )
    st.plotly_chart(fig, config=CONFIG, theme=None, key="slo-budget")


def _draw_burn(context: Context, objective: ObjectiveHistory) -> None:
    at = numbers.moment(objective.windows[-1].end, context.language)
    said = context.say("page_service.burn.note", at=at)
    st.subheader(context.say("page_service.burn"), anchor=False, help=said)
    newest = objective.results[-1]
    burn_table(context, levels.burn_rows(newest, context.language))
    if any(not rate.reachable for rate in newest.burn_rates):
        state = context.say("report.burn.unreachable")
        said = context.say("page_service.burn.unreachable", state=state)
        st.markdown(f":material/warning: {plain(said)}")


show(draw, needs="end")
