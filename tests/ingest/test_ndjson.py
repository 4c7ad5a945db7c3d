"""JSON lines: what becomes an event, and which line is refused for which reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from domain.event import RAW_LIMIT_BYTES
from ingest import json_exact
from ingest.json_columns import NESTING_LIMIT
from ingest.lines import LINE_LIMIT_BYTES


@pytest.fixture(params=["line by line", "in bulk"])
def read(request, read, read_in_bulk):
    return read if request.param == "line by line" else read_in_bulk


GOOD = b'{"model":"m","ts":"2013-07-01T10:00:00Z","score":0.5}'
CONTRACT = (
    b'{"model":"flight-delay","version":"2","ts":"2013-07-01T10:00:00Z","prediction_id":"p-1",'
    b'"request_id":"r-1","features":{"distance":1400,"carrier":"UA"},"prediction":"late","score":0.71,'
    b'"latency_ms":18.2,"status":200,"replica":"pod-1",'
    b'"trace_id":"0af7651916cd43dd8448eb211c80319c","tags":{"tenant":"a"},"label":null,'
    b'"sampling_rate":1.0}'
)


def line(**fields) -> bytes:
    event = {"model": "m", "ts": "2013-07-01T10:00:00Z", "score": 0.5} | fields
    return json.dumps({k: v for k, v in event.items() if v is not ...}).encode()


def test_the_contracts_own_example_keeps_every_field(read):
    (row,) = read(CONTRACT).rows
    assert row == {
        "model": "flight-delay",
        "version": "2",
        "ts": datetime(2013, 7, 1, 10, tzinfo=UTC),
        "prediction_id": "p-1",
        "request_id": "r-1",
        "features": {"distance": 1400.0, "carrier": "UA"},
        "prediction": "late",
        "score": 0.71,
        "latency_ms": 18.2,
        "status": 200,
        "replica": "pod-1",
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "tags": '{"tenant":"a"}',
        "sampling_rate": 1.0,
    }


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b'{"model":"m","ts":"2013-07-01T', "bad_json"),
        (b"2013-07-01 INFO model loaded", "bad_json"),
        (b"[1, 2]", "bad_json"),
        (b"null", "bad_json"),
        (GOOD + GOOD, "bad_json"),
        (b'{"model":"m","ts":"2013-07-01T10:00:00Z","prediction":"\\ud800"}', "bad_json"),
        (b'{"model":"m","ts":"2013-07-01T10:00:00Z","prediction":"\xff"}', "invalid_utf8"),
        (b'{"model":"m","model":"n","ts":"2013-07-01T10:00:00Z","score":1}', "duplicate_key"),
        (b'{"model":"m","ts":"2013-07-01T10:00:00Z","score":NaN}', "not_finite"),
        (b'{"model":"m","ts":"2013-07-01T10:00:00Z","score":-Infinity}', "not_finite"),
        (b'{"model":"m","ts":"2013-07-01T10:00:00Z","score":1e400}', "not_finite"),
        (b'{"model":"m","ts":"2013-07-01T10:00:00Z","score":' + b"9" * 5000 + b"}", "bad_json"),
        (line(features={"a": "[" * 3}, deep=json.loads("[" * 40 + "]" * 40)), "too_deep"),
        (b'{"model":"m","x":' + b"[" * 90_000, "too_deep"),
        (line(prediction="x" * 70_000), "too_large"),
        (line(features={"note": "x" * 70_000}), "too_large"),
        (line(model=...), "missing_model"),
        (line(model=""), "missing_model"),
        (line(model=None), "missing_model"),
        (line(model=["m"]), "wrong_type"),
        (line(ts=...), "missing_ts"),
        (line(ts=None), "missing_ts"),
        (line(ts=""), "missing_ts"),
        (line(ts="yesterday"), "bad_ts"),
        (line(ts="2013-13-01T00:00:00Z"), "bad_ts"),
        (line(ts=True), "bad_ts"),
        (line(ts={"at": 1}), "bad_ts"),
        (line(ts="2013-07-01T10:00:00"), "naive_ts"),
        (line(ts="2013-07-01"), "naive_ts"),
        (line(ts=0), "past_ts"),
        (line(ts="1970-01-01T00:00:00Z"), "past_ts"),
        (line(ts="9999-01-01T00:00:00Z"), "future_ts"),
        (line(features=[1, 2]), "wrong_type"),
        (line(features="a"), "wrong_type"),
        (line(tags="a"), "wrong_type"),
        (line(tags=[1]), "wrong_type"),
        (line(score="high"), "wrong_type"),
        (line(score=True), "wrong_type"),
        (line(latency_ms=-0.1), "negative_latency"),
        (line(latency_ms={}), "wrong_type"),
        (line(status="OK"), "wrong_type"),
        (line(status=200.5), "wrong_type"),
        (line(status=10**12), "out_of_range"),
        (line(sampling_rate=0), "out_of_range"),
        (line(sampling_rate=1.5), "out_of_range"),
        (line(prediction_id=[1]), "wrong_type"),
        (line(score=...), "no_substance"),
        (line(score=..., features={}), "no_substance"),
        (line(score=..., features={"a": None}), "no_substance"),
        (line(score=..., replica="pod-1", tags={"a": "b"}), "no_substance"),
        (line(features={"a": 1}, a=2), "duplicate_key"),
    ],
)
def test_a_line_that_cannot_be_an_event_is_refused_alone(read, broken, reason):
    outcome = read(b"\n".join([GOOD, broken, GOOD]))
    assert outcome.reasons == [reason]
    assert outcome.positions == [2]
    assert outcome.rejections[0].raw == broken[:RAW_LIMIT_BYTES]
    assert "\n" not in outcome.rejections[0].message
    assert len(outcome.rows) == 2


def test_a_refusal_names_the_value_and_what_to_do(read):
    (rejection,) = read(line(ts="2013-07-01T10:00:00")).rejections
    assert "2013-07-01T10:00:00" in rejection.message
    assert "ts_zone" in rejection.message


def test_blank_lines_marks_and_returns_are_no_lines_of_their_own(read):
    outcome = read(b"\xef\xbb\xbf" + GOOD + b"\r\n\r\n  \t\n" + b"broken\r\n" + GOOD)
    assert len(outcome.rows) == 2
    assert outcome.positions == [4]
    assert outcome.rejections[0].raw == b"broken"


def test_an_empty_log_holds_nothing(read):
    assert read(b"").rows == []
    assert read(b"\n\n").rejections == []


def test_a_line_longer_than_any_event_does_not_fill_the_memory(read):
    outcome = read(GOOD + b"\n" + b'{"x":"' + b"y" * (2 * LINE_LIMIT_BYTES) + b'"}\n' + GOOD)
    assert outcome.reasons == ["too_large"]
    assert outcome.positions == [2]
    assert len(outcome.rejections[0].raw) == RAW_LIMIT_BYTES
    assert len(outcome.rows) == 2


@pytest.mark.parametrize(
    ("written", "kept"),
    [("late", "late"), (1, "1"), (1.0, "1"), (-0.0, "0"), (True, "true"), (0.25, "0.25"),
     ("1.0", "1.0"), (10**15, "1000000000000000"), (2**53 + 1, "9007199254740993"),
     (10**30, "1" + "0" * 30), (2**53, "9007199254740992"),
     ([1, "a"], '[1,"a"]'), ({"b": 1, "a": 2}, '{"a":2,"b":1}')],
)  # fmt: skip
def test_an_answer_is_text_and_numbers_have_one_form(read, written, kept):
    (row,) = read(line(prediction=written, label=written)).rows
    assert row["prediction"] == row["label"] == kept


def test_a_version_is_text_however_it_is_written(read):
    rows = read(line(version=2) + b"\n" + line(version="2") + b"\n" + line(version=None)).rows
    assert [row.get("version") for row in rows] == ["2", "2", None]


def test_a_feature_keeps_the_type_each_line_gave_it(read):
    given = [1, 2.5, "n/a", True, None, "", 2**53, [1, 2], {"k": None}]
    rows = read(b"\n".join(line(features={"f": value}) for value in given)).rows
    kept = [row["features"].get("f") for row in rows]
    kept_in_any_order = {(type(v), v) for v in kept}
    assert kept_in_any_order == {
        (float, 1.0), (float, 2.5), (str, "n/a"), (bool, True), (type(None), None), (str, ""),
        (str, str(2**53)), (str, "[1,2]"), (str, '{"k":null}'),
    }  # fmt: skip


@pytest.mark.parametrize("value", [2**53 - 1, -(2**53) + 1])
def test_the_largest_exact_integers_stay_numbers(read, value):
    (row,) = read(line(features={"f": value})).rows
    assert row["features"]["f"] == float(value)


def test_keys_beside_the_fields_are_features_as_in_a_table(read):
    (row,) = read(line(distance=1400, features={"carrier": "UA"})).rows
    assert row["features"] == {"distance": 1400.0, "carrier": "UA"}


@pytest.mark.parametrize("name", ["ts", "model", "score", "features", "a.b", "", "Ärger", "x'; --"])
def test_a_feature_may_be_called_anything(read, name):
    (row,) = read(line(features={name: 1})).rows
    assert row["features"] == {name: 1.0}


def test_tags_are_texts_with_sorted_keys(read):
    (row,) = read(line(tags={"z": 1, "a": True, "n": None, "l": [1]})).rows
    assert json.loads(row["tags"]) == {"a": "true", "l": "[1]", "z": "1"}
    assert row["tags"].index('"a"') < row["tags"].index('"z"')
    assert "tags" not in read(line(tags={"n": None})).rows[0]


def test_a_failed_call_is_an_event_without_prediction(read):
    (row,) = read(line(score=..., status=503)).rows
    assert row["status"] == 503


def test_the_arguments_fill_in_what_a_line_lacks_and_override_nothing(read):
    lines = line(model=..., version=...) + b"\n" + line(model="own", version="7")
    rows = read(lines, model="given", version="1").rows
    assert {(row["model"], row["version"]) for row in rows} == {("given", "1"), ("own", "7")}


def test_models_come_in_batches_of_their_own(read):
    rows = read(b"\n".join(line(model=m, score=i) for i, m in enumerate("abab"))).rows
    assert [row["score"] for row in rows if row["model"] == "a"] == [0.0, 2.0]
    assert [row["score"] for row in rows if row["model"] == "b"] == [1.0, 3.0]


def test_a_time_more_than_a_day_ahead_is_refused_where_the_clock_is_known(read):
    now = datetime(2013, 7, 1, tzinfo=UTC)
    log = line(ts="2013-07-01T23:59:00Z") + b"\n" + line(ts="2013-07-02T00:00:01Z")
    assert read(log, now=now).reasons == ["future_ts"]
    assert read(log).reasons == []


def test_very_wide_lines_are_read(read):
    wide = {f"f{i}": i for i in range(5000)}
    rows = read(b"\n".join([line(features=wide)] * 3)).rows
    assert rows[2]["features"]["f4999"] == 4999.0


def test_text_is_kept_letter_by_letter(read):
    text = "=cmd|' /C calc'!A0 <script>\u2028\x00 '; drop table x; -- 日本"
    (row,) = read(line(prediction=text, features={text: text})).rows
    assert row["prediction"] == row["features"][text] == text


def test_objects_nested_within_the_limit_are_kept(read):
    depth = NESTING_LIMIT - 3
    (row,) = read(line(features={"f": json.loads("[" * depth + "]" * depth)})).rows
    assert row["features"]["f"] == "[" * depth + "]" * depth


def test_keys_that_are_really_values_do_not_fill_the_memory(read, monkeypatch):
    monkeypatch.setattr(json_exact, "COLUMN_LIMIT", 100)
    log = [line(features={f"id-{i}-{j}": 1 for j in range(10)}) for i in range(12)]
    outcome = read(b"\n".join([*log, log[0]]))
    # model, ts, score and features are columns as well
    assert outcome.reasons == ["too_many_columns"] * 3
    assert outcome.positions == [10, 11, 12]
    assert len(outcome.rows) == 10


def test_objects_over_two_lines_are_not_made_up_for_by_two_on_one_line(read):
    half = len(GOOD) // 2
    outcome = read(b"\n".join([GOOD, GOOD[:half], GOOD[half:], GOOD + GOOD, GOOD]))
    assert outcome.positions == [2, 3, 4]
    assert len(outcome.rows) == 2


def test_an_array_that_goes_on_in_the_next_line_is_two_broken_lines(read):
    first, second = b'{"model":"m","ts":1372672800,"x":[{}', b"{}]}"
    outcome = read(b"\n".join([GOOD, first, second, GOOD + GOOD, GOOD]))
    assert outcome.positions == [2, 3, 4]


def test_each_line_of_many_keeps_its_own_number_and_bytes(read):
    log = [GOOD, b"", b"text", line(ts="2013-07-01"), b" ", GOOD + b"\r", line(score="x")]
    outcome = read(b"\n".join(log))
    assert outcome.positions == [3, 4, 7]
    assert [r.raw for r in outcome.rejections] == [log[2], log[3], log[6]]


def test_broken_letters_in_a_column_that_is_well_known_are_seen(read):
    good, broken = line(prediction="late"), line(prediction="l?te").replace(b"?", b"\xe4")
    outcome = read(b"\n".join([good, broken, good]))
    assert (outcome.reasons, outcome.positions) == (["invalid_utf8"], [2])
    assert [row["prediction"] for row in outcome.rows] == ["late", "late"]


@pytest.mark.parametrize("zero", [b"-0", b"-0.0", b"0", b"0e5"])
def test_zero_has_one_form(read, zero):
    log = b'{"model":"m","ts":1372672800,"score":?,"f":?}'.replace(b"?", zero)
    (row,) = read(log).rows
    assert (str(row["score"]), str(row["features"]["f"])) == ("0.0", "0.0")
