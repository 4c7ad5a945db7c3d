"""
Databricks' inference tables.

The software runs in Databricks' cloud only: the rows are written after the columns that its
documentation and the tables' own comments state, of today's schema and of the one before.
"""

from __future__ import annotations

import io
import json
import random
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.readers.records import records
from ingest.readers.registry import reader_for
from ingest.sources import SourceFile
from tests.formats.outcome import read

AT = datetime(2026, 11, 22, 8, 0, 0, 250000, tzinfo=UTC)
BATCH = {"dataframe_split": {"columns": ["age", "region"], "data": [[41, "n"], [57, "s"]]}}
ROW = {
    "request_date": date(2026, 11, 22),
    "databricks_request_id": "db-1",
    "client_request_id": None,
    "request_time": AT,
    "status_code": 200,
    "sampling_fraction": 0.5,
    "execution_duration_ms": 18,
    "request": json.dumps(BATCH),
    "response": '{"predictions": ["good", "bad"]}',
    "served_entity_id": "e6f0",
    "logging_error_codes": [],
    "requester": "someone@example.com",
}
SCHEMA = pa.schema(
    [
        ("request_date", pa.date32()),
        ("databricks_request_id", pa.string()),
        ("client_request_id", pa.string()),
        ("request_time", pa.timestamp("us", "UTC")),
        ("status_code", pa.int32()),
        ("sampling_fraction", pa.float64()),
        ("execution_duration_ms", pa.int64()),
        ("request", pa.string()),
        ("response", pa.string()),
        ("served_entity_id", pa.string()),
        ("logging_error_codes", pa.list_(pa.string())),
        ("requester", pa.string()),
    ]
)
SERVED = {"endpoint_name": "credit-prod", "model_name": "credit", "model_version": "3"}
LEGACY = {
    "databricks_request_id": "db-1",
    "client_request_id": "order-77",
    "date": date(2026, 11, 22),
    "timestamp_ms": int(AT.timestamp() * 1000),
    "status_code": 200,
    "sampling_fraction": 1.0,
    "execution_time_ms": 18,
    "request": json.dumps(BATCH),
    "response": '{"predictions": ["good", "bad"]}',
    "request_metadata": SERVED,
}
LEGACY_SCHEMA = pa.schema(
    [
        ("databricks_request_id", pa.string()),
        ("client_request_id", pa.string()),
        ("date", pa.date32()),
        ("timestamp_ms", pa.int64()),
        ("status_code", pa.int32()),
        ("sampling_fraction", pa.float64()),
        ("execution_time_ms", pa.int64()),
        ("request", pa.string()),
        ("response", pa.string()),
        ("request_metadata", pa.map_(pa.string(), pa.string())),
    ]
)


def parquet(rows: list[dict], schema: pa.Schema = SCHEMA) -> bytes:
    into = io.BytesIO()
    table = pa.Table.from_pylist(
        [row | {"request_metadata": list(SERVED.items())} for row in rows]
        if schema is LEGACY_SCHEMA
        else rows,
        schema=schema,
    )
    pq.write_table(table, into)
    return into.getvalue()


def lines(*rows: dict) -> bytes:
    """As Spark writes JSON: without the members that are null."""
    told = [{k: v for k, v in row.items() if v is not None} for row in rows]
    return b"".join(
        json.dumps(row, default=lambda v: v.isoformat()).encode() + b"\n" for row in told
    )


@pytest.mark.parametrize("write", [lambda row: parquet([row]), lines], ids=["parquet", "json"])
def test_a_row_of_a_batch_is_one_call_of_several_predictions(write):
    found = read(write(ROW), model="credit")
    assert not found.rejections
    assert found.rows[1][0] == {
        "model": "credit",
        "version": "e6f0",
        "ts": AT,
        "prediction_id": "db-1-item-0",
        "request_id": "db-1",
        "prediction": "good",
        "latency_ms": 18,
        "status": 200,
        "sampling_rate": 0.5,
        "features": {"age": 41, "region": "n"},
    }
    assert found.rows[1][1]["features"] == {"age": 57, "region": "s"}


@pytest.mark.parametrize(
    "data", [parquet([LEGACY], LEGACY_SCHEMA), lines(LEGACY)], ids=["parquet", "json"]
)
def test_a_row_of_the_table_before_names_its_model_and_version(data):
    found = read(data)
    assert not found.rejections
    first = found.rows[1][0]
    assert (first["model"], first["version"], first["ts"]) == ("credit", "3", AT)
    assert (first["latency_ms"], first["tags"]) == (18, '{"endpoint":"credit-prod"}')
    assert (first["prediction_id"], first["request_id"]) == ("order-77-item-0", "db-1")


def test_a_text_of_metadata_is_opened_and_a_broken_one_tells_nothing():
    (first, _) = read(lines(LEGACY | {"request_metadata": json.dumps(SERVED)})).rows[1]
    assert first["model"] == "credit"
    found = read(lines(LEGACY | {"request_metadata": "{"}), model="m")
    assert "version" not in found.rows[1][0]


def test_a_failed_call_has_its_status_and_no_prediction():
    failed = ROW | {
        "status_code": 400,
        "response": '{"error_code": "BAD_REQUEST", "message": "missing column"}',
    }
    row = read(lines(failed), model="m").only
    assert (row["status"], row["latency_ms"], row["request_id"]) == (400, 18, "db-1")
    assert "prediction" not in row


def test_a_request_that_was_too_large_to_log_is_a_call_that_says_so():
    lost = ROW | {
        "request": None,
        "response": None,
        "logging_error_codes": ["MAX_REQUEST_SIZE_EXCEEDED", "MAX_RESPONSE_SIZE_EXCEEDED"],
    }
    for data in (parquet([lost]), lines(lost)):
        row = read(data, model="m").only
        codes = "MAX_REQUEST_SIZE_EXCEEDED, MAX_RESPONSE_SIZE_EXCEEDED"
        assert json.loads(row["tags"]) == {"logging_error": codes}
        assert (row["status"], row["features"]) == (200, {})
        assert "prediction" not in row


def test_only_the_answer_is_kept_where_only_the_request_was_too_large():
    found = read(lines(ROW | {"request": None}), model="m")
    assert [row["prediction"] for row in found.rows[1]] == ["good", "bad"]


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_records": [{"age": 41, "region": "n"}, {"age": 57, "region": "s"}]},
        {"inputs": {"age": [41, 57], "region": ["n", "s"]}},
        {"instances": [{"age": 41, "region": "n"}, {"age": 57, "region": "s"}]},
    ],
)
def test_every_scoring_body_of_mlflow_is_the_same_rows(body):
    found = read(lines(ROW | {"request": json.dumps(body)}), model="m")
    assert found.features == [{"age": 41, "region": "n"}, {"age": 57, "region": "s"}]


def test_large_bodies_are_taken_a_few_at_a_time_and_keep_their_places():
    text = "".join(random.Random(1).choices("abcdefghij", k=700_000))
    rows = [ROW | {"databricks_request_id": f"db-{i}", "request": text} for i in range(40)]
    rows += [ROW | {"databricks_request_id": f"db-{i}"} for i in range(40, 90)]
    into = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), into, row_group_size=45)
    pieces = list(records(SourceFile("t", data=into.getvalue()).open()))
    assert max(sum(len(record.raw) for record in piece) for piece in pieces) < 10 * 1024 * 1024
    told = [(r.position, r.members["databricks_request_id"]) for piece in pieces for r in piece]
    assert told == [(i + 1, f"db-{i}") for i in range(90)]


def test_who_asked_is_not_kept():
    rows = read(lines(ROW), model="m").rows
    assert "someone" not in repr(rows)


def test_nulls_and_empty_bodies_are_rejected_alone():
    bare = {"databricks_request_id": "db-2", "request_time": AT}
    found = read(lines(bare, ROW | {"request": "{", "response": None}, ROW), model="m")
    assert found.reasons[0] == (1, "no_substance")
    assert 3 in found.rows


def test_tables_are_told_by_their_columns_and_a_naive_time_needs_a_zone():
    for data in (parquet([ROW]), parquet([LEGACY], LEGACY_SCHEMA), lines(ROW), lines(LEGACY)):
        assert reader_for(SourceFile("part-00000", data=data).open()).name == "databricks"
    at = SCHEMA.get_field_index("request_time")
    naive = SCHEMA.set(at, pa.field("request_time", pa.timestamp("us")))
    data = parquet([ROW | {"request_time": AT.replace(tzinfo=None)}], naive)
    assert read(data, model="m").reasons == [(1, "naive_ts")]
    rows = read(data, model="m", mapping={"ts_zone": "Europe/Berlin"}).rows
    assert rows[1][0]["ts"] == AT.replace(hour=7)
