"""The sections of the Data page about where data comes from, and what waits for the rest of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import streamlit as st

from app.components.markdown import plain
from app.components.tables import chip_column, draw_table
from app.queries import data_sources as queries
from domain.catalogue import say
from domain.label import LabelStanding
from monitors.views.data import DataView, Following
from reports import numbers

_COLOURS: Final[Mapping[Following, str]] = {
    Following.FAILING: "red",
    Following.STOPPED: "red",
    Following.BEHIND: "orange",
    Following.CURRENT: "green",
    Following.ONCE: "gray",
}


def draw_followed(view: DataView, now: datetime, language: str) -> None:
    """Draw how followed sources stand, and why some cannot be read; nothing without any."""
    rows = queries.followed(view, now, language)
    if not rows:
        return
    st.subheader(say("page_data.followed", language), anchor=False)
    for failure in queries.failures(view, language):
        st.warning(plain(failure), icon=":material/warning:")
    names = ("source", "behind", "newest", "looked_at", "files", "taken")
    draw_table(
        {
            "standing": [[row.standing] for row in rows],
            **{name: [getattr(row, name) for row in rows] for name in names},
        },
        key="data-followed",
        alt=say("page_data.followed", language),
        columns=_followed_columns(language),
    )


def draw_waiting(view: DataView, now: datetime, language: str) -> None:
    """Say which sides of calls wait for the other; nothing where none does."""
    told = queries.waiting(view, now, language)
    if told is not None:
        st.subheader(say("page_data.halves.title", language), anchor=False)
        st.markdown(plain(told))


def draw_labels(
    view: DataView, count: Callable[[], tuple[LabelStanding, ...]], language: str
) -> None:
    """
    Draw what predictions and labels wait for; nothing without labels.

    Parameters
    ----------
    view : DataView
    count : callable
        Counts them; called where that is quick, or asked for.
    language : str
    """
    if not queries.has_labels(view):
        return
    st.subheader(say("page_data.labels.title", language), anchor=False)
    if not queries.is_quick(view):
        n = numbers.compact(sum(one.predictions for one in view.models if one.labels))
        st.markdown(f":gray[{plain(say('page_data.labels.many', language, n=n))}]")
        if not st.button(say("page_data.labels.count", language), key="data-count-labels"):
            return
    rows = queries.labels(count())
    names = ("model", "pending", "share", "unmatched")
    draw_table(
        {name: [getattr(row, name) for row in rows] for name in names},
        key="data-labels",
        alt=say("page_data.labels.title", language),
        columns=_label_columns(language),
    )


def draw_sources(view: DataView, now: datetime, language: str) -> None:
    """Draw what came from where, the largest source first."""
    st.subheader(say("page_data.sources", language), anchor=False)
    rows = queries.sources(view, now, language)
    if not rows:
        st.markdown(f":gray[{say('page_data.sources.none', language)}]")
        return
    names = ["source", "last_at", "newest", "predictions", "calls", "labels", "duplicates"]
    names += ["passed_over"] if queries.has_passed_over(view) else []
    draw_table(
        {name: [getattr(row, name) for row in rows] for name in names},
        key="data-sources",
        alt=say("page_data.sources", language),
        columns=_source_columns(language),
    )
    if view.n_sources > len(view.sources):
        shown, total = len(view.sources), numbers.count(view.n_sources)
        st.markdown(f":gray[{say('page_data.sources.first', language, n=shown, total=total)}]")


def _followed_columns(language: str) -> dict[str, Any]:
    text = st.column_config.TextColumn

    def word(name: str) -> str:
        return say(f"page_data.{name}", language)

    chips = {word(f"following.{kind}"): colour for kind, colour in _COLOURS.items()}
    behind, looked = word("followed.behind"), word("followed.looked_at")
    return {
        "standing": chip_column(word("following"), chips, width=105, help=word("following.help")),
        "source": text(word("source"), width=230),
        "behind": text(behind, width=90, alignment="right", help=word("followed.behind.help")),
        "newest": text(word("newest"), width=110),
        "looked_at": text(looked, width=110),
        "files": _number(word("followed.files"), width=70),
        "taken": text(word("followed.taken"), width=90, alignment="right"),
    }


def _label_columns(language: str) -> dict[str, Any]:
    text = st.column_config.TextColumn

    def word(name: str) -> str:
        return say(f"page_data.labels.{name}", language)

    return {
        "model": text(say("page_data.model", language), width=200),
        "pending": _number(word("pending"), width=190),
        "share": text(word("of"), width=80, alignment="right"),
        "unmatched": _number(word("unmatched"), width=200, help_text=word("unmatched.help")),
    }


def _source_columns(language: str) -> dict[str, Any]:
    text = st.column_config.TextColumn

    def word(name: str) -> str:
        return say(f"page_data.{name}", language)

    return {
        "source": text(word("source"), width=230, help=word("source.help")),
        "last_at": text(word("last_at"), width=110, help=word("last_at.help")),
        "newest": text(word("newest"), width=110),
        "predictions": _number(word("new.predictions")),
        "calls": _number(word("new.calls")),
        "labels": _number(word("new.labels")),
        "duplicates": _number(word("duplicates"), help_text=word("duplicates.help")),
        "passed_over": _number(word("passed_over"), help_text=word("passed_over.help")),
    }


def _number(label: str, *, width: int = 105, help_text: str | None = None) -> Any:  # noqa: ANN401 (Streamlit's own type is private)
    return st.column_config.NumberColumn(label, format="localized", width=width, help=help_text)
