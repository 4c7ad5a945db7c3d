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
from ingest.mapping import Mapping
from ingest.pairing import Matcher, Pair, Side, exchange_of, lonely
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
        _changes(pairs),
        keep=[stored_of(side, source, now) for side in kept],
        senders={(sender_of(side.half), side.half.side) for side in sides},
    )
    return Joined(list(told(calls_of(pairs), source, now)), changes, kept)


def join_waiting(store: Store, now: datetime, mapping: Mapping | None = None) -> Settled:
    """
    Join halves that wait for each other, as those of a file larger than memory do.

    Parameters
    ----------
    store : Store
    now : datetime
    mapping : Mapping or None
        What the log calls the fields that its payloads hold.
    """
    settled = Settled()
    while True:
        with store.pairing():
            found = store.meeting_halves(_STEP)
            pairs = list(Matcher(store.answers_within).add_all(map(_side, found)))
            if not pairs:
                return settled
            source = found[0].source
            calls = told(calls_of(pairs), source, now, mapping)
            settled += _store_calls(store, calls, _changes(pairs), source, now, mapping)


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
    known = store.known_calls([call for side in sides if (call := _asked(side)) is not None])
    answering = store.answering_senders()
    calls: list[tuple[Exchange, Side]] = []
    taken, kept = list(known), list[int]()
    failed = 0
    for one, side in zip(due, sides, strict=True):
        if one.id in known:
            continue
        fails = one.side == "request" and one.sender in answering
        calls.append((lonely(side.half, failed=fails), side))
        # a request waits on for a late answer, as it came: not where columns are hidden
        waits_on = one.side == "request" and not store.privacy.conceals(_model_of(side))
        (kept if waits_on else taken).append(one.id)
        failed += fails
    log.info("halves.given_up", extra={"calls": len(calls), "failed": failed, "known": len(known)})
    changes = HalfChanges(taken=taken, given_up=kept, now=now)
    return _store_calls(store, told(calls, source, now), changes, source, now)


def told(
    calls: Iterable[tuple[Exchange, Side]],
    source: str,
    now: datetime,
    mapping: Mapping | None = None,
) -> Iterator[Told]:
    """Decode calls, a bounded number at a time."""
    plan = mapping or Mapping()
    groups: dict[tuple[str | None, str | None], list[tuple[Exchange, Side]]] = {}
    for call in calls:
        groups.setdefault((call[1].model, call[1].version), []).append(call)
    for (model, version), some in groups.items():
        for step in _steps(some):
            numbered = [replace(call, position=n) for n, (call, _) in enumerate(step, 1)]
            block = exchange_block(numbered, plan.layout)
            read = events_of(block, plan, Defaults(model, version, now), source)
            refused = tuple(_as_line(one, step[one.position - 1][0]) for one in read.rejections)
            read = replace(read, rejections=refused, format=tap.READER.name)
            yield Told(read, [side for _, side in step])


def _as_line(refused: Rejection, call: Exchange) -> Rejection:
    """Return what is kept of a call: no record of its log tells both sides."""
    return replace(with_raw(refused, tap.written(call)), format=tap.READER.name)


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
    mapping: Mapping | None = None,
) -> Settled:
    events: list[EventRows] = []
    reasons: list[str] = []
    for one in calls:
        read = one.in_place()
        for batch in read.batches:
            parts = np.zeros(batch.n_rows, np.int64)
            events.append(EventRows(batch.model, batch.events, batch.features, parts))
        if read.rejections:
            store.reject(source, read.rejections, _read_as(one.sides[0], read, mapping), now)
            reasons += [rejection.reason for rejection in read.rejections]
    [stored] = store.collect(Bodies(1, events, halves=changes), source)
    return Settled(stored, tuple(reasons))


def _read_as(side: Side, read: Read, mapping: Mapping | None) -> ReadAs:
    told = None if mapping is None else mapping.model_dump_json(exclude_unset=True)
    return ReadAs("events", read.format, side.model, side.version, told)


def calls_of(pairs: Iterable[Pair]) -> Iterator[tuple[Exchange, Side]]:
    """Return the calls of pairs, each with the half that came last."""
    return ((exchange_of(pair), pair.last) for pair in pairs)


def _changes(pairs: Iterable[Pair]) -> HalfChanges:
    """Return what pairs take out of the store, and which failed calls they correct."""
    changes = HalfChanges(taken=[], corrected=[])
    taken, corrected = list[int](), list[AskedCall]()
    for pair in pairs:
        taken += [s.stored for s in (pair.request, pair.response) if s.stored is not None]
        if pair.request.given_up and (call := _asked(pair.request)) is not None:
            corrected.append(call)
    return replace(changes, taken=taken, corrected=corrected)


def _model_of(side: Side) -> str | None:
    model = side.half.facts.get("model") or side.model
    return model if isinstance(model, str) else None


def _asked(side: Side) -> AskedCall | None:
    at, model, request = side.half.at, _model_of(side), side.half.facts.get("request_id")
    if at is None or model is None or not isinstance(request, str):
        return None
    return AskedCall(side.stored or 0, model, request, at)


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
        model=side.model,
        version=side.version,
        facts=orjson.dumps(dict(half.facts)).decode(),
        media_type=payload.media_type if payload else None,
        header_length=payload.header_length if payload else None,
        payload=payload.content if payload else None,
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
    return Side(half, one.model, one.version, stored=one.id, given_up=one.given_up)
