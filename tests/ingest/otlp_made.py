"""Requests of OTLP in both encodings, for tests: protobuf by its own library, JSON by hand."""

from __future__ import annotations

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from ingest.batch import Read
from ingest.read import read_events
from ingest.sources import SourceFile

NS = 1_795_334_400_000_000_000  # 2026-11-22T08:00:00Z
TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
RESOURCE = {"service.name": "credit", "service.version": "2", "service.instance.id": "pod-1"}


_SCALARS = {
    bool: ("bool_value", "boolValue", bool),
    int: ("int_value", "intValue", str),
    float: ("double_value", "doubleValue", float),
    str: ("string_value", "stringValue", str),
}


def any_value(value) -> AnyValue:
    """Write a Python value as OpenTelemetry's SDKs do."""
    made = AnyValue()
    if isinstance(value, list):
        made.array_value.values.extend(any_value(one) for one in value)
    elif isinstance(value, dict):
        made.kvlist_value.SetInParent()
        put(made.kvlist_value.values, value)
    elif value is not None:
        setattr(made, _SCALARS[type(value)][0], value)
    return made


def put(pairs, values) -> None:
    """Add attributes."""
    for key, value in values.items():
        pair = pairs.add()
        pair.key = key
        pair.value.CopyFrom(any_value(value))


def json_value(value) -> dict:
    """Write a Python value as the JSON mapping has it."""
    if value is None:
        return {}
    if isinstance(value, list):
        return {"arrayValue": {"values": [json_value(one) for one in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": json_pairs(value)}}
    _, name, written = _SCALARS[type(value)]
    return {name: written(value)}


def json_pairs(values) -> list[dict]:
    """Write attributes."""
    return [{"key": key, "value": json_value(value)} for key, value in values.items()]


def log(attributes=None, body=None, *, ns=NS, trace=TRACE, span=SPAN, event="ml.prediction"):
    """One log record, as both encodings are made of."""
    return {
        "attributes": attributes or {},
        "body": body,
        "ns": ns,
        "trace": trace,
        "span": span,
        "event": event,
    }


def protobuf_logs(*records, resource=RESOURCE, scope="") -> bytes:
    """Write log records as protobuf."""
    request = ExportLogsServiceRequest()
    around = request.resource_logs.add()
    put(around.resource.attributes, resource)
    within = around.scope_logs.add()
    within.scope.name = scope
    for one in records:
        made = within.log_records.add()
        put(made.attributes, one["attributes"])
        if one["body"] is not None:
            made.body.CopyFrom(any_value(one["body"]))
        made.time_unix_nano = one["ns"]
        made.trace_id = bytes.fromhex(one["trace"])
        made.span_id = bytes.fromhex(one["span"])
        made.event_name = one["event"]
    return request.SerializeToString()


def json_logs(*records, resource=RESOURCE, scope="") -> dict:
    """Write log records as JSON."""
    made = [
        {
            "timeUnixNano": str(one["ns"]),
            "attributes": json_pairs(one["attributes"]),
            "traceId": one["trace"],
            "spanId": one["span"],
            "eventName": one["event"],
            **({} if one["body"] is None else {"body": json_value(one["body"])}),
        }
        for one in records
    ]
    inner = [{"scope": {"name": scope}, "logRecords": made}]
    around = {"resource": {"attributes": json_pairs(resource)}, "scopeLogs": inner}
    return {"resourceLogs": [around]}


def span(attributes=None, *, kind=2, start=NS, ms=18.5, trace=TRACE, span_id=SPAN, **more):
    """One span."""
    return {
        "attributes": attributes or {},
        "kind": kind,
        "start": start,
        "end": start + round(ms * 1e6),
        "trace": trace,
        "span": span_id,
        "parent": more.get("parent", ""),
        "code": more.get("code", 0),
    }


def protobuf_spans(*spans, resource=RESOURCE) -> bytes:
    """Write spans as protobuf."""
    request = ExportTraceServiceRequest()
    around = request.resource_spans.add()
    put(around.resource.attributes, resource)
    within = around.scope_spans.add()
    for one in spans:
        made = within.spans.add()
        put(made.attributes, one["attributes"])
        made.kind = one["kind"]
        made.start_time_unix_nano, made.end_time_unix_nano = one["start"], one["end"]
        made.trace_id, made.span_id = bytes.fromhex(one["trace"]), bytes.fromhex(one["span"])
        made.parent_span_id = bytes.fromhex(one["parent"])
        made.status.code = one["code"]
    return request.SerializeToString()


def json_spans(*spans, resource=RESOURCE) -> dict:
    """Write spans as JSON."""
    made = [
        {
            "attributes": json_pairs(one["attributes"]),
            "kind": one["kind"],
            "startTimeUnixNano": str(one["start"]),
            "endTimeUnixNano": str(one["end"]),
            "traceId": one["trace"],
            "spanId": one["span"],
            "parentSpanId": one["parent"],
            "status": {"code": one["code"]},
        }
        for one in spans
    ]
    around = {"resource": {"attributes": json_pairs(resource)}, "scopeSpans": [{"spans": made}]}
    return {"resourceSpans": [around]}


def protobuf_metrics(*points, resource=RESOURCE) -> bytes:
    """Write points (name, unit, value, attributes, kind) as protobuf, a metric each."""
    request = ExportMetricsServiceRequest()
    around = request.resource_metrics.add()
    put(around.resource.attributes, resource)
    within = around.scope_metrics.add()
    for name, unit, value, attributes, kind in points:
        metric = within.metrics.add()
        metric.name, metric.unit = name, unit
        made = getattr(metric, kind).data_points.add()
        made.time_unix_nano = NS
        put(made.attributes, attributes)
        if isinstance(value, int):
            made.as_int = value
        else:
            made.as_double = value
    return request.SerializeToString()


def read_all(content: bytes, mapping=None, **options) -> Read:
    """Read a body as one step."""
    source = SourceFile("a body", data=content)
    reads = list(read_events(source, mapping, **options))
    passed_over: dict[str, int] = {}
    for one in reads:
        for what, n in one.passed_over.items():
            passed_over[what] = passed_over.get(what, 0) + n
    return Read(
        tuple(batch for one in reads for batch in one.batches),
        tuple(rejection for one in reads for rejection in one.rejections),
        samples=tuple(sample for one in reads for sample in one.samples),
        passed_over=passed_over,
    )


def rows(content: bytes, mapping=None, **options) -> list[dict]:
    """Return the events of a body, in order, with their features under their own names."""
    found = []
    for batch in read_all(content, mapping, **options).batches:
        events, features = batch.events.to_pylist(), batch.features.to_pylist()
        for position, event, of in zip(batch.positions, events, features, strict=True):
            held = {key: value for key, value in event.items() if value is not None}
            asked = {key: value for key, value in of.items() if value is not None}
            found.append((int(position), {"model": batch.model, **held, "features": asked}))
    return [row for _, row in sorted(found, key=lambda pair: pair[0])]
