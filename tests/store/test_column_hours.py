"""Counts by hour: whatever was loaded in which order, they are what a recount of the rows finds."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.column import Column
from domain.erasure import Condition, Erasing
from domain.errors import UnknownNameError
from domain.profile import ColumnKind, ColumnRole, Grid, GridKind
from domain.window import Window
from store import staging, versions
from store.engines.duckdb_engine import DuckDBEngine
from store.engines.stored_engine import StoredEngine
from store.hours import recount as hour_recount
from store.hours.cells import count_sorted
from store.registry import ensure_model
from store.store import Store
from tests.store.made import at, batch, event

Counts = dict[str, list[list[int]]]

AMOUNT = Column("amount", ColumnKind.NUMBER)
LEVEL = Column("level", ColumnKind.NUMBER)
CARRIER = Column("carrier", ColumnKind.CATEGORY)
SCORE = Column("score", ColumnKind.NUMBER, ColumnRole.SCORE)
ANSWER = Column("prediction", ColumnKind.CATEGORY, ColumnRole.PREDICTION)
GRIDS = {
    AMOUNT: Grid(GridKind.QUANTILES, np.array([-1.0, 0.0, 2.0])),
    LEVEL: Grid(GridKind.ATOMS, np.array([0.0, 1.0, 2.0])),
    CARRIER: Grid(GridKind.CATEGORIES, np.array([]), ("UA", "DL")),
    SCORE: Grid(GridKind.QUANTILES, np.array([0.25, 0.5])),
    ANSWER: Grid(GridKind.CATEGORIES, np.array([]), ("yes",)),
}
OTHER = {
    AMOUNT: Grid(GridKind.QUANTILES, np.array([1.0])),
    CARRIER: Grid(GridKind.CATEGORIES, np.array([]), ("AA",)),
}


def window(first_minute: int, end_minute: int) -> Window:
    return Window(at(first_minute), at(end_minute))


def plain(counted: Mapping[Column, Any]) -> Counts:
    return {f"{c.role}:{c.name}": series.counts.tolist() for c, series in counted.items()}


def place(column: Column, grid: Grid, row: Mapping[str, Any]) -> int:
    """Find the cell of one stored row, in plain Python."""
    role = column.role
    value = row[column.name if role is not ColumnRole.FEATURE else f"f_{column.name}"]
    if value is None:
        return grid.n_cells
    if grid.kind is GridKind.CATEGORIES:
        return grid.labels.index(value) if value in grid.labels else grid.n_cells + 1
    if grid.kind is GridKind.ATOMS:
        edges = grid.edges.tolist()
        return edges.index(value) if value in edges else grid.n_cells + 1
    return sum(edge <= value for edge in grid.edges.tolist())


def recount(
    store: Store, grids: Mapping[Column, Grid], windows: Sequence[Window], versions: Sequence[str]
) -> Counts:
    """Count the stored rows one after the other."""
    rows = store.sql("select * from predictions where model = 'm'").to_pylist()
    found: Counts = {}
    for column, grid in grids.items():
        table = [[0] * (grid.n_cells + 2) for _ in windows]
        for row in rows:
            moment = row["ts"].replace(tzinfo=UTC)
            for i, (one, version) in enumerate(zip(windows, versions, strict=True)):
                if one.contains(moment) and row["version"] == version:
                    table[i][place(column, grid, row)] += 1
        found[f"{column.role}:{column.name}"] = table
    return found


def whatever_is_asked(store: Store) -> dict[str, object]:
    return {"deployments": store.logs("m").deployments(), "span": store.logs("m").data_span()}


def from_rows(store: Store) -> dict[str, object]:
    engine = DuckDBEngine(store._database, "m")
    return {"deployments": engine.deployments(), "span": engine.data_span()}


# ------------------------------------------------------------------ the law

ROWS = st.fixed_dictionaries(
    {
        "minute": st.one_of(st.integers(0, 299), st.sampled_from([0, 59, 60, 119, 120])),
        "version": st.sampled_from(["1", "2"]),
        "prediction_id": st.sampled_from([None, *(f"p{i}" for i in range(8))]),
        "score": st.sampled_from([None, 0.25, 0.5, 0.75]),
        "prediction": st.sampled_from([None, "yes", "no"]),
        "status": st.sampled_from([None, 200, 503]),
        "tags": st.sampled_from([None, '{"role":"shadow"}']),
        "label": st.sampled_from([None, "yes"]),
        "features": st.fixed_dictionaries(
            {
                "amount": st.sampled_from([None, -1.0, -0.0, 0.0, 1.5, 9.0, float("inf")]),
                "level": st.sampled_from([None, 0.0, 1.0, 3.0]),
                "carrier": st.sampled_from([None, "UA", "DL", "AA"]),
            }
        ),
    }
)
CUTS = st.lists(st.sampled_from(range(0, 301, 15)), min_size=2, max_size=5, unique=True).map(sorted)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["load", "stage"]), st.lists(ROWS, min_size=1, max_size=5)),
        st.integers(0, 20).map(lambda i: ("again", i)),
        st.just(("refresh", None)),
        st.integers(0, 4).map(lambda h: ("refresh", window(60 * h, 60 * h + 60))),
        st.tuples(
            st.just("keep"), st.tuples(st.sampled_from(["grids", "other"]), st.integers(0, 4))
        ),
        st.just(("forget", None)),
        st.tuples(st.just("ask"), CUTS),
        st.sampled_from([("erase", "UA"), ("erase", "DL")]),
        st.just(("open again", None)),
    ),
    min_size=2,
    max_size=8,
)


def take(store: Store, what: str, value: Any, loads: list[Any]) -> None:
    if what in ("load", "stage"):
        loads.append(
            batch(
                [event(e["minute"], **{k: v for k, v in e.items() if k != "minute"}) for e in value]
            )
        )
        with pytest.MonkeyPatch.context() as patch:
            # small loads are decided in memory, large ones in the database
            patch.setattr(staging, "_SMALL_ROWS", 20_000 if what == "load" else 0)
            store.load([loads[-1]], "f")
    elif what == "again" and loads:
        store.load([loads[value % len(loads)]], "f")
    elif what == "refresh":
        store.refresh_column_hours("m", value)
    elif what == "keep":
        store.keep_grids("m", GRIDS if value[0] == "grids" else OTHER, at(60 * value[1]))
    elif what == "forget":
        store.forget_grids("m")
    elif what == "erase":
        store.erase(Erasing("m", (Condition("feature.carrier", value),), None), "me", at(0))


def check(store: Store, cuts: Sequence[int]) -> None:
    windows = [window(a, b) for a, b in itertools.pairwise(cuts)]
    versions = ["1" if i % 2 else "2" for i in range(len(windows))]
    for grids in (GRIDS, OTHER):
        assert plain(store.logs("m").counts(grids, windows, versions)) == recount(
            store, grids, windows, versions
        )
    rows, hours = DuckDBEngine(store._database, "m"), StoredEngine(store._database, "m")
    assert whatever_is_asked(store) == from_rows(store)
    for ask in ("row_counts", "call_counts"):
        old, new = getattr(rows, ask)(windows), getattr(hours, ask)(windows)
        assert {v: n.tolist() for v, n in new.items()} == {v: n.tolist() for v, n in old.items()}
    for version in ("1", "2"):
        old, new = (
            rows.prediction_counts(version, windows),
            hours.prediction_counts(version, windows),
        )
        assert new.predictions.tolist() == old.predictions.tolist()
        assert new.shadow.tolist() == old.shadow.tolist()


@settings(max_examples=15, deadline=None)
@given(STEPS, CUTS)
def test_counts_are_what_a_recount_of_the_rows_finds_whatever_happened_in_which_order(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, Any]], cuts: list[int]
):
    folder = tmp_path_factory.mktemp("s")
    store = Store.open(folder)
    loads: list[Any] = []
    try:
        first = event(0, score=0.5, prediction="yes", version="1")
        first["features"] = {"amount": 1.0, "level": 1.0, "carrier": "UA"}
        store.load([batch([first])], "first")
        store.keep_grids("m", GRIDS, at(0))
        for what, value in steps:
            if what == "open again":
                store.close()
                store = Store.open(folder)
            elif what == "ask":
                check(store, value)
            else:
                take(store, what, value, loads)
        check(store, cuts)
        store.refresh_column_hours()
        store.refresh_call_hours()
        check(store, cuts)
        assert store.refresh_column_hours() == 0
    finally:
        store.close()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.one_of(st.floats(), st.sampled_from([0.0, -0.0, 1.0, 2.0])), max_size=40),
    st.sampled_from([GRIDS[AMOUNT], GRIDS[LEVEL], Grid(GridKind.QUANTILES, np.array([]))]),
)
def test_sorted_numbers_count_as_each_of_them_does(drawn: list[float], grid: Grid):
    values = np.array(drawn, np.float64)
    counts = np.zeros(grid.n_cells + 2, np.int64)
    count_sorted(np.sort(values), grid, counts)
    placed = grid.cells_of_numbers(values)
    assert counts.tolist() == np.bincount(placed, minlength=len(counts)).tolist()


# ------------------------------------------------------------------ what it is for

HOURS = [window(60 * i, 60 * i + 60) for i in range(4)]
DAY = [window(0, 240)]
GONE = "2013-07-01 01:00:00"


def rows(minutes: Sequence[float], prefix: str = "p", **fields: Any) -> Any:
    features = {"amount": 1.5, "level": 1.0, "carrier": "UA"}
    return batch(
        [
            event(m, prediction_id=f"{prefix}{m}", score=0.5, features=features, **fields)
            for m in minutes
        ]
    )


def amounts(store: Store, windows: Sequence[Window], grids: Mapping[Column, Grid] = GRIDS) -> Any:
    asked = {AMOUNT: grids[AMOUNT]}
    return store.logs("m").counts(asked, windows, [""] * len(windows))[AMOUNT].counts.tolist()


def keys_counted(store: Store) -> list[dict[str, Any]]:
    return store.sql("select key, hour, counts from column_hours order by all").to_pylist()


def forge(store: Store) -> None:
    """Make the stored counts wrong, so that whoever reads them gives himself away."""
    with store._database.writing() as connection:
        connection.execute(
            "update column_hours set counts = list_transform(counts, lambda n: n + 100)"
        )


def test_whole_hours_come_from_their_counts_and_only_cut_hours_from_rows(store: Store):
    store.load([rows([0, 70, 110, 130])], "f")
    store.keep_grids("m", GRIDS, at(0))
    store.refresh_column_hours("m")
    forge(store)

    assert amounts(store, [window(0, 60)]) == [[100, 100, 101, 100, 100, 100]]
    assert amounts(store, [window(61, 119)]) == [[0, 0, 2, 0, 0, 0]]
    # two counted hours, and the half of one that is read
    assert amounts(store, [window(0, 150)]) == [[200, 200, 204, 200, 200, 200]]


def test_a_grid_that_is_not_kept_is_counted_from_rows(store: Store):
    store.load([rows([0, 70])], "f")
    store.keep_grids("m", GRIDS, at(0))
    store.refresh_column_hours("m")
    forge(store)
    assert amounts(store, DAY, OTHER) == [[0, 2, 0, 0]]
    store.forget_grids("m")
    assert amounts(store, DAY) == [[0, 0, 2, 0, 0, 0]]


def test_asking_counts_what_is_not_counted_yet_and_keeps_it(store: Store):
    store.load([rows([0, 70])], "f")
    store.keep_grids("m", GRIDS, at(0))
    assert amounts(store, HOURS[:2]) == [[0, 0, 1, 0, 0, 0]] * 2
    forge(store)
    assert amounts(store, HOURS[:1]) == [[100, 100, 101, 100, 100, 100]]


def test_a_grid_that_is_kept_later_is_counted_where_it_is_asked_for_beside_the_others(store: Store):
    store.load([rows([0, 70])], "f")
    store.keep_grids("m", {AMOUNT: GRIDS[AMOUNT]}, at(0))
    store.refresh_column_hours("m")
    before = keys_counted(store)
    store.keep_grids("m", {AMOUNT: OTHER[AMOUNT]}, at(60))
    assert amounts(store, HOURS[:1], OTHER) == [[0, 1, 0, 0]]
    assert [row for row in keys_counted(store) if row in before] == before
    assert len(keys_counted(store)) == len(before) + 1


def test_hours_are_counted_over_the_grid_that_is_in_force_then(store: Store):
    store.keep_grids("m", {AMOUNT: GRIDS[AMOUNT]}, at(0))
    store.keep_grids("m", {AMOUNT: OTHER[AMOUNT]}, at(60 * 24 * 3))
    store.load([rows([0, 60 * 24 * 3])], "f")
    assert store.refresh_column_hours("m") == 2
    widths = {row["hour"].day: len(row["counts"]) for row in keys_counted(store)}
    assert widths == {1: 6, 4: 4}


def test_only_the_hours_that_changed_are_counted_again(store: Store):
    store.load([rows([0, 70, 130])], "f")
    store.keep_grids("m", GRIDS, at(0))
    assert store.refresh_column_hours("m") == 3
    store.load([rows([75], "late")], "f")
    store.load([rows([0])], "f")  # stored already
    assert store.refresh_column_hours("m", window(0, 60)) == 0
    assert store.refresh_column_hours("m") == 1
    assert amounts(store, DAY) == [[0, 0, 4, 0, 0, 0]]


def test_two_columns_of_one_name_are_counted_apart(store: Store):
    events = [event(0, score=0.1, features={"score": 0.9})]
    store.load([batch(events)], "f")
    grid = Grid(GridKind.QUANTILES, np.array([0.5]))
    grids = {SCORE: grid, Column("score", ColumnKind.NUMBER): grid}
    store.keep_grids("m", grids, at(0))
    for _ in range(2):
        found = store.logs("m").counts(grids, HOURS[:1], [""])
        assert [f.counts.tolist() for f in found.values()] == [[[1, 0, 0, 0]], [[0, 1, 0, 0]]]


@pytest.mark.parametrize(("most", "value"), [("_MOST_ROWS", 2), ("_MOST_HOURS", 1)])
def test_many_rows_and_hours_are_counted_part_by_part(
    store: Store, monkeypatch: pytest.MonkeyPatch, most: str, value: int
):
    store.load([rows(range(0, 240, 13))], "f")
    store.keep_grids("m", GRIDS, at(0))
    monkeypatch.setattr(hour_recount, most, value)
    assert store.refresh_column_hours("m") == 4
    assert plain(store.logs("m").counts(GRIDS, HOURS, [""] * 4)) == recount(
        store, GRIDS, HOURS, [""] * 4
    )
    assert store.refresh_column_hours("m") == 0


def test_an_hour_of_many_rows_is_counted_as_one_of_few(store: Store):
    rng = np.random.default_rng(3)
    drawn = rng.normal(0, 2, 2000).round(1)
    features = [
        {"amount": None if i % 7 == 0 else float(drawn[i]), "level": float(i % 4), "carrier": "UA"}
        for i in range(len(drawn))
    ]
    events = [
        event(i * 0.05, prediction_id=f"{i}", score=0.5, version=str(i % 2), features=f)
        for i, f in enumerate(features)
    ]
    store.load([batch(events)], "f")
    store.keep_grids("m", GRIDS, at(0))
    windows, versions = HOURS[:2], ["0", "1"]
    assert plain(store.logs("m").counts(GRIDS, windows, versions)) == recount(
        store, GRIDS, windows, versions
    )


# ------------------------------------------------------------------ together with loads


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_is_loaded_while_hours_are_counted_is_not_lost(
    store: Store, monkeypatch: pytest.MonkeyPatch, when: str
):
    store.load([rows([0])], "f")
    store.keep_grids("m", GRIDS, at(0))

    def load() -> None:
        loading = threading.Thread(target=store.load, args=([rows([1, 61], "late")], "f"))
        loading.start()
        loading.join()

    whole = hour_recount.Recount._counted

    def counted(self: hour_recount.Recount, part: hour_recount.Part) -> Any:
        if when == "before":
            load()
        found = whole(self, part)
        if when == "after":
            load()
        return found

    with monkeypatch.context() as patch:
        patch.setattr(hour_recount.Recount, "_counted", counted)
        assert store.refresh_column_hours("m") == 1
    assert amounts(store, HOURS[:2]) == [[0, 0, 2, 0, 0, 0], [0, 0, 1, 0, 0, 0]]
    assert store.logs("m").deployments()[0].predictions == 3
    assert store.refresh_column_hours("m") == 0


def test_questions_refreshes_and_loads_of_several_threads_end_in_the_right_counts(store: Store):
    store.load([rows([0], "first")], "f")
    store.keep_grids("m", GRIDS, at(0))
    done = threading.Event()
    errors: list[BaseException] = []

    def work(what: Any) -> None:
        try:
            while not done.is_set():
                what()
        except BaseException as error:  # noqa: BLE001
            errors.append(error)

    jobs = (lambda: store.refresh_column_hours("m"), lambda: amounts(store, HOURS))
    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for i in range(10):
        store.load([rows([(7 * i + 13 * k) % 240 for k in range(5)], f"{i}-")], "f")
    done.set()
    for thread in threads:
        thread.join()

    assert errors == []
    assert plain(store.logs("m").counts(GRIDS, HOURS, [""] * 4)) == recount(
        store, GRIDS, HOURS, [""] * 4
    )


def test_a_load_that_fails_leaves_its_hours_to_the_next_one(store: Store):
    store.load([rows([0])], "f")
    store.keep_grids("m", GRIDS, at(0))
    store.refresh_column_hours("m")
    failing = iter([rows([1], "x"), ("m", "no table", None)])
    with pytest.raises((AttributeError, TypeError)):
        store.load(failing, "f")  # type: ignore[arg-type]
    store.load([rows([2], "y")], "f")
    assert amounts(store, HOURS[:1]) == [[0, 0, 2, 0, 0, 0]]


# ------------------------------------------------------------------ hours whose rows are gone


def test_an_hour_whose_rows_were_dropped_keeps_its_counts_and_is_never_counted_again(store: Store):
    store.load([rows([0, 70])], "f")
    store.keep_grids("m", GRIDS, at(0))
    store.refresh_column_hours("m")
    store.refresh_call_hours("m")
    with store._database.writing() as connection:
        for table in ("predictions", "calls"):
            connection.execute(
                f"delete from m_m.{table} where ts < timestamp '2013-07-01 01:00:00'"
            )
        connection.execute("insert into dropped_rows values ('m', timestamp '2013-07-01 01:00:00')")
    store.load([rows([5, 75], "late")], "f")

    assert store.refresh_column_hours("m") == 1
    assert amounts(store, HOURS[:2]) == [[0, 0, 1, 0, 0, 0], [0, 0, 2, 0, 0, 0]]
    # what is told of rows is told of those that can still be read
    assert whatever_is_asked(store) == from_rows(store)
    assert store.logs("m").row_counts(HOURS[:2])[""].tolist() == [1, 2]


def test_a_model_that_is_not_there_is_named(store: Store):
    with pytest.raises(UnknownNameError, match="nobody"):
        store.refresh_column_hours("nobody")


def test_a_grid_of_a_column_that_never_came_stops_nobody(store: Store):
    store.keep_grids("m", GRIDS | {Column("ghost", ColumnKind.NUMBER): OTHER[AMOUNT]}, at(0))
    store.load([rows([0])], "f")
    assert store.refresh_column_hours("m") == 1
    assert amounts(store, HOURS[:1]) == [[0, 0, 1, 0, 0, 0]]


def test_a_store_from_before_there_were_counts_answers_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    then = {n: name for n, name in versions.migrations().items() if n <= 6}
    with monkeypatch.context() as patch:
        patch.setattr(versions, "migrations", lambda: then)
        with Store.open(tmp_path) as old, old._database.writing() as connection:
            tables = ensure_model(connection, "m")
            for table, more in (("predictions", ""), ("calls", ", 1 as rows")):
                connection.execute(
                    f"insert into {tables.table(table)} by name select i as id, "
                    f"timestamp '2013-07-01' + to_minutes(i * 25) as ts, 'v' as version{more} "
                    "from range(10) as r(i)"
                )
            connection.execute(
                "insert into call_hours select 'm', 'v', '', date_trunc('hour', ts), "
                f"count(*), 0, 0, [], [] from {tables.table('calls')} group by all"
            )
    with Store.open(tmp_path) as store:
        assert whatever_is_asked(store) == from_rows(store)
        assert store.refresh_column_hours() == 4
        assert store.refresh_call_hours() == 4
        assert whatever_is_asked(store) == from_rows(store)
        assert store.logs("m").call_counts(HOURS)["v"].tolist() == [3, 2, 3, 2]
