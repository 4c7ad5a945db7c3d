"""Over which cells the columns of a model are counted, and since when: as they were first kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb

from domain.column import Column
from domain.profile import ColumnKind, ColumnRole, Grid
from store.bulk import insert_rows, texts, times, whole, with_rows
from store.moments import from_stored

_GRIDS = """
    select column_name, kind, role, since, grid
    from column_grids
    where model = $model
    order by column_name, kind, role, since
"""
_KEYS = """
    select distinct key
    from column_grids
    where model = $model
"""
_FORGET = """
    delete from column_grids
    where model = $model
"""
_REPLACED = """
    delete from column_grids as kept
    using rows_in_flight as new
    where kept.model = new.model
      and kept.column_name = new.column_name
      and kept.kind = new.kind
      and kept.role = new.role
      and kept.since = new.since
"""


@dataclass(frozen=True, slots=True, eq=False)
class KeptGrid:
    """
    The cells that a column is counted over.

    Parameters
    ----------
    since : datetime
        In windows that start then or later.
    grid : Grid
    """

    since: datetime
    grid: Grid


def key_of(column: Column, grid: Grid) -> int:
    """Return what the counts of a column over a grid are found by, a signed 64-bit number."""
    told = json.dumps([column.name, column.kind, column.role, grid.fingerprint])
    return int.from_bytes(hashlib.sha256(told.encode()).digest()[:8], "big", signed=True)


def keys_kept(
    connection: duckdb.DuckDBPyConnection, model: str, asked: Mapping[Column, Grid]
) -> dict[int, Column]:
    """Return those of some columns whose grid is kept, by the key of their counts."""
    kept = {key for (key,) in connection.execute(_KEYS, {"model": model}).fetchall()}
    keys = {key_of(column, grid): column for column, grid in asked.items()} if kept else {}
    return {key: column for key, column in keys.items() if key in kept}


def grids(connection: duckdb.DuckDBPyConnection, model: str) -> dict[Column, tuple[KeptGrid, ...]]:
    """Return the kept grids of a model's columns, of each the oldest first."""
    found: dict[Column, tuple[KeptGrid, ...]] = {}
    for name, kind, role, since, text in connection.execute(_GRIDS, {"model": model}).fetchall():
        column = Column(name, ColumnKind(kind), ColumnRole(role))
        kept = KeptGrid(from_stored(since), Grid.from_json(text))
        found[column] = (*found.get(column, ()), kept)
    return found


def keep_grids(
    connection: duckdb.DuckDBPyConnection, model: str, new: Mapping[Column, Grid], since: datetime
) -> None:
    """
    Keep the cells that columns are counted over from a moment on.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a write transaction.
    model : str
    new : mapping of Column to Grid
        What was kept of them since the same moment is replaced.
    since : datetime
    """
    if not new:
        return
    rows = {
        "model": texts([model] * len(new)),
        "column_name": texts([column.name for column in new]),
        "kind": texts([column.kind for column in new]),
        "role": texts([column.role for column in new]),
        "since": times([since] * len(new)),
        "fingerprint": texts([grid.fingerprint for grid in new.values()]),
        "key": whole([key_of(column, grid) for column, grid in new.items()]),
        "grid": texts([grid.to_json() for grid in new.values()]),
    }
    with_rows(connection, rows, _REPLACED)
    insert_rows(connection, "column_grids", rows)


def forget_grids(connection: duckdb.DuckDBPyConnection, model: str) -> None:
    """Forget the kept grids of a model."""
    connection.execute(_FORGET, {"model": model})
