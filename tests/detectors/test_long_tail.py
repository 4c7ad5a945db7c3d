"""A long tail of values must not drift against itself, and a new value must still be seen."""

from __future__ import annotations

import numpy as np
import pytest

from detectors import chi2, psi
from detectors.grid import learn_category_grid
from domain.finding import Verdict
from domain.profile import CategoryCounts, ColumnRole, Profile

KINDS = 3000
TAIL = 1 / np.arange(1, KINDS + 1) ** 1.1


def profiles(reference: np.ndarray, current: np.ndarray) -> tuple[Profile, Profile]:
    labels, counts = np.unique(reference, return_counts=True)
    names = tuple(str(label) for label in labels)
    order = np.argsort(-counts, kind="stable")
    learned = CategoryCounts("x", tuple(names[i] for i in order), counts[order])
    grid = learn_category_grid(learned)
    places = grid.places_of_labels([str(kind) for kind in range(KINDS + 1)])
    sides = [np.bincount(places[side], minlength=grid.n_cells + 2) for side in (reference, current)]
    return Profile("x", grid, sides[0]), Profile("x", grid, sides[1])


@pytest.mark.parametrize("detector", [psi, chi2])
@pytest.mark.parametrize(("n", "m"), [(300, 300), (1000, 300), (1000, 1000), (300, 5000)])
def test_two_samples_of_one_long_tail_hardly_ever_drift(detector, n: int, m: int) -> None:
    rng = np.random.default_rng(n + m)
    share = TAIL / TAIL.sum()
    fired = 0
    for _ in range(40):
        sides = profiles(rng.choice(KINDS, n, p=share), rng.choice(KINDS, m, p=share))
        found = detector.detect(*sides, kind=ColumnRole.FEATURE, alpha=1e-3)
        fired += found.verdict is Verdict.DRIFTED
    assert fired <= 3


@pytest.mark.parametrize("detector", [psi, chi2])
def test_a_value_that_was_never_seen_is_not_lost_in_the_tail(detector) -> None:
    rng = np.random.default_rng(3)
    share = TAIL / TAIL.sum()
    reference, current = rng.choice(KINDS, 5000, p=share), rng.choice(KINDS, 1000, p=share)
    current[:300] = KINDS
    sides = profiles(reference, current)
    assert detector.detect(*sides, kind=ColumnRole.FEATURE, alpha=1e-3).verdict is Verdict.DRIFTED
