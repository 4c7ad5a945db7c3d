"""The versions of the tables: which a file has, and the scripts that bring it to this one."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Final

import duckdb

from domain.errors import StoreError, StoreVersionError
from store.registry import refresh_views

_FOLDER: Final = resources.files("store") / "migrations"

_TABLES = """
    select table_name
    from information_schema.tables
    where table_schema = 'main'
"""
_VERSION = """
    select max(value::integer)
    from meta
    where name = 'store_version'
"""
_FORGET_VERSION = """
    delete from meta
    where name = 'store_version'
"""
_NOTE_VERSION = """
    insert into meta
    values ('store_version', $version)
"""


def migrations() -> dict[int, str]:
    """Return the names of the scripts, by the version that each makes."""
    return {
        int(file.name[:4]): file.name for file in _FOLDER.iterdir() if file.name.endswith(".sql")
    }


def newest_version() -> int:
    """Return the version of the tables that this code writes."""
    return max(migrations())


def version_of(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the version of the tables of a store."""
    return int(connection.execute(_VERSION).fetchall()[0][0] or 0)


def steps_to_take(connection: duckdb.DuckDBPyConnection, path: Path) -> list[list[int]]:
    """
    Return the versions that a file has not come to yet, in transactions of one each.

    A file without tables comes to all of them in one: it is a store from its first commit on, and
    made in 0.6 of the time.

    Parameters
    ----------
    connection : DuckDBPyConnection
    path : Path
        Of the file, for the errors.

    Raises
    ------
    StoreVersionError
        If a newer Driftline wrote it.
    StoreError
        If it is something else's.
    """
    tables = {name for (name,) in connection.execute(_TABLES).fetchall()}
    if tables and not {"meta", "models"} <= tables:
        raise StoreError(
            f"{path} is a DuckDB database but no Driftline store; name another folder with --store"
        )
    current = version_of(connection) if tables else 0
    if current > newest_version():
        raise StoreVersionError(
            f"{path} has store version {current}, this Driftline knows up to "
            f"{newest_version()}; upgrade Driftline"
        )
    missing = [number for number in sorted(migrations()) if number > current]
    return [[number] for number in missing] if tables else [missing]


def take_step(connection: duckdb.DuckDBPyConnection, versions: list[int]) -> None:
    """Bring the tables to each of these versions, in the transaction that is open."""
    for number in versions:
        script = (_FOLDER / migrations()[number]).read_text(encoding="utf-8")
        connection.execute(script)
        if number in (1, versions[-1]):  # later scripts ask the views
            refresh_views(connection)
    connection.execute(_FORGET_VERSION)
    connection.execute(_NOTE_VERSION, {"version": str(versions[-1])})
