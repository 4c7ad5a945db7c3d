"""
Statements over rows in memory, planned once for each shape of rows.

To plan an insert of thirty columns, and to make the rows known to DuckDB under a name, costs three
times what the insert of 500 rows costs. The bodies of one sender have one shape.
"""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

import duckdb
import pyarrow as pa

_MOST: Final = 128


@dataclass(slots=True)
class _Rows:
    """Stands under one name and shows other rows each time; DuckDB asks it as it asks a table."""

    table: pa.Table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


class Prepared:
    """
    The prepared statements of one connection; used by the writer alone.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Closed with it.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self._known: OrderedDict[Hashable, tuple[int, _Rows]] = OrderedDict()
        self._made = 0

    def run(self, what: Hashable, rows: pa.Table, write: Callable[[str], str]) -> None:
        """
        Run a statement over some rows.

        Parameters
        ----------
        what : hashable
            Tells the statement from others.
        rows : Table
        write : callable
            From the name of the rows to the statement; called where it is not known yet.
        """
        key = (what, rows.schema)
        number, shown = self._known.get(key) or self._prepare(key, rows, write)
        self._known.move_to_end(key)
        shown.table = rows
        try:
            self.connection.execute(f"execute statement_{number}")
        finally:
            shown.table = rows.slice(0, 0)

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(duckdb.Error):
            self.connection.close()

    def _prepare(
        self, key: Hashable, rows: pa.Table, write: Callable[[str], str]
    ) -> tuple[int, _Rows]:
        if len(self._known) >= _MOST:
            _, (oldest, _) = self._known.popitem(last=False)
            self.connection.execute(f"deallocate statement_{oldest}")
            self.connection.unregister(f"rows_{oldest}")
        self._made += 1
        made = (self._made, _Rows(rows))
        self.connection.register(f"rows_{self._made}", made[1])
        self.connection.execute(f"prepare statement_{self._made} as {write(f'rows_{self._made}')}")
        self._known[key] = made
        return made
