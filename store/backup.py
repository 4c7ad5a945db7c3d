"""Copying a store that is being written, and putting a copy back."""

from __future__ import annotations

import contextlib
import errno
import itertools
import logging
import os
import subprocess
from collections.abc import Generator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

import duckdb

from domain.errors import (
    DiskFullError,
    StoreError,
    StoreLockedError,
    StoreVersionError,
    UsageError,
)
from store.database import FILE_NAME, Database
from store.faults import translated
from store.versions import newest_version

log = logging.getLogger(__name__)

_IS_STORE: Final = """
    select count(*)
    from information_schema.tables
    where table_schema = 'main'
      and table_name in ('meta', 'models')
"""
_HAS_LEFTOVERS: Final = """
    select count(*)
    from information_schema.tables
    where table_schema = 'main'
      and table_name = 'archive_leftovers'
"""
_VERSION: Final = """
    select max(value::integer)
    from meta
    where name = 'store_version'
"""
_LAST: Final = """
    select value
    from meta
    where name = 'last_backup'
"""
_FORGET_LAST: Final = """
    delete from meta
    where name = 'last_backup'
"""
_NOTE_LAST: Final = """
    insert into meta
    values ('last_backup', $at)
"""


def backup(database: Database, target: Path) -> int:
    """
    Copy the store as it is now to one file; loads go on meanwhile.

    Parameters
    ----------
    database : Database
    target : Path
        A DuckDB file of its own afterwards, whole or not there at all.

    Returns
    -------
    int
        Size of the copy in bytes.

    Raises
    ------
    UsageError
        If `target` exists, or its folder does not.
    DiskFullError
        If there is no room for it.
    """
    check_target(target)
    part = part_of(target)
    try:
        with database.still():
            _copy(database.path, part)
        settle(part, target)
    finally:
        part.unlink(missing_ok=True)
    return target.stat().st_size


@contextlib.contextmanager
def arriving(target: Path) -> Generator[BinaryIO]:
    """
    Take a copy that somebody else makes.

    Parameters
    ----------
    target : Path
        Whole once this ends well, not there at all otherwise.

    Yields
    ------
    BinaryIO
        To write it to.

    Raises
    ------
    UsageError, DiskFullError
        As `backup`.
    """
    check_target(target)
    part = part_of(target)
    try:
        with part.open("wb") as file:
            yield file
        settle(part, target)
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        raise (DiskFullError if full else StoreError)(
            f"{target} cannot be written: {error.strerror or error}; choose another place"
        ) from error
    finally:
        part.unlink(missing_ok=True)


def note_backup(database: Database, at: datetime) -> None:
    """Keep when the store was last copied, for whoever asks how old the newest copy is."""
    with database.writing() as connection:
        connection.execute(_FORGET_LAST)
        connection.execute(_NOTE_LAST, {"at": at.isoformat()})


def last_backup(database: Database) -> datetime | None:
    """Return when the store was last copied; None: never."""
    with database.reading() as connection:
        found = connection.execute(_LAST).fetchall()
    return datetime.fromisoformat(found[0][0]) if found else None


def restore(source: Path, directory: Path, now: datetime) -> Path | None:
    """
    Put a backup in the place of a store.

    Parameters
    ----------
    source : Path
    directory : Path
        Folder of the store; no process may have it open.
    now : datetime
        Part of the name under which the store that was there is kept.

    Returns
    -------
    Path or None
        Where the store that was there lies now; None where there was none.

    Raises
    ------
    StoreError
        If `source` is no backup of a store, or the store is open.
    """
    _require_store(source)
    place = directory / FILE_NAME
    directory.mkdir(parents=True, exist_ok=True)
    part = part_of(place)
    try:
        _copy(source, part)
        _disown_leftovers(part)
        kept = _set_aside(place, now)
        settle(part, place)
    finally:
        part.unlink(missing_ok=True)
    return kept


def _disown_leftovers(copy: Path) -> None:
    """Let a copy remove no archived file: what was left over then may count by now."""
    with translated(copy), duckdb.connect(str(copy)) as connection:
        if connection.execute(_HAS_LEFTOVERS).fetchall()[0][0]:
            connection.execute("delete from archive_leftovers")


def part_of(target: Path) -> Path:
    """Return the name of a file that is being made; doctor knows what is left of one by it."""
    return target.with_name(target.name + ".part")


def check_target(target: Path) -> None:
    """
    Refuse a place where no copy can be made.

    Raises
    ------
    UsageError
        If `target` exists, or its folder does not.
    """
    if target.exists():
        raise UsageError(f"{target} exists; name a file that does not")
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {target.parent}; make it first, or name another")


def _copy(source: Path, target: Path) -> None:
    # A process of its own: POSIX drops all locks that this process holds on a file as soon as any
    # descriptor of it is closed here, and DuckDB's lock is what keeps other processes out.
    command = ["env", "LC_ALL=C", "cp", "--", str(source), str(target)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (our own words)
    if answer.returncode:
        said = answer.stderr.strip() or f"cp ended with {answer.returncode}"
        full = "No space left" in said
        raise (DiskFullError if full else StoreError)(
            f"{target.parent} has no room for a copy of {source}"
            if full
            else f"{source} could not be copied to {target}: {said}"
        )


def settle(part: Path, target: Path) -> None:
    """Make a copy durable, then give it its name: under that name it is never half a file."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.rename(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _require_store(source: Path) -> None:
    if not source.is_file():
        raise UsageError(f"there is no file {source}")
    with translated(source):
        try:
            with duckdb.connect(str(source), read_only=True) as connection:
                found = connection.execute(_IS_STORE).fetchall()[0][0]
                version = connection.execute(_VERSION).fetchall()[0][0] if found == 2 else 0
        except duckdb.IOException as error:
            raise StoreError(
                f"{source} is no backup of a store: {str(error).splitlines()[0]}"
            ) from error
    if found != 2:
        raise StoreError(f"{source} is a DuckDB file, but no backup of a Driftline store")
    if version > newest_version():
        raise StoreVersionError(
            f"{source} has store version {version}, this Driftline knows up to "
            f"{newest_version()}; upgrade Driftline"
        )


def _set_aside(place: Path, now: datetime) -> Path | None:
    """Keep the store that is there under another name, with its log."""
    if not place.exists():
        return None
    try:
        Database.open(place.parent, create=False).close()
    except StoreLockedError:
        raise
    except StoreError:
        # a damaged store is the very one that a backup replaces
        log.warning("restore.replaces_damaged", extra={"store": str(place)})
    kept = _free_name(place, f"{place.stem}.before-{now:%Y%m%dT%H%M%S}")
    wal = place.with_name(place.name + ".wal")
    if wal.exists():
        wal.rename(kept.with_name(kept.name + ".wal"))
    try:
        # under both names until the backup takes its own: there is a store at every moment
        kept.hardlink_to(place)
    except OSError:  # a file system without links
        place.rename(kept)
    return kept


def _free_name(place: Path, stem: str) -> Path:
    """Return a name beside `place` that no file has: what was kept once is never overwritten."""
    names = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
    files = (place.with_name(f"{name}{place.suffix}") for name in names)
    return next(file for file in files if not file.exists())
