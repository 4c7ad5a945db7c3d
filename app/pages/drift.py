"""Drift: which columns moved, how far, since when, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import fetch
from app.charts.heatmap import ROWS, HeatRow, heatmap
from app.charts.style import CONFIG
from app.components.banner import banner
from app.components.cards import empty_card
from app.components.column_detail import draw_column
from app.components.column_table import KEY, column_table
from app.components.markdown import plain
from app.context import Context
from app.frame import show
from app.queries.drift import (
    column_named,
    first_shown,
    ordered_columns,
    rows,
)
from app.queries.drift_verdict import DriftVerdict, verdict
from app.selection import Notice, nearest
from app.states import draw_notices
from domain.errors import NothingToJudgeError
from domain.standing import ColumnState, state_of
from monitors.column_names import name_of
from monitors.verdicts import telling
from monitors.views.drift import ColumnHistory, DriftView
from reports.plain import printable

_OUTPUTS_SHOWN = 4
_INPUTS_SHOWN = 14


def draw(context: Context) -> None:
    """Draw the page."""
    try:
        view = fetch.drift(context)
    except NothingToJudgeError as error:
        # the window is one of the model, but not of this version
        empty_card("event_busy", context.say("page_drift.not_this_version"), str(error))
        return
    said = verdict(
        view,
        context.service.config.monitor(view.deployment.model).false_incidents,
        context.language,
    )
    _draw_verdict(said)
    if not view.columns:
        empty_card("hourglass_empty", context.say("page_drift.no_columns"), said.claim)
        return
    column = _selected(context, view)
    left, right = st.columns(2, gap="medium")
    with left:
        _draw_tables(context, view, name_of(column.column))
    with right:
        draw_column(context, view, column)
    _draw_heatmap(context, view, name_of(column.column))


def _draw_verdict(said: DriftVerdict) -> None:
    """Draw what drifts, and below it how sure that is; where nothing does, both in one."""
    facts, sure = (_line(part) for part in (said.facts, said.sure))
    banner(said.tone, said.claim, facts or sure)
    if facts and sure:
        st.markdown(f":gray[{plain(sure)}]")


def _line(parts: Sequence[str]) -> str:
    line = " · ".join(parts)
    return line[:1].upper() + line[1:]


def _selected(context: Context, view: DriftView) -> ColumnHistory:
    """Return the column of the address, else the one named most like it, else the worst one."""
    asked = st.query_params.get(KEY)
    found = column_named(view, asked)
    if found is not None:
        return found
    close = asked and nearest(asked, [name_of(column.column) for column in view.columns])
    shown = column_named(view, close or first_shown(view)) or view.columns[0]
    if asked is not None:
        name = printable(name_of(shown.column))
        notice = Notice("column", printable(asked), close and name, name)
        draw_notices((notice,), context.language)
    return shown


def _draw_tables(context: Context, view: DriftView, selected: str) -> None:
    every = rows(view)
    groups = (
        ("outputs", [row for row in every if row.is_output], _OUTPUTS_SHOWN),
        ("inputs", [row for row in every if not row.is_output], _INPUTS_SHOWN),
    )
    for group, members, most in groups:
        if members:
            st.markdown(f"**{context.say(f'page_drift.group.{group}')}**")
            column_table(context, members, selected, group=group, most=most)


def _draw_heatmap(context: Context, view: DriftView, selected: str) -> None:
    every = ordered_columns(view)
    st.subheader(context.say("page_drift.section.heatmap"), anchor=False)
    shown = every[:ROWS]
    if len(every) > ROWS and st.toggle(
        context.say("page_drift.show_all", n=len(every)), key="drift-heatmap-all"
    ):
        shown = every
    fig = heatmap(view.windows, _heat_rows(shown, selected), context.palette, context.language)
    st.plotly_chart(fig, config=CONFIG, theme=None, key="drift-heatmap")


def _heat_rows(columns: Sequence[ColumnHistory], selected: str) -> list[HeatRow]:
    return [
        HeatRow(
            name=name_of(column.column),
            history=column.history,
            blind=state_of(telling(column.findings)) is ColumnState.BLIND,
            selected=name_of(column.column) == selected,
        )
        for column in columns
    ]


show(draw, needs="window")
