"""Calls told in two records: in any order, repeated and parted in any way, they are the same."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.erasure import Condition, Erasing
from domain.window import Window
from ingest.sources import SourceFile
from monitors import source_halves
from monitors.collect_logs import Collecting
from monitors.collected import Body, Kind
from monitors.config import Config
from monitors.halves import give_up
from monitors.ingest_logs import Options, ingest_events
from monitors.local_service import LocalService
from monitors.pairing_config import PairingConfig
from store.store import Store

T = datetime(2026, 6, 1, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ANSWER = timedelta(milliseconds=40)
KSERVE = "org.kubeflow.serving.inference."


def told(call, side, *, at=None, rows=1, **attributes):
    """One record: answers are made of what was asked, so that a wrong pair shows."""
    asked = [[float(call), float(row)] for row in range(rows)]
    answers = [10 * call + row for row in range(rows)]
    body = {"instances": asked} if side == "request" else {"predictions": answers}
    moment = at or T + call * timedelta(seconds=1) + (ANSWER if side == "response" else timedelta())
    return {
        "specversion": "1.0", "type": KSERVE + side, "source": "http://localhost:9081/",
        "id": f"call-{call}", "time": moment.isoformat(), "inferenceservicename": "credit",
        "namespace": "risk", "component": "predictor", "endpoint": "default",
        "datacontenttype": "application/json", "data": body, **attributes,
    }  # fmt: skip


def lines(records):
    return "\n".join(map(json.dumps, records)).encode()


def post(store, *bodies, now=T):
    """Send bodies that are committed together."""
    return Collecting(store).collect(
        [Body(Kind.PREDICTIONS, lines(records), "cloudevents") for records in bodies], now, "http"
    )


def ingest(store, *files, now=T):
    sources = [SourceFile(f"{n}.json", data=lines(records)) for n, records in enumerate(files)]
    return ingest_events(store, sources, Options(None, None, None, "auto", now))


def calls(store, model="credit"):
    found = store.sql(f"""
        select request_id, status, latency_ms, rows
        from calls
        where model = '{model}'
        order by all
    """)
    return [tuple(row.values()) for row in found.to_pylist()]


def predictions(store, model="credit"):
    found = store.sql(f"select * from predictions where model = '{model}' order by all").to_pylist()
    return sorted(
        (row["prediction_id"], row.get("f_f0"), row.get("f_f1"), row["prediction"]) for row in found
    )


def expected(sizes):
    """What calls of some numbers of rows are, counted without any pairing."""
    rows = [
        (f"call-{n}" + (f"-item-{row}" if size > 1 else ""), n, row, f"{10 * n + row}")
        for n, size in enumerate(sizes)
        for row in range(size)
    ]
    return (
        sorted((f"call-{n}", 200, 40.0, size) for n, size in enumerate(sizes)),
        sorted((name, float(n), float(row), answer) for name, n, row, answer in rows),
    )


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A store for all examples of a law, each of which has a service of its own."""
    names = (f"service-{n}" for n in count())
    with Store.open(tmp_path_factory.mktemp("laws")) as opened:
        yield opened, names


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_any_order_repetition_and_parting_over_posts_and_files_gives_the_same_events(shared, data):
    store, names = shared
    name = next(names)
    sizes = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=6), label="rows of calls")
    records = [
        told(n, side, rows=size, inferenceservicename=name)
        for n, size in enumerate(sizes)
        for side in ("request", "response")
    ]
    again = data.draw(st.lists(st.sampled_from(records), max_size=6), label="sent twice")
    mixed = data.draw(st.permutations(records + again), label="order")
    cuts = data.draw(st.lists(st.integers(0, len(mixed)), max_size=4), label="cuts")
    ways = data.draw(st.lists(st.sampled_from(["post", "file", "late"]), min_size=5, max_size=5))
    edges = [0, *sorted(cuts), len(mixed)]
    now = T + MINUTE
    for way, begin, end in zip(ways, edges, edges[1:], strict=False):
        if way == "file":
            ingest(store, mixed[begin:end], now=now)
        else:
            post(store, mixed[begin:end], now=now)
        if way == "late":  # what waits is given up before the rest comes
            now += 20 * MINUTE
            give_up(store, now)
    give_up(store, now + 20 * MINUTE)
    if "late" not in ways[: len(edges) - 1]:
        assert (calls(store, name), predictions(store, name)) == expected(sizes)
    else:
        check_that_late_answers_made_calls_whole(store, name, sizes)
    assert store.rejected_counts() == {}
    assert store.halves_waiting().requests == store.halves_waiting().responses == 0


def check_that_late_answers_made_calls_whole(store, model, sizes):
    """An answer whose request came too late has no features; every other call is as it was."""
    whole_calls, whole_rows = expected(sizes)
    assert {call[0] for call in calls(store, model)} == {call[0] for call in whole_calls}
    assert all(call[1] == 200 for call in calls(store, model))
    known = {row[0]: row for row in whole_rows}
    for name, f0, f1, answer in predictions(store, model):
        assert answer == known[name][3]
        assert (f0, f1) in {(None, None), known[name][1:3]}
    assert Counter(row[0] for row in predictions(store, model)) == Counter(known.keys())


@settings(max_examples=8, deadline=None)
@given(
    part=st.sampled_from(["id", "namespace", "inferenceservicename", "component", "endpoint"]),
    letter=st.characters(codec="utf-8", categories=("L", "N", "P")),
    first=st.booleans(),
)
def test_halves_of_which_one_letter_of_the_key_differs_are_never_joined(
    shared, part, letter, first
):
    store, names = shared
    name = next(names)
    request = told(1, "request", inferenceservicename=name)
    response = told(1, "response", inferenceservicename=name)
    response[part] += letter
    post(store, *([[request], [response]] if first else [[response, request]]))
    waiting = store.halves_waiting()
    give_up(store, T + 20 * MINUTE)
    assert (waiting.requests, waiting.responses) == (1, 1)
    assert all(row[1:3] == (None, None) or row[3] is None for row in predictions(store, name))


def test_a_request_without_an_answer_is_a_failed_call_once_the_time_is_over(store):
    post(store, [told(1, "request", rows=2), told(2, "request"), told(2, "response")])
    give_up(store, T + 14 * MINUTE)
    assert store.halves_waiting().requests == 1
    give_up(store, T + 15 * MINUTE)
    assert calls(store) == [("call-1", 0, None, 1), ("call-2", 200, 40.0, 1)]
    assert len(predictions(store)) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"error": "no"},
        {"status": {"status": "FAILURE", "info": "no"}},
        {"status": {"status": 1, "code": -1, "info": "no", "reason": "MICROSERVICE_BAD_DATA"}},
    ],
)
def test_an_answered_error_without_a_code_spends_the_error_budget(store, answer):
    post(store, [told(n, side) for n in (1, 2) for side in ("request", "response")])
    post(store, [told(3, "request", rows=2), told(3, "response", data=answer)])
    assert calls(store)[-1] == ("call-3", 1, 40.0, 1)
    assert len(predictions(store)) == 2
    store.refresh_call_hours("credit")
    counted = store.call_hours("credit", "", Window(T, T + timedelta(hours=1)), 3_600)
    assert (counted.with_status.sum(), counted.failed.sum()) == (3.0, 1.0)


def test_what_is_sent_again_after_all_that_changes_nothing(store):
    post(store, [told(1, "request"), told(2, "request"), told(2, "response")])
    give_up(store, T + 20 * MINUTE)
    before = calls(store), predictions(store)
    post(store, [told(1, "request")], [told(2, "request")], [told(2, "response")], now=T)
    post(store, [told(2, "request")], now=T)
    give_up(store, T + 60 * MINUTE)
    assert (calls(store), predictions(store)) == before


def test_an_answer_that_comes_after_its_call_was_given_up_mends_it_under_its_own_version(store):
    post(store, [told(1, "request"), told(2, "request"), told(2, "response")])
    give_up(store, T + 20 * MINUTE)
    store.refresh_call_hours("credit")
    late = told(1, "response", metadata='{"X-Model-Version": ["7"]}')
    [collected] = post(store, [late], now=T + 21 * MINUTE)
    assert (collected.stored.predictions, collected.stored.calls) == (1, 1)
    found = store.sql("select request_id, version, status from calls order by 1").to_pylist()
    assert [tuple(call.values()) for call in found] == [("call-1", "7", 200), ("call-2", "", 200)]
    # the hour is counted again
    assert store.refresh_call_hours("credit") == 1
    assert store.called_versions("credit") == ("", "7")


def test_an_answer_without_its_request_is_a_prediction_without_features(store):
    post(store, [told(3, "response")])
    give_up(store, T + 15 * MINUTE)
    assert predictions(store) == [("call-3", None, None, "30")]
    assert calls(store) == [("call-3", 200, None, 1)]


def test_the_first_answer_of_a_sender_may_come_late_and_still_makes_its_call_whole(store):
    post(store, [told(1, "request", rows=2)])
    give_up(store, T + 20 * MINUTE)
    assert [row[1:] for row in predictions(store)] == [(1.0, 0.0, None), (1.0, 1.0, None)]
    post(store, [told(1, "response", rows=2)], now=T + 30 * MINUTE)
    give_up(store, T + 60 * MINUTE)
    assert [row[1:] for row in predictions(store)] == [(1.0, 0.0, "10"), (1.0, 1.0, "11")]
    assert calls(store) == [("call-1", 200, 40.0, 2)]


def test_of_a_sender_that_never_answers_nothing_follows_from_that(store):
    post(store, [told(1, "request"), told(2, "request")])
    give_up(store, T + 20 * MINUTE)
    assert {status for _, status, _, _ in calls(store)} == {None}
    # another service answers: that says nothing of this one
    post(store, [told(1, "response", inferenceservicename="other")], now=T + 20 * MINUTE)
    post(store, [told(3, "request")], now=T + 20 * MINUTE)
    give_up(store, T + 40 * MINUTE)
    assert {status for _, status, _, _ in calls(store)} == {None}


def test_an_id_that_is_used_again_hours_later_finds_no_old_half(store):
    post(store, [told(1, "request"), told(2, "request"), told(2, "response")])
    later = told(1, "response", at=T + 120 * MINUTE)
    post(store, [later], now=T + 10 * MINUTE)
    assert store.halves_waiting().requests == store.halves_waiting().responses == 1
    again = told(1, "request", at=T + 120 * MINUTE - ANSWER)
    post(store, [again], now=T + 10 * MINUTE)
    give_up(store, T + 30 * MINUTE)
    found = sorted((call[1] if call[1] is not None else -1) for call in calls(store))
    assert found == [0, 200, 200]


def test_clocks_that_run_backwards_or_count_seconds_tell_no_latency(store):
    post(
        store,
        [told(1, "request"), told(1, "response", at=T)],
        [told(2, "request", at=T), told(2, "response", at=T + timedelta(seconds=3))],
        [told(3, "request", at=T), told(3, "response", at=T + timedelta(milliseconds=3001))],
    )
    assert [latency for _, _, latency, _ in calls(store)] == [None, None, 3001.0]


def test_a_file_is_not_waited_for_beyond_what_it_tells_itself(store):
    """The newest answer of the file is younger than the request by more than the limit."""
    day = [told(n, side) for n in (2, 1_000) for side in ("request", "response")]
    counts = ingest(store, [told(1, "request"), told(990, "request"), *day])
    assert counts.stored.predictions == 2
    assert [call[:2] for call in calls(store)] == [
        ("call-1", 0), ("call-1000", 200), ("call-2", 200),
    ]  # fmt: skip
    assert store.halves_waiting().requests == 1


def test_one_answer_of_a_clock_that_is_far_ahead_gives_up_no_call(store):
    ahead = told(3, "response", at=T + timedelta(days=300))
    counts = ingest(store, [told(1, "request"), told(2, "request"), told(2, "response"), ahead])
    assert (counts.stored.calls, counts.waiting) == (1, 2)
    assert ingest(store, [told(1, "response")]).stored.calls == 1
    assert [status for _, status, _, _ in calls(store)] == [200, 200]


def test_sides_in_two_files_of_one_command_are_no_failure_in_between(store):
    n = 1_200  # twenty minutes
    counts = ingest(
        store,
        [told(i, "request") for i in range(0, n, 60)],
        [told(i, "response") for i in range(0, n, 60)],
    )
    assert counts.stored.calls == counts.stored.predictions == n // 60
    assert {status for _, status, _, _ in calls(store)} == {200}


def test_more_halves_than_memory_holds_wait_in_the_store(store, monkeypatch):
    monkeypatch.setattr(source_halves, "_MOST_WAITING", 3)
    sizes = [1] * 20
    requests = [told(n, "request") for n in range(20)]
    counts = ingest(store, requests + [told(n, "response") for n in reversed(range(20))])
    assert counts.stored.calls == 20
    assert (calls(store), predictions(store)) == expected(sizes)
    assert store.halves_waiting().requests == 0


def test_two_threads_never_take_one_half_twice(store):
    requests = [told(n, "request") for n in range(60)]
    post(store, requests)
    responses = [told(n, "response") for n in range(60)]

    def senders(part):
        for record in responses[part::2] + responses[1 - part :: 2]:
            post(store, [record])

    threads = [Thread(target=senders, args=(part,)) for part in (0, 1)]
    threads.append(Thread(target=lambda: ingest(store, responses)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    give_up(store, T + 30 * MINUTE)
    assert (calls(store), predictions(store)) == expected([1] * 60)


def test_a_key_for_one_model_sends_no_halves_of_another(store):
    body = Body(
        Kind.PREDICTIONS, lines([told(1, "request")]), "cloudevents", models=frozenset({"other"})
    )
    [collected] = Collecting(store).collect([body], T, "http")
    assert [rejection.reason for rejection in collected.rejections] == ["wrong_model"]
    assert store.halves_waiting().requests == 0


def test_a_pair_that_cannot_be_decoded_is_refused_and_waits_no_more(store):
    post(store, [told(1, "request")])
    [collected] = post(store, [told(1, "response", data="{not json")])
    assert collected.rejections
    assert store.rejected_counts()
    assert store.halves_waiting().requests == 0


def test_what_waits_of_a_person_is_erased_with_everything_else(store):
    post(store, [told(1, "request"), told(1, "response"), told(7, "request"), told(8, "request")])
    wanted = Erasing("credit", (Condition("request_id", "call-7"),), None)
    store.erase(wanted, "me", T, dry_run=False)
    assert store.halves_waiting().requests == 1
    give_up(store, T + 20 * MINUTE)
    assert [call[0] for call in calls(store)] == ["call-1", "call-8"]


def test_the_data_page_is_told_what_waits_and_a_run_gives_up_what_is_overdue(tmp_path):
    config = Config(store=tmp_path, pairing=PairingConfig(wait=timedelta(minutes=5)))
    with LocalService.open(config, "tests", create=True) as service:
        post(service.store, [told(1, "request"), told(2, "request"), told(2, "response")])
        told_of = service.data(T).halves
        assert (told_of.requests, told_of.responses, told_of.wait_s) == (1, 0, 300.0)
        assert told_of.since == T
        service.plan_due(T + 4 * MINUTE)
        assert service.data(T).halves.requests == 1
        service.plan_due(T + 5 * MINUTE)
        assert service.data(T).halves.requests == 0
        assert calls(service.store)[0][:2] == ("call-1", 0)
