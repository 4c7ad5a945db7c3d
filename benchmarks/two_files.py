"""
What `driftline check` costs: CPU, wall clock and memory of the real console script in a child.

Run it with ``python benchmarks/two_files.py [--rows N]``; it prints one table. The imports are
measured alone, so that "beyond imports" is the difference of two columns.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

ROWS = 1_000_000
IMPORTS = (
    "import jobs.cli, jobs.commands.check, jobs.results, ingest.open_table, ingest.mapping, "
    "monitors.two_files, reports.registry"
)


@dataclass(frozen=True)
class Cost:
    """What one child process took: CPU is user and system time together."""

    cpu_s: float
    wall_s: float
    peak_mb: float
    code: int


def measure(command: list[str]) -> Cost:
    """Run a command to its end and ask the kernel what it took."""
    started = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes there, in kB here
    return Cost(
        used.ru_utime + used.ru_stime,
        time.perf_counter() - started,
        used.ru_maxrss * unit / 1e6,
        child.returncode,
    )


def numbers(seed: int, n: int) -> pa.Table:
    """Make ten normal columns, five rounded lognormal ones and five of whole numbers."""
    rng = np.random.default_rng(seed)
    columns = {f"normal_{i}": rng.normal(0.3 * (seed - 1) * (i == 0), 1, n) for i in range(10)}
    columns |= {f"amount_{i}": rng.lognormal(3, 1, n).round(2) for i in range(5)}
    columns |= {f"count_{i}": rng.poisson(5 * (i + 1) ** 2, n) for i in range(5)}
    return pa.table(columns)


def categories(seed: int, n: int) -> pa.Table:
    """Make twenty columns of text, of 2 to 2,000 different values."""
    rng = np.random.default_rng(seed)
    sizes = [2, 5, 10, 50, 200, 2000] * 3 + [3, 30]
    names = [np.array([f"value {k}" for k in range(size)]) for size in sizes]
    return pa.table(
        {f"text_{i}": pick[rng.integers(0, len(pick), n)] for i, pick in enumerate(names)}
    )


def labelled(seed: int, n: int) -> pa.Table:
    """Make seventeen numbers beside a label, a prediction and a score."""
    rng = np.random.default_rng(seed)
    table = numbers(seed, n).select(range(17))
    score = rng.beta(1 + 0.1 * seed, 3, n)
    outcome = pa.array((rng.random(n) < score).astype(np.int64))
    table = table.append_column("y_true", outcome)
    table = table.append_column("y_pred", pa.array((score > 0.5).astype(np.int64)))
    return table.append_column("score", pa.array(score))


def _write(make: Callable[[int, int], pa.Table], n: int, paths: list[str]) -> None:
    for seed, path in enumerate(paths, start=1):
        table = make(seed, n)
        (pa_csv.write_csv if path.endswith(".csv") else pq.write_table)(table, path)


def pair(folder: Path, name: str, make: Callable[[int, int], pa.Table], n: int) -> list[str]:
    """Write a pair of files in a process of its own, whose memory is not ours."""
    paths = [str(folder / f"{side}-{name}") for side in ("reference", "current")]
    writer = get_context("spawn").Process(target=_write, args=(make, n, paths))
    writer.start()
    writer.join()
    return paths


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    n = parser.parse_args().rows
    driftline = str(Path(sys.executable).with_name("driftline"))
    imports = min(
        (measure([sys.executable, "-c", IMPORTS]) for _ in range(3)), key=lambda cost: cost.cpu_s
    )
    cases = (
        ("numbers.parquet", numbers, n),
        ("categories.parquet", categories, n),
        ("labelled.parquet", labelled, n),
        ("numbers.csv", numbers, n // 5),
    )
    print(f"imports alone: {imports.cpu_s:.2f} s CPU, {imports.peak_mb:.0f} MB")
    print(f"{'pair':<20}{'rows x columns':>18}{'CPU s':>8}{'beyond':>8}{'wall s':>8}{'peak MB':>9}")
    with tempfile.TemporaryDirectory() as folder:
        for name, make, rows in cases:
            paths = pair(Path(folder), name, make, rows)
            cost = measure([driftline, "check", *paths])
            size = f"{rows:,} x {len(make(1, 1).column_names)}"
            print(
                f"{name:<20}{size:>18}{cost.cpu_s:>8.2f}{cost.cpu_s - imports.cpu_s:>8.2f}"
                f"{cost.wall_s:>8.2f}{cost.peak_mb:>9.0f}"
                + (f"  exit {cost.code}" if cost.code else "")
            )


if __name__ == "__main__":
    main()
