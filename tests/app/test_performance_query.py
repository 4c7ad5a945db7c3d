"""What the Performance page shows, from labels and findings small enough to reckon by hand."""

from datetime import timedelta

import pytest

from app.queries import performance
from app.queries.lines import sides
from domain.finding import Verdict
from reports.judgement import Tone
from tests.app import service_views as made

LABELS = made.performance
TWO_DAYS = [("1", 0, LABELS(roc_auc=0.8)), ("1", 1, LABELS(roc_auc=0.6, accuracy=0.9))]
WORSE = made.measured("roc_auc", 0.6, verdict=Verdict.DRIFTED)


def shown(view, version="1", window=None):
    return performance.shown_point(performance.of_version(view, version), window)


def test_a_window_judged_worse_is_named_with_its_metric_and_its_date():
    view = made.performance_view(TWO_DAYS, [("1", 1, WORSE)])
    tone, sentence = performance.verdict(view, "1", shown(view), "en")
    assert tone is Tone.CRITICAL
    assert sentence.startswith("ROC AUC is 0.6 on 950 labels, worse than the 0.8")
    assert sentence.endswith("window 2026-03-02")


def test_a_window_as_usual_reads_as_well_in_both_languages():
    view = made.performance_view(TWO_DAYS, [("1", 1, made.measured("roc_auc", 0.79))])
    for language in ("en", "zh"):
        assert performance.verdict(view, "1", shown(view), language)[0] is Tone.OK


def test_labels_that_are_still_arriving_decide_nothing():
    early = made.measured("roc_auc", 0.81, decides=False, labelled=300)
    view = made.performance_view([("1", 0, LABELS(300, 700, roc_auc=0.81))], [("1", 0, early)])
    tone, sentence = performance.verdict(view, "1", shown(view), "en")
    assert tone is Tone.UNKNOWN
    assert "labels are still arriving: 300 of 1,000" in sentence


@pytest.mark.parametrize("why", ["too-few-labels", "not-calibrated", "no-metric"])
def test_what_could_not_be_judged_never_reads_as_well(why):
    thin = made.measured(
        "rmse", 3.0, verdict=Verdict.INCONCLUSIVE, why=why, usual=None, threshold=None
    )
    view = made.performance_view([("1", 0, LABELS(12, 0, rmse=3.0))], [("1", 0, thin)])
    tone, sentence = performance.verdict(view, "1", shown(view), "en")
    assert tone is Tone.UNKNOWN
    assert "RMSE" in sentence


def test_a_window_without_findings_says_that_nobody_judged_it():
    view = made.performance_view(TWO_DAYS)
    tone, sentence = performance.verdict(view, "1", shown(view), "en")
    assert tone is Tone.UNKNOWN
    assert "No run has judged" in sentence


def test_the_deciding_finding_speaks_even_where_another_stands_first():
    beside = made.measured("accuracy", 0.2, decides=False)
    view = made.performance_view(TWO_DAYS, [("1", 1, beside), ("1", 1, WORSE)])
    assert performance.verdict(view, "1", shown(view), "en")[1].startswith("ROC AUC")
    rows = performance.metric_rows(view, "1", shown(view), "en")
    assert [(row.label, row.state) for row in rows] == [
        ("ROC AUC", "worse"),
        ("Accuracy", "reading only"),
    ]


def test_a_metric_stands_beside_what_is_usual_and_where_it_alarms():
    view = made.performance_view(TWO_DAYS, [("1", 1, WORSE)])
    row = performance.metric_rows(view, "1", shown(view), "en")[0]
    assert (row.value, row.usual, row.alarm, row.labels) == ("0.600", "0.800", "below 0.700", "950")


def test_an_error_alarms_above_its_line():
    error = made.measured("rmse", 9.0, usual=5.0, threshold=8.0, verdict=Verdict.DRIFTED)
    view = made.performance_view([("1", 0, LABELS(rmse=9.0))], [("1", 0, error)])
    assert performance.metric_rows(view, "1", shown(view), "en")[0].alarm == "above 8.000"


def test_a_metric_without_a_finding_is_not_judged():
    view = made.performance_view(TWO_DAYS)
    rows = performance.metric_rows(view, "1", shown(view), "en")
    assert {(row.state, row.tone) for row in rows} == {("not judged", Tone.UNKNOWN)}
    assert [row.usual for row in rows] == ["—", "—"]


def test_a_window_asked_for_is_shown_and_one_without_labels_is_not_replaced():
    view = made.performance_view(TWO_DAYS)
    assert shown(view, window=made.day(0)).performance.metrics == {"roc_auc": 0.8}
    assert shown(view, window=made.day(5)) is None
    assert shown(view).window == made.day(1)
    assert shown(view, version="9") is None


def test_labels_are_counted_for_the_version_looked_at():
    view = made.performance_view([*TWO_DAYS, ("2", 1, LABELS(7, 3, roc_auc=0.5))])
    known = performance.arrivals(performance.of_version(view, "1"))
    assert (known.labelled, known.pending, known.total) == ((950, 950), (50, 50), 2000)
    assert known.at == (made.day(0).start, made.day(1).start)


@pytest.mark.parametrize(("hours", "expected"), [(10, 10), (-3, 0)])
def test_the_lag_counts_from_the_windows_end_and_is_never_negative(hours, expected):
    until = made.day(0).end + timedelta(hours=hours)
    view = made.performance_view([("1", 0, LABELS(until=until, roc_auc=0.8))])
    assert performance.lag(shown(view)) == timedelta(hours=expected)
    assert performance.lag(shown(made.performance_view(TWO_DAYS))) is None


def test_the_metric_that_decides_comes_first_with_its_worse_windows_marked():
    points = [*TWO_DAYS, ("2", 1, LABELS(roc_auc=0.5))]
    view = made.performance_view(
        points, [("1", 0, made.measured("roc_auc", 0.8)), ("1", 1, WORSE), ("2", 1, WORSE)]
    )
    first, second = performance.courses(view, "1", sides(["2", "1"], "1", None), "en")
    assert (first.metric, second.metric) == ("roc_auc", "accuracy")
    assert [one.name for one in first.lines] == ["v2", "v1"]
    assert [(one.at, one.value) for one in first.worse] == [(made.day(1).start, 0.6)]
    assert first.usual.values == (0.8, 0.8)
    assert first.alarm.values == (0.7, 0.7)
    assert (second.usual, second.alarm, second.worse) == (None, None, ())


def test_the_metric_that_decides_comes_first_even_if_its_name_comes_last():
    by_mae = made.measured("mae", 1.0)
    view = made.performance_view(
        [("1", 0, LABELS(task="regression", rmse=2.0, mae=1.0))], [("1", 0, by_mae)]
    )
    courses = performance.courses(view, "1", sides(["1"], "1", None), "en")
    assert [course.metric for course in courses] == ["mae", "rmse"]
