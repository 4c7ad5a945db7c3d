"""Small logs that are read one after the other share a commit, which costs more than they do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, TypeVar

import numpy as np

from domain.rejection import ReadAs, Refused, Rejection
from domain.resource import ResourceSample
from ingest.batch import EventBatch, LabelBatch, LabelRead, Read
from store.append import Bodies, EventRows, LabelRows
from store.counted import LoadCounts
from store.store import Store

OneRead = TypeVar("OneRead", Read, LabelRead)

# a log that holds more is stored by itself; a commit is made for so much, or for so many
SMALL_BYTES: Final = 256 * 1024
MOST_BYTES: Final = 8 * 1024 * 1024
MOST_LOGS: Final = 256
# what a record costs beside its values
_RECORD_BYTES: Final = 500


def read_ahead(reads: Iterator[OneRead]) -> tuple[list[OneRead], bool]:
    """
    Read a log as far as a small one goes.

    Returns
    -------
    ahead : list of Read or LabelRead
    is_small : bool
        Whether that is all of it.
    """
    ahead: list[OneRead] = []
    n_bytes = 0
    for read in reads:
        ahead.append(read)
        n_bytes += _weight(read)
        if n_bytes > SMALL_BYTES:
            return ahead, False
    return ahead, True


class SharedCommit:
    """
    What some logs hold, to be stored in one transaction; each counts under its own name.

    Parameters
    ----------
    store : Store
    read_as : callable
        From the name of a reader to what it takes to read a rejected line of it again.
    """

    def __init__(self, store: Store, read_as: Callable[[str], ReadAs | None]) -> None:
        self._store = store
        self._read_as = read_as
        self._names: list[str] = []
        self._events: list[EventRows] = []
        self._labels: list[LabelRows] = []
        self._refused: list[Refused] = []
        self._samples: list[ResourceSample] = []
        self._passed_over: list[int] = []
        self._n_bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether it is time to store it."""
        return self._n_bytes >= MOST_BYTES or len(self._names) >= MOST_LOGS

    def add(self, name: str, reads: Sequence[Read | LabelRead]) -> None:
        """
        Take all that a log holds, or nothing of it.

        Parameters
        ----------
        name : str
        reads : sequence of Read or of LabelRead
            Sides of calls are left aside.

        Raises
        ------
        UsageError
            If rows of a model of it are not kept in the store.
        """
        batches = [batch for read in reads for batch in read.batches]
        for batch in batches:
            self._store.own(batch.model)
        for batch in batches:
            self._add(batch)
        self._refuse(name, reads)
        passed_over = 0
        for read in reads:
            self._n_bytes += _weight(read)
            if isinstance(read, Read):
                self._samples += read.samples
                passed_over += sum(read.passed_over.values())
        self._passed_over.append(passed_over)
        self._names.append(name)

    def _add(self, batch: EventBatch | LabelBatch) -> None:
        parts = np.full(batch.n_rows, len(self._names), np.int64)
        if isinstance(batch, LabelBatch):
            self._labels.append(LabelRows(batch.model, batch.labels, parts))
        else:
            self._events.append(EventRows(batch.model, batch.events, batch.features, parts))

    def _refuse(self, name: str, reads: Iterable[Read | LabelRead]) -> None:
        by_format: dict[str, list[Rejection]] = {}
        for read in reads:
            if read.rejections:
                by_format.setdefault(read.format, []).extend(read.rejections)
        self._refused += [
            Refused(tuple(rejections), self._read_as(made_of), name)
            for made_of, rejections in by_format.items()
        ]

    def stored(self, now: datetime) -> LoadCounts:
        """
        Store what was taken; nothing is left then.

        Returns
        -------
        LoadCounts
            What was new of it.

        Raises
        ------
        StoreError
            If nothing was stored.
        """
        if not self._names:
            return LoadCounts()
        bodies = Bodies(
            len(self._names),
            self._events,
            self._labels,
            self._refused,
            now,
            self._samples,
            sources=self._names,
            passed_over=self._passed_over,
        )
        return sum(self._store.collect(bodies, self._names[0]), LoadCounts())


def _weight(read: Read | LabelRead) -> int:
    """Return about how many bytes of memory something that was read takes."""
    n_bytes = sum(_RECORD_BYTES + len(one.raw) for one in read.rejections)
    for batch in read.batches:
        n_bytes += _RECORD_BYTES * batch.n_rows
        if isinstance(batch, LabelBatch):
            n_bytes += batch.labels.nbytes
        else:
            n_bytes += batch.events.nbytes + batch.features.nbytes
    if isinstance(read, Read):
        n_bytes += _RECORD_BYTES * (len(read.samples) + len(read.halves))
        n_bytes += sum(len(one.payload.content) for one in read.halves if one.payload)
    return n_bytes
