"""
What exact drift costs at size: ``python benchmarks/drift_at_size.py [--large] [--keep]``.

KS and PSI of 20 numeric columns (10 normal, 5 rounded lognormal, 5 of whole numbers) out of a
store: 1M rows of reference against 100k, 1M and with ``--large`` 10M. Beside it in the same run:
the limit (DuckDB reads each column, numpy sorts it), a bare ``sum()`` of the same columns, scipy
with numpy's histogram on arrays that lie in memory, and Evidently, which takes so long that it is
asked at 100k rows against 100k only. Every figure comes from a child process of its own, beyond
its imports and the open store; the least CPU of several children counts, for noise only adds.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import stats

from detectors import ks, psi
from detectors.grid import learn_number_grid
from domain.column import Column
from domain.profile import ColumnRole, Profile, SortedColumn
from domain.window import Rows, Window
from store.store import Store

REFERENCE_ROWS = 1_000_000
CURRENT_ROWS = (100_000, 1_000_000, 10_000_000)
ROWS_PER_LOAD = 500_000
START = datetime(2026, 1, 1, tzinfo=UTC)
DAY_US = 86_400_000_000
RESULTS = Path(__file__).with_name("results")
# two of ten, one of five and one of five: a fifth of all, alike in kind
FIFTH = (0, 1, 10, 15)
KNOWN = "Not of this run: Evidently 0.7.23 took 63 CPU-s and 1.9 GB at 1M against 1M."

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a child took beyond its base: for the current rows, and once for the reference."""

    cpu_s: float
    once_s: float
    wall_s: float
    peak_mb: float


def window(number: int) -> Window:
    """Return the day that a set of rows lies in: the reference is number 0."""
    return Window(START + timedelta(days=number), START + timedelta(days=number + 1))


def numbers(rng: np.random.Generator, n: int, shift: float) -> dict[str, NDArray[np.generic]]:
    """Make the twenty columns; the first one moves."""
    columns: dict[str, NDArray[np.generic]] = {
        f"normal_{i}": rng.normal(shift * (i == 0), 1, n) for i in range(10)
    }
    columns |= {f"amount_{i}": rng.lognormal(3, 1, n).round(2) for i in range(5)}
    return columns | {f"count_{i}": rng.poisson(5 * (i + 1) ** 2, n) for i in range(5)}


def fill(folder: Path, n_sets: int) -> None:
    """Load the rows, half a million at a time."""
    first = 0
    with Store.open(folder) as store:
        for number, n_rows in enumerate((REFERENCE_ROWS, *CURRENT_ROWS)[: n_sets + 1]):
            rng = np.random.default_rng(number)
            for start in range(0, n_rows, ROWS_PER_LOAD):
                n = min(ROWS_PER_LOAD, n_rows - start)
                places = np.arange(start, start + n)
                ts_us = int(window(number).start.timestamp()) * 10**6 + places * DAY_US // n_rows
                events = pa.table(
                    {
                        "ts": pa.array(ts_us, pa.timestamp("us", tz="UTC")),
                        "version": pa.array(["1"]).take(pa.array(np.zeros(n, np.int64))),
                        "prediction_id": pa.array(first + places).cast(pa.string()),
                    }
                )
                features = pa.table(numbers(rng, n, 0.02 * (number > 0)))
                store.load([("m", events, features)], "made")
            first += n_rows


def ours(folder: Path, number: int) -> Iterator[float]:
    """KS and PSI as a monitor has them: exact values of one column at a time."""
    with Store.open(folder, create=False) as store:
        columns = [c for c in store.logs("m").columns() if c.role is ColumnRole.FEATURE]
        yield 0.0
        began = time.process_time()
        rows = {side: Rows((window(side),), ("1",)) for side in (0, number)}
        profiles = store.logs("m").each_sorted(columns, rows[0], Rows(), _learned)
        once_s = time.process_time() - began

        def judge(column: Column, whole: SortedColumn, parts: list[SortedColumn]) -> list[str]:
            profile = profiles[column]
            now = parts[0].profile(profile.grid)
            gap = ks.detect(whole, parts[0], kind=column.role, alpha=0.01)
            moved = psi.detect(profile, now, kind=column.role, alpha=0.01)
            return [gap.verdict, moved.verdict]

        store.logs("m").each_sorted(columns, rows[0], rows[number], judge)
    yield once_s


def _learned(_: Column, whole: SortedColumn, __: list[SortedColumn]) -> Profile:
    return whole.profile(learn_number_grid(whole))


def read_and_sort(folder: Path, number: int) -> Iterator[float]:
    """Read each column and sort it: nobody's exact answer can be had for less."""
    with duckdb.connect(str(folder / "driftline.duckdb"), read_only=True) as connection:
        yield 0.0
        began = time.process_time()
        for side in (0, number):
            once_s = time.process_time() - began if side else 0.0
            for column in _columns(connection):
                _read(connection, column, side).sort()
        yield once_s


def bare_scan(folder: Path, number: int) -> Iterator[float]:
    """Add each column up inside DuckDB."""
    with duckdb.connect(str(folder / "driftline.duckdb"), read_only=True) as connection:
        sums = ", ".join(f'sum("{column}")' for column in _columns(connection))
        yield 0.0
        began = time.process_time()
        for side in (0, number):
            once_s = time.process_time() - began if side else 0.0
            connection.execute(f"select {sums} {_of(connection, side)}").fetchall()
        yield once_s


def scipy_and_numpy(folder: Path, number: int) -> Iterator[float]:
    """KS by scipy, bins by numpy, on arrays that lie in memory; of 10M rows a fifth of columns."""
    with duckdb.connect(str(folder / "driftline.duckdb"), read_only=True) as connection:
        columns = _columns(connection)
        chosen = [columns[i] for i in FIFTH] if number == 3 else columns
        pairs = [[_read(connection, c, side) for side in (0, number)] for c in chosen]
    yield 0.0
    for reference, current in pairs:
        stats.ks_2samp(reference, current, method="asymp")
        edges = np.unique(np.quantile(reference, np.linspace(0, 1, 11)))
        for side in (reference, current):
            np.histogram(side, edges)
    yield 0.0


def evidently(folder: Path, number: int) -> Iterator[float]:
    """Evidently's preset with KS, then PSI, on data frames; of the reference as many rows."""
    import pandas as pd  # noqa: PLC0415 - no other child pays for it
    from evidently import Report  # noqa: PLC0415 - costs seconds
    from evidently.presets import DataDriftPreset  # noqa: PLC0415 - costs seconds

    with duckdb.connect(str(folder / "driftline.duckdb"), read_only=True) as connection:
        columns, limit = _columns(connection), CURRENT_ROWS[number - 1]
        sides = [
            pd.DataFrame({c: _read(connection, c, side)[:limit] for c in columns})
            for side in (0, number)
        ]
    yield 0.0
    for method in ("ks", "psi"):
        Report([DataDriftPreset(num_method=method)]).run(sides[1], sides[0])
    yield 0.0


def _columns(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = connection.execute("select column_name from features order by position").fetchall()
    return [name for (name,) in found]


def _of(connection: duckdb.DuckDBPyConnection, number: int) -> str:
    schema = connection.execute("select schema_name from models").fetchall()[0][0]
    start, end = window(number).start.replace(tzinfo=None), window(number).end.replace(tzinfo=None)
    return f"from \"{schema}\".predictions where ts >= '{start}' and ts < '{end}'"


def _read(connection: duckdb.DuckDBPyConnection, column: str, number: int) -> Values:
    sql = f'select "{column}" as value {_of(connection, number)}'
    return np.ma.getdata(connection.execute(sql).fetchnumpy()["value"])


ASKED: dict[str, tuple[Callable[[Path, int], Iterator[float]], str]] = {
    "limit": (read_and_sort, "the limit: read + np.sort"),
    "sum": (bare_scan, "bare scan: `sum()`"),
    "ours": (ours, "**Driftline: exact KS + PSI**"),
    "scipy": (scipy_and_numpy, "scipy `ks_2samp` + `np.histogram`, data in memory"),
    "evidently": (evidently, "Evidently's preset, KS and PSI, data in memory"),
}


def child(name: str, folder: Path, number: int) -> None:
    """Measure one figure in this process and print it."""
    steps = ASKED[name][0](folder, number)
    next(steps)
    base_mb, cpu, wall = _resident_mb(), time.process_time(), time.perf_counter()
    once_s = next(steps)
    cpu_s, wall_s = time.process_time() - cpu, time.perf_counter() - wall
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes there, in kB here
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    factor = 20 // len(FIFTH) if (name, number) == ("scipy", 3) else 1
    cost = Cost((cpu_s - once_s) * factor, once_s, wall_s * factor, peak_mb - base_mb)
    print(json.dumps(asdict(cost)))


def _resident_mb() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024 / 1e6


def measure(name: str, folder: Path, number: int, times: int) -> Cost:
    """Run a child several times; the one with the least CPU counts."""
    command = [sys.executable, __file__, "--child", name, str(folder), str(number)]
    found: list[Cost] = []
    for _ in range(times):
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found.append(Cost(**json.loads(done.stdout.splitlines()[-1])))
    return min(found, key=lambda cost: cost.cpu_s)


def table(folder: Path, n_sizes: int) -> Iterator[str]:
    """Yield the lines of the table as they are measured."""
    yield "| rows | what | CPU s | + reference, once | wall s | peak MB | x the limit |"
    yield "|--:|---|--:|--:|--:|--:|--:|"
    asked = [(n, name) for n in range(1, n_sizes + 1) for name in ASKED if name != "evidently"]
    limits: dict[int, Cost] = {}
    for number, name in [*asked, (1, "evidently")]:
        cost = measure(name, folder, number, 1 if number == 3 or name == "evidently" else 3)
        limit = limits.setdefault(number, cost)
        # who takes the reference along every time is held to reading and sorting it, too
        both_s = 2 * limit.cpu_s if name == "evidently" else limit.cpu_s + limit.once_s
        ratio = cost.cpu_s / (limit.cpu_s if cost.once_s else both_s)
        once = f"{cost.once_s:.2f}" if cost.once_s else "inside"
        yield (
            f"| {CURRENT_ROWS[number - 1]:,} | {ASKED[name][1]} | {cost.cpu_s:.2f} | {once} "
            f"| {cost.wall_s:.2f} | {cost.peak_mb:.0f} | {ratio:.2f} |"
        )


def heading() -> Iterator[str]:
    """Yield what was measured where."""
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    yield f"# Drift at size, {datetime.now(UTC):%Y-%m-%d}"
    yield ""
    yield (
        f"20 numeric columns, {REFERENCE_ROWS:,} rows of reference. {os.cpu_count()} cores "
        f"({platform.machine()}, load {load} before), Python {platform.python_version()}, "
        f"DuckDB {duckdb.__version__}, numpy {np.__version__}."
    )
    yield "Peak memory is beyond the imports and the open store. Of the limit and of the scan, the"
    yield "reference is what reading the same columns of the reference takes."
    yield "Where the reference is inside, the ratio is to the limit of both sides."
    yield f"scipy at 10M: {len(FIFTH)} columns, times {20 // len(FIFTH)}. {KNOWN}"
    yield ""


def main() -> None:
    """Print the table, and keep it where that is wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="also 10M rows")
    parser.add_argument("--keep", action="store_true", help="write benchmarks/results")
    parser.add_argument("--store", type=Path, help="folder that the rows are kept in")
    parser.add_argument("--fill", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.fill:
        fill(Path(wanted.fill[0]), int(wanted.fill[1]))
    elif wanted.child:
        child(wanted.child[0], Path(wanted.child[1]), int(wanted.child[2]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            lines = compare(wanted.store or Path(folder), len(CURRENT_ROWS) - (not wanted.large))
        if wanted.keep:
            RESULTS.mkdir(exist_ok=True)
            name = f"{datetime.now(UTC):%Y-%m-%d}-drift-at-size.md"
            (RESULTS / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def compare(folder: Path, n_sizes: int) -> list[str]:
    """Fill the store unless it is there, then print what is measured."""
    lines: list[str] = []
    if not (folder / "driftline.duckdb").exists():
        command = [sys.executable, __file__, "--fill", str(folder), str(n_sizes)]
        subprocess.run(command, check=True)
    for line in itertools.chain(heading(), table(folder, n_sizes)):
        print(line, flush=True)
        lines.append(line)
    return lines


if __name__ == "__main__":
    main()
