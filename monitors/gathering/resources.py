"""Gathering what a deployment used, over the same buckets as its latency."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from domain.resource import ResourceUse
from domain.run import Deployment
from domain.window import Window, align
from monitors.gathering.levels import bucket_length_s
from store.store import Store

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
