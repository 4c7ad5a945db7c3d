"""
Request logs of TensorFlow Serving.

The files were written by TensorFlow and tensorflow-serving-api themselves (tf_serving/make.py),
and expected.ndjson holds what TensorFlow reads in their tensors. The server that is shipped logs
nothing without a collector of one's own, so no file here comes from a running server. Calls in
bulk are written by the few lines of `wire` below, which share nothing with the reader.
"""

from __future__ import annotations

import gzip
import io
import json
import math
import struct
import tracemalloc
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.readers.registry import is_log, reader_for
from ingest.tf_serving.tfrecord import RECORD_LIMIT_BYTES
from ingest.unpack import LogStream
from tests.formats.outcome import read

HERE = Path(__file__).parent / "tf_serving"
PLAIN = (HERE / "predictions.tfrecord").read_bytes()
EXPECTED = [json.loads(line) for line in (HERE / "expected.ndjson").read_text().splitlines()]
CALL, REGRESSION, CLASSIFICATION = 6, 3, 2


# ------------------------------------------------------------------ an encoder of our own


def bitwise_crc(content: bytes) -> int:
    value = 0xFFFFFFFF
    for byte in content:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def mask(value: int) -> bytes:
    turned = ((value >> 15) | (value << 17)) & 0xFFFFFFFF
    return struct.pack("<I", (turned + 0xA282EAD8) % 2**32)


def framed(content: bytes) -> bytes:
    length = struct.pack("<Q", len(content))
    return length + mask(bitwise_crc(length)) + content + mask(bitwise_crc(content))


def varint(value: int) -> bytes:
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def wire(field: int, content: bytes | str) -> bytes:
    raw = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(raw)) + raw


def doubles(values: list[float], shape: list[int]) -> bytes:
    dims = b"".join(wire(2, number(1, size)) for size in shape)
    packed = wire(6, struct.pack(f"<{len(values)}d", *values))
    return number(1, 2) + wire(2, dims) + packed


def metadata(second: int) -> bytes:
    return wire(1, wire(1, wire(1, "m")) + number(4, second))


def call_sides(values: list[float]) -> bytes:
    shape = [len(values), 1]
    asked = wire(2, wire(1, "x") + wire(2, doubles(values, shape)))
    answered = wire(1, wire(1, "score") + wire(2, doubles([v / 2 for v in values], shape)))
    return wire(1, asked) + wire(2, answered)


def call(second: int, values: list[float]) -> bytes:
    return metadata(second) + wire(CALL, call_sides(values))


# ------------------------------------------------------------------ what TensorFlow wrote


def cells(values: object, n_rows: int) -> list[object]:
    """Return the cell of each row of what TensorFlow read in a tensor."""
    if not isinstance(values, list) or len(values) != n_rows:
        return [values] * n_rows
    return [value[0] if isinstance(value, list) and len(value) == 1 else value for value in values]


def as_kept(value: object) -> object:
    if isinstance(value, list):
        return json.dumps(value, separators=(",", ":"))
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value) if abs(value) < 2**53 else str(value)
    return value


@pytest.mark.parametrize(
    "record", [i for i, one in enumerate(EXPECTED) if one and i not in (6, 12)]
)
def test_each_row_is_its_slice_of_every_tensor_as_tensorflow_reads_them(record):
    rows, _ = read(PLAIN)
    found = rows[record + 1]
    for side in ("inputs", "outputs"):
        for name, values in EXPECTED[record][side].items():
            for row, cell in zip(found, cells(values, len(found)), strict=True):
                held = row["features"].get(name) if side == "inputs" else answer(row, name)
                missing = isinstance(cell, float) and not math.isfinite(cell)
                assert held == (None if missing else as_kept(cell)), (name, cell)


def answer(row: dict, name: str) -> object:
    return row.get("score") if "score" in row else float(row["prediction"])


def test_a_matrix_without_names_is_numbered_features_and_two_outputs_find_their_places():
    rows, _ = read(PLAIN)
    wanted = EXPECTED[6]
    for row, dense, label in zip(
        rows[7], wanted["inputs"]["dense"], wanted["outputs"]["classes"], strict=True
    ):
        assert row["features"] == {f"f{i}": value for i, value in enumerate(dense)}
        assert row["prediction"] == str(label)


def test_classes_and_regressions_of_examples_are_answers_and_context_is_in_every_row():
    rows, _ = read(PLAIN)
    classified, regressed = rows[9], rows[10]
    assert [row["prediction"] for row in classified] == ["good"] * 3
    assert [round(row["score"], 6) for row in classified] == [0.25, 0.35, 0.45]
    assert [row["features"].get("region") for row in classified] == ["north", None, "north"]
    assert [row["features"]["words"] for row in classified] == ['["a","b"]'] * 3
    assert [row["prediction"] for row in regressed] == ["0", "1.5"]
    assert [row["features"]["country"] for row in regressed] == ["NL", "NL"]


def test_an_example_without_classes_has_no_answer_and_classes_without_names_are_numbered():
    def score(value: float) -> bytes:
        return b"\x15" + struct.pack("<f", value)

    found = wire(1, b"") + wire(1, wire(1, score(0.25)) + wire(1, score(0.75)))
    asked = wire(1, wire(2, wire(1, wire(1, b"") * 2)))
    log = metadata(1795000600) + wire(CLASSIFICATION, asked + wire(2, wire(1, found)))
    rows, _ = read(framed(log))
    assert [(row["prediction"], row["score"]) for row in rows[1]] == [("1", 0.75)]


def test_what_is_told_of_a_call_is_kept_and_what_is_not_told_is_absent():
    rows, rejections = read(PLAIN)
    (bare,), (labelled,) = rows[11], rows[12]
    assert (bare["version"], bare["sampling_rate"]) == ("7", 0.25)
    assert json.loads(bare["tags"]) == {"dc": "aa", "origin": "batch"}
    assert labelled["version"] == "stable"
    assert rows[1][0]["version"] == "2"
    assert rows[1][0]["ts"].timestamp() == 1795000600
    told = {"model", "version", "ts", "score", "sampling_rate", "features"}
    assert set(rows[1][0]) == told, "no id, no latency, no status: the log has none"
    assert (13, "missing_ts") in [(r.position, r.reason) for r in rejections]


def test_what_the_log_says_of_the_model_counts_before_what_the_answer_says():
    def spec(name: str, version: int) -> bytes:
        return wire(1, name) + wire(2, number(1, version))

    told = wire(1, wire(1, spec("logged", 2)) + number(4, 1795000600))
    sides = call_sides([1.0]) + wire(2, wire(2, spec("answered", 7)))
    row = read(framed(told + wire(CALL, sides))).only
    assert (row["model"], row["version"]) == ("logged", "2")
    silent = wire(1, number(4, 1795000600)) + wire(CALL, sides)
    row = read(framed(silent)).only
    assert (row["model"], row["version"]) == ("answered", "7")


def test_calls_that_are_no_rows_are_rejected_with_their_kind():
    _, rejections = read(PLAIN)
    empty = [r.position for r in rejections if r.reason == "no_substance"]
    assert empty == [14, 15], "a call of several tasks and a session's, without tensors"
    streamed = read(framed(metadata(1795000600) + wire(7, wire(1, b"") + wire(2, b""))))
    (refused,) = streamed.rejections
    assert (refused.reason, "predict_streamed_log" in refused.message) == ("unread_call", True)


def tensors(field: int, named: dict[str, list[float]]) -> bytes:
    return b"".join(
        wire(field, wire(1, name) + wire(2, doubles(values, [len(values), 1])))
        for name, values in named.items()
    )


def test_a_run_of_a_session_is_a_call_with_the_names_of_its_tensors():
    spec = wire(1, "m") + wire(2, number(1, 4))
    asked = wire(1, wire(1, "m")) + tensors(2, {"x:0": [1.0, 2.0], "z:0": [7.0, 8.0]})
    answered = tensors(1, {"y:0": [0.5, 0.25]}) + wire(2, b"") + wire(3, spec)
    told = wire(1, number(4, 1795000600)) + wire(5, wire(1, asked) + wire(2, answered))
    rows, rejections = read(framed(told))
    assert not rejections
    assert [(row["features"], row["prediction"]) for row in rows[1]] == [
        ({"x:0": 1.0, "z:0": 7.0}, "0.5"),
        ({"x:0": 2.0, "z:0": 8.0}, "0.25"),
    ]
    assert {(row["model"], row["version"]) for row in rows[1]} == {("m", "4")}
    assert len({row["request_id"] for row in rows[1]}) == 1


def inferred(ages: list[float], results: list[bytes], signatures: list[str]) -> bytes:
    """A call of `tensorflow_serving/apis/inference.proto`."""
    tasks = [wire(1, wire(1, wire(1, "m") + wire(3, one)) + wire(2, "any")) for one in signatures]
    values = [wire(2, wire(1, struct.pack("<f", age))) for age in ages]
    examples = [wire(1, wire(1, wire(1, wire(1, "age") + wire(2, one)))) for one in values]
    asked = b"".join(tasks) + wire(2, wire(1, b"".join(examples)))
    answered = b"".join(wire(1, wire(1, wire(2, number(1, 3))) + one) for one in results)
    return framed(metadata(1795000600) + wire(4, wire(1, asked) + wire(2, answered)))


def value(number: float) -> bytes:
    return varint(1 << 3 | 5) + struct.pack("<f", number)


def regression(values: list[float]) -> bytes:
    return wire(3, b"".join(wire(1, value(one)) for one in values))


def classes(rows: list[dict[str, float]]) -> bytes:
    score = varint(2 << 3 | 5)
    return wire(2, b"".join(
        wire(1, b"".join(wire(1, wire(1, name) + score + struct.pack("<f", one))
                         for name, one in row.items()))
        for row in rows
    ))  # fmt: skip


def test_a_call_of_several_tasks_is_one_call_and_a_mapping_names_its_prediction():
    rain = classes([{"yes": 0.25, "no": 0.75}, {"yes": 0.5, "no": 0.5}])
    file = inferred([42.0, 43.0], [rain, regression([20.5, 21.5])], ["rain", "temperature"])
    rows, rejections = read(file)
    assert not rejections
    assert [row["features"] for row in rows[1]] == [{"age": 42.0}, {"age": 43.0}]
    assert not {"prediction", "score"} & set(rows[1][0]), "of several nobody says which"
    assert len({row["request_id"] for row in rows[1]}) == 1
    named = {"prediction": "outputs.temperature.prediction", "score": "outputs.rain.scores.0"}
    told = read(file, mapping=named).rows[1]
    assert [(row["prediction"], row["score"]) for row in told] == [("20.5", 0.25), ("21.5", 0.5)]


def test_a_call_of_one_task_is_what_that_task_is():
    row = read(inferred([42.0], [regression([7.5])], ["temperature"])).only
    assert (row["prediction"], row["version"], row["features"]) == ("7.5", "3", {"age": 42.0})
    row = read(inferred([42.0], [classes([{"a": 0.25, "b": 0.75}])], [])).only
    assert (row["prediction"], row["score"]) == ("b", 0.75)


def test_tasks_with_answers_of_differing_length_are_refused():
    file = inferred([42.0], [regression([7.5]), regression([7.5, 1.0])], ["a", "b"])
    assert read(file).reasons == [(1, "uneven_rows")]


@pytest.mark.parametrize("name", ["predictions.tfrecord.gz", "predictions-00000-of-00001.zlib"])
def test_gzip_and_zlib_hold_the_same_calls(name):
    plain, _ = read(PLAIN)
    packed, rejections = read((HERE / name).read_bytes())
    assert not rejections
    assert packed == {record: plain[record] for record in range(1, 7)}


def test_the_format_is_told_by_its_first_record_and_its_files_by_their_names():
    for file in HERE.glob("predictions*"):
        stream = LogStream("anything.csv", io.BytesIO(file.read_bytes()))
        assert reader_for(stream).name == "tfrecord"
    for name in ("a.tfrecord", "a.tfrecords.gz", "a.tfrecord-00000-of-00002.gz"):
        assert is_log(name)
    assert is_log("tf_serving_warmup_requests")
    assert not is_log("tf_serving.config")


def test_the_model_of_a_log_that_names_none_is_the_one_that_was_said():
    nameless = framed(wire(1, number(4, 1795000600)) + wire(CALL, call_sides([1.0])))
    assert read(nameless)[1][0].reason == "missing_model"
    rows, _ = read(nameless, model="given", version="3")
    assert (rows[1][0]["model"], rows[1][0]["version"]) == ("given", "3")


# ------------------------------------------------------------------ damage


def offsets(data: bytes) -> list[int]:
    """Return where each record begins."""
    found, at = [], 0
    while at < len(data):
        found.append(at)
        at += 16 + struct.unpack_from("<Q", data, at)[0]
    return found


def flipped(data: bytes, at: int) -> bytes:
    damaged = bytearray(data)
    damaged[at] ^= 0x10
    return bytes(damaged)


@given(record=st.integers(0, 14), place=st.floats(0, 1, exclude_max=True))
@settings(max_examples=60)
def test_a_flipped_bit_of_a_record_loses_that_record_alone_with_a_reason(record, place):
    whole, before = read(PLAIN)
    starts = [*offsets(PLAIN), len(PLAIN)]
    begin, end = starts[record] + 12, starts[record + 1]
    rows, rejections = read(flipped(PLAIN, begin + int(place * (end - begin))))
    assert rows == {at: found for at, found in whole.items() if at != record + 1}
    reasons = {r.position: r.reason for r in before} | {record + 1: "bad_checksum"}
    assert {r.position: r.reason for r in rejections} == reasons


@given(record=st.integers(0, 14), byte=st.integers(0, 11))
@settings(max_examples=40)
def test_a_damaged_length_ends_the_file_there_and_says_where(record, byte):
    start = offsets(PLAIN)[record]
    whole, before = read(PLAIN)
    rows, rejections = read(flipped(PLAIN, start + byte), "log", format="tfrecord")
    assert rows == {at: found for at, found in whole.items() if at <= record}
    last = rejections[-1]
    assert (last.position, last.reason) == (record + 1, "bad_frame")
    assert f"byte {start} " in last.message
    assert rejections[:-1] == [r for r in before if r.position <= record]


@given(st.integers(1, len(PLAIN) - 1))
@settings(max_examples=80)
def test_of_a_file_that_is_cut_off_the_whole_records_are_kept(length):
    whole, _ = read(PLAIN)
    kept = sum(end <= length for end in [*offsets(PLAIN), len(PLAIN)][1:])
    rows, rejections = read(PLAIN[:length], format="tfrecord")
    assert rows == {at: found for at, found in whole.items() if at <= kept}
    torn = length not in offsets(PLAIN)
    assert ("truncated" in [r.reason for r in rejections]) == torn
    if torn:
        assert rejections[-1].position == kept + 1


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_of_a_packed_file_that_is_cut_off_what_can_be_unpacked_is_kept(pack):
    data = b"".join(framed(call(1795000600 + i, [i / 7])) for i in range(400))
    packed = pack(data)
    rows, rejections = read(packed[: len(packed) // 2])
    assert 20 < len(rows) < 400
    assert [r.reason for r in rejections] == ["truncated"]
    assert rejections[0].position == len(rows) + 1


def test_a_record_of_another_program_is_no_message_and_a_huge_one_is_passed_over_in_pieces():
    huge = RECORD_LIMIT_BYTES + 1
    length = struct.pack("<Q", huge)
    data = framed(b"\xff\xff\xff") + framed(call(1795000600, [1.0]))
    packed = zlib.compressobj(1)
    parts = [packed.compress(data + length + mask(bitwise_crc(length)))]
    parts += [packed.compress(bytes(1024 * 1024)) for _ in range(64)]
    parts += [packed.compress(bytes(5) + framed(call(1795000601, [2.0]))), packed.flush()]
    tracemalloc.start()
    rows, rejections = read(b"".join(parts))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(r.position, r.reason) for r in rejections] == [(1, "bad_message"), (3, "too_large")]
    assert sorted(rows) == [2, 4]
    assert peak < 16 * 1024 * 1024


@given(st.lists(st.tuples(st.integers(0, len(PLAIN) - 1), st.integers(0, 255)), max_size=20))
@settings(max_examples=150)
def test_no_damage_stops_the_reader_with_an_error(changes):
    damaged = bytearray(PLAIN)
    for at, value in changes:
        damaged[at] = value
    read(bytes(damaged), format="tfrecord")


@given(st.binary(max_size=60), st.sampled_from([CALL, CLASSIFICATION, REGRESSION, 1]))
@settings(max_examples=200)
def test_no_content_under_a_right_checksum_stops_it_either(content, kind):
    rows, rejections = read(framed(wire(kind, content)), model="m", format="tfrecord")
    assert len(rows) + len(rejections) == 1


@pytest.mark.parametrize("shape", [[2**40], [2, 2**30], [1, 19_000_000], [2**32, 2**32]])
def test_a_shape_that_claims_more_than_the_message_holds_is_refused(shape):
    asked = wire(2, wire(1, "x") + wire(2, doubles([1.0], shape)))
    tracemalloc.start()
    _, rejections = read(framed(metadata(1795000600) + wire(CALL, wire(1, asked))))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 1024 * 1024
    assert [r.reason for r in rejections] == ["bad_tensor"]


def test_what_is_kept_of_a_refused_record_can_be_read_again():
    refused = read(framed(metadata(1) + wire(CALL, call_sides([1.0])))).rejections[0]
    assert refused.reason == "past_ts"
    assert [r.reason for r in read(refused.raw).rejections] == ["past_ts"]
    empty = [r for r in read(PLAIN).rejections if r.reason == "no_substance"]
    assert [r.reason for r in read(empty[0].raw).rejections] == ["no_substance"]


# ------------------------------------------------------------------ counts of files never seen


@given(st.lists(st.integers(1, 9), max_size=30), st.booleans())
@settings(max_examples=30)
def test_as_many_predictions_and_calls_are_read_as_were_written(sizes, packed):
    calls = [[float(i), *range(1, n)] for i, n in enumerate(sizes)]
    data = b"".join(framed(call(1795000600, values)) for values in calls)
    rows, rejections = read(gzip.compress(data) if packed else data, format="tfrecord")
    assert not rejections
    found = [[row["features"]["x"] for row in rows[at]] for at in sorted(rows)]
    assert found == calls
    for at, values in enumerate(calls, 1):
        assert [row["score"] for row in rows[at]] == [value / 2 for value in values]
        assert len({row.get("request_id") for row in rows[at]}) == 1


def test_the_same_call_twice_in_a_second_is_two_calls_and_the_same_ones_tomorrow():
    data = framed(call(1795000600, [1.0, 2.0])) * 3
    rows, _ = read(data)
    names = [{row["request_id"] for row in found} for found in rows.values()]
    assert len(set.union(*names)) == 3
    assert read(data, "renamed")[0] == rows


def test_a_tensor_of_another_length_is_told_of_the_call_and_so_of_each_row():
    def named(side: int, name: str, values: list[float], shape: list[int]) -> bytes:
        return wire(side, wire(1, name) + wire(2, doubles(values, shape)))

    asked = named(2, "x", [1.0, 2.0, 3.0], [3]) + named(2, "limits", [0.5] * 5, [5])
    asked += named(2, "k", [7.0], [1]) + named(2, "t", [9.0], [])
    answered = named(1, "score", [0.1, 0.2, 0.3], [3, 1]) + named(1, "top", [1.0] * 7, [7])
    sides = wire(1, asked) + wire(2, answered)
    found = read(framed(metadata(1795000600) + wire(CALL, sides)))
    told = {"limits": "[0.5,0.5,0.5,0.5,0.5]", "k": 7.0, "t": 9.0}
    assert found.features == [told | {"x": x} for x in (1.0, 2.0, 3.0)]
    assert [row["score"] for row in found.rows[1]] == [0.1, 0.2, 0.3]


def test_sides_of_different_lengths_are_one_row_only_where_one_thing_was_asked():
    def log(asked: list[int], answered: list[int]) -> bytes:
        sizes = [asked, answered]
        tensors = [doubles([1.0] * math.prod(size), size) for size in sizes]
        sent = wire(2, wire(1, "x") + wire(2, tensors[0]))
        got = wire(1, wire(1, "items") + wire(2, tensors[1]))
        return framed(metadata(1795000600) + wire(CALL, wire(1, sent) + wire(2, got)))

    assert len(read(log([1, 4], [5]))[0][1]) == 1
    assert len(read(log([], []))[0][1]) == 1
    assert [r.reason for r in read(log([3, 1], [2, 1]))[1]] == ["rows_differ"]
    assert [r.reason for r in read(log([0, 1], [0, 1]))[1]] == ["no_substance"]
