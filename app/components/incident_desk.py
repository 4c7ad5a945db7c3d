"""The alert desk: who has taken an incident on, and what was accepted as normal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import streamlit as st

from app.components.markdown import plain
from app.context import Context
from app.queries.alerts import columns_of, concerns_columns, is_open
from app.queries.drift_verdict import NEEDED_WINDOWS
from domain.acceptance import Acceptance
from domain.errors import DriftlineError, UsageError
from domain.incident import Acknowledgement, Cause, Incident
from reports import numbers
from reports.plain import printable

# what the last action said, for the drawing that follows it; the name is kept for the session
DONE, FAILED, WHO = "alerts-done", "alerts-failed", "alerts-last-who"


def draw_desk(context: Context, incident: Incident) -> None:
    """Draw what the last decision did, and the two forms that decide."""
    _draw_answer(context)
    if incident.cause is Cause.MONITOR:
        st.markdown(f":gray[{plain(context.say('page_alerts.ack.monitor'))}]")
        return
    failed = st.session_state.pop(FAILED + "-form", None)
    with st.expander(
        context.say("page_alerts.ack"),
        icon=":material/how_to_reg:",
        expanded=(is_open(incident) and incident.acknowledged_at is None) or failed == "ack",
    ):
        _draw_acknowledge(context, incident)
    if concerns_columns(incident):
        with st.expander(
            context.say("page_alerts.accept"),
            icon=":material/published_with_changes:",
            expanded=failed == "accept",
        ):
            _draw_accept(context, incident)


def _draw_answer(context: Context) -> None:
    """Say what the last action did, or why it did nothing."""
    done, failed = (st.session_state.pop(key, None) for key in (DONE, FAILED))
    if done:
        st.success(plain(done), icon=":material/check_circle:")
    if failed:
        with st.container(border=True):
            title = context.say("page_alerts.error")
            st.markdown(f"#### :red[:material/error:] {plain(title)}")
            st.markdown(plain(failed))


def draw_history(context: Context, incident: Incident) -> None:
    """Draw who has taken the incident on, and what was accepted of its columns."""
    st.markdown(f"**{context.say('page_alerts.history')}**")
    taken = (
        context.service.acknowledgements(incident.incident_id, context.now)
        # what follows from the clock alone cannot be taken on
        if incident.cause is not Cause.MONITOR
        else ()
    )
    lines = [(one.at, _taken(context, one)) for one in taken]
    lines += [
        (one.at, _accepted(context, one))
        for one in context.service.acceptances(incident.model)
        if not one.columns or set(one.columns) & set(incident.subjects)
    ]
    if not lines:
        st.markdown(f":gray[{plain(context.say('page_alerts.history.none'))}]")
    for _, line in sorted(lines):
        st.markdown(f"- {plain(line)}")


def _taken(context: Context, one: Acknowledgement) -> str:
    note = f": {one.note}" if one.note else ""
    return _told(context, "acknowledged", at=one.at, who=one.who, note=note)


def _accepted(context: Context, one: Acceptance) -> str:
    return _told(
        context,
        "accepted",
        at=one.at,
        who=one.who,
        columns=_listed(context, one.columns),
        since=numbers.moment(one.since, context.language),
        why=one.why,
    )


def _told(context: Context, key: str, *, at: datetime, **values: str) -> str:
    known = {name: printable(value) for name, value in values.items()}
    moment = numbers.moment(at, context.language)
    return context.say(f"page_alerts.history.{key}", at=moment, **known)


def _listed(context: Context, columns: tuple[str, ...]) -> str:
    if not columns:
        return context.say("page_alerts.history.all_columns")
    return context.say("report.list").join(columns)


def _draw_acknowledge(context: Context, incident: Incident) -> None:
    key = f"ack-{incident.incident_id}"
    st.markdown(plain(context.say("page_alerts.ack.what")))
    with st.form(key, border=False):
        _who(context, f"{key}-who")
        st.text_input(context.say("page_alerts.note"), key=f"{key}-note", max_chars=500)
        st.form_submit_button(
            context.say("page_alerts.ack"),
            type="primary",
            icon=":material/how_to_reg:",
            key=f"{key}-do",
            on_click=lambda: _attempt("ack", lambda: _acknowledge(context, incident, key)),
        )


def _draw_accept(context: Context, incident: Incident) -> None:
    key = f"accept-{incident.incident_id}"
    columns = columns_of(incident)
    st.markdown(plain(context.say("page_alerts.accept.what", n=NEEDED_WINDOWS)))
    with st.form(key, border=False):
        st.multiselect(
            context.say("page_alerts.accept.columns"),
            columns,
            default=columns,
            format_func=printable,
            key=f"{key}-columns",
        )
        st.datetime_input(
            context.say("page_alerts.accept.since"),
            value=incident.started_at.replace(tzinfo=None),
            max_value=context.now.replace(tzinfo=None),
            key=f"{key}-since",
        )
        st.text_input(context.say("page_alerts.accept.why"), key=f"{key}-why", max_chars=500)
        _who(context, f"{key}-who")
        st.checkbox(context.say("page_alerts.accept.sure"), key=f"{key}-sure")
        st.form_submit_button(
            context.say("page_alerts.accept"),
            icon=":material/published_with_changes:",
            key=f"{key}-do",
            on_click=lambda: _attempt("accept", lambda: _accept(context, incident, key)),
        )


def _who(context: Context, key: str) -> None:
    known = st.session_state.get(WHO, "")
    st.text_input(context.say("page_alerts.who"), value=known, key=key, max_chars=100)


def _attempt(form: str, act: Callable[[], str]) -> None:
    """Do what was asked; what goes wrong is told in a card by the drawing that follows."""
    try:
        st.session_state[DONE] = act()
    except DriftlineError as error:
        st.session_state[FAILED] = str(error)
        st.session_state[FAILED + "-form"] = form


def _acknowledge(context: Context, incident: Incident, key: str) -> str:
    who = _given(context, f"{key}-who", "who")
    note = str(st.session_state[f"{key}-note"]).strip() or None
    context.service.acknowledge(incident.incident_id, who, note, context.now)
    st.session_state[WHO] = who
    return context.say("page_alerts.ack.done", who=printable(who))


def _accept(context: Context, incident: Incident, key: str) -> str:
    columns = st.session_state[f"{key}-columns"]
    # no column means all of them to the Service; here nothing chosen is a mistake
    if not columns:
        raise UsageError(context.say("page_alerts.error.columns"))
    since = st.session_state[f"{key}-since"]
    if since is None:
        raise UsageError(context.say("page_alerts.error.since"))
    why, who = (_given(context, f"{key}-{name}", name) for name in ("why", "who"))
    if not st.session_state[f"{key}-sure"]:
        raise UsageError(context.say("page_alerts.error.sure"))
    since = since.replace(tzinfo=UTC)
    context.service.accept(incident.model, columns, since, why, who, context.now)
    st.session_state[WHO] = who
    return context.say(
        "page_alerts.accept.done",
        who=printable(who),
        columns=printable(_listed(context, tuple(columns))),
        since=numbers.moment(since, context.language),
    )


def _given(context: Context, key: str, name: str) -> str:
    value = str(st.session_state[key]).strip()
    if not value:
        raise UsageError(context.say(f"page_alerts.error.{name}"))
    return value
