"""What runs counted of their columns: the reference once for all runs that share it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa

from domain.column import Column
from domain.profile import ColumnKind, ColumnRole, Grid, GridKind, Profile
from domain.run import Run
from domain.run_profile import RunProfile, RunProfiles
from domain.window import Window
from store.bulk import insert_rows, lists, texts, whole, with_rows
from store.moments import to_stored
from store.run_keys import key_columns

_ADD_REFERENCES: Final = """
    insert into run_references by name
    select *
    from rows_in_flight
    where fingerprint not in (select fingerprint from run_references)
"""
_FORGET_UNUSED: Final = """
    delete from run_references
    where fingerprint not in (select reference from run_profiles)
"""
_OF_RUN: Final = """
    select
        column_name, p.kind, role, grid_kind, edges, labels, r.counts, p.counts
    from run_profiles as p
    join run_references as r on r.fingerprint = p.reference
    where model = $model
      and version = $version
      and window_start = $start
      and window_end = $end
      and ($name is null or (column_name = $name and role = $role))
    order by position
"""


def add_profiles(
    connection: duckdb.DuckDBPyConnection, runs: Sequence[Run], profiles: RunProfiles
) -> None:
    """Keep the profiles of runs whose earlier ones are gone."""
    of_runs = [profiles.get((run.deployment, run.window), ()) for run in runs]
    kept = [profile for own in of_runs for profile in own]
    if not kept:
        return
    # windows that were judged together share the object: hash it once
    sides = {id(profile.reference): profile.reference for profile in kept}
    names = {key: _fingerprint(side) for key, side in sides.items()}
    distinct = {names[key]: side for key, side in sides.items()}
    with_rows(connection, _reference_columns(distinct), _ADD_REFERENCES)
    owner = np.repeat(np.arange(len(runs)), [len(own) for own in of_runs])
    keys = {name: column.take(pa.array(owner)) for name, column in key_columns(runs).items()}
    columns = {
        "position": whole([i for own in of_runs for i in range(len(own))]),
        "column_name": texts([p.column.name for p in kept]),
        "kind": texts([p.column.kind for p in kept]),
        "role": texts([p.column.role for p in kept]),
        "reference": texts([names[id(p.reference)] for p in kept]),
        "counts": _arrays([p.current.counts for p in kept], pa.int64()),
    }
    insert_rows(connection, "run_profiles", {**keys, **columns})


def forget_unused(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop the references that no run was compared with."""
    connection.execute(_FORGET_UNUSED)


def find_profiles(
    connection: duckdb.DuckDBPyConnection,
    model: str,
    version: str,
    window: Window,
    column: Column | None,
) -> list[RunProfile]:
    """
    Return what the run of one window counted, in the order in which it was judged.

    Parameters
    ----------
    connection : DuckDBPyConnection
    model, version : str
    window : Window
    column : Column or None
        None: all of them.
    """
    values = {
        "model": model,
        "version": version,
        "start": to_stored(window.start),
        "end": to_stored(window.end),
        "name": None if column is None else column.name,
        "role": None if column is None else column.role.value,
    }
    return [_profile(row) for row in connection.execute(_OF_RUN, values).fetchall()]


def _profile(row: tuple[Any, ...]) -> RunProfile:
    name, kind, role, grid_kind, edges, labels, reference, current = row
    grid = Grid(GridKind(grid_kind), np.array(edges, np.float64), tuple(labels))
    return RunProfile(
        Column(name, ColumnKind(kind), ColumnRole(role)),
        Profile(name, grid, np.array(reference, np.int64)),
        Profile(name, grid, np.array(current, np.int64)),
    )


def _fingerprint(side: Profile) -> str:
    """Hash cells and counts: edges by their bits, so that only the very same ones are one."""
    parts = (
        side.grid.kind.value.encode(),
        np.ascontiguousarray(side.grid.edges, "<f8").tobytes(),
        np.ascontiguousarray(side.counts, "<i8").tobytes(),
        json.dumps(side.grid.labels).encode(),
    )
    whole_hash = hashlib.sha256()
    for part in parts:
        whole_hash.update(len(part).to_bytes(8, "little"))
        whole_hash.update(part)
    return whole_hash.hexdigest()[:16]


def _reference_columns(sides: dict[str, Profile]) -> dict[str, pa.Array]:
    every = list(sides.values())
    return {
        "fingerprint": texts(list(sides)),
        "grid_kind": texts([side.grid.kind for side in every]),
        "edges": _arrays([side.grid.edges for side in every], pa.float64()),
        "labels": lists([side.grid.labels for side in every]),
        "counts": _arrays([side.counts for side in every], pa.int64()),
    }


def _arrays(values: Sequence[np.ndarray[Any, Any]], of: pa.DataType) -> pa.Array:
    """Return a column of lists of numbers."""
    ends = np.cumsum([0, *(len(value) for value in values)], dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(ends), pa.array(np.concatenate(values), of))
