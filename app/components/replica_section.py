"""The replicas of a deployment side by side."""

from __future__ import annotations

import streamlit as st

from app.charts import replicas
from app.charts.style import CONFIG
from app.components.cards import empty_card
from app.components.level_tables import replica_table
from app.components.markdown import plain
from app.context import Context
from app.queries import levels
from monitors.views.levels import ObjectiveHistory, ServiceLevels


def draw_replicas(
    context: Context, seen: ServiceLevels, objective: ObjectiveHistory | None
) -> None:
    """Draw each replica's course and its numbers; a replica that the runs blamed stands out."""
    st.subheader(context.say("page_service.replicas"), anchor=False)
    if not seen.replicas:
        empty_card(
            "dns",
            context.say("page_service.replicas.none"),
            context.say("page_service.replicas.none.why"),
        )
        return
    at_fault = levels.blamed(objective)
    # of an objective on failures, failures are what replicas differ in
    failing = objective is not None and objective.slo.latency_ms is None and seen.whole.failed > 0
    courses = [
        (one.replica, course)
        for one in seen.replicas
        if (course := levels.course(one.points, seen.bucket_s)) is not None
    ]
    note = [context.say(f"page_service.replicas.{'failed' if failing else 'p99'}")]
    if at_fault:
        note.append(context.say("page_service.replicas.blamed", replica=at_fault))
    if seen.n_replicas > min(len(courses), replicas.DRAWN):
        drawn = min(len(courses), replicas.DRAWN)
        note.append(context.say("page_service.replicas.drawn", n=drawn, total=seen.n_replicas))
    st.markdown(f":gray[{plain(context.say('page_service.between').join(note))}]")
    chart, table = st.columns([6, 5])
    with chart:
        fig = replicas.replicas(
            courses,
            seen.span,
            context.palette,
            context.language,
            blamed=at_fault,
            failures=failing,
        )
        if fig is None:
            st.markdown(f":gray[{context.say('page_service.latency.none')}]")
        else:
            st.plotly_chart(fig, config=CONFIG, theme=None, key="slo-replica-chart")
    with table:
        replica_table(context, levels.replica_rows(seen.replicas, at_fault))
