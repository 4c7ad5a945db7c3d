"""SQL of the user's own: it reads what is stored and can do nothing else."""

from __future__ import annotations

from typing import Final

import duckdb
import pyarrow as pa

from domain.errors import UsageError

# The read transaction stops every write, and the database reaches no file (`_CONFIG` in
# database.py): this list only says so early and clearly.
_ALLOWED: Final = frozenset({"SELECT", "EXPLAIN"})


def run_sql(connection: duckdb.DuckDBPyConnection, query: str) -> pa.Table:
    """
    Answer one query.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a read transaction.
    query : str
        One ``select``, over ``predictions``, ``calls``, ``labels``, ``runs``, ``findings``,
        ``slos``, ``incidents``, ``alerts`` or a table of a model's own schema.

    Raises
    ------
    UsageError
        If it is no query, more than one, or does not run.
    """
    try:
        statements = connection.extract_statements(query)
        kinds = [statement.type.name for statement in statements]
        if len(kinds) != 1 or kinds[0] not in _ALLOWED:
            raise UsageError(
                f"only one reading query is run here, not {' and '.join(kinds) or 'nothing'}; "
                "write a single select"
            )
        return connection.sql(query).to_arrow_table()
    except duckdb.Error as error:
        raise UsageError(f"this query does not run: {' '.join(str(error).split())}") from error
