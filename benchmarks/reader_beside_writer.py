"""
How long readers wait beside a writer: ``python benchmarks/reader_beside_writer.py``.

One process has the store open, as an owner has it, with the owner's work in the background: the
demo's judged year and a model of one day with 1.2 million rows. A reader asks what pages and runs
ask, one question after the other without a pause; a writer commits 5,000 rows of 31 columns four
times a second, into the model that is asked about. Each is measured alone and both together, in
slices that mirror each other, so that every side sees stores of the same size on average.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks._sheet import heading, load, of_runs, tell
from benchmarks.collector import made
from domain.column import Column
from domain.profile import ColumnKind, ColumnRole, Grid, GridKind, SortedColumn
from domain.window import Rows, Window
from jobs.periodic import Periodic
from jobs.serving import LOG_EVERY_S, REFRESH_EVERY_S
from monitors.config import Config
from monitors.config_file import load_config
from monitors.local_service import LocalService
from store.append import Bodies, EventRows
from store.store import Store

DRIFTLINE = str(Path(sys.executable).with_name("driftline"))
MODEL, VERSION = "busy", "1"
DAY_ROWS, COMMIT_ROWS, ROWS_S, BODY_ROWS = 1_200_000, 5_000, 20_000, 500
STEP_US, WRITTEN_STEP_US = 86_400_000_000 // DAY_ROWS, 10**6 // ROWS_S
START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = Window(START, START + timedelta(days=1))
DEMO_NOW = datetime(2014, 1, 1, 6, tzinfo=UTC)
CELLS = 128
READER, WRITER, BOTH = "reader", "writer", "both"
SLICES = (READER, BOTH, WRITER, WRITER, BOTH, READER)


@dataclass
class Side:
    """What was seen on one side: waits in ms by question, commits in ms, cores in use."""

    waits_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    commits_ms: list[float] = field(default_factory=list)
    cpu_s: float = 0.0
    wall_s: float = 0.0
    stored: int = 0

    def p(self, question: str, q: float) -> float:
        """Return a quantile of the waits for a question, in ms."""
        return float(np.quantile(self.waits_ms[question], q))


Sides = dict[str, Side]


def fill(store: Store) -> None:
    """Load the day of the busy model, 100,000 rows at a time, and count its hours."""
    for first in range(0, DAY_ROWS, 100_000):
        store.load([(MODEL, *made(first, 100_000, START, STEP_US))], "made")
    edges = np.linspace(-2.5, 2.5, CELLS - 1)
    columns = [c for c in store.logs(MODEL).columns() if c.role is ColumnRole.FEATURE]
    numbers = [c for c in columns if c.kind is ColumnKind.NUMBER]
    store.keep_grids(MODEL, {c: Grid(GridKind.QUANTILES, edges) for c in numbers}, START)
    store.refresh_column_hours()
    store.refresh_call_hours()
    store.checkpoint()


def questions(service: LocalService) -> dict[str, Callable[[], object]]:
    """Return what is asked, by its name in the table."""
    store = service.store
    grids = {column: kept[0].grid for column, kept in store.grids(MODEL).items()}
    # one after the other, so that more is read in all than DuckDB is allowed to keep
    rows, columns = Rows((DAY,), (VERSION,)), itertools.cycle(grids)

    def size(_: Column, __: SortedColumn, parts: list[SortedColumn]) -> int:
        return parts[0].n

    return {
        "fleet page": lambda: service.fleet(DEMO_NOW),
        "service levels of a day": lambda: service.service_levels(MODEL, VERSION, DAY),
        f"{len(grids)} columns of a day, counted by hour": lambda: store.logs(MODEL).counts(
            grids, [DAY], [VERSION]
        ),
        "calls of a day by minute": lambda: store.logs(MODEL).call_buckets(
            VERSION, DAY, 60, (50.0,)
        ),
        "exact values of a column of a day": lambda: store.logs(MODEL).each_sorted(
            [next(columns)], Rows(), rows, size
        ),
    }


def commits(n: int) -> Iterator[Bodies]:
    """Yield commits of ten bodies each, of the day after the one that is asked about."""
    features = [made(i, COMMIT_ROWS)[1] for i in range(8)]
    parts = np.arange(COMMIT_ROWS) // BODY_ROWS
    start = DAY.end - timedelta(microseconds=DAY_ROWS * WRITTEN_STEP_US)
    for number in range(n):
        first = DAY_ROWS + number * COMMIT_ROWS
        events = made(first, COMMIT_ROWS, start, WRITTEN_STEP_US)[0]
        yield Bodies(
            COMMIT_ROWS // BODY_ROWS, [EventRows(MODEL, events, features[number % 8], parts)]
        )


def read(side: Side, asked: dict[str, Callable[[], object]], until: float) -> None:
    """Ask one question after the other."""
    while time.perf_counter() < until:
        for name, ask in asked.items():
            began = time.perf_counter()
            ask()
            side.waits_ms[name].append(1e3 * (time.perf_counter() - began))


def write(side: Side, store: Store, ready: Iterator[Bodies], until: float) -> None:
    """Commit at a constant rate; who is late does not catch up beyond it."""
    due = time.perf_counter()
    while due < until:
        time.sleep(max(due - time.perf_counter(), 0.0))
        began = time.perf_counter()
        side.stored += sum(one.predictions for one in store.collect(next(ready), "http"))
        side.commits_ms.append(1e3 * (time.perf_counter() - began))
        due = max(due + COMMIT_ROWS / ROWS_S, began)


def measure(config: Config, seconds: float) -> Sides:
    """Measure a slice of each side, then the same in reverse."""
    sides: Sides = {name: Side() for name in (READER, WRITER, BOTH)}
    ready = iter(list(commits(int(2 * seconds * ROWS_S / COMMIT_ROWS) + 20)))
    with contextlib.ExitStack() as stack:
        service = stack.enter_context(LocalService.open(config, "bench", create=False))
        stack.enter_context(Periodic("refresh", REFRESH_EVERY_S, lambda _: service.refresh()))
        stack.enter_context(Periodic("log", LOG_EVERY_S, lambda _: service.keep_log_short()))
        asked = questions(service)
        for _ in range(2):  # nobody is measured while code is loaded for him
            read(Side(), asked, time.perf_counter() + 0.1)
            write(Side(), service.store, ready, time.perf_counter() + 0.3)
        for name in SLICES:
            slice_of(name, sides[name], service.store, asked, ready, seconds / 2)
    return sides


def slice_of(
    name: str,
    side: Side,
    store: Store,
    asked: dict[str, Callable[[], object]],
    ready: Iterator[Bodies],
    seconds: float,
) -> None:
    """Let the reader, the writer or both work for a while."""
    began, used = time.perf_counter(), time.process_time()
    works = []
    if name != WRITER:
        works.append(threading.Thread(target=read, args=(side, asked, began + seconds)))
    if name != READER:
        works.append(threading.Thread(target=write, args=(side, store, ready, began + seconds)))
    for work in works:
        work.start()
    for work in works:
        work.join()
    side.cpu_s += time.process_time() - used
    side.wall_s += time.perf_counter() - began


def told(runs: list[Sides]) -> Iterator[str]:
    """Yield the tables: the least of the runs, and the middle one."""
    yield "| question | alone p50 | p95 ms | beside p50 | p95 ms | p95 beside / alone | asked |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for name in runs[0][READER].waits_ms:
        cells = [
            of_runs([run[side].p(name, q) for run in runs], 1)
            for side in (READER, BOTH)
            for q in (0.5, 0.95)
        ]
        ratio = of_runs([run[BOTH].p(name, 0.95) / run[READER].p(name, 0.95) for run in runs], 2)
        asked = sum(len(run[BOTH].waits_ms[name]) for run in runs)
        yield f"| {name} | {' | '.join(cells)} | **{ratio}** | {asked} |"
    yield ""
    yield "| writer | commit p50 ms | p99 ms | max ms | rows/s | cores, all of the process |"
    yield "|---|--:|--:|--:|--:|--:|"
    for name, label in ((WRITER, "alone"), (BOTH, "beside the reader")):
        sides = [run[name] for run in runs]
        cells = [
            of_runs([float(np.quantile(side.commits_ms, q)) for side in sides], 1)
            for q in (0.5, 0.99, 1.0)
        ]
        rate = f"{np.median([side.stored / side.wall_s for side in sides]):,.0f}"
        cores = of_runs([side.cpu_s / side.wall_s for side in sides], 2)
        yield f"| {label} | {' | '.join(cells)} | {rate} | {cores} |"


def sheet(seconds: float, n_runs: int) -> Iterator[str]:
    """Make the demo, measure on copies of one store, and yield the lines."""
    with tempfile.TemporaryDirectory(prefix="driftline-bench-") as name:
        demo = Path(name) / "demo"
        command = [DRIFTLINE, "demo", "--dir", str(demo), "--no-serve"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        with Store.open(demo / "store") as store:
            fill(store)
        about = (
            f"`python benchmarks/reader_beside_writer.py --seconds {seconds:g} --runs {n_runs}`: "
            f"{DAY_ROWS:,} rows of 31 columns in the day that is asked about; the writer stores "
            f"{ROWS_S:,} rows/s in commits of {COMMIT_ROWS:,}; {seconds:g} s a side. Wall, in ms; "
            "the least of the runs (the middle one)."
        )
        yield from heading("A reader beside a writer", about)
        config, runs = load_config(demo / "driftline.yaml", {}), []
        for _ in range(n_runs):
            copy, before = Path(name) / "copy", load()
            shutil.copytree(demo / "store", copy)
            runs.append(measure(config.model_copy(update={"store": copy}), seconds))
            shutil.rmtree(copy)
            yield f"Load {before} before the run, {load()} after."
            yield ""
        yield from told(runs)


def main() -> None:
    """Print the tables, and keep them where that is wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="that each side is measured")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--save", action="store_true", help="write benchmarks/results")
    wanted = parser.parse_args()
    tell(sheet(wanted.seconds, wanted.runs), "reader-beside-writer", save=wanted.save)


if __name__ == "__main__":
    main()
