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
from app.queries.report_span import ReportChoice
from domain.incident import Incident
from domain.label import LabelStanding
from domain.resource import ResourceUse
from domain.window import Window
from monitors.report_data import ReportRequest
from monitors.report_view import ReportView
from monitors.service import Service
from monitors.views.calls import NotableCalls
from monitors.views.data import DataView
from monitors.views.drift import Against, Distribution, DriftView
from monitors.views.fleet import FleetView, Target
from monitors.views.levels import ServiceLevels
from monitors.views.versions import PerformanceView, VersionsView
from reports.registry import render

T = TypeVar("T")
_LIVE: Final = timedelta(seconds=15)
_MOST: Final = 256
_FEW: Final = 8  # reports, the largest of all


@st.cache_resource(max_entries=_MOST, show_spinner=False)
def _kept(key: tuple[str, ...], _ask: Callable[[], object]) -> object:  # noqa: ARG001 (the key)
    return _ask()


@st.cache_resource(max_entries=_MOST, show_spinner=False, ttl=_LIVE)
def _kept_briefly(key: tuple[str, ...], _ask: Callable[[], object]) -> object:  # noqa: ARG001 (the key)
    return _ask()


@st.cache_resource(max_entries=_FEW, show_spinner=False)
def _kept_few(key: tuple[str, ...], _ask: Callable[[], object]) -> object:  # noqa: ARG001 (the key)
    return _ask()


def _remember(ask: Callable[[], T], *key: object) -> T:
    return cast("T", _kept(tuple(map(str, key)), ask))


def minute(now: datetime) -> datetime:
    """Return the minute that `now` lies in: often enough for what the clock alone changes."""
    return now.replace(second=0, microsecond=0)


def targets(service: Service, revision: str, now: datetime) -> tuple[Target, ...]:
    """Return what can be looked at; the first logs of a model are seen within a minute."""
    return _remember(service.targets, "targets", revision, minute(now))


def targets_of(context: Context) -> tuple[Target, ...]:
    """Return what can be looked at, on a page."""
    return targets(context.service, context.revision, context.now)


def stale(service: Service, revision: str, now: datetime) -> dict[str, Window]:
    """Return the models whose monitor stands still."""
    at = minute(now)
    return _remember(lambda: service.stale(at), "stale", revision, at)


def fleet(context: Context) -> FleetView:
    """Return how every deployment stands."""
    at = minute(context.now)
    return _remember(lambda: context.service.fleet(at), "fleet", context.revision, at)


def incidents(context: Context) -> tuple[Incident, ...]:
    """Return all incidents, the worst first, with monitors that stand still."""
    at = minute(context.now)
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


def distribution(
    context: Context, window: Window, column: str, against: Against, other: str | None = None
) -> Distribution:
    """Return one column's rows in one window beside what they are compared with."""
    at = context.selection
    return _remember(
        lambda: context.service.distribution(at.model, at.version, window, column, against, other),
        "distribution",
        context.revision,
        at.model,
        at.version,
        window,
        column,
        against,
        other,
    )


def service_levels(context: Context, span: Window) -> ServiceLevels:
    """Return latency, failures and objectives over a span; seconds old at most."""
    at = context.selection
    key = ("levels", context.revision, at.model, at.version, str(span))
    asked = _kept_briefly(key, lambda: context.service.service_levels(at.model, at.version, span))
    return cast("ServiceLevels", asked)


def resources(context: Context, span: Window) -> ResourceUse:
    """Return what the replicas used over a span; seconds old at most."""
    at = context.selection
    key = ("resources", context.revision, at.model, at.version, str(span))
    asked = _kept_briefly(key, lambda: context.service.resources(at.model, at.version, span))
    return cast("ResourceUse", asked)


def notable_calls(context: Context, span: Window) -> NotableCalls:
    """Return the slowest and the failed calls of a span; seconds old at most."""
    at = context.selection
    key = ("calls", context.revision, at.model, at.version, str(span))
    asked = _kept_briefly(key, lambda: context.service.notable_calls(at.model, at.version, span))
    return cast("NotableCalls", asked)


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


def data(context: Context) -> DataView:
    """Return what is stored; seconds old at most, for loads change no revision."""
    at = minute(context.now)
    key = ("data", context.revision, str(at))
    return cast("DataView", _kept_briefly(key, lambda: context.service.data(at)))


def label_standing(context: Context) -> tuple[LabelStanding, ...]:
    """Return what predictions and labels wait for; a minute old at most."""
    key = ("labels", context.revision, str(minute(context.now)))
    asked = _kept_briefly(key, context.service.label_standing)
    return cast("tuple[LabelStanding, ...]", asked)


def forget() -> None:
    """Ask everything anew: something was done that changes no revision."""
    _kept.clear()
    _kept_briefly.clear()


def report_view(context: Context, choice: ReportChoice, at: datetime) -> ReportView:
    """
    Gather what a report shows.

    Parameters
    ----------
    context : Context
    choice : ReportChoice
    at : datetime
        When it was asked for: it says so, and is made once.

    Raises
    ------
    NothingToJudgeError
        If no window of its span was judged.
    """
    request = ReportRequest(choice.model, choice.window, at)
    key = ("view", context.revision, choice.model, str(choice.window), str(at))
    return cast("ReportView", _kept_few(key, lambda: context.service.report(request)))


def report(context: Context, choice: ReportChoice, at: datetime) -> bytes:
    """Make a report's file; parameters and errors as in `report_view`."""
    return cast(
        "bytes",
        _kept_few(
            ("file", context.revision, str(choice), str(at)),
            lambda: render(report_view(context, choice, at), choice.format, choice.language),
        ),
    )
