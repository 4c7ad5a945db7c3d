"""The expected change of the mean score."""

import numpy as np
import pytest

from detectors.effect import expected_score_change
from domain.profile import Grid, GridKind, Profile

GRID = Grid(GridKind.CATEGORIES, np.empty(0), ("a", "b", "c"))


def profile(*counts):
    return Profile("x", GRID, np.array(counts, dtype=np.int64))


def test_it_is_the_change_of_the_mean_when_every_row_scores_as_its_cell_did():
    rng = np.random.default_rng(0)
    cells = rng.integers(0, 5, 4000)
    scores = rng.random(4000) + cells
    reference = profile(*np.bincount(cells, minlength=5))
    means = np.array([scores[cells == i].mean() for i in range(5)])
    chosen = rng.choice(4000, 3000, p=(1 + cells) / (1 + cells).sum())
    current = profile(*np.bincount(cells[chosen], minlength=5))
    by_hand = abs(means[cells[chosen]].mean() - scores.mean())
    assert expected_score_change(reference, current, means) == pytest.approx(by_hand)


def test_a_column_that_the_score_ignores_changes_nothing():
    assert expected_score_change(
        profile(90, 10, 0, 0, 0), profile(10, 0, 50, 40, 0), np.full(5, 0.3)
    ) == pytest.approx(0)


def test_rows_the_reference_never_had_are_taken_to_score_average():
    means = np.array([0.2, 0.8, np.nan, np.nan, np.nan])
    before = profile(50, 50, 0, 0, 0)
    assert expected_score_change(before, profile(0, 0, 70, 20, 10), means) == pytest.approx(0)
    assert expected_score_change(before, profile(50, 0, 0, 0, 50), means) == pytest.approx(0.15)


@pytest.mark.parametrize("means", [np.full(5, np.nan), np.zeros(5)])
def test_nothing_known_is_no_change(means):
    assert expected_score_change(profile(1, 0, 0, 0, 0), profile(0, 1, 0, 0, 0), means) == 0
    assert expected_score_change(profile(0, 0, 0, 0, 0), profile(0, 1, 0, 0, 0), means) == 0
