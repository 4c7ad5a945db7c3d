"""Spark on a cluster of two workers answers what DuckDB answers, question by question."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from domain.calls import CallBuckets
from domain.column import Column
from domain.errors import InputError, InvalidWindowError, StoreError, UnknownNameError
from domain.outcome import Outcomes
from domain.profile import ColumnKind, ColumnRole, SortedColumn
from domain.source import Source
from domain.window import Rows, Window
from ingest.read import read_events
from ingest.sources import SourceFile
from store.engines.duckdb_engine import DuckDBEngine
from store.engines.engine import Engine
from store.engines.spark_engine import SparkEngine
from store.store import Store
from tests.spark.logs import (
    CARRIER,
    GRIDS,
    START,
    START_US,
    TIED,
    VERSIONS,
    WINDOWS,
    WINTER,
    X,
    write,
)

pytestmark = pytest.mark.spark

SPAN = Window(START, START + timedelta(hours=30))
ROWS = Rows(WINDOWS, VERSIONS)
OPTIONS = {
    "spark.executor.memory": "512m",
    "spark.cores.max": "2",
    "spark.sql.shuffle.partitions": "2",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("lake") / "logs")


@pytest.fixture(scope="module")
def spark(master: str, folder: Path) -> Iterator[SparkEngine]:
    source = Source(engine="spark", path=str(folder), master=master, options=OPTIONS)
    engine = SparkEngine(source, "m")
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def duck(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The same files, loaded."""
    with Store.open(tmp_path_factory.mktemp("loaded")) as store:
        for path in sorted(folder.iterdir()):
            for read in read_events(SourceFile(path.name, path), model="m"):
                assert not read.rejections
                store.load([(b.model, b.events, b.features) for b in read.batches], path.name)
        yield DuckDBEngine(store._database, "m")


def described(part: SortedColumn) -> tuple[object, ...]:
    values = part.values, part.counts
    return (*(v.tolist() for v in values), part.missing, part.below, part.above, part.n_distinct)


def test_columns_versions_and_spans_are_the_same(spark: Engine, duck: Engine):
    columns = duck.columns()

    assert set(spark.columns()) == set(columns)
    assert spark.deployments() == duck.deployments()
    assert spark.data_span() == duck.data_span()
    assert spark.first_values(columns) == duck.first_values(columns)


def test_rows_and_calls_are_counted_alike(spark: Engine, duck: Engine):
    for question in ("row_counts", "call_counts"):
        mine, theirs = (getattr(engine, question)(WINDOWS) for engine in (spark, duck))
        assert {v: n.tolist() for v, n in mine.items()} == {
            v: n.tolist() for v, n in theirs.items()
        }
    mine, theirs = (engine.prediction_counts("1", WINDOWS) for engine in (spark, duck))
    assert mine.predictions.tolist() == theirs.predictions.tolist()
    assert mine.shadow.tolist() == theirs.shadow.tolist()
    assert 0 < mine.shadow.sum() < mine.predictions.sum()


def test_every_cell_holds_the_same_rows(spark: Engine, duck: Engine):
    mine, theirs = (engine.counts(GRIDS, WINDOWS, VERSIONS) for engine in (spark, duck))

    assert list(mine) == list(theirs)
    for column, series in theirs.items():
        assert mine[column].counts.tolist() == series.counts.tolist(), column
        assert mine[column].windows == series.windows


def test_exact_values_are_the_same_to_the_last_bit(spark: Engine, duck: Engine):
    numbers = [column for column in GRIDS if column.kind is ColumnKind.NUMBER]
    apart = Rows(WINDOWS[2:], VERSIONS[2:])
    first, none = Rows(WINDOWS[:3], VERSIONS[:3]), Rows()
    within = {column: [(-1.5, 0.0), (1 / 3, math.inf)] for column in numbers} | {TIED: []}

    for whole, each, more in (
        (first, apart, {}),
        (none, apart, {"share": 0.3}),
        (first, none, {"within": within}),
    ):
        mine, theirs = (
            engine.each_sorted(numbers, whole, each, lambda _, w, parts: [w, *parts], **more)
            for engine in (spark, duck)
        )
        for column in numbers:
            found = [described(part) for part in mine[column]]
            assert found == [described(part) for part in theirs[column]], (column, more)


def test_labels_come_in_the_same_order(spark: Engine, duck: Engine):
    for most, share in ((2, 1.0), (100, 0.5)):
        mine, theirs = (
            engine.category_counts([CARRIER, WINTER], ROWS, most=most, share=share)
            for engine in (spark, duck)
        )
        for column in (CARRIER, WINTER):
            assert mine[column].labels == theirs[column].labels
            assert mine[column].counts.tolist() == theirs[column].counts.tolist()
            assert mine[column].missing == theirs[column].missing


def test_every_slice_holds_the_same_rows(spark: Engine, duck: Engine):
    replica = Column("replica", ColumnKind.CATEGORY, ColumnRole.CALLS)
    first, apart = Rows(WINDOWS[:3], VERSIONS[:3]), Rows(WINDOWS[2:], VERSIONS[2:])
    for column, by, most in (
        (X, CARRIER, 3),
        (CARRIER, TIED, 4),
        (TIED, replica, 20),
        (WINTER, X, 5),
    ):
        mine, theirs = (
            engine.sliced_counts(column, GRIDS[column], by, first, apart, most=most)
            for engine in (spark, duck)
        )
        assert len(mine) == len(theirs) == len(apart.windows)
        for own, other in zip(mine, theirs, strict=True):
            assert own.slices == other.slices, (column, by)
            assert own.counts.tolist() == other.counts.tolist(), (column, by)
    assert len(theirs[0].slices) > 2
    assert spark.sliced_counts(X, GRIDS[X], CARRIER, first, Rows()) == []


def test_a_cells_mean_score_is_the_same(spark: Engine, duck: Engine):
    for column in (X, TIED, CARRIER):
        mine, theirs = (engine.cell_scores(column, GRIDS[column], ROWS) for engine in (spark, duck))
        np.testing.assert_allclose(mine, theirs, rtol=1e-12)
        assert np.isfinite(mine).sum() > 2


def test_buckets_of_calls_are_the_same(spark: Engine, duck: Engine):
    mine, theirs = (engine.call_buckets("1", SPAN, 7000, (20.0, 55.5)) for engine in (spark, duck))

    assert isinstance(mine, CallBuckets)
    assert (mine.replicas, mine.thresholds_ms) == (theirs.replicas, theirs.thresholds_ms)
    for name in ("starts", "total", "with_status", "failed", "with_latency", "slow"):
        np.testing.assert_allclose(getattr(mine, name), getattr(theirs, name), rtol=1e-12)
    assert spark.request_counts(SPAN, 7000).tolist() == duck.request_counts(SPAN, 7000).tolist()


def test_hours_of_calls_are_the_same(spark: Engine, duck: Engine):
    first = START_US // 3_600_000_000
    # a gap, an hour before the windows, and hours in which nothing was logged
    hours = [*range(first - 1, first + 5), first + 8, *range(first + 38, first + 44)]
    mine, theirs = (engine.calls_by_hour(hours).to_pydict() for engine in (spark, duck))

    assert list(mine) == list(theirs)
    for name in ("version", "replica", "hour", "logged", "first", "last", "cells", "counts"):
        assert mine[name] == theirs[name], name
    for name in ("calls", "with_status", "failed"):
        np.testing.assert_allclose(mine[name], theirs[name], rtol=1e-12)
    # what is sampled stands for more than itself
    assert sum(mine["calls"]) > sum(mine["logged"]) > sum(map(sum, mine["counts"]))
    assert spark.calls_by_hour([first + 10_000]).num_rows == 0


def test_latencies_failures_and_spans_of_windows_are_the_same(spark: Engine, duck: Engine):
    mine, theirs = (
        engine.latency_quantiles("1", WINDOWS, (0.0, 0.5, 0.95, 1.0)) for engine in (spark, duck)
    )
    np.testing.assert_allclose(mine, theirs, rtol=1e-12)
    assert spark.failed_statuses("2", WINDOWS) == duck.failed_statuses("2", WINDOWS)
    assert spark.event_spans("2", WINDOWS) == duck.event_spans("2", WINDOWS)
    assert spark.event_spans("2", WINDOWS)[-1] is None


def told(outcome: Outcomes) -> tuple[object, ...]:
    scores = [None if math.isnan(score) else score for score in outcome.scores.tolist()]
    rows = zip(outcome.predictions.tolist(), outcome.labels.tolist(), map(str, scores), strict=True)
    return sorted(rows), outcome.pending, outcome.newest_label_at, outcome.window


def test_labels_find_the_same_predictions(spark: Engine, duck: Engine):
    for known_by in (None, START + timedelta(hours=2)):
        mine, theirs = (engine.outcomes("1", WINDOWS, known_by) for engine in (spark, duck))
        assert [told(outcome) for outcome in mine] == [told(outcome) for outcome in theirs]


def test_a_sample_holds_rows_of_the_windows_and_no_more_than_asked(spark: Engine, duck: Engine):
    table = spark.rows((X, CARRIER), WINDOWS[:2], VERSIONS[:2], 25)
    everything = duck.rows((X, CARRIER), WINDOWS[:2], VERSIONS[:2], 10**6)

    assert table.num_rows == 25
    assert table.column_names == ["x", "carrier"]
    known = {str(row) for row in everything.to_pylist()}
    assert all(str(row) in known for row in table.to_pylist())
    assert table.equals(spark.rows((X, CARRIER), WINDOWS[:2], VERSIONS[:2], 25))


def test_no_window_gives_no_counts(spark: Engine):
    assert spark.row_counts([]) == {}
    assert spark.counts(GRIDS, [], [])[X].counts.shape == (0, GRIDS[X].n_cells + 2)
    assert spark.each_sorted([X], Rows(), Rows(), lambda _, whole, parts: (whole.n, parts)) == {
        X: (0, [])
    }


def test_what_cannot_be_meant_is_refused_in_one_line(spark: Engine, folder: Path):
    with pytest.raises(UnknownNameError, match="did you mean 'carrier'"):
        spark.counts({Column("carier", ColumnKind.CATEGORY): GRIDS[CARRIER]}, WINDOWS, VERSIONS)
    with pytest.raises(InvalidWindowError, match="before"):
        spark.row_counts([SPAN, SPAN])
    for source, error, words in (
        (Source(engine="spark", path=str(folder / "none")), StoreError, "nothing at"),
        (Source(engine="spark", table="db.none"), StoreError, "knows no table db.none"),
        (
            Source(engine="spark", path=str(folder), columns={"ts": "scored_at"}),
            InputError,
            "no column 'scored_at'",
        ),
    ):
        with pytest.raises(error, match=words) as caught:
            SparkEngine(source, "m").columns()
        assert "\n" not in str(caught.value)
