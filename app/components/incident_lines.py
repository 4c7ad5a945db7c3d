"""Incidents as lines: how bad, what, and a link to the evidence."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.components.chips import severity_chip, state_chip
from app.components.links import page_link
from app.components.markdown import plain
from app.context import Context
from domain.headlines import headline
from domain.incident import Incident

_SHOWN = 6


def incident_lines(context: Context, incidents: Sequence[Incident]) -> None:
    """
    Draw a line for each incident, and say how many more there are.

    Parameters
    ----------
    context : Context
    incidents : sequence of Incident
        The first six are drawn.
    """
    language = context.language
    for incident in incidents[:_SHOWN]:
        with st.container(horizontal=True, vertical_alignment="center", gap="small", border=False):
            chips = f"{severity_chip(incident.severity, language)} "
            chips += state_chip(incident.state, language)
            st.markdown(f"{chips} {plain(headline(incident, language))}", width="content")
            page_link(
                context.say("page_service.incidents.show"),
                "alerts",
                model=incident.model,
                incident=incident.incident_id,
            )
    more = len(incidents) - _SHOWN
    if more > 0:
        st.markdown(f":gray[{context.say('report.rows_more', n=more)}]")
