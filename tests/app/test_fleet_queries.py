"""What the Fleet page says: loudest where it hurts, and never healthy where nothing was seen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from app.queries import fleet
from app.queries.incidents import place_of
from app.queries.when import about, ago, next_check
from domain.finding import Finding, Severity, Verdict
from domain.incident import AlertState, Cause, Incident
from domain.links import PAGES, page_url
from domain.profile import ColumnRole
from domain.run import Deployment, Run, RunStatus
from domain.slo import SLO, SLOResult, SLOState
from domain.window import Window
from monitors.views.fleet import (
    DeploymentView,
    FleetView,
    Health,
    JudgedWindow,
    Target,
    TrendPoint,
)
from reports.judgement import Tone

DAY = timedelta(days=1)
START = datetime(2013, 7, 1, tzinfo=UTC)
DAYS = [Window(START + i * DAY, START + (i + 1) * DAY) for i in range(10)]
NOW = DAYS[-1].end
TARGET = Target("m", ("2", "1"), tuple(JudgedWindow(w, RunStatus.OK) for w in DAYS), None)


def finding(**changes):
    given = {
        "column": "temp",
        "kind": ColumnRole.FEATURE,
        "detector": "psi",
        "verdict": Verdict.DRIFTED,
        "reason": "finding.psi.drifted",
        "statistic": 0.5,
        "threshold": 0.2,
    }
    return Finding(**{**given, **changes})


def objective(name, left):
    """Make an objective of 99 % with this much of its budget left; None: no calls at all."""
    total = 0 if left is None else 10_000
    good = total - round((1 - (left or 0)) * 100) if total else 0
    return SLOResult(
        slo=SLO(name, 0.99, 28, None),
        replica=None,
        good=good,
        total=total,
        window_good=good,
        window_total=total,
        state=SLOState.OK,
        burn_rates=(),
    )


def run(*slos, error=None):
    return Run(
        deployment=Deployment("m", "2"),
        window=DAYS[-1],
        status=RunStatus.FAILED if error else RunStatus.OK,
        coverage=1.0,
        config_hash="c",
        code_version="v",
        started_at=NOW,
        duration_s=1.0,
        n_predictions=799,
        n_calls=799,
        baseline="56 d",
        baseline_windows=56,
        slos=slos,
        error=error,
    )


def deployment(health=Health.OK, **changes):
    given = {
        "deployment": Deployment("m", "2"),
        "health": health,
        "last_call": DAYS[3].end - timedelta(hours=2),
        "run": run(),
        "failed_share": 0.0,
        "p99_ms": 10.0,
        "drifting": 0,
        "blind": 0,
        "unjudged": 0,
        "judged": 18,
        "worst": None,
        "trend": (),
        "incidents": (),
    }
    return DeploymentView(**{**given, **changes})


def incident(cause=Cause.DRIFT, state=AlertState.FIRING, seen=3, **changes):
    given = {
        "incident_id": "abc",
        "model": "m",
        "cause": cause,
        "severity": Severity.WARNING,
        "state": state,
        "started_at": DAYS[1].start,
        "last_seen_at": DAYS[seen].end,
        "resolved_at": None,
        "subjects": ("temp", "dewp"),
        "versions": ("2",),
    }
    return Incident(**{**given, **changes})


def view(*deployments, incidents=(), n=(100, 80)):
    return FleetView(
        deployments=deployments,
        incidents=tuple(incidents),
        stale={},
        data_until=NOW,
        next_check=NOW + DAY,
        predictions=n[0],
        predictions_before=n[1],
    )


# ---------------------------------------------------------------------- all well, or not


def test_all_is_well_only_where_columns_were_judged_and_none_drifts():
    tone, sentence = fleet.quiet(view(deployment(blind=2, unjudged=1)), "en")
    assert tone is Tone.OK
    assert "15 judged columns" in sentence


@pytest.mark.parametrize(
    ("deployments", "tone"),
    [
        ([deployment(judged=0)], Tone.UNKNOWN),
        ([deployment(unjudged=18)], Tone.UNKNOWN),
        ([deployment(blind=18)], Tone.UNKNOWN),
        ([deployment(Health.UNJUDGED)], Tone.UNKNOWN),
        ([], Tone.UNKNOWN),
        ([deployment(drifting=1)], Tone.WARNING),
        ([deployment(), deployment(Health.FAILED, run=run(error="no disk"))], Tone.CRITICAL),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_was_not_seen_or_drifts_is_never_shown_as_well(deployments, tone, language):
    assert fleet.quiet(view(*deployments), language)[0] is tone


def test_a_failed_run_says_why():
    failed = deployment(Health.FAILED, run=run(error="no disk"))
    assert "no disk" in fleet.quiet(view(failed), "en")[1]


# ---------------------------------------------------------------------- the row on top


def figure(key, shown):
    return next(one for one in fleet.figures(shown, "en") if one.key == f"page_fleet.{key}")


@pytest.mark.parametrize(
    ("severity", "tone"), [(Severity.CRITICAL, Tone.CRITICAL), (Severity.WARNING, Tone.WARNING)]
)
def test_open_incidents_are_counted_apart_from_those_that_are_over(severity, tone):
    over = incident(state=AlertState.RESOLVED, severity=Severity.CRITICAL)
    shown = figure("open", view(deployment(), incidents=[incident(severity=severity), over]))
    assert (shown.value, shown.tone) == ("1", tone)
    assert "1 over" in shown.note


def test_columns_of_a_version_that_serves_no_more_are_not_counted():
    for health in (Health.UNJUDGED, Health.RETIRED):
        gone = deployment(health, drifting=5, blind=9, run=run(objective("latency", -7.0)))
        serves = deployment(drifting=2, blind=1, run=run(objective("latency", 0.5)))
        shown = view(serves, gone)
        assert figure("columns", shown).value == "2 of 18"
        assert figure("columns", shown).note == "1 blind, 0 not judged"
        assert figure("budget", shown).value == "50% left"
        assert fleet.quiet(view(gone), "en")[0] is Tone.UNKNOWN


def test_the_worst_budget_of_all_objectives_is_shown_with_whose_it_is():
    fine = deployment(run=run(objective("availability", 0.9), objective("latency", None)))
    bad = deployment(deployment=Deployment("n", "3"), run=run(objective("latency", -7.0)))
    shown = figure("budget", view(fine, bad))
    assert shown.value == "overspent 8.0×"
    assert shown.note == "latency of n v3"
    assert shown.tone is Tone.CRITICAL


def test_no_objective_is_a_dash_and_not_a_full_budget():
    assert figure("budget", view(deployment())).value == "—"


@pytest.mark.parametrize(
    ("n", "note"),
    [
        ((80, 100), "−20% vs window before"),
        ((100, 80), "+25% vs"),
        ((1000, 1001), "+0% vs"),
        ((5, 0), "no window before"),
    ],
)
def test_predictions_are_set_beside_those_of_the_window_before(n, note):
    shown = figure("predictions", view(deployment(), n=n))
    assert note in shown.note
    assert shown.tone is Tone.UNKNOWN  # volume by itself is no verdict


# ---------------------------------------------------------------------- the table


def point(multiple, *, drifted=False, p99_ms=10.0):
    return TrendPoint(window=DAYS[0], multiple=multiple, drifted=drifted, n_calls=1, p99_ms=p99_ms)


def test_a_window_that_alarmed_never_looks_quiet_and_none_leaves_the_scale():
    points = (point(0.4), point(1.5, drifted=True), point(9.0, drifted=True))
    hard = (point(0.8, drifted=True), point(None, drifted=True), point(None))
    (row,) = fleet.rows(view(deployment(trend=points + hard)), "en")
    assert row.trend == [0.4, 1.5, 3.0, 3.0, 3.0]


def test_how_far_is_a_multiple_of_the_columns_own_line():
    (row,) = fleet.rows(view(deployment(worst=finding())), "en")
    assert (row.worst, row.far) == ("temp", "2.5×")


def test_a_hard_rule_shows_its_verdict_because_it_has_no_multiple():
    gone = finding(detector="completeness", statistic=0.95, threshold=0.9)
    (row,) = fleet.rows(view(deployment(worst=gone)), "en")
    assert row.far == "Drifted"


def test_latency_sparklines_share_one_scale():
    slow = deployment(trend=(point(0.1, p99_ms=200.0),))
    fast = deployment(trend=(point(0.1, p99_ms=5.0), point(0.1, p99_ms=None)))
    table = fleet.rows(view(slow, fast), "en")
    assert fleet.scale_ms(table) >= 200
    assert fleet.scale_ms([]) >= 1
    assert table[1].p99_trend == [5.0]


def test_before_the_first_run_everything_is_a_dash():
    new = deployment(Health.UNJUDGED, run=None, failed_share=None, p99_ms=None, judged=0)
    (row,) = fleet.rows(view(new), "en")
    assert (row.worst, row.far, row.failed, row.budget, row.predictions) == (*["—"] * 4, None)


@pytest.mark.parametrize(
    ("language", "chip"), [("en", "No traffic since 4 Jul 2013"), ("zh", "2013年7月4日之后无流量")]
)
def test_a_version_without_traffic_says_since_when_and_nothing_of_now(language, chip):
    past = {"worst": finding(), "run": run(objective("latency", 1.0)), "trend": (point(0.4),)}
    (row,) = fleet.rows(view(deployment(Health.RETIRED, **past)), language)
    assert row.chip == chip
    assert (row.worst, row.far, row.failed, row.budget) == ("—",) * 4
    assert (row.p99_ms, row.predictions) == (None, None)
    assert (row.trend, row.p99_trend) == ([0.4], [10.0])
    (serves,) = fleet.rows(view(deployment(**past)), "en")
    assert (serves.chip, serves.far, serves.budget) == ("Healthy", "2.5×", "100% left")


def test_incidents_that_are_over_stand_newest_first():
    over = [incident(state=AlertState.RESOLVED, seen=i, incident_id=str(i)) for i in (2, 8, 5)]
    shown = fleet.over_incidents(view(deployment(), incidents=[incident(), *over]))
    assert [one.incident_id for one in shown] == ["8", "5", "2"]


# ---------------------------------------------------------------------- one click


@pytest.mark.parametrize(
    ("cause", "page"),
    [
        (Cause.DRIFT, "drift"),
        (Cause.MISSING, "drift"),
        (Cause.LATENCY, "slo"),
        (Cause.AVAILABILITY, "slo"),
        (Cause.TRAFFIC, "slo"),
        (Cause.PERFORMANCE, "performance"),
        (Cause.MONITOR, "alerts"),
    ],
)
def test_every_cause_leads_to_the_page_that_explains_it(cause, page):
    place = place_of(incident(cause), [TARGET])
    assert place.page == page
    assert place.keys["model"] == "m"
    assert ("column" in place.keys) == (page == "drift")


def test_drift_that_is_over_opens_at_the_last_window_it_was_seen_in():
    place = place_of(incident(state=AlertState.RESOLVED, seen=3), [TARGET])
    assert place.keys == {"model": "m", "version": "2", "window": str(DAYS[3]), "column": "temp"}


def test_an_open_incident_of_the_newest_window_follows_the_newest_window():
    assert "window" not in place_of(incident(seen=9), [TARGET]).keys
    assert "window" in place_of(incident(seen=8), [TARGET]).keys


def test_an_incident_of_two_versions_opens_at_the_newer_one():
    assert place_of(incident(versions=("1", "2")), [TARGET]).keys["version"] == "2"
    assert place_of(incident(versions=("1",)), [TARGET]).keys["version"] == "1"


def test_a_place_can_be_written_as_an_address():
    place = place_of(incident(), [TARGET])
    url = page_url(place.page, **place.keys)
    assert place.page in PAGES
    assert dict(parse_qsl(urlsplit(url).query)) == place.keys


def test_an_incident_of_a_model_without_logs_still_has_a_place():
    assert place_of(replace(incident(), model="gone"), [TARGET]).keys["model"] == "gone"


# ---------------------------------------------------------------------- times


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(days=4, hours=3), "4 d"),
        (timedelta(hours=18, minutes=59), "18 h"),
        (timedelta(minutes=5), "5 min"),
        (timedelta(seconds=40), "0 min"),
        (timedelta(seconds=-40), "0 min"),
    ],
)
def test_a_length_is_told_in_its_largest_unit(length, text):
    assert about(length, "en") == text


def test_a_check_that_should_have_been_is_due():
    assert next_check(NOW - DAY, NOW, "en") == "is due"
    assert next_check(NOW + DAY, NOW, "en") == "in 1 d"
    assert next_check(None, NOW, "en") == "—"
    assert ago(NOW - DAY, NOW, "en") == "1 d ago"
