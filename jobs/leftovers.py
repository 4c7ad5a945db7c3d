"""What interrupted work left in a store's folder: files that were never finished."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from domain.errors import StoreError
from jobs import owner

# whatever is being made beside the store ends so: copies, bodies of requests, a new owner.json
PATTERN: Final = "*.part*"
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
    return sorted(path for path in folder.glob(PATTERN) if _changed(path) < over)


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
        except OSError as error:
            raise StoreError(
                f"{path} cannot be removed: {error.strerror}; remove it as the user it belongs to"
            ) from error
