"""Whoever is killed while archiving leaves every row in exactly one place."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from store.store import Store
from tests.store.archived import archive_all
from tests.store.made import START, batch, event
from tests.store.s3_server import s3_bucket

DAY = timedelta(days=1)
NOW = START + 100 * DAY
ROOT = Path(__file__).resolve().parents[2]
COUNTS = (
    "select count(*) as n, count(distinct prediction_id) as ids, sum(score) as s from predictions"
)

# dies as by a power cut right before one of the steps, counted over the whole run
DYING = """
import os, signal, sys
from pathlib import Path
import store.archive.moving, store.archive.files, store.archive.catalog
from store.database import Database
from tests.store.archived import archive_all
from tests.store.made import START
from datetime import timedelta
from store.store import Store

folder, to, wanted = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
now = START + timedelta(days=100)
steps = 0

def dying(function):
    def around(*args, **named):
        global steps
        steps += 1
        if steps == wanted:
            os.kill(os.getpid(), signal.SIGKILL)
        done = function(*args, **named)
        steps += 1
        if steps == wanted:
            os.kill(os.getpid(), signal.SIGKILL)
        return done
    return around

for module, name in (
    (store.archive.moving, "add_leftover"), (store.archive.moving, "write_files"),
    (store.archive.moving, "digest_of"), (store.archive.moving, "add_files"),
    (store.archive.moving, "note_moved"), (store.archive.files, "settle"),
    (store.archive.moving, "remove"), (store.archive.moving, "forget_leftover"),
):
    setattr(module, name, dying(getattr(module, name)))
with Store.open(folder) as opened:
    for rows in opened.days_before("m", START + timedelta(days=2)):
        opened.archive_day(rows, to, "test", now)
"""


def _filled(folder: Path) -> None:
    with Store.open(folder) as store:
        made = [
            event(minute, prediction_id=f"p{minute}", prediction="x", score=0.5)
            for minute in range(0, 2 * 1440, 60)
        ]
        store.load([batch(made)], "a")


@pytest.mark.parametrize("step", range(1, 23, 2))
def test_a_kill_at_any_step_loses_nothing_and_stores_nothing_twice(
    tmp_path: Path, step: int
) -> None:
    _filled(tmp_path / "s")
    cold = tmp_path / "cold"
    done = subprocess.run(
        [sys.executable, "-c", DYING, str(tmp_path / "s"), str(cold), str(step)],
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == -signal.SIGKILL

    with Store.open(tmp_path / "s") as store:
        assert store.sql(COUNTS).to_pylist() == [{"n": 48, "ids": 48, "s": 24.0}]
        assert store.check_archive("me", NOW, repair=False, every_byte=True) == []
        store.sweep_archive()
        known = {f"{file.place}/{file.path}" for file in store.archived_files()}
        assert {str(path) for path in cold.rglob("*") if path.is_file()} == known
        archive_all(store, "m", START + 2 * DAY, cold, NOW)
        assert store.sql(COUNTS).to_pylist() == [{"n": 48, "ids": 48, "s": 24.0}]


def test_an_archive_in_s3_answers_changes_and_forgets_like_a_folder(tmp_path: Path) -> None:
    _filled(tmp_path / "s")
    with s3_bucket("logs") as url, Store.open(tmp_path / "s") as store:
        bucket, _, query = url.partition("?")
        to = f"{bucket}/archive?{query}"
        for rows in store.days_before("m", START + 2 * DAY):
            assert store.archive_day(rows, to, "test", NOW)

        assert store.sql(COUNTS).to_pylist() == [{"n": 48, "ids": 48, "s": 24.0}]
        assert store.check_archive("me", NOW, repair=False, every_byte=True) == []
        again = event(60, prediction_id="p60", prediction="x", score=0.5)
        assert store.load([batch([again])], "b").predictions == 0

        store.drop_before("m", START + DAY, "test", NOW)

        assert store.sql(COUNTS).to_pylist() == [{"n": 24, "ids": 24, "s": 12.0}]
        assert store.sweep_archive() == []
        assert {file.day.isoformat() for file in store.archived_files()} == {"2013-07-02"}
