"""Throughput against its forecast, and stretches without a call."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.traffic import judge_silence, judge_volume
from domain.finding import Calibration, Verdict
from domain.profile import ColumnRole
from domain.sentences import finding_sentence
from domain.window import Window

DAY = Window(datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC))
WEEKDAYS = np.arange(91) % 7
CLOCK = (np.arange(96) + 0.5) / 4
# nights without a call, a busy day
PROFILE = np.where((CLOCK > 9) & (CLOCK < 23), 3.0, 0.0)


def volumes(seed, mean=300.0, swing=0.1, weekend=0.6, n=91):
    rng = np.random.default_rng(seed)
    level = np.where(WEEKDAYS[:n] >= 5, weekend, 1.0) * mean
    return rng.poisson(level * np.exp(rng.normal(0, swing, n)))


def windows(seed, n=91, swing=0.15, profile=PROFILE):
    rng = np.random.default_rng(seed)
    return rng.poisson(profile * np.exp(rng.normal(0, swing, n))[:, None])


# ---------------------------------------------------------------------- volume


def test_zero_calls_where_traffic_is_expected_are_lost_traffic():
    finding = judge_volume(0, volumes(1), phase=2, phases=WEEKDAYS)
    assert (finding.verdict, finding.reason) == (Verdict.DRIFTED, "finding.traffic.lost")
    assert (finding.column, finding.kind) == ("calls", ColumnRole.CALLS)
    assert finding.calibrated is Calibration.FULL


def test_far_too_few_calls_are_lost_traffic_and_many_are_only_told():
    assert judge_volume(60, volumes(1)).reason == "finding.traffic.low"
    high = judge_volume(1500, volumes(1))
    assert (high.verdict, high.reason) == (Verdict.OK, "finding.traffic.high")


def test_a_shortfall_that_the_baseline_had_too_is_usual():
    swinging, steady = volumes(2, swing=1.2, weekend=1.0), volumes(2, weekend=1.0)
    few = int(0.4 * np.median(swinging))
    assert judge_volume(few, swinging).verdict is Verdict.OK
    assert judge_volume(few, steady).verdict is Verdict.DRIFTED


def test_a_shortfall_like_a_holiday_of_the_baseline_is_usual():
    usual = volumes(2, weekend=1.0)
    christmas = usual.copy()
    christmas[40] = 0.3 * np.median(usual)
    quiet_day = int(0.4 * np.median(usual))
    assert judge_volume(quiet_day, usual).verdict is Verdict.DRIFTED
    assert judge_volume(quiet_day, christmas).verdict is Verdict.OK


def test_the_low_share_and_the_line_each_decide():
    usual = volumes(3, weekend=1.0)
    half = int(0.55 * np.median(usual))
    assert judge_volume(half, usual).verdict is Verdict.OK
    assert judge_volume(half, usual, low_share=0.7).verdict is Verdict.DRIFTED
    assert judge_volume(half, usual, low_share=0.7, line=1e-30).verdict is Verdict.OK


def test_a_weekend_is_compared_with_weekends():
    usual = volumes(4, weekend=0.2, swing=0.05)
    saturday = judge_volume(58, usual, phase=5, phases=WEEKDAYS)
    assert saturday.verdict is Verdict.OK
    assert saturday.values["expected"] == pytest.approx(60, rel=0.15)
    tuesday = judge_volume(58, usual, phase=1, phases=WEEKDAYS)
    assert tuesday.verdict is Verdict.DRIFTED


def test_one_outage_in_the_baseline_does_not_make_outages_usual():
    usual = volumes(5)
    usual[[20, 50]] = 0
    assert judge_volume(0, usual, phase=3, phases=WEEKDAYS).verdict is Verdict.DRIFTED


def test_a_model_that_rests_at_weekends_is_not_lost_there():
    usual = volumes(6, weekend=0.0)
    assert judge_volume(0, usual, phase=6, phases=WEEKDAYS).verdict is Verdict.OK
    assert judge_volume(0, usual, phase=0, phases=WEEKDAYS).verdict is Verdict.DRIFTED


def test_healthy_windows_are_hardly_ever_lost_traffic():
    alarms = 0
    for seed in range(40):
        every = volumes(seed, mean=40, swing=0.25)
        for t in range(60, 91):
            finding = judge_volume(
                int(every[t]), every[:60], phase=int(WEEKDAYS[t]), phases=WEEKDAYS[:60]
            )
            alarms += finding.verdict is Verdict.DRIFTED
    assert alarms == 0


@pytest.mark.parametrize(
    ("n", "level"), [(0, Calibration.NONE), (11, Calibration.NONE), (12, Calibration.WEAK)]
)
def test_few_baseline_windows_are_said_to_be_few(n, level):
    finding = judge_volume(0, volumes(1, n=n))
    assert finding.calibrated is level
    assert (finding.verdict is Verdict.INCONCLUSIVE) == (level is Calibration.NONE)


@given(
    st.lists(st.integers(0, 5000), min_size=0, max_size=40),
    st.integers(0, 10_000),
    st.booleans(),
)
def test_any_counts_give_a_finite_finding_with_a_sentence(baseline, current, weekly):
    usual = np.array(baseline, dtype=np.int64)
    phases = np.arange(len(usual)) % 7 if weekly else None
    finding = judge_volume(current, usual, phase=3 if weekly else None, phases=phases)
    for number in (finding.statistic, finding.p_value):
        assert number is None or np.isfinite(number)
    for language in ("en", "zh"):
        assert str(current) in finding_sentence(finding, language) or finding.reason.endswith(
            "lost"
        )


@given(st.integers(0, 400), st.integers(0, 400))
def test_fewer_calls_are_never_more_usual(one, other):
    usual = volumes(9)
    fewer, more = sorted((one, other))
    assert judge_volume(fewer, usual).p_value <= judge_volume(more, usual).p_value


# ---------------------------------------------------------------------- silence


def silent(seed, since, hours, profile=PROFILE):
    """Return a day that is silent from an hour on."""
    calls = np.random.default_rng(seed).poisson(profile)
    calls[(since <= CLOCK) & (since + hours > CLOCK)] = 0
    return calls


def test_hours_without_a_call_in_a_busy_day_are_silence():
    finding = judge_silence(silent(1, 12, 4), windows(1), DAY)
    assert (finding.verdict, finding.reason) == (Verdict.DRIFTED, "finding.silence.silent")
    assert finding.values["since"] <= "12:00"
    assert finding.values["until"] >= "16:00"
    assert "12:00" in finding_sentence(finding)


def test_a_night_without_expected_traffic_is_no_silence():
    for seed in range(60):
        finding = judge_silence(silent(seed, 23, 1), windows(2), DAY)
        assert finding.verdict is Verdict.OK


def test_a_short_pause_is_no_silence():
    assert judge_silence(silent(3, 12, 0.5), windows(3), DAY).verdict is Verdict.OK


def test_a_day_without_any_call_is_silence():
    finding = judge_silence(np.zeros(96, np.int64), windows(4), DAY)
    assert finding.verdict is Verdict.DRIFTED
    assert finding.statistic == pytest.approx(12 * 4 * 3, rel=0.15)


def test_the_line_decides():
    pause = silent(5, 12, 2)
    assert judge_silence(pause, windows(5), DAY).verdict is Verdict.DRIFTED
    assert judge_silence(pause, windows(5), DAY, line=1e-12).verdict is Verdict.OK


def test_traffic_in_bursts_makes_silence_less_surprising():
    rng = np.random.default_rng(6)
    hourly = np.repeat(rng.gamma(0.4, 2.5, (91, 24)), 4, axis=1)
    bursty = rng.poisson(PROFILE * hourly)
    pause = silent(6, 12, 3)
    steady = judge_silence(pause, windows(6), DAY)
    uneven = judge_silence(pause, bursty, DAY)
    assert steady.p_value < 1e-6 < uneven.p_value
    assert uneven.verdict is Verdict.OK


def test_a_resting_day_of_the_week_is_no_silence():
    usual = windows(7)
    usual[WEEKDAYS >= 5] = 0
    nothing = np.zeros(96, np.int64)
    saturday = judge_silence(nothing, usual, DAY, phase=5, phases=WEEKDAYS)
    monday = judge_silence(nothing, usual, DAY, phase=0, phases=WEEKDAYS)
    assert (saturday.verdict, monday.verdict) == (Verdict.OK, Verdict.DRIFTED)


def test_healthy_days_are_hardly_ever_silent():
    alarms = 0
    for seed in range(20):
        every = windows(seed, swing=0.3, profile=PROFILE / 4)
        for t in range(60, 91):
            alarms += judge_silence(every[t], every[:60], DAY).verdict is Verdict.DRIFTED
    assert alarms == 0


def test_service_hours_that_move_with_summer_time_are_no_silence():
    usual = windows(10, profile=PROFILE * 20)
    for hours in (-1, 1):
        moved = np.random.default_rng(10).poisson(np.roll(PROFILE * 20, 4 * hours))
        assert judge_silence(moved, usual, DAY).verdict is Verdict.OK
    later = np.random.default_rng(10).poisson(np.roll(PROFILE * 20, 4 * 3))
    assert judge_silence(later, usual, DAY).verdict is Verdict.DRIFTED


def test_an_hourly_night_is_not_silent():
    rng = np.random.default_rng(8)
    level = np.repeat(np.where((np.arange(24) > 8), 10.0, 0.0)[None], 20, axis=0).ravel()
    usual = rng.poisson(level[:, None], (480, 12))
    hour = Window(DAY.start, DAY.start + timedelta(hours=1))
    assert judge_silence(np.zeros(12, np.int64), usual, hour).verdict is Verdict.OK


def test_silence_needs_a_baseline_with_traffic():
    for usual in (windows(9, n=11), np.zeros((30, 96), np.int64), np.zeros((0, 96), np.int64)):
        finding = judge_silence(silent(9, 12, 6), usual, DAY)
        assert finding.verdict is Verdict.INCONCLUSIVE
        assert finding_sentence(finding, "zh")
