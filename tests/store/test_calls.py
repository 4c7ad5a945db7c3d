from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calls import is_failed
from domain.window import Window
from store.append import LoadCounts
from store.store import Store
from tests.store.made import DAY, START, at, batch, event


def call_rows(store: Store) -> list[dict[str, object]]:
    return store.sql("select * from calls order by version, request_id, ts").to_pylist()


def test_a_batch_request_is_one_call_with_many_predictions(store: Store):
    events = [
        event(0, version="1", request_id="r", prediction_id=f"p{i}", score=0.5, latency_ms=18.0)
        for i in range(64)
    ]

    assert store.load([batch(events)], "f") == LoadCounts(64, 1, 0, 0)
    assert [(row["rows"], row["latency_ms"]) for row in call_rows(store)] == [(64, 18.0)]


def test_two_versions_that_answer_one_request_are_two_calls(store: Store):
    shadow = [event(0, version=v, request_id="r", score=0.5) for v in ("1", "2")]

    assert store.load([batch(shadow)], "f").calls == 2


def test_without_a_request_id_every_event_is_a_call_of_its_own(store: Store):
    assert store.load([batch([event(0, score=0.5)] * 3)], "f").calls == 3


@pytest.mark.parametrize("split", [False, True])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_the_worst_status_wins_in_whatever_order_rows_come(
    store: Store, order: tuple[int, ...], *, split: bool
):
    lines = [
        event(1, request_id="r", prediction_id="a", score=0.1, status=200, latency_ms=5.0),
        event(0, request_id="r", prediction_id="b", status=0),
        event(2, request_id="r", prediction_id="c", score=0.2, status=429, replica="pod-1"),
    ]
    chosen = [lines[i] for i in order]

    for part in [[line] for line in chosen] if split else [chosen]:
        store.load([batch(part)], "f")

    assert call_rows(store) == [
        {
            "model": "m",
            "ts": at(0).replace(tzinfo=None),
            "version": "",
            "request_id": "r",
            "latency_ms": 5.0,
            "status": 0,
            "replica": "pod-1",
            "trace_id": None,
            "sampling_rate": None,
            "rows": 3,
        }
    ]


def test_rows_of_a_call_that_were_stored_before_are_not_counted_again(store: Store):
    one, two = (event(0, request_id="r", prediction_id=p, score=0.5) for p in "ab")

    store.load([batch([one])], "f")
    assert store.load([batch([one, two])], "f") == LoadCounts(1, 0, 0, 1)
    assert [row["rows"] for row in call_rows(store)] == [2]


def test_a_call_line_of_its_own_belongs_to_the_prediction_with_its_id(store: Store):
    store.load([batch([event(0, prediction_id="p", score=0.5)])], "predictions")
    line = event(0, prediction_id="p", latency_ms=7.0, status=200)

    assert store.load([batch([line])], "access") == LoadCounts()
    assert store.load([batch([line])], "access") == LoadCounts(duplicates=1)
    assert [(row["latency_ms"], row["rows"]) for row in call_rows(store)] == [(7.0, 2)]


CALLS = st.lists(
    st.tuples(
        st.integers(0, 179),
        st.sampled_from([None, 200, 404, 500, 503, 0]),
        st.one_of(st.none(), st.floats(0, 200)),
        st.sampled_from([None, "a", "b"]),
        st.sampled_from([None, 1.0, 0.5, 0.25]),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=20, deadline=None)
@given(CALLS)
def test_buckets_hold_what_a_loop_over_the_calls_counts(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[int, int, float, str, float]]
):
    names = ("status", "latency_ms", "replica", "sampling_rate")
    events = [
        event(m, request_id=f"r{i}", score=0.5, **dict(zip(names, rest, strict=True)))
        for i, (m, *rest) in enumerate(drawn)
    ]
    span = Window(START, START + timedelta(minutes=150))
    with Store.open(tmp_path_factory.mktemp("s")) as store:
        store.load([batch(events)], "f")
        found = store.logs("m").call_buckets("", span, 3600, [50.0, 100.0])

    assert found.starts.tolist() == [int(at(60 * h).timestamp()) for h in range(3)]
    want = {
        name: np.zeros((len(found.replicas), 3)) for name in ("total", "told", "failed", "timed")
    }
    slow = np.zeros((2, len(found.replicas), 3))
    for minute, status, latency, replica, rate in drawn:
        if minute >= 150:
            continue
        cell = found.replicas.index(replica or ""), minute // 60
        weight = 1 / (rate or 1.0)
        want["total"][cell] += weight
        want["told"][cell] += weight * (status is not None)
        want["failed"][cell] += weight * is_failed(status)
        want["timed"][cell] += weight * (is_failed(status) or latency is not None)
        for k, limit in enumerate((50.0, 100.0)):
            slow[(k, *cell)] += weight * (is_failed(status) or (latency or 0.0) > limit)
    np.testing.assert_array_equal(found.total, want["total"])
    np.testing.assert_array_equal(found.with_status, want["told"])
    np.testing.assert_array_equal(found.failed, want["failed"])
    np.testing.assert_array_equal(found.with_latency, want["timed"])
    np.testing.assert_array_equal(found.slow, slow)


def test_buckets_of_a_silent_span_are_empty_and_complete(store: Store):
    store.load([batch([event(0, score=0.5)])], "f")
    later = Window(at(60), at(120))

    found = store.logs("m").call_buckets("", later, 300, [])

    assert found.replicas == ()
    assert found.starts.shape == (12,)
    assert found.total.shape == (0, 12)
    assert found.slow.shape == (0, 0, 12)


def test_latency_quantiles_are_numpys_and_missing_where_nothing_was_called(store: Store):
    latencies = np.random.default_rng(3).lognormal(3, 1, 200)
    events = [event(i, score=0.5, latency_ms=float(x)) for i, x in enumerate(latencies)]
    store.load([batch([*events, event(100, score=0.5)])], "f")
    windows = [Window(at(0), at(100)), Window(at(100), at(200)), Window(at(5000), at(5001))]

    found = store.logs("m").latency_quantiles("", windows, [0.5, 0.99])

    np.testing.assert_allclose(found[0], np.quantile(latencies[:100], [0.5, 0.99]))
    np.testing.assert_allclose(found[1], np.quantile(latencies[100:], [0.5, 0.99]))
    assert np.isnan(found[2]).all()


def test_calls_are_counted_by_version_and_window(store: Store):
    events = [
        event(60 * h, version=v, score=0.5) for h in range(24) for v in ("1", "2")[: 1 + h // 12]
    ]
    store.load([batch(events)], "f")
    halves = [Window(START, at(720)), Window(at(720), DAY.end)]

    found = store.logs("m").call_counts(halves)

    assert {v: c.tolist() for v, c in found.items()} == {"1": [12, 12], "2": [0, 12]}
