"""
What windows cost that are sums of counted hours: 100 columns over 30 daily windows.

    python -m benchmarks.windows_from_rollups [--large] [--folder D]

Fills two stores of the same 30 days by SQL, of 1 million rows and of 10 million (``--large``: 50
million), counts their hours, and asks for the windows as a run does. The larger store holds values
in a tenth of its columns, so that the disk holds it; its counts are as many. Every cost is CPU
seconds of the whole process.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np

from domain.column import Column
from domain.profile import ColumnKind, Grid, GridKind
from domain.window import Window
from store.database import Database
from store.hours.stale import mark_hours
from store.registry import FeatureType, ensure_features, ensure_model
from store.store import Store

N_COLUMNS = 100
DAYS = 30
CELLS = 64
START = datetime(2026, 1, 1, tzinfo=UTC)
FIRST_HOUR = int(START.timestamp()) // 3600
RESULTS = Path(__file__).with_name("results")
ASKED_TIMES = 5

WINDOWS = [Window(START + timedelta(days=i), START + timedelta(days=i + 1)) for i in range(DAYS)]
_FILL = """
    insert into {table} by name
    select
        r::uhugeint as id,
        make_timestamp({start} + r * {step} // 1000) as ts,
        '1' as version,
        {columns}
    from range({n}) as t(r)
"""


@dataclass(frozen=True, slots=True)
class Costs:
    """CPU seconds, and what the counts take on disk."""

    rows: int
    fill: float
    count: float
    hour: float
    windows: float
    from_rows: float
    bytes_each: float


def columns() -> list[Column]:
    """Return the columns that are asked for."""
    return [Column(f"x{i}", ColumnKind.NUMBER) for i in range(N_COLUMNS)]


def grids() -> dict[Column, Grid]:
    """Return a grid of 64 cells for each column."""
    rng = np.random.default_rng(0)
    return {
        column: Grid(GridKind.QUANTILES, np.sort(rng.uniform(0, 1, CELLS - 1)))
        for column in columns()
    }


def fill(database: Database, n_rows: int, n_filled: int) -> None:
    """Store rows by SQL; all columns but the first ones hold nothing."""
    start = int(START.timestamp()) * 1_000_000
    step = DAYS * 86_400_000_000 * 1000 // n_rows
    with database.writing() as connection:
        tables = ensure_model(connection, "m")
        wanted = [(column.name, FeatureType.NUMBER) for column in columns()]
        features = ensure_features(connection, tables, wanted)
        filled = ", ".join(
            f'hash(r * {N_COLUMNS} + {i}) / 18446744073709551616.0 as "{features.columns[pair]}"'
            for i, pair in enumerate(wanted[:n_filled])
        )
        sql = _FILL.format(
            table=tables.table("predictions"), start=start, step=step, columns=filled, n=n_rows
        )
        connection.execute(sql)
        hours = set(range(FIRST_HOUR, FIRST_HOUR + 24 * DAYS))
        mark_hours(connection, "m", hours, database.marks.predictions)
    database.checkpoint()


def cpu(work: Callable[[], object], times: int = 1) -> float:
    """Return the CPU seconds of the least costly of some repetitions."""
    costs: list[float] = []
    for _ in range(times):
        before = time.process_time()
        work()
        costs.append(time.process_time() - before)
    return min(costs)


def measure(folder: Path, n_rows: int, n_filled: int) -> Costs:
    """Fill a store, count its hours, and ask for the windows."""
    database = Database.open(folder, create=True)
    with Store(database) as store:
        filling = cpu(lambda: fill(database, n_rows, n_filled))
        asked, versions = grids(), ["1"] * DAYS
        some = dict(list(asked.items())[:1])
        from_rows = cpu(lambda: store.logs("m").counts(some, WINDOWS, versions))
        before = store.size_bytes()
        store.keep_grids("m", asked, START)
        counting = cpu(lambda: store.refresh_column_hours("m"))
        store.checkpoint()
        each = (store.size_bytes() - before) / (24 * DAYS * N_COLUMNS)
        with database.writing() as connection:
            mark_hours(connection, "m", {FIRST_HOUR + 100}, database.marks.predictions)
        hour = cpu(lambda: store.refresh_column_hours("m"))
        windows = cpu(lambda: store.logs("m").counts(asked, WINDOWS, versions), ASKED_TIMES)
        return Costs(n_rows, filling, counting, hour, windows, from_rows, each)


def told(found: list[Costs]) -> str:
    """Write the costs as a table."""
    made = (
        f"`python -m benchmarks.windows_from_rollups`: {N_COLUMNS} columns of {CELLS} cells, "
        f"{DAYS} daily windows, CPU seconds of the process; Python {platform.python_version()}, "
        f"DuckDB {duckdb.__version__}. The larger store fills a tenth of its columns."
    )
    names = (
        "| rows | all windows, all columns | one column from rows | count all hours | "
        "count one hour | bytes per column and hour |"
    )
    lines = [
        f"# Windows from rollups, {datetime.now(UTC):%Y-%m-%d}",
        "",
        made,
        "",
        names,
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {c.rows:,} | **{c.windows:.3f}** | {c.from_rows:.3f} | {c.count:.1f} | {c.hour:.3f} | "
        f"{c.bytes_each:.0f} |"
        for c in found
    ]
    ratio = found[-1].windows / found[0].windows
    lines += [
        "",
        f"Ratio of the windows, {found[-1].rows:,} to {found[0].rows:,} rows: {ratio:.2f}",
    ]
    return "\n".join([*lines, ""])


def main() -> None:
    """Measure, print and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--large", action="store_true", help="50 million rows instead of 10")
    parser.add_argument("--folder", type=Path, help="where the stores are made; default: temporary")
    given = parser.parse_args()
    sizes = (1_000_000, N_COLUMNS), (50_000_000 if given.large else 10_000_000, N_COLUMNS // 10)
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        found = [measure(Path(folder) / str(n), n, filled) for n, filled in sizes]
    text = told(found)
    print(text)
    name = f"{datetime.now(UTC):%Y-%m-%d}-windows-from-rollups.md"
    (RESULTS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
