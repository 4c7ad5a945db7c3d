"""
What it costs to say where a drifted column changed: counted on demand, slice by slice.

    python -m benchmarks.slices [--folder D]

Fills stores of 30 days by SQL, of 1 and of 10 million rows, with a number and a text of 20 values,
and asks for the number by the text: 23 days as baseline, the last day or the last seven as windows.
The cost is CPU seconds of the whole process.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
from datetime import timedelta
from pathlib import Path

import duckdb

from benchmarks.windows_from_rollups import CELLS, DAYS, RESULTS, START, cpu, grids
from domain.column import Column
from domain.profile import ColumnKind
from domain.window import Rows, Window
from store.database import Database
from store.registry import FeatureType, ensure_features, ensure_model
from store.store import Store

SIZES = (1_000_000, 10_000_000)
ASKED_TIMES = 3
BY = Column("carrier", ColumnKind.CATEGORY)
_FILL = """
    insert into {table} by name
    select
        r::uhugeint as id,
        make_timestamp({start} + r * {step} // 1000) as ts,
        '1' as version,
        hash(r) / 18446744073709551616.0 as {number},
        'carrier ' || hash(r + {n}) % 20 as {text}
    from range({n}) as t(r)
"""


def fill(database: Database, n_rows: int) -> None:
    """Store rows by SQL."""
    with database.writing() as connection:
        tables = ensure_model(connection, "m")
        wanted = [("x0", FeatureType.NUMBER), (BY.name, FeatureType.TEXT)]
        number, text = (ensure_features(connection, tables, wanted).columns[w] for w in wanted)
        sql = _FILL.format(
            table=tables.table("predictions"),
            start=int(START.timestamp()) * 1_000_000,
            step=DAYS * 86_400_000_000 * 1000 // n_rows,
            n=n_rows,
            number=f'"{number}"',
            text=f'"{text}"',
        )
        connection.execute(sql)
    database.checkpoint()


def measure(folder: Path, n_rows: int) -> tuple[float, float]:
    """Return the cost of one drifted column by one slice column, in one window and in seven."""
    database = Database.open(folder, create=True)
    days = [Window(START + timedelta(days=i), START + timedelta(days=i + 1)) for i in range(DAYS)]
    column, grid = next(iter(grids().items()))
    costs: list[float] = []
    with Store(database) as store:
        fill(database, n_rows)
        for windows in (days[-1:], days[-7:]):
            whole = Rows(tuple(days[: DAYS - 7]), ("1",) * (DAYS - 7))
            apart = Rows(tuple(windows), ("1",) * len(windows))
            asked = (whole, apart)
            costs.append(
                cpu(
                    lambda a=asked: store.logs("m").sliced_counts(column, grid, BY, *a), ASKED_TIMES
                )
            )
    return costs[0], costs[1]


def main() -> None:
    """Measure both sizes and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    made = (
        f"`python -m benchmarks.slices`: a column of {CELLS} cells by a column of 20 values, "
        f"{DAYS - 7} days of baseline beside one window and beside seven, CPU seconds; Python "
        f"{platform.python_version()}, DuckDB {duckdb.__version__}."
    )
    lines = ["# Slices counted on demand, 2026-11-23", "", made, ""]
    lines += ["| rows in 30 days | one drifted window | seven drifted windows |", "|---|---|---|"]
    for n_rows in SIZES:
        with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
            one, seven = measure(Path(folder), n_rows)
        lines.append(f"| {n_rows:,} | **{one:.2f}** | {seven:.2f} |")
    text = "\n".join(lines) + "\n"
    (RESULTS / "2026-11-23-slices.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
