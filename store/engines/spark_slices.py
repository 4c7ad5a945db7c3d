"""A column counted slice by slice in Spark: first which values are frequent, then their cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.column import Column
from domain.profile import ColumnRole, Grid
from domain.slice import SlicedCounts
from domain.window import Rows
from store.engines.spark_cells import cells_of, counted
from store.engines.spark_fields import literal
from store.engines.spark_logs import SparkLogs
from store.engines.spark_windows import hull, place_of

Int = NDArray[np.int64]
Value = str | float

# The baseline counts beside every window: its rows are told for each of them.
_MOST: Final = """
    select w, s
    from (
        select w, s, row_number() over (partition by w order by n desc, s) as place
        from (
            select w, s, sum(n) as n
            from (
                select explode(concat(if(shared, {every}, {none}), if(w is null, {none}, array(w))))
                    as w, s, n
                from (
                    select {whole} is not null as shared, {apart} as w, {by} as s, count(*) as n
                    from events
                    where kind = 2{span}
                    group by 1, 2, 3
                )
                where s is not null
            )
            group by w, s
        )
    )
    where place <= {most}
    order by w, place
"""
_NONE: Final = "cast(array() as array<int>)"
# window and side and slice in one number
_WHERE: Final = """if({whole} is null and {apart} is null, null, cast(
            (coalesce({apart}, {n_windows}) * 2 + if({whole} is null, 0, 1)) * {n_slots} + {slot}
        as int))"""


def sliced_counts(
    logs: SparkLogs,
    column: Column,
    grid: Grid,
    by: Column,
    whole: Rows,
    apart: Rows,
    most: int,
) -> list[SlicedCounts]:
    """Count a column by the value of another one; see `Engine.sliced_counts`."""
    if not apart.windows:
        return []
    key = "replica" if by.role is ColumnRole.CALLS else logs.value(by)
    asked = {"whole": place_of(whole), "apart": place_of(apart)}
    span = hull(whole.windows, apart.windows)
    n_windows = len(apart.windows)
    sql = _MOST.format(
        by=key,
        every=f"sequence(0, {n_windows - 1})",
        none=_NONE,
        span=logs.span(*span),
        most=most,
        **asked,
    )
    chosen: list[list[Value]] = [[] for _ in apart.windows]
    for row in logs.ask(sql).to_pylist():
        chosen[row["w"]].append(row["s"])
    values = list(dict.fromkeys(value for own in chosen for value in own))
    n_slots = len(values) + 2
    where = _WHERE.format(slot=_slot(key, values), n_slots=n_slots, n_windows=n_windows, **asked)
    found = counted(logs, {column: grid}, where, span, "1.0D")
    table = np.zeros(((n_windows + 1) * 2 * n_slots, grid.n_cells + 2), np.int64)
    table[found["w"], cells_of(found, [column], {column: grid})] = found["n"]
    by_window = table.reshape(n_windows + 1, 2, n_slots, -1)
    baseline, windows = by_window[:, 1].sum(axis=0), by_window.sum(axis=1)
    place = {value: i for i, value in enumerate(values)}
    return [
        SlicedCounts.of(
            column.name,
            grid,
            by.name,
            tuple(own),
            _folded(np.stack([baseline, windows[i]]), [place[value] for value in own]),
        )
        for i, own in enumerate(chosen)
    ]


def _slot(key: str, values: Sequence[Value]) -> str:
    """Return the SQL of a slice's place among the values; behind them missing, then others."""
    n = len(values)
    if not values:
        return f"if({key} is null, {n}, {n + 1})"
    told = ", ".join(f"{_told(value)}, {i}" for i, value in enumerate(values))
    return f"if({key} is null, {n}, coalesce(try_element_at(map({told}), {key}), {n + 1}))"


def _told(value: Value) -> str:
    # a text of the shortest digits that give a double back is that double, to the last bit
    return literal(value) if isinstance(value, str) else f"double('{value!r}')"


def _folded(counts: Int, own: Sequence[int]) -> Int:
    """Count values that are slices of another window only among this one's others."""
    n = counts.shape[1] - 2
    others = sorted(set(range(n)) - set(own))
    rest = counts[:, others].sum(axis=1) + counts[:, n + 1]
    return np.concatenate([counts[:, own], counts[:, [n]], rest[:, None]], axis=1)
