"""Documents of the Elastic Common Schema: whichever way they are written, one event each."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

DOCUMENT = {
    "@timestamp": "2026-11-22T08:00:00.25Z",
    "message": "scored one request",
    "ecs": {"version": "8.11.0"},
    "event": {"id": "e-1", "duration": 18_200_000, "outcome": "success", "kind": "event"},
    "service": {"name": "credit", "version": "7", "node": {"name": "credit-0"}},
    "http": {"request": {"id": "r-1"}, "response": {"status_code": 201}},
    "trace": {"id": "0af7651916cd43dd8448eb211c80319c"},
    "host": {"name": "node-3", "ip": ["10.0.0.3"], "os": {"name": "Debian"}},
    "labels": {"tenant": "a", "retry": False},
    "tags": ["beats_input_codec_plain_applied"],
    "ml": {"features": {"age": 41, "region": "north"}, "prediction": "good", "score": 0.25},
}
EVENT = {
    "model": "credit",
    "version": "7",
    "ts": datetime(2026, 11, 22, 8, 0, 0, 250_000, tzinfo=UTC),
    "prediction_id": "e-1",
    "request_id": "r-1",
    "prediction": "good",
    "score": 0.25,
    "latency_ms": 18.2,
    "status": 201,
    "replica": "credit-0",
    "trace_id": "0af7651916cd43dd8448eb211c80319c",
    "tags": '{"retry":"false","tenant":"a"}',
    "features": {"age": 41.0, "region": "north"},
}


def line(document: dict[str, object]) -> bytes:
    return json.dumps(document).encode() + b"\n"


def changed(**roots: object) -> bytes:
    return line({k: v for k, v in (DOCUMENT | roots).items() if v is not ...})


def flat(document: dict[str, object], depth: int = 99, prefix: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in document.items():
        if isinstance(value, dict) and depth:
            found |= flat(value, depth - 1, f"{prefix}{key}.")
        else:
            found[prefix + key] = value
    return found


def test_a_document_is_recognised_and_becomes_an_event(read):
    outcome = read(line(DOCUMENT))
    assert outcome.rows == [EVENT]
    assert not outcome.rejections


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_dotted_keys_mean_what_nested_objects_mean(read, depth):
    assert read(line(flat(DOCUMENT, depth))).rows == [EVENT]
    mixed = line(DOCUMENT) + line(flat(DOCUMENT, depth)) + line(DOCUMENT)
    assert read(mixed).rows == [EVENT] * 3


def test_many_documents_are_read_like_few(read):
    documents = b"".join(changed(event={"id": f"e-{n}", "duration": n}) for n in range(700))
    rows = read(documents).rows
    assert [row["latency_ms"] for row in rows] == [n / 1e6 for n in range(700)]
    assert {row["status"] for row in rows} == {201}


@pytest.mark.parametrize(
    ("roots", "field", "value"),
    [
        ({"http": ..., "event": {"outcome": "failure"}}, "status", 500),
        ({"http": ..., "event": {"outcome": "success"}}, "status", 200),
        ({"http": ..., "event": {"outcome": "unknown"}}, "status", None),
        ({"event": {"outcome": "failure"}}, "status", 201),
        ({"event": {"duration": "18200000"}}, "latency_ms", 18.2),
        ({"event": {"kind": "event"}}, "latency_ms", None),
        ({"latency_ms": 3.5}, "latency_ms", 3.5),
        ({"service": {"name": "credit"}}, "replica", "node-3"),
        ({"service": {"name": "credit"}, "container": {"id": "c9"}}, "replica", "c9"),
        ({"ml": {"model": {"name": "m", "version": "1"}, "score": 1}}, "model", "m"),
        ({"ml": {"model": "m", "score": 1}}, "model", "m"),
        ({"ml": {"label": "bad", "score": 1}}, "label", "bad"),
        ({"http": ..., "transaction": {"id": "t-1"}}, "request_id", "t-1"),
        ({"labels": ...}, "tags", None),
        ({"service": {"name": "credit", "version": 7}}, "version", "7"),
        ({"service": {"name": "credit", "version": "7"}}, "version", "7"),
        ({"tags": {"tenant": "b"}, "labels": ...}, "tags", '{"tenant":"b"}'),
    ],
)
def test_each_field_comes_from_where_it_is_told(read, roots, field, value):
    (row,) = read(changed(**roots)).rows
    assert row.get(field) == value


def test_what_a_document_does_not_tell_is_absent(read):
    bare = {"@timestamp": "2026-11-22T08:00:00Z", "ecs.version": "1.6.0", "ml.score": 0.5}
    outcome = read(line(bare), model="m")
    assert [set(row) for row in outcome.rows] == [{"model", "ts", "score", "features"}]
    assert read(line(bare)).reasons == ["missing_model"]


@pytest.mark.parametrize(
    ("roots", "reason"),
    [
        ({"event": {"duration": -1}}, "negative_latency"),
        ({"event": {"duration": "long"}}, "wrong_type"),
        ({"@timestamp": "2026-11-22T08:00:00"}, "naive_ts"),
        ({"service": {"name": ["a"]}}, "wrong_type"),
        ({"ml": {"features": [1, 2]}, "features": [1, 2]}, "wrong_type"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(read, roots, reason):
    outcome = read(line(DOCUMENT) + changed(**roots))
    assert [(one.position, one.reason) for one in outcome.rejections] == [(2, reason)]
    assert len(outcome.rows) == 1


def test_text_between_the_documents_is_refused_line_by_line(read):
    log = b"starting\n" + line(DOCUMENT) + b"Traceback (most recent call last):\n" + line(DOCUMENT)
    outcome = read(log)
    assert len(outcome.rows) == 2
    assert [(one.position, one.reason) for one in outcome.rejections] == [
        (1, "bad_json"),
        (3, "bad_json"),
    ]


def test_a_mapping_finds_fields_and_features_elsewhere(read):
    document = line(
        {"@timestamp": "2026-11-22T08:00:00Z", "service": {"name": "gateway", "type": "java"}}
        | {"event": {"id": "e", "duration": 5}, "labels": {"model": "m"}, "inputs": {"age": 3}}
        | {"amount": 7.5, "answer": {"class": "ok"}}
    )
    mapping = {
        "model": "labels.model",
        "prediction": "answer.class",
        "features": ["inputs.*", "amount"],
        "version": {"value": 9},
    }
    (row,) = read(document, mapping).rows
    assert row["features"] == {"age": 3.0, "amount": 7.5}
    assert (row["model"], row["prediction"], row["version"]) == ("m", "ok", "9")
    (other,) = read(document, {"model": "labels.model", "prediction": "answer.class"}).rows
    assert other["features"] == {}
    assert other["model"] == "m"


NAMES = st.sampled_from(["model", "ts", "timestamp", "service", "day", "event.id", "SUM(1)", "é"])


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(NAMES, st.integers(-99, 99), min_size=1))
def test_features_may_be_called_like_anything(read, features):
    (row,) = read(changed(ml={"features": features, "score": 1})).rows
    assert row["features"] == {name: float(value) for name, value in features.items()}
    assert {k: v for k, v in row.items() if k not in ("features", "score")} == {
        k: v for k, v in EVENT.items() if k not in ("features", "score", "prediction")
    }


@pytest.mark.parametrize(
    "log",
    [
        b'{"@timestamp":"2026-11-22T08:00:00Z","distance":3,"score":0.5}',
        b'{"ts":"2026-11-22T08:00:00Z","model":"m","features":{"@timestamp":1,"event":2}}',
    ],
)
def test_other_lines_with_such_a_time_are_no_documents(read, log):
    mapping = {"ts": "@timestamp"} if log.startswith(b'{"@') else None
    (row,) = read(log, mapping, model="m").rows
    assert row["features"] in ({"distance": 3.0}, {"@timestamp": 1.0, "event": 2.0})


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("as_array", [True, False])
def test_documents_in_an_array_or_over_several_lines_are_those_of_the_lines(read, indent, as_array):
    carried = {"model": "m", "ts": "2026-11-22T08:00:09Z", "score": 0.5}
    shipped = {"@timestamp": "2026-11-22T09:00:00Z", "message": json.dumps(carried), "log": {}}
    documents = [DOCUMENT, shipped] if as_array else [DOCUMENT]
    whole = json.dumps(documents if as_array else DOCUMENT, indent=indent).encode()
    outcome = read(whole, name="export.json")
    assert outcome.rows == read(b"".join(map(line, documents))).rows
    assert outcome.rejections == []


def test_what_follows_a_damaged_place_of_an_array_is_refused(read):
    outcome = read(b"[" + line(DOCUMENT) + b", {", name="export.json")
    assert len(outcome.rows) == 1
    assert outcome.reasons == ["bad_json"]
