"""Lines that could not be read, with their reasons: never dropped silently, never kept twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from domain.event import RAW_LIMIT_BYTES
from domain.rejection import Rejection
from store.bulk import texts, whole, with_rows

_ADD = """
    insert into rejected by name
    with named as (
        select
            *,
            md5_number(concat(reason, chr(31), md5(raw))) as id,
            row_number() over () as told
        from rows_in_flight
    )
    select * exclude (told)
    from named
    where id not in (select id from rejected)
    qualify row_number() over (partition by id order by told) = 1
    order by told
"""
_REJECTED = """
    select source, position, reason, message, raw
    from rejected
    order by rowid desc
    limit $limit
"""
_COUNTS = """
    select reason, count(*)
    from rejected
    group by reason
    order by count(*) desc, reason
"""
_NEWEST = """
    with newest as (
        select reason, count(*) as n, max(rowid) as place
        from rejected
        group by reason
    )
    select newest.reason, n, source, position, message
    from newest
    join rejected on rejected.rowid = place
    order by n desc, newest.reason
"""


@dataclass(frozen=True, slots=True)
class RejectedReason:
    """
    Why lines were rejected, with the newest of them; not what stood in it.

    Parameters
    ----------
    reason : str
        Code, as in `Rejection`.
    lines : int
        How many, at least 1.
    source : str
        Of the newest one.
    position : int
    message : str
    """

    reason: str
    lines: int
    source: str
    position: int
    message: str


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """
    A rejection and where it came from.

    Parameters
    ----------
    source : str
        The file or sender it was first met in.
    rejection : Rejection
    """

    source: str
    rejection: Rejection


def add_rejected(
    connection: duckdb.DuckDBPyConnection, source: str, rows: Sequence[Rejection]
) -> None:
    """
    Keep rejected lines; the same line with the same reason is kept once.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a write transaction.
    source : str
    rows : sequence of Rejection
    """
    if not rows:
        return
    columns = {
        "source": texts([source] * len(rows)),
        "position": whole([row.position for row in rows]),
        "reason": texts([row.reason for row in rows]),
        "message": texts([row.message for row in rows]),
        "raw": pa.array([row.raw[:RAW_LIMIT_BYTES] for row in rows], pa.binary()),
    }
    with_rows(connection, columns, _ADD)


def find_rejected(connection: duckdb.DuckDBPyConnection, limit: int) -> list[RejectedLine]:
    """Return the newest rejected lines, at most `limit`."""
    return [
        RejectedLine(source, Rejection(position, reason, message, bytes(raw)))
        for source, position, reason, message, raw in connection.execute(
            _REJECTED, {"limit": limit}
        ).fetchall()
    ]


def count_rejected(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return the rejected lines by reason, most frequent first."""
    return dict(connection.execute(_COUNTS).fetchall())


def find_reasons(connection: duckdb.DuckDBPyConnection) -> tuple[RejectedReason, ...]:
    """Return the reasons for which lines were rejected, most frequent first."""
    return tuple(RejectedReason(*row) for row in connection.execute(_NEWEST).fetchall())
