"""Pending, firing, resolved; and the laws of a replay."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.lifecycle import replay
from alerts.policy import AlertPolicy
from domain.errors import ConfigurationError
from domain.finding import Severity
from domain.incident import AlertState, Cause
from tests.alerts.history import History, day

DEFAULT = AlertPolicy()
FACTS = json.loads((Path(__file__).parent / "state_facts.json").read_text())


def one(windows, policy=DEFAULT):
    (incident,) = replay("m", windows, policy)
    (alert,) = incident.alerts
    return incident, alert


def states_over_time(history, policy):
    """Return the state of the only alert after each window, as somebody who looks daily sees it."""
    seen = []
    for i in range(1, history.n + 1):
        found = replay("m", history.windows(0, i), policy)
        seen.append(found[-1].alerts[-1].state.value if found else None)
    return seen


def test_prometheus_golden_case():
    """One evaluation a window: pending while `for` runs, kept through one quiet evaluation."""
    case = FACTS["keep_firing"]
    bad = [i for i, sample in enumerate(case["samples"]) if sample > case["threshold_gt"]]
    history = History(len(case["samples"])).bad(Cause.DRIFT, "x", bad)
    every_s = case["eval_every_s"]
    policy = AlertPolicy(
        for_windows=case["for_s"] // every_s + 1,
        quiet_windows=case["keep_firing_for_s"] // every_s,
    )
    words = {None: "pending", "firing": "firing", "resolved": "inactive"}
    assert [words[s] for s in states_over_time(history, policy)] == case["expected"]


def test_an_alert_fires_at_once_and_resolves_after_more_than_two_quiet_windows():
    history = History(10).bad(Cause.DRIFT, "temp", range(2, 5))
    assert states_over_time(history, DEFAULT) == [None] * 2 + ["firing"] * 5 + ["resolved"] * 3
    incident, alert = one(history.windows())
    assert (alert.started_at, alert.last_seen_at) == (day(2).start, day(4).end)
    assert (alert.windows, alert.resolved_at) == (3, day(7).end)
    assert (incident.state, incident.resolved_at) == (AlertState.RESOLVED, day(7).end)
    assert alert.incident_id == incident.incident_id


def test_quiet_gaps_of_two_windows_are_the_same_alert():
    _, alert = one(History(12).bad(Cause.DRIFT, "temp", [1, 4, 7]).windows())
    assert (alert.windows, alert.state) == (3, AlertState.RESOLVED)


def test_the_same_column_again_after_the_end_is_a_new_incident():
    first, second = replay("m", History(20).bad(Cause.DRIFT, "temp", [1, 5]).windows(), DEFAULT)
    assert first.incident_id != second.incident_id
    assert first.alerts[0].fingerprint != second.alerts[0].fingerprint


def test_a_pending_alert_that_clears_vanishes_without_a_word():
    history = History(10).bad(Cause.DRIFT, "temp", [1, 3, 5])
    assert replay("m", history.windows(), AlertPolicy(for_windows=2)) == []
    (incident,) = replay("m", history.windows(), AlertPolicy(for_windows=1))
    assert incident.alerts[0].windows == 3


def test_an_alert_that_was_pending_began_with_its_first_bad_window():
    _, alert = one(
        History(10).bad(Cause.DRIFT, "temp", [3, 4, 5]).windows(), AlertPolicy(for_windows=3)
    )
    assert (alert.started_at, alert.windows) == (day(3).start, 3)


def test_windows_that_could_not_be_judged_freeze_an_alert():
    history = History(30).bad(Cause.DRIFT, "temp", [2]).unjudged(Cause.DRIFT, "temp", range(3, 20))
    assert one(history.windows(0, 20))[1].state is AlertState.FIRING
    incident, alert = one(history.windows())
    assert (alert.windows, alert.last_seen_at) == (1, day(2).end)
    assert incident.resolved_at == day(22).end


def test_failed_runs_and_missing_runs_are_not_quiet():
    history = History(20).bad(Cause.DRIFT, "temp", [2]).failed(range(3, 15))
    assert one(history.windows(0, 15))[1].state is AlertState.FIRING
    gap = history.windows(0, 3) + history.windows(15, 17)
    assert one(gap)[1].state is AlertState.FIRING


def test_other_columns_being_unjudged_do_not_freeze_an_alert():
    history = History(9).bad(Cause.DRIFT, "temp", [2]).unjudged(Cause.DRIFT, "dewp", range(3, 9))
    assert one(history.windows())[1].state is AlertState.RESOLVED


def test_versions_share_one_alert():
    first = History(9, "1").bad(Cause.DRIFT, "temp", [2, 3])
    second = History(9, "2").bad(Cause.DRIFT, "temp", [3, 4])
    incident, alert = one(first.windows() + second.windows())
    assert alert.versions == incident.versions == ("1", "2")
    assert alert.windows == 3


def test_a_version_that_cannot_be_judged_keeps_its_alert_while_another_is_quiet():
    first = History(9, "1").bad(Cause.DRIFT, "temp", [2])
    second = History(9, "2")
    frozen = (
        History(9, "1").bad(Cause.DRIFT, "temp", [2]).unjudged(Cause.DRIFT, "temp", range(3, 9))
    )
    assert one(frozen.windows() + second.windows())[1].state is AlertState.FIRING
    assert one(first.windows() + second.windows())[1].state is AlertState.RESOLVED
    retired = first.windows(0, 3)
    assert one(retired + second.windows())[1].state is AlertState.RESOLVED


def test_readings_begin_no_alert_but_keep_one_alive():
    quietly = History(9).bad(Cause.DRIFT, "temp", [2], Severity.INFO)
    assert replay("m", quietly.windows(), DEFAULT) == []
    kept = History(9).bad(Cause.DRIFT, "temp", [2])
    kept.bad(Cause.DRIFT, "temp", [3, 4, 5], Severity.INFO)
    _, alert = one(kept.windows())
    assert (alert.severity, alert.windows) == (Severity.WARNING, 4)
    raised = replay("m", quietly.windows(), AlertPolicy(raise_at=Severity.INFO))
    assert [i.severity for i in raised] == [Severity.INFO]


def test_an_alert_is_as_severe_as_it_has_been_and_tells_its_worst_window():
    history = History(9).bad(Cause.DRIFT, "temp", [2, 4], strength=1.0, statistic=5)
    history.bad(Cause.DRIFT, "temp", [3], Severity.CRITICAL, statistic=9)
    incident, alert = one(history.windows())
    assert incident.severity is alert.severity is Severity.CRITICAL
    assert alert.values["statistic"] == 9
    assert alert.values["worst_until"] == "2013-04-05T00:00:00Z"


# ---------------------------------------------------------------------- laws

CAUSES = [c for c in Cause if c is not Cause.MONITOR]
SUBJECTS = {
    Cause.DRIFT: ["temp", "dewp", "humid", "score"],
    Cause.MISSING: ["temp", "hour", "wind"],
    Cause.LATENCY: ["latency", "latency@pod-1", "latency@pod-3"],
    Cause.AVAILABILITY: ["availability", "availability@pod-1"],
    Cause.TRAFFIC: ["calls"],
    Cause.PERFORMANCE: ["roc_auc", "accuracy"],
}


def anything(seed):
    """Return judged windows of two versions with anything going wrong in them."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 40))
    every = []
    for version in ("1", "2"):
        history = History(n, version)
        for cause in CAUSES:
            for subject in SUBJECTS[cause]:
                _spells(rng, history, cause, subject)
        history.failed(rng.integers(0, n, rng.integers(0, 3)).tolist())
        every += history.windows(int(rng.integers(0, 3)))
    return every


def _spells(rng, history, cause, subject):
    days = set()
    for first in rng.integers(0, history.n, rng.integers(0, 3)).tolist():
        days |= set(range(first, min(first + int(rng.integers(1, 8)), history.n)))
    history.bad(cause, subject, sorted(days), replica=subject.partition("@")[2] or None)
    if rng.random() < 0.15:
        free = set(range(history.n // 2, history.n // 2 + 3)) - days
        history.unjudged(cause, subject, free)


seeds = st.integers(0, 2**32 - 1)
policies = st.builds(
    AlertPolicy,
    for_windows=st.integers(1, 3),
    quiet_windows=st.integers(0, 3),
    join_windows=st.integers(0, 3),
    spread_windows=st.integers(0, 9),
    linger_windows=st.integers(0, 15),
)


@settings(max_examples=60)
@given(seeds, policies, st.randoms())
def test_order_and_repetition_change_nothing(seed, policy, random):
    windows = anything(seed)
    shuffled = windows + random.sample(windows, len(windows) // 2)
    random.shuffle(shuffled)
    assert replay("m", shuffled, policy) == replay("m", windows, policy)


@settings(max_examples=60)
@given(seeds, policies, st.integers(1, 40))
def test_later_windows_never_rename_what_was_raised(seed, policy, cut):
    windows = anything(seed)
    earlier = [w for w in windows if w.window.start < day(cut).start]
    before, after = replay("m", earlier, policy), replay("m", windows, policy)
    ids = [i.incident_id for i in after]
    assert ids[: len(before)] == [i.incident_id for i in before]
    later = {a.fingerprint: a for i in after for a in i.alerts}
    for incident in before:
        for alert in incident.alerts:
            again = later[alert.fingerprint]
            assert again.incident_id == incident.incident_id
            assert again.started_at == alert.started_at
            assert again.severity.at_least(alert.severity)


@settings(max_examples=60)
@given(seeds, policies)
def test_every_alert_belongs_to_exactly_one_incident(seed, policy):
    incidents = replay("m", anything(seed), policy)
    assert len({i.incident_id for i in incidents}) == len(incidents)
    alerts = [a for i in incidents for a in i.alerts]
    assert len({a.fingerprint for a in alerts}) == len(alerts)
    for incident in incidents:
        assert all(a.incident_id == incident.incident_id for a in incident.alerts)
        assert incident.subjects == tuple(dict.fromkeys(a.subject for a in incident.alerts))
        assert incident.severity.rank == max(a.severity.rank for a in incident.alerts)
        firing = any(a.state is AlertState.FIRING for a in incident.alerts)
        assert (incident.state is AlertState.FIRING) == firing
        assert (incident.resolved_at is None) == firing
        assert any(a.cause is incident.cause for a in incident.alerts)


@settings(max_examples=60)
@given(seeds, st.integers(0, 3), st.integers(0, 15))
def test_no_alarm_is_lost(seed, quiet_windows, linger_windows):
    windows = anything(seed)
    policy = AlertPolicy(quiet_windows=quiet_windows, linger_windows=linger_windows)
    alerts = [a for i in replay("m", windows, policy) for a in i.alerts]
    seen = {(e.key, w.window) for w in windows for e in w.alarms}
    for (cause, subject), window in seen:
        spans = [
            a
            for a in alerts
            if (a.cause, a.subject) == (cause, subject)
            and a.started_at <= window.start
            and window.end <= a.last_seen_at
        ]
        assert len(spans) == 1
    assert sum(a.windows for a in alerts) == len(seen)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"for_windows": 0}, "for_windows is 0"),
        ({"quiet_windows": -1}, "quiet_windows is -1"),
        ({"score_change": 0.0}, "score_change is 0"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(wrong, message):
    with pytest.raises(ConfigurationError, match=message):
        AlertPolicy(**wrong)
