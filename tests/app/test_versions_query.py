"""What the Versions page shows, from courses small enough to reckon by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.queries import version_course, version_pair, versions
from app.queries.lines import Side, line, sides
from domain.window import Window
from tests.app import service_views as made

P = made.version_point
CANARY = {
    "2": [P(3, 100), P(4, 500), P(5, 1000), P(6, 900)],
    "1": [P(0, 1000), P(1, 1000), P(3, 900), P(4, 500)],
}


@given(
    courses=st.dictionaries(
        st.sampled_from("abcd"),
        st.lists(
            st.integers(0, 9).flatmap(
                lambda n: st.tuples(st.just(n), st.none() | st.integers(0, n))
            ),
            min_size=1,
            max_size=8,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_the_shares_of_a_window_are_a_whole_and_rest_on_who_answered(courses):
    view = made.versions(
        {v: [P(i, n, shadow=s) for i, (n, s) in enumerate(ns)] for v, ns in courses.items()}
    )
    known = versions.shares(view)
    if known is None:
        assert not any(n for ns in courses.values() for n, _ in ns)
        return
    for i, at in enumerate(known.at):
        day = (at - made.DAY_0).days
        here = {v: ns[day] if day < len(ns) else (0, 0) for v, ns in courses.items()}
        answered = {v: n - (s or 0) for v, (n, s) in here.items()}
        total = sum(answered.values())
        for own in known.versions:
            assert own.counts[i] == answered[own.version]
            assert own.shadow[i] == (here[own.version][1] if here[own.version][0] else 0)
            wanted = answered[own.version] / total if total else 0
            assert own.shares[i] == pytest.approx(wanted, abs=1e-4)
        assert sum(own.shares[i] for own in known.versions) == pytest.approx(
            1.0 if total else 0.0, abs=1e-3
        )


def told(courses, language="en"):
    return [
        version_course.course_sentence(one, language)
        for one in version_course.courses(made.versions(courses))
    ]


def test_a_canary_says_since_when_and_with_how_much_it_began():
    first, second = version_course.courses(made.versions(CANARY))
    assert (second.version, second.answered.since, second.first_share) == ("2", made.day(3), 0.1)
    assert second.alone_since == made.day(5)
    assert (first.version, first.newest, first.answered.until) == ("1", "nothing", made.day(4))
    said_of_first, said_of_second = told(CANARY)
    assert said_of_first == "v1 answered from 2026-03-01 to 2026-03-05 and nothing since."
    assert said_of_second == (
        "v2 has answered since 2026-03-04, at first 10.0% of the traffic, and alone since "
        "2026-03-06."
    )
    assert "10.0%" in told(CANARY, "zh")[1]


def test_shadow_is_no_part_of_the_traffic_and_is_told_apart():
    """A canary at 10 % whose other predictions are made in shadow, as those of the old version."""
    rollout = {
        "2": [P(1, 50, shadow=50), P(3, 1000, shadow=900), P(4, 1000)],
        "1": [P(0, 1000), P(1, 1000), P(3, 1000, shadow=100)],
    }
    known = versions.shares(made.versions(rollout))
    assert {own.version: own.shares for own in known.versions} == {
        "1": (1.0, 1.0, 0.9, 0.0),
        "2": (0.0, 0.0, 0.1, 1.0),
    }
    old, new = told(rollout)
    assert old == (
        "v1 answered from 2026-03-01 to 2026-03-04 and nothing since. 100 more of its "
        "predictions (2026-03-04) were made in shadow and answered nobody."
    )
    assert new == (
        "v2 first saw traffic in shadow: 950 of its predictions (2026-03-02 – 2026-03-04) answered "
        "nobody. v2 has answered since 2026-03-04, at first 10.0% of the traffic, and alone since "
        "2026-03-05."
    )
    assert version_course.starts(made.versions(rollout), "en") == (
        (made.day(1).start, "v2 in shadow"),
        (made.day(3).start, "v2 comes"),
    )


@pytest.mark.parametrize(
    ("course", "said"),
    [
        (
            [P(1, 7, shadow=7), P(2, 7, shadow=7)],
            "has run in shadow only, since 2026-03-02: its 14",
        ),
        ([P(1, 7, shadow=7)], "ran in shadow only (2026-03-02): its 7"),
        ([P(0, 9), P(1, 9), P(2, 9, shadow=9)], "since then it runs in shadow only"),
    ],
)
def test_a_version_that_answers_nobody_says_so(course, said):
    (sentence,) = [s for s in told({"2": course, "1": [P(i, 9) for i in range(3)]}) if "v2" in s]
    assert said in sentence
    assert "%" not in sentence


def test_where_shadow_was_not_counted_predictions_stand_as_answers_and_that_is_said():
    old = {"2": [P(3, 1000, shadow=None)], "1": [P(2, 10, shadow=None), P(3, 1000), P(4, 10)]}
    view = made.versions(old)
    assert version_course.uncounted(view) == Window(made.day(2).start, made.day(3).end)
    assert [own.shares[1] for own in versions.shares(view).versions] == [0.5, 0.5]
    assert version_course.uncounted(made.versions(CANARY)) is None


def test_a_version_that_still_shares_the_traffic_is_not_alone():
    view = made.versions({"2": [P(1, 100)], "1": [P(0, 900), P(1, 900)]})
    first, second = version_course.courses(view)
    assert second.alone_since is None
    assert "10.0% of it in the newest" in version_course.course_sentence(second, "en")
    assert first.alone_since is None


def test_almost_all_of_the_traffic_is_not_all_of_it():
    shared = {"2": [P(1, 100_000)], "1": [P(0, 9), P(1, 1)]}
    assert "alone" not in " ".join(told(shared))


def test_a_version_that_was_always_alone_did_not_come_at_all():
    (only,) = told({"1": [P(0, 5), P(1, 5)]})
    assert "has been there since the first judged window" in only


def test_a_version_that_took_all_over_at_once_came_later_than_the_first_window():
    assert told({"2": [P(1, 5)], "1": [P(0, 5)]})[1] == (
        "v2 has answered alone since 2026-03-02, when it came."
    )


def test_charts_mark_where_every_version_but_the_first_came():
    marks = version_course.starts(made.versions(CANARY), "en")
    assert marks == ((made.day(3).start, "v2 comes"),)


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


@pytest.mark.parametrize(
    ("shadow", "row"), [((0, 9), ("0", "9")), ((None, 2), ("—", "2")), ((0, 0), None)]
)
def test_how_many_predictions_answered_nobody_stands_beneath_them(shadow, row):
    rows = rows_of(P(0, 10, shadow=shadow[0]), P(0, 10, shadow=shadow[1]))
    found = rows.get("Of them in shadow")
    assert (found and (found.base, found.candidate)) == row


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
