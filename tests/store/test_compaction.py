"""Writing the file anew: nothing is lost, whoever works meanwhile or is killed."""

from __future__ import annotations

import itertools
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from domain.errors import DriftlineError, StoreError
from store import compaction
from store.store import Store
from tests.store.made import batch, event


def load(store: Store, number: int, rows: int = 50) -> None:
    events = [event(number, prediction_id=f"{number}-{i}", score=0.5) for i in range(rows)]
    store.load([batch(events)], "made")


def count(store: Store) -> int:
    return store.sql("select count(*) as n from predictions")["n"].to_pylist()[0]


def contents(store: Store) -> dict[str, list[dict[str, object]]]:
    """Every row of every table, by the table's definition."""
    with store._database.reading() as connection:
        tables = connection.execute(
            "select schema_name, table_name, sql from duckdb_tables() where not temporary"
        ).fetchall()
        return {
            sql: sorted(map(str, connection.execute(f'from "{schema}"."{name}"').fetchall()))
            for schema, name, sql in tables
        }


def test_the_new_file_holds_the_same_tables_and_rows_and_goes_on_working(store: Store):
    load(store, 0)
    load(store, 1, 3000)
    before = contents(store)
    store.compact()
    assert contents(store) == before
    load(store, 1, 3000)
    assert count(store) == 3050, "a row was stored twice"
    load(store, 2)
    assert count(store) == 3100
    store.close()
    with Store.open(store.path.parent, create=False) as again:
        assert count(again) == 3100


def test_what_was_removed_takes_no_room_any_more(store: Store):
    chance = random.Random(3)
    events = [
        event(i / 60, prediction_id=f"p{i}", features={f"x{k}": chance.random() for k in range(6)})
        for i in range(25_000)
    ]
    store.load([batch(events)], "made")
    store.checkpoint()
    with store._database.writing() as connection:
        schema = connection.execute("select schema_name from models").fetchall()[0][0]
        # not one run of rows is free as a whole
        connection.execute(f'delete from "{schema}".predictions where hash(prediction_id) % 8 > 0')
    store.checkpoint()
    before, after = store.compact()
    assert after < before - 700_000
    assert after == store.path.stat().st_size


def until(stop: threading.Event, failures: list[DriftlineError], do: Callable[[int], object]):
    """Do something again and again."""
    try:
        for number in itertools.count():
            if stop.is_set():
                return
            do(number)
    except DriftlineError as error:
        failures.append(error)


def test_loads_and_questions_wait_meanwhile_and_none_fails(store: Store):
    done, failures, loaded = threading.Event(), [], []

    def write(number: int) -> None:
        load(store, number)
        loaded.append(number)

    work = (write, lambda _: count(store), lambda _: store.refresh_call_hours())
    threads = [threading.Thread(target=until, args=(done, failures, do)) for do in work]
    load(store, 10**6)
    for thread in threads:
        thread.start()
    try:
        for _ in range(4):
            so_far = len(loaded)
            store.compact()
            while len(loaded) <= so_far and not failures:
                done.wait(0.01)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert not failures
    assert count(store) == 50 * (len(loaded) + 1)


def test_a_question_within_a_question_does_not_wait_for_itself(store: Store):
    load(store, 0)
    begun, finished = threading.Event(), threading.Event()

    def compact() -> None:
        begun.set()
        store.compact()
        finished.set()

    with store._database.reading():
        thread = threading.Thread(target=compact)
        thread.start()
        begun.wait()
        while not store._database._users._closed:
            finished.wait(0.01)
        assert count(store) == 50
        with store._database.writing():
            assert not finished.is_set()
    thread.join(60)
    assert finished.is_set()


def test_where_it_fails_the_store_is_as_it_was_and_still_open(store: Store, monkeypatch):
    load(store, 0)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(compaction, "settle", full)
    with pytest.raises(StoreError, match="No space left"):
        store.compact()
    assert count(store) == 50
    load(store, 1)
    assert count(store) == 100
    assert not list(store.path.parent.glob("*.part*"))


def test_a_cursor_that_somebody_kept_writes_nothing_to_the_file_that_is_gone(store: Store):
    load(store, 0)
    kept = store._database.connection.cursor()
    store.compact()
    with pytest.raises(duckdb.ConnectionException):
        kept.execute("delete from sources")


def test_after_it_the_store_is_still_this_process_alone(store: Store):
    load(store, 0)
    store.compact()
    probe = "import duckdb, sys; duckdb.connect(sys.argv[1])"
    command = [sys.executable, "-c", probe, str(store.path)]
    other = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Could not set lock" in other.stderr


WORKER = """
import sys
from pathlib import Path
from store.store import Store
from tests.store.test_compaction import load
store = Store.open(Path(sys.argv[1]))
number = int(sys.argv[2])
while True:
    load(store, number, 200)
    print(number, flush=True)
    store.compact()
    number += 1
"""


def test_killed_at_any_moment_it_leaves_the_old_file_or_the_new_one(tmp_path: Path):
    chance, acknowledged, pause = random.Random(7), 0, threading.Event()
    for _ in range(6):
        command = [sys.executable, "-c", WORKER, str(tmp_path / "store"), str(acknowledged)]
        root = Path(__file__).parents[2]
        worker = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)
        assert worker.stdout is not None
        worker.stdout.readline()
        acknowledged += 1
        pause.wait(chance.uniform(0, 0.6))
        worker.send_signal(signal.SIGKILL)
        acknowledged += len(worker.stdout.read().split())
        worker.stdout.close()
        worker.wait()
        with duckdb.connect(str(tmp_path / "store" / "driftline.duckdb")) as connection:
            found = connection.execute("select count(*) from predictions").fetchall()[0][0]
        # the last one may have been stored and not told of
        assert found in {200 * acknowledged, 200 * (acknowledged + 1)}
        acknowledged = found // 200
