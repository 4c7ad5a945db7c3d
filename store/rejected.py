"""Lines that could not be read, with their reasons: never dropped silently, never kept twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import duckdb
import pyarrow as pa

from domain.catalogue import say
from domain.event import RAW_LIMIT_BYTES
from domain.rejection import (
    ReadAs,
    Refused,
    RejectedLine,
    RejectedTally,
    Rejection,
)
from store.bulk import flags, texts, whole, with_rows
from store.moments import from_stored_or_none, to_stored_or_none

# a line whose bytes are not kept is told by its place
IDENTITY: Final = """
    md5_number(concat(
        reason,
        chr(31),
        case
            when octet_length(raw) = 0 then concat(source, chr(31), position)
            else md5(raw)
        end,
        case when kind = 'labels' then chr(31) || kind else '' end
    ))
"""
_MET: Final = f"""
    create or replace temp table met as
    with named as (
        select *, {IDENTITY} as id, row_number() over () as told
        from rows_in_flight
    ),
    -- a call of many rows is one line, however many of its rows are refused
    of_load as (
        select id, load, count(distinct position) as times
        from named
        group by id, load
    ),
    most as (
        select id, max(times) as times
        from of_load
        group by id
    )
    select named.* exclude (load), most.times
    from named
    join most using (id)
    qualify row_number() over (partition by id order by told) = 1
"""
_ADD: Final = """
    insert into rejected by name
    select * exclude (told), $at::timestamp as rejected_at
    from met
    where id not in (select id from rejected)
    order by told
"""
# who read it last knows best how it is to be read
_MEET_AGAIN: Final = """
    update rejected as r
    set times = greatest(coalesce(r.times, 1), met.times),
        kind = coalesce(met.kind, r.kind),
        format = coalesce(met.format, r.format),
        model = case when met.kind is null then r.model else met.model end,
        version = case when met.kind is null then r.version else met.version end,
        mapping = case when met.kind is null then r.mapping else met.mapping end
    from met
    where r.id = met.id
"""
_SIZE: Final = "select count(*), coalesce(sum(octet_length(raw)), 0)::bigint from rejected"
_OLD: Final = """
    create or replace temp table old_rejected as
    select id, source, reason
    from (
        select
            id, source, reason, rejected_at,
            row_number() over newest_first as place,
            sum(octet_length(raw)) over newest_first as bytes
        from rejected
        window newest_first as (
            order by rejected_at desc nulls last, rowid desc
            rows between unbounded preceding and current row
        )
    )
    where place > $most
       or bytes > $most_bytes
       or rejected_at < $before
"""
_DROP: Final = "delete from rejected where id in (select id from old_rejected)"
_NOTE: Final = """
    create or replace temp table past_rejected as
    select source, reason, sum(dropped)::bigint as dropped, sum(read_again)::bigint as read_again
    from (
        select * from rejected_before
        union all
        {gone}
    )
    group by source, reason
"""
_DROPPED: Final = _NOTE.format(gone="select source, reason, 1, 0 from old_rejected")
_FORGET_PAST: Final = "delete from rejected_before"
_KEEP_PAST: Final = "insert into rejected_before by name select * from past_rejected"
_CHOSEN: Final = """
    where ($source is null or source = $source)
      and ($reason is null or reason = $reason)
"""
LINE_COLUMNS: Final = (
    "source, position, reason, message, raw, "
    "coalesce(cut, octet_length(raw) >= $limit_bytes), rejected_at, "
    "kind, format, model, version, mapping, coalesce(times, 1)"
)
_REJECTED: Final = f"""
    select {LINE_COLUMNS}
    from rejected
    {_CHOSEN}
    order by rejected_at desc nulls last, rowid desc
    limit $limit
"""
_COUNTS: Final = """
    select reason, count(*)
    from rejected
    group by reason
    order by count(*) desc, reason
"""
_TALLIES: Final = """
    with kept as (
        select
            source,
            reason,
            count(*) as kept,
            count(*) filter (
                octet_length(raw) > 0 and not coalesce(cut, octet_length(raw) >= $limit_bytes)
            ) as whole,
            min(rejected_at) as oldest,
            max(rejected_at) as newest
        from rejected
        group by source, reason
    )
    select
        source, reason, coalesce(kept, 0), coalesce(whole, 0),
        coalesce(dropped, 0), coalesce(read_again, 0), oldest, newest
    from kept
    full join rejected_before using (source, reason)
    order by coalesce(kept, 0) desc, source, reason
"""
_NEWEST: Final = """
    with newest as (
        select
            *,
            count(*) over (partition by source, reason) as n,
            row_number() over (
                partition by source, reason
                order by rejected_at desc nulls last, rowid desc
            ) as place
        from rejected
    )
    select reason, n, source, position, message
    from newest
    where place = 1
    order by n desc, source, reason
    limit $limit
"""
# dropping takes a pass over all: once for so many
_SLACK: Final = 1.1
MOST_LINES: Final = 100_000
MOST_BYTES: Final = 256 * 2**20


@dataclass(frozen=True, slots=True)
class RejectedReason:
    """
    Why lines of a source were rejected, with the newest of them; not what stood in it.

    Parameters
    ----------
    reason : str
        Code, as in `Rejection`.
    lines : int
        How many, at least 1.
    source : str
    position : int
        Of the newest one.
    message : str
    """

    reason: str
    lines: int
    source: str
    position: int
    message: str


def conceal_nothing(_model: str | None) -> bool:
    """Return that the lines of every model may be kept as they are."""
    return False


@dataclass(slots=True)
class Keeping:
    """
    How many rejected lines an open store keeps, and whose are kept without what stands in them.

    Parameters
    ----------
    most : int
        Lines.
    most_bytes : int
        Of what was read of them.
    conceals : callable
        Whether the lines of a model are kept without their bytes; of None where no model could be
        read in them.
    """

    most: int = MOST_LINES
    most_bytes: int = MOST_BYTES
    conceals: Callable[[str | None], bool] = conceal_nothing
    # at most so many; None: not counted yet
    _held: tuple[int, int] | None = field(default=None, init=False)

    def note(self, connection: duckdb.DuckDBPyConnection, lines: int, n_bytes: int) -> None:
        """Count what came, and drop the oldest where it is too much."""
        if self._held is None:
            self._held = connection.execute(_SIZE).fetchall()[0]
        else:
            self._held = self._held[0] + lines, self._held[1] + n_bytes
        if self._held[0] > self.most * _SLACK or self._held[1] > self.most_bytes * _SLACK:
            drop_old(connection, self, None)
            self._held = None


def add_rejected(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    loads: Sequence[Refused],
    at: datetime | None,
    keeping: Keeping,
) -> None:
    """
    Keep rejected lines; the same line with the same reason is kept once.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a write transaction.
    source : str
    loads : sequence of Refused
        Of each file or body.
    at : datetime or None
        Aware.
    keeping : Keeping
    """
    rows = [(number, one, load) for number, load in enumerate(loads)
            for one in load.rejections]  # fmt: skip
    if not rows:
        return
    kept = [as_kept(one, keeping) for _, one, _ in rows]
    columns = {
        "source": texts([load.source or source for _, _, load in rows]),
        "load": whole([number for number, _, _ in rows]),
        "position": whole([one.position for one in kept]),
        "reason": texts([one.reason for one in kept]),
        "message": texts([one.message for one in kept]),
        "raw": pa.array([one.raw for one in kept], pa.binary()),
        "cut": flags([one.cut for one in kept]),
        **read_as_columns([one.read_as or load.read_as for _, one, load in rows]),
    }
    with_rows(connection, columns, _MET)
    at = to_stored_or_none(at)
    new = connection.execute(_ADD, {"at": at}).fetchall()[0][0]
    if new < len(rows):
        connection.execute(_MEET_AGAIN)
    keeping.note(connection, new, sum(len(one.raw) for one in kept) if new else 0)


def read_as_columns(rows: Sequence[ReadAs | None]) -> dict[str, pa.Array]:
    """Return how lines were read, as the columns of the table."""
    return {
        name: texts([None if row is None else getattr(row, name) for row in rows])
        for name in ("kind", "format", "model", "version", "mapping")
    }


def as_kept(one: Rejection, keeping: Keeping) -> Rejection:
    """Return a rejection without what is not to be stored of it."""
    if keeping.conceals(one.model):
        # a message quotes values
        return Rejection(one.position, one.reason, say("rejected.concealed"), b"", cut=True)
    if len(one.raw) <= RAW_LIMIT_BYTES:
        return one
    return Rejection(one.position, one.reason, one.message, one.raw[:RAW_LIMIT_BYTES], cut=True)


def drop_old(
    connection: duckdb.DuckDBPyConnection, keeping: Keeping, before: datetime | None
) -> int:
    """
    Drop the oldest lines where they are too many, and those of before a moment; count them.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a write transaction.
    keeping : Keeping
    before : datetime or None
        Aware. Lines of which it is not known when they were rejected count as the oldest, and go
        where there are too many.
    """
    values = {
        "most": keeping.most,
        "most_bytes": keeping.most_bytes,
        "before": to_stored_or_none(before),
    }
    connection.execute(_OLD, values)
    dropped = int(connection.execute(_DROP).fetchall()[0][0])
    if dropped:
        note_past(connection, _DROPPED)
    return dropped


def past_of(gone: str) -> str:
    """Return the SQL that adds to what became of lines before; `gone` selects the four columns."""
    return _NOTE.format(gone=gone)


def note_past(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Add to what became of lines that are kept no more, as `past_of` says."""
    connection.execute(sql)
    connection.execute(_FORGET_PAST)
    connection.execute(_KEEP_PAST)


def find_rejected(
    connection: duckdb.DuckDBPyConnection,
    limit: int,
    source: str | None = None,
    reason: str | None = None,
) -> list[RejectedLine]:
    """Return the newest rejected lines, at most `limit`."""
    values = {"limit": limit, "source": source, "reason": reason, "limit_bytes": RAW_LIMIT_BYTES}
    return [line_of(row) for row in connection.execute(_REJECTED, values).fetchall()]


def line_of(row: Sequence[object]) -> RejectedLine:
    """Return the line that a row of `LINE_COLUMNS` is."""
    source, position, reason, message, raw, cut, at, kind, *told, times = row
    rejection = Rejection(position, reason, message, bytes(raw), cut=cut)  # type: ignore[arg-type]
    read_as = None if kind is None else ReadAs(kind, *told)  # type: ignore[arg-type]
    return RejectedLine(source, rejection, from_stored_or_none(at), read_as, times)  # type: ignore[arg-type]


def count_rejected(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return the rejected lines by reason, most frequent first."""
    return dict(connection.execute(_COUNTS).fetchall())


def tally_rejected(connection: duckdb.DuckDBPyConnection) -> tuple[RejectedTally, ...]:
    """Return what was rejected of each source for each reason, the most lines first."""
    rows = connection.execute(_TALLIES, {"limit_bytes": RAW_LIMIT_BYTES}).fetchall()
    return tuple(
        RejectedTally(
            source=source,
            reason=reason,
            kept=kept,
            whole=whole_lines,
            dropped=dropped,
            read_again=read_again,
            oldest=from_stored_or_none(oldest),
            newest=from_stored_or_none(newest),
        )
        for source, reason, kept, whole_lines, dropped, read_again, oldest, newest in rows
    )


def find_reasons(connection: duckdb.DuckDBPyConnection, limit: int) -> tuple[RejectedReason, ...]:
    """Return the reasons for which lines of each source were rejected, most frequent first."""
    rows = connection.execute(_NEWEST, {"limit": limit}).fetchall()
    return tuple(RejectedReason(*row) for row in rows)
