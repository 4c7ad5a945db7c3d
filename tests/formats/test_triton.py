"""
Trace files of Triton.

Triton cannot be run here: the files are written after its documented schema
(docs/user_guide/trace.md), whose examples these are.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.formats.outcome import read

TIMED = {"ts": {"value": "2026-11-22T08:00:00Z"}}


def moments(**ns: int) -> list[dict[str, object]]:
    return [{"name": name, "ns": value} for name, value in ns.items()]


def trace(number: int, **more: object) -> list[dict[str, object]]:
    head = {"model_name": "credit", "model_version": 2, "request_id": f"r{number}"} | more
    told = [
        head,
        {"timestamps": moments(REQUEST_START=2356425054587444)},
        {"timestamps": moments(QUEUE_START=2356425054591908)},
        activity("QUEUE_INPUT", tensor("age", "41,52", "2,1")),
        activity("QUEUE_INPUT", tensor("sex", "1,0", "2", "INT32")),
        activity("BACKEND_INPUT", tensor("age", "9,9", "2,1")),
        activity("BACKEND_OUTPUT", tensor("score", "0.1,0.9", "2,1")),
        {"timestamps": moments(COMPUTE_END=2356425054600000)},
        {"timestamps": moments(REQUEST_END=2356425057087444)},
    ]
    return [{"id": number} | one for one in told]


def activity(name: str, tensor: dict[str, str]) -> dict[str, object]:
    return {"activity": f"TENSOR_{name}", "tensor": tensor}


def tensor(name: str, data: str, shape: str, dtype: str = "FP32") -> dict[str, str]:
    return {"name": name, "data": data, "shape": shape, "dtype": dtype}


def file(*fragments: dict[str, object]) -> bytes:
    return json.dumps(fragments).encode()


def test_the_fragments_of_a_call_are_put_together_by_their_id():
    first, second = trace(1), trace(2, request_id="")
    mixed = [one for pair in zip(first, second, strict=True) for one in pair]
    outcome = read(file(*mixed), mapping=TIMED)
    assert not outcome.rejections
    one, other = outcome.rows.values()
    assert [row["features"] for row in one] == [{"age": 41, "sex": 1}, {"age": 52, "sex": 0}]
    assert [row["score"] for row in one] == pytest.approx([0.1, 0.9])
    assert [row["prediction_id"] for row in one] == ["r1-item-0", "r1-item-1"]
    for row in one + other:
        assert (row["model"], row["version"], row["latency_ms"]) == ("credit", "2", 2.5)
        assert row["ts"] == datetime(2026, 11, 22, 8, tzinfo=UTC)
    assert not {"prediction_id"} & set(other[0])


def test_without_a_time_of_day_every_call_is_refused_with_what_to_do():
    outcome = read(file(*trace(1), *trace(2)))
    assert outcome.reasons == [(1, "no_time_of_day"), (10, "no_time_of_day")]
    assert not outcome.rows
    assert "value:" in outcome.rejections[0].message
    assert json.loads(outcome.rejections[0].raw) == trace(1)


def test_the_steps_inside_an_ensemble_are_no_calls():
    step = trace(2, parent_id=1, model_name="preprocess")
    outcome = read(file(*trace(1), *step), mapping=TIMED)
    assert list(outcome.rows) == [1]
    assert not outcome.rejections


def test_timestamps_alone_are_a_call_with_its_latency():
    level = [one for one in trace(1) if "activity" not in one]
    row = read(file(*level), mapping=TIMED).only
    assert (row["latency_ms"], row["features"]) == (2.5, {})


def test_a_call_that_has_no_end_yet_has_no_latency():
    row = read(file(*trace(1)[:-1]), mapping=TIMED).rows[1][0]
    assert "latency_ms" not in row


def test_a_file_of_a_server_that_still_runs_is_read_as_far_as_it_goes():
    whole = file(*trace(1))
    assert len(read(whole[:-1], mapping=TIMED).rows) == 1
    assert not read(whole[:-1] + b",\n", mapping=TIMED).rejections
    cut = read(whole[:-1] + b',{"id": 2, "model_na', mapping=TIMED)
    assert cut.reasons == [(10, "truncated")]
    assert len(cut.rows) == 1


@pytest.mark.parametrize(
    ("data", "shape", "dtype", "reason"),
    [("1,2,3", "2,1", "FP32", "bad_tensor"), ("1,x", "2,1", "FP32", None)],
)
def test_tensors_that_do_not_hold_what_they_say_are_refused_not_guessed(data, shape, dtype, reason):
    fragments = trace(1)
    fragments[3]["tensor"] = tensor("age", data, shape, dtype)
    outcome = read(file(*fragments, *trace(2)), mapping=TIMED)
    if reason is not None:
        assert outcome.reasons == [(1, reason)]
    assert 10 in outcome.rows


def written(fragments: list[dict[str, object]]) -> str:
    """Fragments as Triton streams them, without a space."""
    return ",".join(json.dumps(one, separators=(",", ":")) for one in fragments)


def test_texts_may_hold_what_parts_them():
    fragments = trace(1)
    fragments[3]["tensor"] = tensor("said", '"a, b","","c"', "3", "BYTES")
    fragments[4]["tensor"] = tensor("code", "07,8,9", "3", "BYTES")
    fragments[6]["tensor"] = tensor("score", "0.1,0.9,0.5", "3")
    outcome = read(file(*fragments), mapping=TIMED)
    assert [row["said"] for row in outcome.features] == ["a, b", "", "c"]
    assert [row["code"] for row in outcome.features] == ["07", "8", "9"]


@pytest.mark.parametrize(
    ("data", "dtype"), [("", "FP16"), ("", "BF16"), ("5,7", "UINT8"), ("A,-", "INT8")]
)
def test_what_triton_does_not_write_as_numbers_is_left_out_and_the_rows_stay(data, dtype):
    fragments = trace(1)
    fragments[3]["tensor"] = tensor("age", data, "2,1", dtype)
    outcome = read(file(*fragments), mapping=TIMED)
    assert not outcome.rejections
    assert outcome.features == [{"sex": 1}, {"sex": 0}]
    assert [row["score"] for row in outcome.rows[1]] == pytest.approx([0.1, 0.9])


@pytest.mark.parametrize("data", [b"\x01,\x02", b'",\\', b"\xff,\xfe", b'"x"'])
def test_a_fragment_that_triton_wrote_as_no_json_is_refused_alone(data):
    fragments = trace(1)
    fragments[4]["tensor"] = tensor("sex", "DATA", "2", "INT8")
    first, second = written(fragments).encode().replace(b"DATA", data), written(trace(2)).encode()
    outcome = read(b"[" + first + b"," + second + b"]", mapping=TIMED)
    assert set(outcome.reasons) <= {(5, "bad_json")}
    assert list(outcome.rows) == [1, 10]
    assert [len(rows) for rows in outcome.rows.values()] == [2, 2]
    assert outcome.rows[1][0]["latency_ms"] == 2.5


@pytest.mark.parametrize(
    "stray", [3, {"timestamps": []}, {"id": None}, {"id": 1, "timestamps": 5}, "text"]
)
def test_what_is_no_part_of_a_trace_is_refused_alone(stray):
    outcome = read(file(*trace(1), stray), mapping=TIMED)
    assert outcome.reasons == [(10, "bad_json")]
    assert len(outcome.rows) == 1
