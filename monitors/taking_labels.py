"""What a follower of labels hands over becomes labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pyarrow as pa

from domain.checkpoint import Checkpoint, Piece
from domain.errors import InputError
from domain.rejection import ReadAs, Refused, Rejection
from ingest.batch import LabelRead
from ingest.read import read_labels
from ingest.sources import SourceFile
from monitors.allowed_models import allowed_labels
from monitors.ingest_logs import IngestCounts, Options
from monitors.taking import Taken
from store.append import Bodies, LabelRows
from store.counted import Came
from store.store import Store
from store.taking import Taking

_MOST_REFUSED: Final = 10_000


def take_labels(
    store: Store, source: SourceFile, options: Options, pieces: Sequence[Piece]
) -> Taken:
    """
    Store labels of followed files, and how far these are taken; see `monitors.taking.take`.

    Parameters
    ----------
    store : Store
    source : SourceFile
    options : Options
    pieces : sequence of Piece

    Raises
    ------
    CheckpointMovedError
        If the store knows otherwise how far one of the files is taken.
    """
    gathered = _Gathered(store, options, pieces)
    if pieces[0].whole:
        return gathered.stored_whole(source)
    with source.raw() as file:
        content = file.read()
    at = 0
    for number, piece in enumerate(pieces):
        gathered.read(number, content[at : at + piece.n_bytes])
        at += piece.n_bytes
    return gathered.stored()


@dataclass(slots=True, eq=False)
class _Gathered:
    """The labels of one commit."""

    store: Store
    options: Options
    pieces: Sequence[Piece]
    _labels: dict[int, list[LabelRows]] = field(default_factory=dict[int, list[LabelRows]])
    _refused: dict[int, list[Rejection]] = field(default_factory=dict[int, list[Rejection]])
    _failures: dict[int, str] = field(default_factory=dict[int, str])

    def read(self, number: int, body: bytes) -> None:
        """Read a piece; where that cannot be, nothing is taken of it."""
        piece = self.pieces[number]
        # an empty line first, so that no line looks like the beginning of a packed file
        header = body[: piece.header_bytes] or b"\n"
        source = SourceFile(piece.after.path, data=header + body[piece.header_bytes :])
        offset = piece.line_offset - header.count(b"\n")
        labels: list[LabelRows] = []
        refused: list[Rejection] = []
        try:
            for one in self._reads(source, piece.after.format):
                labels += [
                    LabelRows(batch.model, batch.labels, np.full(batch.n_rows, number))
                    for batch in one.batches
                ]
                refused += [replace(r, position=r.position + offset) for r in one.rejections]
        except InputError as error:
            self._failures[number] = str(error)
            return
        self._labels[number], self._refused[number] = labels, refused

    def _reads(self, source: SourceFile, made_of: str) -> Iterator[LabelRead]:
        options = self.options
        reads = read_labels(
            source, options.mapping, model=options.model, format=made_of, now=options.now
        )
        return allowed_labels(reads, options.models)

    def stored(self) -> Taken:
        """Store what was read, in one transaction."""
        good = sorted(self._labels)
        counts, kept = IngestCounts(), dict[int, Checkpoint]()
        if good:
            place = np.zeros(len(self.pieces), np.int64)
            place[good] = np.arange(len(good))
            rows = [
                LabelRows(one.model, one.labels, place[one.parts])
                for number in good
                for one in self._labels[number]
            ]
            bodies = Bodies(len(good), labels=rows, at=self.options.now)
            kept = self._keep(good, bodies, counts)
        numbers = range(len(self.pieces))
        return Taken(
            counts,
            tuple(kept.get(number) for number in numbers),
            tuple(self._failures.get(number) for number in numbers),
        )

    def stored_whole(self, source: SourceFile) -> Taken:
        """Store a file, then that it is taken: one that comes again stores nothing twice."""
        piece, counts = self.pieces[0], IngestCounts()
        path, made_of = piece.after.path, piece.after.format
        rest = self._refused.setdefault(0, [])

        def batches() -> Iterator[tuple[str, pa.Table]]:
            for one in self._reads(source, made_of):
                rest.extend(one.rejections)
                if len(rest) > _MOST_REFUSED:
                    counts.rejected_reasons.update(refused.reason for refused in rest)
                    self.store.reject(path, rest, self._read_as(0), self.options.now)
                    rest.clear()
                yield from ((batch.model, batch.labels) for batch in one.batches)

        try:
            came = Came(self.options.now)
            counts.stored += self.store.load_labels(batches(), piece.after.source, came)
        except InputError as error:
            return Taken(IngestCounts(), (None,), (str(error),))
        kept = self._keep([0], Bodies(1, at=self.options.now), counts)
        return Taken(counts, (kept[0],), (None,))

    def _read_as(self, number: int) -> ReadAs | None:
        return self.options.read_as("labels", self.pieces[number].after.format)

    def _keep(
        self, good: Sequence[int], bodies: Bodies, counts: IngestCounts
    ) -> dict[int, Checkpoint]:
        """Store bodies, one for each piece named, and how far these are taken; count them."""
        refused = [Refused(tuple(self._refused[n]), self._read_as(n)) for n in good]
        newest = [None] * len(good)  # a label is no event
        taking = Taking([self.pieces[n] for n in good], self.options.now, newest, refused)
        for stored in self.store.take(bodies, taking, self.pieces[0].after.source):
            counts.stored += stored
        for one in refused:
            counts.rejected_reasons.update(rejection.reason for rejection in one.rejections)
        return dict(zip(good, taking.kept, strict=True))
