"""What a serving process, a container or a graphics card used: samples, and their course."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Int = NDArray[np.int64]


class ResourceMetric(StrEnum):
    """What was measured."""

    CPU = "cpu"
    MEMORY = "memory"
    GPU = "gpu"
    GPU_MEMORY = "gpu_memory"
    REPLICAS = "replicas"


class ResourceUnit(StrEnum):
    """
    What a value is a number of.

    `cores` are CPUs in use, `share` is one of what there is (1 is all of it), `bytes` and `count`
    are what they say.
    """

    CORES = "cores"
    SHARE = "share"
    BYTES = "bytes"
    COUNT = "count"


UNITS: Final[dict[ResourceMetric, frozenset[ResourceUnit]]] = {
    ResourceMetric.CPU: frozenset({ResourceUnit.CORES, ResourceUnit.SHARE}),
    ResourceMetric.MEMORY: frozenset({ResourceUnit.BYTES, ResourceUnit.SHARE}),
    ResourceMetric.GPU: frozenset({ResourceUnit.SHARE}),
    ResourceMetric.GPU_MEMORY: frozenset({ResourceUnit.BYTES, ResourceUnit.SHARE}),
    ResourceMetric.REPLICAS: frozenset({ResourceUnit.COUNT}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceSample:
    """
    One measurement.

    Parameters
    ----------
    ts : datetime
        Aware.
    metric : ResourceMetric
    value : float
        Finite, >= 0.
    unit : ResourceUnit
        One of `UNITS` of the metric.
    source : str
        What measured it: ``process.cpu.utilization``, ``tap``.
    model, version : str or None
        None: what measured it does not know; its replica may tell.
    replica : str or None
        Pod, process or host, as calls name it; None: all of them together.
    process : str or None
        Which of several of the replica measured itself; None: it is of the whole replica.
    """

    ts: datetime
    metric: ResourceMetric
    value: float
    unit: ResourceUnit
    source: str
    model: str | None = None
    version: str | None = None
    replica: str | None = None
    process: str | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class ResourceSeries:
    """
    The course of one measurement.

    Parameters
    ----------
    metric : ResourceMetric
    unit : ResourceUnit
    source : str
    replica : str or None
    n : ndarray of int64, shape (B,)
        Samples in each bucket; those of several processes at one time are one.
    mean, highest : ndarray of float64, shape (B,)
        In `unit`; NaN where there is no sample.
    """

    metric: ResourceMetric
    unit: ResourceUnit
    source: str
    replica: str | None
    n: Int
    mean: Float
    highest: Float


@dataclass(frozen=True, eq=False, kw_only=True)
class ResourceUse:
    """
    What a deployment used over a span.

    Parameters
    ----------
    starts : ndarray of int64, shape (B,)
        Start of each bucket in seconds since 1970 (UTC); no bucket is left out.
    bucket_s : int
        Length of a bucket; the last one may reach past the end of the span.
    series : tuple of ResourceSeries
        By metric, unit, source and replica; empty: nothing was measured.
    """

    starts: Int
    bucket_s: int
    series: tuple[ResourceSeries, ...]
