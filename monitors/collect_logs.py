"""Bodies of several senders into the store in one commit, each with an answer of its own."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.errors import DriftlineError, InputError
from domain.rejection import ReadAs, Refused, Rejection
from domain.resource import ResourceSample
from ingest.batch import EventBatch, LabelBatch, LabelRead, Read
from ingest.exchange import Half
from ingest.pairing import Reading, Side
from ingest.read import BodyLines, read_events, read_labels
from ingest.readers.block import reject
from ingest.sources import SourceFile
from monitors.collected import LINES, Body, Collected, Kind
from monitors.halves import Joined, join
from monitors.joined_bodies import alike, groups, joined
from store.append import Bodies, EventRows, LabelRows
from store.counted import LoadCounts
from store.halves import HalfChanges
from store.store import Store

Int = NDArray[np.int64]

# More would hold up the senders that wait behind: 64 MB of events of 650 bytes.
EVENTS_LIMIT: Final = 100_000
# Each that is new is a column to add, 2 ms in the commit that everybody waits for.
FEATURES_LIMIT: Final = 2_000

_BODY: Final = "the body"
_MOST_LEARNED: Final = 64
# of bodies with Driftline's own events
_NATIVE: Final = frozenset({LINES, "json", "csv", "parquet", "arrow", "auto"})
# what a body taught is forgotten beyond that: keys that are ids would fill it
_MOST_COLUMNS: Final = 2_000
# of every type, answered and failed, alone and as one of several rows of a request
_SAMPLE: Final = b"\n".join(
    b'{"model":"rehearsal","version":"1","ts":"$ts","prediction_id":"%d","request_id":"r","score":0.5,'
    b'"features":{"n":1.5,"i":7,"s":"x","b":true},"prediction":"yes","latency_ms":2.5,"status":%d,'
    b'"replica":"a","tags":{"t":"x"},"label":"no"}' % (number, status)
    for number, status in enumerate((200, 200, 500))
)


class TooLargeError(InputError):
    """A body of more events or features than one request may bring."""


class Collecting:
    """
    Reads bodies and stores them; used by one thread.

    Parameters
    ----------
    store : Store
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._learned: OrderedDict[tuple[object, ...], BodyLines] = OrderedDict()

    def collect(self, bodies: Sequence[Body], now: datetime, source: str) -> list[Collected]:
        """
        Store bodies in one transaction.

        Parameters
        ----------
        bodies : sequence of Body
        now : datetime
            Aware; events more than a day ahead of it are refused.
        source : str
            What came in, and what could not be read, is counted under this name; what other
            protocols than Driftline's own bring under it and the protocol's: ``"http/otlp"``.

        Returns
        -------
        list of Collected
            Of each body; when this returns, all that they say is on disk.

        Raises
        ------
        StoreError
            If nothing was stored, of none of them.
        """
        only = self._only_model(bodies)
        bodies = [replace(body, model=body.model or only[body.kind]) for body in bodies]
        gathered = self._gathered(bodies, now)
        if not gathered.sides:
            return gathered.answers(self._store.collect(gathered.bodies(source), source))
        with self._store.pairing():
            gathered.join(join(self._store, gathered.sides, source, now))
            return gathered.answers(self._store.collect(gathered.bodies(source), source))

    def warm_up(self, now: datetime) -> None:
        """
        Read and store events of no model, and take them back: the first commit loads code.

        Parameters
        ----------
        now : datetime

        Raises
        ------
        StoreError
            If nothing can be written.
        """
        ts = now.isoformat().encode()
        body = Body(Kind.PREDICTIONS, _SAMPLE.replace(b"$ts", ts), LINES)
        apart = Collecting(self._store)
        apart._gathered([body], now)
        # what was learned is read in another way
        self._store.rehearse(apart._gathered([body], now).bodies(""), now)

    def _gathered(self, bodies: Sequence[Body], now: datetime) -> _Gathered:
        gathered = _Gathered(bodies, now, self._store.elsewhere)
        for group in groups(bodies):
            self._read(group, bodies, now, gathered)
        return gathered

    def _only_model(self, bodies: Sequence[Body]) -> dict[Kind, str | None]:
        """Return the model of labels that name none: the one there is, if there is just one."""
        models: tuple[str, ...] = ()
        if any(body.kind is Kind.LABELS and body.model is None for body in bodies):
            models = self._store.models()
        return {Kind.PREDICTIONS: None, Kind.LABELS: models[0] if len(models) == 1 else None}

    def _read(
        self, group: Sequence[int], bodies: Sequence[Body], now: datetime, gathered: _Gathered
    ) -> None:
        same = alike(bodies[group[0]])
        if same is not None and (len(group) > 1 or bodies[group[0]].format == LINES):
            together = self._together(same, [bodies[part] for part in group], now)
            if together is not None:
                reads, lengths = together
                gathered.take(group, lengths, reads)
                return
        # each for itself, so that one that is odd does not spoil the others
        for part in group:
            gathered.take_alone(part, bodies[part], _alone(bodies[part], now))

    def _together(
        self, same: tuple[object, ...], bodies: Sequence[Body], now: datetime
    ) -> tuple[list[Read | LabelRead], Int] | None:
        """Read bodies that are alike as one; None where one of them spoils the others."""
        try:
            joint = joined(bodies)
            whole = replace(bodies[0], content=joint.content)
            reads = self._lines(same, whole, now) if whole.format == LINES else _alone(whole, now)
            taken = list(reads)
        except DriftlineError:
            return None
        return None if any(_is_wild(read) for read in taken) else (taken, joint.lengths)

    def _lines(
        self, same: tuple[object, ...], body: Body, now: datetime
    ) -> Iterator[Read] | Iterator[LabelRead]:
        """Read JSON lines with what earlier ones of the same kind taught."""
        lines = self._learned.pop(same, None) or BodyLines()
        if body.kind is Kind.LABELS:
            yield from lines.labels(body.content, model=body.model, now=now)
        else:
            yield from lines.events(body.content, model=body.model, version=body.version, now=now)
        if lines.n_columns <= _MOST_COLUMNS:
            self._learned[same] = lines
        while len(self._learned) > _MOST_LEARNED:
            self._learned.popitem(last=False)


class _Gathered:
    """What the bodies of one commit hold, by body."""

    def __init__(self, bodies: Sequence[Body], now: datetime, elsewhere: frozenset[str]) -> None:
        self._bodies = bodies
        self._now = now
        self._n = n = len(bodies)
        self._elsewhere = elsewhere
        self._events: list[EventRows] = []
        self._labels: list[LabelRows] = []
        self._accepted = np.zeros(n, np.int64)
        self._rejections: list[list[Rejection]] = [[] for _ in range(n)]
        self._errors: dict[int, DriftlineError] = {}
        self._samples: list[ResourceSample] = []
        self._sampled = np.zeros(n, np.int64)
        self._passed_over = [Counter[str]() for _ in range(n)]
        self._changes: HalfChanges | None = None
        self.sides: list[Side] = []

    def bodies(self, source: str) -> Bodies:
        """Return what is to be stored, counted under `source` and the protocols."""
        sources = [_source(body, source) for body in self._bodies]
        refused = [
            Refused(tuple(rejections), _read_as(body), own)
            for body, own, rejections in zip(self._bodies, sources, self._rejections, strict=True)
            if rejections
        ]
        return Bodies(
            self._n,
            self._events,
            self._labels,
            refused,
            self._now,
            self._samples,
            halves=self._changes,
            sources=sources,
            passed_over=[passed.total() for passed in self._passed_over],
        )

    def answers(self, stored: Sequence[LoadCounts]) -> list[Collected]:
        """Return what became of each body."""
        return [
            Collected(
                stored[part],
                int(self._accepted[part]),
                tuple(sorted(self._rejections[part], key=lambda one: one.position)),
                self._errors.get(part),
                int(self._sampled[part]),
                dict(self._passed_over[part]),
            )
            for part in range(self._n)
        ]

    def take(self, group: Sequence[int], lengths: Int, reads: Sequence[Read | LabelRead]) -> None:
        """Take what was read of several bodies together, each as many positions long as said."""
        ends = np.cumsum(lengths)
        whose = np.array(group, np.int64)
        models = self._bodies[group[0]].models
        for read in reads:
            for one in read.rejections:
                at = int(np.searchsorted(ends, one.position))
                place = one.position - int(ends[at] - lengths[at])
                self._rejections[group[at]].append(replace(one, position=place))
            for batch in read.batches:
                at = np.searchsorted(ends, batch.positions)
                apart = replace(batch, positions=batch.positions - (ends - lengths)[at])
                self._add(apart, whose[at], models)

    def take_alone(
        self, part: int, body: Body, reads: Iterator[Read] | Iterator[LabelRead]
    ) -> None:
        """Take one body, or nothing of it where it cannot be read."""
        taken: list[Read | LabelRead] = []
        n = 0
        try:
            for read in reads:
                taken.append(read)
                n += len(read.rejections) + sum(b.n_rows for b in read.batches)
                n += _besides(read) if isinstance(read, Read) else 0
                _check_size(n, read)
        except DriftlineError as error:
            self._errors[part] = error
            return
        for read in taken:
            self._rejections[part] += read.rejections
            for batch in read.batches:
                self._add(batch, np.full(batch.n_rows, part), body.models, alone=True)
            if isinstance(read, Read):
                self._take_halves(part, body, read.halves)
                self._take_samples(part, body, read.samples)
                self._passed_over[part].update(read.passed_over)

    def _take_halves(self, part: int, body: Body, halves: Sequence[Half]) -> None:
        reading = Reading(body.model, body.version)
        for half in halves:
            side = Side(half, reading, part=part)
            # what its other side will say of the model counts less than this
            if body.models is not None and side.model not in body.models:
                refused = reject(half.position, "wrong_model", b"", value=side.model)
                self._rejections[part].append(refused)
            else:
                self.sides.append(side)

    def _take_samples(self, part: int, body: Body, samples: Sequence[ResourceSample]) -> None:
        for number, sample in enumerate(samples, start=1):
            if body.models is not None and sample.model not in body.models:
                refused = reject(number, "wrong_model", b"", value=sample.model or "-")
                self._rejections[part].append(refused)
            else:
                self._samples.append(sample)
                self._sampled[part] += 1

    def join(self, joined: Joined) -> None:
        """Take what became of `sides`: calls that are told whole, and halves that wait."""
        self._changes = joined.changes
        for one in joined.told:
            read = one.in_place()
            parts = np.array([max(side.part, 0) for side in one.sides], np.int64)
            for batch, numbered in zip(read.batches, one.read.batches, strict=True):
                self._add(batch, parts[numbered.positions - 1], None)
            for refused, numbered in zip(read.rejections, one.read.rejections, strict=True):
                self._rejections[int(parts[numbered.position - 1])].append(refused)
        for side in joined.kept:
            self._accepted[side.part] += 1

    def _add(
        self,
        batch: EventBatch | LabelBatch,
        parts: Int,
        models: frozenset[str] | None,
        *,
        alone: bool = False,
    ) -> None:
        reason = "wrong_model" if models is not None and batch.model not in models else None
        if isinstance(batch, EventBatch) and batch.model in self._elsewhere:
            reason = reason or "logged_elsewhere"
        if reason is not None:
            # the text says all there is to say: the line itself is none of the reader's business
            for part, position in zip(parts.tolist(), batch.positions.tolist(), strict=True):
                self._rejections[part].append(reject(position, reason, b"", value=batch.model))
            return
        self._accepted += np.bincount(parts, minlength=self._n)
        if isinstance(batch, LabelBatch):
            self._labels.append(LabelRows(batch.model, batch.labels, parts))
        else:
            places = batch.positions if alone else None
            rows = EventRows(batch.model, batch.events, batch.features, parts, places)
            self._events.append(rows)


def _source(body: Body, source: str) -> str:
    return source if body.format in _NATIVE else f"{source}/{body.format}"


def _read_as(body: Body) -> ReadAs:
    kind = "labels" if body.kind is Kind.LABELS else "events"
    return ReadAs(kind, body.format, body.model, body.version)


def _alone(body: Body, now: datetime) -> Iterator[Read] | Iterator[LabelRead]:
    source = SourceFile(_BODY, data=body.content)
    if body.kind is Kind.LABELS:
        return read_labels(source, model=body.model, format=body.format, now=now)
    return read_events(source, model=body.model, version=body.version, format=body.format, now=now)


def _besides(read: Read) -> int:
    return len(read.halves) + len(read.samples) + sum(read.passed_over.values())


def _is_wild(read: Read | LabelRead) -> bool:
    """Return whether bodies that were read together have more columns than one may have."""
    crowded = any(one.reason == "too_many_columns" for one in read.rejections)
    return crowded or _features(read) > FEATURES_LIMIT


def _features(read: Read | LabelRead) -> int:
    return max(
        (b.features.num_columns for b in read.batches if isinstance(b, EventBatch)), default=0
    )


def _check_size(n_items: int, read: Read | LabelRead) -> None:
    if n_items > EVENTS_LIMIT:
        raise TooLargeError(
            f"the body holds more than {EVENTS_LIMIT:,} events; send it in several requests"
        )
    if _features(read) > FEATURES_LIMIT:
        raise TooLargeError(
            f"an event of the body has {_features(read):,} features, more than "
            f"{FEATURES_LIMIT:,}; leave some out"
        )
