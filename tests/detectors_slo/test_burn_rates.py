"""The workbook's rule, held against the published tables, and what is added to it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from detectors.bad_calls import Proof, bad_stretch, chance_of_bad_calls
from detectors.burn_table import notices, rows_for, unreachable
from detectors.slo import BucketCounts, judge
from domain.catalogue import names_in
from domain.errors import InvalidWindowError
from domain.sentences import slo_sentence
from domain.slo import SLO, SLOState
from domain.texts.slos import TEXTS
from domain.window import Window, iso

FACTS = json.loads((Path(__file__).parent / "burn_facts.json").read_text())
WORKBOOK = FACTS["workbook"]
START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
BUCKET = timedelta(minutes=5)
THREE_NINES = SLO("availability", 0.999, 30)
TWO_NINES = SLO("latency", 0.99, 28, latency_ms=100)
PLAIN = {"page": Proof(1.0), "ticket": Proof(1.0)}
RANK = [
    SLOState.NO_DATA,
    SLOState.OK,
    SLOState.INSUFFICIENT,
    SLOState.BURNING_TICKET,
    SLOState.EXHAUSTED,
    SLOState.BURNING_PAGE,
]


def days(first, last):
    return Window(START + first * DAY, START + last * DAY)


def calls(n_days, per_bucket, share=0.0):
    """Return calls and bad calls of some days, the same in every bucket."""
    total = np.full(288 * n_days, float(per_bucket))
    return total, total * share


def counts(total, bad, **more):
    return BucketCounts(START, total - bad, total, **more)


def test_the_table_is_the_workbooks():
    rows = rows_for(WORKBOOK["period_days"])
    assert [(r.urgency, r.long_s, r.short_s, r.budget_used) for r in rows] == [
        (r["urgency"], r["long_s"], r["short_s"], r["budget_used"]) for r in WORKBOOK["rows"]
    ]
    assert [r.factor(30) for r in rows] == pytest.approx([r["burn_rate"] for r in WORKBOOK["rows"]])


@pytest.mark.parametrize(("period", "factors"), FACTS["sloth"]["factors"].items())
def test_factors_follow_the_period_as_sloths_do(period, factors):
    rows = rows_for(float(period))
    assert [r.factor(float(period)) for r in rows] == pytest.approx(factors, rel=1e-12)


def test_no_row_looks_back_further_than_its_period():
    assert [r.long_s for r in rows_for(1)] == [3600, 21600, 86400]


@pytest.mark.parametrize("case", WORKBOOK["reachable"])
def test_a_row_that_would_need_more_than_all_calls_bad_is_reported(case):
    lost = {round(r.factor(30), 9) for r in unreachable(SLO("x", case["target"], 30))}
    assert (case["factor"] not in lost) == case["reachable"]


def test_the_notice_of_an_unreachable_alert_names_the_target_that_would_do():
    (fast,) = notices(SLO("latency", 0.9, 30, 100.0))
    assert "0.9306" in fast
    assert "1 hours" in fast
    assert "144%" in fast
    assert "0.9306" in notices(SLO("latency", 0.9, 30, 100.0), "zh")[0]
    assert notices(THREE_NINES) == []


@pytest.fixture(scope="module")
def outages():
    """Thirty quiet days of heavy traffic in 12-second buckets, then a constant share of bad."""
    quiet, after = 30 * 7200, 3 * 7200
    total = np.full(quiet + after, 1e7)

    def outage(share):
        bad = np.zeros_like(total)
        bad[quiet:] = 1e7 * share
        return BucketCounts(START, total - bad, total, bucket_s=12)

    shares = {case["bad_share"] for case in WORKBOOK["detection"]}
    return {share: outage(share) for share in shares}


def firing(buckets, long_s, after_s):
    """Return whether a row of the plain rule fires at the bucket that ends `after_s` into it."""
    end = START + 30 * DAY + timedelta(seconds=after_s)
    window = Window(end - timedelta(seconds=12), end)
    result = judge(THREE_NINES, buckets, window, **PLAIN)
    return next(rate.firing for rate in result.burn_rates if rate.long_s == long_s)


@pytest.mark.parametrize("case", WORKBOOK["detection"])
def test_an_outage_is_detected_after_the_time_the_workbook_gives(outages, case):
    buckets, long_s, after_s = outages[case["bad_share"]], case["long_s"], case["after_s"]
    if after_s is None:
        assert not firing(buckets, long_s, 3 * 86400)
        return
    before = after_s // 12 * 12
    assert not firing(buckets, long_s, before)
    assert firing(buckets, long_s, before + 12)


@pytest.mark.parametrize("case", WORKBOOK["exhaustion"])
def test_the_budget_lasts_as_long_as_the_burn_rate_says(case):
    total, _ = calls(60, 1e6)
    bad = np.zeros_like(total)
    bad[30 * 288 :] = 1e6 * case["bad_share"]
    moment = START + 30 * DAY + case["days"] * DAY
    edge = Window(moment - timedelta(minutes=10), moment + timedelta(minutes=10))
    result = judge(THREE_NINES, counts(total, bad), edge)
    spent = 1 - result.budget_remaining
    assert spent == pytest.approx(1, abs=12 * case["burn"] / 8640)


def test_a_rate_that_only_reaches_the_factor_does_not_fire():
    at_line = SLO("x", 0.9, 30)  # the six-hour row fires above 60 % of bad calls
    total, bad = calls(30, 1000, 0.6)
    assert not judge(at_line, counts(total, bad), days(29, 30)).burn_rates[1].firing
    assert judge(at_line, counts(total, bad + 1), days(29, 30)).burn_rates[1].firing


# ---------------------------------------------------------------------- evidence


@given(
    bad=st.integers(1, 400),
    total=st.integers(1, 100_000),
    target=st.floats(0.5, 0.9999),
)
def test_evidence_is_the_poisson_tail(bad, total, target):
    ours = chance_of_bad_calls(np.array([float(bad)]), np.array([float(total)]), target)[0]
    assert ours == pytest.approx(poisson.sf(bad - 1, total * (1 - target)), rel=1e-9, abs=1e-290)


def months(per_minute, bad_share, n, seed):
    """Return months of a service, each from its first log on."""
    rng = np.random.default_rng(seed)
    for _ in range(n):
        total = rng.poisson(5 * per_minute, 288 * 30)
        yield counts(total.astype(float), rng.binomial(total, bad_share).astype(float))


def states(per_minute, bad_share, n=60, seed=7, **more):
    found = months(per_minute, bad_share, n, seed)
    return [judge(THREE_NINES, month, days(0, 30), **more).state for month in found]


def test_a_healthy_service_of_one_request_a_minute_pages_nobody():
    """Measured by others: the plain rule pages in every month, the evidence rule in 0 to 3 %."""
    assert states(1, 0.0005).count(SLOState.BURNING_PAGE) <= 2
    plain = states(1, 0.0005, n=20, **PLAIN)
    assert plain.count(SLOState.BURNING_PAGE) >= 19


@pytest.mark.parametrize("per_minute", [10, 100])
def test_the_first_days_of_a_healthy_service_raise_nothing(per_minute):
    """Windows of days that hold minutes gave false tickets in 40 to 48 % of months."""
    assert set(states(per_minute, 0.0005, n=40)) == {SLOState.OK}


def test_an_outage_in_the_first_hour_of_logs_pages():
    total, bad = calls(1, 50)
    total[:100], bad[104:106] = 0, 50
    result = judge(THREE_NINES, counts(total, bad, first_data=100), days(0, 1))
    assert result.state is SLOState.BURNING_PAGE
    assert result.fired_at == START + timedelta(minutes=5 * 105)


def test_a_burn_in_the_first_day_is_a_ticket_when_it_has_cost_a_tenth_of_the_budget():
    total, bad = calls(5, 1000, 0.002)
    first = judge(THREE_NINES, counts(total, bad), days(0, 1))
    second = judge(THREE_NINES, counts(total, bad), days(1, 2))
    assert (first.state, second.state) == (SLOState.OK, SLOState.BURNING_TICKET)
    # twice the even rate spends a tenth of thirty days in a day and a half
    assert abs(second.fired_at - (START + 1.5 * DAY)) <= 2 * BUCKET


def test_what_lies_before_the_first_log_is_not_covered():
    total, bad = calls(30, 10)
    total[: 288 * 15] = 0
    known = judge(THREE_NINES, counts(total, bad), days(29, 30))
    unknown = judge(THREE_NINES, counts(total, bad, first_data=288 * 15), days(29, 30))
    assert (known.coverage, unknown.coverage) == (1.0, 0.5)


def test_sampled_calls_are_less_evidence_than_calls():
    total, bad = calls(30, 10)
    bad[-20], bad[-21] = 4, 4
    window = days(29, 30)
    assert judge(THREE_NINES, counts(total, bad), window).state is SLOState.BURNING_PAGE
    sampled = judge(THREE_NINES, counts(total, bad, mean_weight=8.0), window)
    assert sampled.state is not SLOState.BURNING_PAGE


# ---------------------------------------------------------------------- states


@st.composite
def histories(draw):
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    total = rng.poisson(draw(st.sampled_from([0.02, 0.3, 5.0])), 288 * 5).astype(float)
    bad = rng.binomial(total.astype(int), draw(st.sampled_from([0.0, 0.01, 0.3]))).astype(float)
    return total, bad


@settings(max_examples=60, deadline=None)
@given(histories(), st.integers(0, 2**32 - 1))
def test_more_bad_calls_in_the_window_never_look_better(history, seed):
    total, bad = history
    more = bad.copy()
    added = np.random.default_rng(seed).integers(0, 2, 288)
    more[4 * 288 :] = np.minimum(bad[4 * 288 :] + added, total[4 * 288 :])
    before, after = (judge(TWO_NINES, counts(total, b), days(4, 5)) for b in (bad, more))
    assert RANK.index(after.state) >= RANK.index(before.state)


@settings(max_examples=60, deadline=None)
@given(histories())
def test_a_judgement_is_whole_in_itself(history):
    total, bad = history
    window = days(4, 5)
    result = judge(TWO_NINES, counts(total, bad), window)
    burning = result.state in {SLOState.BURNING_PAGE, SLOState.BURNING_TICKET}
    assert burning <= (result.fired_at is not None)
    if result.fired_at is not None:
        assert window.start < result.fired_at <= result.cleared_at <= window.end
    assert result.window_total == total[4 * 288 :].sum()
    assert result.window_total - result.window_good == bad[4 * 288 :].sum()
    for language in ("en", "zh"):
        assert result.slo.name in slo_sentence(result, language)


def test_without_a_bad_call_nothing_is_raised():
    total, bad = calls(30, 3)
    result = judge(THREE_NINES, counts(total, bad), days(29, 30))
    assert (result.state, result.fired_at, result.budget_remaining) == (SLOState.OK, None, 1.0)


def test_no_call_and_hardly_a_call_are_not_ok():
    total, bad = calls(30, 3)
    total[-288:] = 0
    assert judge(THREE_NINES, counts(total, bad), days(29, 30)).state is SLOState.NO_DATA
    lonely = np.zeros(288 * 30)
    lonely[-50] = 1
    result = judge(THREE_NINES, counts(lonely, np.zeros_like(lonely)), days(29, 30))
    assert result.state is SLOState.INSUFFICIENT
    assert [rate.short for rate in result.burn_rates] == [None, None, None, 0.0]


def test_a_fault_is_raised_in_its_own_window_and_not_by_its_tail_in_the_next():
    total, bad = calls(32, 20)
    bad[29 * 288 : 30 * 288] = 10
    during = judge(TWO_NINES, counts(total, bad), days(29, 30))
    after = judge(TWO_NINES, counts(total, bad), days(30, 31))
    assert during.state is SLOState.BURNING_PAGE
    assert (after.state, after.fired_at) == (SLOState.EXHAUSTED, None)


def test_an_alert_ends_soon_after_its_fault():
    """The short windows see to it: two hours for a day's row, six for that of three days."""
    total, bad = calls(31, 100)
    bad[30 * 288 + 24 : 30 * 288 + 36] = 100
    result = judge(THREE_NINES, counts(total, bad), days(30, 31))
    over = START + 30 * DAY + timedelta(hours=3)
    assert over < result.cleared_at <= over + timedelta(hours=6)
    assert not any(rate.firing for rate in result.burn_rates)
    assert result.burn_rates[2].long > result.burn_rates[2].factor


def test_a_stray_bad_call_in_the_nights_after_a_fault_is_no_news():
    # thin nights, in which one bad call of six hours is above the even rate
    daily = np.where(np.arange(288) < 120, (np.arange(288) % 6 == 0).astype(float), 4.0)
    total = np.tile(daily, 40)
    bad = np.zeros_like(total)
    bad[30 * 288 + 200 : 30 * 288 + 260] = 4
    for i in (31, 32, 33):
        bad[i * 288 + 114] = 1
        result = judge(TWO_NINES, counts(total, bad), days(i, i + 1))
        assert result.fired_at is None


def test_a_second_fault_after_a_first_is_told_from_its_own_beginning():
    total, bad = calls(40, 20)
    bad[30 * 288 : 31 * 288] = 10
    bad[31 * 288 + 180 :] = 10
    result = judge(TWO_NINES, counts(total, bad), days(31, 32))
    assert result.state is SLOState.BURNING_PAGE
    began = START + 31 * DAY + 180 * BUCKET
    assert began < result.fired_at <= began + 3 * BUCKET


def test_a_slow_burn_that_goes_on_is_raised_every_day():
    total, bad = calls(60, 50)
    bad[50 * 288 :] = 0.75
    for i in range(52, 57):
        result = judge(TWO_NINES, counts(total, bad), days(i, i + 1))
        assert result.state is SLOState.BURNING_TICKET
    bad[57 * 288 :] = 0.1  # healed, with a few bad calls as usual
    assert judge(TWO_NINES, counts(total, bad), days(57, 58)).fired_at is None


def test_a_spent_budget_is_raised_when_it_runs_out_and_while_it_is_overspent():
    total, bad = calls(60, 100)
    bad[30 * 288 :] = 1.5
    crossing = START + 30 * DAY + 28 * DAY * (1 / 1.5)
    ran_out = Window(crossing - DAY / 2, crossing + DAY / 2)
    result = judge(TWO_NINES, counts(total, bad), ran_out)
    assert result.state is SLOState.EXHAUSTED
    assert judge(TWO_NINES, counts(total, bad), days(55, 56)).fired_at is not None
    healed = bad.copy()
    healed[50 * 288 :] = 0.5
    still_spent = judge(TWO_NINES, counts(total, healed), days(51, 52))
    assert (still_spent.state, still_spent.fired_at) == (SLOState.EXHAUSTED, None)


def test_a_page_is_not_hidden_behind_a_spent_budget():
    total, bad = calls(30, 20)
    bad[-200:] = 20
    result = judge(THREE_NINES, counts(total, bad), days(29, 30))
    assert result.budget_remaining < 0
    assert result.state is SLOState.BURNING_PAGE


def test_a_burst_is_told_from_its_first_to_its_last_bad_call():
    rng = np.random.default_rng(3)
    total = rng.poisson(0.8, 288 * 28).astype(float)
    bad = rng.binomial(total.astype(int), 0.0005).astype(float)
    burst = slice(27 * 288 + 13 * 12, 27 * 288 + 19 * 12)
    bad[burst] = rng.binomial(total[burst].astype(int), 0.6)
    result = judge(THREE_NINES, counts(total, bad), days(27, 28), readings={"status": 503})
    assert result.state is SLOState.BURNING_PAGE
    assert result.values["status"] == 503
    hits = burst.start + np.flatnonzero(bad[burst])
    first, last = START + hits[0] * BUCKET, START + (hits[-1] + 1) * BUCKET
    assert result.values["bad_from"] == iso(first)
    assert result.values["bad_to"] == iso(last)
    assert 0.5 < result.values["bad_share"] < 0.75


@given(st.integers(0, 80), st.integers(5, 20), st.integers(0, 2**32 - 1))
def test_the_bad_stretch_lies_over_the_fault(first, length, seed):
    rng = np.random.default_rng(seed)
    total = np.full(101, 50.0)
    bad = rng.binomial(50, 0.005, 101).astype(float)
    bad[first : first + length] = rng.binomial(50, 0.7, len(bad[first : first + length]))
    assert bad_stretch(bad, total, 0.99) == (first, min(first + length, 101))


def test_a_window_without_counts_is_refused():
    total, bad = calls(3, 5)
    with pytest.raises(InvalidWindowError, match="holds no bucket"):
        judge(THREE_NINES, counts(total, bad), days(3, 4))


def test_texts_need_the_same_values_in_both_languages():
    for key, both in TEXTS.items():
        assert names_in(both["en"]) == names_in(both["zh"]), key
