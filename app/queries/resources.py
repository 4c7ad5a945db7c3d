"""What the replicas of a deployment used, as a chart and a sentence beside its latency show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.queries.levels import Course
from domain.catalogue import say
from domain.resource import ResourceMetric, ResourceSeries, ResourceUnit, ResourceUse
from reports import numbers

Float = NDArray[np.float64]

_MEASURED: Final = (
    ResourceMetric.CPU,
    ResourceMetric.MEMORY,
    ResourceMetric.GPU,
    ResourceMetric.GPU_MEMORY,
)
# of a replica that tells of these it is known that it was there
_PRESENT: Final = (ResourceMetric.CPU, ResourceMetric.MEMORY)
# calls without a sample for so many buckets: it is not only late
_SILENT_BUCKETS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """
    The course of one measurement over all replicas; a value for each bucket, None without any.

    Parameters
    ----------
    metric : ResourceMetric
    unit : ResourceUnit
    source : str
    mean : tuple of (float or None)
        Of the replicas' means.
    highest : tuple of (float or None)
        Of any replica at any time of the bucket.
    peak : float
        The highest of all.
    peak_replica : str or None
        Whose it was; None: of all together.
    peak_at : datetime
        Start of its bucket.
    n_replicas : int
        That were measured.
    """

    metric: ResourceMetric
    unit: ResourceUnit
    source: str
    mean: tuple[float | None, ...]
    highest: tuple[float | None, ...]
    peak: float
    peak_replica: str | None
    peak_at: datetime
    n_replicas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceCourse:
    """
    What a deployment used over a span.

    Parameters
    ----------
    start : datetime
        Of the first bucket.
    step_s : int
        Length of a bucket.
    panels : tuple of Panel
        CPU, memory, cards and their memory, as far as they were measured.
    replicas : tuple of (float or None)
        How many there were; empty where nothing tells.
    until : datetime
        End of the last bucket with a sample.
    """

    start: datetime
    step_s: int
    panels: tuple[Panel, ...]
    replicas: tuple[float | None, ...]
    until: datetime


def course(use: ResourceUse) -> ResourceCourse | None:
    """
    Return what was used as columns; None where nothing was measured.

    Where several sources or units tell of one measurement, the one with values in the most buckets
    is shown, a share before an amount.

    Parameters
    ----------
    use : ResourceUse
    """
    if not use.series:
        return None
    chosen = {metric: _chosen(use, metric) for metric in ResourceMetric}
    panels = tuple(_panel(use, chosen[metric]) for metric in _MEASURED if chosen[metric])
    last = max(int(np.flatnonzero(one.n)[-1]) for one in use.series)
    start = datetime.fromtimestamp(int(use.starts[0]), UTC)
    return ResourceCourse(
        start=start,
        step_s=use.bucket_s,
        panels=panels,
        replicas=_replicas(chosen),
        until=start + timedelta(seconds=use.bucket_s * (last + 1)),
    )


def peaks(shown: ResourceCourse, language: str) -> str:
    """Write the highest value of each measurement, whose it was and when."""
    told = [
        say(
            "page_resources.peak" if panel.peak_replica else "page_resources.peak.together",
            language,
            what=name(panel.metric, language),
            value=amount(panel.peak, panel.unit, language),
            replica=panel.peak_replica or "",
            at=numbers.moment(panel.peak_at, language),
        )
        for panel in shown.panels
    ]
    return say("page_resources.semicolon", language).join(told)


def sources(shown: ResourceCourse) -> str:
    """Return what measured, the source of most measurements first."""
    return ", ".join(source for source, _ in Counter(p.source for p in shown.panels).most_common())


def silence(shown: ResourceCourse, calls: Course | None) -> datetime | None:
    """Return since when calls go on of which no resource use was told; None: they do not."""
    if calls is None:
        return None
    after = [
        i
        for i, n in enumerate(calls.calls)
        if n and calls.start + timedelta(seconds=calls.step_s * i) >= shown.until
    ]
    return shown.until if len(after) >= _SILENT_BUCKETS else None


def name(metric: ResourceMetric, language: str) -> str:
    """Write what was measured."""
    return say(f"page_resources.{metric}", language)


def amount(value: float, unit: ResourceUnit, language: str) -> str:
    """Write a value with its unit."""
    if unit is ResourceUnit.BYTES:
        return numbers.size(value)
    if unit is ResourceUnit.SHARE:
        return numbers.share(value)
    return say("page_resources.cores", language, n=f"{value:.3g}")


def _chosen(use: ResourceUse, metric: ResourceMetric) -> list[ResourceSeries]:
    """Return the series of the source and unit that tell most of a measurement."""
    told: dict[tuple[ResourceUnit, str], list[ResourceSeries]] = {}
    for one in use.series:
        if one.metric is metric:
            told.setdefault((one.unit, one.source), []).append(one)
    if not told:
        return []

    def worth(key: tuple[ResourceUnit, str]) -> tuple[int, bool, str]:
        known = np.any([one.n > 0 for one in told[key]], axis=0)
        return int(known.sum()), key[0] is ResourceUnit.SHARE, key[1]

    series = told[max(told, key=worth)]
    # what all use together is no replica among the others
    return [one for one in series if one.replica is not None] or series


def _panel(use: ResourceUse, series: Sequence[ResourceSeries]) -> Panel:
    highest = np.stack([one.highest for one in series])
    row, bucket = np.unravel_index(np.nanargmax(highest), highest.shape)
    first = series[0]
    return Panel(
        metric=first.metric,
        unit=first.unit,
        source=first.source,
        mean=_short(_over(np.stack([one.mean for one in series]), np.nanmean)),
        highest=_short(_over(highest, np.nanmax)),
        peak=float(highest[row, bucket]),
        peak_replica=series[int(row)].replica,
        peak_at=datetime.fromtimestamp(int(use.starts[bucket]), UTC),
        n_replicas=len(series),
    )


def _over(values: Float, reduce: object) -> Float:
    """Reduce the rows of every bucket in which any holds a value."""
    known = ~np.isnan(values).all(axis=0)
    found = np.full(values.shape[1], np.nan)
    found[known] = reduce(values[:, known], axis=0)  # type: ignore[operator]
    return found


def _replicas(chosen: dict[ResourceMetric, list[ResourceSeries]]) -> tuple[float | None, ...]:
    """Return how many replicas there were: as was told, else how many told of themselves."""
    told = chosen[ResourceMetric.REPLICAS]
    if told:
        return _short(_over(np.stack([one.mean for one in told]), np.nanmax))
    named: dict[str, list[NDArray[np.bool_]]] = {}
    for metric in _PRESENT:
        for one in chosen[metric]:
            if one.replica is not None:
                named.setdefault(one.replica, []).append(one.n > 0)
    if not named:
        return ()
    there = np.sum([np.any(known, axis=0) for known in named.values()], axis=0)
    return tuple(float(n) if n else None for n in there.tolist())


def _short(values: Float) -> tuple[float | None, ...]:
    """Keep four digits: what a chart of a few hundred pixels can show."""
    return tuple(None if np.isnan(v) else float(f"{v:.4g}") for v in values.tolist())
