"""The common form of values, and the sentences of refusals."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.catalogue import LANGUAGES, names_in, texts
from ingest.cell_types import by_cell, decide, typed
from ingest.values import EXACT_INTEGER, Values, number_text

finite = st.floats(allow_nan=False, allow_infinity=False)
integers = st.integers(-EXACT_INTEGER, EXACT_INTEGER)
DOCUMENT = Path(__file__).parents[2] / "docs" / "native-format.md"


@settings(max_examples=200, deadline=None)
@given(finite)
def test_the_text_of_a_number_reads_back_as_the_same_number(number):
    (text,) = number_text(pa.array([number])).to_pylist()
    assert float(text) == number


@settings(max_examples=100, deadline=None)
@given(integers)
def test_whole_numbers_are_written_as_integers_are(number):
    assert number_text(pa.array([float(number)])).to_pylist() == [str(number)]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.none() | finite | integers.map(float), min_size=1, max_size=8))
def test_each_number_is_written_alone_as_it_is_among_others(numbers):
    together = number_text(pa.array(numbers, pa.float64())).to_pylist()
    alone = [number_text(pa.array([n], pa.float64()))[0].as_py() for n in numbers]
    assert together == alone


@settings(max_examples=150, deadline=None)
@given(st.lists(finite.map(repr) | integers.map(str), min_size=1, max_size=8))
def test_cells_that_spell_numbers_are_these_numbers_as_json_reads_them(cells):
    column = pa.array(cells)
    expected = [float(json.loads(cell)) for cell in cells]
    for values in (typed(column, "number"), by_cell(column)):
        for row, cell in enumerate(cells):
            if "." not in cell and "e" not in cell and abs(int(cell)) > EXACT_INTEGER:
                assert values.plain(row) == cell
            else:
                assert values.plain(row) == expected[row]


cells = st.none() | st.sampled_from(
    [
        "1",
        "-2.5",
        "007",
        "x",
        "NA",
        "",
        "nan",
        "inf",
        "true",
        "1e400",
        " 3 ",
        "+4",
        "9007199254740992",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(cells, min_size=1, max_size=8), st.sampled_from(["number", "flag", "text"]))
def test_a_cell_is_read_alone_as_it_is_among_others(column, kind):
    for read in (lambda texts: typed(texts, kind), by_cell):
        together = read(pa.array(column, pa.string()))
        for row, cell in enumerate(column):
            assert together.plain(row) == read(pa.array([cell], pa.string())).plain(0)


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (["1", "2", None], "number"), (["1", "x"], "text"), (["true", "FALSE"], "flag"),
        (["01", "02"], "text"), (["0", "0.5", "-0.1"], "number"), (["NA", None, "1"], "number"),
        (["NA", "null"], "text"), ([None, None], None), (["1"] * 9 + ["x"], "number"),
        (["1"] * 8 + ["x"], "text"), (["1e5", "inf", "nan"], "number"), (["9E", "UA"], "text"),
    ],
)  # fmt: skip
def test_a_column_is_what_nine_of_ten_of_its_cells_are(column, kind):
    assert decide(pa.array(column, pa.string())) == kind


def test_a_part_without_anything_is_none():
    values = Values(2, number=pa.array([1.0, None]), text=pa.array([None, None], pa.string()))
    assert set(values.parts()) == {"number"}
    assert values.present().tolist() == [True, False]


def test_what_a_message_quotes_is_one_short_line():
    values = Values(1, text=pa.array(["a\nb" * 100]))
    assert "\n" not in values.describe(0)
    assert len(values.describe(0)) <= 80


def test_every_reason_is_in_the_document_and_says_the_same_in_every_language():
    reasons = {key.removeprefix("rejection.") for key in texts() if key.startswith("rejection.")}
    named = set(re.findall(r"`([a-z0-9_]+)`", DOCUMENT.read_text(encoding="utf-8")))
    assert reasons <= named
    for key, text in texts().items():
        if key.startswith(("rejection.", "guess.")):
            assert set(text) == set(LANGUAGES)
            assert names_in(text["en"]) == names_in(text["zh"]), key
