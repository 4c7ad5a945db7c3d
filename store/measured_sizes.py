"""What every model takes in the file: its blocks, counted anew when it has grown."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

import duckdb

from store.names import quote_text
from store.registry import ModelTables, all_models

_TABLES: Final = ("predictions", "unanswered", "calls", "labels")
# A block list costs 20 us of CPU for each segment of a column, two segments for 122,880 values:
# half a second for as many values as these (50 million rows of 31 columns).
MOST_VALUES: Final = 1_500_000_000
# a model that grew by less than this since its blocks were counted is scaled up
_GROWTH: Final = 0.05
_VALUES: Final = """
    select schema_name, sum(estimated_size * column_count)::bigint
    from duckdb_tables()
    group by schema_name
"""
_FILE: Final = "select block_size, used_blocks from pragma_database_size()"
_BLOCKS: Final = """
    select block_id as block
    from pragma_storage_info({table})
    where persistent
    union all
    select unnest(additional_block_ids)
    from pragma_storage_info({table})
    where persistent
"""
_N_BLOCKS: Final = "select count(distinct block) from ({blocks}) where block >= 0"


@dataclass(frozen=True, slots=True)
class _Measured:
    values: int
    used_blocks: int
    size_bytes: int


class MeasuredSizes:
    """What the models took in the file when their blocks were last counted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of_schema: dict[str, _Measured] = {}

    def of(self, connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
        """Return the bytes of every model of which they are known."""
        block_size, used = connection.execute(_FILE).fetchall()[0]
        values = dict(connection.execute(_VALUES).fetchall())
        found: dict[str, int] = {}
        with self._lock:
            for model, tables in all_models(connection).items():
                n = int(values.get(tables.schema, 0))
                kept = self._kept(tables.schema, n, used)
                if kept is None and 0 < n <= MOST_VALUES:
                    size = count_blocks(connection, tables) * block_size
                    kept = _Measured(n, used, size)
                    self._of_schema[tables.schema] = kept
                if kept is not None and kept.size_bytes:
                    found[model] = round(kept.size_bytes * n / kept.values)
        return found

    def _kept(self, schema: str, values: int, used_blocks: int) -> _Measured | None:
        """Return the last measurement, unless the model or the file has changed much since."""
        kept = self._of_schema.get(schema)
        if kept is None or _differ(kept.values, values) or _differ(kept.used_blocks, used_blocks):
            return None
        return kept


def _differ(before: int, now: int) -> bool:
    return abs(now - before) > _GROWTH * before


def count_blocks(connection: duckdb.DuckDBPyConnection, tables: ModelTables) -> int:
    """Return in how many blocks of the file the rows of a model lie."""
    parts = [_BLOCKS.format(table=quote_text(tables.table(name))) for name in _TABLES]
    sql = _N_BLOCKS.format(blocks="union all".join(parts))
    return int(connection.execute(sql).fetchall()[0][0])
