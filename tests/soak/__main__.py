"""
Kills owners of stores at random moments: `make soak`, ``python -m tests.soak [N SEED MOMENT …]``.

Prints a table, and keeps it as a dated file in benchmarks/results/.
"""

from __future__ import annotations

import platform
import random
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from tests.soak import old_stores
from tests.soak.full_disk import full_disk, small_disk
from tests.soak.lives import ROOT, Lives, living
from tests.soak.moments import MOMENTS, Ground, Tally

# moments, seed
DEFAULTS = (200, 4)
OLD_BODIES = 200
_ARCHIVES = """\
store: store
monitors:
  "*": {archive: {after: 2d, to: cold}}
"""
_HEAD = "| killed during | kills | hit it | acknowledged | lost | twice | in part | mended |"


def soak(
    folder: Path, n: int, seed: int, tell: Callable[[str], object], wanted: Collection[str] = ()
) -> dict[str, Tally]:
    """Kill `n` times, all moments or the wanted ones in turn; return what came of it."""
    chance = random.Random(seed)
    with ExitStack() as stack:
        lives = stack.enter_context(living(folder))
        grounds = _grounds(lives, folder, chance)
        moments = dict(MOMENTS)
        if stack.enter_context(small_disk(folder / "small-disk")):
            moments[full_disk.__name__] = full_disk
            grounds[full_disk.__name__] = Ground(lives, folder / "small-disk" / "store", chance)
        else:
            tell("full_disk: skipped, this machine lets nobody mount a small file system")
        tallies = {name: Tally() for name in moments if not wanted or name in wanted}
        for number, name in enumerate(_in_turn(list(tallies), n)):
            moments[name](grounds[name], tallies[name])
            tell(f"{number + 1}/{n} {name}: {_row(name, tallies[name])}")
        return tallies


def _grounds(lives: Lives, folder: Path, chance: random.Random) -> dict[str, Ground]:
    main = Ground(lives, folder / "store", chance)
    # its own: it goes back to an older state
    restored = Ground(lives, folder / "restored", chance)
    old_stores.fill(restored.folder, OLD_BODIES)
    old = Ground(lives, folder / "migrated", chance)
    old_stores.make(folder / "old", OLD_BODIES)
    for ground in (restored, old):
        ground.know(OLD_BODIES)
    (folder / "tiered").mkdir()
    (folder / "tiered" / "driftline.yaml").write_text(_ARCHIVES, encoding="utf-8")
    tiered = Ground(lives, folder / "tiered" / "store", chance)
    own = {"archive": tiered, "migration": old, "restore": restored}
    return dict.fromkeys(MOMENTS, main) | own


def _in_turn(names: list[str], n: int) -> Iterator[str]:
    for number in range(n):
        yield names[number % len(names)]


def _row(name: str, tally: Tally) -> str:
    told = (tally.kills, tally.inside, tally.acknowledged, tally.lost, tally.twice, tally.torn)
    return f"| {name} | {' | '.join(map(str, told))} | {tally.mended} |"


def table(tallies: dict[str, Tally]) -> list[str]:
    """Return the lines of the table."""
    whole = Tally()
    for tally in tallies.values():
        for name in ("kills", "inside", "acknowledged", "lost", "twice", "torn", "mended"):
            setattr(whole, name, getattr(whole, name) + getattr(tally, name))
    rows = [_row(name, tally) for name, tally in tallies.items()]
    return [_HEAD, "|---" + "|--:" * 7 + "|", *rows, _row("**all**", whole)]


_ABOUT = """\
# Killed owners, {date:%Y-%m-%d}

`make soak`, seed {seed}, {minutes:.0f} minutes, Python {python}, DuckDB {duckdb}. Every kill is
`kill -9` of the process that owns the store (`driftline collect`; for restore, of that command),
while three senders send bodies of nine lines. Then doctor repairs, the store is opened, and every
body is looked for: eight events, a label and a line that cannot be read, all there, once. Counted
are bodies.

{table}

Hit it: the kill came while that work was going on (commit, checkpoint: while bodies were waiting;
full_disk: after the owner had refused one). Mended: doctor found more to repair than the dead
owner's file. Found beside the store: {left}.
"""


def _page(tallies: dict[str, Tally], seed: int, seconds: float) -> str:
    left = sorted({name for tally in tallies.values() for name in tally.left})
    return _ABOUT.format(
        date=datetime.now(UTC),
        seed=seed,
        minutes=seconds / 60,
        python=platform.python_version(),
        duckdb=duckdb.__version__,
        table="\n".join(table(tallies)),
        left=", ".join(left) or "nothing",
    )


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def main(words: list[str]) -> int:
    """Run, print, keep; 1 where anything was lost, stored twice or in part."""
    n, seed = (int(word) for word in (*words[:2], *DEFAULTS[len(words) :]))
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="driftline-soak-") as folder:
        tallies = soak(Path(folder), n, seed, _tell, words[2:])
    page = _page(tallies, seed, time.monotonic() - begun)
    sys.stdout.write(page)
    name = f"{datetime.now(UTC):%Y-%m-%d}-killed-owners.md"
    (ROOT / "benchmarks" / "results" / name).write_text(page, encoding="utf-8")
    return int(any(t.lost or t.twice or t.torn for t in tallies.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
