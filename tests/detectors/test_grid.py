"""The grid: learned from the reference alone, robust to extremes, merged to equal mass."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from detectors.grid import learn_category_grid, learn_number_grid, merge_to_bins
from domain.profile import CategoryCounts, GridKind, Profile, SortedColumn

finite = st.floats(allow_nan=False, allow_infinity=False)


def counted(grid, values):
    return np.bincount(grid.cells_of_numbers(values), minlength=grid.n_cells + 2)


def number_grid(values, **options):
    return learn_number_grid(SortedColumn.from_values("x", np.asarray(values, float)), **options)


@pytest.mark.parametrize(("n_distinct", "kind"), [(40, GridKind.ATOMS), (41, GridKind.QUANTILES)])
def test_up_to_forty_distinct_values_are_atoms(n_distinct, kind):
    assert number_grid(np.arange(n_distinct)).kind is kind


def test_quantile_cells_of_continuous_values_hold_equal_mass():
    values = np.random.default_rng(0).lognormal(0, 2, 100_000)
    counts = counted(number_grid(values), values)
    assert len(counts) == 102
    assert counts[:100].min() == counts[:100].max() == 1000


@given(hnp.arrays(float, st.integers(0, 300), elements=finite), st.integers(2, 120))
def test_any_finite_sample_gives_rising_edges_and_every_row_a_cell(values, max_cells):
    grid = number_grid(values, max_cells=max_cells)
    assert np.isfinite(grid.edges).all()
    assert (np.diff(grid.edges) > 0).all()
    assert counted(grid, values)[: grid.n_cells].sum() == len(values)
    assert grid.n_cells <= max(2 * max_cells, 40)


def test_a_heavy_value_has_its_cell_to_itself():
    rng = np.random.default_rng(1)
    values = np.concatenate((np.zeros(3000), rng.exponential(1, 7000)))
    grid = number_grid(values)
    cell = int(grid.cells_of_numbers(np.zeros(1))[0])
    assert counted(grid, values)[cell] == 3000
    assert grid.cells_of_numbers(np.array([-1e-300, 5e-324])).tolist() == [cell - 1, cell + 1]


def test_the_largest_number_can_be_the_heavy_value():
    largest = np.finfo(float).max
    grid = number_grid(np.append(np.full(100, largest), np.arange(50.0)))
    assert grid.cells_of_numbers(np.array([largest]))[0] == grid.n_cells - 1


def test_one_extreme_value_moves_no_edge_by_more_than_one_value():
    values = np.sort(np.random.default_rng(2).normal(size=5000))
    ranks = np.searchsorted(values, number_grid(values).edges)
    shifted = np.searchsorted(values, number_grid(np.append(values, 1e9)).edges)
    assert np.abs(ranks - shifted).max() <= 1


def test_a_reference_without_values_has_no_cells_and_everything_is_unseen():
    grid = number_grid([np.nan, np.nan])
    assert grid.n_cells == 0
    assert grid.cells_of_numbers(np.array([1.0, np.nan])).tolist() == [1, 0]


def test_categories_keep_the_most_frequent_and_the_rest_is_unseen():
    counts = CategoryCounts("x", ("b", "a", "c", "gone"), np.array([5, 5, 9, 0]))
    assert learn_category_grid(counts).labels == ("c", "a", "b")
    small = learn_category_grid(counts, max_labels=2)
    assert small.labels == ("c", "a")
    assert small.places_of_labels(["c", "b", None]).tolist() == [0, 3, 2]


def test_bins_of_numbers_are_runs_of_cells_at_the_deciles():
    values = np.random.default_rng(3).normal(size=50_000)
    grid = number_grid(values)
    profile = Profile("x", grid, counted(grid, values))
    bins = merge_to_bins(profile, 10)
    assert (np.diff(bins) >= 0).all()
    assert np.bincount(bins, weights=profile.cells).tolist() == [5000.0] * 10


def test_bins_of_atoms_are_runs_of_neighbours():
    values = np.repeat(np.arange(30), 100)
    grid = number_grid(values)
    bins = merge_to_bins(Profile("x", grid, counted(grid, values)), 10)
    assert bins.tolist() == sorted(bins.tolist())
    assert np.bincount(bins).tolist() == [3] * 10


def test_bins_of_categories_are_the_most_frequent_and_the_rest():
    labels = tuple("abcdef")
    grid = learn_category_grid(CategoryCounts("x", labels, np.array([60, 50, 40, 30, 20, 10])))
    profile = Profile("x", grid, np.array([60, 50, 40, 30, 20, 10, 0, 0]))
    assert merge_to_bins(profile, 3).tolist() == [0, 1, 2, 2, 2, 2]


@given(hnp.arrays(np.int64, st.integers(0, 60), elements=st.integers(0, 99)), st.integers(1, 30))
def test_bins_are_numbered_without_a_gap_and_never_more_than_asked(counts, n_bins):
    grid = number_grid(np.arange(len(counts)))
    if grid.kind is GridKind.QUANTILES:
        counts = np.resize(counts, grid.n_cells)
    bins = merge_to_bins(Profile("x", grid, np.append(counts, [0, 0])), n_bins)
    assert len(bins) == grid.n_cells
    assert set(bins.tolist()) == set(range(bins.max(initial=-1) + 1))
    assert bins.max(initial=-1) < n_bins
