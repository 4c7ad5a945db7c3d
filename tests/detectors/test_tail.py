"""Tails: empirical inside, generalised Pareto outside, ideal ones as scipy has them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from detectors.tail import Tail, chi_square_surprise, normal_surprise

readings = hnp.arrays(float, st.integers(2, 200), elements=st.floats(-50, 50))


@given(readings, hnp.arrays(float, 30, elements=st.floats(-100, 100)))
def test_a_larger_reading_is_never_less_surprising(learned, asked):
    surprise = Tail.fit(learned).surprise(np.sort(asked))
    assert np.isfinite(surprise).all()
    assert (surprise >= 0).all()
    assert (np.diff(surprise) >= -1e-9).all()


def test_beyond_the_ninetieth_percentile_it_is_scipys_generalised_pareto():
    tail = Tail.fit(np.random.default_rng(0).standard_t(4, size=2000))
    beyond = tail.start + np.array([0.1, 1.0, 5.0, 20.0])
    oracle = tail.share * stats.genpareto.sf(beyond - tail.start, tail.shape, scale=tail.scale)
    assert tail.surprise(beyond) == pytest.approx(-np.log10(oracle))


@pytest.mark.parametrize("law", [stats.expon(), stats.norm(), stats.t(5)])
def test_what_happens_once_in_a_thousand_is_found_to_be_that_rare(law):
    tail = Tail.fit(law.rvs(5000, random_state=1))
    surprise = tail.surprise(np.array([law.isf(1e-3)])).item()
    # A tail lighter than exponential, as the normal one, is taken for exponential.
    assert 2.5 < surprise < 3.3


def test_readings_below_the_start_have_their_empirical_rank():
    tail = Tail.fit(np.arange(1000.0))
    assert tail.surprise(np.array([499.5])) == pytest.approx([-np.log10(0.5)], abs=0.01)


def test_the_shape_of_few_readings_stays_near_a_tenth():
    heavy = np.random.default_rng(2).pareto(1.5, size=5000)
    assert Tail.fit(heavy[:20]).shape < 0.2 < Tail.fit(heavy).shape <= 0.4


def test_no_reading_stays_none_and_one_reading_teaches_nothing():
    assert np.isnan(Tail.fit(np.arange(9.0)).surprise(np.array([np.nan]))).all()
    assert Tail.fit(np.array([1.0])) is None


def test_ideal_surprises_are_scipys():
    values = np.array([0.5, 3.0, 40.0])
    assert chi_square_surprise(values, np.array(7.0)) == pytest.approx(
        -stats.chi2.logsf(values, 7) / np.log(10)
    )
    assert normal_surprise(values) == pytest.approx(-stats.norm.logsf(values) / np.log(10))
