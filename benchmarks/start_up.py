"""
How long Driftline takes to start: ``python benchmarks/start_up.py``.

Commands are run to their end, servers until /readyz answers 200: on no store yet, on one of
300,000 rows of 31 columns, and on that store as ``kill -9`` leaves it with a log of about 60 MB.
CPU is that of the process so far, all its threads together.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks._sheet import cpu_s, heading, load, of_runs, tell
from benchmarks.collector import made
from store.store import Store

DRIFTLINE = str(Path(sys.executable).with_name("driftline"))
ROWS, COMMIT_ROWS, LOG_BYTES = 300_000, 5_000, 60_000_000
LOG = "driftline.duckdb.wal"
OPEN = """
import os, sys, time
from pathlib import Path
from store.store import Store
cpu, wall = time.process_time(), time.perf_counter()
Store.open(Path(sys.argv[1]))
print(time.process_time() - cpu, time.perf_counter() - wall, flush=True)
os._exit(0)
"""
EMPTY, FILLED, KILLED = "no store", "filled store", "killed"


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU and wall seconds."""

    cpu_s: float
    wall_s: float


def command(folder: Path, *words: str) -> Cost:
    """Run a command to its end."""
    began = time.perf_counter()
    child = subprocess.Popen([DRIFTLINE, *words], cwd=folder, stdout=subprocess.DEVNULL)
    _, _, used = os.wait4(child.pid, 0)
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - began)


def server(folder: Path, word: str) -> Cost:
    """Start a server, and wait until it is ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.perf_counter()
    child = subprocess.Popen(
        [DRIFTLINE, word, "--store", "store", "--port", str(port)],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not is_ready(port):
            if child.poll() is not None:
                raise SystemExit(f"driftline {word} ended with {child.returncode}")
            time.sleep(0.02)
        return Cost(cpu_s(child.pid), time.perf_counter() - began)
    finally:
        child.kill()
        child.wait()


def is_ready(port: int) -> bool:
    """Return whether a server on this machine says that it is."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def opening(folder: Path) -> Cost:
    """Open the store, beyond the imports."""
    child = [sys.executable, "-c", OPEN, str(folder / "store")]
    done = subprocess.run(child, check=True, stdout=subprocess.PIPE, text=True)
    return Cost(*map(float, done.stdout.split()))


def fill(folder: Path) -> None:
    """Load a filled store; the log is empty in the end."""
    with Store.open(folder / "store") as store:
        for first in range(0, ROWS, COMMIT_ROWS * 10):
            store.load([("m", *made(first, COMMIT_ROWS * 10))], "made")


def leave_log(folder: Path) -> None:
    """Commit until the log is as long as wanted, and end as `kill -9` ends."""
    store = Store.open(folder / "store")
    for first in itertools.count(ROWS, COMMIT_ROWS):
        store.load([("m", *made(first, COMMIT_ROWS))], "made")
        if (folder / "store" / LOG).stat().st_size >= LOG_BYTES:
            os.kill(os.getpid(), signal.SIGKILL)


def states(folder: Path) -> dict[str, Path]:
    """Make the folders that are started in."""
    found = {name: folder / name.replace(" ", "-") for name in (EMPTY, FILLED, KILLED)}
    found[EMPTY].mkdir()
    fill(found[FILLED])
    shutil.copytree(found[FILLED], found[KILLED])
    subprocess.run([sys.executable, __file__, "--leave-log", str(found[KILLED])], check=False)
    return found


def asked() -> list[tuple[str, str, Callable[[Path], Cost]]]:
    """Return what is measured: its name, where, and how."""
    return [
        ("`driftline --help`", EMPTY, lambda at: command(at, "--help")),
        ("`driftline doctor`", EMPTY, lambda at: command(at, "doctor")),
        ("`driftline doctor`", FILLED, lambda at: command(at, "doctor")),
        *((f"`driftline {word}` until ready", where, _until_ready(word))
          for word in ("collect", "serve") for where in (EMPTY, FILLED, KILLED)),
        ("open the store, beyond imports", FILLED, opening),
        ("open the store, beyond imports", KILLED, opening),
    ]  # fmt: skip


def _until_ready(word: str) -> Callable[[Path], Cost]:
    return lambda at: server(at, word)


def measured(at: Path, scratch: Path, ask: Callable[[Path], Cost]) -> Cost:
    """Measure on a copy, for starting changes what is there."""
    shutil.copytree(at, scratch)
    try:
        return ask(scratch)
    finally:
        shutil.rmtree(scratch)


def sheet(n_runs: int) -> Iterator[str]:
    """Measure, and yield the lines."""
    with tempfile.TemporaryDirectory(prefix="driftline-bench-") as name:
        folders = states(Path(name))
        log_mb = (folders[KILLED] / "store" / LOG).stat().st_size / 1e6
        about = (
            f"`python benchmarks/start_up.py --runs {n_runs}`: a filled store has {ROWS:,} rows of "
            f"31 columns; a killed one has a log of {log_mb:.0f} MB besides. The least of the runs "
            "(the middle one)."
        )
        yield from heading("Start-up", about)
        yield "| what | on | CPU s | wall s |"
        yield "|---|---|--:|--:|"
        for what, where, ask in asked():
            costs = [measured(folders[where], Path(name) / "at", ask) for _ in range(n_runs)]
            cpu, wall = (
                of_runs([getattr(cost, field) for cost in costs], 2)
                for field in ("cpu_s", "wall_s")
            )
            yield f"| {what} | {where} | {cpu} | {wall} |"
        yield ""
        yield f"Load {load()} after."


def main() -> None:
    """Print the table, and keep it where that is wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--save", action="store_true", help="write benchmarks/results")
    parser.add_argument("--leave-log", type=Path, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.leave_log:
        leave_log(wanted.leave_log)
    else:
        tell(sheet(wanted.runs), "start-up", save=wanted.save)


if __name__ == "__main__":
    main()
