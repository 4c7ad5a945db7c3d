"""
Counts over cells, all columns and windows in one pass over the logs.

The columns of a row are stacked: one row for each of them, with its number. Their edges lie behind
one another in one array, padded with NaN to a power of two, and each value is looked up there by
halving, which is a chain of projections without a function of ours. Edges come as doubles in
Arrow, so they are compared to the last bit. Labels are joined. Only counts come back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from domain.column import Column
from domain.profile import CategoryCounts, ColumnKind, Grid, GridKind, ProfileSeries
from domain.window import Rows, Window
from store.engines.spark_logs import SparkLogs
from store.engines.spark_session import translated
from store.engines.spark_windows import hull, place, place_of, thinned

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Grids = Mapping[Column, Grid]

# so many columns are stacked at once: a row of them, and their edges, stay small
_AT_ONCE: Final = 64

_STACKED: Final = """
    select w, weight, posexplode(array({values})) as (j, x)
    from (
        select {place} as w, {weight} as weight, {columns}
        from events
        where kind = 2{span}
    )
    where w is not null
"""
# p counts the edges that are not above x, from the first edge of column j
_NUMBERS: Final = """
    select w, weight, j, x, j * {width} as p, edges, atoms
    from ({stacked})
    cross join edges
"""
_HALVED: Final = """
    select w, weight, j, x, p + if(edges[p + {before}] <= x, {step}, 0) as p, edges, atoms
    from ({inner})
"""
# missing is -1, unseen is -2
_CELLS: Final = """
    select
        w,
        weight,
        j,
        case
            when x is null then -1
            when not atoms[j] then p - j * {width}
            when p = j * {width} then -2
            when edges[p - 1] = x then p - 1 - j * {width}
            else -2
        end as cell
    from ({inner})
"""
_LABELLED: Final = """
    select
        w,
        weight,
        stacked.j,
        case when x is null then -1 else coalesce(cell, -2) end as cell
    from ({stacked}) as stacked
    left join labels
        on stacked.j = labels.j
       and x = label
"""
_COUNTED: Final = """
    select w, j, cell, count(*) as n, count(weight) as weighed, sum(weight) as weight
    from ({cells})
    group by w, j, cell
"""
_MOST: Final = """
    select j, x, n
    from (
        select
            *,
            row_number() over (partition by j, x is null order by n desc, x) as place
        from (
            select j, x, count(*) as n
            from ({stacked})
            group by j, x
        )
    )
    where place <= {most}
       or x is null
"""


def counts(
    logs: SparkLogs, grids: Grids, windows: Sequence[Window], versions: Sequence[str]
) -> dict[Column, ProfileSeries]:
    """Count columns over their grids in every window; see `Engine.counts`."""
    where = place(windows, versions)
    tables = {
        column: np.zeros((len(windows), grid.n_cells + 2), np.int64)
        for column, grid in grids.items()
    }
    for columns in _parts(grids) if windows else ():
        found = counted(logs, {c: grids[c] for c in columns}, where, hull(windows), "1.0D")
        cells = cells_of(found, columns, grids)
        for j, column in enumerate(columns):
            own = found["j"] == j
            tables[column][found["w"][own], cells[own]] = found["n"][own]
    return {
        column: ProfileSeries(column.name, grid, tuple(windows), tables[column])
        for column, grid in grids.items()
    }


def cell_scores(logs: SparkLogs, column: Column, grid: Grid, rows: Rows) -> Float:
    """Return the mean score of the rows in each cell; see `Engine.cell_scores`."""
    means = np.full(grid.n_cells + 2, np.nan)
    if not rows.windows:
        return means
    finite = "case when abs(score) < double('Infinity') then score end"
    where = f"if({place_of(rows)} is null, null, 0)"
    found = counted(logs, {column: grid}, where, hull(rows.windows), finite)
    cells = cells_of(found, [column], {column: grid})
    scored = found["weighed"] > 0
    means[cells[scored]] = found["weight"][scored] / found["weighed"][scored]
    return means


def category_counts(
    logs: SparkLogs, columns: Sequence[Column], rows: Rows, most: int, share: float
) -> dict[Column, CategoryCounts]:
    """Count the most frequent labels of columns; see `Engine.category_counts`."""
    found: dict[Column, CategoryCounts] = {}
    where = f"if({thinned(share)}, {place_of(rows)}, null)"
    for start in range(0, len(columns), _AT_ONCE):
        part = columns[start : start + _AT_ONCE]
        stacked = _stacked(logs, part, where, hull(rows.windows), "1.0D")
        table = logs.ask(_MOST.format(stacked=stacked, most=most))
        for j, column in enumerate(part):
            own = table.filter(pa.array(table.column("j").to_numpy() == j))
            found[column] = _categories(column, own)
    return found


def _parts(grids: Grids) -> list[list[Column]]:
    """Part the columns: numbers and categories are stacked apart."""
    parts: list[list[Column]] = []
    for kind in ColumnKind:
        own = [column for column, grid in grids.items() if grid.column_kind is kind]
        parts += [own[i : i + _AT_ONCE] for i in range(0, len(own), _AT_ONCE)]
    return parts


def _stacked(
    logs: SparkLogs, columns: Sequence[Column], where: str, span: tuple[int, int], weight: str
) -> str:
    return _STACKED.format(
        values=", ".join(f"x{j}" for j in range(len(columns))),
        columns=", ".join(f"{logs.value(column)} as x{j}" for j, column in enumerate(columns)),
        place=where,
        weight=weight,
        span=logs.span(*span),
    )


def counted(
    logs: SparkLogs, grids: Grids, where: str, span: tuple[int, int], weight: str
) -> dict[str, NDArray[Any]]:
    """
    Count stacked columns by where their rows belong and by cell.

    Parameters
    ----------
    logs : SparkLogs
    grids : mapping of Column to Grid
        All of numbers or all of categories.
    where : str
        SQL of an int that rows are told apart by; those where it is null are left out.
    span : (int, int)
        Microseconds between which they lie.
    weight : str
        SQL of a double.

    Returns
    -------
    dict of str to ndarray
        ``w``, ``j`` (place of the column), ``cell``, ``n``, ``weighed`` and ``weight``.
    """
    stacked = _stacked(logs, list(grids), where, span, weight)
    kinds = {grid.column_kind for grid in grids.values()}
    own = _numbers if kinds == {ColumnKind.NUMBER} else _labelled
    table = logs.ask(_COUNTED.format(cells=own(logs, list(grids.values()), stacked)))
    return {name: table.column(name).to_numpy() for name in table.column_names}


def _numbers(logs: SparkLogs, grids: Sequence[Grid], stacked: str) -> str:
    # at least one place more than edges: the halving ends on it where all are below
    width = 1 << max(1, *(len(grid.edges) for grid in grids)).bit_length()
    edges = np.full((len(grids), width), np.nan)
    for j, grid in enumerate(grids):
        edges[j, : len(grid.edges)] = grid.edges
    atoms = [grid.kind is GridKind.ATOMS for grid in grids]
    told = pa.table(
        {
            "edges": pa.array([edges.ravel()], pa.list_(pa.float64())),
            "atoms": pa.array([atoms], pa.list_(pa.bool_())),
        }
    )
    with translated(logs.name):
        logs.session.createDataFrame(told).createOrReplaceTempView("edges")
    inner, step = _NUMBERS.format(stacked=stacked, width=width), width // 2
    while step:
        inner = _HALVED.format(inner=inner, step=step, before=step - 1)
        step //= 2
    return _CELLS.format(inner=inner, width=width)


def _labelled(logs: SparkLogs, grids: Sequence[Grid], stacked: str) -> str:
    told = pa.table(
        {
            "j": pa.array([j for j, g in enumerate(grids) for _ in g.labels], pa.int32()),
            "label": pa.array([label for g in grids for label in g.labels], pa.string()),
            "cell": pa.array([i for g in grids for i in range(len(g.labels))], pa.int32()),
        }
    )
    with translated(logs.name):
        logs.session.createDataFrame(told).createOrReplaceTempView("labels")
    return _LABELLED.format(stacked=stacked)


def cells_of(found: Mapping[str, NDArray[Any]], columns: Sequence[Column], grids: Grids) -> Int:
    """Return the place of each count: missing and unseen stand behind the cells."""
    n_cells = np.array([grids[column].n_cells for column in columns], np.int64)[found["j"]]
    cell = np.asarray(found["cell"], np.int64)
    return np.where(cell < 0, n_cells - 1 - cell, cell)


def _categories(column: Column, own: pa.Table) -> CategoryCounts:
    known = own.filter(own.column("x").is_valid())
    missing = own.filter(own.column("x").is_null()).column("n").to_pylist()
    # the binary order of UTF-8 is that of code points
    order = known.sort_by([("n", "descending"), ("x", "ascending")])
    return CategoryCounts(
        column.name,
        tuple(order.column("x").to_pylist()),
        order.column("n").to_numpy().astype(np.int64),
        sum(missing),
    )
