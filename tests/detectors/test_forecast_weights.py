"""How windows are forecast from the baseline."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.forecast_weights import NO_PHASE, choose_shrinkage, forecast_weights, one_sided


@given(st.integers(12, 80))
def test_a_baseline_window_is_forecast_from_its_longer_side_without_its_neighbour(k):
    sides = one_sided(k)
    for t in range(k):
        used = np.flatnonzero(sides[t])
        assert len(used) >= k // 2 - 2
        assert (used < t - 1).all() or (used > t + 1).all()
        assert (used < t).all() == (t >= k / 2)


@given(st.integers(1, 40), st.sampled_from([0.25, 1.0, NO_PHASE]), st.integers(0, 2**31))
def test_weights_add_up_to_one_wherever_there_is_something_to_learn_from(k, shrinkage, seed):
    rng = np.random.default_rng(seed)
    learned = (rng.random((5, k)) < 0.5).astype(float)
    phases, now = rng.integers(0, 7, k), rng.integers(0, 7, 5)
    total = forecast_weights(learned, phases, now, shrinkage).sum(axis=1)
    assert total == pytest.approx(learned.any(axis=1).astype(float))


def test_the_deviation_of_the_weekday_counts_n_of_n_plus_k():
    phases = np.array([0, 0, 0, 1, 1])
    values = np.array([[10.0], [12.0], [14.0], [0.0], [4.0]])
    weights = forecast_weights(np.ones((1, 5)), phases, np.array([0]), 1.0)
    assert (weights @ values).item() == pytest.approx(8 + (12 - 8) * 3 / 4)


def test_a_weekday_never_seen_is_forecast_by_the_mean():
    weights = forecast_weights(np.ones((1, 5)), np.zeros(5, int), np.array([6]), 0.25)
    assert weights == pytest.approx(np.full((1, 5), 0.2))


def test_the_weekday_is_used_where_it_helps_and_only_there():
    rng = np.random.default_rng(0)
    phases = np.arange(28) % 7
    noise = rng.normal(size=(28, 3))
    weekly = np.where(phases < 5, 0, 3)[:, None] + 0.1 * noise
    assert choose_shrinkage(noise, one_sided(28), phases) == NO_PHASE
    assert choose_shrinkage(weekly, one_sided(28), phases) < 2
    assert choose_shrinkage(weekly, one_sided(28), None) == NO_PHASE
    assert choose_shrinkage(np.zeros((28, 3)), one_sided(28), phases) == NO_PHASE
