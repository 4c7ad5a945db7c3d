"""The controls that say what a page looks at; the address is the only place that keeps it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Final

import streamlit as st

from app.context import Context
from domain.catalogue import say
from domain.run import RunStatus
from monitors.views.drift import Against
from monitors.views.fleet import JudgedWindow
from reports import numbers

# windows offered; an older one is reached by a link, and then it is offered too
_OFFERED: Final = 120
NEWEST: Final = ""


class Needs(IntEnum):
    """What a page looks at; each needs what stands before it."""

    NOTHING = 0
    MODEL = 1
    VERSION = 2
    END = 3
    WINDOW = 4


def draw_context_bar(context: Context, models: Sequence[str], needs: Needs) -> None:
    """Draw the controls that matter on the page."""
    if needs is Needs.NOTHING:
        return
    selection, language = context.selection, context.language
    bar = st.grid(max(int(needs), 2), min_column_width=170)
    with bar:
        _choose("model", selection.model, models, str, language)
        if needs >= Needs.VERSION:
            nameless = say("pages.bar.version.none", language)
            _choose(
                "version",
                selection.version,
                context.target.versions,
                lambda version: version or nameless,
                language,
            )
        if needs >= Needs.END:
            _choose_window(context)
        if needs >= Needs.WINDOW:
            _choose(
                "against",
                selection.against.value,
                [against.value for against in Against],
                lambda against: say(f"pages.against.{against}", language),
                language,
                hint=say("pages.bar.against.help", language),
            )


def _choose(
    key: str,
    value: str,
    options: Sequence[str],
    words: Callable[[str], str],
    language: str,
    *,
    hint: str | None = None,
) -> None:
    # set before it is drawn: the address leads, the control follows
    st.session_state[key] = value
    st.selectbox(
        say(f"pages.bar.{key}", language),
        options,
        format_func=words,
        key=key,
        help=hint,
        on_change=_chosen,
        args=(key,),
    )


def _choose_window(context: Context) -> None:
    language = context.language
    judged = context.target.windows
    offered = list(reversed(judged[-_OFFERED:]))
    chosen = context.selection.window
    if chosen is not None and chosen not in [one.window for one in offered]:
        offered += [one for one in judged if one.window == chosen]
    labels = {str(one.window): _label(one, language) for one in offered}
    newest = numbers.span(judged[-1].window, language) if judged else numbers.DASH
    labels = {NEWEST: say("pages.bar.window.newest", language, window=newest), **labels}
    value = NEWEST if chosen is None else str(chosen)
    _choose("window", value, list(labels), labels.__getitem__, language)


def _label(judged: JudgedWindow, language: str) -> str:
    window = numbers.span(judged.window, language)
    if judged.status is RunStatus.OK:
        return window
    status = say(f"report.status.{judged.status}", language)
    return say("pages.bar.window.status", language, window=window, status=status)


def _chosen(key: str) -> None:
    """Write a choice into the address; another model leaves everything else behind."""
    value = st.session_state[key]
    keys = st.query_params.to_dict()
    if key == "model":
        keys = {name: keys[name] for name in ("lang",) if name in keys}
    keys.pop(key, None)
    if value != NEWEST or key == "version":
        keys[key] = value
    st.query_params.from_dict(keys)


def complete_address(context: Context, needs: Needs) -> None:
    """
    Write into the address what it leaves open, so that it means the same tomorrow.

    What it asks for in vain stays in it, and so does the notice that says so.
    """
    if needs is Needs.NOTHING:
        return
    chosen = {"model": context.selection.model, "version": context.selection.version}
    missing = {name: value for name, value in chosen.items() if name not in st.query_params}
    if needs is Needs.MODEL:
        missing.pop("version", None)
    if missing:
        st.query_params.update(missing)
