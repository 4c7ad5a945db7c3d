"""Gathering what is stored and how fresh it is: from counts and hours, never from the rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import numpy as np

from domain.window import Window, align, windows_between
from monitors.config import Config, MonitorConfig
from monitors.gathering.followed import followed
from monitors.gathering.rejected import rejected_data, rejected_totals
from monitors.views.data import (
    DataView,
    Freshness,
    HalvesData,
    ModelData,
    SourceData,
    StoreOwner,
    TierData,
)
from store.counted import SourceFacts
from store.store import Store
from store.volumes import ArchivedVolume, Volume

DAYS: Final = 90
MOST_WINDOWS: Final = 30
MOST_SOURCES: Final = 50
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
# clocks of servers differ by less
_AHEAD: Final = timedelta(minutes=5)
_FRESHNESSES: Final = tuple(Freshness)


def data(store: Store, config: Config, now: datetime, owner: StoreOwner | None) -> DataView:
    """
    Gather what is stored at `now`.

    Calls that came since they were last counted are counted first. The rest costs what there are
    models, hours and sources, however many rows are stored.

    Parameters
    ----------
    store : Store
    config : Config
    now : datetime
    owner : StoreOwner or None
        The server that has the store open.
    """
    span = span_of_days(now)
    for model in store.models():
        store.refresh_call_hours(model, span)
    models = [
        _model(store, config, model, volume, span, now)
        for model, volume in store.volumes(span).items()
    ]
    sources = store.source_facts()
    return DataView(
        models=tuple(sorted(models, key=_furthest_behind)),
        sources=tuple(_source(name, sources[name]) for name in _latest(sources)),
        n_sources=len(sources),
        rejected=rejected_data(store),
        rejected_totals=rejected_totals(store, config.rejected),
        halves=_halves(store),
        size_bytes=store.size_bytes(),
        store_version=store.version(),
        owner=owner,
        last_backup=store.last_backup(),
        followed=followed(store.followed(), now),
    )


def _halves(store: Store) -> HalvesData:
    found = store.halves_waiting()
    return HalvesData(
        requests=found.requests,
        responses=found.responses,
        since=found.since,
        wait_s=store.answers_within.total_seconds(),
    )


def span_of_days(now: datetime) -> Window:
    """Return the UTC days whose calls are shown; today is the last of them."""
    tomorrow = align(now, _DAY, "UTC") + _DAY
    return Window(tomorrow - DAYS * _DAY, tomorrow)


def freshness(lag: timedelta | None, window: timedelta, grace: timedelta) -> Freshness:
    """
    Return how a newest event that lies `lag` back is to be called.

    Parameters
    ----------
    lag : timedelta or None
        None: there is none; negative: it lies in the future.
    window, grace : timedelta
        Of the monitor.
    """
    if lag is None:
        return Freshness.EMPTY
    if lag < -_AHEAD:
        return Freshness.AHEAD
    if lag > 2 * window + grace:
        return Freshness.SILENT
    return Freshness.LATE if lag > window + grace else Freshness.CURRENT


def _model(
    store: Store, config: Config, model: str, volume: Volume, span: Window, now: datetime
) -> ModelData:
    monitor = config.monitor(model)
    length = max(monitor.window, _HOUR)
    lag = None if volume.last is None else now - volume.last
    windows = _windows(volume, span, now - monitor.grace, length, config.timezone)
    counted_in_runs = model in store.counted_in_runs
    if counted_in_runs:
        windows = _judged(store, model, span, windows)
    return ModelData(
        model=model,
        freshness=freshness(lag, monitor.window, monitor.grace),
        predictions=volume.predictions,
        calls=volume.calls,
        labels=volume.labels,
        first=volume.first,
        newest=volume.last,
        lag_s=None if lag is None else lag.total_seconds(),
        window_s=int(length.total_seconds()),
        windows=len(windows),
        windows_with_logs=_with_logs(volume, span, windows),
        daily_calls=tuple(volume.hourly_calls.reshape(DAYS, 24).sum(axis=1).tolist()),
        size_bytes=volume.size_bytes,
        conflicts=store.conflicts(model),
        tiers=_tiers(monitor, volume.archived),
        counted_in_runs=counted_in_runs,
    )


def _tiers(monitor: MonitorConfig, archived: ArchivedVolume) -> TierData:
    archive, retention = monitor.archive, monitor.retention
    keep = None if retention is None else retention.after
    return TierData(
        archive_to=None if archive is None else archive.to,
        archive_after_days=None if archive is None else archive.after / _DAY,
        keep_days=None if keep is None else keep / _DAY,
        keep_bytes=None if retention is None else retention.size,
        rows=archived.rows,
        size_bytes=archived.size_bytes,
        files=archived.files,
        damaged=archived.damaged,
        lost_rows=archived.lost_rows,
        dropped_before=archived.dropped_before,
    )


def _windows(
    volume: Volume, span: Window, until: datetime, length: timedelta, timezone: str
) -> list[Window]:
    """Return the newest complete windows since the first event, inside the days that are known."""
    if volume.first is None:
        return []
    # one more, because the newest one is not complete
    begin = max(volume.first, until - (MOST_WINDOWS + 1) * length)
    opening = align(begin, length, timezone)
    return windows_between(max(opening, span.start), until, length, timezone)[-MOST_WINDOWS:]


def _with_logs(volume: Volume, span: Window, windows: list[Window]) -> int:
    """Count the windows in whose hours any call was logged; an hour that one cuts is whole."""
    reached = np.concatenate([[0.0], np.cumsum(volume.hourly_calls)])
    hours = [_hours(window, span) for window in windows]
    return sum(bool(reached[own.stop] > reached[own.start]) for own in hours)


def _judged(store: Store, model: str, span: Window, windows: list[Window]) -> list[Window]:
    """Return the windows all of whose hours lie in windows that were judged."""
    counted = np.zeros(DAYS * 24, np.bool_)
    for window in store.run_statuses(model):
        if window.start < span.end and window.end > span.start:
            counted[_hours(window, span)] = True
    return [window for window in windows if counted[_hours(window, span)].all()]


def _hours(window: Window, span: Window) -> slice:
    """Return the places of a window's hours among those of the span."""
    first = (window.start - span.start) // _HOUR
    return slice(max(first, 0), -((span.start - window.end) // _HOUR))


def _furthest_behind(one: ModelData) -> tuple[int, float, str]:
    lag = one.lag_s if one.lag_s is not None else 0.0
    return _FRESHNESSES.index(one.freshness), -lag, one.model


def _latest(sources: dict[str, SourceFacts]) -> list[str]:
    def place(name: str) -> tuple[float, int, str]:
        facts = sources[name]
        counts = facts.counts
        last = 0.0 if facts.last_at is None else facts.last_at.timestamp()
        return -last, -(counts.predictions + counts.calls + counts.labels), name

    return sorted(sources, key=place)[:MOST_SOURCES]


def _source(name: str, facts: SourceFacts) -> SourceData:
    counts = facts.counts
    return SourceData(
        source=name,
        predictions=counts.predictions,
        calls=counts.calls,
        labels=counts.labels,
        duplicates=counts.duplicates,
        passed_over=facts.passed_over,
        last_at=facts.last_at,
        newest=facts.newest,
    )
