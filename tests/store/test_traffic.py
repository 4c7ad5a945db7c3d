from __future__ import annotations

import dataclasses

import pytest

from domain.run import Deployment, Run, RunStatus
from domain.window import Window
from store.store import Store
from tests.store.made import at, batch, event

HOURS = [Window(at(60 * h), at(60 * h + 60)) for h in (0, 1, 3)]


def test_a_request_that_two_versions_answered_is_one_request(store: Store):
    shadow = [event(m, version=v, request_id=f"r{m}", score=0.5) for m in (5, 65) for v in "12"]
    store.load([batch([*shadow, event(70, score=0.5), event(71, score=0.5)])], "f")

    found = store.logs("m").request_counts(Window(at(0), at(180)), 3600)

    assert found.tolist() == [1, 3, 0]


def test_failed_calls_are_counted_by_status_and_window(store: Store):
    statuses = [(0, 200), (1, 503), (2, 503), (3, 0), (61, 404), (62, 500), (130, 500), (185, 504)]
    events = [event(m, version="1", request_id=f"r{m}", status=s) for m, s in statuses]
    store.load([batch([*events, event(4, version="2", request_id="x", status=500)])], "f")

    assert store.logs("m").failed_statuses("1", HOURS) == [{0: 1, 503: 2}, {500: 1}, {504: 1}]
    assert store.logs("m").failed_statuses("1", []) == []


def test_the_span_of_a_window_is_from_its_first_call_to_its_last(store: Store):
    store.load([batch([event(m, version="1", score=0.5) for m in (7, 3.25, 59, 150, 200)])], "f")

    assert store.logs("m").event_spans("1", HOURS) == [(at(3.25), at(59)), None, (at(200), at(200))]


def judged(version: str, window: Window, status: RunStatus) -> Run:
    return Run(
        deployment=Deployment("m", version),
        window=window,
        status=status,
        coverage=1.0,
        config_hash="c",
        code_version="0",
        started_at=HOURS[-1].end,
        duration_s=0.1,
        n_predictions=0,
        n_calls=0,
        baseline="none yet",
        baseline_windows=0,
    )


@pytest.fixture
def history(store: Store) -> Store:
    store.save_runs(
        [
            judged("1", HOURS[0], RunStatus.OK),
            judged("2", HOURS[0], RunStatus.FAILED),
            judged("1", HOURS[1], RunStatus.INSUFFICIENT),
            judged("2", HOURS[1], RunStatus.OK),
        ]
    )
    return store


def test_a_window_is_as_bad_as_its_worst_deployment(history: Store):
    assert history.run_statuses("m") == {HOURS[0]: RunStatus.FAILED, HOURS[1]: RunStatus.OK}
    assert history.run_statuses("other") == {}
    assert history.last_run_end("m") == HOURS[1].end
    assert history.last_run_end("other") is None


def test_a_window_judged_before_its_end_is_not_the_last_one(store: Store):
    early = dataclasses.replace(judged("1", HOURS[1], RunStatus.OK), started_at=HOURS[0].end)
    store.save_runs([judged("1", HOURS[0], RunStatus.OK), early])

    assert store.last_run_end("m") == HOURS[0].end


def test_a_new_try_of_a_window_replaces_all_that_was_found_in_it(history: Store):
    again = judged("3", HOURS[0], RunStatus.OK)

    history.replace_runs("m", [HOURS[0]], [again])

    assert [(r.window, r.deployment.version) for r in history.runs()] == [
        (HOURS[0], "3"),
        (HOURS[1], "1"),
        (HOURS[1], "2"),
    ]
    assert history.run_statuses("m")[HOURS[0]] is RunStatus.OK


def test_a_run_that_is_tried_again_takes_the_failed_ones_place(history: Store):
    again = dataclasses.replace(judged("2", HOURS[0], RunStatus.OK), n_predictions=7)

    history.save_runs([again])

    assert history.runs(version="2", span=HOURS[0]) == [again]
