"""
When DuckDB's log is moved into the file: between commits, and before a kill would cost much.

DuckDB by itself does it inside the commit that fills the log, and merges small row groups with it:
whoever sent those rows waits for all of that. Here it happens when their answer is out, merging
waits for a quiet moment, and an idle file holds everything.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Final

import duckdb

from domain.errors import StoreBusyError

MIB: Final = 2**20
# Where nobody keeps the log short, DuckDB does it at this size. It is also what a kill can leave
# behind: 7 ms of CPU for each MB when the file is opened again.
LIMIT: Final = "64 MiB"
# 72,000 rows of 31 columns: 42 ms of CPU without merging
LONG_BYTES: Final = 16 * MIB
# nobody wrote for so long: the log is emptied if it is worth it, and later in any case
PAUSE_S: Final = 2.0
WORTH_BYTES: Final = 4 * MIB
IDLE_S: Final = 30.0
# who writes without a pause has row groups merged this often: every commit that waits then waits
# three to seven times as long
MERGE_EVERY_S: Final = 600.0
# a writer at work commits so soon again; then most time is left until the commit after it
NEXT_COMMIT_S: Final = 0.25
# a disk that was full gets so long
AGAIN_S: Final = 30.0
# Nothing can be moved while somebody reads what a commit has changed since. Most questions take
# less than this; commits wait as long.
READERS_S: Final = 0.1
# after that, whoever only wants a short log comes again so late, and who copies waits so long
AFTER_READERS_S: Final = 2.0
PATIENCE_S: Final = 60.0
_STEP_S: Final = 0.005

_CURRENT_LIMIT: Final = "select current_setting('wal_autocheckpoint')"
_SET_LIMIT: Final = "set global wal_autocheckpoint = '{limit}'"
_MERGE: Final = "reset global max_vacuum_tasks"
_DO_NOT_MERGE: Final = "set global max_vacuum_tasks = 0"


class Move(Enum):
    """How the log is moved into the file."""

    NO = "no"
    QUICK = "quick"
    MERGING = "merging"


class LogKeeper:
    """
    Knows how long the log is and when it last grew.

    Parameters
    ----------
    path : Path
        Of the database file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(path.name + ".wal")
        self._changed = threading.Condition()
        self._commits = 0
        self._committed_at = self._merged_at = time.monotonic()
        self._not_before = 0.0
        self._held = 0
        self._limit = ""

    def size_bytes(self) -> int:
        """Return what the log takes on disk."""
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0

    def note_commit(self) -> None:
        """Take note that something was committed."""
        with self._changed:
            self._commits += 1
            self._committed_at = time.monotonic()
            self._changed.notify_all()

    def due(self) -> Move:
        """Return whether now is the time to move the log, and how."""
        now, size = time.monotonic(), self.size_bytes()
        if self._held or not size or now < self._not_before:
            return Move.NO
        quiet_s = now - self._committed_at
        if quiet_s >= (PAUSE_S if size >= WORTH_BYTES else IDLE_S):
            return Move.MERGING
        if size < LONG_BYTES:
            return Move.NO
        return Move.MERGING if now - self._merged_at >= MERGE_EVERY_S else Move.QUICK

    def await_due(self) -> Move:
        """Return what is due; of a writer at work, wait for the end of its next commit."""
        how = self.due()
        if how is Move.QUICK:
            with self._changed:
                before = self._commits
                self._changed.wait_for(lambda: self._commits != before, NEXT_COMMIT_S)
        return how

    def move(self, connection: duckdb.DuckDBPyConnection, how: Move) -> bool:
        """
        Move what the log holds into the file, unless that has to stay as it is.

        Whoever is reading is waited for a moment; return whether that was enough.

        Parameters
        ----------
        connection : DuckDBPyConnection
            The writer's, in no transaction.
        how : Move
        """
        if self._held:
            return True
        self._not_before = time.monotonic() + AGAIN_S  # if it fails
        if how is Move.QUICK:
            connection.execute(_DO_NOT_MERGE)
        try:
            moved = _checkpoint(connection)
        finally:
            with contextlib.suppress(duckdb.Error):  # of a file that was given up just now
                connection.execute(_MERGE)
        self._not_before = 0.0 if moved else time.monotonic() + AFTER_READERS_S
        if moved and how is Move.MERGING:
            self._merged_at = time.monotonic()
        return moved

    def hold(self, connection: duckdb.DuckDBPyConnection) -> bool:
        """
        Empty the log and let it grow; the file stays as it is until `release`.

        Return whether that could be done; whoever reads is waited for as in `move`.
        """
        if not self._held:
            if not self.move(connection, Move.MERGING):
                return False
            self._limit = str(connection.execute(_CURRENT_LIMIT).fetchall()[0][0])
            connection.execute(_SET_LIMIT.format(limit="1024 TiB"))
        self._held += 1
        return True

    def release(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Let the file change again, once as often as `hold` was called."""
        self._held -= 1
        if not self._held:
            connection.execute(_SET_LIMIT.format(limit=self._limit))


def insist(step: Callable[[], bool]) -> None:
    """
    Do what those who read stand in the way of, as soon as they let it happen.

    Parameters
    ----------
    step : callable
        Tries it, and returns whether it was done. Between two tries others may commit.

    Raises
    ------
    StoreBusyError
        If somebody reads what has changed since, for longer than a minute.
    """
    until = time.monotonic() + PATIENCE_S
    while not step():
        if time.monotonic() > until:
            raise StoreBusyError(
                "others read what has changed since, and were not waited for any longer; "
                "try again later"
            )
        time.sleep(_STEP_S)


def _checkpoint(connection: duckdb.DuckDBPyConnection) -> bool:
    """Move the log into the file; return whether those who read let that happen."""
    until = time.monotonic() + READERS_S
    while True:
        try:
            connection.execute("checkpoint")
        except duckdb.TransactionException:
            # of an update, DuckDB keeps the old rows until the last question is answered that began
            # before it; so long it counts as being at work
            if time.monotonic() > until:
                return False
            time.sleep(_STEP_S)
        else:
            return True
