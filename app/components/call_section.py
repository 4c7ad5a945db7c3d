"""The slowest and the failed calls of a deployment, each with a link to its trace."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import fetch
from app.components.markdown import plain
from app.components.tables import ROW_PX, chip_column, table_height
from app.context import Context
from app.queries.calls import CallRow, call_rows
from domain.window import Window
from monitors.views.calls import CallsRead
from reports import numbers


def draw_calls(context: Context, span: Window) -> None:
    """Draw the table; where there is none, say why."""
    found = fetch.notable_calls(context, span)
    said = context.say("page_calls.note")
    st.subheader(context.say("page_calls.title"), anchor=False, help=said)
    if found.read is not CallsRead.READ:
        key = "unread" if found.read is CallsRead.FAILED else found.read
        told = context.say(f"page_calls.{key}", error=found.error or "")
        st.markdown(f":gray[{plain(told)}]")
        return
    rows = call_rows(found, context.language)
    _table(context, rows)
    if not found.linked and any(row.trace for row in rows):
        st.markdown(f":gray[{context.say('page_calls.unlinked')}]")


def _table(context: Context, rows: Sequence[CallRow]) -> None:
    text, columns = st.column_config.TextColumn, st.column_config
    failed, slow = context.say("page_calls.failed"), context.say("page_calls.slow")
    table: dict[str, list[object]] = {
        "why": [[row.why] for row in rows],
        "at": [row.at for row in rows],
        "latency": [row.latency for row in rows],
        "status": [row.status for row in rows],
        "replica": [row.replica for row in rows],
    }
    config: dict[str, object] = {
        "why": chip_column(context.say("page_calls.why"), {failed: "red", slow: "orange"}),
        "at": text(context.say("page_calls.at"), width=190),
        "latency": text(context.say("page_calls.latency"), width=90, alignment="right"),
        "status": text(context.say("page_calls.status"), width=110),
        "replica": text(context.say("page_calls.replica"), width=160),
    }
    if any(row.trace for row in rows):
        table["trace"] = [row.trace for row in rows]
        config["trace"] = text(context.say("page_calls.trace"), width=260)
    if any(row.trace_url for row in rows):
        table["link"] = [row.trace_url for row in rows]
        opens = context.say("page_calls.open")
        config["link"] = columns.LinkColumn(" ", display_text=opens, width=90)
    st.dataframe(
        table,
        column_config=config,  # pyright: ignore[reportArgumentType]
        hide_index=True,
        height=table_height(len(rows)),
        row_height=ROW_PX,
        key="slo-calls-table",
        alt=context.say("page_calls.title"),
        placeholder=numbers.DASH,
    )
