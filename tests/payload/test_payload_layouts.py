from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.exchange import Payload
from ingest.payload import decode_request, decode_response
from tests.payload.spellings import LAYOUTS, Rows, spelled

# at least two features: of one, servers write the number and not a row of it
tables = st.integers(2, 5).flatmap(
    lambda width: st.lists(
        st.lists(
            st.floats(-1e15, 1e15),
            min_size=width,
            max_size=width,
        ),
        min_size=1,
        max_size=4,
    )
)


def rows_of(payload: Payload) -> Rows:
    decoded = decode_request(payload)
    assert decoded.error is None
    names = [f"f{i}" for i in range(len(decoded.columns))]
    assert sorted(decoded.columns) == sorted(names)
    rows = list(zip(*(decoded.columns[name] for name in names), strict=True))
    assert len(rows) == decoded.n_rows
    return [list(row) for row in rows]


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=25, deadline=None)
@given(rows=tables)
def test_every_layout_of_the_same_rows_is_decoded_to_them(layout: str, rows: Rows):
    assert rows_of(LAYOUTS[layout](rows)) == rows


@pytest.mark.parametrize(
    ("datatype", "dtype"),
    [
        ("BOOL", "?"),
        ("UINT8", "u1"),
        ("UINT16", "<u2"),
        ("UINT32", "<u4"),
        ("UINT64", "<u8"),
        ("INT8", "i1"),
        ("INT16", "<i2"),
        ("INT32", "<i4"),
        ("INT64", "<i8"),
        ("FP16", "<f2"),
        ("FP32", "<f4"),
        ("FP64", "<f8"),
    ],
)
def test_raw_tensors_of_every_type_are_what_numpy_reads(datatype: str, dtype: str):
    raw = bytes(range(1, 49)) if dtype != "?" else bytes([0, 1, 1, 0, 0, 1])
    array = np.frombuffer(raw, dtype).reshape(2, -1)
    tensor = {"name": "x", "shape": list(array.shape), "datatype": datatype}
    tensor["parameters"] = {"binary_data_size": len(raw)}
    head = json.dumps({"inputs": [tensor]}).encode()
    decoded = decode_request(Payload(head + raw, "", len(head)))
    np.testing.assert_array_equal(np.array(list(decoded.columns.values())).T, array)


def test_a_bfloat_is_the_upper_half_of_a_float():
    raw = np.array([1.5, -2.0], "<f4").view("<u2")[1::2].tobytes()
    tensor = {"name": "x", "shape": [2], "datatype": "BF16"}
    tensor["parameters"] = {"binary_data_size": len(raw)}
    head = json.dumps({"inputs": [tensor]}).encode()
    assert decode_request(Payload(head + raw, "", len(head))).columns == {"x": [1.5, -2.0]}


def test_raw_texts_stand_behind_their_lengths():
    raw = b"\x04\x00\x00\x00Oslo\x00\x00\x00\x00\x03\x00\x00\x00\xc3\xa9!"
    tensor = {"name": "city", "shape": [3, 1], "datatype": "BYTES"}
    tensor["parameters"] = {"binary_data_size": len(raw)}
    head = json.dumps({"inputs": [tensor]}).encode()
    assert decode_request(Payload(head + raw)).columns == {"city": ["Oslo", "", "é!"]}


def test_raw_texts_that_are_no_utf8_stay_what_they_are_in_base64():
    pictures = [b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe1", b"Oslo"]
    raw = b"".join(len(one).to_bytes(4, "little") + one for one in pictures)
    tensor = {"name": "x", "shape": [3], "datatype": "BYTES"}
    tensor["parameters"] = {"binary_data_size": len(raw)}
    [texts] = decode_request(
        Payload(json.dumps({"inputs": [tensor]}).encode() + raw)
    ).columns.values()
    assert [base64.b64decode(str(text)) for text in texts[:2]] == pictures[:2]
    assert texts[2] == "Oslo"


def test_base64_texts_of_a_tensor_are_opened_where_it_says_so():
    tensor = {"name": "city", "shape": [2], "datatype": "BYTES", "data": ["T3Nsbw==", "TGltYQ=="]}
    assert decode_request(spelled({"inputs": [tensor]})).columns["city"] == tensor["data"]
    tensor["parameters"] = {"content_type": "base64"}
    assert decode_request(spelled({"inputs": [tensor]})).columns["city"] == ["Oslo", "Lima"]


def test_a_tensor_with_one_row_beside_longer_ones_holds_for_all():
    body = {"inputs": {"age": [[41], [57]], "channel": "web", "batch": [7]}}
    decoded = decode_request(spelled(body))
    assert decoded.columns == {"age": [41, 57], "channel": ["web", "web"], "batch": [7, 7]}


def test_what_examples_share_counts_where_they_say_nothing_themselves():
    body = {"context": {"channel": "web", "age": 1}, "examples": [{"age": 41}, {"city": "Oslo"}]}
    columns = decode_request(spelled(body)).columns
    assert columns == {"channel": ["web", "web"], "age": [41, 1], "city": [None, "Oslo"]}


@pytest.mark.parametrize(
    ("content", "asked"),
    [(b"0.03\n0.91", 2), (b"0.03\n0.91\n", 2), (b"0.03,0.91", 2), (b"0.03, 0.91\r\n", 2)],
)
def test_answers_in_csv_are_a_line_each_or_cells_of_one_line(content: bytes, asked: int):
    decoded = decode_response(Payload(content, "text/csv; charset=utf-8"), asked)
    assert decoded.columns == {"prediction": [0.03, 0.91]}


def test_several_cells_for_one_row_are_one_answer():
    decoded = decode_response(Payload(b"0.1,0.9\n", "text/csv"), 1)
    assert (decoded.n_rows, decoded.columns) == (1, {"prediction": [[0.1, 0.9]]})


def test_csv_without_a_media_type_is_told_from_a_sentence():
    assert decode_request(Payload(b"41,0.3\n57,0.9")).n_rows == 2
    assert decode_request(Payload(b"age,risk\n57,0.9")).columns == {"age": [57.0], "risk": [0.9]}
    assert decode_request(Payload(b"Dear model, what is 7, please?")).n_rows == 0
    assert decode_response(Payload(b"Internal Server Error")).n_rows == 0
    assert decode_response(Payload(b"0.25")).columns == {"prediction": [0.25]}


def test_cells_of_csv_keep_what_they_say():
    content = b'"a, b",1,,NaN,9007199254740993,1_000,"say ""x"""\nb,0x1,NA,2.5,1,2,y\n'
    columns = list(decode_request(Payload(content, "text/csv")).columns.values())
    assert columns[0] == ["a, b", "b"]
    assert columns[1] == [1.0, "0x1"]
    assert columns[2] == [None, None]
    assert columns[3] == [None, 2.5]
    assert columns[4] == [9007199254740993, 1.0]
    assert columns[5] == ["1_000", 2.0]
    assert columns[6] == ['say "x"', "y"]


def test_the_header_of_csv_is_what_its_media_type_says():
    content = b"a,b\nc,d\n"
    assert decode_request(Payload(content, "text/csv")).n_rows == 2
    told = decode_request(Payload(content, "text/csv; header=present"))
    assert told.columns == {"a": ["c"], "b": ["d"]}
    content = b"a,b\n1,2\n"
    assert decode_request(Payload(content, "text/csv; header=absent")).n_rows == 2
