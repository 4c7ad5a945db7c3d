"""What is not to leave the process does not, in whatever shape a protocol writes it."""

import gzip
import hashlib
import hmac
import json
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline_tap import Call, _Redaction
from tests.tap.conftest import sent

SECRET = "078-05-1120"
JSON = "application/json"


def through(tap, content, media_type=JSON, side="request", **headers):
    """Record a call with one body, as middlewares do."""
    told = [("content-type", media_type), *headers.items()]
    call = tap.begin("POST", "/p", told)
    body = call.request if side == "request" else call.answer
    body.add(content if isinstance(content, bytes) else json.dumps(content).encode())
    body.is_whole = True
    call.status, call.answered = 200, told
    call.finish_answer()
    tap.end(call)


SHAPES = {
    "a plain object": {"ssn": SECRET, "age": 41},
    "instances": {"instances": [{"ssn": SECRET, "age": 41}, {"age": 41, "SSN": SECRET}]},
    "columns of TensorFlow": {"inputs": {"ssn": [SECRET], "age": [41]}},
    "tensors": {
        "inputs": [
            {"name": "ssn", "shape": [1], "datatype": "BYTES", "data": [SECRET]},
            {"name": "age", "shape": [1], "datatype": "INT64", "data": [41]},
        ]
    },
    "a frame": {
        "dataframe_split": {"columns": ["age", "ssn"], "data": [[41, SECRET], [41, SECRET]]}
    },
    "records": {"dataframe_records": [{"ssn": SECRET, "age": 41}]},
    "Seldon": {"data": {"names": ["ssn", "age"], "ndarray": [[SECRET, 41]]}},
    "JSON in JSON": {"strData": json.dumps({"ssn": SECRET, "age": 41})},
    "deep": {"a": [{"b": {"person": {"ssn": SECRET, "age": 41}}}]},
}


@pytest.mark.parametrize("side", ["request", "response"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_name_that_is_dropped_leaves_in_no_shape(new_tap, sink, shape, side):
    tap = new_tap(drop=["ssn"])
    through(tap, SHAPES[shape], side=side)
    [line] = sent(tap, sink)
    text = line[side]["text"]
    assert SECRET not in text
    assert "ssn" not in text.lower()
    assert "41" in text


@pytest.mark.parametrize("shape", SHAPES)
def test_a_name_that_is_hashed_can_be_told_apart_and_no_more(new_tap, sink, shape, monkeypatch):
    monkeypatch.setenv("DRIFTLINE_HASH_KEY", "pepper")
    tap = new_tap(hashed=["ssn"])
    through(tap, SHAPES[shape])
    [line] = sent(tap, sink)
    text = line["request"]["text"]
    assert SECRET not in text
    assert hmac.digest(b"pepper", json.dumps(SECRET).encode(), hashlib.sha256).hex()[:32] in text


def test_a_hashed_tensor_is_one_of_texts(new_tap, sink, monkeypatch):
    monkeypatch.setenv("DRIFTLINE_HASH_KEY", "pepper")
    tap = new_tap(hashed=["id"])
    through(tap, {"inputs": [{"name": "id", "shape": [2], "datatype": "INT64", "data": [7, None]}]})
    [line] = sent(tap, sink)
    [tensor] = json.loads(line["request"]["text"])["inputs"]
    assert tensor["datatype"] == "BYTES"
    assert len(tensor["data"][0]) == 32
    assert tensor["data"][1] is None


def test_without_a_key_what_was_to_be_hashed_is_dropped(new_tap, sink, caplog):
    tap = new_tap(hashed=["ssn"])
    through(tap, SHAPES["a plain object"])
    [line] = sent(tap, sink)
    assert json.loads(line["request"]["text"]) == {"age": 41}
    assert "DRIFTLINE_HASH_KEY" in caplog.text


def test_columns_of_csv_are_dropped_and_hashed(new_tap, sink, monkeypatch):
    monkeypatch.setenv("DRIFTLINE_HASH_KEY", "pepper")
    tap = new_tap(drop=["ssn"], hashed=["name"])
    through(tap, f'age,ssn,name\n41,{SECRET},"Doe, Jo"\n'.encode(), "text/csv")
    through(tap, b"41,7\n", "text/csv; charset=utf-8")
    first, second = sent(tap, sink)
    names, row = first["request"]["text"].splitlines()
    assert names == "age,name"
    assert row.startswith("41,")
    assert "Doe" not in row
    assert second["request"]["text"] == "41,7\n"


UNREADABLE = {
    "raw tensors": (
        b"{}\x00\x00",
        "application/octet-stream",
        {"inference-header-content-length": "2"},
    ),
    "half a body": (b'{"ssn": "078', JSON, {}),
    "rows of other lengths": ({"columns": ["ssn"], "data": [[1, SECRET]]}, JSON, {}),
    "a tensor under names": (
        {"names": ["ssn", "a"], "tensor": {"shape": [1, 2], "values": [1, 2]}},
        JSON,
        {},
    ),
    "no end of brackets": (b"[" * 100_000, JSON, {}),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_body_that_cannot_be_searched_stays(new_tap, sink, what):
    content, media_type, headers = UNREADABLE[what]
    tap = new_tap(drop=["ssn"])
    through(tap, content, media_type, **headers)
    [line] = sent(tap, sink)
    assert "request" not in line
    assert line["status"] == 200
    assert tap.counts()["errors"] == 1


def test_a_hook_says_what_may_leave(new_tap, sink):
    def redact(side, value):
        if side == "record":
            return {**value, "features": {"a": 0}}
        return {"side": side, "rows": len(value["instances"])}

    tap = new_tap(redact=redact, drop=["ssn"])
    through(tap, {"instances": [{"ssn": SECRET}]})
    tap.record({"a": SECRET, "ssn": SECRET}, 1)
    through(tap, b"a\n1\n", "text/csv")  # a hook for JSON cannot look into it
    sent(tap, sink)
    [event], [call, csv] = sink.lines("events"), sink.lines("calls")
    assert json.loads(call["request"]["text"]) == {"side": "request", "rows": 1}
    assert event["features"] == {"a": 0}
    assert "request" not in csv


def test_a_hook_that_fails_lets_nothing_out(new_tap, sink):
    tap = new_tap(redact=lambda side, value: value[side])
    through(tap, {"a": SECRET})
    tap.record({"a": SECRET}, 1)
    [line] = sent(tap, sink)
    assert SECRET not in json.dumps(line)
    assert tap.counts()["errors"] == 2


def test_what_the_service_records_is_searched_too(new_tap, sink):
    tap = new_tap(drop=["ssn"])
    tap.record({"ssn": SECRET, "age": 41, "nested": {"ssn": SECRET}}, 1, tags={"ssn": SECRET})
    [line] = sent(tap, sink)
    assert line["features"] == {"age": 41, "nested": {}}
    assert SECRET not in json.dumps(line)


def test_a_packed_body_is_searched_too(new_tap, sink):
    tap = new_tap(drop=["ssn"])
    packed = gzip.compress(json.dumps({"ssn": SECRET, "age": 41}).encode())
    through(tap, packed, **{"content-encoding": "gzip"})
    [line] = sent(tap, sink)
    assert json.loads(line["request"]["text"]) == {"age": 41}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(["a", "ssn", "name", "data"]) | st.text(), inner)
    ),
    max_leaves=20,
)


@given(VALUES)
def test_no_value_under_a_dropped_name_is_left_and_no_other_is_lost(value):
    redaction = driftline_redaction(drop=["ssn"])
    assert redaction.value("request", value) == without(value, "ssn")


def driftline_redaction(drop):
    return _Redaction(SimpleNamespace(drop=drop, hashed=(), redact=None))


def without(value, name):
    """The plain definition: objects lose the member, lists lose tensors of that name."""
    if isinstance(value, dict):
        return {
            key: without(one, name) for key, one in value.items() if key.strip().lower() != name
        }
    if isinstance(value, list):
        return [
            without(one, name)
            for one in value
            if not (isinstance(one, dict) and str(one.get("name")).strip().lower() == name)
        ]
    return value


def test_headers_never_leave(new_tap, sink):
    tap = new_tap()
    through(tap, {"a": 1}, authorization=SECRET, cookie=SECRET)
    [line] = sent(tap, sink)
    assert SECRET not in json.dumps(line)


def test_what_is_not_sent_is_not_kept():
    assert Call("POST", "/p", (), 0).request.limit == 0
