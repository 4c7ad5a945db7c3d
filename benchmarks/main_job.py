"""
Measure the main job on the shipped sample: ``python benchmarks/main_job.py``.

Every figure is a whole child process: user + system CPU seconds, wall seconds and peak memory as
the operating system counts them. CPU is the figure to compare; wall hangs on what else runs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "sample_data"
DRIFTLINE = str(Path(sys.executable).with_name("driftline"))
IMPORTS = (
    "import jobs.results, monitors.local_service, reports.registry, "
    "scipy.special, scipy.stats, pandas"
)


@dataclass(frozen=True, slots=True)
class Figure:
    """What one child process took."""

    what: str
    cpu_s: float
    wall_s: float
    peak_mb: float
    code: int


def measure(what: str, *command: str) -> Figure:
    """
    Run a command and account for it; its output goes nowhere.

    Parameters
    ----------
    what : str
        Name in the table.
    *command : str
    """
    started = time.perf_counter()
    child = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return Figure(
        what,
        used.ru_utime + used.ru_stime,
        time.perf_counter() - started,
        used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10),
        child.returncode,
    )


def main() -> None:
    """Measure and print a table."""
    folder = Path(tempfile.mkdtemp(prefix="driftline-bench-"))
    store = ["--store", str(folder / "store"), "--config", str(SAMPLE / "driftline.yaml")]
    figures = [
        measure("driftline --help", DRIFTLINE, "--help"),
        measure("imports of a run", sys.executable, "-c", IMPORTS),
        measure("ingest the sample", DRIFTLINE, "ingest", str(SAMPLE / "predictions"), *store),
        measure("labels of the sample", DRIFTLINE, "labels", str(SAMPLE / "labels"), *store),
        measure("ingest it again", DRIFTLINE, "ingest", str(SAMPLE / "predictions"), *store),
        measure("backfill 39 weeks", DRIFTLINE, "backfill", "--from", "2013-04-01", *store),
        measure("one daily window", DRIFTLINE, "run", "--as-of", "2013-11-14", *store),
        measure("report html", DRIFTLINE, "report", "--out", str(folder / "r.html"), *store),
        measure("demo --no-serve", DRIFTLINE, "demo", "--dir", str(folder / "d"), "--no-serve"),
        measure("demo again", DRIFTLINE, "demo", "--dir", str(folder / "d"), "--no-serve"),
    ]
    print(f"{'':<22}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}{'exit':>6}")
    for f in figures:
        print(f"{f.what:<22}{f.cpu_s:>8.2f}{f.wall_s:>8.2f}{f.peak_mb:>9.0f}{f.code:>6}")
    load = os.getloadavg()[0]
    print(f"load when done {load:.1f}; {os.cpu_count()} cores; Python {sys.version.split()[0]}")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
