"""Whether the files of the archive are there and whole; what is not is set aside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from domain.tiers import ArchiveFault, Fault
from domain.window import Window
from store.archive.catalog import (
    ArchivedFile,
    Moved,
    archived,
    is_named,
    note_aside,
    note_checked,
    note_moved,
)
from store.archive.files import digest_of, move, rows_of
from store.database import Database
from store.file_places import place_of
from store.moments import from_microseconds, to_microseconds

# behind the name of a file that is set aside
DAMAGED: Final = ".damaged"
# every byte of a file is read again after so long; questions compare the checksums of pages
READ_AGAIN: Final = timedelta(days=30)


def check_archive(
    database: Database,
    who: str,
    now: datetime,
    *,
    repair: bool,
    every_byte: bool = False,
    go_on: Callable[[], None] = lambda: None,
) -> list[ArchiveFault]:
    """
    Compare the files of the archive with what was written.

    Of every file its size and the number of its rows, as its footer has it. Of those whose bytes
    were not read within `READ_AGAIN`, or that were set aside, the digest as well.

    Parameters
    ----------
    database : Database
    who : str
    now : datetime
    repair : bool
        Set aside what is damaged or missing, so that the rest answers; what was put back whole
        answers again.
    every_byte : bool, default=False
        Compare the digest of every file.
    go_on : callable
        Called before each file; what it raises ends the work there.

    Returns
    -------
    list of ArchiveFault
        What is wrong still.

    Raises
    ------
    StoreError
        If a place cannot be reached: that says nothing of its files.
    """
    with database.reading() as connection:
        files = archived(connection)
    found: list[ArchiveFault] = []
    for file in files:
        # outside the lock: whoever is let in here may want it
        go_on()
        with database.tiers.moving:
            whole = every_byte or _is_due(file, now)
            if fault := _checked(database, file, who, now, repair=repair, whole=whole):
                found.append(fault)
    return found


def _checked(
    database: Database, file: ArchivedFile, who: str, now: datetime, *, repair: bool, whole: bool
) -> ArchiveFault | None:
    with database.reading() as connection:
        if not is_named(connection, file):
            # its rows came back into the tables meanwhile, or were dropped
            return None
    fault = _fault(file, every_byte=whole)
    if repair and (fault is None) != (file.set_aside is None):
        _repair(database, file, fault, who, now)
    if fault is not None:
        return _told(file, fault, set_aside=repair or file.set_aside is not None)
    if whole:
        with database.writing() as connection:
            note_checked(connection, file, to_microseconds(now))
    return None


def missing_windows(
    files: Sequence[ArchivedFile], version: str | None, windows: Sequence[Window]
) -> list[float]:
    """
    Return the share of each window of which rows of a version are missing.

    Parameters
    ----------
    files : sequence of ArchivedFile
        That were set aside.
    version : str or None
        None: any.
    windows : sequence of Window
    """
    gaps = {(file.first_us, file.last_us + 1) for file in files if version in {None, file.version}}
    return [_share(sorted(gaps), window) for window in windows]


def _share(gaps: list[tuple[int, int]], window: Window) -> float:
    start, end = to_microseconds(window.start), to_microseconds(window.end)
    missing, reached = 0, start
    for low, high in gaps:
        first, last = max(low, reached), min(high, end)
        if last > first:
            missing, reached = missing + last - first, last
    return missing / (end - start)


def _is_due(file: ArchivedFile, now: datetime) -> bool:
    if file.set_aside is not None or file.checked_us is None:
        return True
    return from_microseconds(file.checked_us) + READ_AGAIN <= now


def _fault(file: ArchivedFile, *, every_byte: bool) -> Fault | None:
    place = place_of(file.place)
    with place.reached("read"):
        info = place.filesystem.get_file_info(place.path(file.path))
        if not info.is_file:
            return Fault.MISSING
        if info.size != file.size_bytes:
            return Fault.DAMAGED
        # where its footer cannot be read, its bytes tell whether that is the file or the way to it
        whole = every_byte or rows_of(place, file.path) != file.rows
        if whole and digest_of(place, file.path)[0] != file.digest:
            return Fault.DAMAGED
    return None


def _repair(
    database: Database, file: ArchivedFile, fault: Fault | None, who: str, now: datetime
) -> None:
    aside = None if fault is None else file.path + DAMAGED
    marks = database.marks
    # who counts hours has found out before which of them can be read whole
    with marks.calls.counting, marks.predictions.counting, database.writing() as connection:
        note_aside(connection, file, aside)
        what = "put back" if fault is None else "set aside"
        moved = Moved(**{str(file.kind): file.rows}, files=1)
        span = file.first_us, file.last_us + 1
        note_moved(connection, file.model, what, who, span, to_microseconds(now), moved)
        database.memory.archived_us.pop(file.model, None)
    if fault is Fault.DAMAGED and aside is not None:
        place = place_of(file.place)
        with place.reached("written"):
            move(place, file.path, aside)


def _told(file: ArchivedFile, fault: Fault, *, set_aside: bool) -> ArchiveFault:
    span = Window(from_microseconds(file.first_us), from_microseconds(file.last_us + 1))
    path = place_of(file.place).path(file.path)
    return ArchiveFault(
        path=path,
        fault=fault,
        model=file.model,
        version=file.version,
        kind=file.kind,
        span=span,
        rows=file.rows,
        set_aside=set_aside,
    )
