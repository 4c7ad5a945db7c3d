"""
What a verdict costs without a load: ``python benchmarks/input_without_ingest.py [ROWS] [--keep]``.

A folder of Parquet with ROWS (default 10M) rows of 20 features, a file a day for 40 days, is judged
over its last day against the 28 before: once read in place, once loaded and then judged. Every
figure comes from a child process of its own, with the peak memory of that process; `base` is a
process that opens an empty store. Loading is asked at a tenth of the rows: it is linear in them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.sources import find
from monitors.config import Config
from monitors.ingest_logs import Options
from monitors.local_service import LocalService

DAYS = 40
START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=DAYS)
DAY_US = 86_400_000_000
SHARE_LOADED = 10
RESULTS = Path(__file__).with_name("results")


def fill(folder: Path, n_rows: int) -> None:
    """Write the files."""
    folder.mkdir()
    for number in range(DAYS):
        rng, n = np.random.default_rng(number), n_rows // DAYS
        begin = int((START + timedelta(days=number)).timestamp()) * 10**6
        columns = {
            "ts": pa.array(begin + np.arange(n) * (DAY_US // n), pa.timestamp("us", tz="UTC")),
            "model": pa.array(["m"]).take(pa.array(np.zeros(n, np.int64))),
            "prediction_id": pa.array(np.arange(n) + number * n).cast(pa.string()),
            "score": rng.random(n),
            "latency_ms": rng.gamma(2, 5, n),
            "status": np.full(n, 200, np.int32),
        }
        columns |= {f"x{i}": rng.normal(size=n) for i in range(20)}
        pq.write_table(pa.table(columns), folder / f"{number:02}.parquet", row_group_size=100_000)


def judge(folder: Path, name: str) -> dict[str, float]:
    """Judge the last day, in place or after a load; return CPU seconds of each step."""
    source = {"path": str(folder / "lake")} if name == "in place" else None
    baseline = {"window": [f"{START + timedelta(days=11):%F}", f"{START + timedelta(days=39):%F}"]}
    monitor = {"baseline": baseline} | ({} if source is None else {"source": source})
    config = Config(store=folder / name, monitors={"m": monitor})
    steps: dict[str, float] = {}
    with LocalService.open(config, "benchmark", create=True) as service:
        if name != "base":
            began = time.process_time()
            if source is None:
                files = find([str(folder / "lake")])
                service.ingest(files, Options(None, None, None, "auto", NOW))
            else:
                service.store.look("m")
            steps["first"] = time.process_time() - began
            began = time.process_time()
            runs = service.run("m", None, NOW, NOW)
            steps["run"] = time.process_time() - began
            if runs[0].error is not None:
                raise SystemExit(runs[0].error)
    steps["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return steps


def child(folder: Path, name: str) -> dict[str, float]:
    """Judge in a process of its own."""
    command = [sys.executable, __file__, "--child", name, "--folder", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)
    return json.loads(done.stdout.splitlines()[-1])


def report(rows: int, said: Callable[[str], None]) -> None:
    """Measure and tell."""
    with tempfile.TemporaryDirectory() as name:
        large, small = Path(name, "large"), Path(name, "small")
        for folder, n in ((large, rows), (small, rows // SHARE_LOADED)):
            folder.mkdir()
            fill(folder / "lake", n)
        base = child(small, "base")
        figures = [
            ("read in place", rows, child(large, "in place")),
            ("read in place", rows // SHARE_LOADED, child(small, "in place")),
            ("loaded", rows // SHARE_LOADED, child(small, "loaded")),
        ]
        size = sum(file.stat().st_size for file in (large / "lake").iterdir()) / 1e6
        shutil.rmtree(large)
    said(f"# Input without ingest, {datetime.now(UTC):%Y-%m-%d}\n")
    said(f"Python {platform.python_version()}, pyarrow {pa.__version__}, {os.cpu_count()} cores;")
    said(f"{rows:,} rows are {size:,.0f} MB of Parquet; `benchmarks/input_without_ingest.py`.")
    said(f"Memory beyond a process with an empty store ({base['peak_mb']:.0f} MB).\n")
    said("| | rows | first: look over, or load (CPU-s) | verdict on a day (CPU-s) | memory (MB) |")
    said("|---|---|---|---|---|")
    for name_, n, told in figures:
        memory = told["peak_mb"] - base["peak_mb"]
        said(f"| {name_} | {n:,} | {told['first']:.1f} | {told['run']:.1f} | {memory:.0f} |")
    said(f"\nOne column of {rows:,} numbers is {rows * 8 / 1e6:.0f} MB.")


def main() -> None:
    """Run as the module's text says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int, nargs="?", default=10_000_000)
    parser.add_argument("--keep", action="store_true", help="write a dated file, too")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.child:
        sys.stdout.write(json.dumps(judge(told.folder, told.child)) + "\n")
        return
    lines: list[str] = []
    report(told.rows, lines.append)
    sys.stdout.write("\n".join(lines) + "\n")
    if told.keep:
        file = RESULTS / f"{datetime.now(UTC):%Y-%m-%d}-input-without-ingest.md"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
