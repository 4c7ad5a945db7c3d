"""Parquet: types that tables have and logs have not; damaged files."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domain.errors import InputError
from ingest.readers import parquet as reader

NOON = datetime(2013, 7, 1, 12, tzinfo=UTC)


def packed(columns: dict, n_rows: int = 1) -> bytes:
    ready = {"model": ["m"] * n_rows, "ts": pa.array([NOON] * n_rows, pa.timestamp("ns", "UTC"))}
    file = io.BytesIO()
    pq.write_table(pa.table(ready | columns), file)
    return file.getvalue()


def feature(read, array: pa.Array) -> list[object]:
    rows = read(packed({"n": list(range(len(array))), "f": array}, len(array))).rows
    by_row = {row["features"]["n"]: row["features"].get("f") for row in rows}
    return [by_row[i] for i in range(len(array))]


@pytest.mark.parametrize(
    ("array", "kept"),
    [
        (pa.array([1, None, 3], pa.int8()), [1.0, None, 3.0]),
        (pa.array([2**60, 5, -(2**60)]), [str(2**60), 5.0, str(-(2**60))]),
        (pa.array([2**64 - 1, 1], pa.uint64()), [str(2**64 - 1), 1.0]),
        (pa.array([1.5, float("nan"), None, float("inf")]), [1.5, None, None, float("inf")]),
        (pa.array([0.5], pa.float16()), [0.5]),
        (pa.array([True, None]), [True, None]),
        (pa.array([Decimal("12.34"), Decimal("0.35")]), [12.34, 0.35]),
        (pa.array([Decimal("0.10"), None], pa.decimal128(38, 2)), [0.1, None]),
        (pa.array([Decimal("12345678901234567890.12")]), ["12345678901234567890.12"]),
        (pa.array(["a", None, "b"]).dictionary_encode(), ["a", None, "b"]),
        (pa.array(["a"], pa.large_string()), ["a"]),
        (pa.array([b"caf\xc3\xa9"]), ["café"]),
        (pa.array([b"\xff\x00"]), ["/wA="]),
        (pa.array([date(2013, 7, 1)]), ["2013-07-01"]),
        (pa.array([time(10, 30)]), ["10:30:00.000000"]),
        (pa.array([NOON], pa.timestamp("ms", "Europe/Berlin")), ["2013-07-01T12:00:00Z"]),
        (pa.array([NOON.replace(microsecond=500, tzinfo=None)]), ["2013-07-01T12:00:00.0005"]),
        (pa.array([timedelta(seconds=90)], pa.duration("ms")), [90.0]),
        (pa.array([[1, 2], None]), ["[1,2]", None]),
        (pa.array([{"b": 1, "a": [b"\xff", None]}]), ['{"a":["/w==",null],"b":1}']),
        (pa.array([[("k", 1.5)]], pa.map_(pa.string(), pa.float64())), ['{"k":1.5}']),
        (pa.array([None, None], pa.null()), [None, None]),
    ],
)
def test_every_type_keeps_what_it_says(read, array, kept):
    assert feature(read, array) == kept


def test_objects_of_features_and_tags_are_opened(read):
    features = pa.array([{"a": 1, "b": "x"}, {"a": None, "b": "y"}])
    tags = pa.array([[("t", "1")], []], pa.map_(pa.string(), pa.string()))
    rows = read(packed({"features": features, "tags": tags, "c": [1, 2]}, 2)).rows
    assert [row["features"] for row in rows] == [
        {"a": 1.0, "b": "x", "c": 1.0},
        {"b": "y", "c": 2.0},
    ]
    assert [row.get("tags") for row in rows] == ['{"t":"1"}', None]


def test_fields_are_read_whatever_number_type_they_have(read):
    columns = {"version": pa.array([2]), "status": pa.array([200.0]), "prediction": pa.array([1.0]),
               "score": pa.array([Decimal("0.5")]), "request_id": pa.array([2**62])}  # fmt: skip
    (row,) = read(packed(columns)).rows
    assert (row["version"], row["status"], row["prediction"]) == ("2", 200, "1")
    assert (row["score"], row["request_id"]) == (0.5, str(2**62))


def test_times_without_a_zone_are_refused_row_by_row_with_what_to_do(read):
    naive = pa.array([NOON.replace(tzinfo=None)], pa.timestamp("us"))
    log = packed({"ts": naive, "score": [0.5]})
    outcome = read(log)
    assert outcome.reasons == ["naive_ts"]
    assert "ts_zone" in outcome.rejections[0].message
    (row,) = read(log, {"ts_zone": "America/New_York"}).rows
    assert row["ts"] == NOON + timedelta(hours=4)


def test_positions_are_rows_across_batches(read, monkeypatch):
    monkeypatch.setattr(reader, "_ROWS", 10)
    latency_ms = [-1.0 if i in (3, 25) else 1.0 for i in range(30)]
    outcome = read(packed({"latency_ms": latency_ms}, 30))
    assert outcome.positions == [4, 26]
    assert outcome.reasons == ["negative_latency"] * 2
    assert b'"latency_ms":-1.0' in outcome.rejections[0].raw
    assert len(outcome.rows) == 28


def test_dictionaries_inside_a_struct_are_read_over_row_groups(read, monkeypatch):
    monkeypatch.setattr(reader, "_ROWS", 40)
    carriers = [f"c{i % 7}" for i in range(90)]
    kept = pa.array(carriers).dictionary_encode()
    table = pa.table(
        {
            "ts": pa.array([NOON] * 90, pa.timestamp("us", tz="UTC")),
            "model": ["m"] * 90,
            "features": pa.StructArray.from_arrays([kept], ["carrier"]),
        }
    )
    file = io.BytesIO()
    pq.write_table(table, file, row_group_size=30)
    rows = read(file.getvalue()).rows
    assert [row["features"] for row in rows] == [{"carrier": one} for one in carriers]


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.99])
def test_a_file_that_is_cut_off_is_one_error(read, keep):
    whole = packed({"score": list(range(1000))}, 1000)
    with pytest.raises(InputError, match=r"part-0\.parquet is not a whole Parquet file") as error:
        read(whole[: 4 + int(keep * (len(whole) - 4))], name="part-0.parquet")
    assert "\n" not in str(error.value)


def test_a_page_that_is_damaged_is_one_error(read):
    whole = bytearray(packed({"score": [i * 0.1 for i in range(5000)]}, 5000))
    whole[200:400] = b"\xff" * 200
    with pytest.raises(InputError, match="not a whole Parquet file"):
        read(bytes(whole))


def test_a_file_without_rows_holds_nothing(read):
    outcome = read(packed({"score": []}, 0))
    assert (outcome.rows, outcome.rejections) == ([], [])


def test_a_packed_file_is_read_too(read):
    (row,) = read(gzip.compress(packed({"score": [0.5]}))).rows
    assert row["score"] == 0.5


def test_the_row_numbers_that_pandas_writes_are_no_feature(read) -> None:
    rows = read(packed({"n": [1.0], "__index_level_0__": [7]})).rows
    assert rows[0]["features"] == {"n": 1.0}


@pytest.mark.parametrize(
    ("held", "text"), [(pa.binary(), pa.string()), (pa.large_binary(), pa.large_string())]
)
def test_a_row_with_a_text_that_is_no_utf8_is_refused_alone(read, held, text):
    column = pa.array([b"ok", b"a\xff", None, b"fine"], held).view(text)
    outcome = read(packed({"f": column, "n": [0, 1, 2, 3]}, 4))
    assert (outcome.positions, outcome.reasons) == ([2], ["invalid_utf8"])
    assert b'"f":"a\xff"' in outcome.rejections[0].raw
    assert [row["features"]["n"] for row in outcome.rows] == [0, 2, 3]


def test_a_list_of_texts_that_are_no_utf8_is_refused_with_its_row(read):
    texts = pa.array([b"\xc3", b"b"], pa.binary()).view(pa.string())
    lists = pa.ListArray.from_arrays(pa.array([0, 1, 2], pa.int32()), texts)
    outcome = read(packed({"f": lists, "n": [0, 1]}, 2))
    assert (outcome.positions, outcome.reasons) == ([1], ["invalid_utf8"])
    assert [row["features"] for row in outcome.rows] == [{"f": '["b"]', "n": 1}]
