"""What loads brought: in all, and by source; when, and how new it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import duckdb

from store.bulk import texts, times, whole, with_rows
from store.moments import from_stored_or_none, to_stored_or_none

_COUNT_SOURCE: Final = """
    update sources
    set predictions = predictions + $predictions,
        calls = calls + $calls,
        labels = labels + $labels,
        duplicates = duplicates + $duplicates,
        last_at = greatest(last_at, $last_at::timestamp),
        newest = greatest(newest, $newest::timestamp),
        passed_over = coalesce(passed_over, 0) + $passed_over
    where source = $source
"""
_ADD_SOURCE: Final = """
    insert into sources (
        source, predictions, calls, labels, duplicates, last_at, newest, passed_over
    )
    values (
        $source, $predictions, $calls, $labels, $duplicates,
        $last_at::timestamp, $newest::timestamp, $passed_over
    )
"""
_COUNT_MANY: Final = """
    update sources
    set predictions = sources.predictions + came.predictions,
        calls = sources.calls + came.calls,
        labels = sources.labels + came.labels,
        duplicates = sources.duplicates + came.duplicates,
        last_at = greatest(sources.last_at, came.last_at),
        newest = greatest(sources.newest, came.newest),
        passed_over = coalesce(sources.passed_over, 0) + came.passed_over
    from rows_in_flight as came
    where sources.source = came.source
"""
_ADD_MANY: Final = """
    insert into sources by name
    select *
    from rows_in_flight
    where source not in (select source from sources)
"""
_COUNTS: Final = ("predictions", "calls", "labels", "duplicates")
# a statement for all of them costs as much as for three of them one by one
_FEW: Final = 3
_SOURCES: Final = """
    select
        source, predictions, calls, labels, duplicates,
        last_at, newest, coalesce(passed_over, 0)
    from sources
    order by source
"""


@dataclass(frozen=True, slots=True)
class LoadCounts:
    """
    What a load newly stored.

    Parameters
    ----------
    predictions, calls, labels : int
        New rows of each.
    duplicates : int
        Events and labels that brought nothing new.
    known : tuple of int
        Positions of the events that were stored before, where it was asked for them.
    """

    predictions: int = 0
    calls: int = 0
    labels: int = 0
    duplicates: int = 0
    known: tuple[int, ...] = ()

    def __add__(self, other: LoadCounts) -> LoadCounts:
        return LoadCounts(
            self.predictions + other.predictions,
            self.calls + other.calls,
            self.labels + other.labels,
            self.duplicates + other.duplicates,
            self.known + other.known,
        )


@dataclass(slots=True)
class Came:
    """
    What a load says of its source beside what it stored; filled in while it is read.

    Attributes
    ----------
    at : datetime or None
        Aware; when it came.
    newest : datetime or None
        The newest of its events, stored before or not.
    passed_over : int
        Records that told of no call.
    """

    at: datetime | None = None
    newest: datetime | None = None
    passed_over: int = 0

    def note(self, moment: datetime | None) -> None:
        """Note the newest of some events."""
        if moment is not None and (self.newest is None or moment > self.newest):
            self.newest = moment


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """
    What came from one source so far.

    Parameters
    ----------
    counts : LoadCounts
    last_at : datetime or None
        When something last came; None: before that was kept.
    newest : datetime or None
        Its newest event; None: none came, or before that was kept.
    passed_over : int
        Records that told of no call, each time they came.
    """

    counts: LoadCounts
    last_at: datetime | None
    newest: datetime | None
    passed_over: int


def sources(connection: duckdb.DuckDBPyConnection) -> dict[str, SourceFacts]:
    """Return what came from each source so far."""
    return {
        name: SourceFacts(
            LoadCounts(*counts), from_stored_or_none(last), from_stored_or_none(newest), passed
        )
        for name, *counts, last, newest, passed in connection.execute(_SOURCES).fetchall()
    }


def note_sources(
    connection: duckdb.DuckDBPyConnection, came: Mapping[str, tuple[LoadCounts, Came]]
) -> None:
    """Add to what came from sources, in a write transaction."""
    if len(came) > _FEW:
        _note_many(connection, came)
        return
    for source, (counts, told) in came.items():
        values = _values(source, counts, told)
        if not connection.execute(_COUNT_SOURCE, values).fetchall()[0][0]:
            connection.execute(_ADD_SOURCE, values)


def _note_many(
    connection: duckdb.DuckDBPyConnection, came: Mapping[str, tuple[LoadCounts, Came]]
) -> None:
    counts, told = zip(*came.values(), strict=True)
    columns = {
        "source": texts(list(came)),
        **{name: whole([getattr(one, name) for one in counts]) for name in _COUNTS},
        "last_at": times([one.at for one in told]),
        "newest": times([one.newest for one in told]),
        "passed_over": whole([one.passed_over for one in told]),
    }
    # those that are known first: what is added is counted already
    with_rows(connection, columns, _COUNT_MANY)
    with_rows(connection, columns, _ADD_MANY)


def _values(source: str, counts: LoadCounts, came: Came) -> dict[str, object]:
    return {
        "source": source,
        "predictions": counts.predictions,
        "calls": counts.calls,
        "labels": counts.labels,
        "duplicates": counts.duplicates,
        "last_at": to_stored_or_none(came.at),
        "newest": to_stored_or_none(came.newest),
        "passed_over": came.passed_over,
    }
