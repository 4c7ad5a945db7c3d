"""
Which ids were stored lately: kept in memory, so that most batches need no look into the store.

A batch that brings only new events is the rule, and to see that it does the store would have to
read every id of its hours: at 2,000 events a second 33 ms of CPU for 14 million ids and growing
all hour, in every commit. Here a lookup costs microseconds. It may say "perhaps" too often, never
"no" wrongly; who hears "perhaps" asks the store.
"""

from __future__ import annotations

from typing import Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from store.registry import ModelTables

Int = NDArray[np.int64]
Keys = NDArray[np.uint64]
Mask = NDArray[np.bool_]

HOUR_US: Final = 3_600_000_000
# Half of an id each, 8 bytes: 128 MB, two hours at 2,000 events a second.
LIMIT_IDS: Final = 16_000_000
# A batch of more hours than these is history that comes in late: it asks the store.
_MOST_HOURS: Final = 8

_STORED = """
    select (id & 18446744073709551615::uhugeint)::ubigint as key
    from {table}
    where ts >= make_timestamp($start)
      and ts < make_timestamp($end)
"""
_TABLES: Final = ("predictions", "unanswered", "calls")


class KeySet:
    """Keys in sorted runs that double in length: adding stays cheap, and so does looking up."""

    def __init__(self, keys: Keys) -> None:
        self._runs = [np.sort(keys)] if len(keys) else []

    def __len__(self) -> int:
        return sum(len(run) for run in self._runs)

    def add(self, keys: Keys) -> None:
        """Add keys; those that are there already may be held twice."""
        if len(keys):
            self._runs.append(np.sort(keys))
        while len(self._runs) > 1 and len(self._runs[-2]) <= 2 * len(self._runs[-1]):
            last = self._runs.pop()
            self._runs[-1] = np.sort(np.concatenate([self._runs[-1], last]))

    def holds(self, keys: Keys) -> Mask:
        """Return which of some keys are held."""
        found = np.zeros(len(keys), np.bool_)
        for run in self._runs:
            places = np.minimum(np.searchsorted(run, keys), len(run) - 1)
            found |= run[places] == keys
        return found


class RecentIds:
    """
    The ids of predictions, unanswered rows and calls, by model and hour.

    Used by the writer alone, inside its lock. An hour is held as a whole or not at all.

    Parameters
    ----------
    limit : int
        Ids held at most.
    """

    def __init__(self, limit: int = LIMIT_IDS) -> None:
        self._limit = limit
        self._hours: dict[str, dict[int, KeySet]] = {}

    def __len__(self) -> int:
        return sum(len(keys) for hours in self._hours.values() for keys in hours.values())

    def forget(self, model: str) -> None:
        """Read a model's hours again before they are asked for."""
        self._hours.pop(model, None)

    def perhaps(
        self,
        connection: duckdb.DuckDBPyConnection,
        tables: ModelTables,
        span_us: tuple[int, int],
        keys: Keys,
    ) -> Mask:
        """
        Return which ids may be stored within a span.

        Parameters
        ----------
        connection : DuckDBPyConnection
            Reads the hours that are not held yet.
        tables : ModelTables
        span_us : (int, int)
            First and last microsecond since 1970.
        keys : ndarray of uint64, shape (n,)
            Lower halves of ids.
        """
        hours = range(span_us[0] // HOUR_US, span_us[1] // HOUR_US + 1)
        self._make_room(tables.model, hours)
        if len(hours) > _MOST_HOURS or len(self) > self._limit:
            return np.ones(len(keys), np.bool_)
        held = self._hours.setdefault(tables.model, {})
        found = np.zeros(len(keys), np.bool_)
        for hour in hours:
            if hour not in held:
                held[hour] = KeySet(_stored_keys(connection, tables, hour))
            found |= held[hour].holds(keys)
        return found

    def add(self, model: str, hours: Int, keys: Keys) -> None:
        """
        Take note of ids that are being stored; before the commit, so that none slips through.

        Parameters
        ----------
        model : str
        hours : ndarray of int64, shape (n,)
            Hour of each since 1970.
        keys : ndarray of uint64, shape (n,)
            Lower halves of ids.
        """
        held = self._hours.get(model, {})
        for hour in np.unique(hours):
            if int(hour) in held:
                held[int(hour)].add(keys[hours == hour])

    def _make_room(self, model: str, hours: range) -> None:
        """Drop hours that are not asked for: a model's beyond a few, and all beyond the limit."""
        held = self._hours.get(model, {})
        for hour in sorted(held.keys() - set(hours))[: max(0, len(held) - _MOST_HOURS)]:
            del held[hour]
        if len(self) <= self._limit:
            return
        others = sorted(
            (hour, name)
            for name, kept in self._hours.items()
            for hour in kept
            if name != model or hour not in hours
        )
        for hour, name in others:
            del self._hours[name][hour]
            if len(self) <= self._limit // 2:
                return


def _stored_keys(connection: duckdb.DuckDBPyConnection, tables: ModelTables, hour: int) -> Keys:
    span = {"start": hour * HOUR_US, "end": (hour + 1) * HOUR_US}
    parts = [
        connection.execute(_STORED.format(table=tables.table(name)), span).fetchnumpy()["key"]
        for name in _TABLES
    ]
    return np.unique(np.concatenate([np.asarray(part, np.uint64) for part in parts]))
