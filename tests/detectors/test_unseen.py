"""New categories are told from rare ones by what sampling alone brings."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from detectors import unseen
from domain.finding import Verdict
from domain.profile import CategoryCounts, ColumnRole


def counts(rows: np.ndarray, missing: int = 0) -> CategoryCounts:
    labels, n = np.unique(rows, return_counts=True)
    return CategoryCounts("carrier", tuple(map(str, labels)), n.astype(np.int64), missing)


def detect(reference, current, **options):
    options = {"alpha": 0.01, **options}
    return unseen.detect(counts(reference), counts(current), kind=ColumnRole.FEATURE, **options)


def test_a_category_that_the_reference_never_had_is_named_with_its_share():
    reference = np.repeat(["UA", "B6"], 500)
    finding = detect(reference, np.repeat(["UA", "XX", "B6"], [500, 40, 460]))
    assert finding.verdict is Verdict.DRIFTED
    assert finding.values["names"] == "XX"
    assert finding.values["new_share"] == 0.04
    assert finding.statistic == pytest.approx(4.0)


def test_its_p_value_is_fishers_with_the_references_singletons():
    reference = np.array(["a"] * 200 + ["b"] * 190 + [f"rare {i}" for i in range(10)])
    current = np.array(["a"] * 285 + [f"new {i % 3}" for i in range(15)])
    table = [[10, 390], [15, 285]]
    assert detect(reference, current).p_value == pytest.approx(stats.fisher_exact(table).pvalue)


def test_a_column_of_ever_new_values_does_not_alarm():
    drawn = np.random.default_rng(3).zipf(1.3, (2, 4000))
    finding = detect(drawn[0], drawn[1])
    assert finding.values["new_categories"] > 100
    assert finding.verdict is Verdict.OK


def test_it_raises_hardly_more_false_alarms_than_asked_for():
    rng = np.random.default_rng(5)
    weights = 1 / np.arange(1, 301)
    alarms = 0
    for _ in range(400):
        drawn = rng.choice(300, size=(2, 250), p=weights / weights.sum())
        alarms += detect(drawn[0], drawn[1], alpha=0.02).verdict is Verdict.DRIFTED
    assert alarms <= stats.binom.ppf(0.999, 400, 0.02)


@pytest.mark.parametrize("fresh", [0, 1, 2, 4, 7, 12])
@pytest.mark.parametrize("m", [40, 400])
def test_a_reading_is_beyond_its_line_exactly_where_it_drifted(fresh, m):
    reference = np.array(["a"] * 390 + [f"rare {i}" for i in range(10)])
    current = np.array(["a"] * (m - fresh) + ["new"] * fresh)
    found = detect(reference, current)
    assert (found.statistic >= found.threshold) is (found.verdict is Verdict.DRIFTED)
    assert found.threshold >= 1.0


@pytest.mark.parametrize(("n", "m"), [(0, 100), (100, 0), (20, 100), (100, 20)])
def test_too_few_values_are_inconclusive(n, m):
    finding = detect(np.repeat("a", n), np.repeat("b", m))
    assert finding.verdict is Verdict.INCONCLUSIVE


def test_each_parameter_does_something():
    reference, current = np.repeat("a", 300), np.repeat(["a", "b"], [290, 10])
    assert detect(reference, current).verdict is Verdict.DRIFTED
    assert detect(reference, current, threshold=4.0).verdict is Verdict.OK
    assert detect(reference, current, alpha=1e-9).verdict is Verdict.OK
    assert detect(reference, current, min_rows=301).verdict is Verdict.INCONCLUSIVE


def test_long_and_many_names_are_cut():
    current = np.array([f"{'x' * 60}{i}" for i in range(9)] * 20)
    names = str(detect(np.repeat("a", 200), current).values["names"])
    assert names.endswith(", …")
    assert len(names) < 150
