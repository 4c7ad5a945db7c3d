"""Fleet: how every deployment stands, and what needs attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app import fetch
from app.components.banner import banner
from app.components.cards import Kpi, kpi_row
from app.components.chips import health_colour, severity_colours
from app.components.incident_cards import incident_cards
from app.components.links import go, page_link
from app.components.tables import chip_column, clicked_row, table_height, trend_column
from app.context import Context
from app.frame import show
from app.queries import fleet as queries
from app.queries.incidents import place_of
from app.queries.when import about, ago
from domain.headlines import headline
from domain.incident import Incident
from monitors.views.fleet import FleetView, Health
from reports.judgement import plural


def draw(context: Context) -> None:
    """Draw the page."""
    view = fetch.fleet(context)
    _draw_figures(context, view)
    _draw_open(context, view)
    _draw_deployments(context, view)
    _draw_over(context, view)


def _draw_figures(context: Context, view: FleetView) -> None:
    kpi_row(
        [
            Kpi(
                label=context.say(figure.key),
                value=figure.value,
                note=figure.note,
                tone=figure.tone,
                help=context.say(f"{figure.key}.help"),
            )
            for figure in queries.figures(view, context.language)
        ]
    )


def _draw_open(context: Context, view: FleetView) -> None:
    opened = queries.open_incidents(view)
    if not opened:
        banner(*queries.quiet(view, context.language))
        return
    st.subheader(context.say("page_fleet.attention"), anchor=False)
    incident_cards(context, opened[: queries.CARDS], fetch.targets_of(context))
    more = len(opened) - queries.CARDS
    if more > 0:
        page_link(plural("page_fleet.more", more, context.language), "alerts")


def _draw_deployments(context: Context, view: FleetView) -> None:
    say, rows = context.say, queries.rows(view, context.language)
    st.subheader(say("page_fleet.all"), anchor=False)
    table = {
        "health": [[row.chip] for row in rows],
        "deployment": [queries.name_of(row.deployment, context.language) for row in rows],
        "worst": [row.worst for row in rows],
        "far": [row.far for row in rows],
        "trend": [row.trend for row in rows],
        "p99": [row.p99_ms for row in rows],
        "p99_trend": [row.p99_trend for row in rows],
        "failed": [row.failed for row in rows],
        "left": [row.budget for row in rows],
        "n": [row.predictions for row in rows],
    }
    clicked = clicked_row(
        table,
        key="deployments",
        alt=say("page_fleet.all"),
        columns=_columns(context, rows),
        height=table_height(len(rows)),
    )
    st.markdown(f":gray[{say('page_fleet.click')}]")
    if clicked is not None:
        deployment = rows[clicked].deployment
        go("drift", model=deployment.model, version=deployment.version)


def _columns(context: Context, rows: Sequence[queries.DeploymentRow]) -> dict[str, Any]:
    """Return how each column of the deployments' table is drawn."""
    say, columns = context.say, st.column_config
    # a chip with a date is long; what stands in a column that gives way can be read in half
    dated = any(row.health is Health.RETIRED for row in rows)
    return {
        "health": chip_column(
            say("page_fleet.health"),
            {row.chip: health_colour(row.health) for row in rows},
            width=168 if dated else 95,
        ),
        "deployment": columns.TextColumn(say("page_fleet.deployment"), width=120),
        "worst": columns.TextColumn(say("page_fleet.worst"), width=130 if dated else 150),
        "far": columns.TextColumn(
            say("page_fleet.far"), width=65, alignment="right", help=say("page_fleet.far.help")
        ),
        "trend": trend_column(
            say("page_fleet.trend"), width=100 if dated else 115, help=say("page_fleet.trend.help")
        ),
        "p99": columns.NumberColumn(say("page_fleet.p99"), format="%.0f ms", width=65),
        "p99_trend": trend_column(
            say("page_fleet.p99.trend"),
            y_max=queries.scale_ms(rows),
            color="gray",
            width=95,
            help=say("page_fleet.p99.help"),
        ),
        "failed": columns.TextColumn(say("page_fleet.failed"), width=65, alignment="right"),
        "left": columns.TextColumn(say("page_fleet.left"), width=100, alignment="right"),
        "n": columns.NumberColumn(say("page_fleet.n"), format="localized", width=85),
    }


def _draw_over(context: Context, view: FleetView) -> None:
    over = queries.over_incidents(view)
    if not over:
        return
    st.subheader(context.say("page_fleet.over"), anchor=False)
    clicked = _over_table(context, over)
    if clicked is not None:
        place = place_of(over[clicked], fetch.targets_of(context))
        go(place.page, **place.keys)


def _over_table(context: Context, over: Sequence[Incident]) -> int | None:
    say, language = context.say, context.language
    columns = st.column_config
    return clicked_row(
        {
            "severity": [[say(f"report.severity.{one.severity}")] for one in over],
            "what": [headline(one, language) for one in over],
            "where": [queries.place_name(one, language) for one in over],
            "lasted": [about(one.last_seen_at - one.started_at, language) for one in over],
            "over": [ago(one.last_seen_at, context.now, language) for one in over],
        },
        key="over",
        alt=say("page_fleet.over"),
        columns={
            "severity": chip_column(say("page_fleet.over.severity"), severity_colours(language)),
            "what": columns.TextColumn(say("page_fleet.over.what"), width="large"),
            "where": columns.TextColumn(say("page_fleet.over.where"), width=140),
            "lasted": columns.TextColumn(say("page_fleet.over.lasted"), width=80),
            "over": columns.TextColumn(say("page_fleet.over.over"), width=90),
        },
        height=table_height(len(over)),
    )


show(draw, needs="nothing")
