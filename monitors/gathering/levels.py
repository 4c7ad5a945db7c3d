"""Gathering latency, failures and objectives of one deployment, from hours and stored runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import isnan
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.desk import chosen, ordered
from domain.call_hours import CallHours
from domain.errors import UnknownNameError
from domain.incident import Cause, Incident
from domain.run import Deployment
from domain.slo import SLO, SLOResult
from domain.window import Window
from monitors.config import Config
from monitors.views.levels import LevelPoint, ObjectiveHistory, ReplicaLevels, ServiceLevels
from store.store import Store

Float = NDArray[np.float64]

MOST_BUCKETS: Final = 400
MOST_REPLICAS: Final = 12
QUANTILES: Final = (0.5, 0.95, 0.99)
CAUSES: Final = frozenset({Cause.TRAFFIC, Cause.AVAILABILITY, Cause.LATENCY})
# so that buckets of a span that begins at midnight begin alike every day
_HOURS: Final = (1, 2, 3, 4, 6, 8, 12)


def service_levels(store: Store, config: Config, of: Deployment, span: Window) -> ServiceLevels:
    """
    Gather latency, failures and objectives of a deployment over a span.

    Calls that came since they were last counted are counted first. The rest costs what there are
    hours, replicas and runs, however many calls are stored.

    Parameters
    ----------
    store : Store
    config : Config
    of : Deployment
    span : Window
        An hour that it cuts is shown whole.

    Raises
    ------
    UnknownNameError
        If the model has no such version.
    """
    store.refresh_call_hours(of.model, span)
    bucket_s = bucket_length_s(span)
    hours = store.call_hours(of.model, of.version, span, bucket_s)
    objectives = _objectives(store, config, of, span)
    if not hours.replicas and not any(one.results for one in objectives):
        _require_version(store, of)
    return ServiceLevels(
        deployment=of,
        span=hours.span,
        bucket_s=bucket_s,
        whole=_whole(hours, by_replica=False)[0],
        points=_course(hours),
        replicas=_replicas(hours),
        n_replicas=sum(map(bool, hours.replicas)),
        objectives=objectives,
        incidents=_incidents(store, of, span),
        counted_in_runs=of.model in store.counted_in_runs,
    )


def bucket_length_s(span: Window) -> int:
    """
    Return the length of buckets: whole hours that fit a day, or days, at most 400 of them.

    Examples
    --------
    >>> start = datetime(2013, 7, 1, tzinfo=UTC)
    >>> [bucket_length_s(Window(start, start + timedelta(days=d))) // 3600 for d in (1, 28, 273)]
    [1, 2, 24]
    """
    # the hours that the span cuts at both ends are shown whole
    hours = span.duration / timedelta(hours=1) + 2
    for length in _HOURS:
        if hours <= length * MOST_BUCKETS:
            return length * 3600
    return int(-(-hours // (24 * MOST_BUCKETS))) * 86_400


def _require_version(store: Store, of: Deployment) -> None:
    store.refresh_call_hours(of.model)
    known = set(store.called_versions(of.model))
    known |= {run.deployment.version for run in store.runs(of.model, findings="none")}
    if of.version not in known:
        raise UnknownNameError.nearest("version", of.version, known)


def _objectives(
    store: Store, config: Config, of: Deployment, span: Window
) -> tuple[ObjectiveHistory, ...]:
    judged: dict[str, list[tuple[Window, SLOResult]]] = defaultdict(list)
    newest: dict[str, SLO] = {s.name: s.objective() for s in config.monitor(of.model).slos}
    for run in store.runs(of.model, of.version, span, findings="none"):
        for result in run.slos:
            if result.replica is None:
                judged[result.slo.name].append((run.window, result))
                newest[result.slo.name] = result.slo
    return tuple(
        ObjectiveHistory(
            slo,
            tuple(window for window, _ in judged[name]),
            tuple(result for _, result in judged[name]),
        )
        for name, slo in newest.items()
    )


def _incidents(store: Store, of: Deployment, span: Window) -> tuple[Incident, ...]:
    touching = chosen(store.incidents(of.model), span=span)
    return tuple(ordered(i for i in touching if i.cause in CAUSES and of.version in i.versions))


def _replicas(hours: CallHours) -> tuple[ReplicaLevels, ...]:
    """Return the replicas to show, the slowest or most failing first."""
    wholes = _whole(hours, by_replica=True)
    badness = _badness(wholes)
    named = [i for i, name in enumerate(hours.replicas) if name]
    shown = sorted(named, key=lambda i: -badness[i])[:MOST_REPLICAS]
    return tuple(
        ReplicaLevels(hours.replicas[i], wholes[i], points)
        for i, points in zip(shown, _courses(hours, shown), strict=True)
    )


def _badness(replicas: Sequence[LevelPoint]) -> list[float]:
    """Return how many times slower, or more failing, than the others each replica is."""
    tails = sorted(one.p99_ms for one in replicas if one.p99_ms)
    usual_ms = tails[(len(tails) - 1) // 2] if tails else 1.0
    failed = sum(one.failed for one in replicas)
    with_status = sum(one.with_status for one in replicas)
    found: list[float] = []
    for one in replicas:
        share = (failed - one.failed) / max(with_status - one.with_status, 1.0)
        # one failure more on both sides: a few calls prove little
        failing = (one.failed + 1) / (share * one.with_status + 1)
        found.append(max(failing, (one.p99_ms or 0.0) / usual_ms))
    return found


def _whole(hours: CallHours, *, by_replica: bool) -> list[LevelPoint]:
    counts = _counts(hours).sum(axis=-1, keepdims=True)
    if not by_replica:
        counts = counts.sum(axis=1, keepdims=True)
    latencies = hours.latencies(QUANTILES, by_replica=by_replica, by_bucket=False)
    return [
        point
        for i, row in enumerate(latencies)
        for point in _points([hours.span.start], counts[:, i], row)
    ]


def _course(hours: CallHours) -> tuple[LevelPoint, ...]:
    latencies = hours.latencies(QUANTILES, by_replica=False, by_bucket=True)
    return _points(_starts(hours), _counts(hours).sum(axis=1), latencies[0])


def _courses(hours: CallHours, chosen_replicas: Sequence[int]) -> list[tuple[LevelPoint, ...]]:
    latencies = hours.latencies(QUANTILES, by_replica=True, by_bucket=True)
    counts, starts = _counts(hours), _starts(hours)
    return [_points(starts, counts[:, i], latencies[i]) for i in chosen_replicas]


def _counts(hours: CallHours) -> Float:
    """Return calls, failed ones and those with a status, shape (3, R, B)."""
    return np.stack([hours.total, hours.failed, hours.with_status])


def _starts(hours: CallHours) -> list[datetime]:
    return [datetime.fromtimestamp(start, UTC) for start in hours.starts.tolist()]


def _points(starts: Sequence[datetime], counts: Float, latencies: Float) -> tuple[LevelPoint, ...]:
    return tuple(
        LevelPoint(start, *numbers, *(None if isnan(q) else q for q in row))
        for start, numbers, row in zip(starts, counts.T.tolist(), latencies.tolist(), strict=True)
    )
