"""The calls worth a look, beside a plain search through all of them."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from domain.calls import is_failed
from domain.run import Deployment
from domain.window import Window
from store.notable_calls import hours_of_failures, hours_of_slowest

START = datetime(2026, 11, 1, tzinfo=UTC)
OF = Deployment("credit", "2")
DAYS = 10
SPAN = Window(START, START + timedelta(days=DAYS))
TRACE = "0af7651916cd43dd8448eb211c80319c"


def load(store, calls, version="2"):
    """Store calls: (seconds from the start, latency or None, status or None)."""
    at, latency, status = zip(*calls, strict=True)
    n = len(calls)
    events = {
        "ts": pa.array([START + timedelta(seconds=s) for s in at], pa.timestamp("us", tz="UTC")),
        "version": [version] * n,
        "latency_ms": pa.array(latency, pa.float64()),
        "status": pa.array(status, pa.int32()),
        "replica": [f"pod-{i % 3}" for i in range(n)],
        "trace_id": [TRACE if i % 2 else None for i in range(n)],
    }
    store.load([("credit", pa.table(events), pa.table({"x": [1.0] * n}))], "test")
    store.refresh_call_hours("credit")


@pytest.fixture
def made(store):
    """Ten days of calls: latencies over four decades, one in fifty failed, some without one."""
    rng = np.random.default_rng(7)
    n = 6000
    seconds = np.sort(rng.choice(DAYS * 86_400, n, replace=False)).tolist()
    latency = np.exp(rng.normal(1, 1.5, n)).tolist()
    status = rng.choice([200, 404, 500, 0, 503], n, p=[0.9, 0.08, 0.01, 0.005, 0.005]).tolist()
    calls = [
        (at, None if i % 11 == 0 else ms, None if i % 13 == 0 else code)
        for i, (at, ms, code) in enumerate(zip(seconds, latency, status, strict=True))
    ]
    load(store, calls)
    load(store, [(at, ms, 500) for at, ms in ((5, 1e6), (7, 2e6))], version="1")
    return calls


def told(calls):
    return [(round((one.ts - START).total_seconds()), one.latency_ms, one.status) for one in calls]


def test_they_are_those_that_a_search_through_all_calls_finds(store, made):
    failed, slowest = store.notable_calls(OF, SPAN, 20)
    wanted = [one for one in made if is_failed(one[2])]
    assert told(failed) == sorted(wanted, reverse=True)[:20]
    timed = [one for one in made if one[1] is not None]
    assert told(slowest) == sorted(timed, key=lambda one: -one[1])[:20]
    assert all(one.ts.tzinfo is UTC for one in failed)
    assert {one.trace_id for one in (*failed, *slowest)} == {TRACE, None}


def test_only_the_hours_that_hold_them_are_read(store, made):
    hours = store.call_hours("credit", "2", SPAN, 3600)
    n_hours = sum(w.duration / timedelta(hours=1) for w in hours_of_slowest(hours, 20))
    assert n_hours <= 60
    failing = hours_of_failures(hours, 20)
    assert sum(w.duration / timedelta(hours=1) for w in failing) <= 20
    assert all(a.end < b.start for a, b in pairwise(failing))
    at = [at for at, _, status in made if is_failed(status)]
    newest = START + timedelta(seconds=max(at))
    assert failing[-1].start <= newest < failing[-1].end


def test_equally_slow_calls_cost_no_more_hours_than_are_wanted(store):
    load(store, [(3600 * hour + 5, 3.0, 200) for hour in range(200)])
    hours = store.call_hours("credit", "2", SPAN, 3600)
    (window,) = hours_of_slowest(hours, 20)
    # the newest ones, beside each other: one window
    assert window == Window(START + timedelta(hours=180), START + timedelta(hours=200))
    assert len(store.notable_calls(OF, SPAN, 20)[1]) == 20


def test_a_span_leaves_out_what_lies_before_and_behind(store):
    load(store, [(0, 900.0, 500), (7200, 5.0, 500), (7201, 6.0, 200), (10_800, 800.0, 500)])
    span = Window(START + timedelta(hours=2), START + timedelta(hours=3))
    failed, slowest = store.notable_calls(OF, span, 20)
    assert told(failed) == [(7200, 5.0, 500)]
    assert told(slowest) == [(7201, 6.0, 200), (7200, 5.0, 500)]


def test_without_calls_there_are_none(store):
    load(store, [(0, None, None)])
    assert store.notable_calls(OF, SPAN, 20) == ([], [])
