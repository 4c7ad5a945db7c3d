"""
SageMaker's data capture and ground truth.

The software runs in Amazon's cloud only, so these records are written after its documentation
(formats of data capture and of model quality's ground truth), not by it.
"""

from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime

import pytest

from ingest.mapping import parse_mapping
from ingest.read import read_labels
from ingest.readers.registry import reader_for
from ingest.sources import SourceFile
from tests.formats.outcome import read

PATH = "captures/credit-endpoint/blue/2026/11/22/08/30-00-123-4f0c.jsonl"
UNSET = object()


def side(mode: str, data: object, encoding: str, media_type: str | None) -> dict:
    told = {} if media_type is None else {"observedContentType": media_type}
    return told | {"mode": mode, "data": data, "encoding": encoding}


def capture(
    asked: object = "1,2",
    answered: object = "0.5",
    encoding: str = "CSV",
    media_type: str | None = "text/csv",
    **meta: object,
) -> dict:
    data = {}
    if asked is not UNSET:
        data["endpointInput"] = side("INPUT", asked, encoding, media_type)
    if answered is not UNSET:
        data["endpointOutput"] = side("OUTPUT", answered, encoding, media_type)
    told = {"eventId": "8a1c", "inferenceTime": "2026-11-22T08:00:30Z"} | meta
    told = {name: value for name, value in told.items() if value is not None}
    return {"captureData": data, "eventMetadata": told, "eventVersion": "0"}


def lines(*records: object) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def b64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def test_a_request_of_two_lines_is_one_call_of_two_predictions_of_the_endpoint_in_the_path():
    record = capture("41,30500.5,0.31,0\n57,18900,0.92,3\n", "0.03\n0.91", inferenceId="order-77")
    found = read(lines(record), PATH)
    assert not found.rejections
    first, second = found.rows[1]
    assert first == {
        "model": "credit-endpoint",
        "ts": datetime(2026, 11, 22, 8, 0, 30, tzinfo=UTC),
        "prediction_id": "order-77-item-0",
        "request_id": "order-77",
        "prediction": "0.03",
        "tags": '{"variant":"blue"}',
        "features": {"f0": 41, "f1": 30500.5, "f2": 0.31, "f3": 0},
    }
    assert (second["prediction_id"], second["prediction"]) == ("order-77-item-1", "0.91")
    assert second["features"] == {"f0": 57, "f1": 18900, "f2": 0.92, "f3": 3}


@pytest.mark.parametrize("answer", ["0.1\n0.2\n0.3", "0.1,0.2,0.3", "0.1,0.2,0.3\n"])
def test_answers_may_stand_in_a_line_each_or_all_in_one(answer):
    found = read(lines(capture("1,2\n3,4\n5,6", answer)), model="m")
    assert [row["prediction"] for row in found.rows[1]] == ["0.1", "0.2", "0.3"]


@pytest.mark.parametrize(
    ("data", "answer", "encoding", "media_type"),
    [
        ("41,7\n57,8\n", "0.25\n0.75", "CSV", "text/csv; charset=utf-8"),
        (b64("41,7\n57,8\n"), b64("0.25\n0.75"), "BASE64", "text/csv"),
        ('{"instances": [[41, 7], [57, 8]]}', '{"predictions": [0.25, 0.75]}', "JSON", None),
        (
            b64('{"instances": [[41, 7], [57, 8]]}'),
            b64('{"predictions": [0.25, 0.75]}'),
            "BASE64",
            "application/json",
        ),
        (
            json.dumps(json.dumps({"instances": [[41, 7], [57, 8]]})),
            json.dumps([0.25, 0.75]),
            "JSON",
            "application/json",
        ),
        ({"instances": [[41, 7], [57, 8]]}, {"predictions": [0.25, 0.75]}, "JSON", None),
        ("[41, 7]\n[57, 8]\n", "0.25\n0.75\n", "JSON", "application/jsonlines"),
    ],
    ids=["csv", "base64 csv", "json", "base64 json", "json in json", "object", "json lines"],
)
def test_the_same_rows_are_read_however_they_are_written(data, answer, encoding, media_type):
    found = read(lines(capture(data, answer, encoding, media_type)), model="m")
    assert not found.rejections
    assert found.features == [{"f0": 41, "f1": 7}, {"f0": 57, "f1": 8}]
    assert [row["prediction"] for row in found.rows[1]] == ["0.25", "0.75"]


def test_columns_and_records_keep_their_names():
    columnar = '{"inputs": {"age": [41, 57], "region": ["n", "s"]}}'
    records = '{"instances": [{"age": 41, "region": "n"}, {"age": 57, "region": "s"}]}'
    wanted = [{"age": 41, "region": "n"}, {"age": 57, "region": "s"}]
    for body in (columnar, records):
        found = read(lines(capture(body, "[1, 0]", "JSON", "application/json")), model="m")
        assert found.features == wanted


def test_a_picture_is_a_call_without_features():
    picture = b64(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    found = read(lines(capture(picture, b64("[0.2, 0.8]"), "BASE64", "image/png")), model="m")
    assert not found.rejections
    assert len(found.rows[1]) >= 1
    assert found.features[0] == {}


@pytest.mark.parametrize("kept", ["asked", "answered"])
def test_of_a_capture_of_one_side_that_side_is_kept(kept):
    other = "answered" if kept == "asked" else "asked"
    row = read(lines(capture(**{other: UNSET})), model="m").only
    assert bool(row["features"]) == (kept == "asked")
    assert ("prediction" in row) == (kept == "answered")
    assert "status" not in row


def test_the_callers_id_counts_for_more_than_the_event_and_without_both_there_is_none():
    ids = [
        read(lines(capture(**meta)), model="m").only.get("prediction_id")
        for meta in ({"inferenceId": "mine"}, {}, {"eventId": None}, {"inferenceId": ""})
    ]
    assert ids == ["mine", "8a1c", None, "8a1c"]


def test_a_path_of_another_layout_tells_nothing_and_what_is_said_outranks_the_path():
    record = lines(capture())
    assert read(record, "captures/x.jsonl").reasons == [(1, "missing_model")]
    assert read(record, PATH, model="credit").only["model"] == "credit"
    assert read(record, PATH, {"model": {"value": "credit"}}).only["model"] == "credit"
    assert read(record, PATH.replace("/", "\\")).only["model"] == "credit-endpoint"
    assert "version" not in read(record, PATH).only
    assert read(record, PATH, version="3").only["version"] == "3"


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"captureData": [], "eventMetadata": {}}, "wrong_type"),
        ({"captureData": {}, "eventMetadata": None}, "wrong_type"),
        ({"captureData": {"endpointInput": "1,2"}, "eventMetadata": {}}, "wrong_type"),
        ({"something": "else"}, "wrong_type"),
        (capture("!!", "!!", "BASE64"), "bad_body"),
        (capture('{"instances": [', "1", "JSON", "application/json"), "bad_body"),
        (capture(UNSET, UNSET), "no_substance"),
        (capture("", ""), "no_substance"),
        (capture('{"instances": []}', "[]", "JSON", None), "no_substance"),
        (capture("1,2\n3,4", "1\n2\n3"), "rows_differ"),
        (capture(inferenceTime="yesterday"), "bad_ts"),
        (capture(inferenceTime=None), "missing_ts"),
    ],
)
def test_what_is_no_capture_is_rejected_with_its_reason_and_the_next_line_is_read(record, reason):
    found = read(lines(record, capture()), model="m", format="sagemaker")
    assert found.reasons == [(1, reason)]
    assert list(found.rows) == [2]


def test_times_may_be_epochs_of_any_unit_and_large_integers_keep_their_digits():
    seconds = 1795334430
    for at in (seconds, seconds * 1000, seconds * 10**6, str(seconds)):
        row = read(lines(capture(inferenceTime=at)), model="m").only
        assert row["ts"].timestamp() == seconds
    body = '{"instances": [[9007199254740993, 1]]}'
    row = read(lines(capture(body, "1", "JSON", None)), model="m").only
    assert row["features"] == {"f0": "9007199254740993", "f1": 1}


def test_marks_of_windows_and_damaged_lines_hurt_nobody_else():
    good = json.dumps(capture()).encode()
    cut = json.dumps(capture()).encode()[:200]
    data = (
        b"\xef\xbb\xbf" + good + b"\r\n\r\n" + b'{"captureData": "\xff"}\r\n' + good + b"\n" + cut
    )
    found = read(data, PATH)
    assert list(found.rows) == [1, 4]
    assert found.reasons == [(3, "invalid_utf8"), (5, "bad_json")]


def test_a_packed_file_that_is_cut_off_keeps_its_whole_records():
    data = lines(*[capture(eventId=f"e{i}-{i * 7919}") for i in range(300)])
    packed = gzip.compress(data)
    found = read(packed[: len(packed) // 2], PATH, format="sagemaker")
    assert 10 < len(found.rows) < 300
    assert found.reasons == [(len(found.rows) + 1, "truncated")]
    two = gzip.compress(lines(capture())) + gzip.compress(lines(capture(eventId="other")))
    assert list(read(two, PATH).rows) == [1, 2]


def test_rows_of_thousands_of_features_are_read():
    n = 5_000
    found = read(lines(capture(",".join(map(str, range(n))), "1")), model="m")
    assert found.only["features"] == {f"f{i}": i for i in range(n)}


@pytest.mark.parametrize("record", [capture(), {"groundTruthData": {}, "eventMetadata": {}}])
def test_the_format_is_told_by_its_keys_whatever_the_name(record):
    for name in ("a.jsonl", "a.log", "a.csv", "a"):
        stream = SourceFile(name, data=lines(record)).open()
        assert reader_for(stream).name == "sagemaker"
    long = lines({"eventVersion": "0"} | capture("1," * 100_000))
    assert reader_for(SourceFile("a", data=long).open()).name == "sagemaker"
    assert reader_for(SourceFile("a", data=b'{"x": {"captureData": 1}}\n').open()).name == "ndjson"


# ------------------------------------------------------------------ ground truth


def truth(name: str | None, data: object = "1", encoding: str = "CSV") -> dict:
    return {
        "groundTruthData": {"data": data, "encoding": encoding},
        "eventMetadata": {} if name is None else {"eventId": name},
        "eventVersion": "0",
    }


def labels(data: bytes, name: str = "truth.jsonl", **options) -> tuple[list[dict], list]:
    rows, rejections = [], []
    plan = parse_mapping({})
    for step in read_labels(SourceFile(name, data=data), plan, model="m", **options):
        rejections += [(r.position, r.reason) for r in step.rejections]
        for batch in step.batches:
            rows += batch.labels.to_pylist()
    return rows, rejections


@pytest.mark.parametrize("log_format", ["auto", "sagemaker"])
def test_ground_truth_is_labels_by_the_id_of_the_capture(log_format):
    rows, rejections = labels(lines(truth("order-77"), truth("8a1c", "late")), format=log_format)
    assert not rejections
    assert rows == [
        {"prediction_id": "order-77", "label": "1"},
        {"prediction_id": "8a1c", "label": "late"},
    ]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [("1,0", "CSV"), ("1\n0\n", "CSV"), ("[1, 0]", "JSON"), (b64("1,0"), "BASE64")],
)
def test_outcomes_of_a_call_of_several_rows_find_their_rows(data, encoding):
    rows, _ = labels(lines(truth("order-77", data, encoding)))
    assert [(row["prediction_id"], row["label"]) for row in rows] == [
        ("order-77-item-0", "1"),
        ("order-77-item-1", "0"),
    ]
    call = read(lines(capture("1,2\n3,4", "1\n1", inferenceId="order-77")), model="m")
    assert [row["prediction_id"] for row in call.rows[1]] == [row["prediction_id"] for row in rows]


def test_the_hour_in_the_path_is_the_labels_time_so_that_a_correction_counts():
    rows, _ = labels(lines(truth("a")), "truth/2026/11/23/04/part-0.jsonl")
    assert rows[0]["ts"] == datetime(2026, 11, 23, 4, tzinfo=UTC)
    assert "ts" not in labels(lines(truth("a")), "truth/part-0.jsonl")[0][0]


def test_a_label_without_id_or_outcome_is_rejected_and_a_capture_is_no_label():
    data = lines(
        truth(None), truth("a", ""), truth("a", None), capture(), truth("a", "!", "BASE64")
    )
    rows, rejections = labels(data)
    assert not rows
    assert sorted(rejections) == [
        (1, "missing_id"),
        (2, "missing_label"),
        (3, "missing_label"),
        (4, "missing_label"),
        (5, "bad_body"),
    ]


def test_ground_truth_among_captures_is_a_label_where_its_path_tells_when():
    data = lines(capture(), truth("order-77"))
    found = read(data, "all/2026/11/23/04/part-0.jsonl", model="m")
    assert found.rows[2] == [
        {
            "model": "m",
            "ts": datetime(2026, 11, 23, 4, tzinfo=UTC),
            "prediction_id": "order-77",
            "label": "1",
            "features": {},
        }
    ]
    assert read(lines(truth("a")), PATH).reasons == [(1, "missing_model")]
    assert read(lines(truth("a")), "x.jsonl", model="m").reasons == [(1, "missing_ts")]
