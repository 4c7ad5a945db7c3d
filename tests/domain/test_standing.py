"""Which column is the worst one, and what it is called: pages, reports and alerts agree."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.evidence import badness as badness_of_alarm
from alerts.evidence import evidence_of
from alerts.policy import AlertPolicy
from alerts.severity import any_calibrated, severity_of
from app.queries import drift, fleet
from domain.catalogue import say
from domain.column import Column
from domain.finding import Calibration, Finding, Severity, Verdict
from domain.profile import ColumnKind, ColumnRole
from domain.run import Deployment, Run, RunStatus
from domain.standing import ColumnState, badness, farness, multiple, state_of
from domain.window import Window
from monitors.report_view import ColumnView, ReportView
from monitors.verdicts import telling, worst_by_column
from monitors.views.drift import ColumnHistory, DriftView
from reports import page
from reports.judgement import judge

START = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW = Window(START, START + timedelta(days=1))
COLUMNS = ("amount", "country", "device", "zip")
POLICY = AlertPolicy()
# what the sentences of forecast and completeness say besides
SAID = {"once_in": 1e6, "line_once_in": 1e4, "k": 30, "reference_share": 0.0, "shift": 0.5}
SAID |= {"visible_shift": 0.25, "shift_unit": "sd", "largest_tried": 2.0, "min_rows": 20}


def finding(column, times, verdict=Verdict.DRIFTED, **changes):
    made = Finding(
        column=column,
        kind=ColumnRole.FEATURE,
        detector="forecast",
        verdict=verdict,
        reason="finding.forecast.drifted.shape",
        statistic=4.0 * times,
        threshold=4.0,
        calibrated=Calibration.FULL,
        values={**SAID, **changes.pop("values", {})},
    )
    return replace(made, **changes)


def gone(column):
    return finding(
        column,
        0.0,
        detector="completeness",
        reason="finding.completeness.all_missing",
        statistic=1.0,
        threshold=None,
        severity=Severity.CRITICAL,
        calibrated=Calibration.NONE,
    )


def run_of(findings):
    known = any_calibrated(findings)
    return Run(
        deployment=Deployment("m", "1"),
        window=WINDOW,
        status=RunStatus.VIOLATIONS,
        coverage=1.0,
        config_hash="c",
        code_version="0",
        started_at=WINDOW.end,
        duration_s=0.1,
        n_predictions=100,
        n_calls=100,
        baseline="b",
        baseline_windows=30,
        findings=tuple(
            replace(f, severity=severity_of(f, POLICY, others_calibrated=known))
            if f.verdict is Verdict.DRIFTED
            else f
            for f in findings
        ),
    )


@st.composite
def runs(draw):
    """Draw a run in which columns drift, some are gone, some of them both."""
    found = []
    for column in COLUMNS:
        times = draw(st.floats(1.0, 9.0))
        moves = draw(st.sampled_from([None, 0.3]))
        kind = draw(st.sampled_from(["drifted", "gone", "both", "quiet"]))
        if kind in {"drifted", "both"}:
            found.append(finding(column, times, values={"score_change": moves}))
        if kind in {"gone", "both"}:
            found.append(gone(column))
        if kind == "quiet":
            found.append(finding(column, 0.1, Verdict.OK, reason="finding.forecast.ok.sd"))
    return run_of(draw(st.permutations(found)))


@given(runs())
def test_every_page_report_and_alert_names_the_same_worst_column(run):
    worst = worst_by_column(run)
    views = [view_of(run, column) for column in COLUMNS]
    report = ReportView(
        title="m",
        span=None,
        generated_at=WINDOW.end,
        code_version="0",
        config_hash="c",
        runs=(run,),
        columns=tuple(views),
    )
    (table,) = page.columns(report, "en")
    assert [row.name for row in table.rows] == [f.column for f in worst]
    (bare,) = page.columns(replace(report, columns=()), "en")
    assert bare.rows[0].name == worst[0].column
    assert drift.first_shown(drift_view(run)) == worst[0].column
    claim = judge(report).sentence
    drifted = [f.column for f in worst if f.verdict is Verdict.DRIFTED]
    assert ", ".join(drifted) in claim
    assert ("worst: " in claim) == bool(drifted and multiple(worst[0]) is not None)
    assert "worst: " not in claim or f"worst: {worst[0].column}," in claim


def view_of(run, column):
    return ColumnView(
        column=Column(column, ColumnKind.NUMBER, ColumnRole.FEATURE),
        version="1",
        findings=tuple(f for f in run.findings if f.column == column),
        reference=None,
        current=None,
    )


def drift_view(run):
    """The Drift page's view, its columns in the order in which the Service puts them."""
    columns = (
        ColumnHistory(
            column=Column(worst.column, ColumnKind.NUMBER, ColumnRole.FEATURE),
            findings=(worst, *(f for f in run.findings if f.column == worst.column)),
            history=(None,),
            since=None,
            visible_shift=None,
        )
        for worst in worst_by_column(run)
    )
    return DriftView(
        deployment=run.deployment,
        run=run,
        windows=(WINDOW,),
        columns=tuple(columns),
        incidents=(),
    )


@given(runs())
def test_alarms_of_columns_are_ranked_as_columns_are(run):
    alarms = sorted(
        evidence_of(run, POLICY).alarms,
        key=lambda a: (*(-part for part in badness_of_alarm(a)), a.subject),
    )
    named = list(dict.fromkeys(a.subject for a in alarms))
    assert named == [f.column for f in worst_by_column(run) if f.verdict is Verdict.DRIFTED]


def test_nothing_is_further_than_gone():
    lost, far = gone("zip"), finding("amount", 8.0, severity=Severity.CRITICAL)
    assert (multiple(lost), farness(lost)) == (None, math.inf)
    assert sorted([far, lost], key=badness) == [lost, far]
    assert farness(replace(lost, verdict=Verdict.OK)) == 0.0


def test_a_column_that_is_gone_is_called_so_though_its_shape_moved_too():
    both = [finding("zip", 8.0, severity=Severity.WARNING), gone("zip")]
    assert state_of(telling(both)) is ColumnState.GONE


def test_severity_comes_before_distance():
    moved = finding("amount", 1.1, severity=Severity.CRITICAL)
    assert min(finding("zip", 5.0, severity=Severity.WARNING), moved, key=badness) is moved


def test_fewer_missing_values_are_not_called_more():
    fewer = finding("zip", 2.0, detector="missing", reason="finding.missing.drifted.less")
    assert state_of(fewer) is ColumnState.DRIFTED


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_fleet_calls_a_lost_column_what_the_drift_page_calls_it(language):
    word = say(f"report.state_of.{ColumnState.GONE}", language)
    assert fleet.how_far(gone("zip"), language) == word
    assert fleet.how_far(finding("zip", 2.0), language) == "2.0×"
