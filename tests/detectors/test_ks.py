"""KS: equal to scipy with ties, quick by branch and bound, exact or asymptotic p-values."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from detectors import ks
from domain.finding import Verdict
from domain.profile import ColumnRole, SortedColumn

FEATURE = ColumnRole.FEATURE
few_values = hnp.arrays(float, st.integers(1, 60), elements=st.integers(-5, 5).map(float))
many_values = hnp.arrays(float, st.integers(1, 60), elements=st.floats(-1e6, 1e6, allow_nan=False))
samples = st.one_of(few_values, many_values)


def column(values):
    return SortedColumn.from_values("x", np.asarray(values, dtype=float))


def compare(reference, current, **options):
    return ks.detect(column(reference), column(current), kind=FEATURE, alpha=0.01, **options)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of scipy's p-value, not asked for
@given(samples, samples)
def test_the_statistic_agrees_with_scipy_on_ties(reference, current):
    gap = ks.largest_gap(column(reference), column(current))
    oracle = stats.ks_2samp(reference, current, method="asymp").statistic
    assert gap.size == pytest.approx(oracle, abs=1e-12)


@given(samples, samples)
def test_the_exact_p_value_agrees_with_scipy(reference, current):
    try:
        oracle = stats.ks_2samp(reference, current, method="exact")
    except RuntimeWarning:  # scipy gives up on some p-values near 1
        assume(False)
    p_value, method = ks.significance(oracle.statistic, len(reference), len(current))
    if method == "exact":
        assert p_value == pytest.approx(oracle.pvalue, rel=1e-6)


@pytest.mark.parametrize(("n", "m"), [(4001, 5003), (20_000, 300), (10_000, 10_000)])
@pytest.mark.parametrize("z", [0.6, 1.0, 1.4, 2.2])
def test_the_asymptotic_p_value_agrees_with_kolmogorovs_distribution(n, m, z):
    size = n * m / (n + m)
    d = z / np.sqrt(size)
    p_value, method = ks.significance(d, n, m)
    assert method == "asymptotic"
    assert p_value == pytest.approx(stats.kstwo.sf(d, round(size)), rel=0.03)


def test_both_methods_meet_where_one_takes_over():
    exact, first = ks.significance(0.05, 1000, 1000)
    asymptotic, second = ks.significance(0.05, 1001, 1000)
    assert (first, second) == ("exact", "asymptotic")
    assert exact == pytest.approx(asymptotic, rel=0.1)


@pytest.mark.parametrize("decimals", [1, 3, 12])
@pytest.mark.parametrize("shift", [0.0, 0.01, 1.0])
def test_branch_and_bound_misses_nothing_on_large_samples(decimals, shift):
    rng = np.random.default_rng(int(decimals + 100 * shift))
    reference = np.round(rng.normal(size=40_000), decimals)
    current = np.round(rng.gamma(3, 0.5, size=30_000) - 1.5 + shift, decimals)
    gap = ks.largest_gap(column(reference), column(current))
    oracle = stats.ks_2samp(reference, current, method="asymp")
    assert gap.size == pytest.approx(oracle.statistic, abs=1e-12)
    # Either side of the gap is ahead in both orders of the samples.
    assert ks.largest_gap(column(current), column(reference)).size == pytest.approx(gap.size)


def test_a_gap_between_two_coarse_values_is_found():
    # All of the current sample sits between two neighbours of the reference.
    reference = np.arange(100_000.0)
    inside = 54_321 + np.linspace(0.1, 0.9, 50_000)
    oracle = stats.ks_2samp(reference, inside, method="asymp").statistic
    assert ks.largest_gap(column(reference), column(inside)).size == pytest.approx(oracle)


@pytest.mark.parametrize("heavy", range(2503, 2508))
@pytest.mark.parametrize("swapped", [False, True])
def test_a_gap_at_one_heavy_value_between_two_coarse_ones_is_found(heavy, swapped):
    few = np.concatenate((np.arange(10_000.0), np.full(10_000, float(heavy))))
    many = np.linspace(-0.5, 10_000, 30_000)
    sides = (many, few) if swapped else (few, many)
    oracle = stats.ks_2samp(*sides, method="asymp").statistic
    gap = ks.largest_gap(*map(column, sides))
    assert gap.size == pytest.approx(oracle, abs=1e-12)


@pytest.mark.parametrize(("shift", "direction"), [(0.5, "higher"), (-0.5, "lower")])
def test_the_direction_is_that_of_the_current_values(shift, direction):
    rng = np.random.default_rng(3)
    for n, m in ((5000, 400), (400, 5000)):
        found = compare(rng.normal(size=n), rng.normal(shift, size=m))
        assert found.verdict is Verdict.DRIFTED
        assert found.values["direction"] == direction
        assert found.reason == f"finding.ks.drifted.{direction}"
        assert abs(found.values["at"] - shift / 2) < 0.5


def test_drifted_takes_both_a_small_chance_and_a_gap_that_matters():
    rng = np.random.default_rng(4)
    sure_but_small = compare(rng.normal(size=200_000), rng.normal(0.05, size=200_000))
    assert sure_but_small.p_value < 1e-9
    assert sure_but_small.verdict is Verdict.OK
    large_but_unsure = compare(rng.normal(size=40), rng.normal(0.4, size=40))
    assert large_but_unsure.statistic >= 0.1
    assert large_but_unsure.verdict is Verdict.OK


@pytest.mark.parametrize(
    ("option", "low", "high"), [("threshold", 0.1, 0.9), ("min_rows", 10, 999)]
)
def test_every_option_does_something(option, low, high):
    sample = np.arange(300.0), np.arange(300.0) + 100
    assert compare(*sample, **{option: low}) != compare(*sample, **{option: high})


def test_a_constant_that_takes_another_value_drifts():
    assert compare(np.full(200, 5.0), np.full(100, 5.1)).verdict is Verdict.DRIFTED


def test_infinite_values_never_pass_for_ok():
    values = np.random.default_rng(5).normal(size=500)
    found = compare(values, np.append(values, np.inf))
    assert (found.verdict, found.reason) == (Verdict.INCONCLUSIVE, "finding.ks.infinite")


def test_infinite_values_do_not_hide_a_drift_of_the_finite_ones():
    values = np.random.default_rng(6).normal(size=500)
    found = compare(values, np.append(values + 1, -np.inf))
    assert found.verdict is Verdict.DRIFTED
    assert found.values["infinite"] == 1


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of scipy, where nothing differs
@pytest.mark.parametrize("n", [30, 60, 100, 250])
def test_the_line_of_small_samples_is_where_scipy_becomes_certain(n):
    shifted = (stats.ks_2samp(np.arange(n), np.arange(n) + k, method="exact") for k in range(n))
    first = next(k for k, found in enumerate(shifted) if found.pvalue < 0.01)
    line = ks.certain_gap(n, n, 0.01, 0.1)
    assert (first - 1) / n < line <= first / n * 1.005
    found = compare(np.arange(n), np.arange(n) + first)
    assert (found.verdict, found.threshold) == (Verdict.DRIFTED, pytest.approx(line, rel=0.006))


@pytest.mark.parametrize("alpha", [0.01, 0.0003])
def test_the_line_of_large_samples_is_kolmogorovs_and_never_below_the_effect(alpha):
    n, m = 6_720, 240
    root = np.sqrt(n * m / (n + m))
    line = ks.certain_gap(n, m, alpha, 0.1)
    assert stats.kstwobign.sf(line * (root + 0.12 + 0.11 / root)) == pytest.approx(alpha, rel=1e-6)
    assert ks.certain_gap(500_000, 500_000, alpha, 0.1) == 0.1
