"""Archived rows come back into the tables where they have to change."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Sequence
from typing import Any, Final

import duckdb

from domain.errors import StoreError
from domain.window import Window
from store.archive.catalog import ArchivedFile, Kind, archived, give_up
from store.archive.ids import files_around, ids_table
from store.archive.spanning import from_files
from store.file_places import place_of
from store.identity import whole
from store.registry import ModelTables

_IN_FLIGHT: Final = "archived_calls_in_flight"
_HIT: Final = f"""
    select distinct file
    from {_IN_FLIGHT}
    where {whole("id_high", "id_low")} in (select id from {{ids}})
    order by file
"""
_THAWED: Final = "thawing"


def thaw(
    connection: duckdb.DuckDBPyConnection, tables: ModelTables, files: Sequence[ArchivedFile]
) -> None:
    """
    Bring the rows of files back into the tables; the files hold nothing that counts any more.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a write transaction. What the writer remembers of the model has to be forgotten with it.
    tables : ModelTables
    files : sequence of ArchivedFile

    Raises
    ------
    StoreError
        If a file cannot be read, or has not the rows that it should.
    """
    for file in files:
        rows = from_files(connection, tables, file.kind, [file], _THAWED)
        into = f"insert into {tables.table(file.kind)} by name {rows} order by ts, id"
        with told_of(file):
            came = connection.execute(into).fetchall()[0][0]
        connection.unregister(_THAWED)
        if came != file.rows:
            raise StoreError(
                f"the archived file {file.path} in {file.place} holds {came} rows and not "
                f"{file.rows}; 'driftline doctor --repair' sets it aside"
            )
    give_up(connection, files)


def thaw_with(
    connection: duckdb.DuckDBPyConnection,
    tables: ModelTables,
    kind: Kind,
    span: Window,
    ids: str,
) -> bool:
    """
    Bring back the files that hold one of some ids; return whether there was any.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a write transaction.
    tables : ModelTables
    kind : {"predictions", "unanswered", "calls"}
    span : Window
        That such rows are looked for in.
    ids : str
        A table with the column ``id``.
    """
    files = files_around(connection, tables.model, kind, span)
    if not files:
        return False
    connection.register(_IN_FLIGHT, ids_table(files))
    hit = connection.execute(_HIT.format(ids=ids)).fetchall()
    connection.unregister(_IN_FLIGHT)
    thaw(connection, tables, [files[number] for (number,) in hit])
    return bool(hit)


def thaw_where(
    connection: duckdb.DuckDBPyConnection,
    tables: ModelTables,
    kind: Kind,
    holds: str,
    values: dict[str, Any],
) -> None:
    """
    Bring back the files that hold a row for which a condition holds; each is read by itself.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a write transaction.
    tables : ModelTables
    kind : {"predictions", "unanswered", "calls"}
    holds : str
        SQL over the columns of the table.
    values : dict of str to object
        Of its ``$names``.

    Raises
    ------
    StoreError
        If a file cannot be read, or was set aside as damaged and may hold such a row.
    """
    hit: list[ArchivedFile] = []
    for file in archived(connection, tables.model, None, (kind,)):
        if file.set_aside is not None:
            _require_gone(file)
            continue
        rows = from_files(connection, tables, kind, [file], _THAWED)
        with told_of(file):
            counted = connection.execute(f"select count(*) from ({rows}) where {holds}", values)
            if counted.fetchall()[0][0]:
                hit.append(file)
        connection.unregister(_THAWED)
    thaw(connection, tables, hit)


@contextlib.contextmanager
def told_of(file: ArchivedFile) -> Generator[None]:
    """Say which file it is that cannot be read."""
    try:
        yield
    except duckdb.Error as error:
        raise StoreError(
            f"the archived file {file.path} in {file.place} cannot be read, and rows of it may "
            f"have to change ({str(error).splitlines()[-1][-120:]}); 'driftline doctor --repair' "
            "sets it aside"
        ) from error


def _require_gone(file: ArchivedFile) -> None:
    place = place_of(file.place)
    with place.reached("read"):
        there = place.filesystem.get_file_info(place.path(str(file.set_aside))).is_file
    if there:
        raise StoreError(
            f"{place.path(str(file.set_aside))} is damaged and may hold what is to be erased; "
            "delete it, for nobody can look into it, and erase again"
        )
