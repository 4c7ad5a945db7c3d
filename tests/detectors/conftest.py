"""Builders of profiles and window series."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from detectors.grid import learn_category_grid, learn_number_grid
from domain.profile import CategoryCounts, Grid, Profile, ProfileSeries, SortedColumn
from domain.window import Window

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday


def count(grid: Grid, values: np.ndarray) -> np.ndarray:
    places = grid.cells_of_numbers(np.asarray(values, dtype=float))
    return np.bincount(places, minlength=grid.n_cells + 2).astype(np.int64)


@pytest.fixture(scope="session")
def profiles() -> Callable[..., tuple[Profile, Profile]]:
    """Count two numeric samples over the grid that the first one teaches."""

    def build(reference: np.ndarray, current: np.ndarray) -> tuple[Profile, Profile]:
        grid = learn_number_grid(SortedColumn.from_values("x", np.asarray(reference, float)))
        return Profile("x", grid, count(grid, reference)), Profile("x", grid, count(grid, current))

    return build


@pytest.fixture(scope="session")
def category_profiles() -> Callable[..., tuple[Profile, Profile]]:
    """Count two samples of labels over the grid that the first one teaches."""

    def build(reference: list[str | None], current: list[str | None]) -> tuple[Profile, Profile]:
        known = [v for v in reference if v is not None]
        labels = sorted(set(known), key=lambda v: (-known.count(v), v))
        counts = np.array([known.count(v) for v in labels], dtype=np.int64)
        grid = learn_category_grid(CategoryCounts("x", tuple(labels), counts))
        sides = [
            np.bincount(grid.places_of_labels(side), minlength=grid.n_cells + 2)
            for side in (reference, current)
        ]
        return Profile("x", grid, sides[0]), Profile("x", grid, sides[1])

    return build


@pytest.fixture(scope="session")
def series() -> Callable[..., ProfileSeries]:
    """Make a series of daily windows from a table of counts."""

    def build(column: str, grid: Grid, counts: np.ndarray) -> ProfileSeries:
        days = [START + timedelta(days=i) for i in range(len(counts))]
        windows = tuple(Window(day, day + timedelta(days=1)) for day in days)
        return ProfileSeries(column, grid, windows, np.asarray(counts, dtype=np.int64))

    return build


QUANTILE_GRID = learn_number_grid(
    SortedColumn.from_values("x", np.random.default_rng(99).normal(size=100_000))
)
LABEL_GRID = Grid(QUANTILE_GRID.kind.CATEGORIES, np.empty(0), tuple("abcdef"))
LABEL_SHARES = np.array([0.4, 0.25, 0.15, 0.1, 0.07, 0.03])


@pytest.fixture(scope="session")
def normal_column(series) -> Callable[..., ProfileSeries]:
    """Draw windows of normal values; `mean`, `sd`, `rows` and `missing` may differ by window."""

    def build(
        rng: np.random.Generator,
        n_windows: int,
        *,
        column: str = "x",
        mean: np.ndarray | float = 0.0,
        sd: np.ndarray | float = 1.0,
        rows: np.ndarray | int = 1000,
        missing: np.ndarray | float = 0.0,
    ) -> ProfileSeries:
        spread = [np.broadcast_to(v, n_windows) for v in (mean, sd, rows, missing)]
        table = []
        for m, s, n, gone in zip(*spread, strict=True):
            values = rng.normal(m, s, size=n)
            values[rng.random(n) < gone] = np.nan
            table.append(count(QUANTILE_GRID, values))
        return series(column, QUANTILE_GRID, np.array(table))

    return build


@pytest.fixture(scope="session")
def label_column(series) -> Callable[..., ProfileSeries]:
    """Draw windows of six categories; `unseen` is the share of new ones by window."""

    def build(
        rng: np.random.Generator,
        n_windows: int,
        *,
        column: str = "label",
        shares: np.ndarray = LABEL_SHARES,
        unseen: np.ndarray | float = 0.0,
        rows: int = 1000,
    ) -> ProfileSeries:
        table = []
        for new in np.broadcast_to(unseen, n_windows):
            drawn = rng.multinomial(rows, np.append(shares * (1 - new), new))
            table.append([*drawn[:-1], 0, drawn[-1]])
        return series(column, LABEL_GRID, np.array(table))

    return build
