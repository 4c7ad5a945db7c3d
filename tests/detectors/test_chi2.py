"""Chi-square: equal to scipy's, rare categories merged, an effect that forgets the sizes."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from detectors import chi2
from domain.finding import Verdict
from domain.profile import ColumnRole, Grid, GridKind, Profile

frequent = hnp.arrays(np.int64, 5, elements=st.integers(200, 5000))


def profile(counts, missing=0, unseen=0):
    labels = tuple("abcdefghij"[: len(counts)])
    grid = Grid(GridKind.CATEGORIES, np.empty(0), labels)
    return Profile("x", grid, np.array([*counts, missing, unseen], dtype=np.int64))


def compare(reference, current, **options):
    return chi2.detect(reference, current, kind=ColumnRole.FEATURE, alpha=0.01, **options)


@given(frequent, frequent)
def test_the_p_value_agrees_with_scipy_where_nothing_is_rare(reference, current):
    oracle = stats.chi2_contingency(np.array([reference, current]), correction=False)
    assume(oracle.expected_freq.min() >= 5)
    found = compare(profile(reference), profile(current))
    assert found.values["chi2"] == pytest.approx(oracle.statistic, rel=1e-9, abs=1e-9)
    assert found.p_value == pytest.approx(oracle.pvalue, rel=1e-6, abs=1e-300)
    assert found.values["df"] == 4


@given(frequent, frequent)
def test_the_effect_is_cramers_v_of_two_equally_large_samples(reference, current):
    shares = np.array([reference / reference.sum(), current / current.sum()]) * 1e6
    oracle = stats.contingency.association(np.round(shares).astype(int), method="cramer")
    found = compare(profile(reference), profile(current))
    assert found.statistic == pytest.approx(oracle, abs=1e-3)


def test_a_long_reference_does_not_make_a_shift_look_small():
    found = compare(profile([500_000, 500_000]), profile([700, 300]))
    assert found.statistic == pytest.approx(0.204, abs=0.001)  # .2^2/1.2 + .2^2/.8, halved, root
    assert found.verdict is Verdict.DRIFTED


def test_the_line_adds_what_sampling_alone_gives():
    rng = np.random.default_rng(0)
    shares = np.array([0.4, 0.3, 0.2, 0.1])
    found = [
        compare(profile(rng.multinomial(900, shares)), profile(rng.multinomial(300, shares)))
        for _ in range(400)
    ]
    by_chance = np.mean([one.statistic**2 for one in found])
    assert found[0].threshold ** 2 - 0.1**2 == pytest.approx(by_chance, rel=0.15)


def test_rare_categories_are_merged_until_each_is_expected_five_times():
    table = chi2.merge_rare(np.array([[900, 90, 4, 3, 3], [900, 90, 3, 4, 3]], dtype=float))
    assert table.tolist() == [[900, 90, 10], [900, 90, 10]]
    few = chi2.merge_rare(np.array([[900, 90, 2], [900, 90, 1]], dtype=float))
    assert few.tolist() == [[900, 92], [900, 91]]


@given(hnp.arrays(np.int64, (2, 6), elements=st.integers(0, 60)))
def test_merging_loses_no_row(table):
    table = table[:, table.any(axis=0)].astype(float)
    assume(table.shape[1] > 0 and table.sum(axis=1).min() > 0)
    assert chi2.merge_rare(table).sum(axis=1).tolist() == table.sum(axis=1).tolist()


def test_unseen_categories_count_and_missing_values_do_not():
    reference = profile([700, 300], missing=50)
    assert compare(reference, profile([600, 250], unseen=150)).verdict is Verdict.DRIFTED
    assert compare(reference, profile([600, 250], missing=5000)).verdict is Verdict.OK


def test_a_rate_too_rare_to_compare_is_inconclusive():
    found = compare(profile([1000, 1]), profile([1000, 2]))
    assert (found.verdict, found.reason) == (Verdict.INCONCLUSIVE, "finding.chi2.rare")


def test_a_constant_category_that_changes_drifts():
    assert compare(profile([500]), profile([0], unseen=400)).verdict is Verdict.DRIFTED


@pytest.mark.parametrize(
    ("option", "low", "high"), [("threshold", 0.01, 0.9), ("min_rows", 5, 999)]
)
def test_every_option_does_something(option, low, high):
    sides = profile([400, 200]), profile([300, 300])
    assert compare(*sides, **{option: low}) != compare(*sides, **{option: high})
