"""The Drift page's table of columns: a row click selects the column, the address keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from app.components.tables import ROW_PX, chip_column, table_height, trend_column
from app.context import Context
from app.queries.drift import TREND_CAP, TREND_WINDOWS, ColumnRow
from domain.catalogue import say
from domain.standing import ColumnState
from reports import numbers
from reports.plain import printable

KEY: Final = "column"
_COLOURS: Final = {
    ColumnState.GONE: "red",
    ColumnState.CHANGED_TYPE: "red",
    ColumnState.EMPTIER: "red",
    ColumnState.NEW_VALUES: "red",
    ColumnState.DRIFTED: "red",
    ColumnState.FAILED: "orange",
    ColumnState.BLIND: "gray",
    ColumnState.UNJUDGED: "gray",
    ColumnState.OK: "green",
}
_ICONS: Final = {
    ColumnState.GONE: "block",
    ColumnState.CHANGED_TYPE: "swap_horiz",
    ColumnState.EMPTIER: "remove_done",
    ColumnState.NEW_VALUES: "fiber_new",
    ColumnState.DRIFTED: "trending_up",
    ColumnState.FAILED: "error",
    ColumnState.BLIND: "visibility_off",
    ColumnState.UNJUDGED: "help",
    ColumnState.OK: "check_circle",
}


def state_chip(state: ColumnState, language: str) -> str:
    """Return the chip of a column's state, as markdown."""
    return f":{_COLOURS[state]}-badge[:material/{_ICONS[state]}: {_word(state, language)}]"


def column_table(
    context: Context, rows: Sequence[ColumnRow], selected: str | None, *, group: str, most: int
) -> None:
    """
    Draw one group of columns; a click on a row writes its column into the address.

    Parameters
    ----------
    context : Context
    rows : sequence of ColumnRow
    selected : str or None
        The column whose row is marked, where it is one of these.
    group : {"outputs", "inputs"}
    most : int
        Rows shown without scrolling.
    """
    names = tuple(row.name for row in rows)
    key = f"drift-{group}"
    marked = [names.index(selected)] if selected in names else []
    # set before it is drawn: the address leads, the table follows
    st.session_state[key] = {"selection": {"rows": marked, "columns": [], "cells": []}}
    st.dataframe(
        _frame(rows, context.language),
        key=key,
        hide_index=True,
        height=table_height(len(rows), most),
        row_height=ROW_PX,
        column_config=_columns(context.language),
        on_select=lambda: _chosen(key, names),
        selection_mode="single-row",
        placeholder=numbers.DASH,
        alt=context.say(f"page_drift.table.{group}"),
    )


def _chosen(key: str, names: tuple[str, ...]) -> None:
    chosen = st.session_state[key]["selection"]["rows"]
    # a click on the marked row would leave nothing selected; there is always one
    if chosen and chosen[0] < len(names):
        st.query_params[KEY] = names[chosen[0]]


def _frame(rows: Sequence[ColumnRow], language: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "column": [printable(row.name) for row in rows],
            "state": [[_word(row.state, language)] for row in rows],
            "multiple": pd.Series([row.multiple for row in rows], dtype="Float64"),
            "trend": [list(row.trend) for row in rows],
            "since": [
                say("report.time.short", language, at=row.since) if row.since else None
                for row in rows
            ],
        }
    )


def _columns(language: str) -> dict[str, Any]:
    def title(name: str) -> str:
        return say(f"page_drift.col.{name}", language)

    def hint(name: str, **values: object) -> str:
        return say(f"page_drift.help.{name}", language, **values)

    config = st.column_config
    return {
        "column": config.TextColumn(title("column"), width=126),
        "state": chip_column(
            title("state"),
            {_word(state, language): colour for state, colour in _COLOURS.items()},
            width=98,
        ),
        "multiple": config.NumberColumn(
            title("multiple"), format="%.1f×", width=56, help=hint("multiple")
        ),
        "trend": trend_column(
            title("trend"), y_max=TREND_CAP, width=80, help=hint("trend", n=TREND_WINDOWS)
        ),
        "since": config.TextColumn(title("since"), width=60, help=hint("since")),
    }


def _word(state: ColumnState, language: str) -> str:
    return say(f"report.state_of.{state}", language)
