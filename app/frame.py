"""
The frame around every page: its head, what it looks at, and what stands there when all is not well.

A page's file defines how it is drawn and ends with ``show(draw, needs="window")``. Whatever goes
wrong inside is told in a card; nobody sees a traceback.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Final, Literal

import streamlit as st

from app import fetch, site
from app.components.markdown import plain
from app.context import Context
from app.context_bar import Needs, complete_address, draw_context_bar
from app.provided import Provided, provided
from app.queries.when import next_check
from app.reader import colours, language
from app.selection import Parsed, parse
from app.states import draw_empty_store, draw_error, draw_notices, draw_stale, draw_unjudged
from domain.catalogue import say
from domain.errors import DriftlineError, NothingToJudgeError, StoreError
from monitors.views.fleet import Target
from reports import numbers

log = logging.getLogger(__name__)

Drawing = Callable[[Context], None]
DrawingEmpty = Callable[[Provided, str], None]
REFRESH_S: Final = 60.0
_NEEDS: Final = {
    "nothing": Needs.NOTHING,
    "model": Needs.MODEL,
    "version": Needs.VERSION,
    "end": Needs.END,
    "window": Needs.WINDOW,
}


def show(
    draw: Drawing,
    *,
    needs: Literal["nothing", "model", "version", "end", "window"],
    empty: DrawingEmpty | None = None,
) -> None:
    """
    Draw a page inside the frame; the last line of every page's file.

    Parameters
    ----------
    draw : callable
        Takes the `Context`, and draws what is below head and controls.
    needs : {"nothing", "model", "version", "end", "window"}
        What the page looks at: the controls that are shown. With ``"end"`` the window is offered as
        the end of what is shown, and nothing to draw against. With ``"window"`` a model without a
        judged window gets a card that says so, and `draw` is not called.
    empty : callable, optional
        Draws what is to be said of a store without any model, below the card that says so; takes
        what the page is made of, and the language.
    """
    words = language()
    st.title(say(f"pages.{site.shown.get().name}.title", words), anchor=False)
    try:
        source = provided()
        _keep_fresh(source, _state(source))
        if not _draw_page(source, draw, _NEEDS[needs], words) and empty is not None:
            empty(source, words)
    except StoreError as error:
        _told(error, say("pages.error.store", words), words)
    except DriftlineError as error:
        _told(error, say("pages.error.title", words), words)
    except Exception:  # the last resort of a page: a card for the reader, the rest for the log
        error_id = _error_id()
        log.exception("page.failed", extra=_fields(error_id))
        title, what = say("pages.error.title", words), say("pages.error.unexpected", words)
        draw_error(title, what, error_id, words)


def _state(source: Provided) -> object:
    """Return what a page hangs on beside its address; None where nothing can be asked."""
    service, now = source.service, source.clock()
    try:
        revision = service.revision()
        models = [target.model for target in fetch.targets(service, revision, now)]
        return revision, models, sorted(fetch.stale(service, revision, now)) if models else []
    except DriftlineError:  # the page itself tells of it
        return None


@st.fragment(run_every=REFRESH_S)
def _keep_fresh(source: Provided, drawn: object) -> None:
    """Draw the page anew once it would show something else: a screen on the wall has no reader."""
    if _state(source) != drawn:
        st.rerun(scope="app")


def _draw_page(source: Provided, draw: Drawing, needs: Needs, words: str) -> bool:
    """Draw a page; return whether there is any model."""
    now = source.clock()
    revision = source.service.revision()
    targets = fetch.targets(source.service, revision, now)
    if not targets:
        draw_empty_store(now, words)
        return False
    parsed = parse(st.query_params.to_dict(), targets)
    context = _context(source, parsed, revision, words)
    complete_address(context, needs)
    _draw_head(context, needs)
    draw_context_bar(context, [target.model for target in targets], needs)
    draw_notices(parsed.notices if needs else (), words)
    draw_stale(context, only_selected=bool(needs))
    _draw_below(context, draw, needs)
    return True


def _draw_below(context: Context, draw: Drawing, needs: Needs) -> None:
    if needs is Needs.WINDOW and not context.target.windows:
        draw_unjudged(context)
        return
    try:
        draw(context)
    except NothingToJudgeError:
        draw_unjudged(context)


def _context(source: Provided, parsed: Parsed, revision: str, words: str) -> Context:
    return Context(
        service=source.service,
        revision=revision,
        now=source.clock(),
        recorded=source.recorded,
        language=words,
        palette=colours(),
        selection=parsed.selection,
        target=parsed.target,
    )


def _draw_head(context: Context, needs: Needs) -> None:
    """Say until when there is data, when the next check is, and how much was judged."""
    fleet = fetch.fleet(context)
    until = fleet.data_until if needs is Needs.NOTHING else _data_end(context.target)
    facts = [context.say("pages.head.through", at=numbers.moment(until, context.language))]
    if context.recorded:
        at = numbers.moment(context.now, context.language)
        facts.append(context.say("pages.head.recorded", at=at))
    else:
        when = next_check(fleet.next_check, context.now, context.language)
        facts.append(context.say("pages.head.next", when=when))
    if needs is Needs.NOTHING:
        n = numbers.count(fleet.predictions)
        facts.append(context.say("pages.head.predictions", n=n))
    line = " · ".join(facts)
    st.markdown(f":gray[{plain(line[:1].upper() + line[1:])}]")


def _data_end(target: Target) -> datetime | None:
    return target.data_span.end if target.data_span else None


def _told(error: DriftlineError, title: str, words: str) -> None:
    error_id = _error_id()
    log.warning("page.refused", extra={**_fields(error_id), "error": type(error).__name__})
    draw_error(title, str(error), error_id, words)


def _fields(error_id: str) -> dict[str, str]:
    return {"page": site.shown.get().name, "error_id": error_id}


def _error_id() -> str:
    return uuid.uuid4().hex[:8]
