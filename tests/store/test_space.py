"""When a file is written anew by itself: when it pays, and never while others are at work."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from domain.erasure import Condition, Erasing
from domain.errors import StoreBusyError
from monitors.compacting import Compacting
from store import compaction, space
from store.space import QUICK_BYTES, WORTH_BYTES, FileSpace
from store.store import Store
from tests.store.made import START, batch, event

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
MB = 2**20


def load(store: Store, *days: int, rows: int = 60_000) -> None:
    """Rows of 8 features that do not pack; those of a later call lie behind those of an earlier."""
    chance = np.random.default_rng(days)
    for day in days:
        us = np.int64(START.timestamp() * 1e6) + day * 86_400_000_000 + np.arange(rows)
        ts = pa.array(us).cast(pa.timestamp("us", tz="UTC"))
        features = pa.table({f"x{i}": chance.random(rows) for i in range(8)})
        store.load([("m", pa.table({"ts": ts, "score": chance.random(rows)}), features)], "made")
    store.checkpoint()


def delete_days(store: Store, days: int) -> None:
    with store._database.writing() as connection:
        schema = connection.execute("select schema_name from models").fetchall()[0][0]
        end = int(START.timestamp() * 1e6) + days * 86_400_000_000
        for table in ("predictions", "calls"):
            connection.execute(f'delete from "{schema}".{table} where ts < make_timestamp({end})')
    store.checkpoint()


def erase(store: Store, name: str) -> None:
    store.erase(Erasing("m", (Condition("prediction_id", name),), None), "me", NOW)


@pytest.mark.parametrize(
    ("size", "free", "erased", "pays", "due"),
    [
        (300 * MB, 99 * MB, False, False, False),
        (300 * MB, 101 * MB, False, True, True),
        (100 * MB, WORTH_BYTES - 1, False, False, False),
        (100 * MB, 0, True, False, True),
        (4 * QUICK_BYTES, 2 * QUICK_BYTES, False, True, False),
        (2 * QUICK_BYTES, 0, True, False, False),
        (0, 0, False, False, False),
    ],
)
def test_a_new_file_pays_for_much_free_room_and_is_due_where_it_is_quick(
    size: int, free: int, *, erased: bool, pays: bool, due: bool
):
    file = FileSpace(size, free, erased)
    assert (file.is_worth_it, file.is_due) == (pays, due)


def test_a_file_of_which_most_was_deleted_is_made_smaller_once_nobody_loads(
    store: Store, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(space, "WORTH_BYTES", 4 * MB)
    caplog.set_level(logging.INFO)
    load(store, 0, 1, 2, 3)
    load(store, 4, 5)
    size = store.path.stat().st_size
    delete_days(store, 4)
    assert store.path.stat().st_size == size, "DuckDB gives it back by itself: nobody need compact"
    compacting = Compacting(store)
    assert compacting.look() is None, "nobody knows yet whether anything is loaded"
    store.load([batch([event(0, score=0.5)])], "late")
    assert compacting.look() is None, "something was loaded meanwhile"
    told = compacting.look()
    assert told is not None
    assert told[0] >= size > 2 * told[1]
    assert store.path.stat().st_size == told[1]
    assert store.sql("select count(*) as n from predictions")["n"].to_pylist() == [2 * 60_000 + 1]
    kept = [vars(record) for record in caplog.records if record.msg == "store.compacted"]
    assert [(one["bytes_before"], one["bytes_after"]) for one in kept] == [told]
    # and what is free now is filled again by loads
    assert compacting.look() is None


def test_what_was_erased_leaves_the_file_however_little_it_was(store: Store):
    store.load([batch([event(i, prediction_id=f"p{i}", score=0.5) for i in range(9)])], "made")
    compacting = Compacting(store)
    compacting.look()
    assert compacting.look() is None
    erase(store, "nobody")
    assert not store.space().holds_erased
    erase(store, "p3")
    erase(store, "p4")
    assert store.space().holds_erased
    assert compacting.look() is not None
    assert not store.space().holds_erased
    assert compacting.look() is None


def test_a_killed_compaction_leaves_word_of_what_is_still_in_the_file(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    store.load([batch([event(0, prediction_id="p0", score=0.5)])], "made")
    erase(store, "p0")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(compaction, "settle", killed)
        with pytest.raises(KeyboardInterrupt):
            store.compact()
    assert store.space().holds_erased
    store.compact()
    assert not store.space().holds_erased


@pytest.mark.parametrize("work", ["question", "copy"])
def test_others_at_work_are_not_waited_for_and_nobody_is_kept_from_it(
    store: Store, work: str, tmp_path: Path
):
    store.load([batch([event(0, prediction_id="p0", score=0.5)])], "made")
    begun, done = threading.Event(), threading.Event()

    def at_work() -> None:
        at = store._database.reading() if work == "question" else store._database.still()
        with at:
            begun.set()
            done.wait(60)

    thread = threading.Thread(target=at_work)
    thread.start()
    try:
        assert begun.wait(60)
        with pytest.raises(StoreBusyError):
            store.compact(patience_s=0.01)
        # the door is open again
        assert store.models() == ("m",)
    finally:
        done.set()
        thread.join()
    store.compact(patience_s=60)
    assert store.sql("select count(*) as n from predictions")["n"].to_pylist() == [1]
