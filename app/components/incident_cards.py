"""Open incidents as cards: what, since when, how sure, and one link to look closer."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import site
from app.components.chips import severity_chip
from app.components.links import with_language
from app.components.markdown import plain
from app.context import Context
from app.queries.fleet import place_name
from app.queries.incidents import place_of
from app.queries.when import about
from domain.headlines import headline, sentences
from domain.incident import Incident
from monitors.views.fleet import Target


def incident_cards(
    context: Context, incidents: Sequence[Incident], targets: Sequence[Target]
) -> None:
    """
    Draw a card for each incident, side by side.

    Parameters
    ----------
    context : Context
    incidents : sequence of Incident
        At most three.
    targets : sequence of Target
        To point at the window that an incident was last seen in.
    """
    grid = st.grid(len(incidents), min_column_width=300)
    for incident in incidents:
        with grid.cell(), st.container(border=True, height="stretch", gap="xsmall"):
            _card(context, incident, targets)


def _card(context: Context, incident: Incident, targets: Sequence[Target]) -> None:
    language = context.language
    name = place_name(incident, language)
    st.markdown(f"{severity_chip(incident.severity, language)} **{plain(name)}**")
    st.markdown(f"**{plain(headline(incident, language))}**")
    evidence = sentences(incident, language)
    if evidence:
        st.markdown(plain(evidence[0]))
    place = place_of(incident, targets)
    with st.container(horizontal=True, horizontal_alignment="distribute", gap="small"):
        st.markdown(f":gray[{plain(_when(context, incident))}]")
        st.page_link(
            site.entry(place.page).path,
            label=f"**{context.say('pages.investigate')}**",
            icon=":material/arrow_forward:",
            icon_position="right",
            help="",
            query_params=with_language(place.keys),
        )


def _when(context: Context, incident: Incident) -> str:
    facts = [
        context.say(
            "page_fleet.card.since",
            length=about(context.now - incident.started_at, context.language),
        )
    ]
    if incident.acknowledged_by:
        facts.append(context.say("page_fleet.card.acknowledged", who=incident.acknowledged_by))
    return " · ".join(facts)
