"""What DuckDB keeps in memory of the file: given back behind columns of millions of rows."""

from __future__ import annotations

import threading
from typing import Final

import duckdb
import pyarrow as pa

MIB: Final = 1 << 20
# a question about fewer rows reads too little to matter
LARGE_ROWS: Final = 1 << 20
KEPT_BYTES: Final = 128 * MIB

_SETTING: Final = threading.Lock()
_USED = """
    select
        sum(memory_usage_bytes)::bigint,
        coalesce(sum(memory_usage_bytes) filter (tag = 'BASE_TABLE'), 0)::bigint
    from duckdb_memory()
"""
_LIMIT = "select current_setting('memory_limit')"
_SET_LIMIT = "set global memory_limit = '{limit}'"


def release() -> None:
    """Give back what Arrow keeps of batches that are gone: of files, as much as a column."""
    pa.default_memory_pool().release_unused()


def trim(connection: duckdb.DuckDBPyConnection, n_rows: int) -> None:
    """
    Give back what the buffer holds of the file, where a question read much of it.

    DuckDB keeps what it has read until its memory limit: as much again as the question itself
    needs, for blocks that the next column does not look at. It has no other way to say so than a
    lower limit, for less than a millisecond; where others use more than that, nothing happens.

    Parameters
    ----------
    connection : DuckDBPyConnection
    n_rows : int
        Rows that were read of one column.
    """
    if n_rows < LARGE_ROWS:
        return
    release()
    with _SETTING:
        used, of_file = connection.execute(_USED).fetchall()[0]
        if of_file <= KEPT_BYTES:
            return
        limit = connection.execute(_LIMIT).fetchall()[0][0]
        try:
            connection.execute(_SET_LIMIT.format(limit=f"{used - of_file + KEPT_BYTES} B"))
        except duckdb.OutOfMemoryException:
            pass  # others need more than that
        finally:
            connection.execute(_SET_LIMIT.format(limit=limit))
