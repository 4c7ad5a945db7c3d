"""What is read off a column's counts, and how it is remembered."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from detectors.forecast_readings import learn_reader, memory_spread, remember
from domain.profile import Grid, GridKind

ALL = np.ones((30, 30)) - np.eye(30)


def grid_of(kind, n_cells):
    if kind is GridKind.CATEGORIES:
        return Grid(kind, np.empty(0), tuple(map(str, range(n_cells))))
    edges = np.arange(float(n_cells - (kind is GridKind.QUANTILES)))
    return Grid(kind, edges)


def table(rng, shares, rows, n_windows=30):
    drawn = rng.multinomial(rows, shares, size=n_windows)
    return np.hstack((drawn, np.zeros((n_windows, 2), dtype=np.int64)))


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5])
def test_the_sampling_variance_of_a_share_is_one_over_the_rows_whatever_the_share(share):
    rng = np.random.default_rng(0)
    counts = table(rng, [share, 1 - share], 800)
    reader, _ = learn_reader(grid_of(GridKind.CATEGORIES, 2), counts, ALL)
    later = reader.read(table(rng, [share, 1 - share], 800, n_windows=4000))
    assert later.shape[:, 0].var() * 800 == pytest.approx(1, abs=0.1)
    assert later.shape_noise == pytest.approx(1 / 800)


@pytest.mark.parametrize("rows", [40, 1000, 100_000])
def test_a_share_of_zero_is_zero_away_from_zero_at_any_size(rows):
    rng = np.random.default_rng(1)
    reader, _ = learn_reader(grid_of(GridKind.CATEGORIES, 2), table(rng, [0.5, 0.5], 5000), ALL)
    later = reader.read(table(rng, [0.5, 0.5], rows))
    assert later.shares == pytest.approx(0)


@pytest.mark.parametrize("rows", [100, 1000, 20_000])
def test_an_unchanged_share_is_no_deviation_at_any_size(rows):
    rng = np.random.default_rng(2)
    shares = np.array([0.9, 0.07, 0.03])
    reader, _ = learn_reader(grid_of(GridKind.CATEGORIES, 3), table(rng, shares, 100_000), ALL)
    later = reader.read(table(rng, shares, rows, n_windows=3000))
    # On average, in units of the sampling error of one window.
    assert np.abs(later.shape.mean(axis=0) * np.sqrt(rows)).max() < 0.15


@given(
    st.sampled_from(list(GridKind)),
    hnp.arrays(np.int64, st.integers(1, 120), elements=st.integers(0, 50)),
)
def test_no_group_is_empty_and_none_is_too_many(kind, totals):
    counts = np.zeros((30, len(totals) + 2), dtype=np.int64)
    counts[3, :-2] = totals
    reader, _ = learn_reader(grid_of(kind, len(totals)), counts, ALL)
    by_group = np.bincount(reader.groups, weights=totals)
    assert (by_group > 0).all() or not totals.any()
    assert len(by_group) <= (20 if kind is GridKind.QUANTILES else 24)
    if kind is GridKind.QUANTILES:
        assert (np.diff(reader.groups) >= 0).all()
    assert reader.centre.sum() == pytest.approx(1 if totals.any() else 0)


@pytest.mark.parametrize("kind", [GridKind.CATEGORIES, GridKind.ATOMS])
def test_cells_that_the_baseline_never_filled_are_unseen(kind):
    counts = table(np.random.default_rng(3), [0.6, 0.4, 0.0], 500)
    reader, _ = learn_reader(grid_of(kind, 3), counts, ALL)
    now = np.array([[250, 200, 30, 0, 20]])
    share = np.sin((reader.read(now).shares[0, 1] + 2 * np.arcsin(np.sqrt(0.375 / 500.75))) / 2)
    assert share**2 == pytest.approx(50 / 500, abs=1e-3)


def test_a_value_first_seen_within_the_baseline_counts_as_unseen_there():
    counts = table(np.random.default_rng(4), [0.6, 0.4, 0.0], 500)
    counts[20, 2] = 100
    sides = np.tril(np.ones((30, 30)), -1)
    _, baseline = learn_reader(grid_of(GridKind.CATEGORIES, 3), counts, sides)
    assert baseline.shares[:, 1].argmax() == 20
    assert baseline.shares[20, 1] > 0.5


def test_extreme_values_of_numbers_are_not_unseen():
    counts = table(np.random.default_rng(5), np.full(50, 0.02), 500)
    reader, _ = learn_reader(grid_of(GridKind.QUANTILES, 50), counts, ALL)
    assert reader.read(counts).shares[:, 1] == pytest.approx(0)


@given(
    hnp.arrays(float, (2, 25), elements=st.one_of(st.floats(-20, 20), st.just(np.nan))),
    st.integers(1, 30),
)
def test_the_memory_is_the_weighted_sum_of_the_last_windows(values, memory):
    kept = remember(values, memory)
    for row, out in zip(values, kept, strict=True):
        for t in range(len(row)):
            lags = range(min(memory, t + 1))
            by_hand = sum(
                0.15 * 0.85**lag * float(np.clip(row[t - lag], -8, 8))
                for lag in lags
                if not np.isnan(row[t - lag])
            )
            assert out[t] == pytest.approx(by_hand, abs=1e-9)


def test_the_spread_of_the_memory_is_that_of_remembered_noise():
    noise = np.random.default_rng(6).normal(size=(20_000, 20))
    for memory in (1, 5, 20):
        assert remember(noise, memory)[:, -1].std() == pytest.approx(
            memory_spread(memory), rel=0.02
        )
