from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.call_hours import CallHours
from domain.calls import is_failed
from domain.errors import InvalidWindowError, StoreError, UnknownNameError
from domain.window import Window
from store import staging, versions
from store.hours import call_hours
from store.registry import ensure_model
from store.store import Store
from tests.store.made import at, batch, event

HOUR = 3600
TOTALS = ("total", "with_status", "failed")
QS = (0.0, 0.01, 0.25, 0.5, 0.95, 0.99, 1.0)


def span(first_hour: int, end_hour: int) -> Window:
    return Window(at(60 * first_hour), at(60 * end_hour))


def rows_of(store: Store, model: str = "m") -> list[dict[str, Any]]:
    return [row for row in store.sql("select * from calls").to_pylist() if row["model"] == model]


def recount(rows: list[dict[str, Any]]) -> dict[tuple[str, str, datetime], dict[str, Any]]:
    """Count rows by version, replica and hour, one after the other."""
    found: dict[Any, dict[str, Any]] = defaultdict(
        lambda: {"calls": 0.0, "with_status": 0.0, "failed": 0.0, "latencies": 0}
    )
    for row in rows:
        hour = row["ts"].replace(minute=0, second=0, microsecond=0)
        counts = found[row["version"], row["replica"] or "", hour]
        weight = 1 / (row["sampling_rate"] or 1.0)
        counts["calls"] += weight
        counts["with_status"] += weight * (row["status"] is not None)
        counts["failed"] += weight * is_failed(row["status"])
        counts["latencies"] += row["latency_ms"] is not None
    return dict(found)


def counted(store: Store, model: str = "m") -> dict[tuple[str, str, datetime], dict[str, Any]]:
    """What is stored of hours; each once."""
    rows = store.sql("select * from call_hours").to_pylist()
    own = [row for row in rows if row["model"] == model]
    found = {
        (row["version"], row["replica"], row["hour"]): {
            "calls": row["calls"],
            "with_status": row["with_status"],
            "failed": row["failed"],
            "latencies": sum(row["counts"]),
        }
        for row in own
    }
    assert len(found) == len(own), "an hour is there twice"
    assert all(row["cells"] == sorted(set(row["cells"])) for row in own)
    return found


# ------------------------------------------------------------------ always what a recount finds

EVENTS = st.fixed_dictionaries(
    {
        # minutes, so that rows of one request lie in different hours
        "minute": st.integers(0, 239),
        "request_id": st.sampled_from([f"r{i}" for i in range(6)]),
        "version": st.sampled_from(["1", "2"]),
        "score": st.sampled_from([None, 0.25, 0.5]),
        "status": st.sampled_from([None, 200, 404, 503, 0]),
        "latency_ms": st.one_of(st.none(), st.floats(0, 500)),
        "replica": st.sampled_from([None, "a", "b"]),
        "sampling_rate": st.sampled_from([None, 1.0, 0.5]),
    }
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["load", "stage"]), st.lists(EVENTS, min_size=1, max_size=4)),
        st.integers(0, 20).map(lambda i: ("again", i)),
        st.just(("refresh", None)),
        st.integers(0, 3).map(lambda hour: ("refresh", span(hour, hour + 1))),
    ),
    min_size=1,
    max_size=10,
)


@settings(max_examples=25, deadline=None)
@given(STEPS)
def test_hours_hold_what_a_recount_of_the_rows_finds_whatever_was_loaded_in_which_order(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, Any]]
):
    loads: list[Any] = []
    with Store.open(tmp_path_factory.mktemp("s")) as store:
        store.load([batch([event(0, score=0.5, version="1")])], "first")
        for what, value in steps:
            if what in ("load", "stage"):
                loads.append(batch([event(e.pop("minute"), **e) for e in map(dict, value)]))
                with pytest.MonkeyPatch.context() as patch:
                    # small loads are decided in memory, large ones in the database
                    patch.setattr(staging, "_SMALL_ROWS", 20_000 if what == "load" else 0)
                    store.load([loads[-1]], "f")
            elif what == "again" and loads:
                store.load([loads[value % len(loads)]], "f")
            elif what == "refresh":
                store.refresh_call_hours("m", value)
        store.refresh_call_hours("m")

        assert counted(store) == recount(rows_of(store))
        assert store.refresh_call_hours("m") == 0


def test_a_later_row_that_says_a_call_came_earlier_moves_it_to_that_hour(store: Store):
    store.load([batch([event(130, request_id="r", score=0.5)])], "f")
    store.refresh_call_hours("m")
    store.load([batch([event(110, request_id="r", status=503)])], "f")

    assert store.refresh_call_hours("m") == 2
    assert [hour for _, _, hour in counted(store)] == [at(60).replace(tzinfo=None)]


def test_a_worse_status_that_comes_late_corrects_the_hour_of_its_call(store: Store):
    store.load([batch([event(50, request_id="r", score=0.5, status=200)])], "f")
    store.refresh_call_hours("m")
    store.load([batch([event(70, request_id="r", status=500)])], "f")
    store.refresh_call_hours("m")

    (hour,) = counted(store).values()
    assert (hour["calls"], hour["failed"]) == (1.0, 1.0)


def test_a_load_that_fails_leaves_no_hour_that_looks_marked(store: Store):
    """Its mark was rolled back: the next load must not take the hour for marked."""
    good = batch([event(10, request_id="a", score=0.5)])
    store.load([good], "f")
    store.refresh_call_hours("m")
    with store._database.writing() as connection:
        connection.execute("alter table sources rename to hidden")
    with pytest.raises(StoreError):
        store.load([batch([event(70, request_id="b", score=0.5)])], "f")
    with store._database.writing() as connection:
        connection.execute("alter table hidden rename to sources")

    store.load([batch([event(70, request_id="c", score=0.5)])], "f")
    store.refresh_call_hours("m")

    assert counted(store) == recount(rows_of(store))


def test_marks_outlive_the_process_that_made_them(tmp_path: Path):
    with Store.open(tmp_path) as store:
        store.load([batch([event(i, score=0.5) for i in range(0, 180, 20)])], "f")
    with Store.open(tmp_path) as store:
        assert store.refresh_call_hours("m") == 3
        assert counted(store) == recount(rows_of(store))


def test_a_busy_hour_is_marked_once(store: Store):
    for i in range(5):
        store.load([batch([event(i, request_id=f"r{i}", score=0.5)])], "f")

    assert store.sql("select count(*) as n from stale_call_hours").to_pylist() == [{"n": 1}]


def test_models_are_counted_apart(store: Store):
    store.load([batch([event(0, score=0.5)], "one"), batch([event(0, score=0.5)] * 2, "two")], "f")

    assert store.refresh_call_hours("one") == 1
    assert counted(store, "two") == {}
    assert store.refresh_call_hours() == 1
    for model in ("one", "two"):
        assert counted(store, model) == recount(rows_of(store, model))


# ------------------------------------------------------------------ loads that commit meanwhile


def around(count: Callable[..., Any], before: Callable[[], None], after: Callable[[], None]):
    def wrapped(*arguments: Any) -> Any:
        before()
        found = count(*arguments)
        after()
        return found

    return wrapped


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_load_that_commits_while_hours_are_counted_is_counted_next_time(
    store: Store, monkeypatch: pytest.MonkeyPatch, when: str
):
    """Seen from another thread: rows come just before or just after they are read."""
    store.load([batch([event(0, request_id="a", score=0.5)])], "f")
    late = batch([event(1, request_id="b", score=0.5), event(61, request_id="c", score=0.5)])

    def load() -> None:
        loading = threading.Thread(target=store.load, args=([late], "f"))
        loading.start()
        loading.join()

    def nothing() -> None:
        pass

    with monkeypatch.context() as patch:
        hooks = (load, nothing) if when == "before" else (nothing, load)
        patch.setattr(call_hours, "_counted", around(call_hours._counted, *hooks))
        assert store.refresh_call_hours("m") == 1

    assert store.refresh_call_hours("m") == 2
    assert counted(store) == recount(rows_of(store))
    assert store.refresh_call_hours("m") == 0


def test_refreshes_and_loads_of_several_threads_end_in_the_right_counts(store: Store):
    store.load([batch([event(0, request_id="first", score=0.5)])], "f")
    done = threading.Event()
    errors: list[BaseException] = []

    def refresh() -> None:
        try:
            while not done.is_set():
                store.refresh_call_hours("m")
        except BaseException as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=refresh) for _ in range(2)]
    for thread in threads:
        thread.start()
    for i in range(15):
        rows = [event((7 * i + k) % 240, request_id=f"{i}-{k % 3}", score=0.5) for k in range(5)]
        store.load([batch(rows)], "f")
    done.set()
    for thread in threads:
        thread.join()

    assert errors == []
    store.refresh_call_hours("m")
    assert counted(store) == recount(rows_of(store))


# ------------------------------------------------------------------ stores of before


def test_a_store_from_before_there_were_hours_is_counted_by_the_first_refresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patch:
        first = {1: versions.migrations()[1]}
        patch.setattr(versions, "migrations", lambda: first)
        with Store.open(tmp_path) as old, old._database.writing() as connection:
            calls = ensure_model(connection, "m").table("calls")
            connection.execute(
                f"insert into {calls} (id, ts, version, latency_ms, status, rows) "
                "select i, timestamp '2013-07-01' + to_minutes(i * 25), '1', i, 200, 1 "
                "from range(10) as r(i)"
            )
    with Store.open(tmp_path) as store:
        assert store.refresh_call_hours("m") == 4
        assert counted(store) == recount(rows_of(store))


# ------------------------------------------------------------------ reading

LATENCIES = st.lists(
    st.tuples(
        st.integers(0, 299),
        st.one_of(
            st.floats(1e-6, 1e9),
            st.sampled_from([0.0, 1e-9, 1.0, 1.02, 5.0, 5.0, 1e15]),
            st.none(),
        ),
        st.sampled_from([None, "a", "b"]),
    ),
    min_size=1,
    max_size=60,
)


def exact(latencies: list[float | None]) -> np.ndarray[Any, Any]:
    known = [value for value in latencies if value is not None]
    return np.quantile(known, QS) if known else np.full(len(QS), np.nan)


@settings(max_examples=20, deadline=None)
@given(LATENCIES)
def test_quantiles_are_within_2_percent_of_numpys_on_the_rows(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[int, float | None, str | None]]
):
    events = [
        event(minute, request_id=f"r{i}", score=0.5, latency_ms=latency, replica=replica)
        for i, (minute, latency, replica) in enumerate(drawn)
    ]
    with Store.open(tmp_path_factory.mktemp("s")) as store:
        store.load([batch(events)], "f")
        store.refresh_call_hours("m")
        hours = store.call_hours("m", "", span(0, 5), 2 * HOUR)

    for by_replica in (False, True):
        for by_bucket in (False, True):
            found = hours.latencies(QS, by_replica=by_replica, by_bucket=by_bucket)
            for r, replica in enumerate(hours.replicas if by_replica else [None]):
                for b in range(3 if by_bucket else 1):
                    own = [
                        latency
                        for minute, latency, name in drawn
                        if (not by_replica or (name or "") == replica)
                        and (not by_bucket or minute // 120 == b)
                    ]
                    np.testing.assert_allclose(found[r, b], exact(own), rtol=0.02, atol=1e-6)


def test_many_latencies_in_few_cells_are_closer_than_a_cell(store: Store):
    """A cell is 2 % wide; a median of many must not jump from one to the next."""
    latencies = np.exp(np.random.default_rng(5).uniform(1.0, 1.1, 4000))
    events = [
        event(i / 20, score=0.5, latency_ms=float(x), replica="abc"[i % 3])
        for i, x in enumerate(latencies)
    ]
    store.load([batch(events)], "f")
    store.refresh_call_hours("m")

    hours = store.call_hours("m", "", span(0, 4), 4 * HOUR)
    found = hours.latencies(QS, by_replica=False, by_bucket=True)[0, 0]

    np.testing.assert_allclose(found[2:4], np.quantile(latencies, QS)[2:4], rtol=0.002)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2), st.integers(3, 6), st.integers(1, 4))
def test_buckets_are_those_of_the_rows_for_whole_hours(
    tmp_path_factory: pytest.TempPathFactory, first: int, end: int, length: int
):
    rng = np.random.default_rng(first + 10 * end + 100 * length)
    events = [
        event(
            float(minute),
            request_id=f"r{i}",
            score=0.5,
            status=(200, 503, None)[i % 3],
            replica=("a", None)[i % 2],
            sampling_rate=(1.0, 0.25)[i % 2],
            latency_ms=3.0,
        )
        for i, minute in enumerate(rng.uniform(0, 360, 50))
    ]
    asked = span(first, end)
    with Store.open(tmp_path_factory.mktemp("s")) as store:
        store.load([batch(events)], "f")
        store.refresh_call_hours("m")
        found = store.call_hours("m", "", asked, length * HOUR)
        rows = store.logs("m").call_buckets("", asked, length * HOUR, [])

    assert found.span == asked
    assert (found.starts.tolist(), found.replicas) == (rows.starts.tolist(), rows.replicas)
    for name in TOTALS:
        np.testing.assert_allclose(getattr(found, name), getattr(rows, name), rtol=1e-12)


def test_an_hour_that_the_span_cuts_is_counted_whole(store: Store):
    store.load([batch([event(m, score=0.5) for m in (5, 55, 65, 125, 185)])], "f")
    cut = Window(at(30), at(121))
    assert store.refresh_call_hours("m", cut) == 3

    found = store.call_hours("m", "", cut, HOUR)

    assert found.span == span(0, 3)
    assert found.total.tolist() == [[2.0, 1.0, 1.0]]


def test_a_silent_span_has_empty_buckets(store: Store):
    store.load([batch([event(0, score=0.5)])], "f")
    store.refresh_call_hours("m")

    found = store.call_hours("m", "", span(48, 50), HOUR)

    assert (found.replicas, found.starts.shape, found.total.shape) == ((), (2,), (0, 2))
    assert np.isnan(found.latencies(QS, by_replica=False, by_bucket=True)).all()


def test_versions_are_those_that_were_called(store: Store):
    store.load([batch([event(0, score=0.5, version=v) for v in ("2", "1")])], "f")
    assert store.called_versions("m") == ()
    store.refresh_call_hours("m")
    assert store.called_versions("m") == ("1", "2")


def test_what_cannot_be_meant_is_named(store: Store):
    store.load([batch([event(0, score=0.5)])], "f")
    with pytest.raises(InvalidWindowError, match="1800 s are not whole hours"):
        store.call_hours("m", "", span(0, 1), 1800)
    with pytest.raises(UnknownNameError, match="mm"):
        store.refresh_call_hours("mm")
    with pytest.raises(UnknownNameError, match="mm"):
        store.call_hours("mm", "", span(0, 1), HOUR)


def test_reading_needs_no_rows_at_all(tmp_path: Path):
    """The cost cannot depend on rows that are not there."""
    with Store.open(tmp_path) as store:
        events = [event(i, score=0.5, latency_ms=float(i), status=200) for i in range(200)]
        store.load([batch(events)], "f")
        store.refresh_call_hours("m")
        before = store.call_hours("m", "", span(0, 4), HOUR)
        with store._database.writing() as connection:
            connection.execute(f"drop table {ensure_model(connection, 'm').table('calls')} cascade")
        after = store.call_hours("m", "", span(0, 4), HOUR)
        assert store.refresh_call_hours("m") == 0

    assert described(after) == described(before)


def described(hours: CallHours) -> tuple[object, ...]:
    totals = tuple(getattr(hours, name).tolist() for name in TOTALS)
    return *totals, hours.latencies(QS, by_replica=True, by_bucket=True).tolist()
