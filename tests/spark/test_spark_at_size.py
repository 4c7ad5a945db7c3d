"""Data that no worker could hold: counted by a cluster, recounted here file by file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domain.column import Column
from domain.profile import ColumnKind, Grid, GridKind
from domain.source import Source
from domain.window import Rows, Window
from store.engines.spark_engine import SparkEngine
from tests.spark.cluster import WORKER_MEMORY_MIB
from tests.spark.logs import START, START_US
from tests.spark.test_spark_engine import OPTIONS

pytestmark = [pytest.mark.spark, pytest.mark.slow]

FILES, ROWS_EACH, COLUMNS = 6, 150_000, 80
GRID = Grid(GridKind.QUANTILES, np.sort(np.random.default_rng(2).normal(size=255)))
DAY = Window(START, START + timedelta(days=1))


def columns_of(number: int) -> dict[str, np.ndarray]:
    """The columns of one file: whole ones and continuous ones."""
    rng = np.random.default_rng(number)
    return {
        f"c{i:02}": rng.integers(0, 1000, ROWS_EACH) / 8 if i == 0 else rng.normal(size=ROWS_EACH)
        for i in range(COLUMNS)
    }


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    ts = pa.array(START_US + np.arange(ROWS_EACH) * 500_000, pa.timestamp("us", tz="UTC"))
    for number in range(FILES):
        scores = np.linspace(0, 1, ROWS_EACH)
        table = pa.table({"ts": ts, "score": scores, **columns_of(number)})
        options = {"use_dictionary": False, "compression": "none", "row_group_size": 50_000}
        pq.write_table(table, folder / f"{number}.parquet", **options)
    return folder


def test_a_cluster_counts_what_none_of_its_workers_could_hold(master: str, lake: Path):
    size = sum(path.stat().st_size for path in lake.iterdir())
    assert size > WORKER_MEMORY_MIB * 2**20

    engine = SparkEngine(
        Source(engine="spark", path=str(lake), master=master, options=OPTIONS), "m"
    )
    try:
        grids = {Column(f"c{i:02}", ColumnKind.NUMBER): GRID for i in range(COLUMNS)}
        found = engine.counts(grids, [DAY], [""])
        tied = next(iter(grids))
        exact = engine.each_sorted([tied], Rows((DAY,), ("",)), Rows(), lambda _, whole, __: whole)[
            tied
        ]
    finally:
        engine.close()

    wanted = np.zeros((COLUMNS, GRID.n_cells + 2), np.int64)
    values: list[np.ndarray] = []
    for number in range(FILES):
        columns = columns_of(number)
        values.append(columns["c00"])
        for i, own in enumerate(columns.values()):
            cells = np.searchsorted(GRID.edges, own, side="right")
            wanted[i] += np.bincount(cells, minlength=wanted.shape[1])
    for i, series in enumerate(found.values()):
        assert series.counts[0].tolist() == wanted[i].tolist()
    distinct, n = np.unique(np.concatenate(values), return_counts=True)
    assert (exact.values.tolist(), exact.counts.tolist()) == (distinct.tolist(), n.tolist())
