"""What a run says to the desk: causes, subjects, severities, and what it could not judge."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.evidence import evidence_of
from alerts.policy import AlertPolicy
from alerts.severity import any_calibrated, severity_of
from domain.catalogue import texts
from domain.finding import Calibration, Finding, Severity, Verdict
from domain.incident import Cause
from domain.profile import ColumnRole
from domain.run import Deployment, Run, RunStatus
from domain.slo import SLO, BurnRate, SLOResult, SLOState
from tests.alerts.history import day

POLICY = AlertPolicy()
LATENCY = SLO("latency", 0.99, 28, 100.0)
AVAILABILITY = SLO("availability", 0.999, 28)


def finding(detector="forecast", column="temp", reason=None, **more):
    given = {
        "kind": ColumnRole.FEATURE,
        "verdict": Verdict.DRIFTED,
        "calibrated": Calibration.FULL,
        "statistic": 6.0,
        "threshold": 4.0,
        **more,
    }
    return Finding(
        column=column, detector=detector, reason=reason or f"finding.{detector}.drifted", **given
    )


def objective(slo=LATENCY, state=SLOState.BURNING_PAGE, replica=None, *, fired=True, **values):
    start = day(3).start
    return SLOResult(
        slo=slo,
        replica=replica,
        good=900,
        total=1000,
        window_good=50,
        window_total=100,
        state=state,
        burn_rates=(BurnRate(3600, 300, 13.44, 40.0, 30.0, True),),
        fired_at=start + timedelta(hours=2) if fired else None,
        cleared_at=start + timedelta(hours=9) if fired else None,
        values=values,
    )


def run(*findings, slos=(), status=RunStatus.VIOLATIONS):
    return Run(
        deployment=Deployment("m", "1"),
        window=day(3),
        status=status,
        coverage=1.0,
        config_hash="c",
        code_version="0",
        started_at=day(4).start,
        duration_s=1.0,
        n_predictions=100,
        n_calls=100,
        baseline="b",
        baseline_windows=90,
        findings=findings,
        slos=tuple(slos),
    )


def alarms(*findings, policy=POLICY, **more):
    judged = evidence_of(run(*findings, **more), policy)
    return {(e.cause, e.subject): e.severity for e in judged.alarms}


MISSING_MEMORY = "finding.forecast.drifted.missing"
FEWER = "finding.missing.drifted.less"
PERFORMANCE = {"kind": ColumnRole.LABEL, "values": {"metric": "roc_auc"}}
CALLS = {"kind": ColumnRole.CALLS}
NONE, WEAK = {"calibrated": Calibration.NONE}, {"calibrated": Calibration.WEAK}
BIG = {"values": {"score_change": -0.2}}


@pytest.mark.parametrize(
    ("seen", "cause", "subject", "severity"),
    [
        (finding(), Cause.DRIFT, "temp", Severity.WARNING),
        (finding(**WEAK), Cause.DRIFT, "temp", Severity.WARNING),
        (finding(**NONE), Cause.DRIFT, "temp", Severity.WARNING),
        (finding(**BIG), Cause.DRIFT, "temp", Severity.CRITICAL),
        (finding(**BIG, **WEAK), Cause.DRIFT, "temp", Severity.WARNING),
        (finding(**BIG, **NONE), Cause.DRIFT, "temp", Severity.WARNING),
        (finding(values={"score_change": 0.01}), Cause.DRIFT, "temp", Severity.WARNING),
        (finding(reason=MISSING_MEMORY), Cause.MISSING, "temp", Severity.WARNING),
        (finding("missing", **NONE), Cause.MISSING, "temp", Severity.WARNING),
        (finding("missing", reason=FEWER, **NONE), Cause.DRIFT, "temp", Severity.WARNING),
        (finding("completeness", **NONE), Cause.MISSING, "temp", Severity.CRITICAL),
        (
            finding("performance", "label", **PERFORMANCE),
            Cause.PERFORMANCE,
            "roc_auc",
            Severity.CRITICAL,
        ),
        (
            finding("performance", "label", **PERFORMANCE, **WEAK),
            Cause.PERFORMANCE,
            "roc_auc",
            Severity.WARNING,
        ),
        (finding("traffic", "calls", **CALLS), Cause.TRAFFIC, "calls", Severity.CRITICAL),
        (finding("traffic", "calls", **CALLS, **WEAK), Cause.TRAFFIC, "calls", Severity.WARNING),
        (
            finding("traffic", "calls", "finding.traffic.lost", **CALLS, **WEAK),
            Cause.TRAFFIC,
            "calls",
            Severity.CRITICAL,
        ),
        (finding("silence", "calls", **CALLS, **WEAK), Cause.TRAFFIC, "calls", Severity.CRITICAL),
        (finding("psi", "label", kind=ColumnRole.LABEL), Cause.DRIFT, "label", Severity.WARNING),
    ],
)
def test_a_drifted_finding_has_a_cause_a_subject_and_a_severity(seen, cause, subject, severity):
    assert alarms(seen) == {(cause, subject): severity}


def test_drift_alone_never_pages_whatever_its_strength():
    huge = finding(statistic=300.0, p_value=0.0)
    assert set(alarms(huge, policy=AlertPolicy(score_change=None)).values()) == {Severity.WARNING}
    moved = finding(statistic=300.0, values={"score_change": 0.9})
    assert set(alarms(moved, policy=AlertPolicy(score_change=None)).values()) == {Severity.WARNING}
    assert set(alarms(moved, policy=AlertPolicy(score_change=0.95)).values()) == {Severity.WARNING}


def test_beside_calibrated_findings_an_uncalibrated_one_is_a_reading():
    quiet = finding(column="dewp", verdict=Verdict.OK)
    assert alarms(finding("psi", **NONE), quiet) == {(Cause.DRIFT, "temp"): Severity.INFO}
    traffic = finding("traffic", "calls", verdict=Verdict.OK, **CALLS)
    assert alarms(finding("psi", **NONE), traffic) == {(Cause.DRIFT, "temp"): Severity.WARNING}
    assert any_calibrated([quiet])
    assert not any_calibrated([traffic, replace(quiet, decides=False)])


def test_readings_that_do_not_decide_say_nothing():
    assert alarms(replace(finding("ks"), decides=False)) == {}


def test_of_two_tests_on_one_column_the_worse_speaks():
    weak, strong = finding("psi", statistic=5.0, **NONE), finding("ks", statistic=8.0, **NONE)
    (evidence,) = evidence_of(run(weak, strong), POLICY).alarms
    assert evidence.reason == "finding.ks.drifted"
    assert evidence.strength == 2.0


@pytest.mark.parametrize("kind", list(ColumnRole))
def test_outputs_are_told_from_inputs(kind):
    (evidence,) = evidence_of(run(finding(kind=kind)), POLICY).alarms
    assert evidence.of_output == (kind in {"prediction", "score", "label"})


# ---------------------------------------------------------------------- objectives


@pytest.mark.parametrize(
    ("seen", "cause", "subject", "severity"),
    [
        (objective(), Cause.LATENCY, "latency", Severity.CRITICAL),
        (objective(replica="pod-3"), Cause.LATENCY, "latency@pod-3", Severity.CRITICAL),
        (objective(AVAILABILITY), Cause.AVAILABILITY, "availability", Severity.CRITICAL),
        (objective(state=SLOState.BURNING_TICKET), Cause.LATENCY, "latency", Severity.WARNING),
        (objective(state=SLOState.EXHAUSTED), Cause.LATENCY, "latency", Severity.WARNING),
    ],
)
def test_a_burning_objective_has_a_cause_a_subject_and_a_severity(seen, cause, subject, severity):
    assert alarms(slos=[seen]) == {(cause, subject): severity}


def test_an_objective_is_seen_from_the_moment_it_fired_to_the_moment_it_cleared():
    (evidence,) = evidence_of(run(slos=[objective()]), POLICY).alarms
    assert evidence.at - day(3).start == timedelta(hours=2)
    assert evidence.until - day(3).start == timedelta(hours=9)
    assert evidence.values["budget_remaining"] == pytest.approx(-9.0)


def test_the_replica_to_blame_is_named_by_both_alerts():
    blamed, own = objective(replica="pod-3"), objective(replica=None)
    own = replace(own, values={"replica": "pod-3"})
    judged = evidence_of(run(slos=[own, blamed]), POLICY)
    assert {e.values["replica"] for e in judged.alarms} == {"pod-3"}


@pytest.mark.parametrize("state", [SLOState.OK, SLOState.EXHAUSTED])
def test_an_objective_that_did_not_fire_is_quiet(state):
    judged = evidence_of(run(slos=[objective(state=state, fired=False)]), POLICY)
    assert judged.alarms == ()
    assert judged.is_quiet((Cause.LATENCY, "latency"))


# ---------------------------------------------------------------------- unjudged


def test_what_was_inconclusive_is_not_quiet():
    unsure = finding(verdict=Verdict.INCONCLUSIVE, **NONE)
    judged = evidence_of(run(unsure, slos=[objective(state=SLOState.NO_DATA, fired=False)]), POLICY)
    assert not judged.is_quiet((Cause.DRIFT, "temp"))
    assert not judged.is_quiet((Cause.LATENCY, "latency"))
    assert judged.is_quiet((Cause.DRIFT, "dewp"))
    assert judged.is_quiet((Cause.MISSING, "temp"))


def test_one_judged_test_of_a_column_is_enough():
    unsure, sure = finding("ks", verdict=Verdict.INCONCLUSIVE), finding("psi", verdict=Verdict.OK)
    assert evidence_of(run(unsure, sure), POLICY).is_quiet((Cause.DRIFT, "temp"))
    found = evidence_of(run(unsure, finding("psi")), POLICY)
    assert (len(found.alarms), found.unjudged) == (1, frozenset())


def test_a_blind_column_that_shows_nothing_is_quiet():
    assert evidence_of(run(finding(verdict=Verdict.BLIND)), POLICY).is_quiet((Cause.DRIFT, "temp"))


@pytest.mark.parametrize("status", [RunStatus.FAILED, RunStatus.INSUFFICIENT])
def test_a_run_without_data_is_not_quiet_but_may_alarm(status):
    lost = finding("silence", "calls", **CALLS)
    judged = evidence_of(run(lost, status=status), POLICY)
    assert len(judged.alarms) == 1
    assert not judged.is_quiet((Cause.DRIFT, "temp"))


def test_severity_is_the_same_whoever_asks():
    seen = finding("psi", **NONE)
    assert severity_of(seen, POLICY, others_calibrated=True) is Severity.INFO
    assert severity_of(seen, POLICY, others_calibrated=False) is Severity.WARNING


def test_every_sentence_of_an_objective_is_in_the_catalogue():
    for state in SLOState:
        assert {"en", "zh"} == set(texts()[f"slo.{state.value}"])
