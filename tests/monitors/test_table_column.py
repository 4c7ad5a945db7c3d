"""One column of two files: counted from sorted values, and settled by all it holds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from detectors.grid import learn_number_grid
from domain.profile import ColumnKind, SortedColumn
from ingest.kinds import guess_columns
from ingest.open_table import from_dataframe
from monitors.table_column import NumberSample, read_numbers, read_pair

ANY_NUMBER = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True, width=32),
    st.sampled_from([0.0, -0.0, 1.0, 2.0, 1e300, -1e300]),
)
COLUMN = hnp.arrays(np.float64, st.integers(0, 300), elements=ANY_NUMBER)


def sample_of(values) -> NumberSample:
    return read_numbers(from_dataframe(pa.table({"x": pa.array(values, from_pandas=True)})), "x")


@given(COLUMN, COLUMN)
def test_counting_sorted_values_gives_what_counting_rows_gives(reference, current):
    grid = learn_number_grid(SortedColumn.from_values("x", reference))
    counted = sample_of(current).profile(grid).counts
    expected = np.bincount(grid.cells_of_numbers(current), minlength=grid.n_cells + 2)
    np.testing.assert_array_equal(counted, expected)


@given(COLUMN)
def test_no_row_of_a_column_is_lost(values):
    sample = sample_of(values)
    assert sample.n == len(values)
    assert sample.profile(sample.grid()).n == len(values)
    assert sample.missing == np.isnan(values).sum()


def pair_of(reference, current):
    tables = [from_dataframe(pd.DataFrame({"x": side})) for side in (reference, current)]
    return read_pair(*tables, guess_columns(*tables)[0])


RNG = np.random.default_rng(2)
NUMBERS = RNG.normal(size=300)
CODES = RNG.integers(0, 7, 300)
WORDS = [f"word {i % 9}" for i in range(300)]
FLAGS = RNG.random(300) < 0.4


@pytest.mark.parametrize(
    ("reference", "current"),
    [
        (CODES, [str(code) for code in CODES]),
        ([str(code) for code in CODES], CODES),
        (CODES, CODES.astype(float)),
        (NUMBERS, NUMBERS.astype("f4")),
        (NUMBERS, [f"{x:.3f}" for x in NUMBERS]),
        (NUMBERS, [None] * 300),
        (NUMBERS, ["ERR" if i % 20 == 0 else x for i, x in enumerate(NUMBERS)]),
    ],
)
def test_numbers_stay_numbers_however_a_file_writes_them(reference, current):
    pair = pair_of(reference, current)
    assert pair.type_now is None
    assert isinstance(pair.reference, NumberSample)
    assert isinstance(pair.current, NumberSample)


@pytest.mark.parametrize(
    ("reference", "current", "now"),
    [
        (NUMBERS, WORDS, ColumnKind.CATEGORY),
        (NUMBERS, [f"unique {i}" for i in range(300)], ColumnKind.CATEGORY),
        (WORDS, NUMBERS, ColumnKind.NUMBER),
        (FLAGS, NUMBERS, ColumnKind.NUMBER),
    ],
)
def test_a_column_of_another_type_is_told(reference, current, now):
    pair = pair_of(reference, current)
    assert pair.type_now is now
    before, after = pair.profiles()
    assert before.n == after.n == 300
    assert after.unseen == after.present


def test_rows_that_hold_no_number_are_counted_as_never_seen():
    profiles = pair_of(NUMBERS, ["ERR" if i % 20 == 0 else x for i, x in enumerate(NUMBERS)])
    before, after = profiles.profiles()
    assert (before.unseen, after.unseen) == (0, 15)
    assert after.missing == 0


@pytest.mark.parametrize("digits", [FLAGS.astype(int), FLAGS.astype(float)])
def test_true_and_false_are_one_and_zero(digits):
    for pair in (
        pair_of(FLAGS, digits),
        pair_of(digits, FLAGS),
        pair_of(FLAGS.astype(object), digits),
    ):
        before, after = pair.profiles()
        np.testing.assert_array_equal(before.counts, after.counts)


def test_a_column_that_begins_with_two_numbers_is_still_one_of_numbers():
    zeros = np.zeros(25_000)
    pair = pair_of(np.append(zeros, NUMBERS), np.append(zeros, NUMBERS))
    assert pair.guess.kind is ColumnKind.NUMBER
    assert len(pair.reference.values.values) == 301
