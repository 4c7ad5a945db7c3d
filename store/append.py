"""Loads into the store: all of one or nothing, and nothing twice."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from domain.rejection import Refused
from domain.resource import ResourceSample
from store.counted import Came, LoadCounts, note_sources
from store.database import Database
from store.halves import HalfChanges, apply_changes
from store.label_rows import add_labels, stage_labels
from store.registry import ensure_model
from store.rejected import add_rejected
from store.rejected_again import ReadAgain, settle
from store.resources import add_samples
from store.small_load import SmallLoad
from store.staged_load import merge_staged
from store.staging import Staging
from store.taken_records import TakenRecords
from store.taking import Taking

Int = NDArray[np.int64]

_REHEARSAL: Final = "rehearsal"
_FORGET_REHEARSED: Final = """
    delete from meta
    where name = 'made_ready'
"""
_NOTE_REHEARSED: Final = """
    insert into meta
    values ('made_ready', $at)
"""


@dataclass(frozen=True, slots=True, eq=False)
class EventRows:
    """
    Events of one model out of several bodies.

    Parameters
    ----------
    model : str
    events, features : Table
        As `store.store.Store.load` takes them.
    parts : ndarray of int64, shape (n_rows,)
        Number of each row's body.
    positions : ndarray of int64, shape (n_rows,), or None
        Of each row in its body, where it is to be told which were known before.
    """

    model: str
    events: pa.Table
    features: pa.Table
    parts: Int
    positions: Int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LabelRows:
    """
    Labels of one model out of several bodies.

    Parameters
    ----------
    model : str
    labels : Table
        As `store.store.Store.load_labels` takes them.
    parts : ndarray of int64, shape (n_rows,)
        Number of each row's body.
    """

    model: str
    labels: pa.Table
    parts: Int


@dataclass(frozen=True, slots=True, eq=False)
class Bodies:
    """
    What several senders sent, to be stored in one transaction.

    Parameters
    ----------
    n : int
        How many bodies.
    events : sequence of EventRows
    labels : sequence of LabelRows
    rejections : sequence of Refused
        What of each of them could not be read.
    at : datetime or None
        Aware; when they were sent.
    samples : sequence of ResourceSample
    halves : HalfChanges or None
        What changes of the sides of calls that wait for the other.
    sources : sequence of str
        What each body is counted under; empty: all of them under the name of the load.
    passed_over : sequence of int
        Records of each body that told of no call; empty: none did.
    """

    n: int
    events: Sequence[EventRows] = ()
    labels: Sequence[LabelRows] = ()
    rejections: Sequence[Refused] = ()
    at: datetime | None = None
    samples: Sequence[ResourceSample] = ()
    halves: HalfChanges | None = None
    sources: Sequence[str] = ()
    passed_over: Sequence[int] = ()


def load_events(
    database: Database,
    batches: Iterable[tuple[str, pa.Table, pa.Table]],
    source: str,
    came: Came,
    taking: Taking | None = None,
) -> LoadCounts:
    """
    Store one load's events, all or nothing.

    Parameters
    ----------
    database : Database
    batches : iterable of (model, events, features)
    source : str
        Counted under this name.
    came : Came
        What else is to be said of the source; takes its newest event.
    taking : Taking or None
        The followed file that this is the whole of.
    """
    with database.cursor() as connection:
        staging = Staging(connection)
        for model, events, features in batches:
            came.note(_newest(events))
            with database.guarded():
                staging.add(model, *database.privacy.events(model, events, features))
        if staging.is_small:
            return _load_small(database, staging, source, came, taking)
        with database.guarded():
            staging.finish()
        with database.writing(connection), _claimed(database, connection, taking):
            counts = LoadCounts()
            for model, staged in staging.models.items():
                counts += merge_staged(connection, model, staged, database.marks)
                database.memory.forget(model)
            note_sources(connection, {source: (counts, came)})
    return counts


def _load_small(
    database: Database, staging: Staging, source: str, came: Came, taking: Taking | None
) -> LoadCounts:
    with database.writing_small() as connection, _claimed(database, connection, taking):
        small = SmallLoad(database, 1)
        for model, staged in staging.models.items():
            table = staged.in_memory()
            small.add(model, table, staged.features, np.zeros(table.num_rows, np.int64))
        counts = small.counts()[0]
        note_sources(connection, {source: (counts, came)})
    return counts


def load_labels(
    database: Database, batches: Iterable[tuple[str, pa.Table]], source: str, came: Came
) -> LoadCounts:
    """
    Store one load's labels, all or nothing.

    Parameters
    ----------
    database : Database
    batches : iterable of (model, labels)
    source : str
        Counted under this name.
    came : Came
        What else is to be said of the source.
    """
    with database.cursor() as connection:
        staged: dict[str, str] = {}
        for model, batch in batches:
            table = staged.setdefault(model, f"staged_{len(staged)}")
            with database.guarded():
                stage_labels(connection, table, model, database.privacy.labels(model, batch))
        with database.writing(connection):
            counts = LoadCounts()
            for model, table in staged.items():
                new, told = add_labels(connection, ensure_model(connection, model), table)
                counts += LoadCounts(labels=new, duplicates=told - new)
            note_sources(connection, {source: (counts, came)})
    return counts


@contextlib.contextmanager
def _claimed(
    database: Database, connection: duckdb.DuckDBPyConnection, taking: Taking | None
) -> Generator[TakenRecords | None]:
    """Claim the followed files of a load, and move their checkpoints on at its end."""
    yield None if taking is None else taking.begin(connection)
    if taking is not None:
        taking.end(connection, database.keeping)


def collect(
    database: Database, bodies: Bodies, source: str, taking: Taking | None = None
) -> list[LoadCounts]:
    """
    Store what several senders sent in one transaction, and tell what each brought.

    Parameters
    ----------
    database : Database
    bodies : Bodies
        Identical records of one body are several events; the same body twice is one.
    source : str
        Counted under this name.
    taking : Taking or None
        The followed files that the bodies are pieces of.

    Returns
    -------
    list of LoadCounts
        Of each body.
    """
    with _storing(database, bodies, source, taking) as counts:
        return counts


def rehearse(database: Database, bodies: Bodies, at: datetime) -> None:
    """
    Do all that storing takes once, take it back, and commit a note of when that was.

    The first commit of a process takes ten times as long as the others: code is loaded for it.

    Parameters
    ----------
    database : Database
    bodies : Bodies
    at : datetime

    Raises
    ------
    DiskFullError
        If the disk is full.
    """
    with contextlib.suppress(_TakenBackError), _storing(database, bodies, _REHEARSAL):
        raise _TakenBackError
    for rows in bodies.events:
        database.memory.forget(rows.model)
    with database.writing_small() as connection:
        connection.execute(_FORGET_REHEARSED)
        connection.execute(_NOTE_REHEARSED, {"at": at.isoformat()})


def collect_again(
    database: Database, bodies: Bodies, again: ReadAgain, source: str
) -> LoadCounts | None:
    """
    Store what rejected lines turned out to be, and keep them no more, in one transaction.

    Parameters
    ----------
    database : Database
    bodies : Bodies
    again : ReadAgain
        What became of the lines.
    source : str
        Of all of them.

    Returns
    -------
    LoadCounts or None
        None: one of the lines is gone or another by now, and nothing was stored.
    """
    try:
        with _storing(database, bodies, source) as counts:
            _require(settle(database.memory.prepared.connection, again, database.keeping))
            return sum(counts, LoadCounts())
    except _TakenBackError:
        for rows in bodies.events:
            database.memory.forget(rows.model)
        return None


def _require(settled: bool) -> None:  # noqa: FBT001 (what `settle` answers)
    if not settled:
        raise _TakenBackError


class _TakenBackError(Exception):
    """Ends what is not to be committed."""


@contextlib.contextmanager
def _storing(
    database: Database, bodies: Bodies, source: str, taking: Taking | None = None
) -> Generator[list[LoadCounts]]:
    """Store bodies in a transaction that is committed at the end of the block."""
    parts: dict[str, list[Int]] = {}
    places: dict[str, list[Int]] = {}
    with database.cursor() as connection, database.guarded():
        events = Staging(connection, whole=True)
        for rows in bodies.events:
            shown = database.privacy.events(rows.model, rows.events, rows.features)
            events.add(rows.model, *shown)
            parts.setdefault(rows.model, []).append(rows.parts)
            unasked = np.zeros(len(rows.parts), np.int64)
            places.setdefault(rows.model, []).append(
                unasked if rows.positions is None else rows.positions
            )
    with database.writing_small() as connection, _claimed(database, connection, taking) as taken:
        small = SmallLoad(database, bodies.n, taken)
        if bodies.halves is not None:
            apply_changes(database, connection, bodies.halves)
        for model, staged in events.models.items():
            whose = np.concatenate(parts[model]), np.concatenate(places[model])
            small.add(model, staged.in_memory(), staged.features, *whose)
        for rows in bodies.labels:
            labels = database.privacy.labels(rows.model, rows.labels)
            small.add_labels(rows.model, labels, rows.parts)
        counts = small.counts()
        add_rejected(connection, source, bodies.rejections, bodies.at, database.keeping)
        add_samples(connection, database.privacy.samples(bodies.samples))
        note_sources(connection, _came(bodies, source, counts))
        yield counts


def _came(
    bodies: Bodies, source: str, counts: Sequence[LoadCounts]
) -> dict[str, tuple[LoadCounts, Came]]:
    """Return what came of bodies, by source."""
    names = bodies.sources or [source] * bodies.n
    passed_over = bodies.passed_over or [0] * bodies.n
    came = {name: (LoadCounts(), Came(bodies.at)) for name in names or [source]}
    for name, own, passed in zip(names, counts, passed_over, strict=True):
        came[name] = came[name][0] + own, came[name][1]
        came[name][1].passed_over += passed
    for rows in bodies.events:
        if len(came) == 1:
            came[next(iter(came))][1].note(_newest(rows.events))
            continue
        for part, newest in _newest_of(rows):
            came[names[part]][1].note(newest)
    return came


def _newest(events: pa.Table) -> datetime | None:
    if "ts" not in events.column_names:
        return None  # refused where they are stored
    return pc.max(events.column("ts")).as_py()


def _newest_of(rows: EventRows) -> Iterator[tuple[int, datetime]]:
    """Yield the newest event of each body."""
    if "ts" in rows.events.column_names:
        times = pa.table({"part": rows.parts, "ts": rows.events.column("ts")})
        newest = times.group_by("part").aggregate([("ts", "max")])
        yield from zip(*newest.select(["part", "ts_max"]).to_pydict().values(), strict=True)
