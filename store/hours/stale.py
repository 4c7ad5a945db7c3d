"""Hours whose rows changed since they were counted: marked by the load that changed them."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Final

import duckdb

from domain.window import Window
from store.moments import from_microseconds, to_microseconds

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
    insert into {table}
    select $model, make_timestamp(unnest($hours::bigint[]) * 3600000000), $mark
"""
# each later than every one before it
_NEXT = "select coalesce(max(mark), 0) + 1 from {table}"
_STALE = """
    select epoch_us(hour) // 3600000000 as hour, max(mark) as mark
    from {table}
    where model = $model
      and ($start is null or hour >= make_timestamp($start::bigint))
      and ($end is null or hour < make_timestamp($end::bigint))
      and hour >= coalesce((select max(before) from dropped_rows where model = $model), hour)
      and not exists (
            select 1
            from archived_files
            where model = $model
              and kind = $kind
              and set_aside is not null
              and hour between date_trunc('hour', first_ts) and last_ts
      )
    group by all
    order by hour
"""
_LOST = """
    select distinct unnest(range(
        epoch_us(first_ts) // 3600000000, epoch_us(last_ts) // 3600000000 + 1
    )) as hour
    from archived_files
    where model = $model
      and kind = $kind
      and set_aside is not null
"""
_MODELS = """
    select distinct model
    from {table}
    order by model
"""
_DROPPED = """
    select epoch_us(max(before)) // 3600000000
    from dropped_rows
    where model = $model
"""
_UNMARK = """
    delete from {table}
    where model = $model
      and hour in (select make_timestamp(unnest($hours::bigint[]) * 3600000000))
      and mark <= $mark
"""


class MarkedHours:
    """
    The hours that this process has marked and nobody has recounted since.

    A busy hour is touched by every load, so that only its first one writes a mark. Used by the
    writer alone. Forgetting too much costs a mark that is there already; a mark that was rolled
    back must be forgotten.

    Parameters
    ----------
    table : str
        Where the marks are kept.
    kind : {"calls", "predictions"}
        The rows that are counted.

    Attributes
    ----------
    counting : Lock
        Held by who counts stale hours.
    """

    def __init__(self, table: str, kind: str) -> None:
        self.table = table
        self.kind = kind
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


class Marks:
    """
    The marks of an open database.

    Attributes
    ----------
    calls, predictions : MarkedHours
        Hours whose calls, and hours whose predictions changed.
    """

    def __init__(self) -> None:
        self.calls = MarkedHours("stale_call_hours", "calls")
        self.predictions = MarkedHours("stale_prediction_hours", "predictions")

    def forget_all(self) -> None:
        """Let the next loads mark whatever they touch."""
        self.calls.forget_all()
        self.predictions.forget_all()


def mark_calls(connection: duckdb.DuckDBPyConnection, model: str, marked: MarkedHours) -> None:
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
    mark_touched(connection, model, _TOUCHED, marked)


def mark_touched(
    connection: duckdb.DuckDBPyConnection, model: str, touched: str, marked: MarkedHours
) -> None:
    """
    Mark the hours that a query finds; see `mark_hours`.

    Parameters
    ----------
    connection : DuckDBPyConnection
    model : str
    touched : str
        SQL of one column: hours since 1970.
    marked : MarkedHours
    """
    hours = {int(hour) for (hour,) in connection.execute(touched).fetchall()}
    mark_hours(connection, model, hours, marked)


def mark_hours(
    connection: duckdb.DuckDBPyConnection, model: str, hours: set[int], marked: MarkedHours
) -> None:
    """
    Mark hours whose rows change.

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
        mark = connection.execute(_NEXT.format(table=marked.table)).fetchall()[0][0]
        values = {"model": model, "hours": sorted(new), "mark": mark}
        connection.execute(_MARK.format(table=marked.table), values)


def stale_models(connection: duckdb.DuckDBPyConnection, marked: MarkedHours) -> list[str]:
    """Return the models that have marked hours, in alphabetical order."""
    found = connection.execute(_MODELS.format(table=marked.table)).fetchall()
    return [model for (model,) in found]


def find_stale(
    connection: duckdb.DuckDBPyConnection,
    model: str,
    marked: MarkedHours,
    limits: Window | None = None,
) -> dict[int, int]:
    """
    Return the stale hours since 1970, in order, and the newest mark of each.

    Hours whose rows were dropped, or lie in a file that was set aside, are never among them: they
    cannot be counted again, and what was counted of them stays.

    Parameters
    ----------
    connection : DuckDBPyConnection
    model : str
    marked : MarkedHours
    limits : Window, optional
        Only hours that start in it.
    """
    values = {
        "model": model,
        "kind": marked.kind,
        "start": None if limits is None else to_microseconds(limits.start),
        "end": None if limits is None else to_microseconds(limits.end),
    }
    return dict(connection.execute(_STALE.format(table=marked.table), values).fetchall())


def lost_hours(connection: duckdb.DuckDBPyConnection, model: str, marked: MarkedHours) -> set[int]:
    """
    Return the hours since 1970 that files reach over which were set aside.

    Questions about windows read the rows that are left of them, so that all of them tell of the
    same rows; what was counted of them before stays.
    """
    values = {"model": model, "kind": marked.kind}
    return {hour for (hour,) in connection.execute(_LOST, values).fetchall()}


def dropped_hour(connection: duckdb.DuckDBPyConnection, model: str) -> int | None:
    """
    Return the first hour since 1970 whose rows were not dropped; None: none ever was.

    Hours before it are never counted again: what was counted of them stays.
    """
    return connection.execute(_DROPPED, {"model": model}).fetchall()[0][0]


def unmark(
    connection: duckdb.DuckDBPyConnection, model: str, marked: MarkedHours, counted: dict[int, int]
) -> None:
    """
    Clear the marks of hours that were counted; later marks of them stay.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In the write transaction of their counts.
    model : str
    marked : MarkedHours
    counted : dict of int to int
        Of each hour its newest mark from before it was counted.
    """
    values = {"model": model, "hours": list(counted), "mark": max(counted.values())}
    connection.execute(_UNMARK.format(table=marked.table), values)


def whole_hours(span: Window) -> Window:
    """Return the shortest span of whole hours of UTC that holds `span`."""
    start, end = to_microseconds(span.start), to_microseconds(span.end)
    return Window(
        from_microseconds(start // HOUR_US * HOUR_US),
        from_microseconds(-(-end // HOUR_US) * HOUR_US),
    )
