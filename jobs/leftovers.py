"""What interrupted work left in a store's folder: files that were never finished or put away."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from domain.errors import StoreError
from jobs import owner

# whatever is being made beside the store ends so: copies, bodies of requests, a new owner.json
PATTERN: Final = "*.part*"
# what did not fit into memory, until the process ends: a killed one leaves it, and nobody else
# looks into it
SPILLED: Final = "driftline.duckdb.tmp"
STORE: Final = "driftline.duckdb"
# what was there before a restore
KEPT: Final = "driftline.before-*.duckdb"
# who is still at work has written to its file by then
SURELY_OVER: Final = timedelta(hours=1)


def unfinished(folder: Path, now: datetime) -> list[Path]:
    """
    Return the files that nobody finishes any more, in alphabetical order.

    Parameters
    ----------
    folder : Path
        Of the store.
    now : datetime
        A file is left over when it is older than an hour and than the owner that is alive.
    """
    over = now - SURELY_OVER
    running = owner.read(folder)
    if running is not None and running.alive:
        # a body that arrived is read for as long as it takes
        over = min(over, running.started_at)
    left = [*folder.glob(PATTERN), *(folder / SPILLED).glob("*")]
    return sorted(path for path in left if _changed(path) < over)


def second_names(folder: Path) -> list[Path]:
    """
    Return names beside the usual one under which the store itself lies, in alphabetical order.

    A restore gives it one for the moment before the backup takes the usual name; whoever opens or
    removes it afterwards takes it for an old store.
    """
    store = folder / STORE
    if not store.exists() or store.with_name(f"{STORE}.part").exists():
        return []  # there it goes on, or its half file is told of
    return sorted(path for path in folder.glob(KEPT) if path.samefile(store))


def kept_stores(folder: Path) -> list[Path]:
    """Return the stores that restores kept, in alphabetical order: the oldest first."""
    return sorted(folder.glob(KEPT))


def _changed(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:  # finished meanwhile
        return datetime.max.replace(tzinfo=UTC)


def remove(paths: Iterable[Path]) -> None:
    """
    Remove files.

    Raises
    ------
    StoreError
        If one may not be removed.
    """
    for path in paths:
        try:
            path.unlink(missing_ok=True)
            if path.parent.name == SPILLED and not any(path.parent.iterdir()):
                path.parent.rmdir()
        except OSError as error:
            raise StoreError(
                f"{path} cannot be removed: {error.strerror}; remove it as the user it belongs to"
            ) from error
