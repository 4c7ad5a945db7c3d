"""Gathering what a deployment used, over the same buckets as its latency."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from domain.resource import ResourceUse
from domain.run import Deployment
from domain.window import Window, align
from monitors.config import Config
from monitors.gathering.levels import bucket_length_s
from monitors.prometheus_config import SOURCE
from monitors.views.resources import Asking, PrometheusView
from store.store import Store

if TYPE_CHECKING:
    from monitors.prometheus.asking import PrometheusAsker

_HOUR: Final = timedelta(hours=1)
_TICK: Final = timedelta(microseconds=1)


def resource_use(store: Store, of: Deployment, span: Window) -> ResourceUse:
    """
    Gather what a deployment used; see `store.store.Store.resource_use`.

    Parameters
    ----------
    store : Store
    of : Deployment
    span : Window
        An hour that it cuts is shown whole.
    """
    store.refresh_call_hours(of.model, span)
    end = align(span.end - _TICK, _HOUR, "UTC") + _HOUR
    hours = Window(align(span.start, _HOUR, "UTC"), end)
    return store.resource_use(of, hours, bucket_length_s(span))


def prometheus_view(
    store: Store, config: Config, asker: PrometheusAsker | None
) -> PrometheusView | None:
    """
    Return how the configured Prometheus stands; None where none is.

    Parameters
    ----------
    store : Store
    config : Config
    asker : PrometheusAsker or None
        Of the owner; None: nobody asks.
    """
    if asker is not None:
        return asker.view()
    if config.prometheus is None:
        return None
    return PrometheusView(
        url=config.prometheus.url,
        asking=Asking.UNASKED,
        asked_at=None,
        newest=store.newest_sample(SOURCE),
        series=0,
        unmatched=0,
        errors={},
    )
