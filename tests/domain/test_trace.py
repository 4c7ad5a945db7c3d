"""Ids of traces and spans, however a log spelled them."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.trace import span_id_of, trace_id_of

TRACES = st.integers(2**64, 2**128 - 1)
SPANS = st.integers(2**32, 2**64 - 1)


@given(TRACES)
def test_every_spelling_of_a_trace_id_is_the_same_id(number):
    expected = f"{number:032x}"
    spellings = [expected, expected.upper()]
    if not f"{number:x}".isdigit():  # without its zeros it could be a decimal number
        spellings.append(f"{number:x}")
    if len(str(number)) not in {16, 32}:
        spellings.append(str(number))
    in_bytes = base64.b64encode(number.to_bytes(16, "big")).decode()
    assert {trace_id_of(one) for one in (*spellings, in_bytes)} == {expected}


@given(SPANS)
def test_every_spelling_of_a_span_id_is_the_same_id(number):
    decimal = [str(number)] if len(str(number)) not in {8, 16} else []
    assert {span_id_of(one) for one in (f"{number:016X}", *decimal)} == {f"{number:016x}"}


@given(st.text())
def test_what_is_no_id_is_none_and_never_an_error(text):
    found = trace_id_of(text)
    assert found is None or (len(found) == 32 and int(found, 16))


@pytest.mark.parametrize("text", ["", "0", "0" * 16, "0" * 32, "g" * 32, "1" * 33 + "a", "-7", "٣"])
def test_zeros_and_words_are_no_trace(text):
    assert trace_id_of(text) is None
