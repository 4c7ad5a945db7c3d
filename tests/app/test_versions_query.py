"""What the Versions page shows, from courses small enough to reckon by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.queries import version_pair, versions
from app.queries.lines import Side, line, sides
from tests.app import service_views as made

P = made.version_point
CANARY = {
    "2": [P(3, 100), P(4, 500), P(5, 1000), P(6, 900)],
    "1": [P(0, 1000), P(1, 1000), P(3, 900), P(4, 500)],
}


@given(
    courses=st.dictionaries(
        st.sampled_from("abcd"),
        st.lists(st.integers(0, 9), min_size=1, max_size=8),
        min_size=1,
        max_size=4,
    )
)
def test_the_shares_of_a_window_are_a_whole_and_rest_on_its_counts(courses):
    view = made.versions({v: [P(i, n) for i, n in enumerate(ns)] for v, ns in courses.items()})
    known = versions.shares(view)
    if known is None:
        assert not any(n for ns in courses.values() for n in ns)
        return
    for i in range(len(known.at)):
        assert sum(own.shares[i] for own in known.versions) == pytest.approx(1, abs=1e-3)
        total = sum(own.counts[i] for own in known.versions)
        assert total > 0
        for own in known.versions:
            assert own.shares[i] == pytest.approx(own.counts[i] / total, abs=1e-4)


def test_a_canary_says_since_when_and_with_how_much_it_began():
    first, second = versions.courses(made.versions(CANARY))
    assert (second.version, second.since, second.first_share) == ("2", made.day(3), 0.1)
    assert second.alone_since == made.day(5)
    assert (first.version, first.over, first.until) == ("1", True, made.day(4))
    said = versions.course_sentence(second, "en")
    assert said == (
        "v2 came in the window 2026-03-04 with 10.0% of the predictions and has answered alone "
        "since 2026-03-06."
    )
    assert "2026-03-05" in versions.course_sentence(first, "en")
    assert "10.0%" in versions.course_sentence(second, "zh")


def test_a_version_that_still_shares_the_traffic_is_not_alone():
    view = made.versions({"2": [P(1, 100)], "1": [P(0, 900), P(1, 900)]})
    first, second = versions.courses(view)
    assert second.alone_since is None
    assert "10.0% in the newest one" in versions.course_sentence(second, "en")
    assert first.alone_since is None


def test_a_version_that_was_always_alone_did_not_come_at_all():
    (only,) = versions.courses(made.versions({"1": [P(0, 5), P(1, 5)]}))
    assert "has been there since the first judged window" in versions.course_sentence(only, "en")


def test_charts_mark_where_every_version_but_the_first_came():
    assert versions.starts(made.versions(CANARY), "en") == ((made.day(3).start, "v2 comes"),)


def test_two_versions_stand_side_by_side_in_the_newest_window_that_both_were_judged_in():
    two = version_pair.pair(made.versions(CANARY), "2", None, None)
    assert (two.base.version, two.candidate.version) == ("1", "2")
    assert two.same_window
    assert two.base_point.window == two.candidate_point.window == made.day(4)


def test_a_window_that_both_were_judged_in_can_be_asked_for():
    view = made.versions(CANARY)
    assert version_pair.pair(view, "2", "1", made.day(3)).base_point.n_predictions == 900
    # of this one only the second version was judged
    assert version_pair.pair(view, "2", "1", made.day(6)).base_point.window == made.day(4)


def test_versions_that_never_met_are_told_apart_from_those_that_did():
    view = made.versions({"2": [P(5, 10)], "1": [P(0, 20), P(1, 20)]})
    two = version_pair.pair(view, "2", "1", None)
    assert not two.same_window
    assert (two.base_point.window, two.candidate_point.window) == (made.day(1), made.day(5))


@pytest.mark.parametrize("base", [None, "2", "unknown"])
def test_a_version_is_never_set_beside_itself(base):
    two = version_pair.pair(made.versions(CANARY), "2", base, None)
    assert two.base.version == "1"


def test_one_version_has_nothing_beside_it():
    assert version_pair.pair(made.versions({"1": [P(0, 1)]}), "1", None, None) is None


def rows_of(base, candidate, findings=None):
    view = made.versions({"2": [candidate], "1": [base]}, findings)
    two = version_pair.pair(view, "2", "1", None)
    return {row.label: row for row in version_pair.pair_rows(two, "en")}


def test_differences_are_written_in_the_unit_of_what_differs():
    rows = rows_of(
        P(0, 1000, p99=40.0, failed=0.01, measured=made.performance(roc_auc=0.7)),
        P(0, 1100, p99=44.0, failed=0.035, measured=made.performance(900, roc_auc=0.68)),
    )
    assert (rows["Predictions"].change, rows["Failed calls"].change) == ("+10%", "+2.50 pp")
    assert rows["p99 latency"].change == "+10%"
    assert rows["p99 latency"].rows == "1,000 / 1,100 calls"
    auc = rows["ROC AUC"]
    assert (auc.base, auc.candidate, auc.change) == ("0.700", "0.680", "-0.020")
    assert auc.rows == "950 / 900 labels"


def test_what_one_version_does_not_have_is_a_dash_and_no_difference():
    rows = rows_of(P(0, 10, p99=None, failed=None), P(0, 10, measured=made.performance(mae=3.0)))
    assert (rows["p99 latency"].base, rows["p99 latency"].change) == ("—", "—")
    assert (rows["Failed calls"].base, rows["Failed calls"].change) == ("—", "—")
    assert (rows["MAE"].base, rows["MAE"].candidate, rows["MAE"].change) == ("—", "3.000", "—")
    assert rows["MAE"].rows == "0 / 950 labels"


def test_nothing_that_did_not_move_has_a_sign():
    rows = rows_of(P(0, 10), P(0, 10))
    assert rows["Predictions"].change == "0%"
    assert rows["Failed calls"].change == "0 pp"


def test_drifting_columns_are_those_of_each_versions_own_newest_run():
    rows = rows_of(P(0, 10), P(0, 10), {"2": [made.drifted("age"), made.drifted("age")]})
    drifting = rows["Drifting, newest run"]
    assert (drifting.base, drifting.candidate) == ("—", "1 of 1")
    assert drifting.change == "—"


def test_what_the_model_says_comes_before_what_it_is_fed_and_labels_are_no_choice():
    names = [column.name for column in versions.options(made.versions(CANARY).columns)]
    assert names == ["score", "prediction", "age"]


def test_metrics_are_listed_once_the_telling_ones_first():
    view = made.versions(
        {
            "2": [P(0, 1, measured=made.performance(log_loss=1.0, accuracy=0.5))],
            "1": [P(0, 1, measured=made.performance(roc_auc=0.5, own_metric=1.0))],
        }
    )
    assert versions.metrics_of(view) == ("roc_auc", "accuracy", "log_loss", "own_metric")


def test_a_line_breaks_where_windows_are_missing():
    made_line = line("v1", Side.CURRENT, [(made.day(0), 1.0), (made.day(3), 2.00004)])
    assert made_line.at == (made.day(0).start, made.day(0).end, made.day(3).start)
    assert made_line.values == (1.0, None, 2.0)


def test_a_version_without_latencies_has_no_line():
    view = made.versions({"2": [P(0, 1, p99=None)], "1": [P(0, 1)]})
    p99, p50 = versions.latency_lines(view, sides(["2", "1"], "2", None), "en")
    assert [one.name for one in p99] == [one.name for one in p50] == ["v1"]


def test_the_version_looked_at_is_blue_and_the_one_beside_it_grey():
    given_sides = sides(["4", "3", "2", "1"], "3", "1")
    assert given_sides["3"] is Side.CURRENT
    assert given_sides["1"] is Side.REFERENCE
    assert given_sides["4"] is Side.THIRD
    assert given_sides["2"] is Side.FOURTH
