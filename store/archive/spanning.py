"""What a question reads where rows were archived: the tables, and files behind them."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Generator, Sequence
from typing import Final

import duckdb

from domain.column import Column
from domain.errors import StoreError
from domain.window import Window
from store.archive.catalog import ArchivedFile, Kind, any_archived, archived
from store.archive.files import dataset_of
from store.database import Database
from store.identity import whole
from store.names import quote_identifier, quote_text
from store.registry import HIDDEN, ModelTables, all_models
from store.relations import Relations, stored

# DuckDB's 128-bit numbers are none of Parquet's: a file has their halves
HALVES: Final = """
    (id >> 64)::ubigint as id_high,
    (id & 18446744073709551615::uhugeint)::ubigint as id_low,
    * exclude (id)
"""
_WHOLE: Final = f"{whole('id_high', 'id_low')} as id, * exclude (id_high, id_low)"


def from_files(
    connection: duckdb.DuckDBPyConnection,
    tables: ModelTables,
    kind: Kind,
    files: Sequence[ArchivedFile],
    name: str,
) -> str:
    """
    Return SQL that selects the rows of files as the table has them.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Knows the files by `name` afterwards.
    tables : ModelTables
    kind : {"predictions", "unanswered", "calls"}
    files : sequence of ArchivedFile
        Of that kind, at least one.
    name : str
    """
    shape = connection.sql(f"select {HALVES} from {tables.table(kind)} limit 0").to_arrow_table()
    connection.register(name, dataset_of(files, shape.schema))
    return f"select {_WHOLE} from {quote_identifier(name)}"


def spanning(
    connection: duckdb.DuckDBPyConnection,
    tables: ModelTables,
    kind: Kind,
    windows: Sequence[Window] | None,
) -> str:
    """Return SQL, to stand behind ``from``, of a model's rows, archived ones of `windows` too."""
    found = archived(connection, tables.model, windows, (kind,))
    files = [file for file in found if file.set_aside is None]
    if not files:
        return tables.table(kind)
    cold = from_files(connection, tables, kind, files, f"archived {kind} of {tables.model}")
    return f"(select * from {tables.table(kind)} union all by name {cold})"


def spanning_relations(
    connection: duckdb.DuckDBPyConnection, model: str, windows: Sequence[Window] | None = None
) -> Relations:
    """
    Return a model's rows, and where windows reach into the archive, those of its files.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a transaction, inside `TierUse.reading`.
    model : str
    windows : sequence of Window, optional
        That are asked about: only files of theirs are looked at. Default: all.

    Raises
    ------
    UnknownNameError
        If there is no such model.
    """
    logs = stored(connection, model)
    if not any_archived(connection):
        return logs
    tables = all_models(connection)[model]
    return dataclasses.replace(
        logs,
        predictions=spanning(connection, tables, "predictions", windows),
        calls=spanning(connection, tables, "calls", windows),
    )


@contextlib.contextmanager
def reading_all(database: Database) -> Generator[duckdb.DuckDBPyConnection]:
    """
    Read the state of one moment, of tables and archived files.

    Raises
    ------
    StoreError
        If a file cannot be read.
    """
    with database.tiers.reading(), database.reading() as connection:
        try:
            yield connection
        except duckdb.Error as error:
            if "parquet" in str(error).lower() or "OSError" in str(error):
                said = " ".join(str(error).split())[-200:]
                raise StoreError(
                    f"an archived file cannot be read ({said}); 'driftline doctor' names it"
                ) from error
            raise


@contextlib.contextmanager
def asking(
    database: Database, model: str, windows: Sequence[Window], columns: Sequence[Column] = ()
) -> Generator[tuple[duckdb.DuckDBPyConnection, Relations]]:
    """
    Yield a connection that reads, and a model's rows in some windows, wherever they lie.

    Parameters
    ----------
    database : Database
    model : str
    windows : sequence of Window
    columns : sequence of Column
        That will be read one after the other: where the rows are in files, several at once.

    Raises
    ------
    UnknownNameError
        If there is no such model.
    """
    elsewhere = database.elsewhere.get(model)
    if elsewhere is not None:
        with elsewhere(windows, columns) as asked:
            yield asked
        return
    with reading_all(database) as connection:
        yield connection, spanning_relations(connection, model, windows)


def show_archived(connection: duckdb.DuckDBPyConnection) -> None:
    """Let the views that span the models span archived rows, too, on this connection."""
    if not any_archived(connection):
        return
    for kind in ("predictions", "calls"):
        parts = [
            f"select {quote_text(model)} as model, * exclude ({HIDDEN[kind]}) "
            f"from {spanning(connection, tables, kind, None)}"
            for model, tables in all_models(connection).items()
        ]
        connection.execute(
            f"create or replace temp view {kind} as\n" + "\nunion all by name\n".join(parts)
        )
