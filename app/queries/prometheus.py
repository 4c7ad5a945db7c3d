"""How it stands with the Prometheus that is asked, in one sentence."""

from __future__ import annotations

from datetime import datetime

from app.queries.when import ago
from domain.catalogue import say
from monitors.views.resources import PrometheusView
from reports import numbers


def standing(view: PrometheusView, now: datetime, language: str) -> str:
    """
    Say how it stands.

    Parameters
    ----------
    view : PrometheusView
    now : datetime
        Aware.
    language : {"en", "zh"}
    """
    errors = "; ".join(
        f"{query}: {error}" if query else error for query, error in sorted(view.errors.items())
    )
    newest = numbers.DASH if view.newest is None else ago(view.newest, now, language)
    return say(
        f"page_resources.prometheus.{view.asking}",
        language,
        url=view.url,
        errors=errors,
        newest=newest,
        series=numbers.count(view.series),
        unmatched=numbers.count(view.unmatched),
    )
