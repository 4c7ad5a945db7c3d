"""What no body may do: crash, take memory for what it does not hold, lose a digit."""

from __future__ import annotations

import base64
import gzip
import json
import tracemalloc

import pytest

from ingest.exchange import Decoded, Payload
from ingest.json_exact import UnfitError
from ingest.payload import decode_request, decode_response
from tests.payload.spellings import spelled


def refused(payload: Payload) -> UnfitError:
    with pytest.raises(UnfitError) as caught:
        decode_request(payload)
    return caught.value


def outcome(payload: Payload) -> str | None:
    try:
        decode_request(payload)
    except UnfitError as unfit:
        return unfit.reason
    return None


def tensor(shape: object, data: object = (), **more: object) -> Payload:
    return spelled(
        {"inputs": [{"name": "x", "shape": shape, "datatype": "FP32", "data": data} | more]}
    )


@pytest.mark.parametrize(
    "shape",
    [[10**12], [10**6, 10**6], [-1], [2.0], "2", [True], [[1]], [1] * 40, None, [3], [2, 2]],
)
def test_a_shape_that_the_elements_do_not_fill_is_refused(shape: object):
    assert refused(tensor(shape, [1, 2])).reason == "bad_tensor"


@pytest.mark.parametrize("size", [-1, 10**9, 3, "4", 1.5, True])
def test_raw_tensors_that_are_not_there_are_refused(size: object):
    body = tensor([1], parameters={"binary_data_size": size}).content
    assert refused(Payload(body + b"\0\0\0\0", "", len(body))).reason == "bad_tensor"


@pytest.mark.parametrize("length", [0, -1, 10**6])
def test_a_header_that_tells_a_wrong_length_is_refused(length: int):
    assert refused(Payload(b'{"inputs": []}', "", length)).reason == "bad_body"


def test_an_empty_dimension_holds_nothing_and_takes_nothing():
    tracemalloc.start()
    for shape in ([0], [0, 5], [0, 10**12], [10**12, 0], [10**5, 0]):
        assert outcome(tensor(shape, [])) in (None, "bad_tensor", "too_many_rows")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000


def test_deep_nesting_is_refused_or_left_whole():
    for depth in (100, 5_000, 300_000):
        for body in (b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth):
            assert outcome(Payload(body)) in (None, "too_deep", "bad_body")
    nested = json.loads("[" * 60 + "1" + "]" * 60)
    assert refused(tensor([1], nested)).reason == "too_deep"


def test_texts_in_texts_end_somewhere():
    text = json.dumps({"instances": [[1, 2]]})
    assert decode_request(Payload(json.dumps(json.dumps(text)).encode())).n_rows == 1
    for _ in range(6):
        text = json.dumps(text)
    assert refused(Payload(text.encode())).reason == "too_deep"
    content = b'{"instances": [[1, 2]]}'
    for _ in range(6):
        content = base64.b64encode(json.dumps(content.decode()).encode())
    assert refused(Payload(content)).reason == "too_deep"


def test_packed_bodies_are_unpacked_up_to_a_limit():
    body = b'{"instances": [[1, 2]]}'
    assert decode_request(Payload(gzip.compress(body))).n_rows == 1
    assert decode_request(Payload(base64.b64encode(gzip.compress(body)))).n_rows == 1
    assert refused(Payload(gzip.compress(body)[:-9])).reason == "bad_body"
    assert refused(Payload(b"\x1f\x8b" + b"x" * 30)).reason == "bad_body"
    bomb = gzip.compress(b" " * (65 * 1024 * 1024), 9)
    assert len(bomb) < 100_000
    assert refused(Payload(bomb)).reason == "too_large"


def test_tables_that_unfold_are_refused():
    assert refused(spelled({"instances": [1] * 100_001})).reason == "too_many_rows"
    sparse = {"instances": [{f"n{i}": 1} for i in range(5_000)]}
    assert refused(spelled(sparse)).reason == "too_many_rows"
    wide = {"instances": [{f"n{i}": 1 for i in range(10_001)}]}
    assert refused(spelled(wide)).reason == "too_many_columns"
    repeated = {"inputs": {"rows": [0] * 90_000} | {f"n{i}": 1 for i in range(100)}}
    assert refused(spelled(repeated)).reason == "too_many_rows"


def test_numbers_that_are_none_are_missing_and_whole_ones_keep_every_digit():
    body = b'{"instances": [[NaN, Infinity, -Infinity, 9007199254740993, 123456789012345678901]]}'
    columns = decode_request(Payload(body)).columns
    assert [cells[0] for cells in columns.values()] == [
        None,
        None,
        None,
        9007199254740993,
        123456789012345678901,
    ]
    for whole in (2**53 + 1, 2**63, 2**64, -(2**64) - 1, 10**30):
        for form in (b'{"instances": [[%d, 1]]}', b"[[%d,1]]", b'{"a":%d}', b"[ [\n%d, 1]]"):
            assert next(iter(decode_request(Payload(form % whole)).columns.values())) == [whole]
    long = b"9" * 5_000
    assert refused(Payload(b'{"instances": [[' + long + b"]]}")).reason == "bad_body"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"instances": [[1,', "bad_body"),
        (b'{"instances": ["\xff\xfe"]}', "invalid_utf8"),
        (b'{"instances": ["\\ud800"]}', "bad_body"),
        (b'{"dataframe_split": {"columns": ["a", "b"], "data": [[1]]}}', "uneven_rows"),
        (b'{"dataframe_split": {"columns": ["a", "a"], "data": [[1, 2]]}}', "duplicate_key"),
        (b'{"dataframe_split": 7}', "bad_body"),
        (b'{"dataframe_records": 7}', "bad_body"),
        (b'{"inputs": {"a": [1, 2, 3], "b": [1, 2]}}', "uneven_rows"),
        (b'{"examples": [7]}', "bad_body"),
        (b'{"instances": [{"a": {"b": 1}, "a.b": 2}]}', "duplicate_key"),
        (b'{"data": {"tensor": {"values": 3}}}', "bad_tensor"),
        (b'{"data": {"tftensor": {"dtype": "DT_COMPLEX"}}}', "bad_tensor"),
    ],
)
def test_bodies_that_are_none_are_refused_with_a_reason(content: bytes, reason: str):
    assert refused(Payload(content)).reason == reason


@pytest.mark.parametrize("content", [b"", b" \n", b"{}", b"[]", b"null", b'{"instances": []}'])
def test_empty_bodies_hold_no_rows_or_an_empty_one(content: bytes):
    assert decode_request(Payload(content)).n_rows <= 1
    assert decode_response(Payload(content)).n_rows <= 1


def test_lines_behind_a_mark_of_utf8_are_read():
    assert decode_request(Payload(b'\xef\xbb\xbf{"instances": [[1, 2]]}')).n_rows == 1


def test_what_was_asked_in_words_is_not_kept():
    chat = {"model": "m", "messages": [{"role": "user", "content": "SECRET"}], "temperature": 0.5}
    answer = {
        "id": "c-1",
        "object": "chat.completion",
        "choices": [{"message": {"content": "SECRET"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
    }
    stream = b"".join(b"data: " + json.dumps(part).encode() + b"\n\n" for part in (answer, answer))
    asked = decode_request(spelled(chat))
    answered = [
        decode_response(spelled(answer)),
        decode_response(Payload(stream + b"data: [DONE]")),
    ]
    assert asked.columns == {"model": ["m"], "temperature": [0.5], "messages": [1]}
    for decoded in answered:
        assert decoded.facts["features.total_tokens"] == 7
        assert decoded.facts["features.finish_reason"] == "stop"
    told: list[Decoded] = [
        asked,
        *answered,
        decode_request(spelled({"model": "m", "prompt": "SECRET"})),
    ]
    assert "SECRET" not in repr(told)


@pytest.mark.parametrize(
    "said", ["SECRET", ["SECRET", "SECRET"], [{"role": "user", "content": "SECRET"}]]
)
def test_words_are_not_kept_of_embeddings_and_of_the_newer_form_either(said: object):
    usage = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
    output = [{"type": "message", "content": [{"type": "output_text", "text": "SECRET"}]}]
    answer = {"id": "r-1", "object": "response", "output": output, "usage": usage}
    vectors = {"object": "list", "data": [{"embedding": [0.1]}], "usage": {"total_tokens": 7}}
    asked = decode_request(spelled({"model": "m", "input": said, "instructions": "SECRET"}))
    told = [decode_response(spelled(body)) for body in (answer, vectors)]
    assert asked.columns == {"model": ["m"]}
    assert [one.facts["features.total_tokens"] for one in told] == [7, 7]
    assert told[0].facts["features.input_tokens"] == 3
    assert [one.columns for one in told] == [{}, {}]
    assert "SECRET" not in repr([asked, *told])


def test_numbers_under_the_names_of_a_language_model_are_a_service_of_ones_own():
    assert decode_request(spelled({"model": "m", "input": [1.5, 2]})).columns["input"] == [[1.5, 2]]
    assert decode_request(spelled({"input": "a text"})).columns == {"input": ["a text"]}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"error": "Servable not found"}, None),
        ({"detail": [{"loc": ["body"], "msg": "no"}]}, None),
        ({"error_code": "BAD_REQUEST", "message": "no"}, 400),
        ({"error_code": "TEMPORARILY_UNAVAILABLE", "message": "later"}, 503),
        ({"error_code": "OUT_OF_CREDIT", "message": "no"}, None),
        (
            {"status": {"code": -1, "status": 1, "info": "no", "reason": "MICROSERVICE_BAD_DATA"}},
            None,
        ),
        ({"status": {"status": "FAILURE", "info": "no"}}, None),
        ({"error": {"code": 429, "message": "slow down"}}, 429),
        ({"status": {"code": 500, "status": "FAILURE", "info": "no"}}, 500),
    ],
)
def test_errors_are_known_as_such(body: dict[str, object], status: int | None):
    decoded = decode_response(spelled(body))
    assert decoded.error is not None
    assert decoded.n_rows == 0
    assert decoded.facts.get("status") == status


def test_an_output_called_error_is_an_output():
    assert decode_response(spelled({"error": 0.25})).columns == {"error": [0.25]}
    assert decode_response(spelled({"detail": "x", "prediction": 1})).error is None
