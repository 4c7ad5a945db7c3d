"""
What pages ask of the Service, remembered until something changes.

The revision is part of every key, so a result is as fresh as the last run, incident or decision;
what the clock alone changes is asked again every minute, what new calls change every few seconds.
The values are frozen, so all sessions may share one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, TypeVar, cast

import streamlit as st

from app.context import Context
from domain.incident import Incident
from domain.window import Window
from monitors.service import Service
from monitors.views.drift import Against, Distribution, DriftView
from monitors.views.fleet import FleetView, Target
from monitors.views.levels import ServiceLevels
from monitors.views.versions import PerformanceView, VersionsView

T = TypeVar("T")
_LIVE: Final = timedelta(seconds=15)
_MOST: Final = 256


@st.cache_resource(max_entries=_MOST, show_spinner=False)
def _kept(key: tuple[str, ...], _ask: Callable[[], object]) -> object:  # noqa: ARG001 (the key)
    return _ask()


@st.cache_resource(max_entries=_MOST, show_spinner=False, ttl=_LIVE)
def _kept_briefly(key: tuple[str, ...], _ask: Callable[[], object]) -> object:  # noqa: ARG001 (the key)
    return _ask()


def _remember(ask: Callable[[], T], *key: object) -> T:
    return cast("T", _kept(tuple(map(str, key)), ask))


def targets(service: Service, revision: str, now: datetime) -> tuple[Target, ...]:
    """Return what can be looked at; the first logs of a model are seen within a minute."""
    return _remember(service.targets, "targets", revision, _minute(now))


def targets_of(context: Context) -> tuple[Target, ...]:
    """Return what can be looked at, on a page."""
    return targets(context.service, context.revision, context.now)


def fleet(context: Context) -> FleetView:
    """Return how every deployment stands."""
    at = _minute(context.now)
    return _remember(lambda: context.service.fleet(at), "fleet", context.revision, at)


def incidents(context: Context) -> tuple[Incident, ...]:
    """Return all incidents, the worst first, with monitors that stand still."""
    at = _minute(context.now)
    return _remember(
        lambda: tuple(context.service.incidents(now=at)), "incidents", context.revision, at
    )


def drift(context: Context) -> DriftView:
    """Return what the columns of the selected deployment did up to the selected window."""
    at = context.selection
    return _remember(
        lambda: context.service.drift(at.model, at.version, at.window),
        "drift",
        context.revision,
        at.model,
        at.version,
        at.window,
    )


def distribution(context: Context, window: Window, column: str, against: Against) -> Distribution:
    """Return one column's rows in one window beside what they are compared with."""
    at = context.selection
    return _remember(
        lambda: context.service.distribution(at.model, at.version, window, column, against),
        "distribution",
        context.revision,
        at.model,
        at.version,
        window,
        column,
        against,
    )


def service_levels(context: Context, span: Window) -> ServiceLevels:
    """Return latency, failures and objectives over a span; seconds old at most."""
    at = context.selection
    key = ("levels", context.revision, at.model, at.version, str(span))
    asked = _kept_briefly(key, lambda: context.service.service_levels(at.model, at.version, span))
    return cast("ServiceLevels", asked)


def versions(context: Context) -> VersionsView:
    """Return the versions of the selected model beside each other."""
    model = context.selection.model
    return _remember(lambda: context.service.versions(model), "versions", context.revision, model)


def performance(context: Context) -> PerformanceView:
    """Return how good the selected model's predictions were."""
    model = context.selection.model
    return _remember(
        lambda: context.service.performance(model), "performance", context.revision, model
    )


def _minute(now: datetime) -> datetime:
    """Return the minute that `now` lies in: often enough for what the clock alone changes."""
    return now.replace(second=0, microsecond=0)
