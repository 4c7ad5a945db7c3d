"""
Rejected lines, read again: after a mapping was mended, or with a Driftline that reads more.

The kept bytes go through the readers as they did the first time. What is read then is stored in
the transaction in which the line goes out of the table of rejected ones: killed at any moment, a
line is in one of the two places. Events keep the ids that their file gives them, so ingesting the
file once more stores nothing twice.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from domain.errors import ConfigurationError
from domain.rejection import LineKind, ReadAs, RejectedLine
from ingest.mapping import Mapping, mapping_of
from monitors.reading_again import Record, Room, read_records
from store.append import Bodies
from store.counted import LoadCounts
from store.rejected_again import ReadAgain, RejectedPlace, StillRejected
from store.store import Store

log = logging.getLogger(__name__)

# in one transaction, of one source
_MOST_LINES: Final = 2_000
_MOST_BYTES: Final = 4 * 2**20
# somebody else changes the same lines: another retry, an erasure
_ATTEMPTS: Final = 3
_MOST_MAPPING_BYTES: Final = 64 * 1024
# only labels are refused for these
_OF_LABELS: Final = frozenset({"missing_label", "missing_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """
    Which rejected lines are to be read again, and how.

    Parameters
    ----------
    now : datetime
        Aware; rows more than a day ahead of it are refused.
    source, reason : str or None
        Only lines of this source, or for this reason.
    mapping : Mapping or None
        None: each line as it was read when it was rejected.
    model, version : str or None
        For rows that carry none, instead of what filled in then.
    format : str or None
        Reader, instead of the one that read them then.
    """

    now: datetime
    source: str | None = None
    reason: str | None = None
    mapping: Mapping | None = None
    model: str | None = None
    version: str | None = None
    format: str | None = None


def mended(text: str) -> Mapping | None:
    """
    Read a mapping that somebody wrote into a form.

    Parameters
    ----------
    text : str
        YAML, at most 64 KiB; blank: none, and each line is read as it was then.

    Raises
    ------
    ConfigurationError
        If it is too long, or no mapping.
    """
    if not text.strip():
        return None
    size = len(text.encode())
    if size > _MOST_MAPPING_BYTES:
        raise ConfigurationError(
            f"the mapping has {size:,} bytes, more than 64 KiB; give the mapping, not the log"
        )
    return mapping_of(text)


@dataclass(slots=True)
class RetryCounts:
    """
    What became of rejected lines that were to be read again.

    Attributes
    ----------
    read : int
        Lines that are events or labels now.
    stored : LoadCounts
        What is new of them; what their file brought meanwhile is a duplicate.
    still : Counter of str
        Lines that stay, by their reason now.
    untried : Counter of str
        Lines that could not even be tried. ``cut``: only a part of the line is kept; ``not_kept``:
        nothing of it is; ``unknown``: nobody knows how it was read, and neither a mapping nor a
        format was given.
    """

    read: int = 0
    stored: LoadCounts = field(default_factory=LoadCounts)
    still: Counter[str] = field(default_factory=Counter[str])
    untried: Counter[str] = field(default_factory=Counter[str])

    @property
    def lines(self) -> int:
        """All lines that were meant."""
        return self.read + self.still.total() + self.untried.total()

    def shape(self) -> dict[str, object]:
        """Return the counts as ``rejected retry --json`` prints them."""
        return {
            "schema_version": 1,
            "lines": self.lines,
            "read": self.read,
            "predictions": self.stored.predictions,
            "calls": self.stored.calls,
            "labels": self.stored.labels,
            "duplicates": self.stored.duplicates,
            "rejected": self.still.total(),
            "rejected_reasons": dict(sorted(self.still.items())),
            "untried": dict(sorted(self.untried.items())),
        }


def retry_rejected(store: Store, wanted: Retrying) -> RetryCounts:
    """
    Read rejected lines again, a bounded number in each transaction.

    Parameters
    ----------
    store : Store
    wanted : Retrying

    Raises
    ------
    UsageError
        If the format is unknown.
    """
    counts = RetryCounts()
    for source, ids in _steps(store.rejected_places(wanted.source, wanted.reason)):
        for _ in range(_ATTEMPTS):
            done = _retry(store, source, ids, wanted)
            if done is not None:
                counts.read += done.read
                counts.stored += done.stored
                counts.still += done.still
                counts.untried += done.untried
                break
    fields = {"lines": counts.lines, "read": counts.read, "still": counts.still.total()}
    log.info("rejected.retried", extra=fields)
    return counts


def _steps(places: Sequence[RejectedPlace]) -> Iterator[tuple[str, list[int]]]:
    ids: list[int] = []
    size, source = 0, ""
    for place in places:
        full = len(ids) == _MOST_LINES or size + place.n_bytes > _MOST_BYTES
        if ids and (full or place.source != source):
            yield source, ids
            ids, size = [], 0
        source = place.source
        ids.append(place.id)
        size += place.n_bytes
    if ids:
        yield source, ids


def _retry(store: Store, source: str, ids: Sequence[int], wanted: Retrying) -> RetryCounts | None:
    """Read some lines of one source again; None where they changed meanwhile."""
    counts = RetryCounts()
    groups: dict[ReadAs, dict[bytes, Record]] = {}
    for number, line in store.rejected_lines(ids).items():
        read_as = _how(line, wanted)
        why_not = _why_not(line, read_as)
        if read_as is None or why_not is not None:
            counts.untried[why_not or "unknown"] += 1
            continue
        records = groups.setdefault(read_as, {})
        # rows of one call are refused one by one, and all of them are kept as the one line
        record = records.setdefault(line.rejection.raw, Record(line.rejection.raw, line.times))
        record.times = max(record.times, line.times)
        record.told[number] = line.rejection
    with ExitStack() as stack:
        room = Room(store, source, wanted.now, stack)
        for read_as, records in groups.items():
            read_records(room, list(records.values()), read_as)
        room.join_halves()
        again = _became(groups, counts)
        bodies = Bodies(
            1,
            room.events,
            room.labels,
            at=wanted.now,
            samples=room.samples,
            halves=room.halves,
        )
        stored = store.collect_again(bodies, again, source)
    if stored is None:
        return None
    counts.stored = stored
    return counts


def _how(line: RejectedLine, wanted: Retrying) -> ReadAs | None:
    then = line.read_as
    if then is None:
        if wanted.mapping is None and wanted.format is None:
            return None
        kind: LineKind = "labels" if line.rejection.reason in _OF_LABELS else "events"
        then = ReadAs(kind, "ndjson")
    mapping = wanted.mapping
    return ReadAs(
        then.kind,
        wanted.format or then.format,
        wanted.model or then.model,
        wanted.version or then.version,
        then.mapping if mapping is None else mapping.as_json,
    )


def _why_not(line: RejectedLine, read_as: ReadAs | None) -> str | None:
    if not line.rejection.raw:
        return "not_kept"
    if line.rejection.cut:
        return "cut"
    return "unknown" if read_as is None else None


def _became(groups: dict[ReadAs, dict[bytes, Record]], counts: RetryCounts) -> ReadAgain:
    ids: list[int] = []
    still: list[StillRejected] = []
    for read_as, records in groups.items():
        for record in records.values():
            if record.is_read:
                ids += record.told
                counts.read += len(record.told)
                continue
            for number, rejection in record.stays():
                still.append(StillRejected(number, rejection, read_as))
                counts.still[rejection.reason] += 1
    return ReadAgain(tuple(ids), tuple(still))
