"""Windows of too many rows: judged by cells, and where that is not enough as if by all values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from detectors.grid import learn_number_grid
from domain.column import Column
from domain.finding import Finding, Verdict
from domain.profile import ColumnKind, GridKind, SortedColumn
from domain.window import Rows, Window
from monitors import cells
from monitors.baseline_plan import BaselinePlan
from monitors.config import DriftConfig
from monitors.reference import Reference, count
from monitors.usable import Usable
from monitors.value_tests import ValueTests
from monitors.window_values import WindowValues
from store.engines.duckdb_engine import DuckDBEngine
from store.store import Store
from tests.store.made import START

DAY = timedelta(days=1)
DAYS = [Window(START + i * DAY, START + (i + 1) * DAY) for i in range(12)]
BASELINE, JUDGED = DAYS[:6], DAYS[6:]
PER_DAY = 500
# from not at all over near the line to far beyond it
SHIFTS = [0.0] * 6 + [0.0, 0.1, 0.2, 0.3, 0.8, -0.8]
NAMES = ("smooth", "rounded", "few", "endless", "constant")
COLUMNS = [Column(name, ColumnKind.NUMBER) for name in NAMES]


def features() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(8)
    shift = np.repeat(SHIFTS, PER_DAY)
    n = len(shift)
    made = {
        "smooth": rng.normal(shift),
        "rounded": rng.normal(3 * shift, 3).round(1),
        # a value that the baseline never saw comes with the shift
        "few": np.where(rng.random(n) < np.abs(shift) / 2, 2.5, rng.integers(0, 4, n)),
        "endless": rng.normal(shift),
        "constant": np.where(np.arange(n) < 6 * PER_DAY, 5.0, np.where(shift > 0.5, 6.0, 5.0)),
    }
    made["endless"][::97] = np.inf
    made["smooth"][::31] = np.nan
    return made


def events(made: dict[str, np.ndarray], step_s: float) -> tuple[str, pa.Table, pa.Table]:
    n = len(next(iter(made.values())))
    at = int(START.timestamp() * 1e6) + (np.arange(n) * step_s * 1e6).astype(np.int64)
    columns = {
        "ts": pa.array(at, pa.timestamp("us", tz="UTC")),
        "version": pa.array(["1"] * n),
        "prediction_id": pa.array(np.arange(n).astype(str)),
    }
    values = {k: pa.array(v, pa.float64(), from_pandas=True) for k, v in made.items()}
    return "m", pa.table(columns), pa.table(values)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(tmp_path_factory.mktemp("large") / "store") as opened:
        opened.load([events(features(), 86_400 / PER_DAY)], "made")
        yield opened


@pytest.fixture(scope="module")
def reference(store: Store) -> Reference:
    rows = Rows(tuple(BASELINE), ("1",) * len(BASELINE))
    counted = count(store, "m", COLUMNS, Usable(rows, 6 * PER_DAY), {})
    return Reference(BaselinePlan(rows.windows, "1"), rows, counted.series, counted.faults)


def of_file(column: Column) -> SortedColumn:
    return SortedColumn.from_values(column.name, features()[column.name][: 6 * PER_DAY])


def judged(store: Store, reference: Reference, exact_rows: int, **drift: object) -> ValueTests:
    values = WindowValues(store, "m", "1", JUDGED, reference)
    series = store.logs("m").counts(reference.grids, JUDGED, ["1"] * len(JUDGED))
    totals = {column: one.total() for column, one in reference.series.items()}
    tests = ValueTests(values, totals, series, DriftConfig(**drift), 0.01, exact_rows)
    tests.run(COLUMNS, range(len(JUDGED)))
    assert not tests.faults
    return tests


def ks_of(tests: ValueTests) -> dict[tuple[str, int], Finding]:
    return {(column.name, i): found["ks"] for (column, i), found in tests.found.items()}


@pytest.mark.parametrize("exact_rows", [1, 40, 3499])
@pytest.mark.parametrize("line", [0.095, 0.11])
@pytest.mark.parametrize("baseline", ["windows", "file"])
def test_too_many_rows_are_judged_as_if_all_were_looked_at(
    store: Store, reference: Reference, exact_rows: int, line: float, baseline: str
):
    if baseline == "file":
        reference = replace(reference, file_values=of_file)
    whole = ks_of(judged(store, reference, 3500, ks=line))
    assert all(found.exact for found in whole.values())

    found = ks_of(judged(store, reference, exact_rows, ks=line))

    assert found.keys() == whole.keys()
    for key, one in found.items():
        if one.exact:
            assert one == whole[key]
        else:
            assert one.verdict is whole[key].verdict
            assert one.values["low"] <= whole[key].statistic <= one.values["high"]
    ways = {(name, one.exact) for (name, _), one in found.items()}
    assert {("smooth", False), ("few", True), ("constant", True)} <= ways
    near = [one for (name, _), one in found.items() if name in NAMES[:2] and one.exact]
    assert near, "near the line values decide"
    assert {found["few", 4].verdict, found["constant", 4].verdict} == {Verdict.DRIFTED}
    assert found["endless", 0].reason == "finding.ks.infinite"


def test_far_from_the_line_no_value_but_the_infinite_ones_is_read(
    store: Store, reference: Reference, monkeypatch: pytest.MonkeyPatch
):
    read: list[int] = []
    ask = DuckDBEngine.each_sorted

    def counting(self, columns, whole, apart, use, **options):
        def used(column, total, parts):
            read.append(sum(side.present for side in (total, *parts)))
            return use(column, total, parts)

        return ask(self, columns, whole, apart, used, **options)

    monkeypatch.setattr(DuckDBEngine, "each_sorted", counting)

    tests = ks_of(judged(store, reference, 1, ks=0.6))

    assert {one.exact for (name, _), one in tests.items() if name == "smooth"} == {False}
    # the constant alone lies in one cell with itself, or not
    assert sum(read) == 0


def test_where_no_test_eats_values_none_are_read(
    store: Store, reference: Reference, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(DuckDBEngine, "each_sorted", None)
    assert judged(store, reference, 3500, numeric=("psi", "missing")).found == {}


def test_cells_of_too_many_rows_are_learned_from_whole_seconds(store: Store, reference: Reference):
    rows, n_rows = reference.rows, 6 * PER_DAY
    every, some = (
        cells.learn(store, "m", COLUMNS[:1], rows, n_rows, learned_rows=limit)
        for limit in (n_rows, n_rows // 3)
    )
    seconds = int(START.timestamp()) + np.arange(n_rows) * 86_400 // PER_DAY
    kept = seconds % 2**31 * 2654435761 % 2**32 < 2**32 // 3
    values = features()["smooth"][:n_rows]

    for found, of in ((every, values), (some, values[kept])):
        wanted = learn_number_grid(SortedColumn.from_values("smooth", of))
        assert found.grids[COLUMNS[0]].fingerprint == wanted.fingerprint


def test_rows_that_all_came_in_one_second_teach_cells_all_the_same(tmp_path: Path):
    with Store.open(tmp_path / "store") as store:
        store.load([events({"smooth": np.arange(100.0)}, 0.0)], "made")
        rows = Rows((DAYS[0],), ("1",))
        found = cells.learn(store, "m", COLUMNS[:1], rows, 100, learned_rows=50)
    assert found.grids[COLUMNS[0]].kind is GridKind.QUANTILES
    assert found.grids[COLUMNS[0]].n_cells == 100
