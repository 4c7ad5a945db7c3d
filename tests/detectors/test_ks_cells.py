"""KS from cells: the interval holds the truth, and reading a few cells gives what all rows give."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from detectors import ks
from detectors.grid import learn_number_grid
from detectors.ks import Limits
from detectors.ks_cells import CellTest, cells_between
from domain.finding import Verdict
from domain.profile import ColumnRole, Grid, GridKind, SortedColumn

FEATURE = ColumnRole.FEATURE
LARGEST = np.finfo(float).max
numbers = st.one_of(
    st.integers(-4, 4).map(float),
    st.floats(-10, 10, allow_nan=False),
    st.sampled_from([np.inf, -np.inf, np.nan, LARGEST, -LARGEST]),
)
samples = hnp.arrays(float, st.integers(1, 50), elements=numbers)
limits = st.builds(
    Limits,
    alpha=st.sampled_from([1e-4, 0.05, 0.9]),
    threshold=st.sampled_from([0.05, 0.3]),
    min_rows=st.just(3),
)


def column(values):
    return SortedColumn.from_values("x", np.asarray(values, dtype=float))


@st.composite
def grids(draw):
    """Cells of any kind: learned from something else, or single values only."""
    edges = np.unique(draw(hnp.arrays(float, st.integers(1, 8), elements=st.floats(-9, 9))))
    if draw(st.booleans()):
        heavy = edges[:2]
        edges = np.union1d(edges, np.nextafter(heavy, np.inf))
        return Grid(GridKind.QUANTILES, edges)
    return Grid(GridKind.ATOMS, np.union1d(edges, np.arange(-4.0, 5.0)))


def by_cells(reference, current, grid):
    """A test from counts, as a monitor has it: only infinite values are told apart."""
    outside = tuple(
        SortedColumn.from_values("x", side.ordered[:0]) if not side.infinite else infinite(side)
        for side in (reference, current)
    )
    profiles = [side.profile(grid) for side in (reference, current)]
    if grid.kind is GridKind.ATOMS and any(
        profile.unseen > side.infinite
        for profile, side in zip(profiles, (reference, current), strict=True)
    ):
        profiles = [side.profile(cells_between(grid)) for side in (reference, current)]
    return CellTest.of(*profiles, outside, FEATURE)


def infinite(side):
    values = np.concatenate((np.full(side.below, -np.inf), np.full(side.above, np.inf)))
    return SortedColumn.from_values("x", values)


def decided(test, reference, current, chosen, most_rows):
    """Look at cells until the verdict hangs on no other; also how many times it took."""
    for turn in range(1000):
        finding = test.judge(chosen)
        if finding is not None:
            return finding, turn
        test = test.with_values(test.next_cells(most_rows), reference, current)
    raise AssertionError("it never ends")


def exact(reference, current, chosen):
    options = {"threshold": chosen.threshold, "min_rows": chosen.min_rows}
    return ks.detect(reference, current, kind=FEATURE, alpha=chosen.alpha, **options)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of scipy's p-value, not asked for
@given(samples, samples, grids())
def test_the_interval_holds_what_scipy_finds(reference, current, grid):
    finite = [side[np.isfinite(side)] for side in (reference, current)]
    if not min(len(side) for side in finite):
        return
    oracle = stats.ks_2samp(*finite, method="asymp").statistic

    test = by_cells(column(reference), column(current), grid)

    assert test.certain.size <= oracle + 1e-12
    assert oracle <= max(test.most(higher=True), test.most(higher=False)) + 1e-12


@given(samples, samples, grids(), limits, st.integers(1, 30))
def test_a_decided_verdict_is_that_of_all_values(reference, current, grid, chosen, most_rows):
    sides = column(reference), column(current)
    whole = exact(*sides, chosen)

    found, _ = decided(by_cells(*sides, grid), *sides, chosen, most_rows)

    if found.exact:
        assert found == whole
    else:
        assert found.verdict is whole.verdict
        assert found.values["low"] <= whole.statistic <= found.values["high"]
        assert found.statistic == found.values["low"]
        assert whole.reason == found.reason.replace(".cells", "") or found.verdict is Verdict.OK


@given(samples, samples, grids(), st.integers(1, 30))
def test_reading_on_to_the_end_gives_the_gap_of_all_values(reference, current, grid, most_rows):
    sides = column(reference), column(current)
    test = by_cells(*sides, grid)
    if min(test.samples.present) == 0:
        return
    while len(test.undecided):
        test = test.with_values(test.next_cells(most_rows), *sides)
    assert test.certain == ks.largest_gap(*sides)


def learned(seed=1, shift=0.0, n=40_000, decimals=12):
    rng = np.random.default_rng(seed)
    reference = column(rng.normal(size=n).round(decimals))
    current = column(rng.normal(shift, size=n // 2).round(decimals))
    return reference, current, learn_number_grid(reference)


@pytest.mark.parametrize(
    ("shift", "verdict", "reason"),
    [
        (0.0, Verdict.OK, "finding.ks.cells.ok"),
        (0.6, Verdict.DRIFTED, "finding.ks.cells.drifted.higher"),
        (-0.6, Verdict.DRIFTED, "finding.ks.cells.drifted.lower"),
    ],
)
def test_what_lies_far_from_the_line_is_decided_by_counts_alone(shift, verdict, reason):
    reference, current, grid = learned(shift=shift)

    found, turns = decided(
        by_cells(reference, current, grid), reference, current, Limits(0.01), 10**6
    )

    assert (found.verdict, found.reason, found.exact, turns) == (verdict, reason, False, 0)
    whole = exact(reference, current, Limits(0.01))
    assert found.values["low"] <= whole.statistic <= found.values["high"]
    assert found.values["high"] - found.values["low"] <= 0.03


def test_what_lies_near_the_line_takes_a_few_cells_and_is_exact():
    reference, current, grid = learned(shift=0.25)
    line = exact(reference, current, Limits(0.01)).statistic
    test = by_cells(reference, current, grid)

    found, turns = decided(test, reference, current, Limits(0.01, threshold=line), 10**6)

    assert turns == 1
    assert len(test.next_cells(10**6)) < grid.n_cells / 3
    assert found == exact(reference, current, Limits(0.01, threshold=line))
    assert found.verdict is Verdict.DRIFTED


def test_no_more_rows_are_looked_at_than_may_be():
    reference, current, grid = learned(shift=0.25)
    test = by_cells(reference, current, grid)
    rows = np.diff(test.upto).sum(axis=0)

    assert rows[test.next_cells(1500)].sum() <= 1500
    assert len(test.next_cells(1500)) > 1
    assert len(test.next_cells(1)) == 1, "one cell always comes, or it would never end"


def test_a_single_value_has_no_interior_that_could_hide_a_gap():
    """Half the rows hold one value: as a stretch it would leave everything undecided."""
    reference, current, _ = learned(decimals=0)
    grid = learn_number_grid(reference, max_atoms=0)

    test = by_cells(reference, current, grid)

    assert max(test.most(higher=True), test.most(higher=False)) < 0.06
    assert test.judge(Limits(0.01)).verdict is Verdict.OK


def test_single_values_alone_are_exact_without_looking():
    reference, current, _ = learned(decimals=0, shift=0.4)
    grid = learn_number_grid(reference)
    assert grid.kind is GridKind.ATOMS

    found = by_cells(reference, current, grid).judge(Limits(0.01))

    assert found == exact(reference, current, Limits(0.01))
    assert found.exact


def test_a_constant_inside_one_cell_is_told_as_such_after_looking():
    constant = column(np.full(100, 5.0))
    grid = Grid(GridKind.QUANTILES, np.array([4.0, 6.0]))
    found, turns = decided(by_cells(constant, constant, grid), constant, constant, Limits(0.01), 9)
    assert (found.reason, turns) == ("finding.ks.constant", 1)


def test_a_constant_is_told_as_such_also_where_no_gap_would_be_certain():
    constant = column(np.full(40, 5.0))
    grid = Grid(GridKind.QUANTILES, np.array([4.0, 6.0]))
    found, _ = decided(by_cells(constant, constant, grid), constant, constant, Limits(1e-99), 9)
    assert found.reason == "finding.ks.constant"


def test_a_drift_is_not_told_as_long_as_its_direction_is_not_certain():
    """A spread that grew is ahead on one side and behind on the other by nearly as much."""
    rng = np.random.default_rng(5)
    reference, current = column(rng.normal(size=20_000)), column(rng.normal(0, 3, size=20_000))
    grid = learn_number_grid(reference, max_cells=10)
    test = by_cells(reference, current, grid)
    assert test.certain.size > 0.1

    found, turns = decided(test, reference, current, Limits(0.01), 10**6)

    assert (found, turns) == (exact(reference, current, Limits(0.01)), 1)
