"""What is known of archived rows without reading them, added to what the tables say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import duckdb

from domain.column import Column
from domain.window import Window
from store import catalog
from store.archive.catalog import archived
from store.archive.spanning import from_files
from store.catalog import DeploymentInfo
from store.moments import from_microseconds, to_microseconds
from store.registry import ModelTables
from store.relations import Relations

_DEPLOYMENTS: Final = """
    select
        version,
        epoch_us(min(first_ts)),
        epoch_us(max(last_ts)),
        coalesce(sum(rows) filter (kind = 'predictions' and set_aside is null), 0)::bigint,
        coalesce(sum(rows) filter (kind = 'calls' and set_aside is null), 0)::bigint
    from archived_files
    where model = $model
      and kind != 'unanswered'
    group by version
"""


def with_archived(
    connection: duckdb.DuckDBPyConnection, model: str, found: Sequence[DeploymentInfo]
) -> tuple[DeploymentInfo, ...]:
    """Add what is archived of a model's versions to what the tables hold of them."""
    infos = {info.version: info for info in found}
    for version, first, last, *n in connection.execute(_DEPLOYMENTS, {"model": model}).fetchall():
        span = from_microseconds(first), from_microseconds(last)
        old = infos.get(version, DeploymentInfo(version, *span, 0, 0))
        infos[version] = DeploymentInfo(
            version,
            min(old.first, span[0]),
            max(old.last, span[1]),
            old.predictions + n[0],
            old.calls + n[1],
        )
    return tuple(infos[version] for version in sorted(infos))


def widened(
    connection: duckdb.DuckDBPyConnection, model: str, span: Window | None
) -> Window | None:
    """Return the span of the tables' events together with that of archived ones."""
    for info in with_archived(connection, model, ()):
        end = from_microseconds(to_microseconds(info.last) + 1)
        span = (
            Window(info.first, end)
            if span is None
            else Window(min(span.start, info.first), max(span.end, end))
        )
    return span


def first_values(
    connection: duckdb.DuckDBPyConnection,
    tables: ModelTables,
    logs: Relations,
    columns: Sequence[Column],
) -> dict[Column, datetime | None]:
    """
    Return when each column was first seen with a value; None for one that never had any.

    Files are read from the oldest on, and of each the columns that may be older there: mostly one.
    """
    found = catalog.first_values(connection, logs, columns)
    files = archived(connection, tables.model, None, ("predictions",))
    for file in (file for file in files if file.set_aside is None):
        begin = from_microseconds(file.first_us)
        open_ = [c for c in columns if (known := found[c]) is None or known > begin]
        if not open_:
            continue
        sql = from_files(connection, tables, "predictions", [file], "first file")
        older = catalog.first_values(connection, replace(logs, predictions=f"({sql})"), open_)
        found |= {
            column: moment
            for column, moment in older.items()
            if moment is not None and ((known := found[column]) is None or moment < known)
        }
    return found
