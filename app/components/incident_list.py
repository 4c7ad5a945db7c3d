"""The list of incidents and its filters; the address keeps both."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.components.chips import severity_colours
from app.components.markdown import plain
from app.components.tables import ROW_PX, chip_column, table_height
from app.context import Context
from app.queries.alerts import ALL, OPEN, STATES, Filter, row
from domain.finding import Severity
from domain.incident import Incident
from reports.plain import printable

KEY = "incident"
_STATE, _SEVERITY, _MODEL = "state", "severity", "model"
_TABLE = "alerts-list"


def chosen_filter(context: Context, models: Sequence[str]) -> Filter:
    """Read the filter from the address; where it names an incident, all are listed."""
    keys = st.query_params
    asked = keys.get(_STATE)
    state = asked if asked in STATES else ALL if KEY in keys else OPEN
    severity = keys.get(_SEVERITY)
    model = keys.get(_MODEL)
    if model is not None and model not in models:
        text = context.say("page_alerts.unknown_model", asked=printable(model))
        st.warning(plain(text), icon=":material/search_off:")
        model = None
    return Filter(
        state=state,
        severity=Severity(severity) if severity in list(Severity) else None,
        model=model,
    )


def draw_filters(context: Context, chosen: Filter, models: Sequence[str]) -> None:
    """Draw the controls of the filter."""
    with st.container(horizontal=True, gap="medium"):
        _set(_STATE, chosen.state)
        st.segmented_control(
            context.say("page_alerts.filter.state"),
            STATES,
            format_func=lambda state: context.say(f"page_alerts.filter.state.{state}"),
            key=f"alerts-{_STATE}",
            required=True,
            on_change=_written,
            args=(_STATE,),
        )
        _set(_SEVERITY, chosen.severity)
        st.pills(
            context.say("page_alerts.filter.severity"),
            list(Severity),
            format_func=lambda severity: context.say(f"report.severity.{severity}"),
            key=f"alerts-{_SEVERITY}",
            on_change=_written,
            args=(_SEVERITY,),
        )
        if len(models) > 1:
            _set(_MODEL, chosen.model)
            st.selectbox(
                context.say("page_alerts.filter.model"),
                models,
                index=None,
                placeholder=context.say("page_alerts.filter.model.all"),
                format_func=printable,
                key=f"alerts-{_MODEL}",
                on_change=_written,
                args=(_MODEL,),
                width=260,
            )


def draw_list(context: Context, shown: Sequence[Incident], selected: Incident | None) -> None:
    """Draw the list; a click on a row writes its incident into the address."""
    rows = [row(incident, context.now, context.language) for incident in shown]
    ids = tuple(one.incident_id for one in rows)
    known = selected is not None and selected.incident_id in ids
    marked = [ids.index(selected.incident_id)] if selected is not None and known else []
    # set before it is drawn: the address leads, the table follows
    st.session_state[_TABLE] = {"selection": {"rows": marked, "columns": [], "cells": []}}
    config = st.column_config

    def title(name: str) -> str:
        return context.say(f"page_alerts.col.{name}")

    st.dataframe(
        {
            "severity": [[context.say(f"report.severity.{one.severity}")] for one in rows],
            "what": [printable(one.what) for one in rows],
            "model": [printable(one.model) for one in rows],
            "since": [one.since for one in rows],
            "length": [one.length for one in rows],
            "state": [one.state for one in rows],
        },
        key=_TABLE,
        hide_index=True,
        row_height=ROW_PX,
        height=table_height(len(rows), 8),
        on_select=lambda: _chosen(ids),
        selection_mode="single-row",
        alt=context.say("page_alerts.table"),
        column_config={
            "severity": chip_column(
                title("severity"), severity_colours(context.language), width=90
            ),
            "what": config.TextColumn(title("what"), width=520),
            "model": config.TextColumn(title("model"), width=140),
            "since": config.TextColumn(title("since"), width=72),
            "length": config.TextColumn(title("length"), width=80),
            "state": config.TextColumn(title("state"), width=110),
        },
    )


def _chosen(ids: tuple[str, ...]) -> None:
    chosen = st.session_state[_TABLE]["selection"]["rows"]
    if chosen and chosen[0] < len(ids):
        # the list stays as it was when the address did not say which one
        st.query_params.setdefault(_STATE, st.session_state[f"alerts-{_STATE}"])
        st.query_params[KEY] = ids[chosen[0]]


def _set(name: str, value: object) -> None:
    # set before it is drawn: the address leads, the control follows
    st.session_state[f"alerts-{name}"] = value


def _written(name: str) -> None:
    """Write a choice into the address."""
    value = st.session_state[f"alerts-{name}"]
    if value is None:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = str(value)
