"""The opening sentence: what is broken, since when, how bad, how sure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.finding import Calibration, Severity, Verdict
from domain.incident import Cause
from domain.profile import ColumnRole
from domain.run import Deployment, RunStatus
from domain.slo import SLOState
from monitors.verdicts import worst_by_column
from reports.judgement import Tone, judge, newest_runs
from tests.reports import views


def test_an_open_incident_speaks_before_a_quiet_run() -> None:
    alert = views.alert("temp", Cause.DRIFT, 250, 272)
    judgement = judge(views.view(incidents=(views.incident("i", alert),)))
    assert judgement.tone is Tone.WARNING
    assert judgement.sentence == (
        "temp drifts (since 2013-12-07); warning; calibrated on 90 baseline windows"
    )


def test_the_worst_open_incident_speaks_and_the_others_are_counted() -> None:
    slow = views.alert("latency", Cause.LATENCY, 270, 272, severity=Severity.CRITICAL)
    slow = replace(slow, reason="slo.burning-page")
    incidents = (
        views.incident("i-1", slow),
        views.incident("i-2", views.alert("temp", Cause.DRIFT, 250, 272)),
        views.incident("i-3", views.alert("dewp", Cause.DRIFT, 250, 272)),
        views.incident("i-4", views.over(views.alert("visib", Cause.DRIFT, 20, 30))),
    )
    judgement = judge(views.view(incidents=incidents))
    assert judgement.tone is Tone.CRITICAL
    assert judgement.facts == (
        "critical",
        "counted, not estimated",
        "2 more incidents are open",
    )


def test_a_failed_run_is_told_beside_an_open_incident() -> None:
    incident = views.incident("i", views.alert("temp", Cause.DRIFT, 250, 272))
    judgement = judge(replace(views.failed(), incidents=(incident,)))
    assert "the run of 2013-12-29 failed: disk full: /data, 0 B free" in judgement.facts


def test_a_failed_run_is_critical() -> None:
    assert judge(views.failed()).tone is Tone.CRITICAL


def test_drift_without_incidents_names_columns_how_far_and_how_sure() -> None:
    judgement = judge(views.two_files())
    assert judgement.tone is Tone.WARNING
    assert judgement.claim == "1 of 3 columns drifted: amount"
    assert judgement.facts == (
        "worst: amount, 3.0× its alarm line",
        "not calibrated: judged by fixed, size-aware thresholds",
    )


@pytest.mark.parametrize(
    ("level", "words"),
    [
        (Calibration.FULL, "calibrated on 90 baseline windows"),
        (Calibration.WEAK, "only weakly calibrated (90 baseline windows): a hint, not proof"),
        (Calibration.NONE, "not calibrated: judged by fixed, size-aware thresholds"),
    ],
)
def test_the_least_sure_finding_sets_how_sure_the_sentence_is(level, words: str) -> None:
    findings = (
        views.finding("temp", Verdict.DRIFTED),
        views.finding("dewp", Verdict.DRIFTED, calibrated=level),
    )
    assert words in judge(views.view(runs=(views.run(findings=findings),))).facts


def test_more_columns_than_can_be_read_are_counted() -> None:
    findings = tuple(views.finding(f"c{i}", Verdict.DRIFTED) for i in range(9))
    judgement = judge(views.view(runs=(views.run(findings=findings),)))
    assert judgement.claim == "9 of 9 columns drifted: c0, c1, c2, c3 and 5 more"


@pytest.mark.parametrize(
    ("state", "tone"),
    [
        (SLOState.BURNING_PAGE, Tone.CRITICAL),
        (SLOState.EXHAUSTED, Tone.CRITICAL),
        (SLOState.BURNING_TICKET, Tone.WARNING),
    ],
)
def test_a_broken_objective_speaks_before_drift(state: SLOState, tone: Tone) -> None:
    run = views.run(
        slos=(views.slo_result(views.LATENCY, state, 200),),
        findings=(views.finding("temp", Verdict.DRIFTED),),
    )
    judgement = judge(views.view(runs=(run,)))
    assert judgement.tone is tone
    assert judgement.claim.startswith("latency ")


def test_lost_traffic_is_not_called_a_drifted_column() -> None:
    lost = views.finding(
        "calls",
        Verdict.DRIFTED,
        kind=ColumnRole.CALLS,
        detector="traffic",
        reason="finding.traffic.lost",
        severity=Severity.CRITICAL,
        values={"calls": 0, "expected": 300.0},
    )
    judgement = judge(views.view(runs=(views.run(findings=(lost,)),)))
    assert judgement.tone is Tone.CRITICAL
    assert judgement.claim == "Traffic is lost: not one call where 300 were expected."


@pytest.mark.parametrize("make", [views.empty, views.no_data])
def test_nothing_judged_is_never_called_quiet(make) -> None:
    judgement = judge(make())
    assert judgement.tone is Tone.UNKNOWN
    assert judgement.sentence.startswith("Nothing")
    assert "drifted" not in judgement.sentence


def test_a_quiet_run_says_what_it_could_not_see() -> None:
    findings = (
        views.finding("temp", Verdict.OK),
        views.finding("precip", Verdict.BLIND),
        views.finding("engines", Verdict.INCONCLUSIVE),
    )
    judgement = judge(views.view(runs=(views.run(findings=findings),)))
    assert judgement.tone is Tone.OK
    assert "1 column is blind: no shift that matters would be seen" in judgement.facts
    assert "1 column could not be judged" in judgement.facts


def test_incidents_that_are_over_are_counted_when_all_is_quiet() -> None:
    over = views.incident("i", views.over(views.alert("temp", Cause.DRIFT, 20, 30)))
    judgement = judge(views.view(incidents=(over,)))
    assert judgement.tone is Tone.OK
    assert judgement.facts[-1] == "1 incident of this span is over"


def test_a_version_that_stopped_long_ago_does_not_speak_for_now() -> None:
    old = views.run("1", 100, findings=(views.finding("temp", Verdict.DRIFTED),))
    view = views.view(runs=(views.run("2", 272), old))
    assert [run.deployment for run in newest_runs(view)] == [Deployment("flight-delay", "2")]
    assert judge(view).tone is Tone.OK


def test_a_canary_of_the_same_window_speaks_too() -> None:
    canary = views.run("3", 272, findings=(views.finding("temp", Verdict.DRIFTED),))
    assert judge(views.view(runs=(views.run("2", 272), canary))).tone is Tone.WARNING


def test_an_older_run_of_the_same_version_does_not_speak() -> None:
    failed = views.run("2", 271, status=RunStatus.FAILED, error="full", findings=(), slos=())
    assert judge(views.view(runs=(views.run("2", 272), failed))).tone is Tone.OK


def test_every_model_speaks_for_its_own_newest_window() -> None:
    later = views.run("2", 272, deployment=Deployment("fraud", "1"))
    earlier = views.run("2", 100, findings=(views.finding("temp", Verdict.DRIFTED),))
    view = views.view(runs=(later, earlier))
    assert [run.deployment.model for run in newest_runs(view)] == ["fraud", "flight-delay"]
    assert judge(view).tone is Tone.WARNING


def test_of_several_detectors_the_worst_answer_stands_for_the_column() -> None:
    present = views.finding(
        "temp", Verdict.OK, detector="completeness", threshold=None, statistic=0.0
    )
    drifted = views.finding("temp", Verdict.DRIFTED)
    aside = views.finding("temp", Verdict.DRIFTED, detector="psi", decides=False, statistic=99.0)
    assert worst_by_column(views.run(findings=(present, drifted, aside))) == [drifted]
