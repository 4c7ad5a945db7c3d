"""What a follower hands over becomes events: pieces of files in one commit, or a whole file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from domain.checkpoint import Checkpoint, Piece
from domain.errors import InputError
from domain.rejection import Refused, Rejection
from domain.resource import ResourceSample
from ingest.batch import EventBatch, Read
from ingest.read import read_events
from ingest.readers.block import reject
from ingest.sources import SourceFile
from monitors.allowed_models import allowed_events
from monitors.ingest_logs import IngestCounts, Options, note, noted
from monitors.shared_commit import read_ahead
from monitors.source_halves import SourceHalves
from store.append import Bodies, EventRows
from store.counted import Came
from store.store import Store
from store.taking import Taking

Int = NDArray[np.int64]

# their lines stand for themselves, so pieces of many files are read as those of one
_JOINED: Final = frozenset({"ndjson", "csv"})
_MOST_REFUSED: Final = 10_000
# of a file that is read as it is: positions are those in it
_ALL_OF_IT: Final = np.array([np.iinfo(np.int64).max])


@dataclass(frozen=True, slots=True)
class Taken:
    """
    What became of pieces that were handed over.

    Parameters
    ----------
    counts : IngestCounts
        What was newly stored, of all of them.
    checkpoints : tuple of Checkpoint or None
        How far each file is taken now; None: nothing was taken of it.
    failures : tuple of str or None
        Why nothing was.
    """

    counts: IngestCounts
    checkpoints: tuple[Checkpoint | None, ...]
    failures: tuple[str | None, ...]


def take(store: Store, source: SourceFile, options: Options, pieces: Sequence[Piece]) -> Taken:
    """
    Store pieces of followed files, and how far these are taken, in one transaction.

    Parameters
    ----------
    store : Store
    source : SourceFile
        The bytes of all pieces, one behind the other; or one whole file of any size, as the only
        piece, of no bytes.
    options : Options
    pieces : sequence of Piece
        Of different files.

    Raises
    ------
    CheckpointMovedError
        If the store knows otherwise how far one of the files is taken; nothing was stored.
    """
    if pieces[0].is_alone:
        return _take_whole(store, source, options, pieces[0])
    with source.raw() as file:
        content = file.read()
    gathered = _Gathered(store, options, pieces)
    for group in _groups(content, pieces):
        gathered.read(group)
    taken = gathered.stored()
    for part in gathered.large:
        log = SourceFile(part.piece.after.path, data=part.records)
        taken = _with_one(taken, part.number, _take_whole(store, log, options, part.piece))
    return taken


def _with_one(taken: Taken, number: int, one: Taken) -> Taken:
    """Return what became of all pieces, with what became of one of them by itself."""
    counts = taken.counts
    counts.stored += one.counts.stored
    counts.rejected_reasons.update(one.counts.rejected_reasons)
    counts.samples += one.counts.samples
    counts.passed_over.update(one.counts.passed_over)
    kept, failures = list(taken.checkpoints), list(taken.failures)
    kept[number], failures[number] = one.checkpoints[0], one.failures[0]
    return Taken(counts, tuple(kept), tuple(failures))


@dataclass(frozen=True, slots=True)
class _Part:
    """One piece with its bytes."""

    number: int
    piece: Piece
    header: bytes
    records: bytes


def _groups(content: bytes, pieces: Sequence[Piece]) -> list[list[_Part]]:
    """Return the pieces, those together that can be read as one."""
    groups: dict[object, list[_Part]] = {}
    at = 0
    for number, piece in enumerate(pieces):
        body = content[at : at + piece.n_bytes]
        at += piece.n_bytes
        header, records = body[: piece.header_bytes], body[piece.header_bytes :]
        alike: object = number
        if not piece.whole:
            records += b"" if not records or records.endswith(b"\n") else b"\n"
            alike = (piece.after.format, header) if piece.after.format in _JOINED else number
        groups.setdefault(alike, []).append(_Part(number, piece, header, records))
    return list(groups.values())


@dataclass(slots=True, eq=False)
class _Gathered:
    """What the pieces of one commit hold."""

    store: Store
    options: Options
    pieces: Sequence[Piece]
    _events: list[EventRows] = field(default_factory=list[EventRows])
    _newest: list[datetime | None] = field(init=False)
    _refused: list[list[Rejection]] = field(init=False)
    _failures: list[str | None] = field(init=False)
    _halves: SourceHalves = field(init=False)
    _counts: IngestCounts = field(default_factory=IngestCounts, init=False)
    _came: Came = field(default_factory=Came, init=False)
    _samples: list[ResourceSample] = field(default_factory=list[ResourceSample], init=False)
    # files that are whole and hold more than a commit should
    large: list[_Part] = field(default_factory=list[_Part], init=False)

    def __post_init__(self) -> None:
        n, options = len(self.pieces), self.options
        self._newest, self._failures = [None] * n, [None] * n
        self._refused = [[] for _ in range(n)]
        self._halves = _halves_of(self.store, options)

    def read(self, group: Sequence[_Part]) -> None:
        """Read pieces as one; where that cannot be, each by itself."""
        try:
            reads = list(self._reads(group))
        except InputError as error:
            if len(group) == 1:
                self._failures[group[0].number] = str(error)
                return
            for part in group:
                self.read([part])
            return
        lengths = ends = _ALL_OF_IT
        if not group[0].piece.whole:
            # the first line is an empty one, see `_reads`
            lengths = np.array([part.records.count(b"\n") for part in group])
            ends = np.cumsum(lengths) + group[0].header.count(b"\n") + (not group[0].header)
        for one in reads:
            self._add(one, group, lengths, ends)

    def _reads(self, group: Sequence[_Part]) -> Iterator[Read]:
        name, made_of = group[0].piece.after.path, group[0].piece.after.format
        # an empty line first, so that no line looks like the beginning of a packed file
        header = b"" if group[0].piece.whole else group[0].header or b"\n"
        content = b"".join([header, *(part.records for part in group)])
        reading = _read(SourceFile(name, data=content), self.options, made_of)
        # all of it first: of what cannot be read to its end nothing is taken
        reads, is_small = read_ahead(reading) if group[0].piece.whole else (list(reading), True)
        if not is_small:
            self.large.append(group[0])
            return
        for read in reads:
            self._came.passed_over += note(read, self._counts)
            self._samples += read.samples
        yield from self._halves.joined(reads, name)

    def _add(self, read: Read, group: Sequence[_Part], lengths: Int, ends: Int) -> None:
        for one in read.rejections:
            at = min(int(np.searchsorted(ends, one.position)), len(group) - 1)
            self._refuse(group[at], one, int(ends[at] - lengths[at]))
        for batch in read.batches:
            at = np.minimum(np.searchsorted(ends, batch.positions), len(group) - 1)
            if batch.model in self.store.elsewhere:
                for place, position in zip(at.tolist(), batch.positions.tolist(), strict=True):
                    refused = reject(position, "logged_elsewhere", b"", value=batch.model)
                    self._refuse(group[place], refused, int(ends[place] - lengths[place]))
                continue
            parts = np.array([part.number for part in group], np.int64)[at]
            self._events.append(EventRows(batch.model, batch.events, batch.features, parts))
            self._note_newest(batch, parts)

    def _refuse(self, part: _Part, rejection: Rejection, begin: int) -> None:
        line = rejection.position - begin + part.piece.line_offset
        self._refused[part.number].append(replace(rejection, position=line))

    def _note_newest(self, batch: EventBatch, parts: Int) -> None:
        for number in np.unique(parts).tolist():
            of_part = batch.events.column("ts").filter(pa.array(parts == number))
            moment: datetime = pc.max(of_part).as_py()
            self._newest[number] = _later(self._newest[number], moment)

    def stored(self) -> Taken:
        """Store all that was read, in one transaction."""
        apart = {part.number for part in self.large}
        good = [i for i, why in enumerate(self._failures) if why is None and i not in apart]
        if not good:
            none = tuple(None for _ in self.pieces)
            return Taken(IngestCounts(), none, tuple(self._failures))
        place = np.zeros(len(self.pieces), np.int64)
        place[good] = np.arange(len(good))
        taking = Taking(
            [self.pieces[i] for i in good],
            self.options.now,
            [self._newest[i] for i in good],
            [self._refused_of(i) for i in good],
        )
        events = [
            EventRows(rows.model, rows.events, rows.features, place[rows.parts])
            for rows in self._events
        ]
        counts, source = self._counts, self.pieces[0].after.source
        bodies = Bodies(
            len(good),
            events,
            at=self.options.now,
            samples=self._samples,
            # of all of them together
            passed_over=[self._came.passed_over, *[0] * (len(good) - 1)],
        )
        self._halves.keep()
        for stored in self.store.take(bodies, taking, source):
            counts.stored += stored
        for refused in taking.refused:
            counts.rejected_reasons.update(one.reason for one in refused.rejections)
        _settle(self._halves, counts)
        kept = dict(zip(good, taking.kept, strict=True))
        checkpoints = tuple(kept.get(i) for i in range(len(self.pieces)))
        return Taken(counts, checkpoints, tuple(self._failures))

    def _refused_of(self, number: int) -> Refused:
        read_as = self.options.read_as("events", self.pieces[number].after.format)
        rejections = sorted(self._refused[number], key=lambda one: one.position)
        return Refused(tuple(rejections), read_as)


def _take_whole(store: Store, source: SourceFile, options: Options, piece: Piece) -> Taken:
    counts, halves, came = IngestCounts(), _halves_of(store, options), Came(options.now)
    path, read_as = piece.after.path, options.read_as("events", piece.after.format)
    newest: list[datetime | None] = [None]
    told = [Refused((), read_as)]

    def batches() -> Iterator[tuple[str, pa.Table, pa.Table]]:
        rest: list[Rejection] = []
        reads = noted(_read(source, options, piece.after.format), store, counts, came)
        for read in halves.joined(reads, path):
            counts.rejected_reasons.update(one.reason for one in read.rejections)
            rest += read.rejections
            if len(rest) > _MOST_REFUSED:
                # the same line is kept once, so a file that is not stored in the end does no harm
                store.reject(path, rest, read_as, options.now)
                rest.clear()
            for batch in read.batches:
                newest[0] = _later(newest[0], pc.max(batch.events.column("ts")).as_py())
                yield batch.model, batch.events, batch.features
        halves.keep()
        told[0] = Refused(tuple(rest), read_as)

    taking = Taking([piece], options.now, newest, told)
    try:
        counts.stored += store.take_whole(batches(), taking, piece.after.source, came)
    except InputError as error:
        return Taken(IngestCounts(), (None,), (str(error),))
    _settle(halves, counts)
    return Taken(counts, (taking.kept[0],), (None,))


def _read(source: SourceFile, options: Options, made_of: str) -> Iterator[Read]:
    reads = read_events(
        source,
        options.mapping,
        model=options.model,
        version=options.version,
        format=made_of,
        now=options.now,
    )
    return allowed_events(reads, options.models, options.reading)


def _halves_of(store: Store, options: Options) -> SourceHalves:
    return SourceHalves(store, options.now, options.reading)


def _settle(halves: SourceHalves, counts: IngestCounts) -> None:
    settled = halves.settle()
    counts.stored += settled.stored
    counts.rejected_reasons.update(settled.reasons)


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)
