"""Files whose hours are counted: what is asked later is a sum, and right when files change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domain.column import Column
from domain.profile import ColumnKind, ColumnRole, Grid, GridKind
from domain.window import Rows, Window
from ingest.in_place import InPlace
from ingest.mapping import Mapping
from monitors.config import Config
from monitors.sources import attach_sources
from store.in_place import virtual_rows
from store.store import Store
from tests.store.made import batch

START = datetime(2013, 7, 1, tzinfo=UTC)
HOURS = 30
A_FILE = 400
AMOUNT = Column("amount", ColumnKind.NUMBER)
CARRIER = Column("carrier", ColumnKind.CATEGORY)
GRIDS = {
    AMOUNT: Grid(GridKind.QUANTILES, np.array([-0.5, 0.0, 0.7])),
    CARRIER: Grid(GridKind.CATEGORIES, np.array([]), ("AA", "UA")),
}
# whole hours, cut ones, a gap, and two versions in turn
WINDOWS = [
    Window(START + timedelta(minutes=a), START + timedelta(minutes=b))
    for a, b in ((0, 180), (200, 421), (421, 900), (960, 1800))
]
VERSIONS = ["1", "2", "1", "1"]


def part(number: int) -> pa.Table:
    rng = np.random.default_rng(number)
    us = int(START.timestamp()) * 10**6 + rng.integers(0, HOURS * 3600 * 10**6, A_FILE)
    return pa.table(
        {
            "ts": pa.array(us, pa.timestamp("us", tz="UTC")),
            "version": rng.choice(["1", "2"], A_FILE),
            "score": rng.random(A_FILE),
            "amount": pa.array(rng.normal(size=A_FILE), mask=rng.random(A_FILE) < 0.1),
            "carrier": pa.array(rng.choice(["UA", "AA", "DL"], A_FILE)),
        }
    )


def recount(tables: list[pa.Table]) -> dict[str, list[list[int]]]:
    """Count the rows one after the other."""
    rows = [row for table in tables for row in table.to_pylist()]
    found = {c.name: [[0] * (g.n_cells + 2) for _ in WINDOWS] for c, g in GRIDS.items()}
    for row in rows:
        for i, (window, version) in enumerate(zip(WINDOWS, VERSIONS, strict=True)):
            if row["version"] != version or not window.contains(row["ts"]):
                continue
            amount, carrier = row["amount"], row["carrier"]
            cell = 4 if amount is None else sum(e <= amount for e in (-0.5, 0.0, 0.7))
            found["amount"][i][cell] += 1
            found["carrier"][i][{"AA": 0, "UA": 1}.get(carrier, 3)] += 1
    return found


def counted(store: Store) -> dict[str, list[list[int]]]:
    told = store.logs("m").counts(GRIDS, WINDOWS, VERSIONS)
    return {column.name: series.counts.tolist() for column, series in told.items()}


def served(store: Store) -> int:
    everything = Window(START, START + timedelta(hours=HOURS))
    return sum(int(rows.sum()) for rows in store.logs("m").row_counts([everything]).values())


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    folder = tmp_path / "lake"
    folder.mkdir()
    for number in range(3):
        pq.write_table(part(number), folder / f"{number}.parquet", row_group_size=90)
    return folder


def opened(folder: Path, path: Path) -> Store:
    store = Store.open(folder)
    store.attach_files("m", str(path), InPlace(Mapping(), "m"))
    store.look("m")
    return store


def test_counts_are_what_a_recount_finds_before_and_after_files_change(lake: Path, tmp_path: Path):
    tables = {number: part(number) for number in range(3)}
    with opened(tmp_path / "store", lake) as store:
        store.keep_grids("m", GRIDS, START)
        assert counted(store) == recount(list(tables.values()))
        assert store.refresh_column_hours() > 0
        assert store.refresh_column_hours() == 0
        assert counted(store) == recount(list(tables.values()))
        # one is written anew, one is gone, one is new
        tables = {0: tables[0], 1: tables[1].slice(7), 3: part(3)}
        pq.write_table(tables[1], lake / "1.parquet", row_group_size=90)
        pq.write_table(tables[3], lake / "3.parquet", row_group_size=90)
        (lake / "2.parquet").unlink()
        store.look("m")
        assert counted(store) == recount(list(tables.values()))
        assert served(store) == 3 * A_FILE - 7


def test_hours_that_were_counted_are_not_read_again(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    whole = [
        Window(START, START + timedelta(hours=9)),
        Window(START + timedelta(hours=12), START + timedelta(hours=HOURS)),
    ]
    with opened(tmp_path / "store", lake) as store:
        store.keep_grids("m", GRIDS, START)
        store.refresh_column_hours()

        def answers() -> list[Any]:
            counts = store.logs("m").counts(GRIDS, whole, ["1", "2"])
            rows = store.logs("m").row_counts(whole)
            return [
                [series.counts.tolist() for series in counts.values()],
                {version: n.tolist() for version, n in rows.items()},
                store.logs("m").prediction_counts("1", whole).predictions.tolist(),
            ]

        before = answers()
        read: list[object] = []
        genuine = pq.ParquetFile.iter_batches

        def watched(self: pq.ParquetFile, *args: Any, **options: Any):
            read.append(options["columns"])
            return genuine(self, *args, **options)

        monkeypatch.setattr(pq.ParquetFile, "iter_batches", watched)
        assert answers() == before
        assert read == []


def test_a_model_counts_what_lies_where_its_monitor_says(lake: Path, tmp_path: Path):
    loaded = part(9)
    with Store.open(tmp_path / "store") as store:
        rows = [
            {
                **{name: row[name] for name in ("ts", "version", "score")},
                "features": {name: row[name] for name in ("amount", "carrier")},
            }
            for row in loaded.to_pylist()
        ]
        store.load([batch(rows)], "f")
        store.keep_grids("m", GRIDS, START)
        store.refresh_column_hours()
        assert counted(store) == recount([loaded])
    with opened(tmp_path / "store", lake) as store:
        assert counted(store) == recount([part(number) for number in range(3)])
        assert served(store) == 3 * A_FILE
        store.refresh_column_hours()
    with Store.open(tmp_path / "store") as store:
        attach_sources(store, Config(store=tmp_path / "store"))
        assert counted(store) == recount([loaded])
        assert served(store) == A_FILE


@pytest.mark.parametrize(("values", "size"), [(1 << 22, 1 << 26), (0, 1 << 26), (1 << 22, 5000)])
def test_columns_are_the_same_read_together_or_one_by_one(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, values: int, size: int
):
    monkeypatch.setattr(virtual_rows, "_MOST_VALUES", values)
    monkeypatch.setattr(virtual_rows, "_MOST_BYTES", size)
    scores = Column("score", ColumnKind.NUMBER, ColumnRole.SCORE)
    read: list[object] = []
    genuine = pq.ParquetFile.iter_batches

    def watched(self: pq.ParquetFile, *args: Any, **options: Any):
        read.append(set(options["columns"]))
        return genuine(self, *args, **options)

    with opened(tmp_path / "store", lake) as store:
        monkeypatch.setattr(pq.ParquetFile, "iter_batches", watched)
        found = store.logs("m").each_sorted(
            [AMOUNT, scores],
            Rows(tuple(WINDOWS), tuple(VERSIONS)),
            Rows(),
            lambda _c, whole, _a: whole,
        )
    tables = pa.concat_tables([part(number) for number in range(3)]).to_pylist()
    for column in (AMOUNT, scores):
        expected = [
            row[column.name]
            for row in tables
            for window, version in zip(WINDOWS, VERSIONS, strict=True)
            if row["version"] == version and window.contains(row["ts"])
        ]
        kept = sorted(value for value in expected if value is not None)
        np.testing.assert_array_equal(found[column].values, kept)
        assert found[column].missing == len(expected) - len(kept)
    together = any({"amount", "score"} <= columns for columns in read)
    assert together == (values > 0)
