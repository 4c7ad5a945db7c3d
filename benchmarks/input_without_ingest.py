"""
What a verdict costs without a load: ``python -m benchmarks.input_without_ingest``.

A folder of Parquet with 20 features, a file a day for 40 days, is judged over its last day against
the 28 before, with and without a label in every row: in place, and out of a store that it was
loaded into. Each step is a child process of its own, which tells its CPU seconds and its peak
memory beyond `base`, a process that opens an empty store. Sizes are 100,000 and 1,000,000 rows;
``--large`` adds 10,000,000, which takes some minutes and 2 GB of disk; ``--save`` keeps the sheet.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks._sheet import heading, tell
from ingest.sources import find
from monitors.config import Config
from monitors.ingest_logs import Options
from monitors.local_service import LocalService

DAYS = 40
START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=DAYS)
DAY_US = 86_400_000_000
SIZES = (100_000, 1_000_000)
LARGE = 10_000_000
STEPS = ("look", "judge in place", "load", "judge the store")


def fill(folder: Path, n_rows: int, *, labels: bool) -> None:
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
        if labels:
            columns["label"] = pa.array(["no", "yes"]).take(pa.array(rng.integers(0, 2, n)))
            columns["prediction"] = pa.array(["no", "yes"]).take(pa.array(rng.integers(0, 2, n)))
        columns |= {f"x{i}": rng.normal(size=n) for i in range(20)}
        pq.write_table(pa.table(columns), folder / f"{number:02}.parquet", row_group_size=100_000)


def take(folder: Path, step: str) -> dict[str, float]:
    """Take a step over ``folder/lake``; return its CPU seconds and the peak of this process."""
    source = {"path": str(folder / "lake")}
    baseline = {"window": [f"{START + timedelta(days=11):%F}", f"{START + timedelta(days=39):%F}"]}
    elsewhere = step in ("look", "judge in place")
    monitor = {"baseline": baseline} | ({"source": source} if elsewhere else {})
    store = folder / ("base" if step == "base" else "results" if elsewhere else "loaded")
    config = Config(store=store, monitors={"m": monitor})
    with LocalService.open(config, "benchmark", create=True) as service:
        began = time.process_time()
        if step == "look":
            service.store.look("m")
        elif step == "load":
            service.ingest(find([source["path"]]), Options(None, None, None, "auto", NOW))
        elif step != "base":
            [run] = service.run("m", None, NOW, NOW)
            if run.error is not None:
                raise SystemExit(run.error)
        cpu_s = time.process_time() - began
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"cpu_s": cpu_s, "peak_mb": peak_mb}


def child(folder: Path, step: str) -> dict[str, float]:
    """Take a step in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.input_without_ingest", "--child", step]
    command += ["--folder", str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure(sizes: tuple[int, ...]) -> Iterator[str]:
    """Yield the lines of the sheet."""
    yield from heading(
        "Input without ingest",
        "`python -m benchmarks.input_without_ingest`: a day judged against 28 others, 20 features, "
        "a file a day. CPU seconds, and peak memory in MB beyond an open, empty store; a column of "
        "the judged rows is 6 MB per million rows.",
    )
    yield "| rows | labels | " + " | ".join(f"{step}: CPU-s, MB" for step in STEPS) + " |"
    yield "|---" * (2 + len(STEPS)) + "|"
    for n_rows in sizes:
        for labels in (False, True):
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                fill(folder / "lake", n_rows, labels=labels)
                base = child(folder, "base")["peak_mb"]
                found = [child(folder, step) for step in STEPS]
            told = [f"{one['cpu_s']:.1f}, {one['peak_mb'] - base:.0f}" for one in found]
            yield f"| {n_rows:,} | {'all' if labels else 'none'} | {' | '.join(told)} |"


def main() -> None:
    """Run as the module's text says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="also ten million rows")
    parser.add_argument("--save", action="store_true", help="write a dated file, too")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.child:
        sys.stdout.write(json.dumps(take(told.folder, told.child)) + "\n")
        return
    sizes = (*SIZES, LARGE) if told.large else SIZES
    tell(measure(sizes), "input-without-ingest", save=told.save)


if __name__ == "__main__":
    main()
