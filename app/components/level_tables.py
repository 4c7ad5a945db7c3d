"""Tables of the Latency and SLO page: objectives, burn rates, replicas."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.components.chips import TONES
from app.components.tables import chip_column
from app.context import Context
from app.queries.levels import BurnRow, ObjectiveRow, ReplicaRow
from domain.slo import SLOState
from reports import numbers
from reports.judgement import Tone
from reports.plain import printable


def objective_table(context: Context, rows: Sequence[ObjectiveRow]) -> None:
    """Draw all objectives, the worst first."""
    colours = {
        context.say(f"report.slo.{state}"): TONES[tone][0]
        for state, tone in (
            (SLOState.BURNING_PAGE, Tone.CRITICAL),
            (SLOState.EXHAUSTED, Tone.CRITICAL),
            (SLOState.BURNING_TICKET, Tone.WARNING),
            (SLOState.OK, Tone.OK),
            (SLOState.INSUFFICIENT, Tone.UNKNOWN),
            (SLOState.NO_DATA, Tone.UNKNOWN),
        )
    }
    st.dataframe(
        {
            "state": [[row.state] for row in rows],
            "name": [printable(row.name) for row in rows],
            "goal": [row.goal for row in rows],
            "good": [row.good for row in rows],
            "budget": [row.budget for row in rows],
            "window": [row.window for row in rows],
        },
        column_config={
            "state": chip_column(context.say("report.title.state"), colours, width=120),
            "name": context.say("page_service.column.objective"),
            "goal": context.say("page_service.column.goal"),
            "good": context.say("report.title.sli"),
            "budget": context.say("report.title.budget"),
            "window": context.say("report.title.window"),
        },
        hide_index=True,
        key="slo-objectives",
    )


def burn_table(context: Context, rows: Sequence[BurnRow]) -> None:
    """Draw the burn rates of the newest window."""
    colours = {row.state: TONES[row.tone][0] for row in rows}
    st.dataframe(
        {
            "state": [[row.state] for row in rows],
            "windows": [row.windows for row in rows],
            "long": [row.long for row in rows],
            "short": [row.short for row in rows],
            "factor": [row.factor for row in rows],
        },
        column_config={
            "state": chip_column(context.say("report.title.state"), colours, width=110),
            "windows": st.column_config.TextColumn(
                context.say("page_service.column.windows"), width=130
            ),
            "long": st.column_config.TextColumn(context.say("report.title.long"), width=70),
            "short": st.column_config.TextColumn(context.say("report.title.short"), width=70),
            "factor": st.column_config.TextColumn(context.say("report.title.factor"), width=70),
        },
        hide_index=True,
        key="slo-burn",
    )


def replica_table(context: Context, rows: Sequence[ReplicaRow]) -> None:
    """Draw the replicas, the one at fault first."""
    at_fault = context.say("page_service.at_fault")
    table: dict[str, list[object]] = {
        "replica": [printable(row.replica) for row in rows],
        "calls": [numbers.count(row.calls) for row in rows],
        "failed": [numbers.share(row.failed_share, 2) for row in rows],
        "p50": [numbers.milliseconds(row.p50_ms) for row in rows],
        "p99": [numbers.milliseconds(row.p99_ms) for row in rows],
    }
    config: dict[str, object] = {
        "replica": context.say("page_service.column.replica"),
        "calls": context.say("page_service.column.calls"),
        "failed": context.say("page_service.column.failed"),
        "p50": "p50",
        "p99": "p99",
    }
    if any(row.blamed for row in rows):
        # a column of its own: who is at fault never rests on a colour
        table = {"found": [[at_fault] if row.blamed else [] for row in rows], **table}
        found = context.say("page_service.column.at_fault")
        config["found"] = chip_column(found, {at_fault: "red"}, width=90)
    st.dataframe(
        table,
        column_config=config,  # pyright: ignore[reportArgumentType]
        hide_index=True,
        key="slo-replicas",
    )
