"""The alarm line: from the budget, raised by a backtest that sees no future."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from detectors import forecast
from detectors.forecast_calibration import effective_number
from detectors.forecast_line import count_incidents, poisson_interval
from domain.errors import NothingToJudgeError

scores = hnp.arrays(
    float, (3, 40), elements=st.one_of(st.floats(-0.6, 9), st.just(np.nan)), fill=st.just(0.0)
)


@pytest.fixture(scope="module")
def history(normal_column, label_column):
    rng = np.random.default_rng(0)
    return [
        *(normal_column(rng, 60, column=f"n{i}", rows=300) for i in range(3)),
        label_column(rng, 60, rows=300),
    ]


@pytest.fixture(scope="module")
def calibration(history):
    return forecast.calibrate([column.part(slice(0, 26)) for column in history], None)


def test_the_line_is_the_budget_per_window_and_effective_column(calibration):
    line = forecast.budget_line(calibration, 1, 90, 1)
    assert 10**line == pytest.approx(90 * calibration.effective_columns)
    assert forecast.budget_line(calibration, 1, 900, 1) == pytest.approx(line + 1)
    assert forecast.budget_line(calibration, 10, 90, 1) == pytest.approx(line - 1)
    assert forecast.budget_line(calibration, 1, 90, 1 / 24) == pytest.approx(line + np.log10(24))
    assert forecast.budget_line(calibration, 1e9, 90, 1) == 0


def test_columns_that_move_together_count_as_one_and_independent_ones_each():
    rng = np.random.default_rng(1)
    one = rng.normal(size=(1, 400))
    assert effective_number(np.repeat(one, 6, axis=0)) == pytest.approx(1)
    assert effective_number(rng.normal(size=(6, 4000))) == pytest.approx(6, abs=0.1)
    assert effective_number(np.full((3, 30), np.nan)) == pytest.approx(3)
    assert effective_number(one) == 1


@pytest.mark.parametrize(
    ("alarm", "incidents"),
    [("0000", 0), ("0100", 1), ("1111", 1), ("1001", 1), ("10001", 2), ("1010010001", 2)],
)
def test_runs_of_alarms_with_at_most_two_quiet_windows_between_are_one_incident(alarm, incidents):
    assert count_incidents(np.array([c == "1" for c in alarm]), 2) == incidents


@given(scores, st.integers(0, 20), st.integers(0, 4))
def test_the_raised_line_keeps_the_budget_and_the_step_before_did_not(scores, quarters, allowed):
    raised = forecast.raise_line(quarters / 4, scores, allowed)
    highest = np.where(np.isfinite(scores), scores, -np.inf).max(axis=0)
    assert raised.measured_incidents == count_incidents(highest >= raised.line, 2) <= allowed
    assert raised.alarm_windows == (highest >= raised.line).sum()
    assert raised.line * 4 == round(raised.line * 4) >= quarters
    if raised.line > quarters / 4:
        assert count_incidents(highest >= raised.line - 0.25, 2) > allowed


def test_the_raised_line_says_over_how_many_windows_and_how_sure():
    history = np.full((2, 50), 0.5)
    history[:, 7] = np.nan
    history[1, 20] = 5.0
    raised = forecast.raise_line(2.0, history, 1)
    assert (raised.line, raised.measured_incidents, raised.windows) == (2.0, 1, 49)
    assert raised.interval == poisson_interval(1)
    assert forecast.raise_line(2.0, np.empty((2, 0)), 0).windows == 0


@pytest.mark.parametrize("count", [0, 1, 4, 30])
def test_the_interval_is_garwoods_by_chi_square_quantiles(count):
    low, high = poisson_interval(count)
    assert low == pytest.approx(stats.chi2.ppf(0.025, 2 * count) / 2 if count else 0)
    assert high == pytest.approx(stats.chi2.ppf(0.975, 2 * count + 2) / 2)


def test_a_backtest_judges_every_window_once_as_it_would_have_been(history):
    scores = forecast.backtest(history, None, k=21, gap=5, horizon=8)
    assert scores.shape == (4, 60 - 26)
    calibration = forecast.calibrate([column.part(slice(8, 29)) for column in history], None)
    judged = forecast.judge(calibration, [c.part(slice(29, 42)) for c in history], None)
    assert scores[:, 8:16] == pytest.approx(judged.score[:, 5:])


def test_a_backtest_sees_no_future(history):
    whole = forecast.backtest(history, None, k=21, gap=5, horizon=8)
    cut = forecast.backtest([c.part(slice(0, 45)) for c in history], None, k=21, gap=5, horizon=8)
    assert whole[:, : cut.shape[1]] == pytest.approx(cut)


def test_a_history_that_is_too_short_gives_no_scores(history):
    assert forecast.backtest(history, None, k=50, gap=10, horizon=5).shape == (4, 0)
    with pytest.raises(NothingToJudgeError):
        forecast.backtest(history, None, k=11, gap=0, horizon=5)
