"""One incident in full: what it is, its evidence, its alerts then and now, and what to do."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app import fetch
from app.components.chips import severity_chip, severity_colours, state_chip
from app.components.incident_desk import draw_desk, draw_history
from app.components.incident_evidence import draw_evidence, drift_of, looking_at
from app.components.links import page_link
from app.components.markdown import plain
from app.components.tables import ROW_PX, chip_column, table_height
from app.context import Context
from app.queries.alerts import alert_rows, columns_of, concerns_columns, facts, first_window
from app.queries.incidents import place_of
from domain.headlines import headline, sentences
from domain.incident import Cause, Incident
from domain.run import Run
from domain.window import Window
from monitors.views.fleet import Target
from reports.plain import printable

_SENTENCES = 4
_LINKS = 3


def draw_incident(context: Context, incident: Incident) -> None:
    """Draw everything about one incident."""
    target = next((t for t in fetch.targets_of(context) if t.model == incident.model), None)
    with st.container(border=True):
        _draw_head(context, incident)
        left, right = st.columns(2, gap="medium")
        seen = None if target is None else looking_at(context, target, *_place(incident, target))
        with left:
            _draw_sentences(context, incident)
            if seen is not None and incident.cause is not Cause.MONITOR:
                _draw_alerts(seen, incident)
            _draw_links(context, incident, target)
            draw_history(context, incident)
        with right:
            if seen is not None:
                draw_evidence(seen, incident)
            draw_desk(context, incident)


def _place(incident: Incident, target: Target) -> tuple[str, Window | None]:
    """Return the version to look at, and the newest of its windows."""
    return place_of(incident, [target]).keys.get("version", target.versions[0]), None


def _draw_head(context: Context, incident: Incident) -> None:
    language = context.language
    chips = f"{severity_chip(incident.severity, language)} {state_chip(incident.state, language)}"
    st.markdown(f"### {chips} {plain(headline(incident, language))}")
    st.markdown(f":gray[{plain(' · '.join(facts(incident, context.now, language)))}]")


def _draw_sentences(context: Context, incident: Incident) -> None:
    st.markdown(f"**{context.say('page_alerts.evidence')}**")
    said = sentences(incident, context.language)
    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in said[:_SENTENCES]))
    if len(said) > _SENTENCES:
        with st.expander(context.say("page_alerts.more", n=len(said) - _SENTENCES)):
            st.markdown("\n".join(f"- {plain(sentence)}" for sentence in said[_SENTENCES:]))


def _draw_alerts(seen: Context, incident: Incident) -> None:
    began = first_window(incident, seen.target.windows)
    first = None if began is None else _run(seen, began)
    rows = alert_rows(incident, first, _run(seen, None), seen.language)
    st.markdown(f"**{seen.say('page_alerts.alerts')}**")
    st.dataframe(
        {
            "subject": [printable(row.subject) for row in rows],
            "severity": [[seen.say(f"report.severity.{row.severity}")] for row in rows],
            "trigger": [row.at_trigger for row in rows],
            "now": [row.now for row in rows],
            "windows": [row.windows for row in rows],
        },
        hide_index=True,
        row_height=ROW_PX,
        height=table_height(len(rows), 8),
        alt=seen.say("page_alerts.alerts.table"),
        column_config=_columns(seen),
    )


def _columns(seen: Context) -> dict[str, Any]:
    config = st.column_config
    return {
        "subject": config.TextColumn(seen.say("page_alerts.col.subject"), width=124),
        "severity": chip_column(
            seen.say("page_alerts.col.severity"), severity_colours(seen.language), width=80
        ),
        "trigger": config.TextColumn(seen.say("page_alerts.col.trigger"), width=116),
        "now": config.TextColumn(
            seen.say("page_alerts.col.now"), width=116, help=seen.say("page_alerts.help.now")
        ),
        "windows": config.NumberColumn(
            seen.say("page_alerts.col.windows"), width=46, help=seen.say("page_alerts.help.windows")
        ),
    }


def _run(seen: Context, window: Window | None) -> Run | None:
    view = drift_of(looking_at(seen, seen.target, seen.selection.version, window))
    return None if view is None else view.run


def _draw_links(context: Context, incident: Incident, target: Target | None) -> None:
    """Link to the page that shows its cause; of columns to each of the first few."""
    if target is None or incident.cause is Cause.MONITOR:
        return
    place = place_of(incident, [target])
    columns: list[str | None] = [None]
    if concerns_columns(incident):
        columns = [*columns_of(incident)[:_LINKS]] or columns
    for column in columns:
        name = "" if column is None else plain(printable(column))
        page_link(
            context.say(f"page_alerts.link.{place.page}", column=name),
            place.page,
            primary=column == columns[0],
            model=place.keys.get("model"),
            version=place.keys.get("version"),
            window=place.keys.get("window"),
            column=column,
            incident=place.keys.get("incident"),
        )
