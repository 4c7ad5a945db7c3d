"""What an objective may say of a service with few calls: a page needs proof, silence a sentence."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from detectors.bad_calls import Proof
from detectors.slo import BucketCounts, judge
from domain.sentences import slo_sentence
from domain.slo import SLO, SLOState
from domain.window import Window, iso

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
BUCKETS = 288
PERIOD = 28
THREE_NINES = SLO("availability", 0.999, PERIOD)
TWO_NINES = SLO("latency", 0.99, PERIOD, latency_ms=100)
PLAIN = Proof(1.0)


def history(per_hour, bad_share, n_days, seed, attempts=1):
    """Return the calls of some days; each bad one is tried again at once, and fails again."""
    random = np.random.default_rng(seed)
    total = random.poisson(per_hour / 12, n_days * BUCKETS).astype(float)
    bad = random.binomial(total.astype(int), bad_share / attempts).astype(float)
    return total + bad * (attempts - 1), bad * attempts


def of_day(slo, total, bad, day, **more):
    """Judge one day by what a run sees: the period that ends with it."""
    seen = slice(max(day + 1 - PERIOD, 0) * BUCKETS, (day + 1) * BUCKETS)
    first = START + seen.start / BUCKETS * DAY
    counts = BucketCounts(first, total[seen] - bad[seen], total[seen])
    return judge(slo, counts, Window(START + day * DAY, START + (day + 1) * DAY), **more)


def paged(slo, total, bad, **more):
    days = range(PERIOD, len(total) // BUCKETS)
    results = (of_day(slo, total, bad, day, **more) for day in days)
    return sum(result.state is SLOState.BURNING_PAGE for result in results)


@pytest.mark.parametrize("per_hour", [10, 60, 300])
def test_a_service_exactly_at_its_objective_pages_nobody_in_half_a_year(per_hour):
    total, bad = history(per_hour, 0.001, PERIOD + 180, seed=per_hour)
    assert paged(THREE_NINES, total, bad) == 0
    short = slice(0, (PERIOD + 60) * BUCKETS)
    assert paged(THREE_NINES, total[short], bad[short], page=PLAIN, ticket=PLAIN) > 0


def test_one_request_that_is_tried_three_times_is_not_an_outage():
    total, bad = history(10, 0.001, PERIOD + 120, seed=4, attempts=3)
    assert (bad > 0).sum() > 5
    by_number_alone = paged(THREE_NINES, total, bad, page=Proof(1e-5, least_bad=3))
    assert 3 * paged(THREE_NINES, total, bad) < by_number_alone


@pytest.mark.parametrize(
    ("per_hour", "bad_share", "within_min"),
    [(10, 1.0, 60), (60, 1.0, 20), (300, 1.0, 10), (60, 0.5, 30), (300, 0.5, 15), (300, 0.05, 90)],
)
def test_a_real_outage_pages_soon(per_hour, bad_share, within_min):
    for seed in range(5):
        total, bad = history(per_hour, 0.0001, PERIOD + 1, seed)
        began = PERIOD * BUCKETS + 60
        random = np.random.default_rng(seed)
        bad[began:] = random.binomial(total[began:].astype(int), bad_share)
        result = of_day(THREE_NINES, total, bad, PERIOD)
        assert result.state is SLOState.BURNING_PAGE
        delay = result.fired_at - (START + began / BUCKETS * DAY)
        assert delay <= timedelta(minutes=within_min)


def quiet(n_days=1, per_bucket=0.0):
    total = np.full(n_days * BUCKETS, per_bucket)
    return total, np.zeros_like(total)


def test_two_failures_of_sixty_calls_page_nobody_and_are_told():
    """They came first in the hour: of the calls so far, a fifth had failed."""
    total, bad = quiet()
    total[24:36], bad[24:26] = 5, 1
    result = of_day(THREE_NINES, total, bad, 0)
    assert result.state is SLOState.EXHAUSTED
    assert result.fired_at is not None
    looser = of_day(TWO_NINES, total, bad, 0)
    assert (looser.state, looser.fired_at) == (SLOState.INSUFFICIENT, None)
    said = slo_sentence(looser)
    assert "latency has too little traffic to tell: 2 of 60 calls were bad" in said
    assert "流量太少" in slo_sentence(looser, "zh")


def test_a_burn_that_chance_explains_is_told_beside_a_budget_that_holds():
    total, bad = quiet(30, per_bucket=2.0)
    bad[29 * BUCKETS + 100 : 29 * BUCKETS + 102] = 1
    result = of_day(THREE_NINES, total, bad, 29)
    assert (result.state, result.fired_at) == (SLOState.OK, None)
    assert (result.values["untold_bad"], result.values["untold_of"]) == (2, 24)
    said = slo_sentence(result)
    assert said.startswith("availability holds: ")
    assert "Within 1 h 2 of 24 calls were bad: too little traffic" in said
    plain = of_day(THREE_NINES, total, bad, 29, page=PLAIN)
    assert plain.state is SLOState.BURNING_PAGE


def test_a_single_bad_call_is_no_rate_and_needs_no_words():
    total, bad = quiet(30, per_bucket=2.0)
    bad[29 * BUCKETS + 100] = 1
    result = of_day(THREE_NINES, total, bad, 29)
    assert "untold_bad" not in result.values
    assert slo_sentence(result).endswith("of the error budget is left.")


def test_what_is_below_its_target_is_not_said_to_hold():
    total, bad = quiet(1, per_bucket=1000.0)
    bad[:] = 2.0
    result = of_day(THREE_NINES, total, bad, 0)
    full = judge(THREE_NINES, BucketCounts(START - 27 * DAY, *padded(total, bad)), day_zero())
    assert full.state is SLOState.OK
    assert full.coverage < 0.05
    for one in (result, full):
        assert ("holds" in slo_sentence(one)) == (one.sli >= THREE_NINES.target)
    assert "below its target so far" in slo_sentence(full)


def day_zero():
    return Window(START, START + DAY)


def padded(total, bad):
    """Put 27 days before the first log in front; return good calls, all calls, first bucket."""
    before = np.zeros(27 * BUCKETS)
    whole = np.concatenate((before, total))
    return whole - np.concatenate((before, bad)), whole, 300, len(before)


def test_an_outage_of_two_calls_a_day_cannot_be_seen_and_that_is_said():
    total, bad = quiet(30)
    total[29 * BUCKETS + 100] = total[29 * BUCKETS + 200] = 1
    result = of_day(THREE_NINES, total, bad, 29)
    assert result.state is SLOState.INSUFFICIENT
    assert result.values["outage_visible"] is False
    assert "even an outage would prove nothing" in slo_sentence(result)


def test_failed_calls_of_a_latency_objective_are_counted_apart():
    total, bad = quiet(29, per_bucket=10.0)
    hit = slice(28 * BUCKETS + 100, 28 * BUCKETS + 112)
    bad[hit] = 8
    failed = np.where(bad > 0, 3.0, 0.0)
    counts = BucketCounts(START, total - bad, total, failed=failed)
    result = judge(TWO_NINES, counts, Window(START + 28 * DAY, START + 29 * DAY))
    assert result.state is SLOState.BURNING_PAGE
    assert result.values["bad_from"] == iso(START + 28 * DAY + timedelta(minutes=500))
    assert (result.values["bad_calls"], result.values["bad_failed"]) == (96, 36)
    without = judge(TWO_NINES, BucketCounts(START, total - bad, total), day_of(28))
    assert "bad_failed" not in without.values


def day_of(i):
    return Window(START + i * DAY, START + (i + 1) * DAY)
