"""Exact values, counted by Spark and sorted here: ties come back once, with how often they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from domain.column import Column
from domain.profile import SortedColumn
from domain.window import Rows
from store.engines.spark_logs import SparkLogs
from store.engines.spark_windows import hull, place_of, thinned
from store.exact_values import Interval, Result, Use, Within

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_VALUES: Final = """
    select w, shared, j, x, count(*) as n
    from (
        select w, shared, {stacked}
        from (
            select {apart} as w, {whole} is not null as shared, {columns}
            from events
            where kind = 2{span}
              and {thinned}
        )
        where w is not null or shared
    )
    where {within}
    group by w, shared, j, x
"""
# Values that may come back at once, 40 bytes of the driver's memory each: of few rows several
# columns are one question, of many each column is one.
_AT_ONCE: Final = 1_000_000
_MOST_COLUMNS: Final = 64
# The rows with the smallest hashes: a sample that does not depend on how the logs are parted.
_SAMPLE: Final = """
    select {columns}
    from events
    where kind = 2{span}
      and {place} is not null
    order by xxhash64(us, prediction_id, request_id, {columns}), us, {columns}
    limit {limit}
"""


def each_sorted(
    logs: SparkLogs,
    columns: Sequence[Column],
    whole: Rows,
    apart: Rows,
    use: Use[Result],
    *,
    within: Within | None,
    share: float,
    n_rows: int,
) -> dict[Column, Result]:
    """
    Hand over the exact values of one column at a time; see `Engine.each_sorted`.

    `n_rows` is how many rows there are in `whole` and `apart` together.
    """
    found: dict[Column, Result] = {}
    places = {"whole": place_of(whole), "apart": place_of(apart), "thinned": thinned(share)}
    span = logs.span(*hull(whole.windows, apart.windows))
    size = min(max(int(_AT_ONCE / max(n_rows * share, 1.0)), 1), _MOST_COLUMNS)
    for start in range(0, len(columns), size):
        part = columns[start : start + size]
        sql = _VALUES.format(
            columns=", ".join(f"{logs.value(column)} as x{j}" for j, column in enumerate(part)),
            stacked=_stacked(len(part)),
            within=_inside(part, within),
            span=span,
            **places,
        )
        table = logs.ask(sql)
        place = table.column("j").to_numpy()
        for j, column in enumerate(part):
            own = table.filter(pa.array(place == j)) if len(part) > 1 else table
            found[column] = use(column, *_parts(column, own, len(apart.windows)))
    return found


def sample(logs: SparkLogs, columns: Sequence[Column], rows: Rows, limit: int) -> pa.Table:
    """Return rows of some columns, at most `limit`; see `Engine.rows`."""
    values = [logs.value(column) for column in columns]
    sql = _SAMPLE.format(
        columns=", ".join(values),
        place=place_of(rows),
        span=logs.span(*hull(rows.windows)),
        limit=limit,
    )
    return logs.ask(sql).rename_columns([column.name for column in columns])


def _stacked(n: int) -> str:
    if n == 1:
        return "0 as j, x0 as x"
    return f"posexplode(array({', '.join(f'x{j}' for j in range(n))})) as (j, x)"


def _inside(columns: Sequence[Column], within: Within | None) -> str:
    if within is None:
        return "true"
    parts = [f"j = {j} and {_in_one(within.get(c, ()))}" for j, c in enumerate(columns)]
    return "(" + " or ".join(parts) + ")"


def _in_one(intervals: Sequence[Interval]) -> str:
    # a text of the shortest digits that give a double back is that double, to the last bit
    parts = [f"x between double('{low!r}') and double('{high!r}')" for low, high in intervals]
    return "(" + (" or ".join(parts) or "false") + ")"


def _parts(
    column: Column, table: pa.Table, n_windows: int
) -> tuple[SortedColumn, list[SortedColumn]]:
    values = table.column("x").fill_null(np.nan).to_numpy()
    order = np.argsort(values, kind="stable")
    values = values[order]
    n = table.column("n").to_numpy()[order]
    windows = table.column("w").fill_null(-1).to_numpy()[order]
    shared = table.column("shared").to_numpy()[order]
    # a value is there once for each window, and all of them together are the whole
    whole = _sorted(column, values[shared], n[shared])
    return whole, [_sorted(column, values[windows == i], n[windows == i]) for i in range(n_windows)]


def _sorted(column: Column, values: Float, n: Int) -> SortedColumn:
    missing = int(n[np.isnan(values)].sum())
    below, above = (int(n[values == end].sum()) for end in (-np.inf, np.inf))
    finite = np.isfinite(values)
    values, n = values[finite], n[finite]
    first = np.append(True, values[1:] != values[:-1])[: len(values)]
    before = np.append(np.append(0, np.cumsum(n))[:-1][first], n.sum()).astype(np.int64)
    distinct = values[first]
    if 2 * len(distinct) <= before[-1]:
        return SortedColumn(column.name, distinct, before, len(distinct), missing, below, above)
    ordered = np.repeat(distinct, np.diff(before))
    return SortedColumn(column.name, ordered, None, len(distinct), missing, below, above)
