"""Series of a Prometheus as samples of the deployments whose they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from domain.resource import ResourceMetric, ResourceSample, ResourceUnit
from monitors.prometheus.range_query import RangeSeries
from monitors.prometheus_config import SOURCE, LabelsConfig

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Served:
    """
    What the store knows of who serves.

    Parameters
    ----------
    versions : mapping of str to collection of str
        The versions of each model.
    replicas : collection of str
        That have answered calls of any model.
    """

    versions: Mapping[str, Collection[str]]
    replicas: Collection[str]


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a series is."""

    model: str | None
    version: str | None
    replica: str | None


def owner_of(
    labels: Mapping[str, str],
    model: str | None,
    told_by: LabelsConfig,
    names: Mapping[str, str],
    served: Served,
) -> Owner | None:
    """
    Return whose a series is; None where that is no deployment of the store.

    Parameters
    ----------
    labels : mapping of str to str
    model : str or None
        Where the question named it.
    told_by : LabelsConfig
    names : mapping of str to str
        Models that are called otherwise there.
    served : Served
    """
    if model is None:
        told = (labels.get(label, "") for label in told_by.model)
        known = (names.get(name, name) for name in told)
        model = next((name for name in known if name in served.versions), None)
    replicas = [labels[label] for label in told_by.replica if labels.get(label)]
    replica = next((name for name in replicas if name in served.replicas), None)
    if model is None:
        return None if replica is None else Owner(None, None, replica)
    told = (labels.get(label, "") for label in told_by.version)
    version = next((name for name in told if name and name in served.versions[model]), None)
    return Owner(model, version, replica or next(iter(replicas), None))


def samples(
    series: Sequence[tuple[Owner, RangeSeries]], metric: ResourceMetric, unit: ResourceUnit
) -> list[ResourceSample]:
    """
    Return samples: series of one owner are one, summed; shares are averaged.

    Parameters
    ----------
    series : sequence of (Owner, RangeSeries)
    metric : ResourceMetric
    unit : ResourceUnit
    """
    together: dict[Owner, list[RangeSeries]] = {}
    for owner, one in series:
        together.setdefault(owner, []).append(one)
    found: list[ResourceSample] = []
    for owner, parts in together.items():
        seconds, values = _joined(parts, unit)
        found += [
            ResourceSample(
                ts=datetime.fromtimestamp(at, UTC),
                metric=metric,
                value=value,
                unit=unit,
                source=SOURCE,
                model=owner.model,
                version=owner.version,
                replica=owner.replica,
            )
            for at, value in zip(seconds.tolist(), values.tolist(), strict=True)
        ]
    return found


def _joined(parts: Sequence[RangeSeries], unit: ResourceUnit) -> tuple[Float, Float]:
    """Return the times at which any part has a usable value, and what they are together."""
    seconds = np.concatenate([part.seconds for part in parts])
    values = np.concatenate([part.values for part in parts])
    # a ratio over nothing is NaN or infinite; nothing that is measured here is below zero
    usable = np.isfinite(values) & (values >= 0)
    at, place = np.unique(seconds[usable], return_inverse=True)
    sums = np.zeros(len(at))
    np.add.at(sums, place, values[usable])
    if unit is ResourceUnit.SHARE:
        sums /= np.bincount(place, minlength=len(at))
    return at, sums
