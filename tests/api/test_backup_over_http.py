"""A copy of the store made by its owner arrives whole where it was asked for, or not at all."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Generator
from pathlib import Path

import pytest

from api.actions import Actions
from api.client import RemoteService
from api.guard import Guard
from api.routes import guarded
from domain.errors import DiskFullError, StoreError, UsageError
from domain.key import Scope
from ingest.sources import SourceFile
from monitors.ingest_logs import Options
from monitors.local_service import LocalService
from store.store import Store
from tests.api.asking import Clock, empty_service, served

KEY, NOW = "the-owner", Clock().now
OPTIONS = Options(None, None, None, "auto", NOW)
LINE = '{"model":"m","ts":"2024-04-30T10:00:00Z","prediction_id":"p%d","score":0.5}\n'


class Owned:
    """A store with some predictions, its owner's address, and where the owner spools."""

    def __init__(self, local: LocalService, port: int, spool: Path) -> None:
        self.local, self.port, self.spool = local, port, spool

    def asker(self, key: str = KEY) -> RemoteService:
        return RemoteService(f"http://127.0.0.1:{self.port}", key)


@pytest.fixture
def owned(tmp_path: Path) -> Generator[Owned]:
    log = tmp_path / "log.ndjson"
    log.write_text("".join(LINE % i for i in range(500)))
    spool = tmp_path / "spool"
    spool.mkdir()
    with empty_service(tmp_path / "store") as local:
        local.ingest([SourceFile("log", log)], OPTIONS)
        actions = Actions(local, spool=spool, judging=threading.Lock())
        guard = Guard(local, Clock(), loopback=True, owner_secret=KEY)
        with served(guarded(actions.endpoints(), guard)) as port:
            yield Owned(local, port, spool)
        actions.close()


def stored(path: Path) -> int:
    """Count in a process of its own, as somebody who copied the file elsewhere would."""
    words = "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True);"
    words += "print(c.execute('select count(*) from predictions').fetchall()[0][0])"
    done = subprocess.run(
        [sys.executable, "-c", words, str(path)], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def test_a_copy_made_by_the_owner_holds_everything_and_leaves_nothing_behind(owned, tmp_path):
    target = tmp_path / "copy.duckdb"
    with owned.asker() as far:
        size = far.backup(target)
    assert target.stat().st_size == size
    assert stored(target) == 500
    assert list(owned.spool.iterdir()) == []
    assert not list(tmp_path.glob("*.part"))


def test_a_copy_is_asked_for_by_nobody_where_it_cannot_be_put(owned, tmp_path):
    (tmp_path / "copy.duckdb").write_bytes(b"mine")
    with owned.asker() as far:
        with pytest.raises(UsageError, match="exists"):
            far.backup(tmp_path / "copy.duckdb")
        with pytest.raises(UsageError, match="no folder"):
            far.backup(tmp_path / "no" / "copy.duckdb")
    assert (tmp_path / "copy.duckdb").read_bytes() == b"mine"


def test_what_fails_at_the_owner_is_told_and_leaves_no_file(owned, tmp_path, monkeypatch):
    def full(*_: object) -> int:
        raise DiskFullError("no room for a copy")

    monkeypatch.setattr(Store, "backup", full)
    with owned.asker() as far, pytest.raises(DiskFullError, match="no room"):
        far.backup(tmp_path / "copy.duckdb")
    assert not list(tmp_path.glob("copy*"))
    assert list(owned.spool.iterdir()) == []


def test_a_copy_that_ends_too_early_is_never_seen_under_its_name(owned, tmp_path, monkeypatch):
    whole = Store.backup

    def longer(self: Store, target: Path) -> int:
        return whole(self, target) + 1

    monkeypatch.setattr(Store, "backup", longer)
    with owned.asker() as far, pytest.raises(StoreError, match="it ended after"):
        far.backup(tmp_path / "copy.duckdb")
    assert not list(tmp_path.glob("copy*"))


def test_the_copy_of_one_whose_asker_left_is_removed(owned, tmp_path, monkeypatch):
    whole, begun, left, made = Store.backup, threading.Event(), threading.Event(), threading.Event()

    def slow(self: Store, target: Path) -> int:
        begun.set()
        left.wait(60)
        try:
            return whole(self, target)
        finally:
            made.set()

    monkeypatch.setattr(Store, "backup", slow)
    words = (
        "import sys; from pathlib import Path; from api.client import RemoteService\n"
        "RemoteService(sys.argv[1], sys.argv[2]).backup(Path(sys.argv[3]))"
    )
    target = tmp_path / "copy.duckdb"
    command = [sys.executable, "-c", words, f"http://127.0.0.1:{owned.port}", KEY, str(target)]
    asker = subprocess.Popen(command, cwd=Path(__file__).parents[2], stderr=subprocess.DEVNULL)
    assert begun.wait(60)
    asker.kill()
    asker.wait()
    left.set()
    assert made.wait(60)
    assert not target.exists()
    wait_until(lambda: list(owned.spool.iterdir()) == [])


def wait_until(holds) -> None:
    pause = threading.Event()
    for _ in range(600):
        if holds():
            return
        pause.wait(0.05)
    assert holds()


def test_a_copy_needs_a_key_that_may_do_everything(owned, tmp_path):
    made = owned.local.create_key("reader", [Scope.READ], None, None, NOW)
    with owned.asker(made.secret) as reader, pytest.raises(UsageError, match="admin"):
        reader.backup(tmp_path / "copy.duckdb")
    assert not list(tmp_path.glob("copy*"))


def test_the_last_copy_is_remembered_and_named_among_the_facts(owned):
    assert owned.local.facts().last_backup is None
    with owned.asker() as far:
        far.note_backup(NOW)
        assert far.facts().last_backup == NOW
    assert owned.local.facts().last_backup == NOW
