"""
Vertex AI's request and response table, as BigQuery exports it.

The software runs in Google's cloud only: the columns are those of its documentation, the forms of
the values those that others' queries of such tables rely on.
"""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domain.errors import InputError
from ingest.readers.registry import reader_for
from ingest.sources import SourceFile
from tests.formats.outcome import read

AT = datetime(2026, 11, 22, 8, 0, 0, 250000, tzinfo=UTC)
ROW = {
    "endpoint": "4242",
    "deployed_model_id": "7777",
    "logging_time": "2026-11-22 08:00:00.250 UTC",
    "request_id": "1234567890123456789",
    "request_payload": ['{"instances": [{"age": 41}, {"age": 57}]}'],
    "response_payload": ['{"predictions": [0.25, 0.75], "deployedModelId": "7777"}'],
}
NEWER = ROW | {
    "model": "projects/p/locations/l/models/credit@3",
    "model_version": "3",
    "api_method": "Predict",
    "metadata": {"request_latency": 18.25},
}


def lines(*rows: dict) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def parquet(rows: list[dict], schema: pa.Schema | None = None) -> bytes:
    into = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), into)
    return into.getvalue()


def test_a_row_of_the_first_table_is_a_call_of_the_endpoint():
    found = read(lines(ROW))
    assert not found.rejections
    assert [row["features"] for row in found.rows[1]] == [{"age": 41}, {"age": 57}]
    first = found.rows[1][0] | {"features": {}}
    assert first == {
        "model": "4242",
        "version": "7777",
        "ts": AT,
        "request_id": "1234567890123456789",
        "prediction_id": "1234567890123456789-item-0",
        "prediction": "0.25",
        "features": {},
    }


def test_a_row_of_the_newer_table_names_its_model_and_its_latency():
    first, _ = read(lines(NEWER)).rows[1]
    assert (first["model"], first["version"], first["latency_ms"]) == ("credit", "3", 18.25)
    assert first["tags"] == '{"endpoint":"4242"}'


@pytest.mark.parametrize(
    ("metadata", "latency_ms"),
    [
        ('{"request_latency": "20.5"}', 20.5),
        ({"request_latency": None}, None),
        ({}, None),
        ("not json", None),
        ([1], None),
        (None, None),
    ],
)
def test_a_latency_is_a_number_or_its_text_and_absent_where_it_is_neither(metadata, latency_ms):
    found = read(lines(NEWER | {"metadata": metadata}))
    assert not found.rejections
    assert found.rows[1][0].get("latency_ms") == latency_ms


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (['{"age": 41}', '{"age": 57}'], ["0.25", "0.75"]),
        ([{"age": 41}, {"age": 57}], [0.25, 0.75]),
        ('{"instances": [{"age": 41}, {"age": 57}]}', '{"predictions": [0.25, 0.75]}'),
        (None, None),
    ],
    ids=["instances as texts", "instances", "one text", "the full bodies"],
)
def test_payloads_are_bodies_or_instances_as_texts(asked, answered):
    full = {
        "full_request": {"instances": [{"age": 41}, {"age": 57}]},
        "full_response": '{"predictions": [0.25, 0.75]}',
    }
    row = NEWER | full | {"request_payload": asked, "response_payload": answered}
    found = read(lines(row))
    assert not found.rejections
    assert found.features == [{"age": 41}, {"age": 57}]
    assert [row["prediction"] for row in found.rows[1]] == ["0.25", "0.75"]


def test_one_instance_is_one_row():
    row = ROW | {"request_payload": ["[41, 7]"], "response_payload": ["0.25"]}
    assert read(lines(row)).only["features"] == {"f0": 41, "f1": 7}


def test_numbers_that_json_has_not_and_long_ones_are_read_as_the_server_meant_them():
    asked = ['{"x": NaN, "id": 12345678901234567890123}', '{"x": 1, "id": 2}']
    found = read(lines(ROW | {"request_payload": asked}))
    assert found.features == [{"id": "12345678901234567890123"}, {"x": 1, "id": 2}]
    full = {"full_request": {"instances": [{"id": 12345678901234567890123}, {"id": 2}]}}
    found = read(lines(ROW | full | {"request_payload": None}))
    assert found.features == [{"id": "12345678901234567890123"}, {"id": 2}]


def test_a_table_of_ai_platform_is_read():
    old = {
        "model": "credit",
        "model_version": "v2",
        "time": "2026-11-22 08:00:00 UTC",
        "raw_data": '{"instances": [[1, 2]]}',
        "raw_prediction": '{"predictions": [0.5]}',
        "groundtruth": None,
    }
    row = read(lines(old)).only
    assert (row["model"], row["version"], row["prediction"]) == ("credit", "v2", "0.5")
    assert row["ts"] == datetime(2026, 11, 22, 8, tzinfo=UTC)


@pytest.mark.parametrize("row", [ROW, NEWER])
def test_a_parquet_export_is_the_same_calls(row):
    table = row | {"logging_time": AT, "request_id": Decimal(row["request_id"])}
    numeric = pa.decimal128(38, 9)
    names = pa.Table.from_pylist([table]).schema
    schema = names.set(names.get_field_index("request_id"), pa.field("request_id", numeric))
    found = read(parquet([table], schema), "export-000000000000")
    assert found == read(lines(row))


def test_dictionaries_and_structs_of_a_parquet_export_are_read_as_their_values():
    rows = [NEWER | {"logging_time": AT, "api_method": None}] * 3
    table = pa.Table.from_pylist(rows)
    at = table.schema.get_field_index("endpoint")
    table = table.set_column(at, "endpoint", table["endpoint"].dictionary_encode())
    into = io.BytesIO()
    pq.write_table(table, into, row_group_size=2)
    found = read(into.getvalue())
    assert list(found.rows) == [1, 2, 3]
    assert {row["tags"] for row in found.rows[3]} == {'{"endpoint":"4242"}'}


def test_a_damaged_parquet_export_is_one_error_of_one_line():
    whole = parquet([ROW])
    with pytest.raises(InputError, match="copy it again"):
        read(whole[:-40])
    with pytest.raises(InputError, match="copy it again"):
        read(whole[:20] + b"\0" * 200 + whole[220:], format="vertex")


def test_rows_that_are_no_calls_are_rejected_alone():
    data = lines(
        ROW | {"request_payload": ['{"instances": ['], "response_payload": []},
        ROW | {"request_payload": [], "response_payload": []},
        ROW | {"logging_time": None},
        ROW | {"response_payload": ['{"predictions": [1, 2, 3]}']},
        ROW,
    )
    found = read(data)
    assert list(found.rows) == [1, 5]
    assert found.reasons == [(2, "no_substance"), (3, "missing_ts"), (4, "rows_differ")]


def test_the_table_is_told_by_its_columns():
    for data in (lines(ROW), lines(NEWER), parquet([ROW]), parquet([NEWER])):
        assert reader_for(SourceFile("a.log", data=data).open()).name == "vertex"
    assert reader_for(SourceFile("a", data=parquet([{"ts": 1}])).open()).name == "parquet"
