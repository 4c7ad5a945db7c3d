"""Small loads are decided in memory, large ones in SQL: both store the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.rejection import Refused, Rejection
from store import staging
from store.append import Bodies, EventRows, LabelRows, LoadCounts
from store.identity import hashed, repeated_ids, scoped_ids
from store.recent_ids import KeySet, RecentIds
from store.store import Store
from tests.store.made import Batch, Event, batch, event
from tests.store.test_load import as_events, contents, logs, one_by_one

ONE_PART = 1


def rows_of(made: Batch, part: int) -> EventRows:
    model, events, features = made
    return EventRows(model, events, features, np.full(events.num_rows, part))


def collected(store: Store, *bodies: list[Event]) -> list[LoadCounts]:
    rows = [rows_of(batch(events), part) for part, events in enumerate(bodies)]
    return store.collect(Bodies(len(bodies), rows), "http")


def everything(store: Store) -> dict[str, object]:
    marked = store.sql("select model, hour from stale_call_hours order by all").to_pylist()
    known = store.sql("select * from models").to_pylist()
    tables = contents(store)
    for row in tables["m_m.unanswered"]:  # JSON text: its keys stand in the order they came in
        row["features"] = json.loads(str(row["features"] or "null"))
    return {**tables, "marked": marked, "known": known, "sources": store.sources()}


@settings(max_examples=12)
@given(st.lists(logs, min_size=1, max_size=3))
def test_a_load_stores_the_same_however_large_it_is_taken_for(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[list[dict[str, object]]]
):
    stored = []
    for most_rows in (-1, 20_000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(staging, "_SMALL_ROWS", most_rows)
            with Store.open(tmp_path_factory.mktemp("s")) as store:
                counts = [store.load(one_by_one(as_events(log)), "f") for log in drawn]
                stored.append((counts, everything(store)))
    assert stored[0] == stored[1]


@settings(max_examples=8)
@given(st.lists(logs, min_size=1, max_size=3))
def test_bodies_of_one_commit_store_what_they_would_store_one_after_another(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[list[dict[str, object]]]
):
    bodies = [as_events(log) for log in drawn]
    with (
        Store.open(tmp_path_factory.mktemp("together")) as together,
        Store.open(tmp_path_factory.mktemp("apart")) as apart,
    ):
        counts = collected(together, *bodies)
        assert counts == [collected(apart, body)[0] for body in bodies]
        assert everything(together) == everything(apart)
        assert collected(together, *bodies) == [LoadCounts(duplicates=len(b)) for b in bodies]


def test_a_body_that_is_sent_twice_in_one_commit_is_stored_once(store: Store):
    twins = [event(5, score=0.5, features={"a": 1})] * 2

    assert collected(store, twins, twins) == [LoadCounts(2, 2, 0, 0), LoadCounts(duplicates=2)]


def test_a_small_load_knows_what_a_large_one_stored(store: Store, monkeypatch: pytest.MonkeyPatch):
    events = [event(i, score=i / 7, request_id=f"r{i}", status=200) for i in range(5)]
    assert store.load([batch(events[:1])], "f").predictions == 1  # now the hour is in memory
    with monkeypatch.context() as patch:
        patch.setattr(staging, "_SMALL_ROWS", -1)
        assert store.load([batch(events)], "f") == LoadCounts(4, 4, 0, 1)

    assert store.load([batch(events)], "f") == LoadCounts(duplicates=5)


def test_what_a_load_that_failed_seemed_to_store_is_not_taken_for_stored(store: Store):
    fine = batch([event(1, prediction_id="p", score=0.5, features={"new": 1})], model="late")
    broken = EventRows("m", fine[1], fine[2].slice(0, 0), np.zeros(1, np.int64))
    with pytest.raises(Exception, match="same rows"):
        store.collect(Bodies(ONE_PART, [rows_of(fine, 0), broken]), "http")

    # labels are read inside the transaction, after the events are written
    naive = pa.table(
        {"prediction_id": ["p"], "label": ["x"], "ts": pa.array([0], pa.timestamp("us"))}
    )
    labels = LabelRows("late", naive, np.zeros(1, np.int64))
    with pytest.raises(Exception, match="zone"):
        store.collect(Bodies(ONE_PART, [rows_of(fine, 0)], [labels]), "http")
    assert store.models() == ()

    assert store.load([fine], "f") == LoadCounts(1, 1, 0, 0)


def test_labels_and_rejections_are_stored_in_the_same_commit(store: Store):
    made = batch(
        [event(1, prediction_id="p", label="late"), event(2, prediction_id="q", label="x")]
    )
    labels = made[1].select(["prediction_id", "label", "ts"])
    again = [LabelRows("m", labels, np.array([0, 1])), LabelRows("m", labels, np.array([1, 1]))]
    refused = Rejection(3, "bad_json", "not JSON", b"{")

    found = store.collect(Bodies(2, [], again, [Refused((refused,))]), "http")

    assert found == [LoadCounts(labels=1), LoadCounts(labels=1, duplicates=2)]
    assert [line.rejection for line in store.rejected()] == [refused]
    assert store.sources() == {"http": LoadCounts(labels=2, duplicates=2)}


def test_rows_of_a_request_in_several_bodies_are_one_call_with_the_worst_status(store: Store):
    parts = [
        [event(m, prediction_id=f"p{m}", request_id="r", score=0.5, status=s, latency_ms=s / 10)]
        for m, s in enumerate((200, 503, 404))
    ]

    assert [c.calls for c in collected(store, *parts)] == [1, 0, 0]
    (call,) = store.sql("select status, latency_ms, rows from calls").to_pylist()
    assert call == {"status": 503, "latency_ms": 50.3, "rows": 3}


@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), min_size=1, max_size=5))
def test_ids_made_in_python_are_those_made_in_sql(pairs: list[tuple[str, str]]):
    import duckdb

    from store.identity import repeated, scoped

    connection = duckdb.connect()
    made = scoped_ids("p", [v.encode() for v, _ in pairs], [i.encode() for _, i in pairs])
    again = repeated_ids(made, np.arange(len(pairs)) + 2)
    for row, (version, given_id) in enumerate(pairs):
        sql = (
            f"select id, {repeated('id', '$n')} "
            f"from (select {scoped('p', 'given')} as id "
            "from (select $version::varchar as version, $given::varchar as given))"
        )
        values = {"version": version, "given": given_id, "n": row + 2}
        found = connection.execute(sql, values).fetchall()[0]
        for lanes, expected in zip((made, again), found, strict=True):
            assert (int(lanes[0][row]) << 64) + int(lanes[1][row]) == expected
    connection.close()


def test_md5_of_known_texts_is_md5():
    # RFC 1321, appendix A.5
    high, low = hashed([b"", b"abc"])
    digests = ["d41d8cd98f00b204e9800998ecf8427e", "900150983cd24fb0d6963f7d28e17f72"]
    for row, digest in enumerate(digests):
        number = int.from_bytes(bytes.fromhex(digest), "little")
        assert (int(high[row]) << 64) + int(low[row]) == number


keys = st.lists(st.integers(0, 50), max_size=20).map(lambda v: np.array(v, np.uint64))


@given(keys, st.lists(keys, max_size=8), keys)
def test_a_set_of_keys_holds_what_was_added_and_nothing_else(first, added, asked):
    held = KeySet(first)
    for more in added:
        held.add(more)
    known = set(first.tolist()).union(*(more.tolist() for more in added))
    assert held.holds(asked).tolist() == [key in known for key in asked.tolist()]


def test_beyond_its_limit_the_memory_of_ids_asks_the_store_and_stores_nothing_twice(tmp_path: Path):
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with Store.open(tmp_path) as store:
        memory = store._database.memory
        memory.recent = RecentIds(limit=100)
        loads = [
            batch(
                [{"ts": start + timedelta(hours=h, seconds=i), "score": i / 60} for i in range(60)]
            )
            for h in range(12)
        ]
        for made in loads:
            assert store.load([made], "f").predictions == 60
            assert len(memory.recent) <= 240  # an hour is held whole
        for made in loads:
            assert store.load([made], "f") == LoadCounts(duplicates=60)


def test_history_of_many_hours_is_looked_for_in_the_store(store: Store):
    start = datetime(2025, 1, 1, tzinfo=UTC)
    year = batch([{"ts": start + timedelta(days=d), "score": d / 365} for d in range(365)])

    assert store.load([year], "f").predictions == 365
    assert store.load([year], "g") == LoadCounts(duplicates=365)
    assert len(store._database.memory.recent) == 0
