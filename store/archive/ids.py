"""The ids of archived rows, for loads that reach back to archived days."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import duckdb
import pyarrow as pa

from domain.window import Window
from store.archive.catalog import KINDS, ArchivedFile, Kind, archived
from store.archive.files import read_columns
from store.identity import whole
from store.moments import from_microseconds
from store.names import quote_identifier
from store.registry import ModelTables

# a sender that tries again may stamp the same id anew; see `store.event_rows.SLACK`
SLACK: Final = timedelta(hours=1)
# 24 bytes each
_LIMIT_IDS: Final = 4_000_000
_REACH: Final = """
    select epoch_us(max(last_ts))
    from archived_files
    where model = $model
      and set_aside is null
"""


class _Kept:
    """Ids of the files that were asked for last; a file never changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tables: OrderedDict[tuple[str, str], pa.Table] = OrderedDict()

    def of(self, file: ArchivedFile) -> pa.Table:
        """Return the halves of the ids of a file, and their times."""
        name = file.place, file.path
        with self._lock:
            found = self._tables.pop(name, None)
        if found is None:
            found = read_columns(file, ["id_high", "id_low", "ts"])
        with self._lock:
            self._tables[name] = found
            while sum(len(table) for table in self._tables.values()) > _LIMIT_IDS:
                self._tables.popitem(last=False)
        return found


_KEPT: Final = _Kept()


def reach(connection: duckdb.DuckDBPyConnection, model: str) -> int | None:
    """Return the newest archived moment of a model in microseconds since 1970; None without any."""
    return connection.execute(_REACH, {"model": model}).fetchall()[0][0]


def reached(newest_us: int | None, low_us: int, high_us: int) -> Window | None:
    """
    Return the span in which the ids of events are looked for, where it reaches archived days.

    Parameters
    ----------
    newest_us : int or None
        See `reach`.
    low_us, high_us : int
        First and last event that came, in microseconds since 1970.
    """
    start = from_microseconds(low_us) - SLACK
    if newest_us is None or start > from_microseconds(newest_us):
        return None
    return Window(start, from_microseconds(high_us + 1) + SLACK)


def files_around(
    connection: duckdb.DuckDBPyConnection, model: str, kind: Kind, span: Window
) -> list[ArchivedFile]:
    """Return the files that can be read and hold rows of a span."""
    found = archived(connection, model, [span], (kind,))
    return [file for file in found if file.set_aside is None]


def ids_table(files: Sequence[ArchivedFile]) -> pa.Table:
    """Return ``id_high``, ``id_low``, ``ts`` and the number of its file for every row."""
    return pa.concat_tables(
        _KEPT.of(file).append_column("file", pa.repeat(number, file.rows))
        for number, file in enumerate(files)
    )


def stored_ids(
    connection: duckdb.DuckDBPyConnection, tables: ModelTables, kind: Kind, archive: Window | None
) -> str:
    """
    Return SQL, to stand behind ``from``, of ``id`` and ``ts`` of stored rows and archived ones.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a write transaction; knows the archived ids by a name afterwards.
    tables : ModelTables
    kind : {"predictions", "unanswered", "calls"}
    archive : Window or None
        That archived rows are wanted of; see `reached`.
    """
    if archive is None:
        return tables.table(kind)
    files = files_around(connection, tables.model, kind, archive)
    if not files:
        return tables.table(kind)
    name = f"archived ids of {kind}"
    connection.register(name, ids_table(files))
    return (
        f"(select id, ts from {tables.table(kind)} union all "
        f"select {whole('id_high', 'id_low')} as id, ts from {quote_identifier(name)})"
    )


def forget_ids(connection: duckdb.DuckDBPyConnection) -> None:
    """Let go of what `stored_ids` made known to a connection that stays open."""
    for kind in KINDS:
        connection.unregister(f"archived ids of {kind}")
