"""One pass over a model's predictions: which window each row is in, and its values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from domain.column import Column
from domain.errors import InvalidWindowError
from domain.window import Window
from store.catalog import column_value
from store.moments import to_microseconds
from store.relations import Relations

Float = NDArray[np.float64]
Int = NDArray[np.int64]

Table = Literal["predictions", "calls"]

NO_WINDOW: Final = -1
# so many rows are placed at once, to hold no second copy of ten million times
_AT_ONCE: Final = 1 << 20

_ROWS = """
    from {table}
    where ts >= make_timestamp($start)
      and ts < make_timestamp($end)
      and list_contains($versions::varchar[], version)
"""
_ALL_ROWS = """
    from {table}
    where ts >= make_timestamp($start)
      and ts < make_timestamp($end)
"""
_THINNED = """
      and epoch_us(ts) // 1000000 % 2147483648 * 2654435761 % 4294967296 < $thinned_below
"""
_BETWEEN = "({value}) between ${low} and ${high}"


@dataclass(frozen=True, slots=True)
class Condition:
    """
    What rows have to be besides, to be read.

    Parameters
    ----------
    sql : str
        Begins with ``and``.
    values : mapping of str to object
        Of its ``$names``.
    """

    sql: str
    values: Mapping[str, object]


def thinned(share: float) -> Sequence[Condition]:
    """
    Keep the rows of some whole seconds: the same in every engine, however often it is asked.

    Parameters
    ----------
    share : float
        Of the seconds, in (0, 1]; 1 keeps all rows. A second ``s`` since 1970 is kept where
        ``s % 2147483648 * 2654435761 % 4294967296 < share * 4294967296`` in whole numbers.
    """
    if share >= 1:
        return ()
    return (Condition(_THINNED, {"thinned_below": int(share * 2**32)}),)


def between(value: str, intervals: Sequence[tuple[float, float]]) -> Condition:
    """
    Keep the rows whose value lies in one of some intervals.

    Parameters
    ----------
    value : str
        SQL of a number.
    intervals : sequence of (low, high)
        Both ends belong to it.
    """
    parts: list[str] = []
    values: dict[str, object] = {}
    for i, (low, high) in enumerate(intervals):
        names = f"low_{i}", f"high_{i}"
        parts.append(_BETWEEN.format(value=value, low=names[0], high=names[1]))
        values |= dict(zip(names, (low, high), strict=True))
    return Condition(f"      and ({' or '.join(parts) or 'false'})\n", values)


class Scan:
    """
    The rows that some windows ask for.

    Every column comes in the same order: DuckDB keeps the order of insertion through filters (not
    through joins: ``version in (select …)`` is one and mixes the rows), and all reads happen in
    one transaction.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a read transaction.
    logs : Relations
    windows : sequence of Window
        Oldest first, not overlapping, gaps allowed.
    versions : sequence of str, optional
        Whose rows count in each window; default: every version's.
    table : {"predictions", "calls"}
    conditions : sequence of Condition
        Only rows that meet them are read.

    Raises
    ------
    InvalidWindowError
        If the windows overlap or are not in order, or do not match the versions.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        logs: Relations,
        windows: Sequence[Window],
        versions: Sequence[str] | None = None,
        table: Table = "predictions",
        conditions: Sequence[Condition] = (),
    ) -> None:
        check_order(windows, versions)
        self._connection = connection
        self._features = logs.features
        self.windows = tuple(windows)
        self._values: dict[str, object] = {"start": 0, "end": 0}
        template = _ALL_ROWS
        if windows:
            self._values = {
                "start": to_microseconds(windows[0].start),
                "end": to_microseconds(windows[-1].end),
            }
        if versions is not None:
            template = _ROWS
            self._values["versions"] = sorted(set(versions))
        read = logs.predictions if table == "predictions" else logs.calls
        self._rows = template.format(table=read) + "".join(c.sql for c in conditions)
        for condition in conditions:
            self._values |= condition.values
        self.index = self._place(versions)
        self.inside = self.index != NO_WINDOW

    def numbers(self, sql: str) -> Float:
        """Return a value of every row as float64, NaN where it holds nothing; the caller's own."""
        fetched = self._fetch(f"({sql})::double")
        if not isinstance(fetched, np.ma.MaskedArray):
            return fetched
        values = np.asarray(fetched.data, dtype=np.float64)
        values[fetched.mask] = np.nan
        return values

    def column_numbers(self, column: Column) -> Float:
        """Return a numeric column of every row."""
        return self.numbers(column_value(self._features, column))

    def categories(self, sql: str) -> tuple[Int, tuple[str, ...]]:
        """
        Return a text of every row as codes.

        Returns
        -------
        codes : ndarray of int64, shape (n_rows,)
            Index into `labels`, -1 where it holds nothing.
        labels : tuple of str
        """
        relation = self._connection.sql(
            f"select ({sql})::varchar as value {self._rows}", params=self._values
        )
        encoded = relation.to_arrow_table().column("value").combine_chunks().dictionary_encode()
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        return codes, tuple(encoded.dictionary.to_pylist())

    def column_categories(self, column: Column) -> tuple[Int, tuple[str, ...]]:
        """Return a categorical column of every row as codes and labels."""
        return self.categories(column_value(self._features, column))

    def column_values(self, column: Column) -> pa.Array:
        """Return a column of every row as Arrow: double or text."""
        sql = column_value(self._features, column)
        relation = self._connection.sql(
            f"select ({sql}) as value {self._rows}", params=self._values
        )
        return relation.to_arrow_table().column("value").combine_chunks()

    def parts(self) -> Sequence[slice | Int]:
        """Return the rows of each window: a slice where they lie one after the other."""
        in_order = bool((self.index[1:] >= self.index[:-1]).all())
        order = None if in_order else np.argsort(self.index, kind="stable")
        ranked = self.index if order is None else self.index[order]
        bounds = np.searchsorted(ranked, np.arange(len(self.windows) + 1)).tolist()
        slices = [slice(start, end) for start, end in pairwise(bounds)]
        return slices if order is None else [order[part] for part in slices]

    def _place(self, versions: Sequence[str] | None) -> Int:
        if len(self.windows) == 1:  # of one version at most: its rows are all that are read
            [(n_rows,)] = self._connection.execute(
                f"select count(*) {self._rows}", self._values
            ).fetchall()
            return np.broadcast_to(np.int64(0), n_rows)
        index = np.asarray(self._fetch("epoch_us(ts)"), dtype=np.int64)
        for part in slices(len(index)):
            index[part] = window_index(index[part], self.windows)
        if versions is not None and len(set(versions)) > 1:
            names = sorted(set(versions))
            wanted = np.array([names.index(version) for version in versions], np.int64)
            own = np.asarray(self._fetch("list_position($versions, version) - 1"), np.int64)
            index[own != wanted[index]] = NO_WINDOW
        return index

    def _fetch(self, sql: str) -> NDArray[Any]:
        fetched = self._connection.execute(
            f"select {sql} as value {self._rows}", self._values
        ).fetchnumpy()
        return np.asanyarray(fetched["value"])


def slices(n_rows: int) -> Iterator[slice]:
    """Part rows into as many as are worked on at once."""
    for start in range(0, n_rows, _AT_ONCE):
        yield slice(start, start + _AT_ONCE)


def window_index(ts_us: Int, windows: Sequence[Window]) -> Int:
    """
    Return the place of each time among the windows.

    Parameters
    ----------
    ts_us : ndarray of int64, shape (n,)
        Microseconds since 1970, in any order.
    windows : sequence of Window
        Oldest first, not overlapping, gaps allowed.

    Returns
    -------
    ndarray of int64, shape (n,)
        `NO_WINDOW` for times in none.
    """
    if not windows:
        return np.full(len(ts_us), NO_WINDOW, np.int64)
    starts = np.array([to_microseconds(w.start) for w in windows], np.int64)
    ends = np.array([to_microseconds(w.end) for w in windows], np.int64)
    index = np.searchsorted(starts, ts_us, side="right").astype(np.int64) - 1
    index[(index < 0) | (ts_us >= ends[index])] = NO_WINDOW
    return index


def check_order(windows: Sequence[Window], versions: Sequence[str] | None = None) -> None:
    """
    Refuse windows that overlap or are not in order, or that do not match the versions.

    Raises
    ------
    InvalidWindowError
    """
    for earlier, later in pairwise(windows):
        if later.start < earlier.end:
            raise InvalidWindowError(
                f"window {later} starts before {earlier} ends; pass them oldest first, apart"
            )
    if versions is not None and len(versions) != len(windows):
        raise InvalidWindowError(
            f"{len(windows)} windows with {len(versions)} versions; name one version per window"
        )
