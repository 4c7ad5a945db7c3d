"""Missing share: Fisher where it is rare, the score test where it is not, percentage points."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from detectors import missing
from domain.finding import Verdict
from domain.profile import ColumnRole, Grid, GridKind, Profile


def profile(rows, without):
    grid = Grid(GridKind.ATOMS, np.array([1.0]))
    return Profile("x", grid, np.array([rows - without, without, 0], dtype=np.int64))


def compare(reference, current, **options):
    return missing.detect(
        profile(*reference), profile(*current), kind=ColumnRole.FEATURE, alpha=0.01, **options
    )


@given(st.integers(1, 400), st.integers(1, 400), st.data())
def test_the_exact_p_value_agrees_with_scipys_fisher(n, m, data):
    x, y = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    p_value, method = missing.significance(x, n, y, m)
    oracle = stats.fisher_exact([[x, n - x], [y, m - y]]).pvalue
    assert method == "exact"
    assert p_value == pytest.approx(oracle, rel=1e-5, abs=1e-290)


def test_the_score_test_agrees_with_scipys_chi_square():
    p_value, method = missing.significance(4000, 20_000, 2300, 10_000)
    oracle = stats.chi2_contingency([[4000, 16_000], [2300, 7700]], correction=False).pvalue
    assert method == "score"
    assert p_value == pytest.approx(oracle, rel=1e-9)


@pytest.mark.parametrize(
    ("current", "reason"), [(300, "drifted.more"), (0, "drifted.less"), (52, "ok")]
)
def test_a_share_that_rises_or_falls_drifts_by_percentage_points(current, reason):
    found = compare((2000, 100), (1000, current))
    assert found.reason == f"finding.missing.{reason}"
    assert found.statistic == pytest.approx(abs(current / 10 - 5))


def test_a_sure_change_below_the_threshold_is_ok():
    assert compare((1_000_000, 0), (1_000_000, 5000)).verdict is Verdict.OK
    assert compare((1_000_000, 0), (1_000_000, 5000), threshold=0.4).verdict is Verdict.DRIFTED


def test_too_few_rows_are_inconclusive():
    assert compare((2000, 0), (29, 29)).verdict is Verdict.INCONCLUSIVE
    assert compare((2000, 0), (29, 29), min_rows=20).verdict is Verdict.DRIFTED


@pytest.mark.parametrize("reference", [(400, 4), (400, 100), (5_000, 0)])
@pytest.mark.parametrize("m", [40, 200])
def test_the_line_is_the_fewest_missing_rows_that_fisher_calls_certain(reference, m):
    n, x = reference
    least = next(
        y
        for y in range(m + 1)
        if y / m - x / n >= 0.02 and stats.fisher_exact([[x, n - x], [y, m - y]]).pvalue < 0.01
    )
    below, at = compare(reference, (m, least - 1)), compare(reference, (m, least))
    assert (below.verdict, at.verdict) == (Verdict.OK, Verdict.DRIFTED)
    assert below.threshold <= 100 * (least / m - x / n) * (1 + 1e-9)
    assert below.threshold == pytest.approx(at.threshold)
