"""What loads brought: in all, and by source."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

_COUNT_SOURCE = """
    update sources
    set predictions = predictions + $predictions,
        calls = calls + $calls,
        labels = labels + $labels,
        duplicates = duplicates + $duplicates
    where source = $source
"""
_ADD_SOURCE = """
    insert into sources
    values ($source, $predictions, $calls, $labels, $duplicates)
"""
_SOURCES = """
    select source, predictions, calls, labels, duplicates
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


def sources(connection: duckdb.DuckDBPyConnection) -> dict[str, LoadCounts]:
    """Return what came from each source so far."""
    return {name: LoadCounts(*counts) for name, *counts in connection.execute(_SOURCES).fetchall()}


def note_source(connection: duckdb.DuckDBPyConnection, source: str, counts: LoadCounts) -> None:
    """Add to what came from a source, in a write transaction."""
    values = {
        "source": source,
        "predictions": counts.predictions,
        "calls": counts.calls,
        "labels": counts.labels,
        "duplicates": counts.duplicates,
    }
    if not connection.execute(_COUNT_SOURCE, values).fetchall()[0][0]:
        connection.execute(_ADD_SOURCE, values)
