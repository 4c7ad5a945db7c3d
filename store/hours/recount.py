"""Counting the hours whose predictions changed: the counts of hours and of columns by hour."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from domain.column import Column
from domain.profile import ColumnRole, Grid
from domain.window import Window
from store.database import Database
from store.hours.call_hours import near
from store.hours.cells import HourRows, tables_of
from store.hours.column_grids import grids, key_of
from store.hours.prediction_hours import count_predictions
from store.hours.stale import HOUR_US, find_stale, unmark, whole_hours
from store.hours.whole import runs, window_of
from store.moments import to_microseconds
from store.relations import Asking, Relations

Int = NDArray[np.int64]

# What is counted in one go: rows that are in memory of one column, hours that each have a row per
# column, counts that are kept until they are written.
_MOST_ROWS: Final = 1 << 21
_MOST_HOURS: Final = 7 * 24
_MOST_COUNTS: Final = 1 << 23

_FORGET = """
    delete from {table}
    where model = $model
      and hour >= make_timestamp($start)
      and hour < make_timestamp($end)
      and hour in (select make_timestamp(unnest($hours::bigint[]) * 3600000000))
"""
_OF_KEYS = "      and list_contains($keys::bigint[], key)"
_COUNTED: Final = "counted_in_flight"
_KEEP_HOURS = f"insert into prediction_hours by name select $model as model, * from {_COUNTED}"
_KEEP_COUNTS = f"insert into column_hours by name select * from {_COUNTED}"


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """
    Hours that are counted in one go.

    Parameters
    ----------
    hours : ndarray of int64
        Since 1970, ascending.
    predictions : Table
        Their rows of ``prediction_hours``.
    grids : mapping of Column to Grid
        What is counted in them.
    """

    hours: Int
    predictions: pa.Table
    grids: Mapping[Column, Grid]


class Recount:
    """
    Counts hours of one model.

    Loads may commit meanwhile. What they store is counted, or marked for the next time, or both:
    an hour's marks are first taken from the memory of the writer, which so marks it anew, then its
    rows are read, and only the marks that were there before the reading are cleared.

    Parameters
    ----------
    database : Database
    model : str
    asking : callable
        Gives a connection that reads, and the rows of some windows.
    """

    def __init__(self, database: Database, model: str, asking: Asking) -> None:
        self._database = database
        self._model = model
        self._asking = asking
        self._marked = database.marks.predictions

    def stale(self, span: Window | None) -> int:
        """Count the stale hours that overlap a span, None: all; return how many there were."""
        with self._marked.counting:
            with self._asking(()) as (connection, _):
                known = set(find_stale(connection, self._model, self._marked, _whole(span)))
            return self._count(known, {}) if known else 0

    def hours(self, hours: Collection[int], wanted: Mapping[Column, Grid]) -> int:
        """
        Count some hours over wanted grids, besides over those in force then where they are stale.

        Parameters
        ----------
        hours : collection of int
            Since 1970; none whose rows were dropped.
        wanted : mapping of Column to Grid
            Kept ones.

        Returns
        -------
        int
            Hours that were counted.
        """
        with self._marked.counting:
            return self._count(set(hours), wanted)

    def _count(self, hours: set[int], wanted: Mapping[Column, Grid]) -> int:
        with self._database.writing() as connection:
            known = find_stale(connection, self._model, self._marked)
            stale = {hour: mark for hour, mark in known.items() if hour in hours}
            self._marked.forget(self._model, stale)
        for part in self._parts(sorted(stale), wanted, in_force=True):
            tables = self._counted(part)
            with self._database.writing() as connection:
                self._replace(connection, part, tables)
                unmark(
                    connection,
                    self._model,
                    self._marked,
                    {h: stale[h] for h in part.hours.tolist()},
                )
        for part in self._parts(sorted(hours - stale.keys()), wanted, in_force=False):
            tables = self._counted(part)
            with self._database.writing() as connection:
                keys = [key_of(column, grid) for column, grid in part.grids.items()]
                self._forget(connection, "column_hours", part.hours, keys)
                _insert(connection, _KEEP_COUNTS, tables)
        return len(hours)

    def _parts(
        self, hours: list[int], wanted: Mapping[Column, Grid], *, in_force: bool
    ) -> Iterator[Part]:
        """Yield hours that lie near one another, as many as may be counted in one go."""
        for close in near(hours) if hours else ():
            own = np.array(close, np.int64)
            with self._asking([window_of(span) for span in runs(own)]) as (connection, logs):
                predictions = count_predictions(connection, logs, own)
                chosen = self._in_force(connection, logs, own) if in_force else {}
            chosen |= wanted
            width = sum(grid.n_cells + 2 for grid in chosen.values())
            for part in _split(own, predictions, width):
                yield Part(part, _of_hours(predictions, part), chosen)

    def _in_force(
        self, connection: duckdb.DuckDBPyConnection, logs: Relations, hours: Int
    ) -> dict[Column, Grid]:
        """Return the newest grid of each column that windows of these hours are counted over."""
        end = (int(hours[-1]) + 1) * HOUR_US
        found: dict[Column, Grid] = {}
        for column, kept in grids(connection, self._model).items():
            known = [one.grid for one in kept if to_microseconds(one.since) < end]
            if known and _is_there(logs, column):
                found[column] = known[-1]
        return found

    def _counted(self, part: Part) -> list[pa.Table]:
        """Count the columns of a part."""
        if not part.grids or not part.predictions.num_rows:
            return []
        windows = [window_of(span) for span in runs(part.hours)]
        with self._asking(windows, list(part.grids)) as (connection, logs):
            rows = HourRows(connection, logs, part.hours)
            return list(tables_of(self._model, rows, part.grids))

    def _replace(
        self, connection: duckdb.DuckDBPyConnection, part: Part, tables: Sequence[pa.Table]
    ) -> None:
        for table in ("prediction_hours", "column_hours"):
            self._forget(connection, table, part.hours)
        _insert(connection, _KEEP_HOURS, [part.predictions], {"model": self._model})
        _insert(connection, _KEEP_COUNTS, tables)

    def _forget(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: str,
        hours: Int,
        keys: Sequence[int] | None = None,
    ) -> None:
        values: dict[str, object] = {
            "model": self._model,
            "start": int(hours[0]) * HOUR_US,
            "end": (int(hours[-1]) + 1) * HOUR_US,
            "hours": hours.tolist(),
        }
        sql = _FORGET.format(table=table)
        if keys is not None:
            sql, values = sql + _OF_KEYS, values | {"keys": keys}
        connection.execute(sql, values)


def _whole(span: Window | None) -> Window | None:
    return None if span is None else whole_hours(span)


def _is_there(logs: Relations, column: Column) -> bool:
    if column.role is ColumnRole.FEATURE:
        return bool(logs.features.types_of(column.name))
    return column.role in {ColumnRole.PREDICTION, ColumnRole.SCORE}


def _split(hours: Int, predictions: pa.Table, width: int) -> Iterator[Int]:
    """Split hours so that no part is larger than what may be counted in one go."""
    of_rows = predictions.column("hour").cast(pa.int64()).to_numpy() // HOUR_US
    versions = max(len(predictions.column("version").unique()), 1)
    rows = np.zeros(len(hours), np.int64)
    np.add.at(rows, np.searchsorted(hours, of_rows), predictions.column("predictions").to_numpy())
    most = max(min(_MOST_HOURS, _MOST_COUNTS // max(width * versions, 1)), 1)
    start = total = 0
    for i, n in enumerate(rows.tolist()):
        if i > start and (i - start >= most or total + n > _MOST_ROWS):
            yield hours[start:i]
            start, total = i, 0
        total += n
    yield hours[start:]


def _of_hours(predictions: pa.Table, hours: Int) -> pa.Table:
    own = predictions.column("hour").cast(pa.int64()).to_numpy() // HOUR_US
    return predictions.filter(pa.array(np.isin(own, hours)))


def _insert(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    tables: Sequence[pa.Table],
    values: Mapping[str, object] | None = None,
) -> None:
    if not tables:
        return
    connection.register(_COUNTED, pa.concat_tables(tables))
    try:
        connection.execute(sql, values or {})
    finally:
        connection.unregister(_COUNTED)
