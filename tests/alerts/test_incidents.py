"""Incidents share a cause, not merely a time."""

import pytest

from alerts.lifecycle import replay
from alerts.policy import AlertPolicy
from domain.finding import Severity
from domain.incident import AlertState, Cause
from tests.alerts.history import History, day

DEFAULT = AlertPolicy()


def incidents(history, policy=DEFAULT):
    return replay("m", history.windows(), policy)


def stories(history, policy=DEFAULT):
    """Return cause and subjects of each incident."""
    return [(i.cause, i.subjects) for i in incidents(history, policy)]


def test_an_outage_behind_five_columns_is_one_incident():
    history = History(20)
    for column in ("temp", "dewp", "humid", "wind", "visib"):
        history.bad(Cause.MISSING, column, range(5, 7))
        history.bad(Cause.DRIFT, column, range(6, 8))
    history.bad(Cause.DRIFT, "score", range(5, 12))
    (incident,) = incidents(history)
    assert incident.cause is Cause.MISSING
    assert set(incident.subjects) == {"temp", "dewp", "humid", "wind", "visib", "score"}
    assert incident.subjects[-1] == "score"
    assert (incident.started_at, incident.severity) == (day(5).start, Severity.CRITICAL)


def test_columns_that_vanish_days_apart_are_two_faults():
    apart = (
        History(20).bad(Cause.MISSING, "temp", range(5, 12)).bad(Cause.MISSING, "id", range(7, 12))
    )
    assert len(stories(apart)) == 2
    # a rising share of missing values is seen with delay
    slow = History(20).bad(Cause.MISSING, "temp", range(5, 12))
    slow.bad(Cause.MISSING, "dewp", range(7, 12), Severity.WARNING)
    assert len(stories(slow)) == 1


def test_columns_that_begin_to_drift_together_are_one_incident():
    history = History(30).bad(Cause.DRIFT, "temp", range(5, 20))
    history.bad(Cause.DRIFT, "dewp", range(6, 20)).bad(Cause.DRIFT, "humid", range(8, 20))
    assert stories(history) == [(Cause.DRIFT, ("temp", "dewp", "humid"))]


def test_a_column_that_drifts_later_is_another_incident():
    history = (
        History(40).bad(Cause.DRIFT, "temp", range(5, 40)).bad(Cause.DRIFT, "dep", range(8, 40))
    )
    assert stories(history) == [(Cause.DRIFT, ("temp",)), (Cause.DRIFT, ("dep",))]
    near = AlertPolicy(join_windows=3)
    assert stories(history, near) == [(Cause.DRIFT, ("temp", "dep"))]


def test_a_chain_of_beginnings_does_not_grow_for_ever():
    history = History(60)
    for k in range(10):
        history.bad(Cause.DRIFT, f"c{k}", range(5 + 2 * k, 60))
    found = incidents(history)
    assert [len(i.subjects) for i in found] == [4, 4, 2]
    assert len(incidents(history, AlertPolicy(spread_windows=30))) == 1


def test_a_season_does_not_swallow_a_missing_feature():
    history = History(90)
    for k, column in enumerate(("temp", "dewp", "pressure")):
        history.bad(Cause.DRIFT, column, range(10 + k, 90))
    history.bad(Cause.MISSING, "hour", range(50, 54)).bad(Cause.DRIFT, "hour", range(50, 60))
    season, fault = incidents(history)
    assert (season.cause, season.state) == (Cause.DRIFT, AlertState.FIRING)
    assert (fault.cause, fault.subjects) == (Cause.MISSING, ("hour",))
    assert (fault.started_at, fault.state) == (day(50).start, AlertState.RESOLVED)
    assert {a.cause for a in fault.alerts} == {Cause.MISSING, Cause.DRIFT}


def test_a_column_of_a_living_incident_comes_back_into_it():
    history = History(60).bad(Cause.DRIFT, "temp", range(5, 50))
    history.bad(Cause.DRIFT, "dewp", [*range(5, 10), *range(30, 40)])
    (incident,) = incidents(history)
    assert [a.subject for a in incident.alerts].count("dewp") == 2
    assert set(incident.subjects) == {"temp", "dewp"}


def test_subjects_are_worst_first():
    history = History(20).bad(Cause.DRIFT, "a", range(5, 9), strength=1.1)
    history.bad(Cause.DRIFT, "b", range(5, 9), strength=7.0)
    history.bad(Cause.DRIFT, "c", [6], Severity.CRITICAL)
    assert stories(history) == [(Cause.DRIFT, ("c", "b", "a"))]


# ---------------------------------------------------------------------- consequences


@pytest.mark.parametrize("subject", ["score", "temp"])
@pytest.mark.parametrize("shift", [-1, 0, 1])
def test_what_begins_with_a_missing_feature_follows_from_it(subject, shift):
    history = History(30).bad(Cause.MISSING, "hour", range(10, 14))
    history.bad(Cause.DRIFT, subject, range(10 + shift, 14))
    assert stories(history) == [(Cause.MISSING, ("hour", subject))]


def test_an_input_that_begins_later_does_not_follow_but_a_slow_score_does():
    history = History(30).bad(Cause.MISSING, "hour", range(10, 18))
    history.bad(Cause.DRIFT, "temp", range(13, 18)).bad(Cause.DRIFT, "score", range(14, 18))
    history.bad(Cause.PERFORMANCE, "roc_auc", range(15, 17))
    assert stories(history) == [
        (Cause.MISSING, ("hour", "roc_auc", "score")),
        (Cause.DRIFT, ("temp",)),
    ]
    quick = AlertPolicy(consequence_windows=3)
    assert len(stories(history, quick)) == 3


@pytest.mark.parametrize("later", [2, 3, 9])
def test_a_score_that_moves_after_the_feature_is_back_is_news(later):
    history = History(40).bad(Cause.MISSING, "hour", [10])
    history.bad(Cause.DRIFT, "score", range(10 + later, 25))
    assert stories(history) == [(Cause.MISSING, ("hour",)), (Cause.DRIFT, ("score",))]


@pytest.mark.parametrize(("later", "n"), [(0, 1), (1, 1), (2, 2), (5, 2)])
def test_slow_calls_follow_from_failed_ones_only_when_they_begin_with_them(later, n):
    history = History(40).bad(Cause.AVAILABILITY, "availability", range(10, 20))
    history.bad(Cause.LATENCY, "latency", range(10 + later, 20))
    assert len(stories(history)) == n


def test_a_burst_of_failed_calls_explains_slow_calls_and_the_drift_of_its_window():
    history = History(30).bad(Cause.AVAILABILITY, "availability", [10])
    history.bad(Cause.LATENCY, "latency", [10]).bad(Cause.DRIFT, "carrier", [10])
    history.bad(Cause.DRIFT, "temp", range(11, 20))
    assert stories(history) == [
        (Cause.AVAILABILITY, ("availability", "latency", "carrier")),
        (Cause.DRIFT, ("temp",)),
    ]


def test_lost_traffic_explains_the_drift_of_its_window():
    history = History(30).bad(Cause.TRAFFIC, "calls", [10]).bad(Cause.DRIFT, "temp", [10])
    history.bad(Cause.AVAILABILITY, "availability", [10])
    assert stories(history) == [
        (Cause.TRAFFIC, ("calls", "temp")),
        (Cause.AVAILABILITY, ("availability",)),
    ]


def test_a_consequence_that_outlives_its_cause_becomes_an_incident_of_its_own():
    history = History(60).bad(Cause.AVAILABILITY, "availability", [10])
    history.bad(Cause.DRIFT, "temp", range(10, 60))
    burst, season = incidents(history)
    assert burst.state is AlertState.RESOLVED
    assert (season.cause, season.subjects) == (Cause.DRIFT, ("temp",))
    assert season.started_at == day(10 + DEFAULT.linger_windows + 1).start
    patient = AlertPolicy(linger_windows=100)
    assert len(incidents(history, patient)) == 1


def test_a_missing_feature_that_is_found_a_window_later_takes_over_the_incident():
    history = History(30).bad(Cause.DRIFT, "score", range(9, 14))
    before = replay("m", history.windows(0, 10), DEFAULT)
    history.bad(Cause.MISSING, "hour", range(10, 14))
    (after,) = incidents(history)
    assert after.incident_id == before[0].incident_id
    assert (before[0].cause, after.cause) == (Cause.DRIFT, Cause.MISSING)
    assert (before[0].severity, after.severity) == (Severity.WARNING, Severity.CRITICAL)


# ---------------------------------------------------------------------- calls


def slow(history, replica, days, *, overall=True):
    history.bad(Cause.LATENCY, f"latency@{replica}", days, replica=replica)
    return history.bad(Cause.LATENCY, "latency", days, replica=replica) if overall else history


def test_a_slow_replica_and_the_objective_it_breaks_are_one_incident():
    history = slow(History(20), "pod-3", range(5, 8))
    assert stories(history) == [(Cause.LATENCY, ("latency", "latency@pod-3"))]


def test_the_objective_joins_the_replica_that_explains_it_however_late():
    history = History(40).bad(Cause.LATENCY, "latency@pod-3", range(5, 20), replica="pod-3")
    history.bad(Cause.LATENCY, "latency", range(15, 20), replica="pod-3")
    assert len(stories(history)) == 1
    other = History(40).bad(Cause.LATENCY, "latency@pod-3", range(5, 20), replica="pod-3")
    other.bad(Cause.LATENCY, "latency", range(15, 20), replica="pod-9")
    assert len(stories(other)) == 2


def test_another_replica_that_becomes_slow_later_is_another_incident():
    history = slow(History(60), "pod-3", range(5, 40))
    slow(history, "pod-5", range(20, 30), overall=False)
    assert stories(history) == [
        (Cause.LATENCY, ("latency", "latency@pod-3")),
        (Cause.LATENCY, ("latency@pod-5",)),
    ]


def test_an_old_incident_takes_no_new_culprit_in():
    history = History(60).bad(Cause.LATENCY, "latency@pod-3", range(5, 50), replica="pod-3")
    history.bad(Cause.LATENCY, "latency", range(5, 20), replica="pod-3")
    history.bad(Cause.LATENCY, "latency", range(20, 50), replica="pod-5")
    history.bad(Cause.LATENCY, "latency@pod-5", range(20, 50), replica="pod-5")
    assert [i.subjects for i in incidents(history)][1:] == [("latency@pod-5",)]


def test_two_objectives_are_two_incidents():
    history = (
        History(20).bad(Cause.LATENCY, "fast", range(5, 8)).bad(Cause.LATENCY, "slow", range(5, 8))
    )
    assert [subjects for _, subjects in stories(history)] == [("fast",), ("slow",)]


def test_slowness_and_drift_of_one_day_share_no_cause():
    history = History(20).bad(Cause.LATENCY, "latency", [5]).bad(Cause.DRIFT, "temp", [5])
    assert len(stories(history)) == 2


def test_metrics_that_drop_together_are_one_incident_apart_from_drift():
    history = History(20).bad(Cause.DRIFT, "temp", range(5, 9))
    history.bad(Cause.PERFORMANCE, "roc_auc", [6]).bad(Cause.PERFORMANCE, "accuracy", [7])
    assert stories(history) == [
        (Cause.DRIFT, ("temp",)),
        (Cause.PERFORMANCE, ("roc_auc", "accuracy")),
    ]


def test_models_have_incidents_of_their_own():
    windows = History(9).bad(Cause.DRIFT, "temp", [3]).windows()
    (one,), (other,) = replay("a", windows, DEFAULT), replay("b", windows, DEFAULT)
    assert one.incident_id != other.incident_id
    assert one.alerts[0].fingerprint != other.alerts[0].fingerprint
