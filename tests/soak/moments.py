"""
The moments in which a process of Driftline is killed, and what has to hold after each.

Where the work that is to be hit ends by itself, the time before the kill follows the work: after a
kill that came too late the next one comes earlier, so that about half of them hit it.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

import duckdb

from api.client import RemoteService
from domain.errors import DriftlineError
from jobs import owner
from store.database import FILE_NAME
from store.versions import newest_version
from tests.soak.lives import Life, Lives, until
from tests.soak.sent import FIRST, Found, Sender, look

SENDERS: Final = 3
OWNER: Final = ("collect", "--port", "0", "--no-scheduler")
# how doctor is made to look at what was left an hour ago
LONG_AGO_S: Final = 2 * 3600.0
# what differs from time to time in the name of a file
_CHANCE: Final = re.compile(r"(?<=-)(\w{8}(?=\.part)|\d{8}T\d{6})")


@dataclass
class Tally:
    """
    What came of the kills of one kind.

    Parameters
    ----------
    kills : int
    inside : int
        Those that came while the work that was to be hit was going on.
    acknowledged : int
        Bodies that were acknowledged in these lives.
    lost, twice, torn : int
        Bodies, see `Found`.
    mended : int
        Times that doctor found something to repair besides the dead owner's file.
    left : Counter of str
        Files that lay beside the store.
    longest_s : float
        The next kill comes at most so long after the work began.
    """

    kills: int = 0
    inside: int = 0
    acknowledged: int = 0
    lost: int = 0
    twice: int = 0
    torn: int = 0
    mended: int = 0
    left: Counter[str] = field(default_factory=Counter)
    longest_s: float = 0.3

    def learn(self, *, hit: bool) -> None:
        """Note whether a kill came in time, and aim the next one."""
        self.kills += 1
        self.inside += hit
        self.longest_s = min(max(self.longest_s * (1.15 if hit else 0.85), 0.005), 3.0)

    def add(self, found: Found) -> None:
        """Add what the store held after a kill."""
        self.lost += found.lost
        self.twice += found.twice
        self.torn += found.torn


class Ground:
    """
    A store on which lives follow each other, and all that was acknowledged in them.

    Parameters
    ----------
    lives : Lives
    folder : Path
        Of the store; a ``driftline.yaml`` beside it counts.
    chance : Random
    """

    def __init__(self, lives: Lives, folder: Path, chance: random.Random) -> None:
        self.lives = lives
        self.folder = folder
        self.chance = chance
        config = folder.with_name("driftline.yaml")
        self.words = ("--store", folder, *(("--config", config) if config.exists() else ()))
        self.acknowledged: set[int] = set()
        self.sent: set[int] = set()
        self._next = 0

    def know(self, n: int) -> None:
        """Begin with a store that holds the first bodies."""
        self.acknowledged = set(range(n))
        self.sent = set(self.acknowledged)
        self._next = n

    def numbers(self, n: int) -> list[int]:
        """Return new bodies to send, behind some whose fate nobody was told."""
        again = sorted(self.sent - self.acknowledged)[-10:]
        first, self._next = self._next, self._next + n
        fresh = [*again, *range(first, self._next)]
        self.sent |= set(fresh)
        return fresh

    def bury(self, tally: Tally) -> Found:
        """After a kill: doctor mends what there is to mend, and every acknowledged row is there."""
        beside = {path.name for path in self.folder.iterdir()} - {FILE_NAME, owner.FILE_NAME}
        tally.left.update(_CHANCE.sub("…", name) for name in beside)
        tally.mended += doctored(self)
        found = look(self.folder, self.acknowledged)
        tally.add(found)
        # one that was stored and not told of is known from now on
        self.acknowledged |= found.bodies & self.sent
        return found


def doctored(ground: Ground) -> bool:
    """Let doctor repair; return whether anything but the owner's file had been in its way."""
    for path in ground.folder.iterdir():
        if path.name.endswith((".part", ".part.wal")):
            _age(path)
    _, before = ground.lives.answer("doctor", *ground.words)
    _, repaired = ground.lives.answer("doctor", "--repair", *ground.words)
    _, after = ground.lives.answer("doctor", *ground.words)
    for told in (repaired, after):
        assert not _bad(told), told
    return bool(_bad(before) - {"owner"})


def _bad(told: dict[str, list[dict[str, object]]]) -> set[object]:
    """The checks that failed, but for two: nobody judges here, and one disk is small."""
    return {check["name"] for check in told["checks"] if not check["ok"]} - {"monitors", "disk"}


def _age(path: Path) -> None:
    then = path.stat().st_mtime - LONG_AGO_S
    os.utime(path, (then, then))


# ------------------------------------------------------------------ a life of the owner


@contextmanager
def owning(ground: Ground, log_limit: str | None = None) -> Generator[tuple[Life, RemoteService]]:
    """Run an owner until it is killed, at the latest at the end of the block."""
    life = ground.lives.start(*OWNER, *ground.words, log_limit=log_limit)

    def found() -> owner.Owner | None:
        told = owner.read(ground.folder)
        return told if told is not None and told.pid == life.pid else None

    try:
        told = until(found, life, "no owner")
        until(lambda: "http://" in life.said.read_text(), life, "it does not listen")
        with RemoteService(told.url, told.key) as service:
            yield life, service
    finally:
        life.kill(signal.SIGKILL)
        life.wait()


@contextmanager
def sending(ground: Ground, tally: Tally, url: str, n: int = 100) -> Generator[list[Sender]]:
    """Send bodies in the background; what was acknowledged is known at the end."""
    numbers = ground.numbers(n)
    senders = [Sender(url, numbers[i::SENDERS]) for i in range(SENDERS)]
    for sender in senders:
        sender.start()
    try:
        yield senders
    finally:
        for sender in senders:
            sender.join()
            ground.acknowledged |= set(sender.acknowledged)
            tally.acknowledged += len(sender.acknowledged)


def wait_for(senders: list[Sender], n: int) -> None:
    """Wait until so many bodies are acknowledged."""
    while sum(len(one.acknowledged) for one in senders) < n and any(
        one.is_alive() for one in senders
    ):
        time.sleep(0.0005)


class Work(threading.Thread):
    """Something that is asked of the owner, and hit or not by the kill."""

    def __init__(self, do: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._do = do
        self.error: DriftlineError | None = None

    def run(self) -> None:
        try:
            self._do()
        except DriftlineError as error:
            self.error = error

    def goes_on(self) -> bool:
        """Whether a kill would hit it; what has failed before is no proof of anything."""
        going = self.is_alive()
        assert going or self.error is None, self.error
        return going


def during(
    ground: Ground, tally: Tally, ask: Callable[[RemoteService], object] | None, **more: str
) -> None:
    """Kill the owner while it stores, and while it does what is asked of it."""
    with owning(ground, **more) as (life, service), sending(ground, tally, service.url) as senders:
        wait_for(senders, ground.chance.randrange(25))
        work = None if ask is None else Work(lambda: ask(service))
        if work is not None:
            work.start()
        time.sleep(ground.chance.uniform(0, tally.longest_s))
        hit = work.goes_on() if work is not None else any(one.is_alive() for one in senders)
        life.kill(signal.SIGKILL)
        life.wait()
    if work is not None:
        work.join()
    tally.learn(hit=hit)
    ground.bury(tally)


# ------------------------------------------------------------------ the moments


def commit(ground: Ground, tally: Tally) -> None:
    """Nothing but loads."""
    during(ground, tally, None)


def checkpoint(ground: Ground, tally: Tally) -> None:
    """Every few commits the log is moved into the file."""
    during(ground, tally, None, log_limit="100 KB")


def backup(ground: Ground, tally: Tally) -> None:
    """Copy the store, beside the loads."""
    target = ground.folder.parent / "copy.duckdb"
    target.unlink(missing_ok=True)
    during(ground, tally, lambda service: service.backup(target))
    for part in ground.folder.parent.glob("copy.duckdb.part"):
        part.unlink()  # of the client, which was not killed


def compaction(ground: Ground, tally: Tally) -> None:
    """Write the file anew, beside the loads."""
    during(ground, tally, lambda service: service.compact())


def archive(ground: Ground, tally: Tally) -> None:
    """Move all days to files, beside loads of rows of these days, which bring them back."""
    ask = partial(
        RemoteService.tidy, model=None, who="soak", now=FIRST + timedelta(days=9), dry_run=False
    )
    during(ground, tally, ask)


def ending(ground: Ground, tally: Tally) -> None:
    """Kill it while it puts things away: what waits is stored, the log is moved into the file."""
    with owning(ground) as (life, service):
        with sending(ground, tally, service.url, 30) as senders:
            wait_for(senders, ground.chance.randrange(25))
            life.kill(signal.SIGTERM)
            time.sleep(ground.chance.uniform(0, tally.longest_s))
            life.kill(signal.SIGKILL)
        hit = life.wait() == -signal.SIGKILL
    tally.learn(hit=hit)
    ground.bury(tally)


def migration(ground: Ground, tally: Tally) -> None:
    """Kill the owner while it brings an older store, its folder's name, to this version."""
    old = ground.chance.choice(sorted((ground.folder.parent / "old").iterdir()))
    shutil.rmtree(ground.folder, ignore_errors=True)
    shutil.copytree(old, ground.folder)
    life = ground.lives.start(*OWNER, "--store", ground.folder)
    try:
        until(lambda: _has_open(life.pid, ground.folder / FILE_NAME), life, "it opens no store")
        time.sleep(ground.chance.uniform(0, tally.longest_s))
    finally:
        life.kill(signal.SIGKILL)
        life.wait()
    with duckdb.connect(str(ground.folder / FILE_NAME), read_only=True) as connection:
        sql = "select value::integer from meta where name = 'store_version'"
        version = connection.execute(sql).fetchall()[0][0]
    assert int(old.name) <= version <= newest_version()
    tally.acknowledged += len(ground.acknowledged)
    tally.learn(hit=version < newest_version())
    ground.bury(tally)


def _has_open(pid: int, path: Path) -> bool:
    try:
        return any(fd.resolve() == path for fd in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:  # it ends, or an entry went while it was read
        return False


def restore(ground: Ground, tally: Tally) -> None:
    """Kill the command that puts a backup in the place of a store: one of the two is there."""
    copy = ground.folder.parent / "to-restore.duckdb"
    if not copy.exists():
        shutil.copyfile(ground.folder / FILE_NAME, copy)
    backed_up = set(look_at(copy, ground.folder.parent / "looked-at"))
    with owning(ground) as (_, service), sending(ground, tally, service.url, 6) as senders:
        wait_for(senders, 6)
    life = ground.lives.start("restore", copy, "--store", ground.folder)
    time.sleep(ground.chance.uniform(0, tally.longest_s))
    life.kill(signal.SIGKILL)
    tally.learn(hit=life.wait() == -signal.SIGKILL)
    held = look(ground.folder, ()).bodies
    if held == backed_up:
        ground.acknowledged = set(backed_up)
    ground.bury(tally)
    for kept in ground.folder.glob("*.before-*"):
        kept.unlink()


def look_at(file: Path, folder: Path) -> frozenset[int]:
    """Return the bodies in a copy of a store."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copyfile(file, folder / FILE_NAME)
    return look(folder, ()).bodies


Moment = Callable[[Ground, Tally], None]
MOMENTS: Final[dict[str, Moment]] = {
    one.__name__: one
    for one in (commit, checkpoint, backup, compaction, archive, ending, migration, restore)
}
