"""Both sides of a picture may have been counted over grids of their own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.profile import Grid, GridKind, Profile
from reports.distribution import Bars, bars


def counted(values: np.ndarray, edges: np.ndarray, missing: int = 0) -> Profile:
    grid = Grid(GridKind.QUANTILES, edges)
    cells = np.bincount(grid.cells_of_numbers(values), minlength=grid.n_cells + 2)
    cells[-2] = missing
    return Profile("x", grid, cells.astype(np.int64))


def atoms(*values: float, counts: list[int]) -> Profile:
    grid = Grid(GridKind.ATOMS, np.array(values))
    return Profile("x", grid, np.array([*counts, 0, 0], dtype=np.int64))


def categories(counts: dict[str, int]) -> Profile:
    grid = Grid(GridKind.CATEGORIES, np.empty(0), tuple(counts))
    return Profile("x", grid, np.array([*counts.values(), 0, 0], dtype=np.int64))


def drawn(reference: Profile | None, current: Profile | None, n_bars: int = 20) -> Bars:
    shown = bars(reference, current, n_bars)
    assert shown is not None
    return shown


edges = st.lists(st.integers(-50, 50), min_size=1, max_size=30, unique=True).map(
    lambda found: np.array(sorted(found), dtype=float)
)
samples = st.lists(st.integers(-60, 60), min_size=1, max_size=60).map(
    lambda found: np.array(found, dtype=float)
)


@given(samples, edges, samples, edges, st.integers(0, 9))
def test_no_row_is_lost_or_made_up_by_another_sides_grid(
    before, its, after, other, missing
) -> None:
    shown = drawn(counted(before, its, missing), counted(after, other))
    assert shown.reference.sum() + sum((shown.missing[0], shown.unseen[0])) == pytest.approx(1)
    assert shown.current.sum() + sum((shown.missing[1], shown.unseen[1])) == pytest.approx(1)
    assert min(shown.reference.min(), shown.current.min()) >= -1e-12


def test_the_same_rows_look_alike_whatever_grid_they_were_counted_over() -> None:
    values = np.random.default_rng(7).normal(10, 3, 20_000)
    fine, coarse = (np.quantile(values, np.linspace(0.005, 0.995, n)) for n in (200, 120))
    shown = drawn(counted(values, fine), counted(values, coarse), 20)
    assert np.abs(shown.reference - shown.current).max() < 0.01


def test_a_shift_stays_where_it_is_between_two_grids() -> None:
    values = np.random.default_rng(8).normal(0, 1, 20_000)
    own, shifted = (np.quantile(v, np.linspace(0.005, 0.995, 150)) for v in (values, values + 2))
    shown = drawn(counted(values, own), counted(values + 2, shifted), 20)
    places = np.arange(len(shown.labels))
    assert (shown.current @ places) - (shown.reference @ places) > 4


def test_single_values_of_either_side_have_a_bar_of_their_own() -> None:
    shown = drawn(atoms(0.0, 1.0, counts=[3, 1]), atoms(1.0, 2.0, counts=[1, 1]))
    assert shown.labels == ("0", "1", "2")
    assert shown.reference.tolist() == [0.75, 0.25, 0]
    assert shown.current.tolist() == [0, 0.5, 0.5]


def test_categories_of_either_side_have_a_row_of_their_own() -> None:
    shown = drawn(categories({"UA": 3, "B6": 1}), categories({"B6": 2, "DL": 2}))
    shares = dict(zip(shown.labels, zip(shown.reference, shown.current, strict=True), strict=True))
    assert shares == {"UA": (0.75, 0), "B6": (0.25, 0.5), "DL": (0, 0.5)}


def test_a_column_that_changed_its_type_shows_both_its_faces() -> None:
    shown = drawn(atoms(7.0, 8.0, counts=[1, 1]), categories({"7": 1, "late": 3}))
    shares = dict(zip(shown.labels, zip(shown.reference, shown.current, strict=True), strict=True))
    assert not shown.ordered
    assert shares == {"7": (0.5, 0.25), "8": (0.5, 0), "late": (0, 0.75)}


@pytest.mark.parametrize("seed", range(3))
def test_bars_are_a_histogram_of_the_rows_whichever_side_has_which_grid(seed: int) -> None:
    chance = np.random.default_rng(seed)
    before, now = chance.normal(0, 1, 30_000), chance.normal(0.7, 1.4, 20_000)
    # each side's cells hold half a percent of other rows than those that are drawn
    taught = [chance.normal(middle, 1.2, 5_000) for middle in (-0.3, 0.9)]
    own, other = (np.quantile(rows, np.linspace(0.0025, 0.9975, 200)) for rows in taught)
    shown = drawn(counted(before, own), counted(now, other), 16)
    points = [float(label.removeprefix("< ").removeprefix("≥ ")) for label in shown.labels]
    bins = [-np.inf, *points[1:], np.inf]
    assert points[0] == points[1]
    for side, rows in ((shown.reference, before), (shown.current, now)):
        expected = np.histogram(rows, bins)[0] / len(rows)
        # what a side's open end cells hold is drawn in the end bars, wherever it was
        assert np.abs(side - expected).max() < 0.015
        # labels are rounded to what an axis shows, so an edge lies a little beside its bar
        assert np.abs(side - expected)[4:-4].max() < 0.005
