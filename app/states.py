"""What stands in a page's place, or above it, when all is not as usual."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from app import fetch
from app.components.cards import empty_card
from app.components.markdown import plain
from app.context import Context
from app.queries.when import next_check
from app.selection import Notice
from domain.catalogue import say
from domain.window import Window
from reports import numbers

_SEND = """curl -sS {url}/v1/predictions -H 'Content-Type: application/json' -d '{{
  "model": "my-model", "version": "1", "ts": "{at:%Y-%m-%dT%H:%M:%SZ}",
  "features": {{"age": 41, "plan": "basic"}}, "prediction": "stays", "score": 0.82,
  "latency_ms": 12.5, "status": 200}}'"""
_LOAD = "driftline ingest logs/*.ndjson"
_RUN = "driftline run"


def draw_empty_store(now: datetime, language: str) -> None:
    """Say that the store is empty, and how the first prediction gets into it."""
    empty_card("inbox", say("pages.empty.title", language), say("pages.empty.why", language))
    send, load = st.columns(2)
    with send:
        st.markdown(f"**{say('pages.empty.send', language)}**")
        url = (st.context.url or "").rstrip("/").partition("?")[0]
        origin = "/".join(url.split("/")[:3]) or "http://127.0.0.1:8501"
        st.code(_SEND.format(url=origin, at=now), language=None, wrap_lines=True)
    with load:
        st.markdown(f"**{say('pages.empty.load', language)}**")
        st.code(_LOAD, language=None)


def draw_unjudged(context: Context) -> None:
    """Say that predictions came but no window was judged, when one will be, and how to run one."""
    language = context.language
    when = next_check(fetch.fleet(context).next_check, context.now, language)
    why = say("pages.unjudged.next", language, model=context.selection.model, when=when)
    empty_card("hourglass_empty", say("pages.unjudged.title", language), why)
    st.markdown(say("pages.unjudged.run", language))
    st.code(_RUN, language=None)


def draw_notices(notices: tuple[Notice, ...], language: str) -> None:
    """Warn that the address asks for something that is not there, and say what is shown instead."""
    for notice in notices:
        text = say(f"pages.unknown.{notice.what}", language, asked=notice.asked)
        shown = _shown(notice, language)
        key = "pages.unknown.nearest" if notice.nearest else "pages.unknown.instead"
        st.warning(plain(f"{text} {say(key, language, shown=shown)}"), icon=":material/search_off:")


def draw_stale(context: Context, *, only_selected: bool) -> None:
    """Warn of monitors that stand still; what is shown then is the last that is known."""
    for model, span in fetch.fleet(context).stale.items():
        if only_selected and model != context.selection.model:
            continue
        since = numbers.moment(span.start, context.language)
        text = context.say("pages.stale", model=model, since=since)
        st.warning(plain(text), icon=":material/hourglass_disabled:")


def draw_error(title: str, what: str, error_id: str | None, language: str) -> None:
    """Say in one card what went wrong, under which id the log has it, and offer to try again."""
    with st.container(border=True):
        st.markdown(f"#### :red[:material/error:] {plain(title)}")
        st.markdown(plain(what))
        if error_id:
            st.markdown(f":gray[{say('pages.error.id', language, error_id=error_id)}]")
        st.button(say("pages.error.retry", language), icon=":material/refresh:", key="retry")


def _shown(notice: Notice, language: str) -> str:
    if notice.what == "against":
        return say(f"pages.against.{notice.shown}", language)
    if notice.what != "window":
        return notice.shown
    if not notice.shown:
        return say("pages.unknown.newest", language)
    return numbers.span(Window.parse(notice.shown), language)
