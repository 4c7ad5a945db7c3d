"""The forecast detector: laws of its scores, and what it sees and does not see."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from detectors import forecast
from detectors.forecast_calibration import Spread, total
from detectors.forecast_line import count_incidents, poisson_interval
from detectors.grid import learn_number_grid
from domain.errors import NothingToJudgeError, UnknownNameError, UsageError
from domain.finding import Calibration
from domain.profile import SortedColumn

K = 26
LINE = 4.0


@pytest.fixture(scope="module")
def columns(normal_column, label_column):
    """Sixty windows of six columns in which nothing happens."""
    rng = np.random.default_rng(0)
    numbers = [normal_column(rng, 60, column=f"n{i}", rows=400) for i in range(4)]
    labels = [label_column(rng, 60, column=f"c{i}", rows=400) for i in range(2)]
    return [*numbers, *labels]


@pytest.fixture(scope="module")
def calibration(columns):
    return forecast.calibrate([column.part(slice(0, K)) for column in columns], None)


def judged(columns, phases=None, *, k=K, memory=20):
    """Calibrate on the first k windows and judge the rest."""
    n = len(columns[0].counts)
    days = None if phases is None else phases[:n]
    calibration = forecast.calibrate(
        [column.part(slice(0, k)) for column in columns],
        None if days is None else days[:k],
        memory=memory,
    )
    later = [column.part(slice(k, n)) for column in columns]
    return forecast.judge(calibration, later, None if days is None else days[k:], memory=memory)


def after(k, n, value, before=0.0):
    """Return a value per window that changes after the first k."""
    return np.where(np.arange(n) < k, before, value)


# --------------------------------------------------------------------------- laws


@given(st.integers(0, 33), st.integers(2, 20))
@settings(max_examples=25)
def test_a_window_judged_alone_scores_as_in_a_batch(columns, calibration, t, memory):
    batch = forecast.judge(calibration, columns, None, memory=memory)
    w = K + t
    alone = forecast.judge(
        calibration, [c.part(slice(w - memory + 1, w + 1)) for c in columns], None, memory=memory
    )
    assert alone.score[:, -1] == pytest.approx(batch.score[:, w], abs=1e-9)
    assert alone.movement[:, -1] == pytest.approx(batch.movement[:, w])


def test_sustained_readings_are_compared_with_a_baseline_remembered_as_long(columns, calibration):
    other = forecast.calibrate([c.part(slice(0, K)) for c in columns], None, memory=5)
    one = forecast.judge(calibration, columns, None, memory=5)
    assert one.score == pytest.approx(forecast.judge(other, columns, None, memory=5).score)
    assert one.score != pytest.approx(forecast.judge(calibration, columns, None).score)


@given(st.permutations(range(6)))
@settings(max_examples=10)
def test_the_order_of_columns_changes_no_score(columns, order):
    straight = judged(columns)
    turned = judged([columns[i] for i in order])
    assert turned.columns == tuple(columns[i].column for i in order)
    assert turned.score == pytest.approx(straight.score[list(order)], abs=1e-9)


def test_a_column_scores_the_same_whichever_others_are_judged_with_it(columns, calibration):
    together = forecast.judge(calibration, columns, None)
    alone = forecast.judge(calibration, [columns[3]], None)
    assert alone.score[0] == pytest.approx(together.score[3], abs=1e-9)


@pytest.mark.parametrize("scale", [1e-6, 1000.0])
def test_another_unit_changes_no_score(series, scale):
    rng = np.random.default_rng(1)
    values = rng.gamma(2, size=(40, 300))

    def scores(unit):
        grid = learn_number_grid(SortedColumn.from_values("x", values[:K].ravel() * unit))
        counts = [np.bincount(grid.cells_of_numbers(w * unit), minlength=102) for w in values]
        return judged([series("x", grid, np.array(counts))]).score

    assert scores(scale) == pytest.approx(scores(1.0))


@pytest.mark.parametrize("reading", ["mean", "sd", "missing"])
def test_a_larger_change_is_more_surprising(normal_column, reading):
    sizes = {
        "mean": [0, 0.2, 0.4, 0.8],
        "sd": [1, 1.15, 1.3, 1.6],
        "missing": [0, 0.0005, 0.002, 0.006],
    }
    scores = []
    for size in sizes[reading]:
        rng = np.random.default_rng(2)
        change = after(K, K + 10, size, 1.0 if reading == "sd" else 0.0)
        scores.append(judged([normal_column(rng, K + 10, **{reading: change})]).score[0, -1])
    assert (np.diff(scores) > 0).all()


def test_calibrating_twice_gives_the_same_line_and_scores(columns):
    one, two = judged(columns), judged(columns)
    assert (one.score == two.score).all()


def test_a_longer_memory_sees_a_small_lasting_shift_better(normal_column):
    scores = {}
    for memory in (1, 20):
        rng = np.random.default_rng(3)
        columns = [normal_column(rng, 60, column=str(i), rows=500) for i in range(10)]
        columns.append(normal_column(rng, 60, mean=after(K, 60, 0.2), rows=500))
        scores[memory] = np.median(judged(columns, memory=memory).score[-1, 20:])
    assert scores[20] > scores[1] + 0.5


def test_the_score_is_the_largest_surprise_less_the_price_of_all_that_were_looked_at():
    surprise = np.array([[3.0, np.nan], [1.0, np.nan], [np.nan, np.nan]])
    assert total(surprise) == pytest.approx([3 - np.log10(2), np.nan], nan_ok=True)


def test_numbers_without_atoms_have_no_unseen_reading_to_be_looked_at(columns, normal_column):
    numbers = [column.part(slice(0, K)) for column in columns[:4]]
    assert forecast.calibrate(numbers, None).tails["unseen"] is None
    assert "unseen" not in judged(columns).reading[:4]


@given(hnp.arrays(float, st.integers(1, 30), elements=st.floats(0, 50)))
def test_dispersions_are_pulled_towards_the_usual_one_and_never_below_sampling(mean_squares):
    spread = Spread.learn(mean_squares, K)
    pulled = spread.of(mean_squares)
    assert (pulled >= 1).all()
    away = np.abs(np.maximum(mean_squares, 1) - np.maximum(spread.usual, 1))
    assert (np.abs(pulled - np.maximum(spread.usual, 1)) <= away + 1e-9).all()


def test_columns_that_agree_pull_harder_than_columns_that_do_not():
    rng = np.random.default_rng(25)
    alike = Spread.learn(6 * rng.chisquare(12, size=200) / 12, K)
    unlike = Spread.learn(np.exp(rng.normal(1.8, 1.5, size=200)), K)
    assert alike.of(np.array([1.0])) > 3.5
    assert unlike.of(np.array([1.0])) < 2.5


# --------------------------------------------------------------------------- what it sees


def test_independent_windows_keep_the_budget(normal_column, label_column):
    rng = np.random.default_rng(4)
    incidents, windows = 0, 0
    for _ in range(6):
        columns = [normal_column(rng, 80, column=str(i), rows=300) for i in range(8)]
        columns.append(label_column(rng, 80, rows=300))
        calibration = forecast.calibrate([c.part(slice(0, K)) for c in columns], None)
        line = forecast.budget_line(calibration, 1, 90, 1)
        scores = forecast.judge(calibration, [c.part(slice(K, 80)) for c in columns], None).score
        incidents += count_incidents((scores >= line).any(axis=0), 2)
        windows += scores.shape[1]
    assert poisson_interval(incidents)[0] <= windows / 90


@pytest.mark.parametrize("n_columns", [1, 2, 3, 12])
def test_half_a_standard_deviation_is_seen_within_ten_windows(normal_column, n_columns):
    rng = np.random.default_rng(5)
    others = [normal_column(rng, K + 10, column=str(i)) for i in range(n_columns - 1)]
    shifted = normal_column(rng, K + 10, mean=after(K, K + 10, 0.5))
    assert judged([*others, shifted]).score[-1].max() >= LINE


def test_one_column_of_a_hundred_that_shifts_is_seen_alone(normal_column):
    rng = np.random.default_rng(6)
    columns = [normal_column(rng, K + 10, column=str(i), rows=300) for i in range(100)]
    columns[42] = normal_column(rng, K + 10, column="42", rows=300, mean=after(K, K + 10, 0.7))
    seen = (judged(columns).score >= LINE + 1).any(axis=1)
    assert np.flatnonzero(seen).tolist() == [42]


def weekly(normal_column, seed, *, shift=0.0):
    """Return columns of eight weeks whose weekends differ, and their weekdays."""
    rng = np.random.default_rng(seed)
    weekday = np.arange(56) % 7
    mean = np.where(weekday >= 5, 1.5, 0.0) + after(35, 56, shift)
    columns = [normal_column(rng, 56, column=str(i), mean=mean, rows=500) for i in range(6)]
    return columns, weekday


def test_a_weekly_pattern_is_no_alarm_and_a_shift_on_top_of_it_is_one(normal_column):
    columns, weekday = weekly(normal_column, 7)
    assert judged(columns, weekday, k=35).score.max() < LINE
    columns, weekday = weekly(normal_column, 7, shift=1.5)
    assert (judged(columns, weekday, k=35).score >= LINE).any(axis=1).all()


def test_knowing_the_weekday_makes_a_weekly_column_easier_to_judge(normal_column):
    columns, weekday = weekly(normal_column, 8, shift=0.5)
    known, unknown = judged(columns, weekday, k=35), judged(columns, None, k=35)
    assert np.median(known.score[:, 5:]) > np.median(unknown.score[:, 5:]) + 0.5


def wandering(normal_column, seed, **changes):
    """Return one column whose daily mean moves by itself by .3 sd, among five of the kind."""
    rng = np.random.default_rng(seed)
    means = rng.normal(0, 0.3, size=(6, 60))
    others = [normal_column(rng, 60, column=str(i), mean=means[i], rows=500) for i in range(5)]
    return [*others, normal_column(rng, 60, mean=means[5] + changes.pop("mean", 0), **changes)]


def test_movement_in_the_columns_own_direction_is_no_alarm_but_another_one_is(normal_column):
    assert judged(wandering(normal_column, 9)).score.max() < LINE
    # Both have a PSI of .35: the mean goes where it goes by itself, the spread never moved.
    up = judged(wandering(normal_column, 9, mean=after(K, 60, 0.59))).score[-1]
    wider = judged(wandering(normal_column, 9, sd=after(K, 60, 1.5, 1.0))).score[-1]
    assert np.median(wider) > LINE
    assert np.median(up) < np.median(wider) / 2


def test_a_rising_share_of_missing_values_is_seen_and_named(normal_column):
    rng = np.random.default_rng(10)
    columns = [normal_column(rng, K + 10, column=str(i), missing=0.02) for i in range(5)]
    columns.append(normal_column(rng, K + 10, missing=after(K, K + 10, 0.08, 0.02)))
    found = judged(columns)
    assert found.score[-1].max() >= LINE
    assert found.reading[-1, found.score[-1].argmax()] == "missing"


def test_a_falling_share_of_missing_values_is_none(normal_column):
    rng = np.random.default_rng(11)
    columns = [normal_column(rng, K + 10, column=str(i), missing=0.2) for i in range(5)]
    columns.append(normal_column(rng, K + 10, missing=after(K, K + 10, 0.0, 0.2)))
    assert judged(columns).score[-1].max() < LINE


def test_one_missing_value_after_none_in_the_baseline_is_no_alarm(normal_column):
    rng = np.random.default_rng(23)
    columns = [normal_column(rng, K + 10, column=str(i)) for i in range(6)]
    columns[5].counts[K, 40] -= 1
    columns[5].counts[K, -2] += 1
    assert judged(columns).score[-1].max() < LINE / 2


def test_a_new_category_is_seen_and_named(label_column, normal_column):
    rng = np.random.default_rng(12)
    others = [normal_column(rng, K + 10, column=str(i)) for i in range(5)]
    found = judged([*others, label_column(rng, K + 10, unseen=after(K, K + 10, 0.03))])
    assert found.score[-1].max() >= LINE
    assert found.reading[-1, -1] == "unseen"


def test_another_mix_of_the_same_categories_is_seen(label_column, series):
    rng = np.random.default_rng(13)
    before = label_column(rng, K)
    later = label_column(rng, 10, shares=np.array([0.3, 0.25, 0.15, 0.1, 0.12, 0.08]))
    both = series("label", before.grid, np.vstack((before.counts, later.counts)))
    found = judged([*(label_column(rng, K + 10, column=str(i)) for i in range(5)), both])
    assert found.score[-1].max() >= LINE
    assert found.reading[-1, -1] == "shape_sustained"


def test_a_constant_that_changes_is_seen_at_once(series, normal_column):
    # Elec2's three constants, which quantile bins cannot see.
    rng = np.random.default_rng(14)
    grid = learn_number_grid(SortedColumn.from_values("x", np.full(9, 0.5)))
    counts = np.tile([500, 0, 0], (K + 5, 1))
    counts[K:] = [0, 0, 500]
    found = judged([normal_column(rng, K + 5, column="y"), series("x", grid, counts)])
    assert found.score[1, 0] >= LINE
    assert found.reading[1, 0] == "unseen"


def nearly_constant(series, rng, grid, others, n_windows):
    """Return windows of zeros in which a share of `others` holds something else."""
    table = []
    for share in np.broadcast_to(others, n_windows):
        values = np.where(rng.random(800) < share, rng.exponential(5, 800), 0.0)
        table.append(np.bincount(grid.cells_of_numbers(values), minlength=grid.n_cells + 2))
    return series("x", grid, np.array(table))


def test_a_nearly_constant_column_is_judged_by_the_few_that_differ(series, normal_column):
    rng = np.random.default_rng(24)
    values = np.where(rng.random(20_000) < 0.01, rng.exponential(5, 20_000), 0.0)
    grid = learn_number_grid(SortedColumn.from_values("x", values))
    others = [normal_column(rng, 60, column=str(i)) for i in range(5)]
    quiet = nearly_constant(series, rng, grid, 0.01, 60)
    assert judged([*others, quiet]).score[-1].max() < LINE
    changed = nearly_constant(series, rng, grid, after(K, 60, 0.04, 0.01), 60)
    assert judged([*others, changed]).score[-1, :10].max() >= LINE


def test_a_constant_that_stays_is_never_surprising(series):
    grid = learn_number_grid(SortedColumn.from_values("x", np.full(9, 0.5)))
    counts = np.tile([500, 0, 0], (60, 1))
    assert judged([series("x", grid, counts)]).score.max() <= 0.5


# --------------------------------------------------------------------------- sizes and holes


@pytest.mark.parametrize("rows", [40, 100, 10_000])
def test_a_change_of_traffic_alone_is_no_drift(normal_column, label_column, rows):
    rng = np.random.default_rng(15)
    traffic = after(K, 60, rows, 1000).astype(int)
    columns = [normal_column(rng, 60, column=str(i), rows=traffic, missing=0.01) for i in range(5)]
    assert judged(columns).score.max() < LINE


def test_windows_without_rows_are_not_judged_and_teach_nothing(normal_column):
    rng = np.random.default_rng(16)
    rows = np.full(60, 800)
    rows[[4, 5, 30, 31, 32, 40]] = [0, 3, 0, 5, 0, 29]
    columns = [normal_column(rng, 60, column=str(i), rows=rows) for i in range(4)]
    score = judged(columns).score
    silent = np.isin(np.arange(K, 60), [30, 31, 32, 40])
    assert np.isnan(score[:, silent]).all()
    assert np.isfinite(score[:, ~silent]).all()
    assert np.nanmax(score) < LINE


def test_a_column_that_was_missing_for_part_of_the_baseline_can_be_judged(normal_column):
    rng = np.random.default_rng(17)
    gone = np.zeros(60)
    gone[5:15] = 1.0
    found = judged([normal_column(rng, 60, missing=gone), normal_column(rng, 60, column="y")])
    assert np.isfinite(found.score).all()


def test_a_column_that_the_baseline_never_had_is_seen_when_it_comes(series, normal_column):
    rng = np.random.default_rng(18)
    grid = learn_number_grid(SortedColumn.from_values("x", np.empty(0)))
    counts = np.tile([900, 0], (K + 5, 1))
    counts[K:] = [0, 900]
    found = judged([normal_column(rng, K + 5, column="y"), series("x", grid, counts)])
    assert found.score[1, 0] >= LINE


def test_one_column_can_be_calibrated_alone(normal_column):
    found = judged([normal_column(np.random.default_rng(19), 60)])
    assert np.isfinite(found.score).all()
    assert np.isfinite(found.movement).all()


# --------------------------------------------------------------------------- movement


def test_usual_windows_move_once_the_usual_distance(columns):
    assert np.median(judged(columns).movement) == pytest.approx(1, abs=0.25)


def test_the_usual_distance_is_the_columns_own(normal_column):
    rng = np.random.default_rng(26)
    jumps = np.where(np.arange(60) % 6 == 3, 3.0, 0.0)
    columns = [normal_column(rng, 60, column=str(i), mean=jumps, rows=500) for i in range(4)]
    moved = judged(columns).movement
    assert np.median(moved) == pytest.approx(1, abs=0.3)
    assert moved[:, jumps[K:] > 0].min() > 1.5


def test_the_movement_ranks_windows_as_the_shapes_surprise_does(normal_column):
    rng = np.random.default_rng(20)
    shift = np.concatenate((np.zeros(K), np.linspace(0, 1.5, 16)))
    columns = [normal_column(rng, K + 16, mean=shift)]
    calibration = forecast.calibrate([c.part(slice(0, K)) for c in columns], None)
    later = [c.part(slice(K, K + 16)) for c in columns]
    score = forecast.judge(calibration, later, None, memory=1).score[0]
    movement = forecast.movement(calibration, later)[0]
    assert movement[-1] > 5
    assert (np.diff(score[np.argsort(movement)]) >= -1e-9).all()


# --------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("windows", "level"),
    [
        (0, Calibration.NONE),
        (11, Calibration.NONE),
        (12, Calibration.WEAK),
        (20, Calibration.WEAK),
        (21, Calibration.FULL),
    ],
)
def test_the_level_is_by_the_number_of_baseline_windows(columns, windows, level):
    assert forecast.level_of(windows) is level
    baseline = [column.part(slice(0, windows)) for column in columns]
    if level is Calibration.NONE:
        with pytest.raises(NothingToJudgeError, match=f"{windows} windows"):
            forecast.calibrate(baseline, None)
    else:
        assert forecast.calibrate(baseline, None).level is level


def test_windows_without_enough_rows_do_not_count_towards_the_level(normal_column):
    rows = np.where(np.arange(30) % 2, 500, 20)
    columns = [normal_column(np.random.default_rng(21), 30, rows=rows)]
    calibration = forecast.calibrate(columns, None)
    assert (calibration.n_windows, calibration.level) == (15, Calibration.WEAK)


def test_a_column_that_was_not_calibrated_or_is_counted_otherwise_is_refused(
    calibration, columns, label_column, series
):
    rng = np.random.default_rng(22)
    with pytest.raises(UnknownNameError, match="n4"):
        forecast.judge(calibration, [series("n4", columns[0].grid, columns[0].counts)], None)
    with pytest.raises(UsageError, match="n0"):
        forecast.judge(calibration, [label_column(rng, 3, column="n0")], None)
    with pytest.raises(NothingToJudgeError):
        forecast.judge(calibration, [], None)
    with pytest.raises(NothingToJudgeError):
        forecast.calibrate([], None)
