"""Owners on a disk that fills up: what they acknowledged is there when there is room again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from api.client import RemoteService
from tests.soak.lives import Life
from tests.soak.moments import Ground, Tally, Work, owning, sending

DISK_BYTES: Final = 64 * 2**20
# a store larger than this is begun anew: beside it there has to be room for work that fails
_LARGEST_BYTES: Final = 12 * 2**20


@contextmanager
def small_disk(folder: Path) -> Generator[bool]:
    """Mount a small file system on a folder; whether this machine allows it."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def full_disk(ground: Ground, tally: Tally) -> None:
    """Send until nothing more fits, ask for more work, and kill the owner on the full disk."""
    ballast = ground.folder.parent / "ballast"
    if _size(ground.folder) > _LARGEST_BYTES:
        shutil.rmtree(ground.folder)
        ground.acknowledged.clear()
        ground.sent.clear()
    try:
        with owning(ground) as (life, service):
            with sending(ground, tally, service.url, 400) as senders:
                free = shutil.disk_usage(ballast.parent).free
                left = int(ground.chance.uniform(0.02e6, 1.2e6))
                ballast.write_bytes(bytes(max(0, free - left)))
            _kill_at_work(ground, life, service)
        tally.learn(hit=any(sender.refused for sender in senders))
    finally:
        ballast.unlink(missing_ok=True)
    ground.bury(tally)


def _kill_at_work(ground: Ground, life: Life, service: RemoteService) -> None:
    """Kill an owner that is idle, ends, or writes its file anew."""
    doing = ground.chance.choice(("nothing", "ending", "compaction"))
    work = Work(service.compact)
    if doing == "compaction":
        work.start()
    elif doing == "ending":
        life.kill(signal.SIGTERM)
    time.sleep(ground.chance.uniform(0, 0.3))
    life.kill(signal.SIGKILL)
    life.wait()
    if work.ident is not None:
        work.join()


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir()) if folder.exists() else 0
