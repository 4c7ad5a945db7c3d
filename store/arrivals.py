"""
The rows of a small load in memory: what each is, and its id.

`store.staging` and `store.append` decide the same in SQL, for loads of any size; a statement of
theirs takes 3 to 10 ms before it looks at a row, and a load of 500 rows needs a dozen of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from store.arrow_columns import EVENT_COLUMNS
from store.fingerprint import fingerprints
from store.identity import Lanes, repeated_ids, scoped_ids
from store.registry import FeatureType
from store.staging import LABEL_ONLY, PREDICTION, UNANSWERED

Int = NDArray[np.int64]
Mask = NDArray[np.bool_]
Places = dict[tuple[str, FeatureType], str]
# from the hashes of some rows' records to how many of the same came before this load
Counting = Callable[[Lanes, Mask], Int]


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """
    Events of one model.

    Parameters
    ----------
    table : Table
        The columns of `EVENT_COLUMNS`, and one for each of `features`.
    features : dict of (feature, FeatureType) to str
    parts : ndarray of int64, shape (n_rows,)
        Which body of the load a row is of.
    kinds : ndarray of int8, shape (n_rows,)
        `PREDICTION`, `UNANSWERED` or `LABEL_ONLY`.
    ids : Lanes
        Of the rows that are no mere labels.
    calls : Lanes
        Keys of their calls; where there is none, `ids`.
    first : ndarray of bool, shape (n_rows,)
        No mere label, and no row before it has its id.
    """

    table: pa.Table
    features: Places
    parts: Int
    kinds: NDArray[np.int8]
    ids: Lanes
    calls: Lanes
    first: Mask = field(repr=False)

    @property
    def times_us(self) -> Int:
        """Microseconds since 1970 of each row."""
        return np.asarray(self.table.column("ts").cast(pa.int64()).to_numpy(), np.int64)


def arrivals(
    connection: duckdb.DuckDBPyConnection,
    table: pa.Table,
    features: Places,
    parts: Int,
    count_earlier: Counting | None = None,
) -> Arrivals:
    """
    Tell what each row is, and its id.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Computes what Python does not.
    table : Table
    features : dict of (feature, FeatureType) to str
    parts : ndarray of int64, shape (n_rows,)
        Identical records of one part are several events; of two parts they are the same.
    count_earlier : callable, optional
        Given the hashes of records and which rows they are of, returns how many identical ones of
        its part stood before each in earlier loads; default: none.
    """
    kinds = _kinds(table, features)
    has_prediction_id = present(table.column("prediction_id"))
    has_request_id = present(table.column("request_id"))
    given = _scoped("p", table, "prediction_id", has_prediction_id)
    named = (kinds == PREDICTION) & has_prediction_id
    unnamed = (kinds != LABEL_ONLY) & ~named
    ids = _copied(given)
    if unnamed.any():
        bases = _record_hashes(connection, table, features, unnamed)
        ordinals = ranks(bases, parts[unnamed]) + 1
        if count_earlier is not None:
            ordinals += count_earlier(bases, unnamed)
        _put(ids, unnamed, _ordinal_ids(bases, ordinals))
    calls = _copied(given)
    _put(calls, has_request_id, _scoped("r", table, "request_id", has_request_id, packed=True))
    alone = ~(has_prediction_id | has_request_id)
    _put(calls, alone, (ids[0][alone], ids[1][alone]))
    first = kinds != LABEL_ONLY
    first[first] = ranks((ids[0][first], ids[1][first])) == 0
    return Arrivals(table, features, parts, kinds, ids, calls, first)


def present(column: pa.ChunkedArray) -> Mask:
    """Return which rows hold a value."""
    if not column.null_count:
        return np.ones(len(column), np.bool_)
    if column.null_count == len(column):
        return np.zeros(len(column), np.bool_)
    return np.asarray(column.is_valid().to_numpy(), np.bool_)


def ranks(keys: Lanes, parts: Int | None = None) -> Int:
    """
    Return how many rows before each have the same key, and the same part if there are parts.

    Examples
    --------
    >>> high, low = np.zeros(4, np.uint64), np.array([7, 8, 7, 7], np.uint64)
    >>> ranks((high, low)).tolist()
    [0, 0, 1, 2]
    >>> ranks((high, low), np.array([0, 0, 0, 1])).tolist()
    [0, 0, 1, 0]
    """
    n = len(keys[0])
    if len(np.unique(keys[1])) == n:
        return np.zeros(n, np.int64)
    columns = (keys[1], keys[0]) if parts is None else (parts, keys[1], keys[0])
    order = np.lexsort(columns)  # stable: rows of one key stay in their order
    starts = np.ones(n, np.bool_)
    starts[1:] = np.any([column[order][1:] != column[order][:-1] for column in columns], axis=0)
    begins = np.flatnonzero(starts)
    found = np.empty(n, np.int64)
    found[order] = np.arange(n) - np.repeat(begins, np.diff(np.append(begins, n)))
    return found


_FAILED_BELOW: Final = 100
_FAILED_FROM: Final = 500


def _kinds(table: pa.Table, features: Places) -> NDArray[np.int8]:
    """Tell the rows apart as the statement of `store.staging` does."""
    answered = present(table.column("prediction")) | present(table.column("score"))
    if answered.all():
        return np.full(table.num_rows, PREDICTION, np.int8)
    asked = np.zeros(table.num_rows, np.bool_)
    for place in features.values():
        asked |= present(table.column(place))
    status = table.column("status")
    has_status = present(status)
    codes = status.fill_null(_FAILED_BELOW).to_numpy()
    failed = has_status & ((codes < _FAILED_BELOW) | (codes >= _FAILED_FROM))
    called = asked | has_status | ~present(table.column("label"))
    called |= present(table.column("latency_ms"))
    kinds = np.where(called, UNANSWERED, LABEL_ONLY).astype(np.int8)
    kinds[answered | (asked & ~failed)] = PREDICTION
    return kinds


def _scoped(
    letter: str, table: pa.Table, column: str, rows: Mask, *, packed: bool = False
) -> Lanes:
    """Hash the given ids of some rows; not `packed`: with zeros for the other rows."""
    chosen = table.select(["version", column])
    if not rows.all():
        chosen = chosen.filter(pa.array(rows))
    made = scoped_ids(letter, *(_bytes(chosen.column(i)) for i in (0, 1)))
    if packed or rows.all():
        return made
    lanes = np.zeros(len(rows), np.uint64), np.zeros(len(rows), np.uint64)
    _put(lanes, rows, made)
    return lanes


def _bytes(column: pa.ChunkedArray) -> list[bytes]:
    return column.cast(pa.binary()).to_pylist()


def _record_hashes(
    connection: duckdb.DuckDBPyConnection, table: pa.Table, features: Places, rows: Mask
) -> Lanes:
    chosen = table if rows.all() else table.filter(pa.array(rows))
    named = [(name, chosen.column(name)) for name in EVENT_COLUMNS]
    named += [(f"feature:{name}", chosen.column(place)) for (name, _), place in features.items()]
    return fingerprints(connection, named, chosen.num_rows)


def _ordinal_ids(bases: Lanes, ordinals: Int) -> Lanes:
    """Return the ids of records: of the second and later ones of a part their place counts."""
    again = ordinals > 1
    if again.any():
        bases = _copied(bases)
        _put(bases, again, repeated_ids((bases[0][again], bases[1][again]), ordinals[again]))
    return bases


def _copied(lanes: Lanes) -> Lanes:
    return lanes[0].copy(), lanes[1].copy()


def _put(lanes: Lanes, rows: Mask, values: Lanes) -> None:
    lanes[0][rows] = values[0]
    lanes[1][rows] = values[1]


def in_time_order(table: pa.Table) -> pa.Table:
    """Sort rows by time where they are not: rows that lie by time are found by time."""
    times = table.column("ts").cast(pa.int64()).to_numpy()
    if (times[1:] >= times[:-1]).all():
        return table
    return table.take(pc.sort_indices(table.column("ts")))
