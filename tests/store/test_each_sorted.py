"""Exact values of large windows: one column at a time, and DuckDB keeps no second copy."""

from __future__ import annotations

import weakref
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest

from domain.column import Column
from domain.profile import ColumnKind, SortedColumn
from domain.window import Rows, Window
from store import buffer, exact_values
from store.relations import stored
from store.store import Store
from tests.store.made import START, at, sorted_columns

ROWS = 200_000
NAMES = [f"x{i}" for i in range(6)]
COLUMNS = [Column(name, ColumnKind.NUMBER) for name in NAMES]
WINDOWS = [Window(at(0), at(60)), Window(at(60), at(120))]
WHOLE = [Window(at(0), at(120))]


def values() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(13)
    made = {name: rng.normal(size=ROWS) for name in NAMES}
    made["x1"] = made["x1"].round(1)
    made["x2"][::7] = np.nan
    return made


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    ts_us = int(START.timestamp() * 1e6) + np.arange(ROWS) * (120 * 60_000_000 // ROWS)
    events = pa.table(
        {
            "ts": pa.array(ts_us, pa.timestamp("us", tz="UTC")),
            "version": pa.array(["1"] * ROWS),
            "prediction_id": pa.array(np.arange(ROWS).astype(str)),
        }
    )
    features = pa.table({k: pa.array(v, from_pandas=True) for k, v in values().items()})
    folder = tmp_path_factory.mktemp("large")
    with Store.open(folder) as store:
        store.load([("m", events, features)], "made")
    with Store.open(folder, create=False) as store:
        yield store


def of_file(store: Store) -> int:
    found = store.sql("select memory_usage_bytes from duckdb_memory() where tag = 'BASE_TABLE'")
    return found.column(0)[0].as_py()


@pytest.mark.parametrize("windows", [WINDOWS, WHOLE])
def test_each_column_comes_with_all_its_values_and_is_gone_before_the_next(
    large: Store, windows: list[Window]
):
    kept: list[weakref.ref[SortedColumn]] = []

    def one_by_one() -> Iterator[Column]:
        for column in COLUMNS:
            assert not any(earlier() for earlier in kept)
            yield column

    def use(column: Column, whole: SortedColumn, parts: list[SortedColumn]) -> int:
        kept.extend(weakref.ref(part) for part in (whole, *parts))
        known = values()[column.name]
        np.testing.assert_array_equal(
            whole.at_ranks(np.arange(whole.present)), np.sort(known[~np.isnan(known)])
        )
        own = np.array_split(values()[column.name], len(windows))
        for part, expected in zip(parts, own, strict=True):
            known = expected[~np.isnan(expected)]
            np.testing.assert_array_equal(part.at_ranks(np.arange(len(known))), np.sort(known))
            assert part.missing == len(expected) - len(known)
        return len(parts)

    rows = Rows(tuple(windows), ("1",) * len(windows))
    with large._database.reading() as connection:
        found = exact_values.each_sorted(
            connection, stored(connection, "m"), one_by_one(), rows, rows, use
        )

    assert found == dict.fromkeys(COLUMNS, len(windows))


def test_what_was_read_of_the_file_is_given_back_and_the_limit_stays(
    large: Store, monkeypatch: pytest.MonkeyPatch
):
    limit = "select current_setting('memory_limit') as value"
    before = large.sql(limit)
    monkeypatch.setattr(buffer, "KEPT_BYTES", buffer.MIB)
    sorted_columns(large, "m", COLUMNS, WHOLE, ["1"])
    read = of_file(large)

    monkeypatch.setattr(buffer, "LARGE_ROWS", ROWS)
    sorted_columns(large, "m", COLUMNS, WHOLE, ["1"])

    assert read > 4 * buffer.MIB
    assert of_file(large) <= 2 * buffer.MIB
    assert large.sql(limit) == before
