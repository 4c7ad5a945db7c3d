"""
How many of the same record a followed file had before the piece that is taken now.

Identical records of one file are several events; what tells them apart is their number among the
identical ones. A file that is taken in pieces has to go on counting, as if it were read at once:
of its records without an id of their own the hashes are kept for some days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from store.arrivals import Counting
from store.identity import Lanes, whole
from store.moments import to_microseconds, to_stored

Int = NDArray[np.int64]
Mask = NDArray[np.bool_]

_ASKED: Final = "records_in_flight"
_BEFORE: Final = f"""
    with asked as (
        select r, checkpoint, {whole("high", "low")} as id
        from {_ASKED}
    )
    select r, count(*) as n
    from asked
    join taken_records as taken using (checkpoint, id)
    where taken.model = $model
      and taken.ts between make_timestamp($low::bigint) and make_timestamp($high::bigint)
    group by r
"""
_ADD: Final = f"""
    insert into taken_records
    select checkpoint, $model, make_timestamp(us), {whole("high", "low")}, $at
    from {_ASKED}
"""
_ANY: Final = """
    select 1
    from taken_records
    where taken_at < $before
    limit 1
"""
_KNOWN_FROM: Final = """
    update checkpoints
    set known_from = greatest(known_from, (
        select max(ts) + interval 1 microsecond
        from taken_records
        where checkpoint = checkpoints.id
          and taken_at < $before
    ))
    where id in (select checkpoint from taken_records where taken_at < $before)
"""
_FORGET: Final = """
    delete from taken_records
    where taken_at < $before
"""


class RecordsForgottenError(Exception):
    """
    It is not known any more how many identical records some files had.

    Parameters
    ----------
    checkpoints : sequence of int
        Theirs.
    """

    def __init__(self, checkpoints: Sequence[int]) -> None:
        super().__init__()
        self.checkpoints = tuple(checkpoints)


@dataclass(frozen=True, slots=True, eq=False)
class TakenRecords:
    """
    Counts the records of one transaction.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a write transaction.
    checkpoints : ndarray of int64, shape (n_parts,)
        Of the file that each part of the load is of.
    known_from : sequence of datetime or None
        See `Checkpoint`.
    at : datetime
        When they are taken.
    """

    connection: duckdb.DuckDBPyConnection
    checkpoints: Int
    known_from: Sequence[datetime | None]
    at: datetime

    def counting(self, model: str, table: pa.Table, parts: Int) -> Counting:
        """
        Return what tells of each record how many of the same its file had before, and remembers it.

        Parameters
        ----------
        model : str
        table : Table
            Events with their `ts`.
        parts : ndarray of int64, shape (n_rows,)
        """
        times_us = np.asarray(table.column("ts").cast(pa.int64()).to_numpy(), np.int64)

        def count(bases: Lanes, rows: Mask) -> Int:
            return self._count(model, bases, times_us[rows], parts[rows])

        return count

    def _count(self, model: str, bases: Lanes, times_us: Int, parts: Int) -> Int:
        self._require_known(times_us, parts)
        asked = {
            "r": np.arange(len(parts)),
            "checkpoint": self.checkpoints[parts],
            "us": times_us,
            "high": bases[0],
            "low": bases[1],
        }
        self.connection.register(_ASKED, pa.table(asked))
        try:
            span = {"low": int(times_us.min()), "high": int(times_us.max())}
            found = self.connection.execute(_BEFORE, {"model": model, **span}).fetchnumpy()
            self.connection.execute(_ADD, {"model": model, "at": to_stored(self.at)})
        finally:
            self.connection.unregister(_ASKED)
        before = np.zeros(len(parts), np.int64)
        before[np.asarray(found["r"], np.int64)] = found["n"]
        return before

    def _require_known(self, times_us: Int, parts: Int) -> None:
        begins = np.array(
            [np.iinfo(np.int64).min if m is None else to_microseconds(m) for m in self.known_from]
        )
        forgotten = np.unique(parts[times_us < begins[parts]])
        if len(forgotten):
            raise RecordsForgottenError(self.checkpoints[forgotten].tolist())


def forget_records(connection: duckdb.DuckDBPyConnection, before: datetime) -> None:
    """
    Forget records that were taken before a time.

    A file with a record from before the newest of them has to be read from its beginning then.
    """
    if not connection.execute(_ANY, {"before": to_stored(before)}).fetchall():
        return
    connection.execute(_KNOWN_FROM, {"before": to_stored(before)})
    connection.execute(_FORGET, {"before": to_stored(before)})
