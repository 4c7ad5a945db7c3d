"""The Drift page's table of slices: where in the traffic the selected column changed."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import streamlit as st

from app.components.markdown import plain
from app.components.tables import ROW_PX, table_height
from app.context import Context
from app.queries.slices import SliceTable
from reports import numbers
from reports.plain import printable

_SHOWN: Final = 6


def draw_slices(context: Context, table: SliceTable) -> None:
    """Draw which slices make the change, as the run kept them."""
    by = printable(table.by)
    st.markdown(f"**{context.say('page_drift.section.slices', by=plain(by))}**")
    st.dataframe(
        _frame(table),
        key="drift-slices",
        hide_index=True,
        height=table_height(len(table.rows), _SHOWN),
        row_height=ROW_PX,
        column_config=_columns(context, by),
        placeholder=numbers.DASH,
        alt=context.say("page_drift.table.slices", by=by),
    )


def _frame(table: SliceTable) -> pd.DataFrame:
    rows = table.rows
    return pd.DataFrame(
        {
            "slice": [printable(row.name) for row in rows],
            "part": [100 * row.part for row in rows],
            "psi": pd.Series([row.psi for row in rows], dtype="Float64"),
            "reference": [100 * row.share_reference for row in rows],
            "current": [100 * row.share_current for row in rows],
        }
    )


def _columns(context: Context, by: str) -> dict[str, Any]:
    config = st.column_config
    return {
        "slice": config.TextColumn(by, width=130),
        "part": config.ProgressColumn(
            context.say("page_drift.col.part"),
            format="%.0f%%",
            min_value=0.0,
            max_value=100.0,
            color="blue",
            width=140,
            help=context.say("page_drift.help.part"),
        ),
        "psi": config.NumberColumn(
            context.say("page_drift.col.psi_inside"),
            format="%.2f",
            width=70,
            help=context.say("page_drift.help.psi_inside"),
        ),
        "reference": config.NumberColumn(
            context.say("page_drift.col.rows_before"), format="%.1f%%", width=80
        ),
        "current": config.NumberColumn(
            context.say("page_drift.col.rows_now"), format="%.1f%%", width=80
        ),
    }
