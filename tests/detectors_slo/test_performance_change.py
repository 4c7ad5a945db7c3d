"""A model that does worse on one sample than on another, judged by standard errors alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from detectors import metrics
from detectors.metrics import HIGHER_IS_BETTER, Measured
from detectors.performance_change import detect
from domain.finding import Calibration, Verdict

METRICS = st.sampled_from(sorted(HIGHER_IS_BETTER))
VALUES = st.floats(0.01, 0.99)
ERRORS = st.floats(0, 0.5)


@given(METRICS, VALUES, VALUES, ERRORS, ERRORS)
def test_an_improvement_is_never_an_alarm(metric, one, other, error, other_error):
    worse, better = sorted((one, other), reverse=not HIGHER_IS_BETTER[metric])
    sides = Measured(worse, error, 500), Measured(better, other_error, 500)
    assert detect(metric, *sides, alpha=0.5).verdict is Verdict.OK


@given(METRICS, VALUES, VALUES, ERRORS, ERRORS, st.floats(1e-6, 0.4))
def test_it_alarms_just_when_the_value_is_beyond_its_own_threshold(
    metric, before, now, error, other_error, alpha
):
    sides = Measured(before, error, 500), Measured(now, other_error, 500)
    finding = detect(metric, *sides, alpha=alpha)
    sign = 1 if HIGHER_IS_BETTER[metric] else -1
    beyond = sign * (finding.threshold - now)
    if abs(beyond) > 1e-9:
        assert (finding.verdict is Verdict.DRIFTED) == (beyond > 0)


def test_its_p_value_is_that_of_the_normal_test_of_the_difference():
    finding = detect("roc_auc", Measured(0.75, 0.01, 900), Measured(0.72, 0.02, 400), alpha=0.01)
    expected = stats.norm.sf((0.75 - 0.72) / np.hypot(0.01, 0.02))
    assert finding.p_value == pytest.approx(expected)
    assert finding.values["difference"] == pytest.approx(-0.03)


def test_it_is_never_called_calibrated():
    finding = detect("accuracy", Measured(0.9, 0.01, 900), Measured(0.5, 0.01, 900), alpha=0.01)
    assert finding.verdict is Verdict.DRIFTED
    assert finding.calibrated is Calibration.NONE


def test_a_certain_but_tiny_drop_does_not_alarm():
    sides = Measured(0.900, 1e-4, 10**6), Measured(0.895, 1e-4, 10**6)
    assert detect("accuracy", *sides, alpha=0.01).verdict is Verdict.OK
    assert detect("accuracy", *sides, alpha=0.01, least_drop=0.001).verdict is Verdict.DRIFTED
    loss = Measured(1.0, 1e-4, 10**6), Measured(1.03, 1e-4, 10**6)
    assert detect("rmse", *loss, alpha=0.01).verdict is Verdict.OK
    assert detect("rmse", *loss, alpha=0.01, least_rise=0.02).verdict is Verdict.DRIFTED


@pytest.mark.parametrize("sides", [(None, 500), (500, None), (500, 29), (29, 500)])
def test_few_or_no_labels_on_one_side_are_inconclusive(sides):
    measured = [None if n is None else Measured(0.7, 0.1, n) for n in sides]
    finding = detect("roc_auc", *measured, alpha=0.01)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.p_value is None
    assert detect("roc_auc", *measured, alpha=0.01, decides=False).decides is False


def test_it_raises_no_more_false_alarms_than_asked_for():
    rng = np.random.default_rng(11)
    right = rng.random((2, 2000, 300)) < 0.8
    alarms = sum(
        detect("accuracy", *(metrics.accuracy(side[i]) for side in right), alpha=0.02).verdict
        is Verdict.DRIFTED
        for i in range(2000)
    )
    assert alarms <= stats.binom.ppf(0.999, 2000, 0.02)
