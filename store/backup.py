"""Copying a store that is being written, and putting a copy back."""

from __future__ import annotations

import logging
import os
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb

from domain.errors import DiskFullError, StoreError, StoreLockedError, UsageError
from store.database import FILE_NAME, Database
from store.faults import translated

log = logging.getLogger(__name__)

_IS_STORE: Final = """
    select count(*)
    from information_schema.tables
    where table_schema = 'main'
      and table_name in ('meta', 'models')
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
    _check_target(target)
    part = target.with_name(target.name + ".part")
    try:
        with database.still():
            _copy(database.path, part)
        _settle(part, target)
    finally:
        part.unlink(missing_ok=True)
    return target.stat().st_size


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
    part = place.with_name(place.name + ".part")
    try:
        _copy(source, part)
        kept = _set_aside(place, now)
        _settle(part, place)
    finally:
        part.unlink(missing_ok=True)
    return kept


def _check_target(target: Path) -> None:
    if target.exists():
        raise UsageError(f"{target} exists; name a file that does not")
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {target.parent}; make it first, or name another")


def _copy(source: Path, target: Path) -> None:
    # A process of its own: POSIX drops all locks that this process holds on a file as soon as any
    # descriptor of it is closed here, and DuckDB's lock is what keeps other processes out.
    command = ["cp", "--", str(source), str(target)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (our own words)
    if answer.returncode:
        said = answer.stderr.strip() or f"cp ended with {answer.returncode}"
        full = "No space left" in said
        raise (DiskFullError if full else StoreError)(
            f"{target.parent} has no room for a copy of {source}"
            if full
            else f"{source} could not be copied to {target}: {said}"
        )


def _settle(part: Path, target: Path) -> None:
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
        except duckdb.IOException as error:
            raise StoreError(
                f"{source} is no backup of a store: {str(error).splitlines()[0]}"
            ) from error
    if found != 2:
        raise StoreError(f"{source} is a DuckDB file, but no backup of a Driftline store")


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
    kept = place.with_name(f"{place.stem}.before-{now:%Y%m%dT%H%M%S}{place.suffix}")
    wal = place.with_name(place.name + ".wal")
    if wal.exists():
        wal.rename(kept.with_name(kept.name + ".wal"))
    place.rename(kept)
    return kept
