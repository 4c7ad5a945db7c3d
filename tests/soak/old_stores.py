"""Stores as every older version of the tables left them, each with the rows of some bodies."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import duckdb

from monitors.collected import LINES, Body, Kind
from monitors.config import Config
from monitors.local_service import LocalService
from store import versions
from store.database import FILE_NAME, Database
from store.names import quote_identifier
from store.registry import refresh_views
from store.versions import newest_version
from tests.soak.sent import body

_MODEL_TABLES = """
    select schema_name, sql
    from duckdb_tables()
    where schema_name <> 'main'
      and not temporary
"""
_COLUMNS = """
    select
        schema_name,
        table_name,
        list(column_name)
    from duckdb_columns()
    where database_name = current_database()
      and (schema_name, table_name) in (
        select (schema_name, table_name)
        from duckdb_tables()
        where database_name = current_database()
      )
      and table_name <> 'meta'
    group by all
"""


def make(folder: Path, bodies: int) -> None:
    """Write a store of each older version to a folder of its number."""
    newest = folder.with_name("newest")
    fill(newest, bodies)
    with duckdb.connect(str(newest / FILE_NAME), read_only=True) as connection:
        schemas = connection.execute(_MODEL_TABLES).fetchall()
    for version in range(1, newest_version()):
        _make(folder / str(version), version, newest / FILE_NAME, schemas)
    shutil.rmtree(newest)


def fill(folder: Path, bodies: int) -> None:
    """Store the bodies from number 0 on, as the collector does."""
    with LocalService.open(Config(store=folder), "soak", create=True) as service:
        sent = [Body(Kind.PREDICTIONS, body(number), LINES) for number in range(bodies)]
        service.collecting().collect(sent, datetime.now(UTC), "http")


def _make(folder: Path, version: int, newest: Path, schemas: list[tuple[str, str]]) -> None:
    known = {number: name for number, name in versions.migrations().items() if number <= version}
    with patch.object(versions, "migrations", lambda: known):
        Database.open(folder, create=True).close()
    with duckdb.connect(str(folder / FILE_NAME)) as connection:
        connection.execute(f"attach '{newest}' as newest (read_only)")
        for schema, sql in schemas:
            connection.execute(f"create schema if not exists {quote_identifier(schema)}")
            connection.execute(sql)
        _copy(connection)
        connection.execute("detach newest")
        refresh_views(connection)


def _copy(connection: duckdb.DuckDBPyConnection) -> None:
    for schema, table, columns in connection.execute(_COLUMNS).fetchall():
        name = f"{quote_identifier(schema)}.{quote_identifier(table)}"
        chosen = ", ".join(map(quote_identifier, columns))
        connection.execute(f"insert into {name} by name select {chosen} from newest.{name}")
