"""Logs into the store: events or labels, and every line that was neither, with its reason."""

from __future__ import annotations

import pickle
import tempfile
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import chain
from types import TracebackType
from typing import Generic, Self

import pyarrow as pa

from domain.errors import DriftlineError, InputError
from domain.rejection import LineKind, ReadAs, Rejection
from ingest.batch import LabelRead, Read
from ingest.mapping import Mapping
from ingest.pairing import Reading
from ingest.read import read_events, read_labels
from ingest.sources import SourceFile
from monitors.allowed_models import allowed_events, allowed_labels
from monitors.shared_commit import OneRead, SharedCommit, read_ahead
from monitors.source_halves import SourceHalves
from store.counted import Came, LoadCounts
from store.store import Store

SPOOL_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Options:
    """
    How logs are to be read.

    Parameters
    ----------
    mapping : Mapping or None
    model, version : str or None
        For rows that carry none.
    format : str
    now : datetime
        Rows more than a day ahead of it are refused.
    models : frozenset of str or None
        The only models that may be brought; None: every model.
    """

    mapping: Mapping | None
    model: str | None
    version: str | None
    format: str
    now: datetime
    models: frozenset[str] | None = None

    def read_as(self, kind: LineKind, format: str) -> ReadAs | None:  # noqa: A002 (the option's name)
        """Return what it takes to read lines like this again; None where nobody knows."""
        if not format:
            return None
        how = self.reading
        return ReadAs(kind, format, how.model, how.version, how.mapping)

    @property
    def reading(self) -> Reading:
        """How sides of calls are to be read, now or when the other side comes."""
        mapping = None if self.mapping is None else self.mapping.as_json
        return Reading(self.model, self.version, mapping)


@dataclass(slots=True)
class IngestCounts:
    """
    What one call newly stored, and what it could not read, by reason.

    Samples of resource use count whether they are new or not; what was passed over tells of no
    prediction and no call. What waits are sides of calls whose other side has not come: all that
    the store has now, where this call brought any side. Of several logs those that cannot be read
    at all are unread: their names, and why. Events are all that were read, also those that only
    tell more of a call that was stored before. Formats are what the logs were taken for, and how
    many each.
    """

    stored: LoadCounts = field(default_factory=LoadCounts)
    rejected_reasons: Counter[str] = field(default_factory=Counter[str])
    samples: int = 0
    passed_over: Counter[str] = field(default_factory=Counter[str])
    waiting: int = 0
    events: int = 0
    unread: dict[str, str] = field(default_factory=dict[str, str])
    formats: Counter[str] = field(default_factory=Counter[str])

    @property
    def rejected(self) -> int:
        """All lines that could not be read."""
        return sum(self.rejected_reasons.values())

    def shape(self) -> dict[str, object]:
        """Return the counts as ``ingest --json`` prints them; the last four where any."""
        told: dict[str, object] = {"samples": self.samples} if self.samples else {}
        if self.passed_over:
            told["passed_over"] = dict(sorted(self.passed_over.items()))
        if self.waiting:
            told["waiting"] = self.waiting
        if self.unread:
            told["unread"] = self.unread
        return {
            "schema_version": 1,
            "predictions": self.stored.predictions,
            "calls": self.stored.calls,
            "labels": self.stored.labels,
            "duplicates": self.stored.duplicates,
            "rejected": self.rejected,
            "rejected_reasons": dict(sorted(self.rejected_reasons.items())),
            **told,
        }


class _Refused:
    """
    Collects rejections while batches flow past them into the store.

    They can only be stored when the load has ended, and a file of nothing but bad lines may be
    larger than memory: beyond a few MB they wait in a temporary file.
    """

    def __init__(self, counts: IngestCounts, options: Options, kind: LineKind) -> None:
        self._counts = counts
        self._options = options
        self._kind: LineKind = kind
        self._spool = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 (closed by __exit__)
        self._steps = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._spool.close()

    def take(self, rejections: Sequence[Rejection], format: str) -> None:  # noqa: A002
        """Count and keep what the reader of that name could not read."""
        if rejections:
            self._counts.rejected_reasons.update(r.reason for r in rejections)
            read_as = self._options.read_as(self._kind, format)
            pickle.dump((tuple(rejections), read_as), self._spool)
            self._steps += 1

    def store_in(self, store: Store, source: str) -> None:
        """Write them to the table of rejections."""
        self._spool.seek(0)
        for _ in range(self._steps):
            rejections, read_as = pickle.load(self._spool)  # noqa: S301 (written above)
            store.reject(source, rejections, read_as, self._options.now)


class _Walk(Generic[OneRead]):
    """
    Logs that are read one after the other: small ones share a commit, each other has its own.

    What was read before a log that cannot be read is stored.

    Parameters
    ----------
    store : Store
    options : Options
    kind : {"events", "labels"}
    counts : IngestCounts
        Filled.
    """

    def __init__(
        self, store: Store, options: Options, kind: LineKind, counts: IngestCounts
    ) -> None:
        self._store = store
        self._options = options
        self._kind: LineKind = kind
        self._counts = counts
        self._shared = self._begun()

    def _begun(self) -> SharedCommit:
        return SharedCommit(self._store, partial(self._options.read_as, self._kind))

    def take(self, name: str, reads: Iterator[OneRead]) -> None:
        """Take the next log: at once, or with those that come behind it."""
        try:
            ahead, is_small = read_ahead(reads)
            self._counts.formats.update({read.format for read in ahead if read.format})
            if is_small:
                self._share(name, ahead)
        except DriftlineError:
            self.commit()
            raise
        if is_small and not self._shared.is_full:
            return
        self.commit()
        if not is_small:
            with _Refused(self._counts, self._options, self._kind) as refused:
                self._load(name, chain(ahead, reads), refused)
                refused.store_in(self._store, name)

    def commit(self) -> None:
        """Store what has been taken."""
        shared, self._shared = self._shared, self._begun()
        self._counts.stored += shared.stored(self._options.now)

    def _share(self, name: str, reads: Sequence[OneRead]) -> None:
        self._shared.add(name, reads)
        for read in reads:
            self._counts.rejected_reasons.update(one.reason for one in read.rejections)

    def _load(self, name: str, reads: Iterator[OneRead], refused: _Refused) -> None:
        raise NotImplementedError


class _WalkOfEvents(_Walk[Read]):
    def __init__(
        self, store: Store, options: Options, counts: IngestCounts, halves: SourceHalves
    ) -> None:
        super().__init__(store, options, "events", counts)
        self._halves = halves

    def _share(self, name: str, reads: Sequence[Read]) -> None:
        super()._share(name, list(self._halves.joined(reads, name)))
        for read in reads:
            note(read, self._counts)

    def commit(self) -> None:
        self._halves.keep()
        super().commit()

    def _load(self, name: str, reads: Iterator[Read], refused: _Refused) -> None:
        came = Came(self._options.now)
        flowing = self._halves.joined(noted(reads, self._store, self._counts, came), name)
        batches = _batches(self._kept_behind(flowing), refused)
        self._counts.stored += self._store.load(batches, name, came)

    def _kept_behind(self, reads: Iterator[Read]) -> Iterator[Read]:
        yield from reads
        self._halves.keep()


class _WalkOfLabels(_Walk[LabelRead]):
    def __init__(self, store: Store, options: Options, counts: IngestCounts) -> None:
        super().__init__(store, options, "labels", counts)

    def _load(self, name: str, reads: Iterator[LabelRead], refused: _Refused) -> None:
        batches = _label_batches(reads, refused)
        came = Came(self._options.now)
        self._counts.stored += self._store.load_labels(batches, name, came)


@contextmanager
def told_unread(counts: IngestCounts, source: SourceFile, *, alone: bool) -> Generator[None]:
    """Go on behind a log that cannot be read, and say so; not where it is the only one."""
    try:
        yield
    except InputError as error:
        if alone:
            raise
        counts.unread[source.name] = str(error)


def ingest_events(store: Store, sources: Sequence[SourceFile], options: Options) -> IngestCounts:
    """
    Load prediction logs; each source is stored whole or not at all.

    Parameters
    ----------
    store : Store
    sources : sequence of SourceFile
    options : Options

    Raises
    ------
    InputError
        If the only source cannot be read; of several the others are stored.
    """
    counts = IngestCounts()
    halves = SourceHalves(store, options.now, options.reading)
    walk = _WalkOfEvents(store, options, counts, halves)
    for source in sources:
        reads = read_events(
            source,
            options.mapping,
            model=options.model,
            version=options.version,
            format=options.format,
            now=options.now,
        )
        with told_unread(counts, source, alone=len(sources) == 1):
            walk.take(source.name, allowed_events(reads, options.models, options.reading))
    walk.commit()
    # when all are read: an answer may be in another file than its request
    settled = halves.settle()
    counts.stored += settled.stored
    counts.rejected_reasons.update(settled.reasons)
    if halves.any_came:
        waiting = store.halves_waiting()
        counts.waiting = waiting.requests + waiting.responses
    return counts


def ingest_labels(store: Store, sources: Sequence[SourceFile], options: Options) -> IngestCounts:
    """Load labels that came by themselves; see `ingest_events`."""
    counts = IngestCounts()
    walk = _WalkOfLabels(store, options, counts)
    for source in sources:
        reads = read_labels(
            source,
            options.mapping,
            model=options.model,
            format=options.format,
            now=options.now,
        )
        with told_unread(counts, source, alone=len(sources) == 1):
            walk.take(source.name, allowed_labels(reads, options.models))
    walk.commit()
    return counts


def _batches(reads: Iterable[Read], refused: _Refused) -> Iterator[tuple[str, pa.Table, pa.Table]]:
    for read in reads:
        refused.take(read.rejections, read.format)
        for batch in read.batches:
            yield batch.model, batch.events, batch.features


def noted(reads: Iterable[Read], store: Store, counts: IngestCounts, came: Came) -> Iterator[Read]:
    """Keep what is no event while reads flow past: samples, and counts of the rest."""
    for read in reads:
        store.add_samples(read.samples)
        came.passed_over += note(read, counts)
        yield read


def note(read: Read, counts: IngestCounts) -> int:
    """Count events and what is none; return how many records told of no call."""
    counts.events += sum(batch.n_rows for batch in read.batches)
    counts.samples += len(read.samples)
    counts.passed_over.update(read.passed_over)
    return sum(read.passed_over.values())


def _label_batches(reads: Iterable[LabelRead], refused: _Refused) -> Iterator[tuple[str, pa.Table]]:
    for read in reads:
        refused.take(read.rejections, read.format)
        for batch in read.batches:
            yield batch.model, batch.labels
