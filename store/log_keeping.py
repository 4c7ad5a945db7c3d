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
from enum import Enum
from pathlib import Path
from typing import Final

import duckdb

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

    def move(self, connection: duckdb.DuckDBPyConnection, how: Move) -> None:
        """
        Move what the log holds into the file, unless that has to stay as it is.

        Parameters
        ----------
        connection : DuckDBPyConnection
            The writer's, in no transaction.
        how : Move
        """
        if self._held:
            return
        self._not_before = time.monotonic() + AGAIN_S  # if it fails
        if how is Move.QUICK:
            connection.execute(_DO_NOT_MERGE)
        try:
            connection.execute("checkpoint")
        finally:
            with contextlib.suppress(duckdb.Error):  # of a file that was given up just now
                connection.execute(_MERGE)
        self._not_before = 0.0
        if how is Move.MERGING:
            self._merged_at = time.monotonic()

    def hold(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Empty the log and let it grow; the file stays as it is until `release`."""
        if not self._held:
            self.move(connection, Move.MERGING)
            self._limit = str(connection.execute(_CURRENT_LIMIT).fetchall()[0][0])
            connection.execute(_SET_LIMIT.format(limit="1024 TiB"))
        self._held += 1

    def release(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Let the file change again, once as often as `hold` was called."""
        self._held -= 1
        if not self._held:
            connection.execute(_SET_LIMIT.format(limit=self._limit))
