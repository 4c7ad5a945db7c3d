"""Latency, failures and objectives of one deployment over a span."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.incident import Incident
from domain.run import Deployment
from domain.slo import SLO, SLOResult
from domain.window import Window


@dataclass(frozen=True, slots=True)
class LevelPoint:
    """
    The calls of one bucket of time.

    Parameters
    ----------
    start : datetime
    calls, failed, with_status : float
        Weighted by ``1 / sampling_rate``; the share of failed calls is one of those with a status.
    p50_ms, p95_ms, p99_ms : float or None
        Within 2 % of the exact quantile; None without latencies.
    """

    start: datetime
    calls: float
    failed: float
    with_status: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


@dataclass(frozen=True, slots=True)
class ReplicaLevels:
    """One replica over the span: its totals (`whole`) and its course."""

    replica: str
    whole: LevelPoint
    points: tuple[LevelPoint, ...]


@dataclass(frozen=True, slots=True)
class ObjectiveHistory:
    """
    An objective of all replicas together, as the runs of the span judged it.

    Parameters
    ----------
    slo : SLO
        As the newest of these runs judged it, or as configured where none did.
    windows : tuple of Window
        Oldest first.
    results : tuple of SLOResult
        One for each window; of an objective that was another one then, that one's.
    """

    slo: SLO
    windows: tuple[Window, ...]
    results: tuple[SLOResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevels:
    """
    Latency, failures and objectives of one deployment over a span.

    Parameters
    ----------
    deployment : Deployment
    span : Window
        The whole hours that hold the span asked for.
    bucket_s : int
        Chosen so that the span has at most 400 buckets; whole hours.
    whole : LevelPoint
    points : tuple of LevelPoint
        All replicas together, every bucket of the span.
    replicas : tuple of ReplicaLevels
        The slowest or most failing first, at most 12; empty where the logs name none.
    n_replicas : int
        How many there are.
    objectives : tuple of ObjectiveHistory
        Those configured, in that order, then others that were judged.
    incidents : tuple of Incident
        Of traffic, availability and latency of this version, that touch the span.
    counted_in_runs : bool
        Calls are known of the hours of judged windows alone.
    """

    deployment: Deployment
    span: Window
    bucket_s: int
    whole: LevelPoint
    points: tuple[LevelPoint, ...]
    replicas: tuple[ReplicaLevels, ...]
    n_replicas: int
    objectives: tuple[ObjectiveHistory, ...]
    incidents: tuple[Incident, ...]
    counted_in_runs: bool
