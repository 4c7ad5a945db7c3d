"""
What the server counts, as text that Prometheus reads.

Every label has a bounded number of values: routes of our own table, statuses, reasons of the text
catalogue, and at most `MOST_MODELS` models, for models are named by whoever may send logs.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter as TotalCounter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from domain.catalogue import texts
from domain.errors import DriftlineError
from domain.finding import Severity
from domain.incident import AlertState, Incident
from domain.page import Wanted
from monitors.service import Service

log = logging.getLogger(__name__)

MOST_MODELS: Final = 200
# asking the store costs more than being asked
_FRESH: Final = timedelta(seconds=5)
_MOST_OPEN: Final = 10_000
_OTHER: Final = "other"
_REASONS: Final = frozenset(
    key.removeprefix("rejection.") for key in texts() if key.startswith("rejection.")
)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
_OPEN: Final = (AlertState.PENDING.value, AlertState.FIRING.value)
# upper bounds in seconds: an answer from memory, from the store, after a commit, too long
_BUCKETS: Final = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class CollectorCounts(Protocol):
    """What is read of a collector: totals since it started, and how it stands."""

    @property
    def accepted(self) -> int:
        """New events and labels."""
        ...

    @property
    def duplicates(self) -> int:
        """Those that were known already."""
        ...

    @property
    def rejected(self) -> Mapping[str, int]:
        """Those that could not be read, by reason."""
        ...

    @property
    def samples(self) -> int:
        """Samples of resource use."""
        ...

    @property
    def passed_over(self) -> Mapping[str, int]:
        """Records that tell of no prediction or call, by what they are."""
        ...

    @property
    def queue_bytes(self) -> int:
        """What waits for a commit."""
        ...

    @property
    def last_lag_s(self) -> float:
        """How long the oldest event of the last commit had waited for it, in seconds."""
        ...


class Meters:
    """
    Counters and gauges of one server, in a registry of their own.

    Parameters
    ----------
    service : Service
        Asked for incidents, runs and events when the numbers are read.
    clock : callable
        Returns the time, aware.
    """

    def __init__(self, service: Service, clock: Callable[[], datetime]) -> None:
        # Prometheus keeps them as series of their own, and nobody asks for them
        disable_created_metrics()
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "driftline_requests",
            "Requests answered, by route, method and status.",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "driftline_request_duration_seconds",
            "Time from a request to the head of its answer, by route.",
            ["route"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        ProcessCollector(registry=self.registry)
        self.registry.register(_StoreMeters(service, clock))

    def count_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """
        Count one request.

        Parameters
        ----------
        route : str
            The path as the table has it, with its braces; not what was asked.
        method : str
        status : int
        seconds : float
        """
        known = method if method in _METHODS else _OTHER
        self._requests.labels(route, known, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def watch_collector(self, facts: Callable[[], CollectorCounts]) -> None:
        """
        Show what became of events, and how full the queue is.

        Parameters
        ----------
        facts : callable
            Asked when the numbers are read.
        """
        self.registry.register(_CollectorMeters(facts))

    def text(self) -> bytes:
        """Return every number, in Prometheus' text format."""
        return generate_latest(self.registry)


class _CollectorMeters(Collector):
    """What the collector counts."""

    def __init__(self, facts: Callable[[], CollectorCounts]) -> None:
        self._facts = facts

    def describe(self) -> Iterable[Metric]:
        """Name nothing ahead."""
        return []

    def collect(self) -> Iterable[Metric]:
        """Ask the collector."""
        facts = self._facts()
        events = CounterMetricFamily(
            "driftline_events",
            "Events and labels that senders brought, by what became of them.",
            labels=["outcome"],
        )
        events.add_metric(["accepted"], facts.accepted)
        events.add_metric(["duplicate"], facts.duplicates)
        events.add_metric(["rejected"], sum(facts.rejected.values()))
        events.add_metric(["passed_over"], sum(facts.passed_over.values()))
        reasons: TotalCounter[str] = TotalCounter()
        for reason, n in facts.rejected.items():
            reasons[reason if reason in _REASONS else _OTHER] += n
        rejected = CounterMetricFamily(
            "driftline_events_rejected",
            "Events and labels that could not be read, by reason.",
            labels=["reason"],
        )
        for reason, n in sorted(reasons.items()):
            rejected.add_metric([reason], n)
        samples = CounterMetricFamily("driftline_resource_samples", "Samples of resource use.")
        samples.add_metric([], facts.samples)
        waiting = GaugeMetricFamily("driftline_queue_bytes", "Bytes that wait for a commit.")
        waiting.add_metric([], facts.queue_bytes)
        lag = GaugeMetricFamily(
            "driftline_commit_lag_seconds",
            "How long the oldest event of the last commit had waited for it.",
        )
        lag.add_metric([], facts.last_lag_s)
        return [events, rejected, samples, waiting, lag]


class _StoreMeters(Collector):
    """What the store says, at most once in a while."""

    def __init__(self, service: Service, clock: Callable[[], datetime]) -> None:
        self._service = service
        self._clock = clock
        self._lock = threading.Lock()
        self._told: list[GaugeMetricFamily] = []
        self._at: datetime | None = None

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Name nothing ahead: registering must not ask the store."""
        return []

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Ask the store, or answer as a moment ago."""
        with self._lock:
            now = self._clock()
            if self._at is None or now - self._at >= _FRESH:
                self._told, self._at = self._ask(now), now
            return list(self._told)

    def _ask(self, now: datetime) -> list[GaugeMetricFamily]:
        up = GaugeMetricFamily("driftline_store_up", "Whether the store answers.")
        try:
            found = [*self._facts(), self._open_incidents(now)]
        except DriftlineError as error:
            # the other numbers are wanted most when the store fails
            log.warning("metrics.store_failed", extra={"error": type(error).__name__})
            up.add_metric([], 0)
            return [up]
        up.add_metric([], 1)
        return [up, *found]

    def _facts(self) -> list[GaugeMetricFamily]:
        facts = self._service.facts()
        shown = sorted(facts.data_spans)[:MOST_MODELS]
        size = GaugeMetricFamily("driftline_store_bytes", "What the store takes on disk.")
        size.add_metric([], facts.size_bytes)
        models = GaugeMetricFamily("driftline_models", "Models in the store.")
        models.add_metric([], len(facts.data_spans))
        event = GaugeMetricFamily(
            "driftline_newest_event_timestamp_seconds",
            "Time of a model's newest event; its age is time() minus this.",
            labels=["model"],
        )
        run = GaugeMetricFamily(
            "driftline_newest_run_end_timestamp_seconds",
            "End of a model's newest judged window; its age is time() minus this.",
            labels=["model"],
        )
        for model in shown:
            span, end = facts.data_spans[model], facts.last_run_ends[model]
            if span is not None:
                event.add_metric([model], span.end.timestamp())
            if end is not None:
                run.add_metric([model], end.timestamp())
        return [size, models, event, run]

    def _open_incidents(self, now: datetime) -> GaugeMetricFamily:
        wanted = Wanted(states=_OPEN, limit=_MOST_OPEN)
        family = GaugeMetricFamily(
            "driftline_open_incidents",
            "Incidents that are not over, by model and severity.",
            labels=["model", "severity"],
        )
        found = self._service.incidents_page(wanted, now)
        shown = sorted({*self._service.models(), *(one.model for one in found)})[:MOST_MODELS]
        for model in shown:
            for severity in Severity:
                # also zero: an alarm on a number that is not there never goes off
                family.add_metric([model, severity.value], _count(found, model, severity))
        return family


def _count(found: Iterable[Incident], model: str, severity: Severity) -> int:
    return sum(one.model == model and one.severity is severity for one in found)
