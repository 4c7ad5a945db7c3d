"""
OpenTelemetry's own exporters against the running collector, unchanged.

Those of Python run here. Those of Node.js were recorded on the wire by `otlp_node/make.mjs`
(exporters 0.223) and are replayed byte by byte.
"""

import gzip
import re
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import Observation
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import SpanKind

from domain.window import Window
from tests.formats.listening import listening

NODE = sorted((Path(__file__).parent / "otlp_node").glob("*.http"))
RESOURCE = Resource(
    {"service.name": "credit", "service.version": "2", "service.instance.id": "p-1"}
)
COMPRESSIONS = [Compression.NoCompression, Compression.Gzip, Compression.Deflate]


@pytest.fixture
def collector(tmp_path):
    with listening(tmp_path / "store") as listens:
        yield listens


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_python_service_sends_spans_and_logs_that_become_one_call(collector, compression):
    tracers = TracerProvider(resource=RESOURCE)
    exporter = OTLPSpanExporter(f"{collector.url}/v1/traces", compression=compression)
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    loggers = LoggerProvider(resource=RESOURCE)
    log_exporter = OTLPLogExporter(f"{collector.url}/v1/logs", compression=compression)
    loggers.add_log_record_processor(SimpleLogRecordProcessor(log_exporter))
    logger = loggers.get_logger("service")
    answered = {"http.response.status_code": 200}
    tracer = tracers.get_tracer("service")
    with tracer.start_as_current_span("POST /predict", kind=SpanKind.SERVER, attributes=answered):
        for age in (42, 57):
            body = {"features": {"age": age, "region": "north", "nothing": None}}
            attributes = {"prediction": "good", "score": age / 100}
            logger.emit(LogRecord(event_name="ml.prediction", body=body, attributes=attributes))
    with tracer.start_as_current_span(
        "GET /livez", kind=SpanKind.SERVER, attributes={"url.path": "/livez"}
    ):
        logger.emit(LogRecord(body="alive"))
    tracers.shutdown()
    loggers.shutdown()
    ((calls, rows, latency, status, replica),) = collector.rows(
        "select count(*), sum(rows), min(latency_ms), min(status), min(replica) from calls"
    )
    assert (calls, rows, status, replica) == (1, 3, 200, "p-1")
    assert latency > 0
    assert collector.rows("select f_age, f_region, score from predictions order by score") == [
        (42.0, "north", 0.42),
        (57.0, "north", 0.57),
    ]
    facts = collector.collector.facts()
    assert facts.passed_over == {"health_check": 1, "other_record": 1}
    assert not facts.rejected


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_python_service_sends_what_it_uses(collector, compression):
    exporter = OTLPMetricExporter(f"{collector.url}/v1/metrics", compression=compression)
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
    meter = MeterProvider([reader], resource=RESOURCE)
    watched = meter.get_meter("service")
    watched.create_observable_gauge(
        "process.cpu.utilization",
        [
            lambda _: [
                Observation(0.5, {"cpu.mode": "user"}),
                Observation(0.25, {"cpu.mode": "system"}),
            ]
        ],
        unit="1",
    )
    watched.create_up_down_counter("process.memory.usage", unit="By").add(123_456)
    watched.create_histogram("http.server.request.duration", unit="s").record(0.1)
    assert reader.force_flush()
    meter.shutdown()
    used = collector.rows("select distinct metric, unit, value from resource_samples order by 1")
    assert used == [("cpu", "share", 0.75), ("memory", "bytes", 123_456.0)]


def test_an_exporter_that_is_turned_away_sends_the_same_again(collector):
    facts = collector.collector.facts()
    facts.queue_bytes = facts.queue_limit_bytes  # full, until somebody was turned away

    def make_room():
        while not facts.turned_away:
            time.sleep(0.01)
        facts.queue_bytes = 0

    room = threading.Thread(target=make_room)
    room.start()
    loggers = LoggerProvider(resource=RESOURCE)
    exporter = OTLPLogExporter(f"{collector.url}/v1/logs")
    loggers.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    record = LogRecord(event_name="ml.prediction", attributes={"prediction": 1})
    loggers.get_logger("service").emit(record)
    loggers.shutdown()
    room.join()
    assert facts.turned_away == 1
    assert collector.rows("select prediction from predictions") == [("1",)]


# ---------------------------------------------------------------------- Node.js, as recorded


def recorded_at(request: bytes) -> datetime:
    """Return when a request was recorded: a time in its body."""
    head, _, rest = request.partition(b"\r\n\r\n")
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size, 16)
        body, rest = body + rest[:length], rest[length + 2 :]
    if b"gzip" in head:
        body = gzip.decompress(body)
    found = re.search(rb'"(?:timeUnixNano|startTimeUnixNano)":"(\d+)"', body)
    assert found, "only JSON tells its times to a search"
    return datetime.fromtimestamp(int(found[1]) / 1e9, UTC)


def replay(port: int, request: bytes) -> tuple[bytes, bytes]:
    """Send bytes over a socket; return head and body of the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as wire:
        wire.sendall(request.replace(b"Connection: keep-alive", b"Connection: close"))
        pieces = []
        while piece := wire.recv(65536):
            pieces.append(piece)
    head, _, body = b"".join(pieces).partition(b"\r\n\r\n")
    return head, body


AT = recorded_at((Path(__file__).parent / "otlp_node" / "logs-json-none.http").read_bytes())


@pytest.mark.parametrize("encoding", ["json", "protobuf"])
@pytest.mark.parametrize("packing", ["none", "gzip"])
def test_what_node_sent_is_stored_and_answered_in_its_own_encoding(tmp_path, encoding, packing):
    chosen = [one for one in NODE if one.stem.endswith(f"{encoding}-{packing}")]
    assert [one.stem.split("-")[0] for one in chosen] == ["logs", "metrics", "trace"]
    with listening(tmp_path / "store", lambda: AT) as collector:
        for file in chosen:
            request = file.read_bytes()
            assert b"Transfer-Encoding: chunked" in request
            head, body = replay(collector.port, request)
            assert head.startswith(b"HTTP/1.1 200 "), (file.name, head, body)
            media, empty = (
                (b"application/json", b"{}")
                if encoding == "json"
                else (b"application/x-protobuf", b"")
            )
            assert b"content-type: " + media in head.lower()
            assert body == empty
        assert collector.rows(
            "select f_age, f_income, f_region, f_vip, prediction from predictions"
        ) == [(42.0, 79211.26, "north", False, "good")]
        ((rows, status, trace),) = collector.rows("select rows, status, trace_id from calls")
        assert (rows, status, trace) == (2, 200, "a" * 32), "log and span are one call"
        use = collector.service.resources("credit", "2", Window(AT, AT + timedelta(hours=1)))
        highest = {one.metric.value: np.nanmax(one.highest) for one in use.series}
        assert highest == {"cpu": 0.75, "memory": 123456789.0}


def test_what_node_sends_twice_is_stored_once(tmp_path):
    logs = next(one for one in NODE if one.stem == "logs-json-none").read_bytes()
    with listening(tmp_path / "store", lambda: AT) as collector:
        for _ in range(2):
            replay(collector.port, logs)
        assert collector.rows("select count(*) from predictions") == [(1,)]
