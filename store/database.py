"""The one DuckDB file: opened by one process, in a known version, written in transactions."""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Final

import duckdb

from domain.errors import StoreError, StoreLockedError
from store.archive.use import TierUse
from store.faults import is_fatal, translated
from store.filesystem import refuse_network
from store.hours.stale import Marks
from store.log_keeping import LIMIT, LogKeeper, Move, insist
from store.measured_sizes import MeasuredSizes
from store.privacy import Privacy
from store.quiet import Users
from store.rejected import Keeping
from store.relations import Asking
from store.versions import steps_to_take, take_step, version_of
from store.writer_memory import WriterMemory

log = logging.getLogger(__name__)

FILE_NAME: Final = "driftline.duckdb"
# A load of 4 million rows of 25 features stays under 1.4 GB and spills the rest beside the file;
# with 2 GiB it took 2.3 GB and an eighth less CPU time.
MEMORY_LIMIT_GIB: Final = 1.0
# somebody who looks into the file in the moment in which nobody has it gets so long
_TAKEN_S: Final = 30.0

# both supported clients (1.5.5 and 2.0) read it
STORAGE_VERSION: Final = "v1.5.0"

# No extension is ever fetched, and SQL reaches no file: batches come in as Arrow tables.
_CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "storage_compatibility_version": STORAGE_VERSION,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "enable_external_access": False,
    "wal_autocheckpoint": LIMIT,
}

_MEMORY = "select current_setting('memory_limit')"
_GIB_PER = {"KiB": 2.0**-20, "MiB": 2.0**-10, "GiB": 1.0, "TiB": 2.0**10}


class Database:
    """
    The open database file.

    One connection writes, under a lock; every question reads on a cursor of its own and sees the
    state of one moment.
    """

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.path = path
        self._connection = connection
        self._writer = threading.RLock()
        # held from a look at halves of calls that wait to the commit of what is made of them
        self.pairing = threading.RLock()
        self._users = Users()
        self._given_up = False
        self.log = LogKeeper(path)
        self.marks = Marks()
        self.memory = WriterMemory(self._own_cursor)
        self.sizes = MeasuredSizes()
        self.privacy, self.keeping = Privacy(), Keeping()
        # by model: its rows are not in the tables of this file
        self.elsewhere: dict[str, Asking] = {}
        self.tiers = TierUse()

    @classmethod
    def open(cls, directory: Path, *, create: bool) -> Database:
        """
        Open the file in `directory` and bring it to this version.

        Parameters
        ----------
        directory : Path
        create : bool
            Make it where it does not exist.

        Raises
        ------
        StoreLockedError
            If another process has it open.
        StoreVersionError
            If a newer Driftline or DuckDB wrote it.
        StoreError
            If it is missing, on a network file system, damaged or something else's.
        """
        refuse_network(directory)
        path = directory / FILE_NAME
        if not path.exists():
            _prepare(directory, create=create)
        with translated(path):
            database = cls(path, _connected(path))
            try:
                database._migrate()
            except BaseException:
                database.close()
                raise
        return database

    def _migrate(self) -> None:
        for versions in steps_to_take(self._connection, self.path):
            with self.writing() as connection:
                take_step(connection, versions)

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection that writes; only inside `writing`."""
        return self._connection

    @contextlib.contextmanager
    def cursor(self) -> Generator[duckdb.DuckDBPyConnection]:
        """Yield another connection to the same file, with temporary tables of its own."""
        with self._at_work(), self._connection.cursor() as connection:
            yield connection

    def _own_cursor(self) -> duckdb.DuckDBPyConnection:
        return self._connection.cursor()

    def guarded(self) -> contextlib.AbstractContextManager[None]:
        """Raise what DuckDB says inside as an error of `domain.errors`."""
        return self._watched()

    @contextlib.contextmanager
    def _watched(self) -> Generator[None]:
        try:
            with translated(self.path):
                yield
        except StoreError as error:
            self._given_up = self._given_up or is_fatal(error.__cause__)
            raise

    @contextlib.contextmanager
    def _at_work(self) -> Generator[None]:
        """Use the file; where DuckDB has given it up, open it anew first."""
        if self._given_up and not self._users.here():
            with self.exchanged():
                log.warning("store.opened_anew", extra={"store": str(self.path)})
            self._given_up = False
        with self._users.one():
            yield

    @contextlib.contextmanager
    def reading(self) -> Generator[duckdb.DuckDBPyConnection]:
        """
        Read the state of one moment.

        Raises
        ------
        StoreError
            If the database fails; nothing can be written here.
        """
        with self._watched(), self.cursor() as connection:
            connection.execute("begin transaction read only")
            try:
                yield connection
            finally:
                _end(connection)

    @contextlib.contextmanager
    def writing(
        self, connection: duckdb.DuckDBPyConnection | None = None
    ) -> Generator[duckdb.DuckDBPyConnection]:
        """
        Write all or nothing; one writer at a time.

        Parameters
        ----------
        connection : DuckDBPyConnection, optional
            A cursor with temporary tables that are needed inside; default: the writer's own.

        Raises
        ------
        DiskFullError
            If the disk is full; nothing was stored.
        """
        with self._at_work(), self._writer, self._watched():
            chosen = connection or self._connection
            chosen.execute("begin transaction")
            try:
                yield chosen
                chosen.execute("commit")
                self.log.note_commit()
            except BaseException:
                _end(chosen)
                self.marks.forget_all()  # the marks of this transaction are gone with it
                self.memory.roll_back()
                raise

    @contextlib.contextmanager
    def writing_small(self) -> Generator[duckdb.DuckDBPyConnection]:
        """Write all or nothing on the connection of the statements that are prepared."""
        with (
            self._at_work(),
            self._writer,
            self.writing(self.memory.prepared.connection) as connection,
        ):
            yield connection

    def checkpoint(self) -> None:
        """
        Move what the log holds into the file.

        Raises
        ------
        DiskFullError
            If the disk is full; the log still holds everything.
        StoreBusyError
            If somebody reads what has changed since, for longer than a minute.
        """
        insist(lambda: self._move(Move.MERGING))

    def keep_log_short(self) -> None:
        """Do as `checkpoint` if the log is long, or nobody writes; called again and again."""
        how = self.log.await_due()
        if how is not Move.NO:
            self._move(how)

    def _move(self, how: Move) -> bool:
        with self._at_work(), self._writer, self._watched():
            return self.log.move(self._connection, how)

    def _hold(self) -> bool:
        with self._writer, self._watched():
            return self.log.hold(self._connection)

    @contextlib.contextmanager
    def exchanged(self, patience_s: float | None = None) -> Generator[None]:
        """
        Close the file while another is put in its place, and open what is there then.

        Whoever comes meanwhile waits.

        Parameters
        ----------
        patience_s : float, optional
            How long those at work are waited for; default: until they are done.

        Raises
        ------
        StoreBusyError
            If somebody is at work for longer than that.
        StoreLockedError
            If another process took the file meanwhile and does not let go of it.
        """
        with self._users.alone(patience_s), self._writer:
            self.close()
            try:
                yield
            finally:
                self._connection = _patiently_connected(self.path)
                self.marks.forget_all()

    @contextlib.contextmanager
    def still(self) -> Generator[None]:
        """
        Keep the file as it is, complete in itself, while it is copied; writing goes on.

        What is committed meanwhile waits in the log: only a checkpoint changes what the file says.
        """
        with self._at_work():
            insist(self._hold)
            try:
                yield
            finally:
                with self._writer, self._watched():
                    self.log.release(self._connection)

    def size_bytes(self) -> int:
        """Return what the file and its log take on disk."""
        in_file = self.path.stat().st_size if self.path.exists() else 0
        return in_file + self.log.size_bytes()

    def version(self) -> int:
        """Return the version of the tables."""
        with self.reading() as connection:
            return version_of(connection)

    def close(self) -> None:
        """Close the file; what is committed stays, also where the closing checkpoint fails."""
        self.memory.close()
        with contextlib.suppress(duckdb.Error):
            self._connection.close()


def _prepare(directory: Path, *, create: bool) -> None:
    if not create:
        raise StoreError(
            f"there is no store in {directory}; fill one with `driftline ingest PATH`, "
            "or name another folder with --store"
        )
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"the folder {directory} cannot be made: {error.strerror}; name another with --store"
        ) from error


def _patiently_connected(path: Path) -> duckdb.DuckDBPyConnection:
    until = time.monotonic() + _TAKEN_S
    while True:
        try:
            with translated(path):
                return _connected(path)
        except StoreLockedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _connected(path: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(path), config=_CONFIG)
    try:
        _bound_memory(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _bound_memory(connection: duckdb.DuckDBPyConnection) -> None:
    # DuckDB would take 80 % of the machine, beside a service and a dashboard
    limit = str(connection.execute(_MEMORY).fetchall()[0][0])
    match = re.fullmatch(r"([\d.]+) (\w+)", limit)
    if match and float(match[1]) * _GIB_PER.get(match[2], 0.0) > MEMORY_LIMIT_GIB:
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT_GIB} GiB'")


def _end(connection: duckdb.DuckDBPyConnection) -> None:
    with contextlib.suppress(duckdb.Error):
        connection.execute("rollback")
