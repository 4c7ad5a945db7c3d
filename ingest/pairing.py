"""
Putting together what two records tell of one call: its request and its answer.

Halves are joined by what they share, and by nothing else: a key that holds an id, and, where both
sides tell their time, times that lie no further apart than an answer is waited for. So an id that
another call uses again hours later finds no old half. Nothing is ever joined by its position.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import orjson

from domain.calls import NO_ANSWER
from ingest.exchange import Exchange, Half
from ingest.mapping import Mapping

# Of an answer that came and is no error, where nothing says it: an objective counts calls whose
# status is known, and were the failed ones all of them, it would be missed by every single one.
ANSWERED: Final = 200
_MS: Final = timedelta(milliseconds=1)
# What a mapping says of what was asked. Of all else it tells what was answered, as answers tell
# the model and the version rather than requests.
_OF_REQUEST: Final = (
    "features",
    "exclude",
    "rename",
    "types",
    "ts",
    "ts_zone",
    "ts_fold",
    "ts_format",
    "ts_unit",
)
# of which source a half came is remembered by that: there are few
_MOST_MAPPINGS: Final = 256


@dataclass(frozen=True, slots=True)
class Reading:
    """
    How a source says that its records are to be read.

    Parameters
    ----------
    model, version : str or None
        For events that carry none.
    mapping : str or None
        `Mapping.as_json`; None: the native names.
    """

    model: str | None = None
    version: str | None = None
    mapping: str | None = None

    @property
    def plan(self) -> Mapping:
        """The mapping, read."""
        return Mapping() if self.mapping is None else _read(self.mapping)

    def of_no_answer(self) -> Reading:
        """Return how a call is read that nobody answered: no status that all calls have is its."""
        if self.mapping is None:
            return self
        said: dict[str, Any] = orjson.loads(self.mapping)
        said.pop("status", None)
        return replace(self, mapping=Mapping.model_validate(said).as_json)


@lru_cache(_MOST_MAPPINGS)
def _read(mapping: str) -> Mapping:
    return Mapping.model_validate_json(mapping)


def read_as_both(request: Reading, response: Reading) -> Reading:
    """
    Return how a call is read whose sides came with readings of their own.

    What one of them does not say, the other does. Where both do, that of the request counts for
    what was asked and when, and that of the answer for everything else.
    """
    return Reading(
        response.model or request.model,
        response.version or request.version,
        _joined(request.mapping, response.mapping),
    )


@lru_cache(_MOST_MAPPINGS)
def _joined(request: str | None, response: str | None) -> str | None:
    if request is None or response is None or request == response:
        return response if request is None else request
    asked, answered = orjson.loads(request), orjson.loads(response)
    of_request = {name: asked[name] for name in _OF_REQUEST if name in asked}
    return Mapping.model_validate({**asked, **answered, **of_request}).as_json


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """
    A half, and what is known of it beside the log.

    Parameters
    ----------
    half : Half
    reading : Reading
    part : int
        Number of the body that brought it; -1: it waited in the store.
    stored : int or None
        Number under which it waits in the store.
    given_up : bool
        Its call was told as failed, because no answer had come.
    """

    half: Half
    reading: Reading = field(default_factory=Reading)
    part: int = -1
    stored: int | None = None
    given_up: bool = False

    @property
    def model(self) -> str | None:
        """Whose call it is by what stands beside the bodies; None where that does not tell."""
        plan = self.reading.plan
        if plan.column("model") != "model":
            return plan.constant("model")
        told = self.half.facts.get("model")
        return str(told) if told else self.reading.model


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """
    Both sides of a call.

    Parameters
    ----------
    request, response : Side
    """

    request: Side
    response: Side

    @property
    def last(self) -> Side:
        """The side whose coming made the pair: the one that did not wait in the store."""
        return self.request if self.request.part > self.response.part else self.response

    @property
    def reading(self) -> Reading:
        """How the call is to be read."""
        return read_as_both(self.request.reading, self.response.reading)


class Matcher:
    """
    Finds the pairs among halves that come one after the other, in any order.

    Parameters
    ----------
    wait : timedelta
        How far apart the times of both sides may lie.
    """

    def __init__(self, wait: timedelta) -> None:
        self._wait = wait
        self._waiting: dict[tuple[str, ...], list[Side]] = {}
        self.n_waiting = 0
        self.n_bytes = 0
        self.duplicates = 0

    def add(self, side: Side) -> Pair | None:
        """
        Take a half; return it with the other one, where that has come.

        The same half twice is one; of several that fit, the nearest in time is taken.
        """
        key = side.half.key
        bucket = self._waiting.get(key)
        if bucket is None:
            self._keep(key, [side], side)
            return None
        if any(_is_same(one.half, side.half) for one in bucket):
            self.duplicates += 1
            return None
        fitting = [one for one in bucket if self._fits(one.half, side.half)]
        if not fitting:
            bucket.append(side)
            self._keep(key, bucket, side)
            return None
        other = min(fitting, key=lambda one: _apart(one.half, side.half))
        self._drop(key, bucket, other)
        if side.half.side == "request":
            return Pair(side, other)
        return Pair(other, side)

    def add_all(self, sides: Iterable[Side]) -> Iterator[Pair]:
        """Take halves; yield the pairs that are complete with them."""
        for side in sides:
            pair = self.add(side)
            if pair is not None:
                yield pair

    def take_waiting(self) -> list[Side]:
        """Return all halves that wait, and let go of them."""
        waiting = [side for bucket in self._waiting.values() for side in bucket]
        self._waiting = {}
        self.n_waiting = self.n_bytes = 0
        return waiting

    def _fits(self, one: Half, other: Half) -> bool:
        return one.side != other.side and _apart(one, other) <= self._wait

    def _keep(self, key: tuple[str, ...], bucket: list[Side], side: Side) -> None:
        self._waiting[key] = bucket
        self.n_waiting += 1
        self.n_bytes += _size(side.half)

    def _drop(self, key: tuple[str, ...], bucket: list[Side], side: Side) -> None:
        bucket.remove(side)
        if not bucket:
            del self._waiting[key]
        self.n_waiting -= 1
        self.n_bytes -= _size(side.half)


def exchange_of(pair: Pair) -> Exchange:
    """
    Return the call of which both sides have come.

    Its latency is the time between them, unless the log tells it. Clocks that run backwards tell
    none, nor do clocks that count whole seconds.
    """
    request, response = pair.request.half, pair.response.half
    facts = {**request.facts, **response.facts}
    began, ended = request.at, response.at
    latency_ms = _latency_ms(began, ended)
    if latency_ms is not None:
        facts.setdefault("latency_ms", latency_ms)
    _tell_time(facts, began or ended)
    last = pair.last.half
    return Exchange(last.position, last.raw, facts, request.payload, response.payload, ANSWERED)


def _latency_ms(began: datetime | None, ended: datetime | None) -> float | None:
    if began is None or ended is None or ended < began:
        return None
    return (ended - began) / _MS if began.microsecond or ended.microsecond else None


def lonely(half: Half, *, failed: bool) -> Exchange:
    """
    Return the call of which one side is all that came.

    Parameters
    ----------
    half : Half
    failed : bool
        Tell a request as a call that nobody answered.
    """
    facts = dict(half.facts)
    _tell_time(facts, half.at)
    if half.side == "response":
        return Exchange(half.position, half.raw, facts, None, half.payload, ANSWERED)
    if failed:
        facts["status"] = NO_ANSWER
    return Exchange(half.position, half.raw, facts, half.payload, None)


def envelope(half: Half) -> Exchange:
    """Return what stands beside the bodies of a call, as it is told where nobody answers."""
    return lonely(replace(half, side="request", payload=None), failed=True)


def _tell_time(facts: dict[str, object], at: datetime | None) -> None:
    if at is not None:
        facts["ts"] = at.isoformat()


def _apart(one: Half, other: Half) -> timedelta:
    if one.at is None or other.at is None:
        return timedelta()
    return abs(one.at - other.at)


def _is_same(one: Half, other: Half) -> bool:
    return one.side == other.side and one.at == other.at


def _size(half: Half) -> int:
    # what a record costs beside its payload
    return 500 + len(half.raw) + (len(half.payload.content) if half.payload else 0)
