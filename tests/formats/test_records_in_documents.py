"""
Calls that stand in a JSON document, and tables whose times Spark wrote.

``bq query --format=json`` prints an array, and so do notebooks; Spark writes timestamps as INT96
unless it is told otherwise, a type that has no place for a zone.
"""

import io
import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.formats.outcome import read

AT = datetime(2026, 11, 22, 8, 0, 0, 250000, tzinfo=UTC)
BODIES = '{"instances": [{"age": 41}]}', '{"predictions": [0.25]}'


def capture(number: int) -> dict[str, object]:
    sides = {
        side: {"observedContentType": "application/json", "data": body, "encoding": "JSON"}
        for side, body in zip(("endpointInput", "endpointOutput"), BODIES, strict=True)
    }
    meta = {"eventId": f"e-{number}", "inferenceTime": "2026-11-22T08:00:00Z"}
    return {"captureData": sides, "eventMetadata": meta, "eventVersion": "0"}


def logged(number: int) -> dict[str, object]:
    asked, answered = BODIES
    return {
        "endpoint": "credit", "deployed_model_id": "7", "logging_time": AT.isoformat(),
        "request_id": str(number), "request_payload": [asked], "response_payload": [answered],
    }  # fmt: skip


def row(number: int, at: object = None) -> dict[str, object]:
    asked, answered = BODIES
    return {
        "databricks_request_id": f"db-{number}", "request_time": at or AT.isoformat(),
        "status_code": 200, "execution_duration_ms": 7, "request": asked, "response": answered,
    }  # fmt: skip


def document(records: list[dict[str, object]], how: str) -> bytes:
    if how == "array":
        return json.dumps(records).encode()
    if how == "pretty":
        return b"\xef\xbb\xbf" + json.dumps(records, indent=2).encode()
    return "\n".join(json.dumps(one, indent=1) for one in records).encode()


@pytest.mark.parametrize("how", ["array", "pretty", "objects over lines"])
@pytest.mark.parametrize("made", [capture, logged, row])
def test_calls_in_a_document_are_those_of_lines(made, how):
    records = [made(number) for number in range(3)]
    lines = "\n".join(map(json.dumps, records)).encode()
    told = read(lines, "x.jsonl", model="m")
    assert [len(found) for found in told.rows.values()] == [1, 1, 1]
    assert read(document(records, how), "x.json", model="m") == told


@pytest.mark.parametrize("made", [capture, logged, row])
def test_what_is_no_call_in_a_document_is_refused_with_its_number_and_the_rest_is_read(made):
    items = [json.dumps(made(0)), "7", json.dumps(made(1)), '{"half": ']
    told = read(f"[{','.join(items)}".encode(), "x.json", model="m")
    assert list(told.rows) == [1, 3]
    assert told.reasons == [(2, "bad_json"), (4, "bad_json")]


def table(rows: list[dict[str, object]], *, spark: bool) -> bytes:
    made = pa.Table.from_pylist(rows)
    if spark:
        made = made.replace_schema_metadata({"org.apache.spark.version": "3.5.0"})
    file = io.BytesIO()
    pq.write_table(made, file, use_deprecated_int96_timestamps=True)
    return file.getvalue()


@pytest.mark.parametrize("spark", [True, False])
def test_times_of_an_inference_table_are_moments_also_as_spark_writes_them(spark):
    rows = [row(1, AT), row(2, AT + timedelta(days=1))]
    told = read(table(rows, spark=spark), "part-0.snappy.parquet", model="m")
    assert [one["ts"] for (one,) in told.rows.values()] == [AT, AT + timedelta(days=1)]


def test_times_of_a_table_that_spark_wrote_are_moments_and_of_others_they_have_no_zone():
    rows = [{"ts": AT, "score": 0.5, "seen": AT}]
    told = read(table(rows, spark=True), "events.parquet", model="m").only
    assert told["ts"] == AT
    assert datetime.fromisoformat(told["features"]["seen"]) == AT
    naive = read(table(rows, spark=False), "events.parquet", model="m")
    assert naive.reasons == [(1, "naive_ts")]
