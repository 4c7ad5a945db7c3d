"""Reports: one file that says what was judged, to mail, attach or keep."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import streamlit as st

from app import fetch
from app.components.address import bound_select
from app.components.markdown import plain
from app.context import Context
from app.frame import show
from app.queries.report_span import (
    EXTENSIONS,
    MIME,
    ReportChoice,
    covers_any,
    spans,
    window_of,
)
from domain.catalogue import LANGUAGES
from domain.errors import NothingToJudgeError
from reports import numbers

_LINES: Final = 60
_PREVIEW_PX: Final = 900
_NAMES: Final = {"en": "English", "zh": "中文"}
# the preview runs nothing, whatever a name in the logs may look like
_POLICY: Final = '<head><meta http-equiv="Content-Security-Policy" content="script-src \'none\'">'


def draw(context: Context) -> None:
    """Draw the page."""
    if not context.target.windows:
        raise NothingToJudgeError(f"no window of {context.selection.model} was judged")
    st.markdown(context.say("page_reports.intro"))
    choice = _choose(context)
    span = numbers.span(choice.window, context.language) if choice.window else None
    covers = context.say("page_reports.covers", span=span or context.say("page_reports.span.all"))
    st.markdown(f":gray[{plain(covers)}]")
    judged = covers_any(choice.window, context.target.windows)
    if not judged:
        st.info(context.say("page_reports.nothing"), icon=":material/help:")
    with st.container(horizontal=True):
        asked = st.button(
            context.say("page_reports.make"),
            icon=":material/play_arrow:",
            disabled=not judged,
        )
        _offer_download(context, choice, judged=judged)
    if asked:
        st.session_state["generated"] = (choice, fetch.minute(context.now))
    generated, at = st.session_state.get("generated", (None, context.now))
    if generated == choice:
        _draw_report(context, choice, at)
    st.subheader(context.say("page_reports.command"), anchor=False)
    st.code(choice.command, language=None, wrap_lines=True)
    st.markdown(context.say("page_reports.command.more"))


def _choose(context: Context) -> ReportChoice:
    newest, chosen = context.target.windows[-1].window, context.selection.window
    offered = spans(chosen)
    with st.grid(3, min_column_width=200):
        span = bound_select(
            "span",
            context.say("page_reports.span"),
            offered,
            lambda name: context.say(f"page_reports.span.{name}"),
            "window" if chosen else "month",
        )
        output = bound_select(
            "format",
            context.say("page_reports.format"),
            tuple(EXTENSIONS),
            lambda name: context.say(f"page_reports.format.{name}"),
            "html",
        )
        words = bound_select(
            "report_lang",
            context.say("page_reports.language"),
            LANGUAGES,
            _NAMES.__getitem__,
            context.language,
        )
    return ReportChoice(context.selection.model, window_of(span, newest, chosen), output, words)


def _offer_download(context: Context, choice: ReportChoice, *, judged: bool) -> None:
    st.download_button(
        context.say("page_reports.download"),
        # made when it is asked for, unless it was already
        data=lambda: fetch.report(context, choice, fetch.minute(context.now)),
        file_name=choice.file_name,
        mime=MIME[choice.format],
        icon=":material/download:",
        on_click="ignore",
        disabled=not judged,
    )


def _draw_report(context: Context, choice: ReportChoice, at: datetime) -> None:
    with st.status(context.say("page_reports.making")) as status:
        st.markdown(context.say("page_reports.gathering"))
        fetch.report_view(context, choice, at)
        st.markdown(context.say("page_reports.writing"))
        content = fetch.report(context, choice, at)
        size = f"{len(content) / 1024:,.0f} kB"
        made = context.say("page_reports.made", name=choice.file_name, size=size)
        status.update(label=made, state="complete")
    st.subheader(context.say("page_reports.preview"), anchor=False)
    text = content.decode("utf-8")
    if choice.format == "html":
        with_policy = text.replace("<head>", _POLICY, 1)
        st.iframe(with_policy, height=_PREVIEW_PX, alt=context.say("page_reports.preview"))
        return
    lines = text.splitlines()
    st.code("\n".join(lines[:_LINES]), language=_syntax(choice.format))
    if len(lines) > _LINES:
        st.markdown(f":gray[{context.say('page_reports.preview.part', n=_LINES)}]")


def _syntax(output: str) -> str | None:
    return {"json": "json", "md": "markdown", "junit": "xml"}.get(output)


show(draw, needs="model")
