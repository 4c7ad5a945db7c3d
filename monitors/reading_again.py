"""Kept lines through the readers once more, and which of them are events now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import numpy as np
import orjson

from domain.errors import InputError
from domain.rejection import ReadAs, Rejection
from domain.resource import ResourceSample
from ingest.batch import EventBatch, LabelBatch, LabelRead, Read
from ingest.mapping import Mapping
from ingest.pairing import Reading, Side
from ingest.pieces import RECORD_LINES
from ingest.read import read_events, read_labels
from ingest.readers.block import reject
from ingest.readers.registry import AUTO, reader_named
from ingest.sources import SourceFile
from monitors.halves import join
from store.append import EventRows, LabelRows
from store.halves import HalfChanges
from store.store import Store

_LINES: Final = "ndjson"
# rows of these are kept as one JSON object each, under the names that the log has
_AS_OBJECTS: Final = frozenset({"ndjson", "json", "csv", "parquet", "arrow"})


@dataclass(slots=True, eq=False)
class Record:
    """
    One line, record or item of a log, as it was kept.

    Parameters
    ----------
    raw : bytes
    times : int
        How often its log held it.

    Attributes
    ----------
    told : dict of int to Rejection
        Why it was rejected, by the ids under which that is kept.
    refused : list of Rejection
        Why it is now.
    anything : bool
        Whether a reader made anything of it.
    """

    raw: bytes
    times: int
    told: dict[int, Rejection] = field(default_factory=dict[int, Rejection])
    refused: list[Rejection] = field(default_factory=list[Rejection])
    anything: bool = False

    @property
    def is_read(self) -> bool:
        """Whether all of it could be read."""
        return self.anything and not self.refused

    def stays(self) -> Iterator[tuple[int, Rejection]]:
        """Yield why it stays, by id: the reason that it has now."""
        now = {one.reason: one for one in reversed(self.refused)}
        if not now:  # no reader knows it: what was said of it stays true
            yield from self.told.items()
            return
        same = {one.reason for one in self.told.values()} & now.keys()
        new = [one for reason, one in now.items() if reason not in same]
        for number, before in self.told.items():
            if before.reason in same:
                yield number, now[before.reason]
            else:
                yield number, new.pop() if new else next(iter(now.values()))


@dataclass(slots=True, eq=False)
class Room:
    """
    What kept lines of one source turn out to be.

    Parameters
    ----------
    store : Store
    source : str
    now : datetime
    stack : ExitStack
        Ends when all of it is stored.
    """

    store: Store
    source: str
    now: datetime
    stack: ExitStack
    events: list[EventRows] = field(default_factory=list[EventRows])
    labels: list[LabelRows] = field(default_factory=list[LabelRows])
    samples: list[ResourceSample] = field(default_factory=list[ResourceSample])
    halves: HalfChanges | None = None
    _sides: list[Side] = field(default_factory=list[Side], init=False)
    _whose: list[Record] = field(default_factory=list[Record], init=False)

    def take(self, read: Read | LabelRead, places: Sequence[Record]) -> None:
        """Take what was read; positions are 1-based places."""
        for rejection in read.rejections:
            places[rejection.position - 1].refused.append(rejection)
        for batch in read.batches:
            self._take_batch(batch, places)
        if isinstance(read, Read):
            self.samples += read.samples

    def _take_batch(self, batch: EventBatch | LabelBatch, places: Sequence[Record]) -> None:
        for place in np.unique(batch.positions).tolist():
            record = places[place - 1]
            record.anything = True
            if isinstance(batch, EventBatch) and batch.model in self.store.elsewhere:
                record.refused.append(
                    reject(place, "logged_elsewhere", record.raw, value=batch.model)
                )
        parts = np.zeros(batch.n_rows, np.int64)
        if isinstance(batch, LabelBatch):
            self.labels.append(LabelRows(batch.model, batch.labels, parts))
        elif batch.model not in self.store.elsewhere:
            self.events.append(EventRows(batch.model, batch.events, batch.features, parts))

    def take_halves(self, read: Read, places: Sequence[Record], read_as: ReadAs) -> None:
        """Take the sides of calls that lines tell of, for `join_halves`."""
        for half in read.halves:
            record = places[half.position - 1]
            record.anything = True
            self._whose.append(record)
            placed = replace(half, position=len(self._whose))
            reading = Reading(read_as.model, read_as.version, read_as.mapping)
            self._sides.append(Side(placed, reading, part=0))

    def join_halves(self) -> None:
        """Put halves together with those that wait, which stay as they are until all is stored."""
        if not self._sides:
            return
        self.stack.enter_context(self.store.pairing())
        joined = join(self.store, self._sides, self.source, self.now)
        for one in joined.told:
            self.take(one.in_place(), self._whose)
        self.halves = joined.changes


def read_records(room: Room, records: Sequence[Record], read_as: ReadAs) -> None:
    """
    Read kept lines again.

    Parameters
    ----------
    room : Room
        Takes what they are now.
    records : sequence of Record
        Each is told whether it could be read.
    read_as : ReadAs

    Raises
    ------
    UsageError
        If there is no reader of that name.
    """
    if read_as.format in _AS_OBJECTS:
        known = [one for one in records if _is_object(one.raw)]
        places = [one for one in known for _ in range(one.times)]
        content = b"\n".join(one.raw for one in places)
        for read in _read(room, content, replace(read_as, format=_LINES)):
            room.take(read, places)
        return
    # what no format is known of stands for itself
    reader = None if read_as.format == AUTO else reader_named(read_as.format)
    behind = None if reader is None else reader.behind_record
    lines: list[Record] = []
    if reader is not None and reader.pieces is RECORD_LINES and behind is not None:
        lines = [one for one in records if _is_line(one.raw)]
    if not _read_together(room, lines, read_as):
        lines = []
    taken = {id(one) for one in lines}
    for record in records:
        if id(record) not in taken:
            # a reader may take several lines for one record: each by itself
            for content in _contents(record, behind):
                _read_alone(room, record, content, read_as)


def _read_together(room: Room, records: Sequence[Record], read_as: ReadAs) -> bool:
    """Read lines that stand for themselves, which costs a tenth; False: it is not told whose is."""
    places = [one for one in records for _ in range(one.times)]
    try:
        reads = list(_read(room, b"".join(one.raw + b"\n" for one in places), read_as))
    except InputError:
        return False
    if any(isinstance(read, Read) and (read.samples or read.passed_over) for read in reads):
        return False
    for read in reads:
        room.take(read, places)
        if isinstance(read, Read):
            room.take_halves(read, places, read_as)
    return True


def _contents(record: Record, behind: bytes | None) -> list[bytes]:
    """Return the logs to read a record from: readers tell equal calls of one log apart."""
    if behind is None:
        return [record.raw] * record.times
    return [(record.raw + behind) * record.times]


def _read_alone(room: Room, record: Record, content: bytes, read_as: ReadAs) -> None:
    try:
        reads = list(_read(room, content, read_as))
    except InputError:  # no log that the reader knows: a record without what stood around it
        return
    for read in reads:
        room.take(read, _Always(record))
        if isinstance(read, Read):
            record.anything |= bool(read.samples or read.passed_over)
            room.take_halves(read, _Always(record), read_as)


class _Always(Sequence[Record]):
    """One record at every place."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def __getitem__(self, _place: object) -> Record:  # type: ignore[override]
        return self._record

    def __len__(self) -> int:
        return 1


def _read(room: Room, content: bytes, read_as: ReadAs) -> Iterable[Read] | Iterable[LabelRead]:
    source = SourceFile(room.source, data=content)
    mapping = None if read_as.mapping is None else Mapping.model_validate_json(read_as.mapping)
    if read_as.kind == "labels":
        return read_labels(
            source, mapping, model=read_as.model, format=read_as.format, now=room.now
        )
    return read_events(
        source,
        mapping,
        model=read_as.model,
        version=read_as.version,
        format=read_as.format,
        now=room.now,
    )


def _is_line(raw: bytes) -> bool:
    try:
        return b"\n" not in raw and isinstance(orjson.loads(raw), dict)
    except orjson.JSONDecodeError:
        return False


def _is_object(raw: bytes) -> bool:
    return raw.lstrip().startswith(b"{") and b"\n" not in raw
