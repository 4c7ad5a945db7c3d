"""
Both engines side by side on the same Parquet: CPU, wall and memory.

Spark runs on this machine (``local[2]``), so its figures hold no network. CPU seconds of Spark are
those of its Java process and of the Python process that asks. The files are made
anew in a temporary folder.

    python benchmarks/engines.py [ROWS] [RESULT.md]
"""

from __future__ import annotations

import datetime as dt
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from domain.profile import ColumnKind, ColumnRole, Grid, GridKind
from domain.source import Source
from domain.window import Rows, Window
from ingest.read import read_events
from ingest.sources import SourceFile
from store.engines.duckdb_engine import DuckDBEngine
from store.engines.engine import Engine
from store.engines.spark_engine import SparkEngine
from store.store import Store

START = dt.datetime(2013, 7, 1, tzinfo=dt.UTC)
AT_ONCE = 250_000
DAYS = 4
NORMAL, ROUNDED, WHOLE = 10, 5, 5


def write(folder: Path, n: int) -> None:
    """Write files of `AT_ONCE` rows: ten normal columns, five rounded, five of whole numbers."""
    rng = np.random.default_rng(1)
    step = DAYS * 86_400_000_000 // max(n // AT_ONCE, 1)
    for i in range(max(n // AT_ONCE, 1)):
        m = min(AT_ONCE, n)
        us = int(START.timestamp()) * 1_000_000 + i * step + np.sort(rng.integers(0, step, m))
        columns = {
            "ts": pa.array(us, pa.timestamp("us", tz="UTC")),
            "version": pa.array(rng.choice(["1", "2"], m)),
            "prediction_id": pa.array([f"{i}-{k}" for k in range(m)]),
            "score": pa.array(rng.random(m)),
        }
        columns |= {f"normal_{k}": pa.array(rng.normal(size=m)) for k in range(NORMAL)}
        columns |= {
            f"rounded_{k}": pa.array(np.round(rng.lognormal(size=m), 2)) for k in range(ROUNDED)
        }
        columns |= {f"whole_{k}": pa.array(rng.integers(0, 20, m) * 1.0) for k in range(WHOLE)}
        pq.write_table(pa.table(columns), folder / f"{i:05}.parquet", compression="zstd")


def questions(engine: Engine) -> dict[str, Callable[[], object]]:
    """Return what is measured, by name."""
    windows = tuple(
        Window(START + dt.timedelta(days=d), START + dt.timedelta(days=d + 1)) for d in range(DAYS)
    )
    versions = ("1",) * DAYS
    columns = [
        column
        for column in engine.columns()
        if column.kind is ColumnKind.NUMBER and column.role is ColumnRole.FEATURE
    ]
    grids = {c: Grid(GridKind.QUANTILES, np.linspace(-2.5, 20, 255)) for c in columns}
    rounded = [column for column in columns if not column.name.startswith("normal")]
    exact = columns[:1]

    def sizes(_column: object, _whole: object, parts: list[object]) -> int:
        return len(parts)

    rows = Rows(windows, versions)
    return {
        "rows by version and day": lambda: engine.row_counts(windows),
        f"{len(columns)} columns over 256 cells": lambda: engine.counts(grids, windows, versions),
        f"value counts of {len(rounded)} columns with ties": lambda: engine.each_sorted(
            rounded, Rows(), rows, sizes
        ),
        "exact values of one column without ties": lambda: engine.each_sorted(
            exact, Rows(), rows, sizes
        ),
        "calls by minute": lambda: engine.call_buckets(
            "1", Window(windows[0].start, windows[-1].end), 60, (100.0,)
        ),
    }


def measured(
    asked: dict[str, Callable[[], object]], cpu_s: Callable[[], float]
) -> dict[str, tuple[float, float]]:
    """Return CPU and wall seconds of the second of two runs: the first compiles."""
    found: dict[str, tuple[float, float]] = {}
    for name, ask in asked.items():
        ask()
        cpu, wall = cpu_s(), time.perf_counter()
        ask()
        found[name] = cpu_s() - cpu, time.perf_counter() - wall
    return found


def java_cpu_s(pid: int) -> float:
    """Return the CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def forget_peak(pid: int) -> None:
    """Let the peak of a process's memory begin anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="utf-8")


def peak_mib(pid: int) -> int:
    """Return the most memory that a process had since then."""
    told = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(re.search(r"VmHWM:\s+(\d+)", told)[1]) // 1024


def of_spark(folder: Path) -> tuple[dict[str, tuple[float, float]], float, int]:
    """Measure Spark: the questions, start-up in CPU seconds, memory of its Java process."""
    engine = SparkEngine(
        Source(
            engine="spark",
            path=str(folder),
            master="local[2]",
            options={"spark.sql.shuffle.partitions": "8", "spark.driver.memory": "2g"},
        ),
        "m",
    )
    engine.data_span()
    session = engine._logs.session  # noqa: SLF001 - whose process it is
    pid = int(session.sparkContext._jvm.java.lang.ProcessHandle.current().pid())  # noqa: SLF001
    begun = java_cpu_s(pid)
    found = measured(questions(engine), lambda: java_cpu_s(pid) + time.process_time())
    memory = peak_mib(pid)
    engine.close()
    return found, begun, memory


def of_duckdb(folder: Path, home: Path) -> tuple[dict[str, tuple[float, float]], float, int]:
    """Measure DuckDB over the same rows, loaded: questions, CPU of the load, most memory."""
    with Store.open(home) as store:
        loading = time.process_time()
        for path in sorted(folder.iterdir()):
            for read in read_events(SourceFile(path.name, path), model="m"):
                store.load([(b.model, b.events, b.features) for b in read.batches], path.name)
        loaded = time.process_time() - loading
        forget_peak(os.getpid())
        found = measured(questions(DuckDBEngine(store._database, "m")), time.process_time)  # noqa: SLF001
    return found, loaded, peak_mib(os.getpid())


def main(n: int, result: Path | None) -> None:
    """Measure and print, and keep the table."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "logs"
        folder.mkdir()
        write(folder, n)
        size = sum(path.stat().st_size for path in folder.iterdir()) / 2**20
        spark, begun, driver = of_spark(folder)
        duck, loaded, memory = of_duckdb(folder, Path(temporary) / "store")
    about = (
        f"`python benchmarks/engines.py {n}`; {size:.0f} MiB of Parquet (zstd), 20 numeric "
        f"columns, {DAYS} days. duckdb {duckdb.__version__}; Spark on `local[2]`. CPU seconds of "
        "the second run; wall depends on what else runs."
    )
    lines = [f"# Both engines over {n:,} rows, {dt.datetime.now(dt.UTC):%Y-%m-%d}", "", about, ""]
    lines += [
        "| | DuckDB CPU s | wall s | Spark CPU s | wall s | Spark / DuckDB |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, (cpu, wall) in duck.items():
        other, other_wall = spark[name]
        lines.append(
            f"| {name} | {cpu:.2f} | {wall:.2f} | {other:.2f} | {other_wall:.2f} "
            f"| {other / cpu:.1f} |"
        )
    before = (
        f"Before that: DuckDB loads in {loaded:.1f} CPU s; Spark starts and looks at the files in "
        f"{begun:.1f}. Most memory while asked: {memory} MiB with DuckDB in the asking process; "
        f"{driver} MiB in Spark's Java process, which may take 2 GiB."
    )
    lines += ["", before]
    print("\n".join(lines))
    if result is not None:
        result.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000,
        Path(sys.argv[2]) if len(sys.argv) > 2 else None,
    )
