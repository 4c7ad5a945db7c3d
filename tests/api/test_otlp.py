"""OpenTelemetry over HTTP: answers in the sender's encoding, calls joined whatever comes first."""

import gzip
import json
import random
import time

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsPartialSuccess,
    ExportLogsServiceResponse,
)

from ingest.readers.otlp import READER
from tests.formats.listening import listening
from tests.ingest.otlp_made import (
    RESOURCE,
    SPAN,
    TRACE,
    json_logs,
    json_spans,
    log,
    protobuf_logs,
    protobuf_metrics,
    protobuf_spans,
    read_all,
    span,
)

PROTOBUF = {"content-type": "application/x-protobuf"}
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def collector(tmp_path_factory):
    with listening(tmp_path_factory.mktemp("otlp") / "store") as listens:
        yield listens


@pytest.fixture
def client(collector):
    with httpx.Client(base_url=collector.url, timeout=30) as client:
        yield client


def named(model):
    """Return a resource of a model of its own, so that tests share a store."""
    return RESOURCE | {"model.name": model}


def calls(collector, model):
    return collector.rows(
        f"select rows, status, latency_ms, replica, trace_id from calls where model = '{model}'"
    )


def asked(**more):
    return {"http.response.status_code": 200, **more}


# ---------------------------------------------------------------------- one call, told twice


@pytest.mark.parametrize("order", ["log first", "span first", "both at once, again and again"])
def test_a_span_and_its_log_records_are_one_call_whatever_comes_first(collector, client, order):
    model, now = order.replace(" ", "-").replace(",", ""), time.time_ns()
    records = [log({"prediction": "late", "feature.x": i}, ns=now + i * 1000) for i in range(3)]
    posts = [
        ("/v1/logs", protobuf_logs(*records[:2], resource=named(model)), PROTOBUF),
        ("/v1/logs", json.dumps(json_logs(records[2], resource=named(model))).encode(), JSON),
        ("/v1/traces", protobuf_spans(span(asked(), start=now), resource=named(model)), PROTOBUF),
    ]
    if order == "span first":
        posts.reverse()
    for path, content, headers in posts * (3 if "again" in order else 1):
        assert client.post(path, content=content, headers=headers).status_code == 200
    assert calls(collector, model) == [(4, 200, 18.5, "pod-1", TRACE)]
    predictions = collector.rows(
        f"select count(*), count(distinct request_id) from predictions where model = '{model}'"
    )
    assert predictions == [(3, 1)]


def test_the_worst_status_and_the_spans_latency_win(collector, client):
    now = time.time_ns()
    told = log({"prediction": 1, "http.response.status_code": 200}, ns=now)
    failed = span({"http.response.status_code": 503}, start=now, ms=900)
    client.post("/v1/logs", content=protobuf_logs(told, resource=named("worst")), headers=PROTOBUF)
    client.post(
        "/v1/traces", content=protobuf_spans(failed, resource=named("worst")), headers=PROTOBUF
    )
    ((rows, status, latency, *_),) = calls(collector, "worst")
    assert (rows, status, latency) == (2, 503, 900.0)


def test_two_spans_of_one_trace_are_two_calls(collector, client):
    now = time.time_ns()
    spans = [span(asked(), start=now, span_id=digit * 16) for digit in "12"]
    client.post(
        "/v1/traces", content=protobuf_spans(*spans, resource=named("two")), headers=PROTOBUF
    )
    assert len(calls(collector, "two")) == 2


def test_a_log_of_another_model_name_is_another_call(collector, client):
    """What the names must agree in is documented; nobody guesses."""
    now = time.time_ns()
    client.post(
        "/v1/logs",
        content=protobuf_logs(log({"prediction": 1}, ns=now), resource=named("a1")),
        headers=PROTOBUF,
    )
    client.post(
        "/v1/traces",
        content=protobuf_spans(span(asked(), start=now), resource=named("a2")),
        headers=PROTOBUF,
    )
    assert (len(calls(collector, "a1")), len(calls(collector, "a2"))) == (1, 1)


def test_shadow_predictions_are_known_as_such(collector, client):
    now = time.time_ns()
    records = [
        log({"prediction": 1, "feature_flag.result.variant": "shadow", "feature.x": i}, ns=now)
        for i in range(2)
    ]
    client.post("/v1/logs", content=protobuf_logs(*records, resource=named("sh")), headers=PROTOBUF)
    told = collector.rows(
        "select count(*) from predictions where model = 'sh' and tags like '%shadow%'"
    )
    assert told == [(2,)]


def test_a_sampled_log_says_so(collector, client):
    record = log({"prediction": 1, "sampling_rate": 0.25}, ns=time.time_ns())
    client.post("/v1/logs", content=protobuf_logs(record, resource=named("s")), headers=PROTOBUF)
    assert collector.rows("select sampling_rate from calls where model = 's'") == [(0.25,)]


# ---------------------------------------------------------------------- answers


def test_what_is_refused_is_counted_in_a_partial_success(client):
    good, bad = log({"prediction": 1}, ns=time.time_ns()), log({}, ns=time.time_ns())
    answer = client.post("/v1/logs", content=protobuf_logs(good, bad, bad), headers=PROTOBUF)
    assert answer.status_code == 200
    told = ExportLogsServiceResponse.FromString(answer.content).partial_success
    assert told.rejected_log_records == 2
    assert "nothing to watch" in told.error_message
    document = json.dumps(json_spans(span(asked(), start=1))).encode()
    answer = client.post("/v1/traces", content=document, headers=JSON)
    assert answer.json()["partialSuccess"]["rejectedSpans"] == "1"


@pytest.mark.parametrize("path", ["/v1/logs", "/v1/traces", "/v1/metrics"])
@pytest.mark.parametrize(("content", "headers"), [(b"", PROTOBUF), (b"{}", JSON)])
def test_a_request_of_nothing_is_fine(client, path, content, headers):
    answer = client.post(path, content=content, headers=headers)
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == headers["content-type"]


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"\xff\xff\xff", PROTOBUF, 400, 3),
        (b"{broken", JSON, 400, 3),
        (b"[1]", JSON, 400, 3),
        (b"x", {"content-type": "text/xml"}, 415, 3),
        (b"x", PROTOBUF | {"content-encoding": "br"}, 415, 3),
        (gzip.compress(b"\0" * (65 * 1024 * 1024)), PROTOBUF, 413, 8),
        (gzip.compress(b"hello")[:-6], PROTOBUF | {"content-encoding": "gzip"}, 400, 3),
    ],
)
def test_a_refusal_is_a_status_in_the_encoding_of_the_request(
    client, content, headers, status, code
):
    answer = client.post("/v1/logs", content=content, headers=headers)
    assert answer.status_code == status
    if headers is JSON:
        told = answer.json()
        assert (told["code"], bool(told["message"])) == (code, True)
    else:
        # google.rpc.Status on the wire: a number, then a text, as this one
        told = ExportLogsPartialSuccess.FromString(answer.content)
        assert (told.rejected_log_records, bool(told.error_message)) == (code, True)


@pytest.mark.parametrize(("fill", "status"), [(0.85, 429), (1.0, 503)])
def test_a_full_queue_says_when_to_come_again(collector, client, fill, status):
    facts = collector.collector.facts()
    facts.queue_bytes = int(facts.queue_limit_bytes * fill)
    try:
        answer = client.post("/v1/traces", content=protobuf_spans(span()), headers=PROTOBUF)
    finally:
        facts.queue_bytes = 0
    assert answer.status_code == status
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.headers["content-type"] == "application/x-protobuf"


def test_a_packed_body_is_recognised_by_its_bytes(collector, client):
    record = protobuf_logs(log({"prediction": 1}, ns=time.time_ns()), resource=named("packed"))
    answer = client.post("/v1/logs", content=gzip.compress(record), headers=PROTOBUF)
    assert answer.status_code == 200
    assert len(calls(collector, "packed")) == 1


def test_a_large_body_of_protobuf_is_not_taken_for_lines(client):
    now = time.time_ns()
    attributes = {f"feature.{i}": i for i in range(20)} | {"prediction": 1}
    body = protobuf_logs(*[log(attributes, ns=now + i) for i in range(3000)], resource=named("big"))
    assert body.count(b"\n") > 100_000
    answer = client.post("/v1/logs", content=gzip.compress(body, 1), headers=PROTOBUF)
    assert (answer.status_code, answer.content) == (200, b"")


# ---------------------------------------------------------------------- bodies nobody meant

SEEDS = [
    protobuf_logs(
        log({"prediction": 1, "feature.x": 2.5, "l": [1, {"a": None}]}, {"features": {}})
    ),
    protobuf_spans(span(asked(), code=2)),
    protobuf_metrics(("process.memory.usage", "By", 7, {"state": "used"}, "sum")),
    json.dumps(
        json_logs(log({"prediction": 1}, {"features": {"a": [1, "x", None, 2.5]}}))
    ).encode(),
    json.dumps(json_spans(span(asked()))).encode(),
]
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(value, path=()):
    """Return the paths of everything inside a document."""
    yield path
    members = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in members:
        yield from places(inner, (*path, key))


def replaced(value, path, by):
    """Return a document with one place exchanged."""
    if not path:
        return by
    key, *rest = path
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[key] = replaced(value[key], rest, by)
    return copy


@settings(max_examples=300)
@given(st.sampled_from([one for one in SEEDS if one[:1] == b"{"]), st.randoms(), JUNK)
def test_json_with_something_else_in_one_place_is_read_or_refused(seed, chance, junk):
    document = json.loads(seed)
    path = chance.choice(list(places(document)))
    read_all(json.dumps(replaced(document, path, junk)).encode(), format=READER.name)


@settings(max_examples=300)
@given(st.sampled_from(SEEDS), st.randoms(), st.integers(1, 6))
def test_bytes_that_were_changed_are_read_or_refused(seed, chance, times):
    body = bytearray(seed)
    for _ in range(times):
        at = chance.randrange(len(body))
        match chance.randrange(3):
            case 0:
                body[at] = chance.randrange(256)
            case 1:
                del body[at : at + chance.randrange(1, 9)]
            case _:
                body[at:at] = body[at : at + chance.randrange(1, 9)]
        body = body or bytearray(b"\n")
    read_all(bytes(body), format=READER.name)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(SEEDS), st.integers(0, 2**32))
def test_no_body_is_answered_with_500(client, seed, number):
    chance = random.Random(number)
    body = bytearray(seed)
    for _ in range(chance.randrange(1, 5)):
        body[chance.randrange(len(body))] = chance.randrange(256)
    path = chance.choice(["/v1/logs", "/v1/traces", "/v1/metrics"])
    answer = client.post(path, content=bytes(body), headers=chance.choice([JSON, PROTOBUF]))
    assert answer.status_code in {200, 400}


@pytest.mark.parametrize("depth", [40, 300, 100_000])
def test_values_nested_too_deeply_are_refused(client, depth):
    nested = b'{"arrayValue":{"values":[' * depth + b"{}" + b"]}}" * depth
    record = json.dumps(json_logs(log({"prediction": 1}, "here"))).encode()
    body = record.replace(b'{"stringValue": "here"}', nested)
    answer = client.post("/v1/logs", content=body, headers=JSON)
    assert answer.status_code in {200, 400}
    assert answer.json() != {}


def test_ids_of_one_span_are_those_of_its_call():
    (batch,) = read_all(protobuf_spans(span())).batches
    assert batch.events["request_id"].to_pylist() == [f"{TRACE}-{SPAN}"]
