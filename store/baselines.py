"""Frozen baselines, and the acceptances that end them: kept as they were made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from domain.acceptance import Acceptance
from domain.baseline import FrozenBaseline
from domain.column import Column
from domain.profile import ColumnKind, ColumnRole, Grid
from domain.window import Window
from store.bulk import insert_rows, texts, whole
from store.moments import from_stored, to_stored

_FORGET = """
    delete from {table}
    where model = $model
      and name = $name
"""
_ADD = """
    insert into baselines
    values ($model, $name, $starts, $ends, $created_at)
"""
_BASELINES = """
    select name, window_starts, window_ends, created_at
    from baselines
    where model = $model
      and ($name is null or name = $name)
    order by created_at, name
"""
_COLUMNS = """
    select name, column_name, kind, role, grid, counts
    from baseline_columns
    where model = $model
      and ($name is null or name = $name)
    order by position
"""
_ACCEPT = """
    insert into acceptances
    values ($model, $columns, $since, $why, $who, $at)
"""
_ACCEPTANCES = """
    select columns, since, why, who, accepted_at
    from acceptances
    where model = $model
    order by accepted_at, rowid
"""


def save_baseline(connection: duckdb.DuckDBPyConnection, baseline: FrozenBaseline) -> None:
    """Keep a baseline; it replaces the model's earlier one of the same name."""
    drop_baseline(connection, baseline.model, baseline.name)
    connection.execute(
        _ADD,
        {
            "model": baseline.model,
            "name": baseline.name,
            "starts": [to_stored(window.start) for window in baseline.windows],
            "ends": [to_stored(window.end) for window in baseline.windows],
            "created_at": to_stored(baseline.created_at),
        },
    )
    if baseline.grids:
        insert_rows(connection, "baseline_columns", _columns(baseline))


def drop_baseline(connection: duckdb.DuckDBPyConnection, model: str, name: str) -> None:
    """Forget a model's baseline of that name, if there is one."""
    for table in ("baselines", "baseline_columns"):
        connection.execute(_FORGET.format(table=table), {"model": model, "name": name})


def find_baselines(
    connection: duckdb.DuckDBPyConnection, model: str, name: str | None
) -> list[FrozenBaseline]:
    """Return a model's baselines, oldest first; only that of `name` where it is given."""
    values = {"model": model, "name": name}
    columns: dict[str, list[tuple[Any, ...]]] = {}
    for of, *row in connection.execute(_COLUMNS, values).fetchall():
        columns.setdefault(of, []).append(tuple(row))
    return [
        _baseline(model, row, columns.get(row[0], []))
        for row in connection.execute(_BASELINES, values).fetchall()
    ]


def save_acceptance(connection: duckdb.DuckDBPyConnection, acceptance: Acceptance) -> None:
    """Add an acceptance; none is ever changed."""
    connection.execute(
        _ACCEPT,
        {
            "model": acceptance.model,
            "columns": list(acceptance.columns),
            "since": to_stored(acceptance.since),
            "why": acceptance.why,
            "who": acceptance.who,
            "at": to_stored(acceptance.at),
        },
    )


def find_acceptances(connection: duckdb.DuckDBPyConnection, model: str) -> tuple[Acceptance, ...]:
    """Return a model's acceptances in the order in which they were made."""
    return tuple(
        Acceptance(model, tuple(columns), from_stored(since), why, who, from_stored(at))
        for columns, since, why, who, at in connection.execute(
            _ACCEPTANCES, {"model": model}
        ).fetchall()
    )


def _columns(baseline: FrozenBaseline) -> dict[str, pa.Array]:
    columns: Sequence[Column] = list(baseline.grids)
    return {
        "model": texts([baseline.model] * len(columns)),
        "name": texts([baseline.name] * len(columns)),
        "position": whole(range(len(columns))),
        "column_name": texts([column.name for column in columns]),
        "kind": texts([column.kind for column in columns]),
        "role": texts([column.role for column in columns]),
        "grid": texts([baseline.grids[column].to_json() for column in columns]),
        "counts": pa.array(
            [baseline.counts[column].ravel() for column in columns], pa.list_(pa.int64())
        ),
    }


def _baseline(
    model: str, row: tuple[Any, ...], columns: Sequence[tuple[Any, ...]]
) -> FrozenBaseline:
    name, starts, ends, created_at = row
    grids: dict[Column, Grid] = {}
    counts: dict[Column, np.ndarray[Any, np.dtype[np.int64]]] = {}
    for column_name, kind, role, grid, flat in columns:
        column = Column(column_name, ColumnKind(kind), ColumnRole(role))
        grids[column] = Grid.from_json(grid)
        counts[column] = np.array(flat, np.int64).reshape(len(starts), grids[column].n_cells + 2)
    return FrozenBaseline(
        model=model,
        name=name,
        windows=tuple(
            Window(from_stored(start), from_stored(end))
            for start, end in zip(starts, ends, strict=True)
        ),
        grids=grids,
        counts=counts,
        created_at=from_stored(created_at),
    )
