"""Data: what is stored, how fresh it is, where it came from, and what keeps it."""

from __future__ import annotations

from app import fetch
from app.components.banner import banner
from app.components.cards import Kpi, kpi_row
from app.components.data_sections import draw_conflicts, draw_models, draw_store, draw_tiers
from app.components.rejected_desk import draw_rejected
from app.components.source_sections import (
    draw_followed,
    draw_labels,
    draw_sources,
    draw_waiting,
)
from app.context import Context
from app.frame import show
from app.provided import Provided
from app.queries import data as queries


def draw(context: Context) -> None:
    """Draw the page."""
    view, now, language = fetch.data(context), context.now, context.language
    banner(*queries.opening(view, language))
    kpi_row(
        [
            Kpi(
                label=context.say(figure.key),
                value=figure.value,
                note=figure.note,
                tone=figure.tone,
                help=context.say(f"{figure.key}.help"),
            )
            for figure in queries.figures(view, now, language)
        ]
    )
    draw_models(view, now, language)
    draw_conflicts(view, language)
    draw_followed(view, now, language)
    draw_rejected(context.service, view, now, language)
    draw_waiting(view, now, language)
    draw_labels(view, lambda: fetch.label_standing(context), language)
    draw_sources(view, now, language)
    draw_tiers(view, language)
    draw_store(view, now, language)


def draw_empty(source: Provided, language: str) -> None:
    """Say what could not be read, where nothing could; and what the store is."""
    now = source.clock()
    view = source.service.data(now)
    draw_followed(view, now, language)
    draw_rejected(source.service, view, now, language)
    draw_waiting(view, now, language)
    draw_store(view, now, language)


show(draw, needs="nothing", empty=draw_empty)
