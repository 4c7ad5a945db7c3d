"""Small bodies of very many things: refused before they take memory, whatever the protocol."""

from __future__ import annotations

import gzip
import resource
import time
from datetime import UTC, datetime

import pytest

from api.bodies import DOCUMENT_LIMIT_BYTES, UNPACKED_LIMIT_BYTES
from api.collect import endpoints
from api.collector import Collector
from api.guard import Guard
from api.routes import guarded
from ingest.otlp.wire import is_crowded
from monitors.collect_logs import Collecting
from tests.api.asking import Clock, client, empty_service
from tests.ingest.otlp_made import log, protobuf_logs, protobuf_metrics, protobuf_spans, span

MANY = 1_500_000


def varint(value: int) -> bytes:
    told = bytearray()
    while value > 0x7F:
        told.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*told, value])


def message(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def within(content: bytes, *numbers: int) -> bytes:
    for number in numbers:
        content = message(number, content)
    return content


NOTHING = b"\x12\x00" * MANY
POINTS = message(1, b"m") + within(b"\x0a\x00" * MANY, 5)
PROTOBUF = {"content-type": "application/x-protobuf"}
JSON = {"content-type": "application/json"}
LINES = {"content-type": "application/x-ndjson"}
BODIES = {
    "records": ("/v1/logs", within(NOTHING, 2, 1), PROTOBUF),
    "scopes": ("/v1/traces", within(NOTHING, 1), PROTOBUF),
    "resources": ("/v1/logs", b"\x0a\x00" * MANY, PROTOBUF),
    "points": ("/v1/metrics", within(POINTS, 2, 2, 1), PROTOBUF),
    "JSON records": ("/v1/logs", b'{"resourceLogs":[' + b"{}," * MANY + b"{}]}", JSON),
    "a large document": ("/v1/logs", b" " * (DOCUMENT_LIMIT_BYTES + 1) + b"{}", JSON),
    "CloudEvents": ("/v1/cloudevents", b"[" + b"{}," * MANY + b"{}]", JSON),
    "blank events": ("/v1/cloudevents", b"\n" * MANY + b"{}", JSON),
    "bulk items": ("/es/_bulk", b'{"delete":{}}\n' * MANY, LINES),
    "samples": ("/v1/resources", b"{}\n" * MANY, LINES),
    "events": ("/v1/predictions", b"{}\n" * MANY, LINES),
    "recorded calls": (
        "/v1/predictions",
        b"\n" * MANY + b"{}",
        {"content-type": "application/vnd.driftline.tap"},
    ),
    "labels": ("/v1/labels", b"[" + b"{}," * MANY + b"{}]", JSON),
    "zeros": ("/es/_bulk", b"0" * (UNPACKED_LIMIT_BYTES + 1), LINES),
}


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    with empty_service(tmp_path_factory.mktemp("crowded")) as service:
        clock = Clock(datetime(2099, 1, 1, tzinfo=UTC))
        collector = Collector(Collecting(service.store), clock)
        collector.start()
        yield client(guarded(endpoints(collector), Guard(service, clock, loopback=True)))
        collector.stop()


@pytest.mark.parametrize("name", BODIES)
def test_a_body_of_too_many_things_is_refused_with_413_and_costs_little(ask, name):
    path, content, headers = BODIES[name]
    packed = gzip.compress(content, 1)
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    answer = ask.post(path, content=packed, headers=headers)
    assert answer.status_code == 413, answer.text[:300]
    assert time.process_time() - began < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000


def test_every_level_of_a_request_is_counted_and_no_usual_one_is_crowded():
    logs = protobuf_logs(*[log({"a": 1})] * 8)
    assert not is_crowded(logs, 10)
    assert is_crowded(logs, 9)
    spans = protobuf_spans(*[span()] * 8)
    assert (is_crowded(spans, 10), is_crowded(spans, 9)) == (False, True)
    points = protobuf_metrics(*[("cpu", "1", 0.5, {}, "gauge")] * 8)
    # a resource, a scope, eight metrics with data of one point each
    assert (is_crowded(points, 26), is_crowded(points, 25)) == (False, True)
