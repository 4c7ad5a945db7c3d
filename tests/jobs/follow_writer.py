"""A program that writes a log, rotates it by every means, and says how many lines it wrote."""

from __future__ import annotations

import gzip
import os
import random
import shutil
import sys
import time
from pathlib import Path

from tests.monitors.followed import event

LINES = 40


def write(logs: Path, rounds: int, seed: int) -> None:
    """Write; each number a few times, so that there are identical lines in a file."""
    chance = random.Random(seed)
    log, rotated = logs / "app.log", 0
    written = (logs.parent / "written").open("a")
    for number in range(rounds):
        lines = [event(1000 * number + i // 2) for i in range(LINES)]
        content = b"".join(lines)
        half = chance.randrange(len(content))
        with log.open("ab", buffering=0) as file:
            file.write(content[:half])
            time.sleep(0.02)
            file.write(content[half:])
        print(number, file=written, flush=True)
        time.sleep(0.02)
        if number % 4 == 3:
            rotated += 1
            _rotate(log, logs / f"app.log.{rotated}", chance)


def _rotate(log: Path, to: Path, chance: random.Random) -> None:
    match chance.choice(["rename", "copytruncate", "pack"]):
        case "rename":
            log.rename(to)
        case "copytruncate":
            shutil.copy(log, to)
            os.truncate(log, 0)
        case _:
            log.rename(to)
            packed = to.with_name(to.name + ".gz")
            packed.write_bytes(gzip.compress(to.read_bytes()))
            to.unlink()


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
