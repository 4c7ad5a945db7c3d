"""DuckDB's errors in Driftline's words: one line, the file, what to do."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from domain.errors import DiskFullError, StoreError, StoreLockedError, StoreVersionError

_PID = re.compile(r"\(PID (\d+)\)")
_FULL = (
    "no space left",
    "enospc",
    "disk quota",
    "file too large",
    "efbig",
    "failed to offload",  # what is sorted or staged spills beside the file
)
_NEWER = "trying to read a database file with version number"
_FOREIGN = ("not a valid duckdb database", "not a valid database")


@contextmanager
def translated(path: Path) -> Generator[None]:
    """
    Raise what DuckDB says about `path` as an error of `domain.errors`.

    Parameters
    ----------
    path : Path
        The database file.

    Raises
    ------
    StoreLockedError, StoreVersionError, DiskFullError, StoreError
    """
    try:
        yield
    except duckdb.InterruptException as error:
        raise KeyboardInterrupt from error
    except duckdb.Error as error:
        raise translate(path, error) from error
    except RuntimeError as error:
        # this is how the client tells of Ctrl-C while a query runs
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from error
        raise


def translate(path: Path, error: duckdb.Error) -> StoreError:
    """Return the error of `domain.errors` that says what `error` means for `path`."""
    told = " ".join(str(error).split())
    lowered = told.lower()
    if "could not set lock" in lowered or "different configuration" in lowered:
        return _locked(path, told)
    if any(sign in lowered for sign in _FULL):
        # where only the checkpoint behind a commit failed, the commit itself may have been stored
        stored = "" if is_fatal(error) else "nothing of this was stored, "
        return DiskFullError(
            f"the disk that holds {path} is full; {stored}what was stored before is kept: free "
            "some space and do it again"
        )
    if _NEWER in lowered:
        return StoreVersionError(
            f"{path} was written by a newer DuckDB than {duckdb.__version__}; upgrade Driftline"
        )
    if any(sign in lowered for sign in _FOREIGN):
        return StoreError(f"{path} is not a DuckDB database; name another folder with --store")
    return StoreError(f"{path} cannot be used: {told[:300]}")


def is_fatal(error: BaseException | None) -> bool:
    """Return whether DuckDB has given the open file up: only opening it anew helps."""
    return isinstance(error, duckdb.FatalException)


def _locked(path: Path, told: str) -> StoreLockedError:
    match = _PID.search(told)
    holder = f"process {match[1]}" if match else "another process"
    return StoreLockedError(f"{path} is in use by {holder}; wait until it ends, or end it")
