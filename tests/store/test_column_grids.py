from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.column import Column
from domain.profile import ColumnKind, ColumnRole, Grid, GridKind
from store.hours.column_grids import KeptGrid
from store.store import Store
from tests.store.made import at

SCORE = Column("score", ColumnKind.NUMBER, ColumnRole.SCORE)
NAMESAKE = Column("score", ColumnKind.NUMBER)
AS_TEXT = Column("score", ColumnKind.CATEGORY)
COLUMNS = (SCORE, NAMESAKE, AS_TEXT)


def edges(*values: float) -> Grid:
    return Grid(GridKind.QUANTILES, np.array(values))


def categories(*labels: str) -> Grid:
    return Grid(GridKind.CATEGORIES, np.array([]), labels)


def told(kept: Mapping[Column, tuple[KeptGrid, ...]]) -> dict[Column, list[tuple[object, str]]]:
    return {column: [(k.since, k.grid.fingerprint) for k in ks] for column, ks in kept.items()}


def test_a_kept_grid_has_exactly_the_cells_it_had_also_after_the_store_was_closed(tmp_path: Path):
    grid = edges(0.1, np.nextafter(0.1, 1), 1e300)
    with Store.open(tmp_path) as store:
        store.keep_grids("m", {NAMESAKE: grid, AS_TEXT: categories("", "a'b", "不")}, at(0))
    with Store.open(tmp_path) as store:
        kept = store.grids("m")
    assert kept[NAMESAKE][0].grid.edges.tolist() == grid.edges.tolist()
    assert kept[AS_TEXT][0].grid.labels == ("", "a'b", "不")
    assert kept[AS_TEXT][0].grid.kind is GridKind.CATEGORIES


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["m", "n"]),
            st.dictionaries(st.sampled_from(COLUMNS), st.integers(0, 3)),
            st.integers(0, 3),
        ),
        max_size=8,
    )
)
def test_of_each_column_and_moment_the_last_grid_counts(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, dict[Column, int], int]]
):
    expected: dict[tuple[str, Column, int], int] = {}
    with Store.open(tmp_path_factory.mktemp("s")) as store:
        for model, new, minute in steps:
            store.keep_grids(model, {c: edges(float(e)) for c, e in new.items()}, at(minute))
            expected |= {(model, column, minute): e for column, e in new.items()}
        for model in ("m", "n"):
            own = {(c, at(t)): float(e) for (m, c, t), e in sorted(expected.items()) if m == model}
            found = store.grids(model)
            assert {(c, k.since): k.grid.edges[0] for c, ks in found.items() for k in ks} == own
            assert all(
                [k.since for k in ks] == sorted(k.since for k in ks) for ks in found.values()
            )


def test_forgetting_a_models_grids_leaves_those_of_others(store: Store):
    store.keep_grids("m", {SCORE: edges(1.0)}, at(0))
    store.keep_grids("n", {SCORE: edges(2.0)}, at(0))
    store.forget_grids("m")
    assert store.grids("m") == {}
    assert told(store.grids("n")) == {SCORE: [(at(0), edges(2.0).fingerprint)]}


def test_keeping_nothing_changes_nothing(store: Store):
    store.keep_grids("m", {SCORE: edges(1.0)}, at(0))
    store.keep_grids("m", {}, at(0))
    assert told(store.grids("m")) == {SCORE: [(at(0), edges(1.0).fingerprint)]}
