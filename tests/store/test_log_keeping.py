"""The log is moved into the file between commits, and an idle file holds everything."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from domain.errors import StoreBusyError
from store import log_keeping
from store.log_keeping import LogKeeper, Move
from store.store import Store
from tests.store.made import START

ROWS = 2_000
ROW_GROUPS = """
    select count(distinct row_group_id) as n
    from pragma_storage_info('m_m.predictions')
"""


def load(store: Store, number: int, rows: int = ROWS) -> None:
    rng = np.random.default_rng(number)
    us = int(START.timestamp()) * 1_000_000 + number * rows + np.arange(rows)
    events = pa.table({"ts": pa.array(us, pa.timestamp("us", tz="UTC")), "score": rng.random(rows)})
    features = pa.table({f"x{i}": rng.random(rows) for i in range(20)})
    assert store.load([("m", events, features)], "made").predictions == rows


def log_bytes(store: Store) -> int:
    file = store.path.with_name(store.path.name + ".wal")
    return file.stat().st_size if file.exists() else 0


def row_groups(store: Store) -> int:
    with store._database.cursor() as connection:
        return connection.execute(ROW_GROUPS).fetchall()[0][0]


@pytest.fixture
def keeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LogKeeper:
    """Of a log that a test writes; the clock stands at a thousand seconds."""
    monkeypatch.setattr(log_keeping.time, "monotonic", lambda: 1_000.0)
    return LogKeeper(tmp_path / "x.duckdb")


def at(monkeypatch: pytest.MonkeyPatch, keeper: LogKeeper, seconds: float, n_bytes: int) -> Move:
    """Return what is due so long after the last commit, with a log of this size."""
    with keeper._path.open("wb") as file:
        file.truncate(n_bytes)
    monkeypatch.setattr(log_keeping.time, "monotonic", lambda: 1_000.0 + seconds)
    return keeper.due()


@pytest.mark.parametrize(
    ("seconds", "n_bytes", "move"),
    [
        (0.1, log_keeping.LONG_BYTES - 1, Move.NO),
        (0.1, log_keeping.LONG_BYTES, Move.QUICK),
        (log_keeping.PAUSE_S, log_keeping.LONG_BYTES, Move.MERGING),
        (log_keeping.PAUSE_S, log_keeping.WORTH_BYTES, Move.MERGING),
        (log_keeping.PAUSE_S, log_keeping.WORTH_BYTES - 1, Move.NO),
        (log_keeping.IDLE_S, 1, Move.MERGING),
        (log_keeping.IDLE_S, 0, Move.NO),
    ],
)
def test_a_long_log_is_moved_at_once_and_a_short_one_when_nobody_writes(
    monkeypatch, keeper, seconds, n_bytes, move
):
    assert at(monkeypatch, keeper, seconds, n_bytes) is move


def test_who_never_pauses_has_row_groups_merged_now_and_then(monkeypatch, keeper):
    assert at(monkeypatch, keeper, 599, log_keeping.LONG_BYTES) is Move.MERGING  # a pause
    keeper.note_commit()
    assert keeper.due() is Move.QUICK
    monkeypatch.setattr(log_keeping.time, "monotonic", lambda: 1_600.5)
    keeper.note_commit()
    assert keeper.due() is Move.MERGING


def test_an_idle_store_holds_everything_in_its_file(store: Store, monkeypatch):
    load(store, 0)
    assert log_bytes(store) > 0
    store.keep_log_short()
    assert log_bytes(store) > 0, "somebody may be about to write"
    monkeypatch.setattr(log_keeping, "IDLE_S", 0.0)
    store.keep_log_short()
    assert log_bytes(store) == 0


def test_a_writer_that_goes_on_has_a_short_log_and_a_pause_merges_what_it_left(
    store: Store, monkeypatch
):
    long = 400_000
    monkeypatch.setattr(log_keeping, "LONG_BYTES", long)
    done = threading.Event()

    def keep() -> None:
        while not done.wait(0.002):
            store.keep_log_short()

    thread = threading.Thread(target=keep)
    thread.start()
    sizes = []
    try:
        for number in range(40):
            load(store, number)
            sizes.append(log_bytes(store))
    finally:
        done.set()
        thread.join()
    of_one = sizes[0]
    moves = sum(after < before for before, after in itertools.pairwise(sizes))
    assert moves >= 3
    # the writer may commit a few times before it is its turn
    assert max(sizes) < long + 12 * of_one
    small = row_groups(store)
    assert small >= moves, "nothing is merged while somebody waits"
    monkeypatch.setattr(log_keeping, "IDLE_S", 0.0)
    load(store, 99)
    store.keep_log_short()
    assert row_groups(store) < small
    assert store.sql("select count(*) as n from predictions")["n"].to_pylist() == [41 * ROWS]


def test_the_file_stays_as_it_is_while_it_is_copied(store: Store, monkeypatch):
    monkeypatch.setattr(log_keeping, "LONG_BYTES", 1)
    monkeypatch.setattr(log_keeping, "IDLE_S", 0.0)
    with store._database.still():
        load(store, 0)
        store.keep_log_short()
        assert log_bytes(store) > 0
    store.keep_log_short()
    assert log_bytes(store) == 0


def test_a_long_log_is_moved_after_the_next_commit_or_without_one(keeper, monkeypatch):
    assert at(monkeypatch, keeper, 0.1, log_keeping.LONG_BYTES) is Move.QUICK
    monkeypatch.setattr(log_keeping, "NEXT_COMMIT_S", 60.0)
    found: list[Move] = []
    thread = threading.Thread(target=lambda: found.append(keeper.await_due()))
    thread.start()
    while not found:
        keeper.note_commit()
        time.sleep(0.001)
    thread.join()
    monkeypatch.setattr(log_keeping, "NEXT_COMMIT_S", 0.01)
    assert [*found, keeper.await_due()] == [Move.QUICK, Move.QUICK]


@contextlib.contextmanager
def reading_what_changes(store: Store) -> Iterator[None]:
    """Read as it was what a load then changes: how much came from its source."""
    load(store, 0)
    with store._database.reading() as connection:
        connection.execute("select * from sources").fetchall()
        load(store, 1)
        yield


def test_who_reads_what_has_changed_since_only_delays_that_the_log_is_moved(
    store: Store, monkeypatch
):
    monkeypatch.setattr(log_keeping, "IDLE_S", 0.0)
    monkeypatch.setattr(log_keeping, "AFTER_READERS_S", 0.0)
    with reading_what_changes(store):
        store.keep_log_short()  # no error, and no wait until the next try but a short one
        assert log_bytes(store) > 0
    store.keep_log_short()
    assert log_bytes(store) == 0


@pytest.mark.parametrize("act", ["checkpoint", "copy"])
def test_who_reads_what_has_changed_since_is_waited_for(store: Store, tmp_path: Path, act: str):
    wait = {"checkpoint": store.checkpoint, "copy": lambda: store.backup(tmp_path / "copy.duckdb")}
    thread = threading.Thread(target=wait[act])
    with reading_what_changes(store):
        thread.start()
        thread.join(3 * log_keeping.READERS_S)
        assert thread.is_alive()
        load(store, 2)  # meanwhile others commit
    thread.join()
    assert log_bytes(store) == 0
    if act == "copy":
        with duckdb.connect(str(tmp_path / "copy.duckdb"), read_only=True) as copy:
            assert copy.execute("select count(*) from m_m.predictions").fetchall() == [(3 * ROWS,)]


def test_who_reads_for_too_long_is_named(store: Store, monkeypatch):
    monkeypatch.setattr(log_keeping, "PATIENCE_S", 0.0)
    with (
        reading_what_changes(store),
        pytest.raises(StoreBusyError, match="others read what has changed since"),
    ):
        store.checkpoint()
