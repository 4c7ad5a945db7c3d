"""What a run counted comes back as it was, lives as long as the run, and is kept once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.column import Column
from domain.profile import ColumnKind, ColumnRole, Grid, GridKind, Profile
from domain.run import Deployment, Run
from domain.run_profile import RunProfile
from domain.window import Window
from store.store import Store
from tests.store.made import START
from tests.store.test_results import run

AGE = Column("age", ColumnKind.NUMBER)
CARRIER = Column("carrier", ColumnKind.CATEGORY)


def day(number: int) -> Window:
    return Window(START + timedelta(days=number), START + timedelta(days=number + 1))


def profile(column: Column, grid: Grid, counts: Sequence[int]) -> Profile:
    return Profile(column.name, grid, np.array(counts, np.int64))


def numbers(edges: Sequence[float] = (0.0, 1.0), before: Sequence[int] = (1, 2, 3, 4, 5)):
    grid = Grid(GridKind.QUANTILES, np.array(edges))
    return RunProfile(AGE, profile(AGE, grid, before), profile(AGE, grid, (5, 4, 3, 2, 1)))


def labels(*names: str) -> RunProfile:
    grid = Grid(GridKind.CATEGORIES, np.empty(0), names)
    counts = range(len(names) + 2)
    return RunProfile(CARRIER, profile(CARRIER, grid, counts), profile(CARRIER, grid, counts))


def keep(store: Store, kept: Sequence[RunProfile], made: Run | None = None) -> None:
    made = made or run()
    store.replace_runs(
        made.deployment.model, [made.window], [made], {(made.deployment, made.window): kept}
    )


def same(found: RunProfile, kept: RunProfile) -> bool:
    return found.column == kept.column and all(
        ours.grid.to_json() == theirs.grid.to_json() and (ours.counts == theirs.counts).all()
        for ours, theirs in ((found.reference, kept.reference), (found.current, kept.current))
    )


def references(store: Store) -> int:
    return store.sql("select count(*) as n from run_references")["n"][0].as_py()


EDGES = st.lists(
    st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5, unique=True
).map(lambda found: np.array(sorted(found)))
COUNTS = st.integers(0, 2**60)
NAMES = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6), max_size=5,
    unique=True,
).map(tuple)  # fmt: skip
GRIDS = st.one_of(
    st.builds(Grid, st.sampled_from([GridKind.QUANTILES, GridKind.ATOMS]), EDGES),
    NAMES.map(lambda names: Grid(GridKind.CATEGORIES, np.empty(0), names)),
)


@st.composite
def kept_profiles(draw: st.DrawFn) -> RunProfile:
    grid = draw(GRIDS)
    size = grid.n_cells + 2
    before, now = (draw(st.lists(COUNTS, min_size=size, max_size=size)) for _ in range(2))
    role = draw(st.sampled_from([ColumnRole.FEATURE, ColumnRole.SCORE]))
    column = Column(draw(st.sampled_from(["a", "score"])), grid.column_kind, role)
    return RunProfile(column, profile(column, grid, before), profile(column, grid, now))


@settings(max_examples=40)
@given(kept=st.lists(kept_profiles(), max_size=4))
def test_whatever_was_counted_comes_back_to_the_last_bit(
    kept: list[RunProfile], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with Store.open(tmp_path_factory.mktemp("profiles")) as store:
        keep(store, kept)
        found = store.run_profiles("m", "1", day(0))
        assert len(found) == len(kept)
        assert all(same(ours, theirs) for ours, theirs in zip(found, kept, strict=True))


def test_a_run_has_the_profiles_of_its_own_version_and_window(store: Store) -> None:
    one, other = numbers(before=(1, 0, 0, 0, 0)), numbers(before=(0, 1, 0, 0, 0))
    keep(store, [one])
    keep(store, [other], run(number=1))
    assert same(store.run_profiles("m", "1", day(0))[0], one)
    assert same(store.run_profiles("m", "1", day(1))[0], other)
    assert store.run_profiles("m", "2", day(0)) == []
    assert store.run_profiles("n", "1", day(0)) == []


def test_a_feature_called_like_an_output_is_not_taken_for_it(store: Store) -> None:
    feature = Column("score", ColumnKind.NUMBER)
    output = Column("score", ColumnKind.NUMBER, ColumnRole.SCORE)
    kept = [RunProfile(c, numbers().reference, numbers().current) for c in (feature, output)]
    keep(store, kept)
    assert [p.column for p in store.run_profiles("m", "1", day(0), output)] == [output]
    assert [p.column for p in store.run_profiles("m", "1", day(0))] == [feature, output]


def test_runs_that_share_a_reference_keep_it_once(store: Store) -> None:
    shared = numbers()
    keep(store, [shared, labels("a", "b")])
    keep(store, [numbers()], run(number=1))
    assert references(store) == 2
    assert same(store.run_profiles("m", "1", day(1))[0], shared)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (numbers(edges=(0.0, 1.0)), numbers(edges=(0.0, np.nextafter(1.0, 2)))),
        (numbers(before=(1, 2, 3, 4, 5)), numbers(before=(1, 2, 3, 5, 4))),
        (labels("ab", "c"), labels("a", "bc")),
        (labels("a, b", "c"), labels("a", "b, c")),
    ],
    ids=["an edge's last bit", "counts", "where labels part", "what labels hold"],
)
def test_references_that_differ_at_all_are_two(store: Store, one, other) -> None:
    keep(store, [one])
    keep(store, [other], run(number=1))
    assert references(store) == 2
    assert same(store.run_profiles("m", "1", day(0))[0], one)
    assert same(store.run_profiles("m", "1", day(1))[0], other)


def test_a_new_try_of_a_window_leaves_nothing_of_the_earlier_one(store: Store) -> None:
    keep(store, [numbers(), labels("a")])
    keep(store, [labels("a")])
    (found,) = store.run_profiles("m", "1", day(0))
    assert same(found, labels("a"))
    assert references(store) == 1  # that of the numbers went with the last run it was for


def test_a_reference_stays_as_long_as_one_run_was_compared_with_it(store: Store) -> None:
    keep(store, [numbers()])
    keep(store, [numbers()], run(number=1))
    keep(store, [], run(number=1))
    assert same(store.run_profiles("m", "1", day(0))[0], numbers())
    keep(store, [])
    assert references(store) == 0


def test_a_version_that_is_not_judged_there_any_more_leaves_no_profiles(store: Store) -> None:
    keep(store, [numbers()], run(version="2"))
    keep(store, [labels("a")])
    assert store.run_profiles("m", "2", day(0)) == []
    assert references(store) == 1


def test_a_run_that_is_saved_by_itself_forgets_what_the_earlier_one_counted(store: Store) -> None:
    keep(store, [numbers()])
    store.save_runs([run()])
    assert store.run_profiles("m", "1", day(0)) == []
    assert references(store) == 0


def test_runs_are_not_stored_without_what_they_counted(store: Store) -> None:
    keep(store, [numbers()])
    broken = RunProfile(AGE, numbers().reference, Profile("age", numbers().current.grid, None))
    with pytest.raises(TypeError):
        keep(store, [broken], run(error="second try"))
    assert [kept.error for kept in store.runs()] == [None]
    assert same(store.run_profiles("m", "1", day(0))[0], numbers())


def test_profiles_survive_closing_the_store(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        keep(store, [numbers(), labels("Zürich", "北京", "")])
    with Store.open(tmp_path) as store:
        found = store.run_profiles("m", "1", day(0))
        assert same(found[0], numbers())
        assert same(found[1], labels("Zürich", "北京", ""))


def test_only_the_deployment_that_was_counted_has_profiles(store: Store) -> None:
    both = [run(), run(version="2")]
    counted = {(Deployment("m", "2"), day(0)): [numbers()]}
    store.replace_runs("m", [day(0)], both, counted)
    assert store.run_profiles("m", "1", day(0)) == []
    assert same(store.run_profiles("m", "2", day(0))[0], numbers())
