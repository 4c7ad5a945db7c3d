"""Which archived files there are: what the database knows of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

import duckdb

from domain.window import Window
from store.moments import to_microseconds

Kind = Literal["predictions", "unanswered", "calls"]
KINDS: Final[tuple[Kind, ...]] = ("predictions", "unanswered", "calls")

_COLUMNS: Final = """
    place, path, model, version, kind, day, rows, size_bytes,
    epoch_us(first_ts) as first_us, epoch_us(last_ts) as last_us, digest, set_aside,
    epoch_us(checked_at) as checked_us
"""
# what is told of a file after it was written
_LATER: Final = frozenset({"set_aside", "checked_us"})
_FILES: Final = f"""
    select {_COLUMNS}
    from archived_files
    where ($model is null or model = $model)
      and list_contains($kinds::varchar[], kind)
      and (not $lost or set_aside is not null)
      and (
            $starts is null
            or exists (
                select 1
                from (
                    select unnest($starts::bigint[]) as low, unnest($ends::bigint[]) as high
                )
                where first_ts < make_timestamp(high)
                  and last_ts >= make_timestamp(low)
            )
      )
    order by first_ts, place, path
"""
_ADD: Final = """
    insert into archived_files
    values (
        $place, $path, $model, $version, $kind, $day, $rows, $size_bytes,
        make_timestamp($first_us), make_timestamp($last_us), $digest, make_timestamp($at_us), null,
        make_timestamp($at_us)
    )
"""
_REMOVE: Final = """
    delete from archived_files
    where place = $place
      and path = $path
"""
_LEAVE: Final = "insert into archive_leftovers values ($place, $path)"
_TAKE: Final = """
    delete from archive_leftovers
    where place = $place
      and path = $path
"""
_LEFT: Final = "select place, path from archive_leftovers order by place, path"
_SET_ASIDE: Final = """
    update archived_files
    set set_aside = $aside
    where place = $place
      and path = $path
"""
_NAMED: Final = """
    select count(*)
    from archived_files
    where place = $place
      and path = $path
"""
_CHECKED: Final = """
    update archived_files
    set checked_at = make_timestamp($at_us)
    where place = $place
      and path = $path
"""
_DROPPED: Final = """
    select epoch_us(max(before))
    from dropped_rows
    where model = $model
"""
_MOVED: Final = """
    insert into tier_moves
    values (
        $model, $what, $who, make_timestamp($at_us), make_timestamp($start_us),
        make_timestamp($end_us), $predictions, $unanswered, $calls, $labels, $files
    )
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedFile:
    """
    One file of the archive.

    Parameters
    ----------
    place, path : str
        The folder as it was configured, and the file below it.
    model, version : str
    kind : {"predictions", "unanswered", "calls"}
    day : date
        UTC.
    rows, size_bytes : int
    first_us, last_us : int
        Time of its first and last row, in microseconds since 1970.
    digest : str
        SHA-256 of its bytes.
    set_aside : str or None
        Where it was put when it was found damaged: its rows are missing.
    checked_us : int or None
        When its digest was last compared, in microseconds since 1970.
    """

    place: str
    path: str
    model: str
    version: str
    kind: Kind
    day: date
    rows: int
    size_bytes: int
    first_us: int
    last_us: int
    digest: str
    set_aside: str | None = None
    checked_us: int | None = None


def archived(
    connection: duckdb.DuckDBPyConnection,
    model: str | None = None,
    windows: Sequence[Window] | None = None,
    kinds: Sequence[Kind] = KINDS,
    *,
    lost: bool = False,
) -> list[ArchivedFile]:
    """
    Return the files that hold rows in some windows, the oldest first, damaged ones too.

    Parameters
    ----------
    connection : DuckDBPyConnection
    model : str, optional
        Default: of all models.
    windows : sequence of Window, optional
        Default: all times.
    kinds : sequence of {"predictions", "unanswered", "calls"}
    lost : bool, default=False
        Only those that were set aside.
    """
    spans = None if windows is None else windows
    values = {
        "model": model,
        "kinds": list(kinds),
        "lost": lost,
        "starts": None if spans is None else [to_microseconds(w.start) for w in spans],
        "ends": None if spans is None else [to_microseconds(w.end) for w in spans],
    }
    found = connection.execute(_FILES, values)
    names = [column[0] for column in found.description or ()]
    return [ArchivedFile(**dict(zip(names, row, strict=True))) for row in found.fetchall()]


def any_archived(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether there is any archived file."""
    return bool(connection.execute("select count(*) from archived_files").fetchall()[0][0])


def add_files(
    connection: duckdb.DuckDBPyConnection, files: Sequence[ArchivedFile], at_us: int
) -> None:
    """Let files hold rows, that were leftovers while they were written."""
    for file in files:
        values: dict[str, Any] = {
            name: getattr(file, name) for name in ArchivedFile.__slots__ if name not in _LATER
        }
        connection.execute(_ADD, {**values, "at_us": at_us})
        connection.execute(_TAKE, _name(file.place, file.path))


def give_up(connection: duckdb.DuckDBPyConnection, files: Sequence[ArchivedFile]) -> None:
    """Let files hold nothing that counts any more; they are leftovers, to be removed."""
    for file in files:
        connection.execute(_REMOVE, _name(file.place, file.path))
        connection.execute(_LEAVE, _name(file.place, file.set_aside or file.path))


def add_leftover(connection: duckdb.DuckDBPyConnection, place: str, path: str) -> None:
    """Note a file that is about to be written."""
    connection.execute(_LEAVE, _name(place, path))


def leftovers(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Return place and path of the files that hold nothing that counts."""
    return connection.execute(_LEFT).fetchall()


def forget_leftover(connection: duckdb.DuckDBPyConnection, place: str, path: str) -> None:
    """Forget a file that was removed."""
    connection.execute(_TAKE, _name(place, path))


def note_aside(
    connection: duckdb.DuckDBPyConnection, file: ArchivedFile, aside: str | None
) -> None:
    """Note where a damaged file was put; None: it is back, and whole."""
    connection.execute(_SET_ASIDE, {**_name(file.place, file.path), "aside": aside})


def note_checked(connection: duckdb.DuckDBPyConnection, file: ArchivedFile, at_us: int) -> None:
    """Note that every byte of a file was compared with what was written."""
    connection.execute(_CHECKED, {**_name(file.place, file.path), "at_us": at_us})


def is_named(connection: duckdb.DuckDBPyConnection, file: ArchivedFile) -> bool:
    """Return whether a file still holds rows that count."""
    return bool(connection.execute(_NAMED, _name(file.place, file.path)).fetchall()[0][0])


def dropped_before(connection: duckdb.DuckDBPyConnection, model: str) -> int | None:
    """
    Return from before which moment the rows of a model were dropped; None: none ever was.

    What was counted of an hour before it stays as it is: its rows are no longer there to be
    counted again.

    Returns
    -------
    int or None
        Microseconds since 1970; midnight UTC.
    """
    return connection.execute(_DROPPED, {"model": model}).fetchall()[0][0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """
    Rows that were moved or dropped.

    Parameters
    ----------
    predictions, unanswered, calls, labels : int
    files : int
        That were written, thawed or removed.
    """

    predictions: int = 0
    unanswered: int = 0
    calls: int = 0
    labels: int = 0
    files: int = 0

    def __add__(self, other: Moved) -> Moved:
        return Moved(**{n: getattr(self, n) + getattr(other, n) for n in Moved.__slots__})


def note_moved(
    connection: duckdb.DuckDBPyConnection,
    model: str,
    what: str,
    who: str,
    span_us: tuple[int, int],
    at_us: int,
    moved: Moved,
) -> None:
    """Keep what was moved or dropped, when and by whom."""
    told = {name: getattr(moved, name) for name in Moved.__slots__}
    values = {"model": model, "what": what, "who": who, "at_us": at_us}
    connection.execute(_MOVED, {**values, **told, "start_us": span_us[0], "end_us": span_us[1]})


def _name(place: str, path: str) -> dict[str, str]:
    return {"place": place, "path": path}
