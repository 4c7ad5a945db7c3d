"""What the forecast detector says it can see, it then sees."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from detectors import forecast
from detectors.grid import learn_number_grid
from detectors.visible_shift import SIZES, ShiftUnit, shift_matrices
from domain.profile import Grid, GridKind, SortedColumn

LINE = 4.0


def visible(columns, phases=None, line=LINE):
    calibration = forecast.calibrate(columns, phases)
    return forecast.visible_shifts(calibration, columns, line=line)


def atoms(*values):
    return Grid(GridKind.ATOMS, np.array(values, dtype=float))


counts = hnp.arrays(float, 30, elements=st.integers(0, 1000).map(float))


@given(st.sampled_from(list(GridKind)), counts, st.floats(1e-200, 1e200))
def test_a_shift_moves_every_row_somewhere_and_makes_none(kind, totals, unit):
    totals[0] += 1
    edges = np.arange(1.0, 31.0 - (kind is GridKind.QUANTILES)) ** 3 * unit
    labels = tuple(map(str, range(30))) if kind is GridKind.CATEGORIES else ()
    for moves in shift_matrices(Grid(kind, edges, labels), totals):
        assert moves.min() >= 0
        assert moves.sum(axis=1) == pytest.approx(1)


def test_the_mean_of_atoms_moves_by_the_size_asked_for():
    grid, totals = atoms(0, 1, 2, 5), np.array([500.0, 300, 150, 50])
    mean = totals @ grid.edges / 1000
    sd = np.sqrt(totals @ (grid.edges - mean) ** 2 / 1000)
    for size, moves in zip(SIZES[ShiftUnit.SD][:2], shift_matrices(grid, totals), strict=False):
        moved = totals @ moves[:, :-1]
        # All but the rows of the last atom, which has none above it, move.
        room = (950 * size * sd + 50 * 0) / 1000
        assert moved @ grid.edges / 1000 - mean == pytest.approx(room)


def test_atoms_at_the_top_of_their_range_move_down():
    moves = shift_matrices(atoms(0, 1), np.array([10.0, 990.0]))
    assert (np.array([10.0, 990.0]) @ moves[1])[1] < 990 - 40


def test_quantile_cells_move_as_the_values_in_them_do():
    rng = np.random.default_rng(0)
    values = rng.normal(size=200_000)
    grid = learn_number_grid(SortedColumn.from_values("x", values))
    before = np.bincount(grid.cells_of_numbers(values), minlength=100)
    moves = shift_matrices(grid, before.astype(float))
    for size, one in zip(SIZES[ShiftUnit.SD][:2], moves, strict=False):
        oracle = np.bincount(grid.cells_of_numbers(values + size), minlength=100)
        moved = (before @ one)[:-1]
        # The values in the open end cells are not where their edges are: leave 3 % to them.
        assert np.abs(moved - oracle).sum() / 2 / len(values) < 0.03


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2, 0.4])
def test_a_mix_takes_its_share_from_the_most_frequent_category(share):
    totals = np.array([300.0, 600.0, 100.0])
    grid = Grid(GridKind.CATEGORIES, np.empty(0), ("a", "b", "c"))
    moved = totals @ shift_matrices(grid, totals)[SIZES[ShiftUnit.MIX].index(share)]
    assert moved == pytest.approx([300 + 750 * share, 600 - 1000 * share, 100 + 250 * share, 0])


def test_the_shift_called_visible_is_then_seen_in_a_real_drift(normal_column):
    rng = np.random.default_rng(1)
    means = rng.normal(0, 0.15, size=(6, 56))
    baseline = [
        normal_column(rng, 56, column=str(i), mean=means[i], rows=500).part(slice(0, 36))
        for i in range(6)
    ]
    calibration = forecast.calibrate(baseline, None)
    smallest = forecast.visible_shifts(calibration, baseline, line=LINE)["0"]
    assert smallest in {0.25, 0.5, 1.0}
    seen = 0
    for _ in range(30):
        mean = rng.normal(0, 0.15, size=10) + smallest
        later = normal_column(rng, 10, column="0", mean=mean, rows=500)
        seen += (forecast.judge(calibration, [later], None).score >= LINE).any()
    assert seen >= 24


def test_a_column_that_moves_more_by_itself_shows_less(normal_column):
    smallest = []
    for wander in (0.0, 0.5, 3.0):
        rng = np.random.default_rng(2)
        columns = [
            normal_column(rng, 30, column=str(i), mean=rng.normal(0, wander, 30), rows=400)
            for i in range(5)
        ]
        smallest.append(visible(columns)["0"])
    assert smallest[0] < smallest[1]
    assert smallest[2] is None


def test_a_higher_line_never_shows_a_smaller_shift(normal_column, label_column):
    rng = np.random.default_rng(3)
    columns = [
        *(normal_column(rng, 30, column=str(i), mean=rng.normal(0, 0.2, 30)) for i in range(3)),
        label_column(rng, 30),
    ]
    at = [visible(columns, line=line) for line in (2.0, 4.0, 8.0, 40.0)]
    for name in at[0]:
        sizes = [np.inf if one[name] is None else one[name] for one in at]
        assert sizes == sorted(sizes)


def test_rows_make_shifts_visible(label_column):
    rng = np.random.default_rng(4)
    few = visible([label_column(rng, 30, column=str(i), rows=60) for i in range(5)])["0"]
    many = visible([label_column(rng, 30, column=str(i), rows=4000) for i in range(5)])["0"]
    assert many == 0.05
    assert few is None or few > many


def test_a_weekly_pattern_that_is_known_hides_nothing(normal_column):
    weekday = np.arange(56) % 7
    own = np.random.default_rng(0).normal(0, 0.3, size=(5, 56))

    def columns(weekly):
        rng = np.random.default_rng(1)
        pattern = np.where(weekday > 4, weekly, 0.0)
        return [normal_column(rng, 56, column=str(i), mean=own[i] + pattern) for i in range(5)]

    plain, known = visible(columns(0.0)), visible(columns(3.0), weekday)
    assert plain == known == dict.fromkeys("01234", 1.0)
    unknown = visible(columns(3.0))
    assert all(size is None or size > 1 for size in unknown.values())


def test_any_other_value_of_a_constant_is_visible(series, normal_column):
    rng = np.random.default_rng(5)
    constant = series("constant", atoms(0.5), np.tile([400, 0, 0], (30, 1)))
    label = series(
        "label", Grid(GridKind.CATEGORIES, np.empty(0), ("only",)), np.tile([400, 0, 0], (30, 1))
    )
    found = visible([normal_column(rng, 30), constant, label])
    assert found["constant"] == 0.0
    assert found["label"] == 0.05
