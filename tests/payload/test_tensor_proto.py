from __future__ import annotations

import base64

import numpy as np
import pytest

from ingest.json_exact import UnfitError
from ingest.payload.tensor_proto import tensor, tensor_of_json


def test_short_lists_repeat_their_last_value_and_empty_ones_are_zeros():
    # what tf.make_ndarray of TensorFlow 2.21 answers
    assert tensor(1, [3], b"", [2.5]).tolist() == [2.5, 2.5, 2.5]
    assert tensor("DT_FLOAT", [3], b"", [1, 2]).tolist() == [1, 2, 2]
    assert tensor("INT64", [3], b"", []).tolist() == [0, 0, 0]
    assert tensor(7, [2], b"", [b"a"]).tolist() == ["a", "a"]
    assert tensor(7, [2], b"", []).tolist() == ["", ""]


@pytest.mark.parametrize(
    ("dtype", "kind"),
    [
        (1, "<f4"),
        (2, "<f8"),
        (3, "<i4"),
        (4, "u1"),
        (5, "<i2"),
        (6, "i1"),
        (9, "<i8"),
        (10, "?"),
        (17, "<u2"),
        (19, "<f2"),
        (22, "<u4"),
        (23, "<u8"),
    ],
)
def test_content_is_what_numpy_reads_and_comes_before_values(dtype: int, kind: str):
    raw = bytes([0, 1] * 24)
    expected = np.frombuffer(raw, kind).reshape(2, -1)
    read = tensor(dtype, expected.shape, raw, [7])
    assert read.dtype == expected.dtype
    np.testing.assert_array_equal(read, expected)


def test_half_floats_come_as_their_bits():
    bits = np.array([1.5, -2.0], "<f2").view("<u2").tolist()
    assert tensor(19, [2], b"", bits).tolist() == [1.5, -2.0]
    assert tensor(14, [1], b"", [0x3FC0]).tolist() == [1.5]


def test_a_tensor_without_dimensions_is_one_value():
    assert tensor(1, [], b"", [2.0]).shape == ()


@pytest.mark.parametrize(
    ("dtype", "shape", "content", "values"),
    [
        (99, [1], b"", [1]),
        (1, [-1], b"", []),
        (1, [10**12], b"", [1.0]),
        (1, [10**6, 10**6], b"", []),
        (1, [1] * 70, b"", [1.0]),
        (1, [2], b"123", []),
        (7, [1], b"abc", []),
        (1, [1], b"", [1.0, 2.0]),
        (4, [1], b"", [300]),
        (1, [1], b"", ["x"]),
        (1, [2], b"", [[1.0, 2.0]]),
        (7, [2], b"", [["a"]]),
        (7, [1], b"", [None]),
    ],
)
def test_what_no_tensor_can_be_is_refused(
    dtype: int, shape: list[int], content: bytes, values: list[object]
):
    with pytest.raises(UnfitError) as caught:
        tensor(dtype, shape, content, values)
    assert caught.value.reason == "bad_tensor"


def test_texts_of_a_message_in_json_are_base64():
    dims = {"dim": [{"size": "2"}]}
    values = [base64.b64encode(b"Oslo").decode()]
    message = {"dtype": "DT_STRING", "tensorShape": dims, "stringVal": values}
    assert tensor_of_json(message).tolist() == ["Oslo", "Oslo"]
