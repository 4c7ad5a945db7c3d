"""Records of inner spans belong to the call of their trace: one call is told once, however."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.erasure import Condition, Erasing
from store import staging
from store.store import Store
from tests.store.made import SOAKING, at, batch, event

TRACES = [f"{number:032x}" for number in range(1, 4)]
MINUTE_MS = 60_000.0


def span(trace: str, span_id: int, minute: float, ms: float, **more):
    """The call that a span of kind SERVER is."""
    told = {"trace_id": trace, "request_id": f"{trace}-{span_id:016x}", "version": "1"}
    return event(minute, **{**told, "latency_ms": ms, "status": 200, **more})


def record(trace: str, span_id: int, minute: float, name: str, **more):
    """A prediction that was logged in a span."""
    told = {"trace_id": trace, "request_id": f"{trace}-{span_id:016x}", "version": "1"}
    return event(minute, **{**told, "prediction_id": name, "prediction": "good", **more})


def rows(store: Store, query: str) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in store.sql(query).to_pylist()]


def calls(store: Store, model: str = "m") -> list[tuple[object, ...]]:
    found = f"select request_id, latency_ms, status, rows from calls where model = '{model}'"
    return rows(store, f"{found} order by request_id")


def requests(store: Store) -> dict[str, str]:
    return dict(rows(store, "select prediction_id, request_id from predictions"))


def counted(store: Store, model: str = "m") -> int:
    """Calls as objectives see them: the hours that are counted."""
    if model in store.models():
        store.refresh_call_hours(model)
    of = f"from call_hours where model = '{model}'"
    return int(rows(store, f"select coalesce(sum(calls), 0) {of}")[0][0])


@pytest.fixture(params=["in memory", "staged"])
def way(request, monkeypatch):
    """Both ways of a load."""
    monkeypatch.setattr(staging, "_SMALL_ROWS", 20_000 if request.param == "in memory" else 0)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("order", ["records first", "span first", "together"])
def test_a_record_of_an_inner_span_is_part_of_the_call_that_was_answered_then(store, order):
    told = [record(TRACES[0], 2, 0.5, "p-0"), record(TRACES[0], 2, 0.6, "p-1")]
    served = [span(TRACES[0], 1, 0.1, MINUTE_MS)]
    loads = [told, served] if order == "records first" else [served, told]
    loads = [told + served] if order == "together" else loads
    new = [store.load([batch(load)], "f").calls for load in loads]
    request = f"{TRACES[0]}-{1:016x}"
    assert calls(store) == [(request, MINUTE_MS, 200, 3)]
    assert requests(store) == {"p-0": request, "p-1": request}
    assert sum(new) == counted(store) == 1
    # again: nothing is told twice
    assert [store.load([batch(load)], "f").calls for load in loads] == [0] * len(loads)
    assert calls(store) == [(request, MINUTE_MS, 200, 3)]


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    ("others", "n_calls"),
    [
        pytest.param([span(TRACES[0], 1, 5, 10.0)], 2, id="written at another time"),
        pytest.param([span(TRACES[1], 1, 0, MINUTE_MS)], 2, id="another trace"),
        pytest.param([span(TRACES[0], 1, 0, MINUTE_MS, version="2")], 2, id="another version"),
        pytest.param(
            [span(TRACES[0], 1, 0, MINUTE_MS), span(TRACES[0], 3, 0.2, MINUTE_MS)], 3,
            id="two at the same time",
        ),
        pytest.param([span(TRACES[0], 1, 0, MINUTE_MS, request_id="r")], 2, id="a name of its own"),
    ],
)  # fmt: skip
def test_what_may_belong_to_another_call_stays_a_call_by_itself(store, others, n_calls):
    store.load([batch([record(TRACES[0], 2, 0.5, "p-0"), *others])], "f")
    assert len(calls(store)) == counted(store) == n_calls
    assert requests(store) == {"p-0": f"{TRACES[0]}-{2:016x}"}


def test_a_batch_job_s_hundred_calls_in_one_trace_stay_a_hundred(store):
    spans = [span(TRACES[0], n, n, MINUTE_MS / 2) for n in range(1, 101)]
    told = [record(TRACES[0], 1000 + n, n + 0.25, f"p-{n}") for n in range(1, 101)]
    store.load([batch(told)], "f")
    store.load([batch(spans)], "f")
    assert [rows for *_, rows in calls(store)] == [2] * 100
    assert requests(store)["p-7"] == f"{TRACES[0]}-{7:016x}"


def test_calls_that_follow_each_other_at_once_are_told_apart(store):
    """The next one begins 10 us after the answer; a record is written within each."""
    us = 1 / 60e6
    spans = [span(TRACES[0], n, n * 110 * us, 0.1) for n in range(1, 41)]
    told = [record(TRACES[0], 1000 + n, (n * 110 + 50) * us, f"p-{n}") for n in range(1, 41)]
    store.load([batch(told)], "f")
    store.load([batch(spans)], "f")
    assert [rows for *_, rows in calls(store)] == [2] * 40
    assert requests(store)["p-7"] == f"{TRACES[0]}-{7:016x}"


def test_a_record_whose_clock_has_whole_milliseconds_belongs_to_its_call(store):
    ms = 1 / 60e3
    store.load([batch([record(TRACES[0], 2, 7 * ms, "p-0")])], "f")
    store.load([batch([span(TRACES[0], 1, 7.6 * ms, 0.3)])], "f")
    assert [rows for *_, rows in calls(store)] == [2]


@pytest.mark.parametrize("ms", [1e300, 0.0])
def test_a_latency_may_be_any_number(store, ms):
    told = record(TRACES[0], 2, 0, "p-0")
    store.load([batch([told])], "f")
    store.load([batch([span(TRACES[0], 1, 0, ms)])], "f")
    assert [rows for *_, rows in calls(store)] == [2]


def test_the_worst_status_of_what_was_told_inside_wins(store):
    store.load([batch([record(TRACES[0], 2, 0.5, "p-0", status=503)])], "f")
    store.load([batch([span(TRACES[0], 1, 0, MINUTE_MS)])], "f")
    assert [status for _, _, status, _ in calls(store)] == [503]


def test_the_hour_that_a_record_s_own_call_was_counted_in_is_counted_again(store):
    store.load([batch([record(TRACES[0], 2, 60.1, "p-0")])], "f")
    assert counted(store) == 1
    store.load([batch([span(TRACES[0], 1, 59.9, MINUTE_MS)])], "f")
    assert counted(store) == 1


def test_erasing_by_the_request_of_the_call_finds_what_was_told_inside_it(store):
    told = [record(TRACES[0], 2, 0.5, "p-0"), span(TRACES[0], 1, 0, MINUTE_MS)]
    store.load([batch([*told, record(TRACES[1], 2, 1, "p-1")])], "f")
    wanted = Erasing("m", (Condition("request_id", f"{TRACES[0]}-{1:016x}"),), None)
    store.erase(wanted, "me", at(90))
    assert [request for request, *_ in calls(store)] == [f"{TRACES[1]}-{2:016x}"]
    assert requests(store).keys() == {"p-1"}


# one after the other in each trace: minute of the call, records in it
JOBS = st.lists(
    st.tuples(st.sampled_from(TRACES), st.integers(0, 20), st.integers(0, 3)),
    max_size=8,
    unique_by=lambda job: job[:2],
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(tmp_path_factory.mktemp("traced") / "store") as opened:
        yield opened


MODELS = (f"m{number}" for number in itertools.count())


@settings(max_examples=200 if SOAKING else 15, deadline=None)
@given(JOBS, st.randoms(use_true_random=False), st.integers(1, 4))
def test_whatever_the_order_and_the_loads_each_call_is_told_once(
    shared: Store, jobs, by: random.Random, n_loads: int
):
    events, expected = [], Counter()
    for number, (trace, minute, n_records) in enumerate(jobs):
        served = span(trace, number + 1, minute, MINUTE_MS / 2)
        events.append(served)
        expected[served["request_id"]] = 1 + n_records
        for n in range(n_records):
            # in a span of its own each, or in that of the call
            inner = by.choice([number + 1, 100 + number, 1000 + 10 * number + n])
            events.append(record(trace, inner, minute + 0.1 * (n + 1), f"p-{number}-{n}"))
    by.shuffle(events)
    model = next(MODELS)
    for load in (events[n::n_loads] for n in range(n_loads)):
        shared.load([batch(load, model)] if load else [], "f")
    assert {request: n for request, _, _, n in calls(shared, model)} == expected
    assert counted(shared, model) == len(expected)
