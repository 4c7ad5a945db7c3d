"""Sorted values: whatever way they are kept, they answer as the rows themselves would."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from detectors import ks
from detectors.grid import learn_number_grid
from domain.profile import Grid, GridKind, SortedColumn

ANY = st.one_of(st.floats(), st.sampled_from([0.0, 1.0, 2.0, np.inf, -np.inf, np.nan]))
MIXED = hnp.arrays(float, st.integers(0, 80), elements=ANY)
TIED = hnp.arrays(float, st.integers(0, 80), elements=st.integers(-4, 4).map(float))
ROWS = st.one_of(MIXED, TIED)
FINITE = hnp.arrays(float, st.integers(1, 60), elements=st.integers(-30, 30).map(float))
POINTS = hnp.arrays(float, st.integers(0, 20), elements=st.floats(allow_nan=False))


def column(rows):
    return SortedColumn.from_values("x", rows)


@given(ROWS, POINTS)
def test_rows_are_counted_as_one_by_one(rows, points):
    sorted_once, finite = column(rows), rows[np.isfinite(rows)]
    asked = np.concatenate((points, finite[:5]))
    assert sorted_once.rows_below(asked).tolist() == [(finite < p).sum() for p in asked]
    assert sorted_once.rows_upto(asked).tolist() == [(finite <= p).sum() for p in asked]


@given(ROWS)
def test_no_row_is_lost_and_none_is_moved(rows):
    sorted_once, finite = column(rows), np.sort(rows[np.isfinite(rows)])
    assert sorted_once.n == len(rows)
    assert sorted_once.missing == np.isnan(rows).sum()
    assert (sorted_once.below, sorted_once.above) == (
        (rows == -np.inf).sum(),
        (rows == np.inf).sum(),
    )
    assert sorted_once.at_ranks(np.arange(len(finite))).tolist() == finite.tolist()
    distinct, counts = np.unique(finite, return_counts=True)
    assert sorted_once.n_distinct == len(distinct)
    assert sorted_once.values.tolist() == distinct.tolist()
    assert sorted_once.counts.tolist() == counts.tolist()


@given(ROWS, st.sampled_from(GridKind), POINTS)
def test_a_profile_is_what_counting_row_by_row_gives(rows, kind, edges):
    grid = Grid(kind, np.unique(edges[np.isfinite(edges)]))
    if kind is GridKind.CATEGORIES:
        grid = learn_number_grid(column(rows), max_atoms=0)
    expected = np.bincount(grid.cells_of_numbers(rows), minlength=grid.n_cells + 2)
    assert column(rows).profile(grid).counts.tolist() == expected.tolist()


@given(ROWS, st.integers(2, 30))
def test_edges_are_the_first_values_with_a_share_of_the_rows_below(rows, n_cells):
    finite = rows[np.isfinite(rows)]
    grid = learn_number_grid(column(rows), max_cells=n_cells, max_atoms=0)
    values, counts = np.unique(finite, return_counts=True)
    expected = set()
    if len(values):
        for i in range(1, n_cells):
            enough = [v for v in values if (finite < v).sum() >= i * (len(finite) / n_cells)]
            expected.add(enough[0] if enough else values[-1])
        for heavy in values[counts > len(finite) / n_cells]:
            expected |= {heavy, math.nextafter(heavy, np.inf)}
    assert set(grid.edges) == {edge for edge in expected if np.isfinite(edge)}


@given(ROWS)
def test_ties_are_kept_once_where_that_is_smaller(rows):
    sorted_once = column(rows)
    held = len(sorted_once.ordered) + (0 if sorted_once.before is None else sorted_once.n_distinct)
    assert held == min(2 * sorted_once.n_distinct, sorted_once.present)


def every_value(reference, current):
    """Both distribution functions at every value of either side; the smallest value counts."""
    points = np.unique(np.concatenate((reference, current)))
    lower, upper = ((side[:, None] <= points).mean(axis=0) for side in (reference, current))
    gaps = np.array([lower - upper, upper - lower])
    at = int(gaps.max(axis=0).argmax())
    return ks.Gap(float(gaps.max()), float(points[at]), higher=bool(gaps[0, at] >= gaps[1, at]))


@pytest.fixture
def few_at_once(monkeypatch):
    monkeypatch.setattr(ks, "_COARSE", 3)
    monkeypatch.setattr(ks, "_PARTS", 2)
    monkeypatch.setattr(ks, "_AT_ONCE", 2)


@pytest.mark.usefixtures("few_at_once")
@pytest.mark.parametrize("spread", [1.0, 7.0])
def test_branch_and_bound_finds_the_gap_and_the_place_that_looking_everywhere_finds(spread):
    @given(FINITE, FINITE)
    def law(reference, current):
        sides = reference, np.round(current * spread) / 7
        found = ks.largest_gap(*map(column, sides))
        assert found == every_value(*sides)

    law()


@pytest.mark.parametrize("decimals", [2, 4, 9])
@pytest.mark.parametrize("shift", [0.0, 0.02])
def test_of_large_samples_too(decimals, shift):
    rng = np.random.default_rng(decimals)
    reference = np.round(rng.normal(size=6_000), decimals)
    current = np.round(rng.normal(shift, size=9_000), decimals)
    assert ks.largest_gap(column(reference), column(current)) == every_value(reference, current)
