"""PSI: its formula, its sampling part, its bins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import entropy

from detectors import psi
from domain.finding import Verdict
from domain.profile import ColumnRole

FEATURE = ColumnRole.FEATURE
counts = hnp.arrays(float, 8, elements=st.integers(0, 10**6).map(float))


def compare(profiles, reference, current, **options):
    return psi.detect(*profiles(reference, current), kind=FEATURE, alpha=0.01, **options)


def test_psi_is_the_published_worked_example():
    # Income bands 2020 and 2021, geeksforgeeks.org/data-science/population-stability-index-psi:
    # (.35-.40) ln(.35/.40) + (.25-.30) ln(.25/.30) + (.40-.30) ln(.40/.30)
    expected, actual = np.array([0.4, 0.3, 0.3]), np.array([0.35, 0.25, 0.4])
    index = psi.population_stability_index(expected * 1e9, actual * 1e9)
    assert index == pytest.approx(0.0067 + 0.0091 + 0.0288, abs=1e-4)


@given(counts, counts)
def test_psi_is_the_sum_of_both_kullback_leibler_divergences(reference, current):
    p, q = reference + 0.5, current + 0.5
    both = entropy(p, q) + entropy(q, p)
    assert psi.population_stability_index(reference, current) == pytest.approx(both, abs=1e-12)


@given(counts, counts)
def test_psi_is_symmetric_and_never_negative(reference, current):
    one = psi.population_stability_index(reference, current)
    assert one >= 0
    assert one == pytest.approx(psi.population_stability_index(current, reference), rel=1e-9)


def test_the_mean_psi_without_drift_is_the_sampling_part(profiles):
    rng = np.random.default_rng(0)
    found = [
        compare(profiles, rng.normal(size=2000), rng.normal(size=1000)).values for _ in range(300)
    ]
    sampling = 9 * (1 / 2000 + 1 / 1000)
    assert found[0]["sampling"] == pytest.approx(sampling)
    assert np.mean([values["psi"] for values in found]) == pytest.approx(sampling, rel=0.1)


def test_p_values_without_drift_are_uniform(profiles):
    rng = np.random.default_rng(6)
    p_values = np.array(
        [compare(profiles, rng.normal(size=3000), rng.normal(size=800)).p_value for _ in range(600)]
    )
    for share in (0.05, 0.25, 0.5, 0.75):
        assert np.mean(p_values < share) == pytest.approx(share, abs=0.06)


def test_fixed_thresholds_cry_wolf_where_the_size_aware_one_does_not(profiles):
    # 200 against 200 rows of one distribution: PSI >= 0.1 fires on a third of the windows.
    rng = np.random.default_rng(1)
    found = [compare(profiles, *rng.normal(size=(2, 200))) for _ in range(500)]
    assert np.mean([f.values["psi"] >= 0.1 for f in found]) > 0.25
    assert np.mean([f.verdict is Verdict.DRIFTED for f in found]) < 0.02


def test_half_a_standard_deviation_drifts(profiles):
    rng = np.random.default_rng(2)
    found = compare(profiles, rng.normal(size=5000), rng.normal(0.5, size=5000))
    assert found.verdict is Verdict.DRIFTED
    # PSI of two unit normals half apart is .25 continuous, a little less in ten bins.
    assert found.values["psi"] == pytest.approx(0.25, abs=0.04)


def test_the_verdict_is_drifted_exactly_where_statistic_and_chance_pass_their_lines(profiles):
    rng = np.random.default_rng(3)
    reference = rng.normal(size=3000)
    for shift in np.linspace(0, 0.6, 25):
        found = compare(profiles, reference, rng.normal(shift, size=500))
        passes = found.statistic >= found.threshold and found.p_value < 0.01
        assert (found.verdict is Verdict.DRIFTED) == passes


@pytest.mark.parametrize(
    ("option", "low", "high"),
    [("threshold", 0.05, 0.5), ("n_bins", 2, 20), ("min_rows", 10, 10_000)],
)
def test_every_option_does_something(profiles, option, low, high):
    rng = np.random.default_rng(4)
    sample = rng.normal(size=5000), rng.normal(0.4, 1.2, size=5000)
    assert compare(profiles, *sample, **{option: low}) != compare(
        profiles, *sample, **{option: high}
    )


def test_missing_values_are_a_bin_of_their_own(profiles):
    rng = np.random.default_rng(5)
    reference, current = rng.normal(size=4000), rng.normal(size=4000)
    current[:1200] = np.nan
    assert compare(profiles, reference, current).verdict is Verdict.DRIFTED


def test_a_constant_that_takes_another_value_drifts(profiles):
    found = compare(profiles, np.full(500, 5.0), np.full(500, 6.0))
    assert found.verdict is Verdict.DRIFTED


def test_a_new_category_is_seen(category_profiles):
    sides = category_profiles(["a"] * 900 + ["b"] * 100, ["a"] * 700 + ["b"] * 100 + ["new"] * 200)
    assert psi.detect(*sides, kind=FEATURE, alpha=0.01).verdict is Verdict.DRIFTED


def test_nothing_moves_where_all_bins_but_one_are_empty_on_both_sides(profiles):
    found = compare(profiles, np.full(500, 5.0), np.full(400, 5.0))
    assert (found.verdict, found.reason) == (Verdict.INCONCLUSIVE, "finding.psi.constant")
