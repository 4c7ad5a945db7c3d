"""Logs and spans of OpenTelemetry: both encodings, and what of them becomes an event."""

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.mapping import Mapping
from ingest.otlp.wire import Framing, Signal, framing_of, signal_of
from ingest.readers.registry import reader_for
from ingest.sources import SourceFile
from tests.ingest.otlp_made import (
    NS,
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
    rows,
    span,
)


def as_json(document) -> bytes:
    return json.dumps(document).encode()


def told(**attributes):
    """Name attributes with dots."""
    return {name.replace("__", "."): value for name, value in attributes.items()}


# ---------------------------------------------------------------------- the two encodings

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.lists(st.integers(0, 9), max_size=3),
)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=6)


@given(features=st.dictionaries(NAMES, VALUES, max_size=5), prediction=st.floats(0, 1))
def test_json_and_protobuf_of_the_same_records_are_the_same_events(features, prediction):
    record = log({"prediction": prediction}, {"features": features})
    binary, text = protobuf_logs(record), as_json(json_logs(record))
    assert rows(binary) == rows(text)
    (event,) = rows(binary)
    present = {name for name, value in features.items() if value is not None and value != ""}
    assert set(event["features"]) == present


@given(
    kind=st.integers(0, 5),
    ms=st.floats(-1e4, 1e6),
    status=st.one_of(st.none(), st.integers(100, 599)),
    code=st.integers(0, 2),
)
def test_json_and_protobuf_of_the_same_spans_are_the_same_calls(kind, ms, status, code):
    attributes = {} if status is None else {"http.response.status_code": status}
    one = span(attributes, kind=kind, ms=ms, code=code)
    binary, text = protobuf_spans(one), as_json(json_spans(one))
    assert rows(binary) == rows(text)
    assert read_all(binary).passed_over == read_all(text).passed_over


def test_integers_come_as_texts_or_numbers_and_null_is_an_empty_object():
    document = json_logs(log({"prediction": "late"}))
    record = document["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]
    record["attributes"] += [
        {"key": "http.response.status_code", "value": {"intValue": 200}},
        {"key": "feature.a", "value": {"intValue": "7"}},
        {"key": "feature.b", "value": {}},
        {"key": "feature.c", "value": {"doubleValue": "NaN"}},
        {"key": "feature.d", "value": None},
    ]
    record["timeUnixNano"] = NS
    record["newField"] = {"of": ["a", "later", "version"]}
    (event,) = rows(as_json(document))
    assert (event["status"], event["features"]["a"]) == (200, 7.0)
    assert set(event["features"]) == {"a"}


def test_an_integer_beyond_two_to_the_53_keeps_all_its_digits():
    exact = 2**53 + 1
    record = log({"prediction": 1, "feature.customer": exact})
    for content in (protobuf_logs(record), as_json(json_logs(record))):
        assert rows(content)[0]["features"]["customer"] == str(exact)


@pytest.mark.parametrize("unit_ns", [1, 10**3, 10**6, 10**9], ids=["ns", "us", "ms", "s"])
def test_times_in_another_unit_are_told_by_their_size(unit_ns):
    record = log({"prediction": 1}, ns=NS // unit_ns)
    assert rows(protobuf_logs(record))[0]["ts"].isoformat() == "2026-11-22T08:00:00+00:00"


def test_a_record_without_a_time_of_its_own_has_the_time_it_was_seen():
    document = json_logs(log({"prediction": 1}))
    record = document["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]
    record["observedTimeUnixNano"] = record.pop("timeUnixNano")
    assert rows(as_json(document))[0]["ts"].year == 2026
    del record["observedTimeUnixNano"]
    (rejection,) = read_all(as_json(document)).rejections
    assert rejection.reason == "missing_ts"


@pytest.mark.parametrize(
    ("spelled", "meant"),
    [
        (TRACE.upper(), TRACE),
        (str(int(TRACE, 16)), TRACE),
        (TRACE[:16], "0" * 16 + TRACE[:16]),
        ("CvdlGRbNQ92ESOshHIAxnA==", TRACE),
        ("0" * 32, None),
        ("", None),
        ("no-trace", None),
        (7, None),
    ],
)
def test_a_trace_id_is_32_digits_however_it_was_spelled(spelled, meant):
    document = json_logs(log({"prediction": 1}))
    document["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]["traceId"] = spelled
    (event,) = rows(as_json(document))
    assert event.get("trace_id") == meant
    assert event.get("request_id") == (meant and f"{meant}-{SPAN}")


# ---------------------------------------------------------------------- files


def framed(messages, framing):
    if framing is Framing.PREFIX:
        return b"".join(struct.pack(">I", len(one)) + one for one in messages)
    pieces = []
    for one in messages:
        n, head = len(one), bytearray()
        while n > 0x7F:
            head.append(n & 0x7F | 0x80)
            n >>= 7
        pieces.append(bytes([*head, n]) + one)
    return b"".join(pieces)


DUMP = [
    protobuf_logs(log({"prediction": 1}), log({"prediction": 2})),
    protobuf_spans(span(told(http__response__status_code=200))),
    protobuf_metrics(("process.memory.usage", "By", 7, {}, "gauge")),
]


@pytest.mark.parametrize("framing", [Framing.VARINT, Framing.PREFIX])
def test_a_file_of_several_requests_is_read_whatever_stands_before_them(framing):
    content = framed(DUMP, framing)
    assert framing_of(content, is_whole=True) is framing
    read = read_all(content)
    assert sum(batch.n_rows for batch in read.batches) == 3
    assert (len(read.samples), read.rejections) == (1, ())
    *_, cut = read_all(content[:-3]).rejections
    assert cut.reason == "truncated"


def test_a_single_request_says_itself_what_it_brings():
    assert [signal_of(one) for one in DUMP] == [Signal.LOGS, Signal.SPANS, Signal.METRICS]
    assert {framing_of(one, is_whole=True) for one in DUMP} == {Framing.SINGLE}


def test_a_request_of_megabytes_is_recognised_by_its_beginning():
    many = [log({"prediction": i, "feature.x": "y" * 90}) for i in range(9000)]
    content = protobuf_logs(*many)
    with SourceFile("what.data", data=content).open() as stream:
        assert reader_for(stream).name == "otlp"
    reads = read_all(content)
    assert sum(batch.n_rows for batch in reads.batches) == 9000


@pytest.mark.parametrize("indent", [None, 2])
def test_json_is_a_request_a_line_or_one_document(indent):
    documents = [json_logs(log({"prediction": i})) for i in (1, 2)]
    lines = b"\n".join(as_json(one) for one in documents) + b"\n"
    assert [event["prediction"] for event in rows(lines)] == ["1", "2"]
    whole = json.dumps(documents[0], indent=indent).encode()
    assert [event["prediction"] for event in rows(b"\xef\xbb\xbf" + whole)] == ["1"]


def test_one_bad_line_costs_no_other():
    good = as_json(json_logs(log({"prediction": 1})))
    read = read_all(good + b"\nnot json\n" + good.replace(b'"1"', b'"2"')[:-5] + b"\n" + good)
    assert [one.reason for one in read.rejections] == ["bad_json", "bad_json"]
    assert sum(batch.n_rows for batch in read.batches) == 2


@pytest.mark.parametrize(
    ("content", "reader"),
    [
        (as_json(json_logs(log({"prediction": 1}))), "otlp"),
        (json.dumps(json_spans(span()), indent=1).encode(), "otlp"),
        (DUMP[0], "otlp"),
        (framed(DUMP, Framing.PREFIX), "otlp"),
        (b'{"model":"m","ts":1,"features":{"x":"\\"resourceLogs\\": ["}}\n', "ndjson"),
        (b"\n\nts,model,x\n1,m,2\n", "csv"),
    ],
)
def test_otlp_is_recognised_by_its_content(content, reader):
    with SourceFile("what.data", data=content).open() as stream:
        assert reader_for(stream).name == reader


def test_protobuf_is_no_json_whatever_its_length_looks_like():
    record = log({"prediction": 1}, trace="", span="", event="")
    bodies = [protobuf_logs(record, resource={"service.name": "m" * n}) for n in range(1, 90)]
    assert {b"\n[", b"\n{", b'\n"'} & {body[:2] for body in bodies} == {b"\n[", b"\n{"}
    for body in bodies:
        assert len(rows(body)) == 1
        with SourceFile("what.data", data=body).open() as stream:
            assert reader_for(stream).name == "otlp"


@pytest.mark.parametrize("start", [b"\n", b"\n\n  ", b"\r\n"])
def test_json_may_begin_with_a_blank_line(start):
    whole = json.dumps(json_logs(log({"prediction": 1})), indent=2).encode()
    assert len(rows(start + whole)) == 1


# ---------------------------------------------------------------------- log records


def test_a_body_that_is_a_native_event_is_one_even_as_a_text():
    native = {"model": "flights", "ts": "2026-11-20T10:00:00Z", "features": {"d": 3}, "score": 0.5}
    for body in (native, json.dumps(native)):
        (event,) = rows(protobuf_logs(log({}, body, event="")))
        assert (event["model"], event["score"], event["features"]) == ("flights", 0.5, {"d": 3.0})
        assert event["ts"].day == 20
        assert event["version"] == "2", "the resource fills in what the body does not say"


def test_records_of_other_programs_are_counted_and_no_error():
    others = [
        log({}, "server started", event=""),
        log({"http.route": "/predict", "score": 3}, {"message": "x"}, event=""),
        log({}, "{not json", event=""),
    ]
    read = read_all(protobuf_logs(*others, log({"prediction": 1}, event="")))
    assert read.passed_over == {"other_record": 3}
    assert sum(batch.n_rows for batch in read.batches) == 1
    assert read.rejections == ()


def test_an_event_that_says_it_is_a_prediction_and_brings_nothing_is_refused():
    (rejection,) = read_all(protobuf_logs(log({}))).rejections
    assert rejection.reason == "no_substance"
    # what is kept of it is a request of its own, which can be read again
    assert read_all(rejection.raw).rejections[0].reason == "no_substance"


def test_features_that_are_no_object_are_refused_and_not_lost():
    reasons = [
        read_all(protobuf_logs(log({"features": value, "prediction": 1}))).rejections[0].reason
        for value in ("{broken", [1, 2])
    ]
    assert reasons == ["bad_json", "wrong_type"]


@pytest.mark.parametrize(
    ("resource", "attributes", "model", "version"),
    [
        ({"service.name": "svc", "service.version": "9"}, {}, "svc", "9"),
        ({"service.name": "svc", "model.name": "credit"}, {}, "credit", None),
        ({"service.name": "svc"}, told(model__name="a", model__version=3), "a", "3"),
        ({"model.name": "a"}, told(ml__model__name="b"), "a", None),
        ({}, told(gen_ai__request__model="g", ml__model__version="1"), "g", "1"),
    ],
)
def test_model_and_version_are_named_the_same_way_in_logs_and_spans(
    resource, attributes, model, version
):
    (event,) = rows(protobuf_logs(log(attributes | {"prediction": 1}), resource=resource))
    (call,) = rows(protobuf_spans(span(attributes), resource=resource))
    for row in (event, call):
        assert (row["model"], row.get("version")) == (model, version)


def test_a_service_that_nobody_named_is_no_model():
    content = protobuf_logs(log({"prediction": 1}), resource={"service.name": "unknown_service:py"})
    assert read_all(content).rejections[0].reason == "missing_model"
    assert rows(content, model="credit")[0]["model"] == "credit"


@pytest.mark.parametrize("arm", ["canary", "shadow", "stable", "blue"])
def test_the_arm_is_the_role_where_it_is_one(arm):
    attributes = {"prediction": 1, "feature_flag.result.variant": arm}
    (event,) = rows(protobuf_logs(log(attributes)))
    assert json.loads(event["tags"]) == {"arm" if arm == "blue" else "role": arm}


def test_what_a_record_says_besides_becomes_tags_and_the_sampling_rate():
    attributes = told(
        prediction=1,
        tag__tenant="a",
        error__type="Timeout",
        sampling_rate=0.1,
        deployment__environment__name="eu",
    )
    (event,) = rows(protobuf_logs(log(attributes)))
    assert json.loads(event["tags"]) == {
        "tenant": "a",
        "error_type": "Timeout",
        "environment": "eu",
    }
    assert event["sampling_rate"] == 0.1


def test_a_call_that_failed_without_a_code_counts_as_500():
    (event,) = rows(protobuf_logs(log(told(error__type="OOM", feature__x=1))))
    assert event["status"] == 500
    (event,) = rows(protobuf_logs(log(told(error__type="OOM", http__response__status_code=503))))
    assert event["status"] == 503


def test_a_mapping_names_attributes_of_another_convention():
    mapping = Mapping(
        model="resource.team.model",
        prediction="attributes.out.class",
        features=("attributes.in.*", "body.*"),
    )
    resource = {"team.model": "risk"}
    record = log(told(in__income=5.5, out__class="good"), {"age": 42}, event="")
    (event,) = rows(protobuf_logs(record, log({}, "started", event=""), resource=resource), mapping)
    assert (event["model"], event["prediction"]) == ("risk", "good")
    assert event["features"] == {"income": 5.5, "age": 42.0}


# ---------------------------------------------------------------------- spans


def test_only_what_answered_a_request_is_a_call():
    spans = [
        span(told(http__response__status_code=200)),
        *(span(kind=kind) for kind in (0, 1, 3, 4, 5)),
        span(told(url__path="/livez")),
        span(told(http__target="/v2/health/ready?x=1")),
        span(told(rpc__service="grpc.health.v1.Health")),
    ]
    read = read_all(protobuf_spans(*spans))
    assert sum(batch.n_rows for batch in read.batches) == 1
    assert read.passed_over == {"other_span": 5, "health_check": 3}
    assert read.rejections == ()


@pytest.mark.parametrize(
    ("attributes", "code", "status"),
    [
        (told(http__response__status_code=404), 0, 404),
        (told(http__status_code="503"), 2, 503),
        (told(rpc__grpc__status_code=0), 0, 200),
        (told(rpc__grpc__status_code=14), 2, 503),
        ({}, 2, 500),
        ({}, 1, 200),
        ({}, 0, None),
        (told(http__response__status_code=True), 0, None),
    ],
)
def test_the_status_of_a_call_is_what_its_span_tells(attributes, code, status):
    (call,) = rows(protobuf_spans(span(attributes, code=code)))
    assert call.get("status") == status


def test_a_clock_that_ran_backwards_costs_the_latency_and_is_counted():
    told_status = span(told(http__response__status_code=200), ms=-3)
    read = read_all(protobuf_spans(told_status, span(ms=-3)))
    assert read.passed_over == {"negative_latency": 2}
    assert read.rejections == ()
    (call,) = rows(protobuf_spans(told_status))
    assert "latency_ms" not in call
    assert call["status"] == 200


def test_a_step_with_features_is_a_prediction_of_the_call_above_it():
    server = span(told(http__response__status_code=200))
    step = span(told(feature__x=1, prediction="late"), kind=1, ms=3, span_id="c" * 16, parent=SPAN)
    call, prediction = rows(protobuf_spans(server, step))
    assert call["request_id"] == prediction["request_id"] == f"{TRACE}-{SPAN}"
    assert "latency_ms" not in prediction


def test_a_span_without_a_resource_needs_a_model_from_elsewhere():
    (rejection,) = read_all(protobuf_spans(span(), resource={})).rejections
    assert rejection.reason == "missing_model"
    assert rows(protobuf_spans(span(), resource=RESOURCE | {"model.name": "m"}))[0]["model"] == "m"
