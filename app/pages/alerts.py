"""Alerts: incidents with their evidence; acknowledge them, or accept a new normal."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import fetch
from app.components.cards import empty_card
from app.components.incident_detail import draw_incident
from app.components.incident_list import KEY, chosen_filter, draw_filters, draw_list
from app.components.markdown import plain
from app.context import Context
from app.frame import show
from app.queries.alerts import Filter, found, is_open, listed
from app.queries.when import next_check
from domain.incident import Incident
from reports.plain import printable


def draw(context: Context) -> None:
    """Draw the page."""
    every = fetch.incidents(context)
    models = [target.model for target in fetch.targets_of(context)]
    chosen = chosen_filter(context, models)
    draw_filters(context, chosen, models)
    shown = listed(every, chosen)
    selected = _selected(context, every, shown)
    if shown:
        draw_list(context, shown, selected)
    else:
        _draw_nothing(context, every, chosen)
    if selected is not None:
        draw_incident(context, selected)


def _selected(
    context: Context, every: Sequence[Incident], shown: Sequence[Incident]
) -> Incident | None:
    """Return the incident of the address, else the first of the list; say where it is not there."""
    asked = st.query_params.get(KEY)
    one = found(every, asked)
    if one is None and asked is not None:
        text = context.say("page_alerts.unknown", asked=printable(asked))
        st.warning(plain(text), icon=":material/search_off:")
    return one or (shown[0] if shown else None)


def _draw_nothing(context: Context, every: Sequence[Incident], chosen: Filter) -> None:
    """Say that all is well, or that the filter leaves nothing."""
    if any(map(is_open, every)) or chosen != Filter():
        why = context.say("page_alerts.none_match.why", n=len(every))
        empty_card("notifications_off", context.say("page_alerts.none_match"), why)
        return
    if context.recorded:
        said = context.say("page_alerts.none_open.recorded")
    else:
        at = fetch.fleet(context).next_check
        when = next_check(at, context.now, context.language)
        said = context.say("page_alerts.none_open", when=when)
    st.success(plain(said), icon=":material/check_circle:")


show(draw, needs="nothing")
