"""A drop of performance, judged against what baseline windows vary by."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.metrics import HIGHER_IS_BETTER, Measured, roc_auc
from detectors.performance import detect
from domain.finding import Calibration, Verdict
from domain.profile import ColumnRole
from domain.sentences import finding_sentence


def window(rng, separation, n=150):
    truth = rng.random(n) < 0.3
    return roc_auc(truth, rng.normal(0, 1, n) + separation * truth)


def baseline(seed, n=60, between=0.1):
    rng = np.random.default_rng(seed)
    return [window(rng, 0.8 + rng.normal(0, between)) for _ in range(n)]


def test_a_realised_drop_is_seen():
    found = detect("roc_auc", window(np.random.default_rng(1), 0.0, 600), baseline(1))
    assert (found.verdict, found.kind, found.detector) == (
        Verdict.DRIFTED,
        ColumnRole.LABEL,
        "performance",
    )
    assert found.calibrated is Calibration.FULL
    assert found.statistic < found.threshold


def test_a_line_that_a_guessing_model_passes_is_called_blind():
    """With 40 labels a window, windows of a good model vary by more than what it is better by."""
    rng = np.random.default_rng(5)
    few = [window(rng, 0.6, 40) for _ in range(20)]
    found = detect("roc_auc", window(rng, 0.6, 40), few)
    assert found.threshold < 0.5
    assert found.verdict is Verdict.BLIND
    assert "guesses (0.5)" in finding_sentence(found, "en")


def test_a_line_above_guessing_is_not_blind():
    found = detect("roc_auc", window(np.random.default_rng(2), 0.8, 600), baseline(1, n=60))
    assert (found.threshold > 0.5, found.verdict) == (True, Verdict.OK)


@pytest.mark.parametrize("metric", HIGHER_IS_BETTER)
def test_only_the_bad_direction_is_a_drop(metric):
    usual = [Measured(0.75 + 0.001 * (i % 5), 0.01, 500) for i in range(30)]
    up, down = (
        detect(metric, Measured(0.75 + step, 0.01, 500), usual).verdict for step in (0.2, -0.2)
    )
    worse = Verdict.DRIFTED
    assert (down, up) == ((worse, Verdict.OK) if HIGHER_IS_BETTER[metric] else (Verdict.OK, worse))


def test_healthy_windows_stay_below_the_stated_rate():
    """At alpha = 1 %: 800 healthy windows, natural movement included."""
    alarms = 0
    for seed in range(40):
        usual = baseline(seed)
        rng = np.random.default_rng(1000 + seed)
        for _ in range(20):
            now = window(rng, 0.8 + rng.normal(0, 0.1))
            alarms += detect("roc_auc", now, usual, alpha=0.01).verdict is Verdict.DRIFTED
    assert alarms <= 16


def test_a_small_window_needs_a_larger_drop():
    usual = baseline(3)
    low = usual[0].value - 0.25
    assert detect("roc_auc", Measured(low, 0.02, 900), usual).verdict is Verdict.DRIFTED
    assert detect("roc_auc", Measured(low, 0.12, 40), usual).verdict is not Verdict.DRIFTED


def test_a_baseline_that_varies_needs_a_larger_drop():
    now = Measured(0.55, 0.02, 900)
    steady = [Measured(0.72 + 0.01 * (-1) ** i, 0.02, 900) for i in range(30)]
    swinging = [Measured(0.72 + 0.1 * (-1) ** i, 0.02, 900) for i in range(30)]
    assert detect("roc_auc", now, steady).verdict is Verdict.DRIFTED
    assert detect("roc_auc", now, swinging).verdict is not Verdict.DRIFTED


def test_alpha_decides_and_the_threshold_is_where_it_does():
    usual = baseline(4)
    now = Measured(0.6, 0.03, 300)
    strict, loose = (detect("roc_auc", now, usual, alpha=a) for a in (1e-12, 0.2))
    assert strict.threshold < loose.threshold
    assert (strict.verdict, loose.verdict) == (Verdict.BLIND, Verdict.DRIFTED)
    for finding in (strict, loose):
        assert (finding.statistic < finding.threshold) == (finding.verdict is Verdict.DRIFTED)


@pytest.mark.parametrize(
    ("current", "windows", "labelled", "reason"),
    [
        (Measured(0.5, 0.05, 100), 11, None, "not-calibrated"),
        (Measured(0.5, 0.05, 29), 60, None, "too-few-labels"),
        (None, 60, 29, "too-few-labels"),
        (None, 60, 100, "no-metric"),
        (None, 60, None, "too-few-labels"),
        (Measured(0.5, 0.05, 10), 60, 100, "too-few-labels"),
    ],
)
def test_what_cannot_be_judged_is_said(current, windows, labelled, reason):
    found = detect("roc_auc", current, baseline(5)[:windows], labelled=labelled)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason == f"finding.performance.{reason}"
    for language in ("en", "zh"):
        assert "roc_auc" in finding_sentence(found, language)


def test_baseline_windows_with_few_labels_do_not_count():
    usual = baseline(6, n=14)
    thin = [Measured(m.value, m.standard_error, 10) for m in usual[:4]]
    assert detect("roc_auc", usual[0], usual).calibrated is Calibration.WEAK
    assert detect("roc_auc", usual[0], usual[4:] + thin).calibrated is Calibration.NONE
    assert (
        detect("roc_auc", usual[0], usual[4:] + thin, min_labels=5).calibrated is Calibration.WEAK
    )


def test_a_metric_shown_beside_does_not_decide():
    assert not detect("log_loss", None, [], decides=False).decides


measured = st.builds(
    Measured, st.floats(0, 1), st.floats(0, 0.5), st.integers(min_value=30, max_value=10_000)
)


@given(measured, st.lists(measured, max_size=30), st.sampled_from(sorted(HIGHER_IS_BETTER)))
def test_any_numbers_give_a_finite_finding_with_a_sentence(now, usual, metric):
    found = detect(metric, now, usual)
    for number in (found.statistic, found.p_value, found.threshold):
        assert number is None or np.isfinite(number)
    for language in ("en", "zh"):
        assert metric in finding_sentence(found, language)
