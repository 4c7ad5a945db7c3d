"""
The collector: many senders, one writer, and an answer only when what was sent is on disk.

A request waits in a queue that is bounded by bytes. The writer takes all that wait, stores them in
one transaction, and only then lets the requests be answered: what is acknowledged survives the end
of the process at any moment, because DuckDB syncs its log before a commit returns.
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from api.backpressure import QUEUE_BYTES, SLOW_DOWN_SHARE, BusyError, CollectorFacts, Room
from api.bodies import (
    BY_LINE,
    JSON_DOCUMENT,
    JSON_LINES,
    Heading,
    UnfitBodyError,
    format_of,
    unpacked,
)
from api.problem import fault_of
from api.tables import check_arrow, check_parquet
from domain.errors import DriftlineError
from monitors.collect_logs import EVENTS_LIMIT
from monitors.collected import Body, Collected, Kind

log = logging.getLogger(__name__)

# The first of a commit waits so long for company: fewer commits, and nobody notices.
WINDOW_S: Final = 0.02
COMMIT_ROWS: Final = 5_000
COMMIT_BYTES: Final = 16 * 1024 * 1024
SOURCE: Final = "http"
# where nothing can be written, for example because the disk is full, it is tried so often
WARM_UP_AGAIN_S: Final = 5.0

_SHORTEST_RETRY_S: Final = 1
_LONGEST_RETRY_S: Final = 30
# of a body that is packed or a table nobody counts the lines: 200 bytes a row
_ROW_BYTES: Final = 200


class Collects(Protocol):
    """What stores bodies: `monitors.collect_logs.Collecting`."""

    def collect(self, bodies: Sequence[Body], now: datetime, source: str) -> list[Collected]:
        """Store bodies in one transaction."""
        ...

    def warm_up(self, now: datetime) -> None:
        """Do once what the first commit would wait for."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Sent:
    """
    One request's body and what was said of it.

    Parameters
    ----------
    kind : Kind
    content : bytes
        As it was on the wire.
    heading : Heading
    model, version : str or None
        For events that carry none.
    models : frozenset of str or None
        The only models it may bring; None: every model.
    """

    kind: Kind
    content: bytes
    heading: Heading
    model: str | None
    version: str | None
    models: frozenset[str] | None


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """
    What became of a request.

    Parameters
    ----------
    collected : Collected
    body : Body
        Unpacked.
    """

    collected: Collected
    body: Body

    @property
    def is_one(self) -> bool:
        """Whether the body was one event, and not a list of one."""
        if self.body.format not in {JSON_LINES, JSON_DOCUMENT}:
            return False
        return not self.body.content[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")


@dataclass(slots=True, eq=False)
class _Waiting:
    sent: Sent
    answer: asyncio.Future[Outcome]
    loop: asyncio.AbstractEventLoop
    since: float
    rows: int


class Collector:
    """
    The queue and its writer.

    Parameters
    ----------
    collecting : Collects
        Used by the writer's thread alone.
    clock : callable
        Returns an aware time.
    queue_bytes : int, default=QUEUE_BYTES
    """

    def __init__(
        self, collecting: Collects, clock: Callable[[], datetime], *, queue_bytes: int = QUEUE_BYTES
    ) -> None:
        self._collecting = collecting
        self._clock = clock
        self._facts = CollectorFacts(queue_limit_bytes=queue_bytes)
        self._changed = threading.Condition()
        self._queue: deque[_Waiting] = deque()
        self._stopping = False
        self._bytes_per_s = 0.0
        self._thread = threading.Thread(target=self._run, name="collector", daemon=True)

    def start(self) -> None:
        """Start the writer."""
        self._facts.is_running = True
        self._thread.start()

    def stop(self, *, drain: bool = True) -> None:
        """
        Take nothing more, and end the writer.

        Parameters
        ----------
        drain : bool, default=True
            Store and answer what waits; otherwise turn it away.
        """
        with self._changed:
            self._stopping = True
            left = [] if drain else list(self._queue)
            if not drain:
                self._queue.clear()
            self._changed.notify_all()
        for waiting in left:
            _deliver([(waiting, BusyError(503, _SHORTEST_RETRY_S))])
        if self._thread.is_alive():
            self._thread.join()
        self._facts.is_running = False

    def facts(self) -> CollectorFacts:
        """Return the counters; they go on counting."""
        return self._facts

    def room(self) -> Room:
        """Return a share of the queue that is still empty."""
        return Room(self._take, self._give_back)

    async def collect(self, sent: Sent) -> Outcome:
        """
        Store a body, and return when it is on disk.

        Parameters
        ----------
        sent : Sent

        Raises
        ------
        BusyError
            If the collector stops.
        UnfitBodyError, DriftlineError
            If nothing of it was stored.
        """
        loop = asyncio.get_running_loop()
        rows = max(sent.content.count(b"\n"), len(sent.content) // (_ROW_BYTES * 5), 1)
        waiting = _Waiting(sent, loop.create_future(), loop, time.monotonic(), rows)
        with self._changed:
            if self._stopping or not self._facts.is_running:
                raise self._busy(503)
            self._queue.append(waiting)
            self._facts.queue_requests += 1
            self._changed.notify_all()
        return await waiting.answer

    # ------------------------------------------------------------------ the queue

    def _take(self, n_bytes: int, ahead_bytes: int, *, first: bool) -> None:
        with self._changed:
            held, limit = self._facts.queue_bytes, self._facts.queue_limit_bytes
            if self._stopping or held + max(n_bytes, ahead_bytes) > limit:
                raise self._busy(503)
            if first and held >= SLOW_DOWN_SHARE * limit:
                raise self._busy(429)
            self._facts.queue_bytes += n_bytes

    def _give_back(self, n_bytes: int) -> None:
        with self._changed:
            self._facts.queue_bytes -= n_bytes

    def _busy(self, status: int) -> BusyError:
        if status == 429:
            self._facts.slowed_down += 1
        else:
            self._facts.turned_away += 1
        wait_s = self._facts.queue_bytes / self._bytes_per_s if self._bytes_per_s else 0.0
        clamped = min(max(math.ceil(wait_s), _SHORTEST_RETRY_S), _LONGEST_RETRY_S)
        return BusyError(status, clamped)

    # ------------------------------------------------------------------ the writer

    def _run(self) -> None:
        self._warm_up()
        while not self._ends():
            if not self._queue:
                self._warm_up()
                continue
            batch = self._next()
            started = time.monotonic()
            answers = self._store(batch)
            self._account(batch, answers, started)  # first: who is answered may ask for the facts
            _deliver(list(zip(batch, answers, strict=True)))

    def _warm_up(self) -> None:
        try:
            self._collecting.warm_up(self._clock())
        except DriftlineError as error:
            log.warning("collect.not_ready", extra={"error": str(error)})
        except Exception as error:  # the writer must not end of it: the senders would wait for ever
            log.exception("collect.not_ready", extra={"error": type(error).__name__})
        else:
            self._facts.is_warm = True

    def _ends(self) -> bool:
        """Wait until there is something to do; return whether there never will be."""
        with self._changed:
            patience_s = None if self._facts.is_warm else WARM_UP_AGAIN_S
            self._changed.wait_for(lambda: bool(self._queue) or self._stopping, patience_s)
            return self._stopping and not self._queue

    def _next(self) -> list[_Waiting]:
        """Take the requests of one commit; the first of them waits a little for company."""
        with self._changed:
            until = self._queue[0].since + WINDOW_S
            while not self._stopping and sum(one.rows for one in self._queue) < COMMIT_ROWS:
                left = until - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    break
            return self._taken()

    def _taken(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        rows = size = 0
        while self._queue and (
            not batch
            or (
                rows + self._queue[0].rows <= COMMIT_ROWS
                and size + len(self._queue[0].sent.content) <= COMMIT_BYTES
            )
        ):
            batch.append(self._queue.popleft())
            rows += batch[-1].rows
            size += len(batch[-1].sent.content)
        return batch

    def _store(self, batch: Sequence[_Waiting]) -> list[Outcome | Exception]:
        answers: list[Outcome | Exception] = [_NOT_STORED] * len(batch)
        bodies: dict[int, Body] = {}
        size = 0
        for number, waiting in enumerate(batch):
            try:
                body = _body(waiting.sent)
            except UnfitBodyError as error:
                answers[number] = error
                continue
            size += len(body.content)
            if bodies and size > COMMIT_BYTES:
                _fill(answers, self._stored(bodies))
                bodies, size = {}, len(body.content)
            bodies[number] = body
        _fill(answers, self._stored(bodies))
        return answers

    def _stored(self, bodies: dict[int, Body]) -> dict[int, Outcome | Exception]:
        if not bodies:
            return {}
        try:
            collected = self._collecting.collect(list(bodies.values()), self._clock(), SOURCE)
        except Exception as error:  # noqa: BLE001 (the writer must not end of it)
            if len(bodies) > 1:
                # one of them is to blame, and the others must not suffer for it
                found: dict[int, Outcome | Exception] = {}
                for number, body in bodies.items():
                    found |= self._stored({number: body})
                return found
            if not isinstance(error, DriftlineError):
                log.error("collect.failed", extra=fault_of(error))  # noqa: TRY400 (no text)
            return dict.fromkeys(bodies, error)
        return {
            number: one.error or Outcome(one, body)
            for (number, body), one in zip(bodies.items(), collected, strict=True)
        }

    def _account(
        self, batch: Sequence[_Waiting], answers: Sequence[Outcome | Exception], started: float
    ) -> None:
        ended = time.monotonic()
        facts = self._facts
        with self._changed:
            facts.queue_requests -= len(batch)
        facts.commits += 1
        facts.requests += len(batch)
        facts.last_commit_s = ended - started
        facts.last_lag_s = ended - batch[0].since
        size = sum(len(waiting.sent.content) for waiting in batch)
        speed = size / max(ended - started, 1e-3)
        self._bytes_per_s = speed if not self._bytes_per_s else (self._bytes_per_s * 3 + speed) / 4
        for answer in answers:
            if isinstance(answer, Outcome):
                one = answer.collected
                facts.is_warm = True
                facts.accepted += one.accepted - one.stored.duplicates
                facts.duplicates += one.stored.duplicates
                facts.rejected.update(rejection.reason for rejection in one.rejections)
                facts.samples += one.samples
                facts.passed_over.update(one.passed_over)
            elif not isinstance(answer, UnfitBodyError):
                facts.failed += 1


_NOT_STORED: Final = BusyError(503, _SHORTEST_RETRY_S)


def _body(sent: Sent) -> Body:
    content = unpacked(sent.content, may_be_empty=sent.heading.may_be_empty)
    if sent.heading.wrap is not None:
        content = sent.heading.wrap(content)
    chosen = format_of(sent.heading, content)
    if chosen == "arrow":
        check_arrow(content)
    elif chosen == "parquet":
        check_parquet(content)
    elif chosen in BY_LINE and content.count(b"\n") > EVENTS_LIMIT:
        raise UnfitBodyError(413, "api.collect.too-many-rows", limit=EVENTS_LIMIT)
    return Body(sent.kind, content, chosen, sent.model, sent.version, sent.models)


def _fill(answers: list[Outcome | Exception], some: dict[int, Outcome | Exception]) -> None:
    for number, answer in some.items():
        answers[number] = answer


def _deliver(answers: Sequence[tuple[_Waiting, Outcome | Exception]]) -> None:
    """Let the requests go on, in their own event loops."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Waiting, Outcome | Exception]]] = {}
    for waiting, answer in answers:
        by_loop.setdefault(waiting.loop, []).append((waiting, answer))
    for loop, some in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle, some)
        except RuntimeError:  # the server has gone, and its requests with it
            log.info("collect.nobody_waits", extra={"requests": len(some)})


def _settle(answers: Sequence[tuple[_Waiting, Outcome | Exception]]) -> None:
    for waiting, answer in answers:
        if waiting.answer.done():  # the client has left
            continue
        if isinstance(answer, Exception):
            waiting.answer.set_exception(answer)
        else:
            waiting.answer.set_result(answer)
