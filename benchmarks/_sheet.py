"""What the measurements share: the sheet they are kept on, and a process's CPU seconds."""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb

RESULTS = Path(__file__).with_name("results")
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def queued_s(pid: int) -> float:
    """Return how long a process's threads of now wanted to run, but others did."""
    found = 0
    for file in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            found += int(file.read_text(encoding="ascii").split()[1])
    return found / 1e9


def load() -> str:
    """Return how many processes wanted to run, over the last minute and the last five."""
    return " and ".join(f"{x:.1f}" for x in os.getloadavg()[:2])


def heading(title: str, about: str) -> list[str]:
    """Return the first lines of a sheet: what was measured where, now."""
    machine = (
        f"{os.cpu_count()} cores ({platform.machine()}), load {load()} before; "
        f"Python {platform.python_version()}, DuckDB {duckdb.__version__}."
    )
    return [f"# {title}, {datetime.now(UTC):%Y-%m-%d}", "", about, "", machine, ""]


def of_runs(values: Sequence[float], digits: int = 0) -> str:
    """
    Write the least of some runs, and the one in the middle where there are several.

    Examples
    --------
    >>> of_runs([3, 1, 7]), of_runs([2.51], 1)
    ('1 (3)', '2.5')
    """
    ordered = sorted(values)
    least = f"{ordered[0]:,.{digits}f}"
    middle = f" ({ordered[len(ordered) // 2]:,.{digits}f})"
    return least + middle * (len(ordered) > 1)


def tell(lines: Iterable[str], name: str, *, save: bool) -> None:
    """Print lines as they come, and keep them as a dated file where that is wanted."""
    told: list[str] = []
    for line in lines:
        print(line, flush=True)
        told.append(line)
    if save:
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{datetime.now(UTC):%Y-%m-%d}-{name}.md"
        path.write_text("\n".join([*told, ""]), encoding="utf-8")
