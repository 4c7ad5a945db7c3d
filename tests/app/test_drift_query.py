"""The Drift page's words and rows: loud where a column moved, honest where nobody can tell."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.queries import drift
from app.queries.drift_verdict import verdict
from domain.finding import Calibration, Severity, Verdict
from domain.profile import ColumnRole
from domain.run import RunStatus
from domain.standing import ColumnState, state_of
from monitors.config import MonitorConfig
from reports.judgement import Tone
from tests.app.drift_views import DAY, START, day, finding, gone, history, psi, quiet, reading, view

BUDGET = MonitorConfig().false_incidents


def told(shown, language="en") -> str:
    said = verdict(shown, BUDGET, language)
    return "; ".join((said.claim, *said.facts, *said.sure))


def drifted(name: str, times: float = 1.6, since: int = 2, **changes):
    readings = tuple(reading(i, times if i >= since else 0.3, drifted=i >= since) for i in range(5))
    found = finding(name, Verdict.DRIFTED, times)
    return history(
        name, found, psi(name, 0.07), readings=readings, since=START + since * DAY, **changes
    )


def calm(name: str, judged: Verdict = Verdict.OK, **changes):
    return history(name, finding(name, judged), psi(name, 0.01), readings=quiet(5), **changes)


def lost(name: str):
    readings = (*quiet(4), reading(4, 0.4, drifted=True))
    return history(
        name, gone(name), finding(name, Verdict.OK), readings=readings, since=day(4).start
    )


def test_the_sentence_counts_what_drifts_and_names_what_was_first() -> None:
    shown = view(drifted("fare", 2.3, since=3), drifted("age", 1.2, since=1), calm("temp"))
    said = verdict(shown, BUDGET, "en")
    assert said.claim == "2 of 3 columns drift: fare, age"
    assert "first: age, since 2013-07-02 00:00 UTC (4 d)" in said.facts
    assert "worst: fare, 2.3× its alarm line" in said.facts
    assert said.tone is Tone.WARNING


def test_it_says_how_sure_that_is_and_what_cannot_be_seen() -> None:
    sure = verdict(view(drifted("fare"), calm("temp", Verdict.BLIND)), BUDGET, "en").sure
    assert "calibrated on 56 baseline windows" in sure
    assert "by chance at most 1 false incident in 90 d" in sure
    assert "1 column is blind: no shift that matters would be seen" in sure


def test_a_column_that_is_gone_is_critical_and_counted_not_estimated() -> None:
    said = verdict(view(lost("hour"), calm("temp")), BUDGET, "en")
    assert said.tone is Tone.CRITICAL
    assert "gone or of another type: hour" in said.facts
    assert said.sure[0] == "counted, not estimated"


def test_quiet_columns_are_said_to_be_quiet_with_the_blind_ones_named_beside() -> None:
    said = verdict(view(calm("a"), calm("b", Verdict.BLIND)), BUDGET, "en")
    assert said.tone is Tone.OK
    assert said.claim == "None of 2 columns drifted"
    assert "blind" in told(view(calm("a"), calm("b", Verdict.BLIND)))


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ({"n_predictions": 0}, "no prediction in this window"),
        ({"baseline_windows": 0}, "no baseline to compare with yet; window 2013-07-05; 12 earlier"),
        ({}, "974 rows are too few"),
    ],
)
def test_what_could_not_be_judged_is_never_shown_as_healthy(run, words) -> None:
    shown = view(calm("a", Verdict.INCONCLUSIVE), status=RunStatus.INSUFFICIENT, **run)
    assert verdict(shown, BUDGET, "en").tone is Tone.UNKNOWN
    assert words in told(shown)


def test_a_failed_run_says_why() -> None:
    shown = view(status=RunStatus.FAILED, error="column 'a' holds two types")
    said = verdict(shown, BUDGET, "en")
    assert (said.tone, said.claim) == (
        Tone.CRITICAL,
        "The run failed: column 'a' holds two types",
    )


def test_an_uncalibrated_verdict_says_so() -> None:
    weak = replace(finding("a", Verdict.DRIFTED, 2.0), calibrated=Calibration.NONE)
    shown = view(history("a", weak, readings=quiet(5)))
    assert "not calibrated" in told(shown)
    # a budget is promised by calibrated lines alone
    assert "false incident" not in told(shown)
    assert "未校准" in told(shown, "zh")


def test_logs_that_end_inside_the_window_are_told_but_not_a_last_quiet_minute() -> None:
    assert "only 40% of this window" in told(view(calm("a"), coverage=0.4))
    assert "of this window" not in told(view(calm("a"), coverage=0.9993))


def test_outputs_stand_above_inputs_and_each_group_is_worst_first() -> None:
    shown = view(
        calm("temp"),
        drifted("fare"),
        calm("prediction", role=ColumnRole.PREDICTION),
        drifted("score", role=ColumnRole.SCORE),
    )
    rows = drift.rows(shown)
    assert [row.name for row in rows] == ["score", "prediction", "fare", "temp"]
    assert [row.is_output for row in rows] == [True, True, False, False]
    assert [drift.name_of(c.column) for c in drift.ordered_columns(shown)] == [r.name for r in rows]


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        ("finding.completeness.absent", ColumnState.GONE),
        ("finding.completeness.nearly_all_missing", ColumnState.GONE),
        ("finding.completeness.changed_type.number", ColumnState.CHANGED_TYPE),
        ("finding.forecast.drifted.missing", ColumnState.EMPTIER),
        ("finding.missing.drifted.more", ColumnState.EMPTIER),
        ("finding.forecast.drifted.unseen", ColumnState.NEW_VALUES),
        ("finding.forecast.drifted.shape_sustained", ColumnState.DRIFTED),
        ("finding.psi.drifted", ColumnState.DRIFTED),
    ],
)
def test_missing_and_new_values_are_as_loud_as_drift(reason, state) -> None:
    found = state_of(finding("a", Verdict.DRIFTED, reason=reason))
    assert found is state
    assert found.is_alarm


def test_what_was_not_judged_is_neither_loud_nor_ok() -> None:
    failed = finding("a", Verdict.INCONCLUSIVE, reason="finding.failed")
    assert state_of(None) is ColumnState.UNJUDGED
    assert state_of(finding("a", Verdict.INCONCLUSIVE)) is ColumnState.UNJUDGED
    assert state_of(finding("a", Verdict.BLIND)) is ColumnState.BLIND
    assert state_of(failed) is ColumnState.FAILED
    assert not any(s.is_alarm for s in (ColumnState.UNJUDGED, ColumnState.BLIND, ColumnState.OK))


def test_a_lost_column_has_no_multiple_but_a_sparkline_that_hits_the_top() -> None:
    (row,) = drift.rows(view(lost("hour")))
    assert row.multiple is None
    assert row.trend[-1] == drift.TREND_CAP
    assert max(row.trend[:-1]) < 1


multiples = st.one_of(st.none(), st.floats(-3, 1e6))


@given(st.lists(st.one_of(st.none(), st.tuples(multiples, st.booleans())), max_size=90))
def test_sparklines_are_finite_and_share_one_scale(points) -> None:
    readings = tuple(
        None if p is None else reading(i, p[0], drifted=p[1]) for i, p in enumerate(points)
    )
    column = history("a", finding("a", Verdict.OK), readings=readings)
    (row,) = drift.rows(view(column))
    assert all(math.isfinite(v) and 0 <= v <= drift.TREND_CAP for v in row.trend)
    assert len(row.trend) <= drift.TREND_WINDOWS


def test_the_worst_column_that_moved_is_looked_at_first() -> None:
    shown = view(calm("score", role=ColumnRole.SCORE), drifted("fare", 1.2), drifted("age", 2.0))
    assert drift.first_shown(shown) == "age"
    assert drift.first_shown(view(calm("temp"), calm("score", role=ColumnRole.SCORE))) == "score"
    assert drift.first_shown(view()) is None


def test_the_detail_of_a_lost_column_gives_both_shares_and_rows() -> None:
    said = drift.detail(lost("hour"), day(4).end, "en")
    assert (said.missing_reference, said.missing_current) == ("0.0%", "100.0%")
    assert (said.n_reference, said.n_current) == ("51,730", "974")
    assert said.multiple == "—"
    assert said.sentences[0].startswith("Missing in all 974 rows")
    assert said.since == "since 2013-07-05 00:00 UTC, 1 d"


def test_a_quiet_column_says_which_shift_would_be_seen_and_a_blind_one_that_none_would() -> None:
    def seen(column) -> str:
        said = drift.detail(column, day(4).end, "en")
        return f"{said.visible} {said.visible_note}"

    unit = {**finding("a", Verdict.OK).values, "shift_unit": "mix", "visible_shift": 0.1}
    nothing = {**unit, "visible_shift": None}
    assert seen(calm("a")) == "0.25 sd in ten windows"
    mixed = history("a", finding("a", Verdict.OK, values=unit), readings=quiet(5))
    assert seen(mixed) == "10% of the rows"
    assert seen(calm("a", Verdict.BLIND)) == "none is sure: blind"
    unknown = history("a", finding("a", Verdict.OK, values=nothing), readings=quiet(5))
    assert seen(unknown) == "? not calibrated"


def test_everything_that_decides_and_is_not_quiet_has_its_sentence() -> None:
    both = history("a", gone("a"), finding("a", Verdict.BLIND), psi("a", 9.0), readings=quiet(5))
    said = drift.detail(both, day(4).end, "en")
    assert len(said.sentences) == 2
    assert said.beside == (("PSI", "9.00"),)


def test_a_baseline_is_written_with_dates() -> None:
    told_ = drift.baseline_words("trailing 2013-09-06T00:00:00Z/2013-11-01T00:00:00Z", "en")
    assert told_ == "trailing 2013-09-06 – 2013-10-31"
    assert drift.baseline_words("version 1", "en") == "version 1"


def test_severity_and_not_the_number_of_columns_makes_it_critical() -> None:
    severe = replace(finding("a", Verdict.DRIFTED, 2.0), severity=Severity.CRITICAL)
    assert (
        verdict(view(history("a", severe, readings=quiet(5))), BUDGET, "en").tone is Tone.CRITICAL
    )
