"""
Calls that are told in two records: joined as they come, kept until then, given up in the end.

All of this happens under `Store.pairing`, from the look at what waits to the commit: so no half is
ever taken twice, and two halves that come at the same moment, by two ways, find each other.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import orjson

from domain.rejection import ReadAs, Rejection
from ingest.batch import Read
from ingest.events import Defaults, events_of
from ingest.exchange import Exchange, Half, Payload
from ingest.exchange_rows import exchange_block
from ingest.pairing import Matcher, Pair, Reading, Side, envelope, exchange_of, lonely
from ingest.readers import tap
from ingest.readers.block import with_raw
from store.append import Bodies, EventRows
from store.asked_calls import AskedCall
from store.counted import LoadCounts
from store.halves import HalfChanges, StoredHalf
from store.store import Store

log = logging.getLogger(__name__)

# an answer that comes so long after its call was told as failed still corrects that
CORRECTS: Final = timedelta(days=1)
# calls that are decoded together, and what they may hold
_STEP: Final = 2_000
_STEP_BYTES: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """
    Calls as events, each with the half whose coming told of it.

    Parameters
    ----------
    read : Read
        Positions are 1-based places in `sides`.
    sides : sequence of Side
    """

    read: Read
    sides: Sequence[Side]

    def in_place(self) -> Read:
        """Return what was read with the positions that the log has."""
        places = np.array([side.half.position for side in self.sides], np.int64)
        batches = tuple(
            replace(batch, positions=places[batch.positions - 1]) for batch in self.read.batches
        )
        refused = [replace(r, position=int(places[r.position - 1])) for r in self.read.rejections]
        return replace(self.read, batches=batches, rejections=tuple(refused))


@dataclass(frozen=True, slots=True)
class Settled:
    """
    What became of halves that waited.

    Parameters
    ----------
    stored : LoadCounts
        What is new of it.
    reasons : tuple of str
        Why calls could not become events, one each.
    """

    stored: LoadCounts = field(default_factory=LoadCounts)
    reasons: tuple[str, ...] = ()

    def __add__(self, other: Settled) -> Settled:
        return Settled(self.stored + other.stored, self.reasons + other.reasons)


@dataclass(slots=True)
class Joined:
    """
    What halves that came make of themselves and of those that waited.

    Parameters
    ----------
    told : list of Told
    changes : HalfChanges
    kept : list of Side
        Those that wait now.
    """

    told: list[Told]
    changes: HalfChanges
    kept: list[Side]


def join(store: Store, sides: Sequence[Side], source: str, now: datetime) -> Joined:
    """
    Join halves with each other and with those that wait; inside `Store.pairing`.

    Parameters
    ----------
    store : Store
    sides : sequence of Side
        As they came; `part` says in which body.
    source : str
    now : datetime
    """
    matcher = Matcher(store.answers_within)
    waiting = [_side(one) for one in store.halves_of({key_of(side.half) for side in sides})]
    stored = {id(side) for side in waiting}
    pairs = [*matcher.add_all(waiting), *matcher.add_all(sides)]
    kept = [side for side in matcher.take_waiting() if id(side) not in stored]
    changes = replace(
        _changes(pairs, now),
        keep=[stored_of(side, source, now) for side in kept],
        senders={(sender_of(side.half), side.half.side) for side in sides},
    )
    return Joined(list(told(calls_of(pairs), source, now)), changes, kept)


def join_waiting(store: Store, now: datetime) -> Settled:
    """
    Join halves that wait for each other, as those of a file larger than memory do.

    Parameters
    ----------
    store : Store
    now : datetime
    """
    settled = Settled()
    while True:
        with store.pairing():
            found = store.meeting_halves(_STEP)
            pairs = list(Matcher(store.answers_within).add_all(map(_side, found)))
            if not pairs:
                return settled
            source = found[0].source
            calls = told(calls_of(pairs), source, now)
            settled += _store_calls(store, calls, _changes(pairs, now), source, now)


def give_up(
    store: Store, now: datetime, passed: dict[tuple[str, str], datetime] | None = None
) -> Settled:
    """
    Tell of calls whose other side has not come for too long.

    A request becomes a failed call, an answer an event with what it has. Of a sender that never
    told an answer, nothing follows from none: its requests are events without an outcome.

    Parameters
    ----------
    store : Store
    now : datetime
        Halves are given up that came earlier than `Store.answers_within` before it.
    passed : dict of (sender, side) to datetime, optional
        Also those of that sender and side whose own time lies before.
    """
    settled = join_waiting(store, now)
    while True:
        with store.pairing():
            due = store.overdue_halves(now - store.answers_within, passed or {}, _STEP)
            if not due:
                break
            # each is counted where it came from
            source = due[0].source
            some = [one for one in due if one.source == source]
            settled += _give_up_some(store, some, source, now)
    store.forget_given_up(now - CORRECTS)
    return settled


def _give_up_some(store: Store, due: Sequence[StoredHalf], source: str, now: datetime) -> Settled:
    sides = [_side(one) for one in due]
    known = store.known_calls(_asked(sides, now))
    answering = store.answering_senders()
    calls: list[tuple[Exchange, Side]] = []
    taken, kept = list(known), list[int]()
    failed = 0
    for one, side in zip(due, sides, strict=True):
        if one.id in known:
            continue
        fails = one.side == "request" and one.sender in answering
        calls.append((lonely(side.half, failed=fails), _alone(side, failed=fails)))
        # a request waits on for a late answer, as it came: not where columns are hidden
        waits_on = one.side == "request" and not store.privacy.conceals(side.model)
        (kept if waits_on else taken).append(one.id)
        failed += fails
    log.info("halves.given_up", extra={"calls": len(calls), "failed": failed, "known": len(known)})
    changes = HalfChanges(taken=taken, given_up=kept, now=now)
    return _store_calls(store, told(calls, source, now), changes, source, now)


def told(calls: Iterable[tuple[Exchange, Side]], source: str, now: datetime) -> Iterator[Told]:
    """Decode calls as their sides say, a bounded number at a time."""
    groups: dict[Reading, list[tuple[Exchange, Side]]] = {}
    for call in calls:
        groups.setdefault(call[1].reading, []).append(call)
    for how, some in groups.items():
        plan, defaults = how.plan, Defaults(how.model, how.version, now)
        for step in _steps(some):
            numbered = [replace(call, position=n) for n, (call, _) in enumerate(step, 1)]
            read = events_of(exchange_block(numbered, plan.layout), plan, defaults, source)
            refused = tuple(_as_line(r, *step[r.position - 1]) for r in read.rejections)
            read = replace(read, rejections=refused, format=tap.READER.name)
            yield Told(read, [side for _, side in step])


def _as_line(refused: Rejection, call: Exchange, side: Side) -> Rejection:
    """Return what is kept of a call: no record of its log tells both sides."""
    how = side.reading
    read_as = ReadAs("events", tap.READER.name, how.model, how.version, how.mapping)
    return replace(with_raw(refused, tap.written(call)), read_as=read_as)


def _steps(
    calls: Sequence[tuple[Exchange, Side]],
) -> Iterator[Sequence[tuple[Exchange, Side]]]:
    step: list[tuple[Exchange, Side]] = []
    size = 0
    for call in calls:
        grown = size + _size(call[0].request) + _size(call[0].response)
        if step and (len(step) >= _STEP or grown > _STEP_BYTES):
            yield step
            step, grown = [], grown - size
        step.append(call)
        size = grown
    if step:
        yield step


def _size(side: object) -> int:
    return len(side.content) if isinstance(side, Payload) else 0


def _store_calls(
    store: Store,
    calls: Iterable[Told],
    changes: HalfChanges,
    source: str,
    now: datetime,
) -> Settled:
    events: list[EventRows] = []
    reasons: list[str] = []
    for one in calls:
        read = one.in_place()
        for batch in read.batches:
            parts = np.zeros(batch.n_rows, np.int64)
            events.append(EventRows(batch.model, batch.events, batch.features, parts))
        if read.rejections:
            store.reject(source, read.rejections, None, now)
            reasons += [rejection.reason for rejection in read.rejections]
    [stored] = store.collect(Bodies(1, events, halves=changes), source)
    return Settled(stored, tuple(reasons))


def calls_of(pairs: Iterable[Pair]) -> Iterator[tuple[Exchange, Side]]:
    """Return the calls of pairs, each with the half that came last, read as both sides say."""
    return ((exchange_of(pair), replace(pair.last, reading=pair.reading)) for pair in pairs)


def _changes(pairs: Iterable[Pair], now: datetime) -> HalfChanges:
    """Return what pairs take out of the store, and which failed calls they correct."""
    taken, given_up = list[int](), list[Side]()
    for pair in pairs:
        taken += [s.stored for s in (pair.request, pair.response) if s.stored is not None]
        if pair.request.given_up:
            given_up.append(pair.request)
    return HalfChanges(taken=taken, corrected=_asked(given_up, now))


def _alone(side: Side, *, failed: bool) -> Side:
    return replace(side, reading=side.reading.of_no_answer()) if failed else side


def _asked(sides: Iterable[Side], now: datetime) -> list[AskedCall]:
    """Return what is stored of the calls that halves tell of which wait, under which names."""
    alone = [(envelope(side.half), _alone(side, failed=True)) for side in sides]
    return [
        AskedCall(one.sides[position - 1].stored or 0, batch.model, request, at)
        for one in told(alone, "", now)
        for batch in one.read.batches
        if "request_id" in batch.events.column_names
        for position, request, at in zip(
            batch.positions.tolist(),
            batch.events["request_id"].to_pylist(),
            batch.events["ts"].to_pylist(),
            strict=True,
        )
        if request is not None
    ]


def key_of(half: Half) -> str:
    """Return what both sides of a call share, as the store keeps it."""
    return orjson.dumps(half.key).decode()


def sender_of(half: Half) -> str:
    """Return what the halves of one sender share."""
    return orjson.dumps(half.key[:-1]).decode()


def stored_of(side: Side, source: str, now: datetime) -> StoredHalf:
    """Return a half as the store keeps it."""
    half, payload = side.half, side.half.payload
    return StoredHalf(
        key=key_of(half),
        sender=sender_of(half),
        side=half.side,
        at=half.at,
        seen_at=now,
        source=source,
        position=half.position,
        model=side.reading.model,
        version=side.reading.version,
        facts=orjson.dumps(dict(half.facts)).decode(),
        media_type=payload.media_type if payload else None,
        header_length=payload.header_length if payload else None,
        payload=payload.content if payload else None,
        mapping=side.reading.mapping,
    )


def _side(one: StoredHalf) -> Side:
    content = one.payload
    payload = None
    if content is not None:
        payload = Payload(content, one.media_type or "", one.header_length)
    half = Half(
        one.position,
        content or b"",
        tuple(orjson.loads(one.key)),
        "request" if one.side == "request" else "response",
        one.at,
        orjson.loads(one.facts),
        payload,
    )
    reading = Reading(one.model, one.version, one.mapping)
    return Side(half, reading, stored=one.id, given_up=one.given_up)
