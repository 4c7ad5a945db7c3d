"""The sections of the Data page about models, old rows and the store itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import streamlit as st

from app.components.links import go
from app.components.markdown import plain
from app.components.tables import (
    chip_column,
    clicked_row,
    draw_table,
    table_height,
    trend_column,
)
from app.queries import data as queries
from app.queries import tiers
from domain.catalogue import say
from monitors.views.data import DataView, Freshness
from reports import numbers

_COLOURS: Final[Mapping[Freshness, str]] = {
    Freshness.SILENT: "red",
    Freshness.LATE: "orange",
    Freshness.AHEAD: "orange",
    Freshness.EMPTY: "gray",
    Freshness.CURRENT: "green",
}


def draw_models(view: DataView, now: datetime, language: str) -> None:
    """Draw the table of models; a click on a row leads to the model's calls."""
    rows = queries.rows(view, now, language)
    st.subheader(say("page_data.models", language), anchor=False)
    clicked = clicked_row(
        {
            "freshness": [[row.freshness] for row in rows],
            "model": [row.model for row in rows],
            "newest": [row.newest for row in rows],
            "coverage": [row.coverage for row in rows],
            "trend": [row.trend for row in rows],
            "predictions": [row.predictions for row in rows],
            "calls": [row.calls for row in rows],
            "labels": [row.labels for row in rows],
            "size": [row.size for row in rows],
            "since": [row.since for row in rows],
        },
        key="data-models",
        alt=say("page_data.models", language),
        columns=_model_columns(language),
        height=table_height(len(rows)),
    )
    notes = [say("page_data.models.note", language), queries.judged_note(view, language)]
    for note in filter(None, notes):
        st.markdown(f":gray[{plain(note)}]")
    if clicked is not None:
        go("slo", model=rows[clicked].model)


def draw_conflicts(view: DataView, language: str) -> None:
    """Draw the features that came with more than one type; nothing where none did."""
    found = queries.conflicts(view, language)
    if not found:
        return
    text = st.column_config.TextColumn
    st.subheader(say("page_data.conflicts", language), anchor=False)
    st.markdown(f":gray[{say('page_data.conflicts.note', language)}]")
    draw_table(
        {
            "model": [one.model for one in found],
            "feature": [one.feature for one in found],
            "types": [one.types for one in found],
        },
        key="data-conflicts",
        alt=say("page_data.conflicts", language),
        columns={
            "model": text(say("page_data.model", language), width=180),
            "feature": text(say("page_data.conflicts.feature", language), width=220),
            "types": text(say("page_data.conflicts.types", language), width="large"),
        },
    )


def draw_tiers(view: DataView, language: str) -> None:
    """Draw where the old rows of models go; nothing without a model."""
    rows = tiers.rows(view, language)
    if not rows:
        return
    st.subheader(say("page_data.tiers", language), anchor=False)
    if not tiers.is_told(view):
        st.markdown(f":gray[{plain(say('page_data.tiers.none', language))}]")
        return
    if n := tiers.damaged(view):
        gone = numbers.count(tiers.lost(view))
        st.error(say("page_data.tiers.damaged", language, n=n, rows=gone))
    # what went comes first: a phone shows two columns
    names = ("model", "archived", "dropped", "kept", "archive")
    widths = dict(zip(names, (140, 190, 170, 170, 330), strict=True))
    draw_table(
        {name: [getattr(row, name) for row in rows] for name in names},
        key="data-tiers",
        alt=say("page_data.tiers", language),
        columns={
            name: st.column_config.TextColumn(
                say("page_data.model" if name == "model" else f"page_data.tiers.{name}", language),
                width=widths[name],
            )
            for name in names
        },
    )
    st.markdown(f":gray[{plain(say('page_data.tiers.note', language))}]")


def draw_store(view: DataView, now: datetime, language: str) -> None:
    """Draw what is to be said of the store as a whole."""
    st.subheader(say("page_data.store", language), anchor=False)
    with st.container(border=True):
        grid = st.grid(3, min_column_width=280)
        for fact in queries.facts(view, now, language):
            grid.markdown(f":gray[{plain(fact.label)}]  \n{plain(fact.value)}")


def _model_columns(language: str) -> dict[str, Any]:
    columns, number = st.column_config, st.column_config.NumberColumn

    def word(name: str) -> str:
        return say(f"page_data.{name}", language)

    chips = {word(f"freshness.{kind}"): colour for kind, colour in _COLOURS.items()}
    return {
        "freshness": chip_column(word("freshness"), chips, width=95, help=word("freshness.help")),
        "model": columns.TextColumn(word("model"), width=140),
        "newest": columns.TextColumn(word("newest"), width=100),
        "coverage": columns.TextColumn(
            word("coverage"), width=115, alignment="right", help=word("coverage.help")
        ),
        "trend": trend_column(word("trend"), y_max=1.05, width=130, help=word("trend.help")),
        "predictions": number(word("predictions"), format="localized", width=95),
        "calls": number(word("calls"), format="localized", width=95),
        "labels": number(word("labels"), format="localized", width=95),
        "size": columns.TextColumn(
            word("bytes"), width=75, alignment="right", help=word("bytes.help")
        ),
        "since": columns.TextColumn(word("since"), width=95),
    }
