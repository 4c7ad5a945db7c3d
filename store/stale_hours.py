"""Hours whose calls changed since they were counted: marked by the load that changed them."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Final

import duckdb

HOUR_US: Final = 3_600_000_000

# a later row may move a stored call to an earlier hour: both hours change
_TOUCHED = """
    select distinct epoch_us(date_trunc('hour', ts)) // 3600000000 as hour
    from (
        select ts from new_calls
        union all
        select ts from stored_calls
    )
"""
_MARK = """
    insert into stale_call_hours
    select $model, make_timestamp(unnest($hours::bigint[]) * 3600000000), $mark
"""
# each later than every one before it
_NEXT = "select coalesce(max(mark), 0) + 1 from stale_call_hours"


class MarkedHours:
    """
    The hours that this process has marked and nobody has recounted since.

    A busy hour is touched by every load, so that only its first one writes a mark. Used by the
    writer alone. Forgetting too much costs a mark that is there already; a mark that was rolled
    back must be forgotten.

    Attributes
    ----------
    counting : Lock
        Held by who counts stale hours.
    """

    def __init__(self) -> None:
        self._hours: dict[str, set[int]] = {}
        self.counting = threading.Lock()

    def missing(self, model: str, hours: set[int]) -> set[int]:
        """Return those of some hours (since 1970) that are not marked, and remember them."""
        known = self._hours.setdefault(model, set())
        new = hours - known
        known |= new
        return new

    def forget(self, model: str, hours: Iterable[int]) -> None:
        """Let the next load that touches one of these hours mark it."""
        self._hours.get(model, set()).difference_update(hours)

    def forget_all(self) -> None:
        """Let the next loads mark whatever they touch."""
        self._hours.clear()


def mark_stale(connection: duckdb.DuckDBPyConnection, model: str, marked: MarkedHours) -> None:
    """
    Mark the hours of the calls that a load stores or changes.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In the write transaction of the load, where the tables ``new_calls`` and ``stored_calls``
        hold the calls that it brings and, of those, the ones stored before as they were.
    model : str
    marked : MarkedHours
        Of the open database.
    """
    hours = {int(hour) for (hour,) in connection.execute(_TOUCHED).fetchall()}
    mark_hours(connection, model, hours, marked)


def mark_hours(
    connection: duckdb.DuckDBPyConnection, model: str, hours: set[int], marked: MarkedHours
) -> None:
    """
    Mark hours whose calls change.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In the write transaction of what changes them.
    model : str
    hours : set of int
        Hours since 1970.
    marked : MarkedHours
        Of the open database.
    """
    new = marked.missing(model, hours)
    if new:
        mark = connection.execute(_NEXT).fetchall()[0][0]
        connection.execute(_MARK, {"model": model, "hours": sorted(new), "mark": mark})
