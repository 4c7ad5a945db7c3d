"""Lines that could not be read: why, how long they are kept, and reading them once more."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import streamlit as st

from app import fetch
from app.components.banner import banner
from app.components.markdown import plain
from app.components.tables import draw_table
from app.queries import data_rejected as queries
from app.queries.data_sources import short
from domain.catalogue import say
from domain.errors import DriftlineError
from monitors.service import Service
from monitors.views.data import DataView
from reports.judgement import Tone

# what the last retry said, for the drawing that follows it
_SAID: Final = "data-retried"


def draw_rejected(service: Service, view: DataView, now: datetime, language: str) -> None:
    """Draw why lines were rejected, with the place of the newest of each kind; and the retry."""
    st.subheader(say("page_data.reasons", language), anchor=False)
    said: tuple[Tone, str] | None = st.session_state.pop(_SAID, None)
    if said is not None:
        banner(*said)
    if not view.rejected:
        st.markdown(f":gray[{say('page_data.reasons.none', language)}]")
    else:
        _draw_reasons(view, language)
    totals = view.rejected_totals
    if view.rejected or totals.read_again or totals.dropped:
        notes = (queries.first(view, language), queries.retention(view, language))
        for note in filter(None, notes):
            st.markdown(f":gray[{plain(note)}]")
    if view.rejected:
        failed = said is not None and said[0] is not Tone.OK
        with st.expander(
            say("page_data.retry", language), icon=":material/replay:", expanded=failed
        ):
            _draw_retry(service, view, now, language)


def _draw_reasons(view: DataView, language: str) -> None:
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    help_text = say("page_data.position.help", language)
    draw_table(
        {
            "reason": [one.reason for one in view.rejected],
            "lines": [one.lines for one in view.rejected],
            "place": [short(one.source) for one in view.rejected],
            "position": [one.position for one in view.rejected],
            "message": [one.message for one in view.rejected],
        },
        key="data-rejected",
        alt=say("page_data.reasons", language),
        columns={
            "reason": text(say("page_data.reason", language), width=140),
            "lines": number(say("page_data.lines", language), format="localized", width=75),
            "place": text(say("page_data.source", language), width=220),
            "position": number(
                say("page_data.position", language), format="localized", width=90, help=help_text
            ),
            "message": text(say("page_data.message", language), width="large"),
        },
    )


def _draw_retry(service: Service, view: DataView, now: datetime, language: str) -> None:
    if not view.rejected_totals.whole:
        st.markdown(plain(say("page_data.retry.cannot", language)))
        return
    st.markdown(plain(say("page_data.retry.what", language)))
    choices = queries.choices(view)
    with st.form("data-retry", border=False):
        choice = st.selectbox(
            say("page_data.retry.which", language),
            choices,
            format_func=lambda one: queries.chosen(one, language),
            key="data-retry-which",
        )
        text = st.text_area(
            say("page_data.retry.mapping", language),
            placeholder="ts: scored_at\nts_zone: Europe/Berlin",
            height=110,
            key="data-retry-mapping",
        )
        st.markdown(f":gray[{plain(say('page_data.retry.shell', language))}]")
        pressed = st.form_submit_button(
            say("page_data.retry.do", language),
            type="primary",
            icon=":material/replay:",
            key="data-retry-do",
        )
    if pressed:
        _retry(service, choice or choices[0], text, now, language)


def _retry(
    service: Service, choice: queries.Choice, text: str, now: datetime, language: str
) -> None:
    """Read lines again, and draw the page anew with what became of them."""
    try:
        wanted = queries.wanted(choice, text, now)
        with st.spinner(say("page_data.retry.doing", language, n=choice.lines)):
            counts = service.retry_rejected(wanted)
    except DriftlineError as error:
        st.session_state[_SAID] = Tone.WARNING, str(error)
    else:
        st.session_state[_SAID] = queries.outcome(counts, language)
        # new rows change no revision, and a first model would be seen in a minute only
        fetch.forget()
    st.rerun()
