"""Asks a Prometheus for what is missing, again and again, and keeps what it says."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.errors import InputError
from domain.window import Window
from monitors.prometheus.expressions import expressions
from monitors.prometheus.joining import Owner, Served, owner_of, samples
from monitors.prometheus.range_query import (
    MOST_POINTS,
    RangeQueries,
    RangeSeries,
    RefusedQueryError,
)
from monitors.prometheus_config import MEANINGS, SOURCE, PrometheusConfig
from monitors.views.resources import Asking, PrometheusView
from store.store import Store

log = logging.getLogger(__name__)

# of a question: 200 replicas make 100,000 values
_POINTS: Final = min(500, MOST_POINTS)
_Series = tuple[str, frozenset[tuple[str, str]]]
# what other servers deliver late is asked for again
_AGAIN: Final = timedelta(minutes=5)


@dataclass(slots=True)
class _Told:
    """What one round brought: series by query and labels, those of nobody here, and errors."""

    series: set[_Series] = field(default_factory=set[_Series])
    unmatched: set[_Series] = field(default_factory=set[_Series])
    errors: dict[str, str] = field(default_factory=dict[str, str])
    questions: int = 0


class PrometheusAsker:
    """
    Asks one Prometheus, and keeps samples of the deployments that the store knows.

    What was asked for is remembered here only: a new one asks for the whole look-back, and what is
    kept already stays as it is.

    Parameters
    ----------
    store : Store
    config : PrometheusConfig
    """

    def __init__(self, store: Store, config: PrometheusConfig) -> None:
        self._store = store
        self._config = config
        self._step_s = int(config.step.total_seconds())
        self._until: dict[str, datetime] = {}
        self._known: frozenset[str] = frozenset()
        self._told = _Told()
        self._asked_at: datetime | None = None
        self._lock = threading.Lock()

    @property
    def every_s(self) -> float:
        """From one round to the next."""
        return self._config.every.total_seconds()

    def round(self, now: datetime, go_on: Callable[[], object]) -> int:
        """
        Ask once for what is missing.

        A server that does not answer is told of in the log, and asked again the next time.

        Parameters
        ----------
        now : datetime
        go_on : callable
            Called before each question; what it raises ends the round.

        Returns
        -------
        int
            Samples that came, new or kept already.
        """
        since = now - self._config.look_back
        first_hours = self._store.replicas_since(since)
        versions = {model: self._store.called_versions(model) for model in self._store.models()}
        served = Served(versions, first_hours.keys())
        new = [hour for replica, hour in first_hours.items() if replica not in self._known]
        told, kept = _Told(), 0
        try:
            with RangeQueries(self._config) as server:
                for name in self._config.queries.asked():
                    try:
                        for span in self._spans(self._begin(name, since, new), now):
                            kept += self._ask(server, name, span, served, told, go_on)
                    except RefusedQueryError as error:
                        told.errors[name] = str(error)
        except InputError as error:
            told.errors[""] = str(error)
        else:
            self._known = frozenset(first_hours)
        self._tell(told, now)
        return kept

    def view(self) -> PrometheusView:
        """Return how it stands."""
        with self._lock:
            told, asked_at = self._told, self._asked_at
        return PrometheusView(
            url=self._config.url,
            asking=_standing(told, asked_at),
            asked_at=asked_at,
            newest=self._store.newest_sample(SOURCE),
            series=len(told.series),
            unmatched=len(told.unmatched),
            errors=dict(told.errors),
        )

    def _begin(self, name: str, since: datetime, new: list[datetime]) -> datetime:
        """Return from when on a query is asked: what new replicas did before is not known yet."""
        begin = self._until.get(name, since) - _AGAIN
        return max(since, min([begin, *new]))

    def _spans(self, begin: datetime, now: datetime) -> Iterator[Window]:
        """Yield spans of whole steps that one question can be asked for, both ends included."""
        step = self._step_s
        first = -(-int(begin.timestamp()) // step)
        last = int(now.timestamp()) // step
        for start in range(first, last + 1, _POINTS):
            end = min(start + _POINTS - 1, last)
            # a single value has no span
            yield Window(*(datetime.fromtimestamp(i * step, UTC) for i in (start, end + 1)))

    def _ask(
        self,
        server: RangeQueries,
        name: str,
        span: Window,
        served: Served,
        told: _Told,
        go_on: Callable[[], object],
    ) -> int:
        """Ask one query over a span; return how many samples came."""
        models = {model: self._names_of(model) for model in served.versions}
        query, end = self._config.queries.asked()[name], span.end - self._config.step
        kept = 0
        for asked in expressions(query, models, sorted(served.replicas)):
            go_on()
            told.questions += 1
            found = server.ask(asked.query, span.start, end, self._step_s)
            kept += self._keep(name, found, asked.model, served, told)
        self._until[name] = span.end
        return kept

    def _keep(
        self,
        name: str,
        found: Sequence[RangeSeries],
        model: str | None,
        served: Served,
        told: _Told,
    ) -> int:
        matched: list[tuple[Owner, RangeSeries]] = []
        for one in found:
            owner = owner_of(one.labels, model, self._config.labels, self._config.names, served)
            identity = name, frozenset(one.labels.items())
            told.series.add(identity)
            if owner is None:
                told.unmatched.add(identity)
            else:
                matched.append((owner, one))
        kept = samples(matched, *MEANINGS[name])
        self._store.add_samples(kept)
        return len(kept)

    def _names_of(self, model: str) -> list[str]:
        """Return what Prometheus calls a model."""
        return [there for there, ours in self._config.names.items() if ours == model] or [model]

    def _tell(self, told: _Told, now: datetime) -> None:
        with self._lock:
            before, self._told = self._told, told
            self._asked_at = now if told.questions else self._asked_at
        if told.errors != before.errors:
            for name, error in told.errors.items():
                log.warning("prometheus.failed", extra={"query": name, "error": error})
            if not told.errors:
                log.info("prometheus.answers", extra={"url": self._config.url})


def _standing(told: _Told, asked_at: datetime | None) -> Asking:
    if asked_at is None:
        return Asking.UNASKED
    if told.errors:
        return Asking.FAILING
    if told.series:
        return Asking.UNMATCHED if len(told.unmatched) == len(told.series) else Asking.CURRENT
    return Asking.SILENT
