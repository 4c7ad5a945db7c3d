"""What the Latency and SLO page shows, from levels small enough to reckon by hand."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.queries import level_cards, levels
from app.queries.shading import shaded, touching
from domain.catalogue import say
from domain.incident import Cause
from domain.slo import SLO, BurnRate, SLOState
from domain.window import Window
from monitors.views.levels import ObjectiveHistory
from reports.judgement import Tone
from tests.app import service_views as made


@given(
    bad=st.lists(st.integers(0, 1000), min_size=1, max_size=28),
    target=st.sampled_from([0.9, 0.99, 0.999]),
)
def test_a_budget_is_whole_before_its_period_and_ends_at_what_the_run_says_is_left(bad, target):
    history = made.objective(bad, target=target)
    down = levels.burn_down(history)
    assert down.left[0] == pytest.approx(1, abs=1e-3)
    assert down.left[-1] == pytest.approx(history.results[-1].budget_remaining, abs=1e-4)
    assert list(down.left) == sorted(down.left, reverse=True)
    assert len(down.times) == len(down.left) == len(bad) + 1


def test_a_budget_of_30_bad_calls_is_exhausted_at_the_end_of_the_day_that_spends_the_30th():
    down = levels.burn_down(made.objective([5, 20, 5, 1], target=0.9925))
    # 4,000 calls at 99.25 % allow 30 bad ones
    assert down.exhausted_at == made.day(2).end


def test_a_budget_that_lasts_is_never_exhausted():
    assert levels.burn_down(made.objective([1, 1, 1])).exhausted_at is None


def test_what_lies_before_the_period_weighs_no_more():
    history = made.objective([900, 0, 0, 0], period_days=3)
    newest = history.results[-1]
    within = ObjectiveHistory(
        history.slo,
        history.windows,
        (*history.results[:-1], made.result(0, slo=newest.slo, before=(0, 2000))),
    )
    down = levels.burn_down(within)
    assert down.times[0] == made.day(1).start
    assert down.left[0] == pytest.approx(1)


def test_what_another_target_cost_is_not_taken_off_this_budget():
    history = made.objective([0, 0, 5], target=0.99)
    other = made.result(900, slo=SLO("availability", 0.5, 28))
    down = levels.burn_down(
        ObjectiveHistory(history.slo, history.windows, (other, *history.results[1:]))
    )
    assert down.left[0] == pytest.approx(1)
    assert down.times[0] == made.day(1).start


def test_an_even_spend_starts_where_the_period_is_entered():
    down = levels.burn_down(made.objective([0] * 7, period_days=28))
    assert down.even == (pytest.approx(0.25), 0.0)


def test_an_objective_without_calls_has_no_burn_down():
    slo = SLO("availability", 0.99, 28)
    empty = made.result(0, 0, slo=slo, state=SLOState.NO_DATA)
    assert levels.burn_down(ObjectiveHistory(slo, (made.day(0),), (empty,))) is None


@pytest.mark.parametrize(
    ("state", "tone"),
    [
        (SLOState.OK, Tone.OK),
        (SLOState.BURNING_PAGE, Tone.CRITICAL),
        (SLOState.BURNING_TICKET, Tone.WARNING),
        (SLOState.EXHAUSTED, Tone.CRITICAL),
        (SLOState.INSUFFICIENT, Tone.UNKNOWN),
        (SLOState.NO_DATA, Tone.UNKNOWN),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_only_an_objective_that_was_measured_and_holds_reads_as_well(state, tone, language):
    history = made.objective([0, 3], state=state)
    seen = made.levels(objectives=[history])
    said, sentence = levels.verdict(seen, history, language)
    assert said is tone
    assert "availability" in sentence
    assert "2026-03-02" in sentence


def test_without_an_objective_nothing_is_called_well():
    seen = made.levels(objectives=[])
    tone, sentence = levels.verdict(seen, None, "en")
    assert tone is Tone.UNKNOWN
    assert "No objective is set" in sentence


def test_a_span_without_calls_says_so_whatever_the_objective_was():
    history = made.objective([0])
    seen = made.levels([made.point(0, calls=0.0)], objectives=[history])
    tone, sentence = levels.verdict(seen, history, "en")
    assert tone is Tone.UNKNOWN
    assert "No call" in sentence


def test_the_worst_objective_is_shown_unless_another_is_asked_for():
    calm = made.objective([0, 0])
    burning = made.objective([0, 900], latency_ms=100.0, state=SLOState.BURNING_PAGE)
    seen = made.levels(objectives=[calm, burning])
    assert levels.chosen(seen, None) is burning
    assert levels.chosen(seen, "availability") is calm
    assert levels.chosen(seen, "unknown") is burning
    assert [row.name for row in levels.objective_rows(seen, "en")] == ["latency", "availability"]


def test_an_objective_that_no_run_judged_is_not_shown():
    seen = made.levels(objectives=[ObjectiveHistory(SLO("latency", 0.99, 28, 100.0), (), ())])
    assert levels.chosen(seen, None) is None
    assert "No run has judged" in levels.verdict(seen, None, "en")[1]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("with_objective", [True, False])
def test_every_card_has_all_its_parts(language, with_objective):
    history = made.objective([1, 2], latency_ms=100.0) if with_objective else None
    seen = made.levels(objectives=[history] if history else [])
    cards = level_cards.cards(seen, history, language)
    assert len(cards) == 4
    assert all(c.label and c.value and c.note and c.help for c in cards)


def test_the_cards_say_what_was_spent_of_the_budget():
    # 3 of 2,000 calls bad, at 99 % 20 may be: 85 % left
    history = made.objective([1, 2])
    cards = level_cards.cards(made.levels(objectives=[history]), history, "en")
    assert [card.value for card in cards] == ["99.85%", "85% left", "3.5×", "9.0 ms"]
    assert cards[1].note == "3 bad of 2.0K calls"
    assert cards[2].note == "over 6 h; would fire at 6.0×"


def test_a_budget_spent_eight_times_reads_as_overspent_and_not_as_minus_700_percent():
    history = made.objective([80, 80])
    cards = level_cards.cards(made.levels(objectives=[history]), history, "en")
    assert cards[1].value == "overspent 8.0×"
    assert cards[1].tone is Tone.CRITICAL
    assert cards[0].tone is Tone.CRITICAL


def test_a_rate_that_fires_comes_before_a_faster_one_that_does_not():
    slow = BurnRate(3600, 300, 1.0, 2.0, 2.0, firing=True)
    fast = BurnRate(7200, 600, 14.4, 9.0, 9.0, firing=False)
    assert level_cards.fastest([fast, slow]) is slow
    assert level_cards.fastest([]) is None


def test_a_tail_over_its_limit_is_a_warning_and_no_latency_is_no_good_news():
    history = made.objective([1], latency_ms=5.0)
    tail = level_cards.cards(made.levels(objectives=[history]), history, "en")[3]
    assert tail.tone is Tone.WARNING
    unknown = made.point(0, p50=None, p95=None, p99=None)
    seen = made.levels([unknown], objectives=[history], whole=unknown)
    assert level_cards.cards(seen, history, "en")[3].tone is Tone.UNKNOWN


def test_a_rate_that_can_never_fire_says_so():
    rows = levels.burn_rows(made.objective([1]).results[-1], "en")
    assert [row.windows for row in rows] == ["1 h / 5 min", "6 h / 30 min", "1 d / 2 h"]
    assert [row.state for row in rows] == ["quiet", "quiet", "can never fire"]
    assert rows[2].tone is Tone.WARNING


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("long", "short", "state", "tone"),
    [
        (0.5, 0.0, "quiet", Tone.OK),
        (33.0, 0.0, "quiet", Tone.OK),
        (33.0, 20.0, "untold", Tone.UNKNOWN),
        (33.0, None, "unknown", Tone.UNKNOWN),
        (None, None, "unknown", Tone.UNKNOWN),
    ],
)
def test_every_state_of_a_burn_rate_has_its_word(long, short, state, tone, language):
    """A service that nobody called in its last five minutes had no word, and so no page."""
    rate = BurnRate(3600, 300, 14.4, long, short, firing=False)
    history = made.objective([1])
    result = replace(history.results[-1], burn_rates=(rate,))
    (row,) = levels.burn_rows(result, language)
    assert (row.state, row.tone) == (say(f"report.burn.{state}", language), tone)


@pytest.mark.parametrize(
    ("long", "short", "words", "tone"),
    [
        (0.5, 0.0, "over 1 h; would fire at 14×", Tone.OK),
        (33.0, 0.0, "over 1 h; not over the last 5 min", Tone.INFO),
        (33.0, 20.0, "over 1 h; too few calls to tell", Tone.UNKNOWN),
    ],
)
def test_a_burn_above_its_line_that_raised_nothing_says_why(long, short, words, tone):
    rate = BurnRate(3600, 300, 14.4, long, short, firing=False)
    history = made.objective([1])
    history = replace(
        history, results=(*history.results[:-1], replace(history.results[-1], burn_rates=(rate,)))
    )
    card = level_cards.cards(made.levels([made.point(0)], objectives=[history]), history, "en")[2]
    assert (card.note, card.tone) == (words, tone)


def test_a_replica_that_the_runs_blame_comes_first():
    slo = SLO("latency", 0.99, 28, 100.0)
    named = made.result(9, slo=slo, state=SLOState.BURNING_PAGE, replica="pod-3")
    calm = made.result(0, slo=slo)
    history = ObjectiveHistory(slo, (made.day(0), made.day(1)), (named, calm))
    assert levels.blamed(history) == "pod-3"
    replicas = [made.replica("pod-1", 12.0), made.replica("pod-3", 400.0)]
    rows = levels.replica_rows(replicas, "pod-3")
    assert [row.replica for row in rows] == ["pod-3", "pod-1"]
    assert [row.blamed for row in rows] == [True, False]


def test_nobody_is_blamed_where_no_run_named_anybody():
    assert levels.blamed(made.objective([900])) is None
    assert levels.blamed(None) is None


def test_a_bucket_without_calls_has_no_failed_share():
    course = levels.course([made.point(0, calls=0.0), made.point(1, failed=25.0)], 3600)
    assert course.failed_share == (None, 0.25)
    assert course.calls == (0.0, 100.0)
    assert levels.course([], 3600) is None


def test_calls_whose_status_nobody_logged_neither_failed_nor_succeeded():
    course = levels.course(
        [made.point(0, with_status=0.0), made.point(1, 100, 5, with_status=50)], 1
    )
    assert course.failed_share == (None, 0.1)
    silent = made.levels([made.point(0, with_status=0.0)])
    failed = level_cards.cards(silent, None, "en")[1]
    assert (failed.value, failed.tone) == ("—", Tone.UNKNOWN)


@pytest.mark.parametrize(
    ("p99", "limit", "wide"), [(9.0, None, False), (21.0, None, True), (9.0, 100.0, True)]
)
def test_a_logarithmic_axis_is_for_what_a_linear_one_would_flatten(p99, limit, wide):
    seen = made.levels([made.point(0, p99=p99)])
    assert levels.wide(seen, limit) is wide


def test_latencies_that_nobody_logged_need_no_logarithm():
    unknown = made.point(0, p50=None, p95=None, p99=None)
    assert levels.wide(made.levels([unknown], whole=unknown), 100.0) is False


def test_a_span_ends_at_the_full_hour():
    end = made.DAY_0 + timedelta(days=9, minutes=1)
    assert levels.span_ending("7d", end) == Window(
        made.DAY_0 + timedelta(days=2, hours=1), made.DAY_0 + timedelta(days=9, hours=1)
    )
    assert levels.span_ending("1d", made.day(0).end) == made.day(0)


def test_what_a_chart_shades_lies_inside_it_and_bears_the_replicas_name():
    early = made.incident(-5, 10, "latency", "latency@pod-3")
    gone = made.incident(-50, 10, "availability")
    assert shaded([early, gone], made.span(2)) == (
        (Window(made.DAY_0, made.DAY_0 + timedelta(hours=5)), "pod-3"),
    )


def test_an_incident_of_another_cause_or_another_time_is_not_of_this_page():
    drift = made.incident(3, 10, "age", cause=Cause.DRIFT)
    slow = made.incident(3, 10, "latency")
    gone = made.incident(-50, 10, "latency")
    assert touching([drift, slow, gone], made.span(2), [Cause.LATENCY]) == (slow,)
    assert touching([drift, slow, gone], made.span(2)) == (drift, slow)
