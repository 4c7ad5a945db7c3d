"""The Alerts page's rows: open ones first, every number with its window."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.queries import alerts
from app.queries.alerts import Filter
from domain.finding import Severity, Verdict
from domain.incident import Alert, AlertState, Cause, Incident
from domain.run import Performance, RunStatus
from domain.slo import SLO, SLOResult, SLOState
from monitors.views.fleet import JudgedWindow
from tests.app.drift_views import DAY, START, day, finding, gone, view

NOW = datetime(2013, 8, 1, tzinfo=UTC)
JUDGED = tuple(JudgedWindow(day(i), RunStatus.OK) for i in range(30))


def alert(cause: Cause, subject: str, **changes) -> Alert:
    made = Alert(
        fingerprint=f"f-{subject}",
        incident_id="abc123",
        model="fraud",
        versions=("2",),
        cause=cause,
        subject=subject,
        severity=Severity.WARNING,
        state=AlertState.FIRING,
        started_at=day(3).start,
        last_seen_at=day(5).end,
        resolved_at=None,
        windows=3,
        reason="finding.forecast.drifted.shape",
        values={"k": 56, "once_in": 1e6, "line_once_in": 1e4, "n_current": 9, "n_reference": 99},
    )
    return replace(made, **changes)


def incident(name: str = "abc123", cause: Cause = Cause.DRIFT, **changes) -> Incident:
    own = alert(cause, "fare", incident_id=name)
    made = Incident(
        incident_id=name,
        model="fraud",
        cause=cause,
        severity=Severity.WARNING,
        state=AlertState.FIRING,
        started_at=own.started_at,
        last_seen_at=own.last_seen_at,
        resolved_at=None,
        subjects=("fare",),
        versions=("2",),
        alerts=(own,),
    )
    return replace(made, **changes)


OVER = {"state": AlertState.RESOLVED, "resolved_at": day(9).end}
MANY = (
    incident("a1", severity=Severity.CRITICAL, **OVER),
    incident("b2", severity=Severity.CRITICAL),
    incident("b3", model="churn"),
)


def names(chosen: Filter) -> list[str]:
    return [one.incident_id for one in alerts.listed(MANY, chosen)]


@pytest.mark.parametrize(
    ("chosen", "left"),
    [
        (Filter(), ["b2", "b3"]),
        (Filter(state="all"), ["b2", "b3", "a1"]),
        (Filter(state="all", severity=Severity.CRITICAL), ["b2", "a1"]),
        (Filter(model="churn"), ["b3"]),
        (Filter(severity=Severity.INFO), []),
    ],
)
def test_a_filter_leaves_what_it_says_with_open_ones_first(chosen, left) -> None:
    assert names(chosen) == left


@pytest.mark.parametrize(
    ("asked", "name"),
    [("a1", "a1"), ("a", "a1"), ("b2", "b2"), ("b", None), ("zz", None), ("", None), (None, None)],
)
def test_an_address_finds_an_incident_by_a_beginning_that_only_one_has(asked, name) -> None:
    one = alerts.found(MANY, asked)
    assert (one.incident_id if one else None) == name


def test_an_open_incident_lasts_until_now_and_one_that_is_over_until_it_was_last_seen() -> None:
    assert alerts.row(incident(), NOW, "en").length == "28 d"
    assert alerts.row(incident(**OVER), NOW, "en").length == "3 d"


def test_who_took_it_on_is_seen_in_the_list() -> None:
    taken = incident(acknowledged_by="ada", acknowledged_at=NOW)
    assert alerts.row(taken, NOW, "en").state == "acknowledged"
    assert alerts.row(incident(), NOW, "en").state == "open"


def test_facts_tell_the_cause_the_versions_and_all_three_times() -> None:
    said = " · ".join(alerts.facts(incident(**OVER), NOW, "en"))
    assert "Drift · fraud v2" in said
    assert "began 2013-07-04 00:00 UTC" in said
    assert "last seen 2013-07-07 00:00 UTC" in said
    assert "counted as over from 2013-07-11 00:00 UTC" in said


def runs(*findings, **changes):
    return view(**changes).run if not findings else replace(view(**changes).run, findings=findings)


def test_a_drift_is_measured_in_multiples_of_its_line() -> None:
    told = alerts.measured(
        alert(Cause.DRIFT, "fare"), runs(finding("fare", Verdict.DRIFTED, 2.34)), "en"
    )
    assert told == "2.3× its alarm line"


def test_a_lost_column_is_measured_by_its_missing_values() -> None:
    told = alerts.measured(alert(Cause.MISSING, "hour"), runs(gone("hour")), "en")
    assert told == "100.0% missing"


def test_an_objective_is_measured_by_the_bad_calls_of_its_window_and_replica() -> None:
    slo = SLO("latency", 0.99, 28, 100.0)
    whole = SLOResult(
        slo=slo,
        replica=None,
        good=900,
        total=1000,
        window_good=80,
        window_total=100,
        state=SLOState.OK,
        burn_rates=(),
    )
    slow = replace(whole, replica="pod-3", window_good=0, window_total=40)
    run = runs(slos=(whole, slow))
    assert alerts.measured(alert(Cause.LATENCY, "latency"), run, "en") == "20.0% bad calls"
    assert alerts.measured(alert(Cause.LATENCY, "latency@pod-3"), run, "en") == "100.0% bad calls"


def test_traffic_and_performance_are_measured_by_calls_and_metrics() -> None:
    good = Performance(task="binary", labelled=9, pending=0, metrics={"roc_auc": 0.71234})
    run = runs(performance=good, n_calls=12_345)
    assert alerts.measured(alert(Cause.TRAFFIC, "calls"), run, "en") == "12,345 calls"
    assert alerts.measured(alert(Cause.PERFORMANCE, "roc_auc"), run, "en") == "0.712"


def test_what_was_not_measured_is_a_dash() -> None:
    for cause in Cause:
        assert alerts.measured(alert(cause, "nowhere"), None, "en") == "—"
    for cause in (Cause.DRIFT, Cause.MISSING, Cause.LATENCY, Cause.PERFORMANCE):
        assert alerts.measured(alert(cause, "nowhere"), runs(), "en") == "—"


def test_then_and_now_stand_beside_each_other() -> None:
    first, newest = (runs(finding("fare", Verdict.DRIFTED, times)) for times in (1.5, 3.5))
    (row,) = alerts.alert_rows(incident(), first, newest, "en")
    assert (row.at_trigger, row.now, row.windows) == (
        "1.5× its alarm line",
        "3.5× its alarm line",
        3,
    )


def test_the_picture_shows_what_is_usual_on_both_sides() -> None:
    span = alerts.evidence_span(incident(), JUDGED)
    assert span.start <= day(3).start - 10 * DAY
    assert span.end >= day(5).end + 10 * DAY
    calls = alerts.evidence_span(incident(cause=Cause.LATENCY), JUDGED)
    assert timedelta(days=2) <= day(3).start - calls.start <= timedelta(days=8)


def test_an_incident_of_one_moment_has_a_picture_too() -> None:
    at_once = incident(cause=Cause.AVAILABILITY, last_seen_at=day(3).start)
    assert alerts.evidence_span(at_once, ()).duration > DAY


def test_the_first_and_the_last_window_of_a_picture_are_judged_ones() -> None:
    assert alerts.first_window(incident(started_at=day(3).start + DAY / 2), JUDGED) == day(3)
    assert alerts.first_window(incident(started_at=START - DAY), JUDGED) is None
    assert alerts.last_window(alerts.evidence_span(incident(), JUDGED), JUDGED) == day(19)
    assert alerts.last_window(alerts.evidence_span(incident(), ()), ()) is None


def test_only_columns_can_have_a_new_normal() -> None:
    assert alerts.concerns_columns(incident(cause=Cause.MISSING))
    assert not alerts.concerns_columns(incident(cause=Cause.LATENCY))
    mixed = incident(
        subjects=("fare", "roc_auc"),
        alerts=(alert(Cause.DRIFT, "fare"), alert(Cause.PERFORMANCE, "roc_auc")),
    )
    assert alerts.columns_of(mixed) == ("fare",)
