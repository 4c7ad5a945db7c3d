"""Columns counted by hour over the grids that are kept: a window is a sum of their counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from domain.column import Column
from domain.profile import Grid, ProfileSeries
from domain.window import Window
from store import questions
from store.hours.column_grids import keys_kept
from store.hours.prediction_hours import narrowed
from store.hours.stale import HOUR_US, Marks, dropped_hour, find_stale, lost_hours
from store.hours.whole import NO_WINDOW, split
from store.relations import Relations
from store.scan import check_order

Int = NDArray[np.int64]

# so many counts are in memory at once: 128 MiB
_MOST_COUNTS: Final = 1 << 24

_LACKING = """
    with counted as (
        select version, hour, count(*) as n
        from column_hours
        where hour >= make_timestamp($start)
          and hour < make_timestamp($end)
          and model = $model
          and list_contains($versions::varchar[], version)
          and list_contains($keys::bigint[], key)
        group by all
    )
    select version, epoch_us(hour) // 3600000000 as hour
    from prediction_hours
    left join counted using (version, hour)
    where hour >= make_timestamp($start)
      and hour < make_timestamp($end)
      and model = $model
      and list_contains($versions::varchar[], version)
      and coalesce(n, 0) < len($keys::bigint[])
"""
_COUNTS = """
    select key, version, epoch_us(hour) // 3600000000 as hour, counts
    from column_hours
    where hour >= make_timestamp($start)
      and hour < make_timestamp($end)
      and model = $model
      and list_contains($versions::varchar[], version)
      and list_contains($keys::bigint[], key)
"""


class HourCounts:
    """
    What was counted by hour of columns whose grids are kept.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a read transaction.
    model : str
    grids : mapping of Column to Grid
        Those whose grid is not kept are passed over.
    windows : sequence of Window
        Oldest first, not overlapping.
    versions : sequence of str
        Whose rows count in each window.
    marks : Marks
        Of the open database.

    Attributes
    ----------
    grids : dict of Column to Grid
        Those whose grid is kept.
    missing : set of int
        Hours since 1970 inside of windows that somebody has to count first.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        model: str,
        grids: Mapping[Column, Grid],
        windows: Sequence[Window],
        versions: Sequence[str],
        marks: Marks,
    ) -> None:
        check_order(windows, versions)
        self._connection = connection
        self._model = model
        self._windows = tuple(windows)
        self._names = sorted(set(versions))
        self._version_of = np.array([self._names.index(v) for v in versions], np.int64)
        self._keys = keys_kept(connection, model, grids)
        self.grids = {column: grids[column] for column in self._keys.values()}
        stale = set(find_stale(connection, model, marks.predictions)) if self._keys else set()
        self._hours = split(windows, ())
        missing = stale & set(self._inside(np.array(sorted(stale), np.int64)))
        if self._keys:
            missing |= self._lacking()
        lost = lost_hours(connection, model, marks.predictions)
        self._hours = split(windows, missing | lost)
        dropped = dropped_hour(connection, model)
        self.missing = {h for h in missing - lost if dropped is None or h >= dropped}

    def series(self, logs: Relations) -> dict[Column, ProfileSeries]:
        """
        Return the counts of every window: of its hours, and of the rows that are not counted yet.

        Parameters
        ----------
        logs : Relations
            The rows of the windows.
        """
        sums = self._sums()
        pieces, owners = self._hours.pieces, self._hours.owners
        if self.grids and pieces:
            versions = [self._names[i] for i in self._version_of[owners].tolist()]
            left = narrowed(logs, pieces)
            rows = questions.counts(self._connection, left, self.grids, pieces, versions)
            for column, found in rows.items():
                np.add.at(sums[column], owners, found.counts)
        return {
            column: ProfileSeries(column.name, grid, self._windows, sums[column])
            for column, grid in self.grids.items()
        }

    def _inside(self, hours: Int) -> list[int]:
        return hours[self._hours.places(hours) != NO_WINDOW].tolist()

    def _lacking(self) -> set[int]:
        """Return hours of windows with predictions that are not counted for every column."""
        values = self._values(list(self._keys))
        found = self._connection.sql(_LACKING, params=values).to_arrow_table()
        hours = found.column("hour").to_numpy()
        return set(hours[self._places(found) != NO_WINDOW].tolist())

    def _values(self, keys: Sequence[int]) -> dict[str, object]:
        start, end = self._hours.span
        return {
            "model": self._model,
            "start": start * HOUR_US,
            "end": end * HOUR_US,
            "versions": self._names,
            "keys": keys,
        }

    def _places(self, rows: pa.Table) -> Int:
        """Return the window that rows of hours count in, `NO_WINDOW` for none."""
        places = self._hours.places(rows.column("hour").to_numpy())
        named = rows.column("version").combine_chunks().dictionary_encode()
        own = np.array([self._names.index(v) for v in named.dictionary.to_pylist()], np.int64)
        return np.where(
            self._version_of[places] == own[named.indices.to_numpy()], places, NO_WINDOW
        )

    def _sums(self) -> dict[Column, Int]:
        """Add up the counted hours of every window, shape (n_windows, n_cells + 2) each."""
        sums = {
            column: np.zeros((len(self._windows), grid.n_cells + 2), np.int64)
            for column, grid in self.grids.items()
        }
        for keys in self._parts():
            rows = self._connection.sql(_COUNTS, params=self._values(keys)).to_arrow_table()
            if rows.num_rows:
                self._add(rows, sums)
        return sums

    def _parts(self) -> Iterator[list[int]]:
        """Yield the keys of as many columns as may be in memory at once."""
        start, end = self._hours.span
        part: list[int] = []
        size = 0
        for key, column in self._keys.items():
            own = (self.grids[column].n_cells + 2) * (end - start) * len(self._names)
            if part and size + own > _MOST_COUNTS:
                yield part
                part, size = [], 0
            part.append(key)
            size += own
        if part:
            yield part

    def _add(self, rows: pa.Table, sums: Mapping[Column, Int]) -> None:
        places = self._places(rows)
        keys = rows.column("key").to_numpy()
        counts = rows.column("counts").combine_chunks()
        begins, flat = counts.offsets.to_numpy(), counts.values.to_numpy()
        order = np.lexsort((places, keys))
        order = order[places[order] != NO_WINDOW]
        keys = keys[order]
        for own in np.split(order, np.flatnonzero(keys[1:] != keys[:-1]) + 1):
            if len(own):
                table = sums[self._keys[int(rows.column("key")[own[0]].as_py())]]
                hours = flat[begins[own][:, None] + np.arange(table.shape[1])]
                place = places[own]
                firsts = np.append(0, np.flatnonzero(np.diff(place)) + 1)
                table[place[firsts]] += np.add.reduceat(hours, firsts, axis=0)
