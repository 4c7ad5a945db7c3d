"""
Old days move from the tables to Parquet files, one day of one version after the other.

The order keeps every row in exactly one place at every moment: the files are noted as leftovers,
written, made durable, read back and compared; then one transaction deletes the rows, if they are
still the same, and lets the files count. Whoever is killed before it leaves files that hold nothing
that counts, whoever is killed after it has moved the day.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

import duckdb

from domain.errors import StoreError
from store.archive.catalog import (
    KINDS,
    ArchivedFile,
    Kind,
    Moved,
    add_files,
    add_leftover,
    forget_leftover,
    leftovers,
    note_moved,
)
from store.archive.files import ROWS_PER_FILE, digest_of, name_of, remove, write_files
from store.archive.spanning import HALVES, from_files
from store.database import Database
from store.file_places import Place, place_of
from store.moments import to_microseconds
from store.registry import ModelTables, find_model

log = logging.getLogger(__name__)

DAY: Final = timedelta(days=1)
DAY_US: Final = 86_400_000_000
# rows at a time from the database to a file
_BATCH: Final = 16_384

_DAYS: Final = """
    select distinct version, epoch_us(date_trunc('day', ts)) // 86400000000 as day
    from (
        select version, ts from {predictions} where ts < make_timestamp($before)
        union all
        select version, ts from {unanswered} where ts < make_timestamp($before)
        union all
        select version, ts from {calls} where ts < make_timestamp($before)
    )
    order by day, version
"""
_OF_DAY: Final = """
    from {table}
    where version = $version
      and ts >= make_timestamp($start)
      and ts < make_timestamp($end)
"""
# Predictions are never changed, so that their ids tell whether they are the same; a call is.
_SAME: Final[dict[Kind, str]] = {"predictions": "id", "unanswered": "id", "calls": "*columns(*)"}
_PRINT: Final = """
    select count(*), sum(hash({what})::hugeint)
    from ({rows})
"""
_SPAN: Final = """
    select count(*), epoch_us(min(ts)), epoch_us(max(ts))
    from ({rows})
"""


@dataclass(frozen=True, slots=True)
class DayRows:
    """
    The rows of one version on one UTC day.

    Parameters
    ----------
    tables : ModelTables
    version : str
    day : int
        Since 1970.
    """

    tables: ModelTables
    version: str
    day: int

    @property
    def date(self) -> date:
        """The day."""
        return date(1970, 1, 1) + self.day * DAY

    @property
    def span_us(self) -> tuple[int, int]:
        """Its first microsecond since 1970, and that of the next day."""
        return self.day * DAY_US, (self.day + 1) * DAY_US

    def values(self) -> dict[str, object]:
        """Return the values of `rows`."""
        start, end = self.span_us
        return {"version": self.version, "start": start, "end": end}

    def rows(self, kind: Kind, columns: str = "*") -> str:
        """Return SQL that selects them."""
        return f"select {columns} {self._rows(kind)}"

    def delete(self, kind: Kind) -> str:
        """Return SQL that deletes them."""
        return f"delete {self._rows(kind)}"

    def _rows(self, kind: Kind) -> str:
        return _OF_DAY.format(table=self.tables.table(kind))


def days_before(
    connection: duckdb.DuckDBPyConnection, model: str, before: datetime
) -> list[DayRows]:
    """Return the days before a midnight UTC of which the tables hold rows, the oldest first."""
    tables = find_model(connection, model)
    sql = _DAYS.format(**{kind: tables.table(kind) for kind in KINDS})
    found = connection.execute(sql, {"before": to_microseconds(before)}).fetchall()
    return [DayRows(tables, version, day) for version, day in found]


def archive_day(
    database: Database, rows: DayRows, to: str, who: str, now: datetime
) -> Moved | None:
    """
    Move one day of one version to files.

    Parameters
    ----------
    database : Database
    rows : DayRows
    to : str
        See `store.file_places.place_of`.
    who : str
    now : datetime

    Returns
    -------
    Moved or None
        None: loads changed the day meanwhile; it is left as it is for the next time.

    Raises
    ------
    StoreError
        If the place cannot be written, or gives back other rows than it was given; the day is left
        as it is.
    """
    with database.tiers.moving:
        moved = _DayMove(database, rows, place_of(to)).move(who, now)
        if moved is None:
            sweep(database)
    return moved


def sweep(database: Database) -> list[str]:
    """
    Remove the files that hold nothing that counts; return which.

    Those who read them now are waited for.

    Raises
    ------
    StoreError
        If a place cannot be reached: the files are still there and noted.
    """
    removed: list[str] = []
    with database.tiers.moving:
        with database.reading() as connection:
            left = leftovers(connection)
        if not left:
            return removed
        database.tiers.wait()
        for url, path in left:
            place = place_of(url)
            with place.reached("cleaned"):
                remove(place, path)
            with database.writing() as connection:
                forget_leftover(connection, url, path)
            removed.append(place.path(path))
    return removed


class _DayMove:
    """One day on its way."""

    def __init__(self, database: Database, rows: DayRows, place: Place) -> None:
        self._database = database
        self._rows = rows
        self._place = place
        self._token = secrets.token_hex(6)

    def move(self, who: str, now: datetime) -> Moved | None:
        at_us = to_microseconds(now)
        with self._database.reading() as connection:
            counts = {kind: self._print(connection, kind) for kind in KINDS}
            paths: dict[Kind, list[str]] = {k: self._paths(k, counts[k][0]) for k in KINDS}
            self._note(paths)
            files = [f for kind in KINDS for f in self._write(connection, kind, paths[kind])]
        with self._database.writing() as connection:
            if any(self._print(connection, kind) != counts[kind] for kind in KINDS):
                log.info("archive.day_changed", extra={"model": self._rows.tables.model})
                return None
            for kind in KINDS:
                connection.execute(self._rows.delete(kind), self._rows.values())
            add_files(connection, files, at_us)
            rows = {str(kind): counts[kind][0] for kind in KINDS}
            moved = Moved(**rows, files=len(files))
            model = self._rows.tables.model
            note_moved(connection, model, "archived", who, self._rows.span_us, at_us, moved)
            # its ids are still known: those of recent hours are held as they were
            self._database.memory.archived_us.pop(model, None)
        return moved

    def _paths(self, kind: Kind, rows: int) -> list[str]:
        version, model = self._rows.version, self._rows.tables.model
        return [
            name_of(kind, model, version, self._rows.date, self._token, number)
            for number in range(-(-rows // ROWS_PER_FILE))
        ]

    def _note(self, paths: dict[Kind, list[str]]) -> None:
        with self._database.writing() as connection:
            for path in (path for kind in KINDS for path in paths[kind]):
                add_leftover(connection, self._place.url, path)

    def _print(self, connection: duckdb.DuckDBPyConnection, kind: Kind) -> tuple[int, int | None]:
        sql = _PRINT.format(what=_SAME[kind], rows=self._rows.rows(kind))
        return connection.execute(sql, self._rows.values()).fetchall()[0]

    def _write(
        self, connection: duckdb.DuckDBPyConnection, kind: Kind, paths: Sequence[str]
    ) -> Iterator[ArchivedFile]:
        if not paths:
            return
        sql = f"{self._rows.rows(kind, HALVES)} order by ts, id"
        read = connection.sql(sql, params=self._rows.values()).to_arrow_reader(_BATCH)
        write_files(self._place, paths, read)
        files = [self._described(connection, kind, path) for path in paths]
        written = self._whole(
            connection, from_files(connection, self._rows.tables, kind, files, "proof")
        )
        if written != self._whole(connection, self._rows.rows(kind), self._rows.values()):
            raise StoreError(
                f"{self._place.url} gives back other rows than it was given, for {kind} of "
                f"{self._rows.date}; nothing was moved: check its disk"
            )
        connection.unregister("proof")
        yield from files

    def _described(
        self, connection: duckdb.DuckDBPyConnection, kind: Kind, path: str
    ) -> ArchivedFile:
        with self._place.reached("read"):
            digest, size = digest_of(self._place, path)
        start, end = self._rows.span_us
        file = ArchivedFile(
            place=self._place.url,
            path=path,
            model=self._rows.tables.model,
            version=self._rows.version,
            kind=kind,
            day=self._rows.date,
            rows=0,
            size_bytes=size,
            first_us=start,
            last_us=end - 1,
            digest=digest,
        )
        sql = from_files(connection, self._rows.tables, kind, [file], "proof")
        n, first, last = connection.execute(_SPAN.format(rows=sql)).fetchall()[0]
        return replace(file, rows=n, first_us=first, last_us=last)

    def _whole(
        self,
        connection: duckdb.DuckDBPyConnection,
        rows: str,
        values: dict[str, object] | None = None,
    ) -> tuple[int, int | None]:
        """Return what tells rows apart in every column."""
        return connection.execute(
            _PRINT.format(what="*columns(*)", rows=rows), values or {}
        ).fetchall()[0]
