"""
A request of OTLP in protobuf: its logs, spans and points.

The one file that imports opentelemetry-proto, which takes 30 ms: whoever reads none never waits.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Final

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.metrics.v1 import metrics_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

from ingest.json_columns import NESTING_LIMIT
from ingest.json_exact import UnfitError
from ingest.otlp.signals import (
    DELTA,
    NO_VALUE,
    Item,
    LogRecord,
    Origin,
    Other,
    Point,
    Raw,
    Span,
    Unreadable,
)
from ingest.otlp.wire import Signal

_Request = ExportLogsServiceRequest | ExportTraceServiceRequest | ExportMetricsServiceRequest


def protobuf_items(content: bytes, signal: Signal) -> Iterator[Item]:
    """
    Return what a request holds, in order.

    Parameters
    ----------
    content : bytes
        One message.
    signal : Signal
        Which; the three look alike from outside.
    """
    make, outer, inner, items = _MESSAGES[signal]
    try:
        request = make.FromString(content)
    except DecodeError:
        yield Unreadable(raw=lambda: content, reason="bad_otlp", values={})
        return
    for resource in getattr(request, outer):
        try:
            of = _attributes(resource.resource.attributes, NESTING_LIMIT)
        except UnfitError as unfit:
            raw = partial(_alone, make, outer, resource)
            yield Unreadable(raw=raw, reason=unfit.reason, values=unfit.values)
            continue
        for scope in getattr(resource, inner):
            origin = Origin(of, scope.scope.name)
            for one in getattr(scope, items):
                path = (outer, inner, items)
                yield from _item(one, origin, partial(_single, make, path, (resource, scope, one)))


def _item(one: Any, origin: Origin, raw: Raw) -> Iterator[Item]:  # noqa: ANN401 (of three messages)
    try:
        yield from _READ[type(one)](one, origin, raw)
    except UnfitError as unfit:
        yield Unreadable(raw=raw, reason=unfit.reason, values=unfit.values)


def _alone(make: type[_Request], outer: str, resource: Any) -> bytes:  # noqa: ANN401 (see _item)
    request = make()
    getattr(request, outer).add().CopyFrom(resource)
    return request.SerializeToString()


def _single(
    make: type[_Request],
    path: tuple[str, str, str],
    parts: tuple[Any, Any, Any],
) -> bytes:
    """Write a request with one item of another."""
    outer, inner, items = path
    resource, scope, one = parts
    request = make()
    around = getattr(request, outer).add()
    around.resource.CopyFrom(resource.resource)
    within = getattr(around, inner).add()
    within.scope.CopyFrom(scope.scope)
    getattr(within, items).add().CopyFrom(one)
    return request.SerializeToString()


def _log(one: logs_pb2.LogRecord, origin: Origin, raw: Raw) -> Iterator[Item]:
    yield LogRecord(
        origin=origin,
        raw=raw,
        attributes=_attributes(one.attributes, NESTING_LIMIT),
        body=_value(one.body, NESTING_LIMIT),
        time_ns=one.time_unix_nano or one.observed_time_unix_nano,
        event_name=one.event_name,
        trace_id=one.trace_id.hex(),
        span_id=one.span_id.hex(),
    )


def _span(one: trace_pb2.Span, origin: Origin, raw: Raw) -> Iterator[Item]:
    yield Span(
        origin=origin,
        raw=raw,
        attributes=_attributes(one.attributes, NESTING_LIMIT),
        kind=one.kind,
        start_ns=one.start_time_unix_nano,
        end_ns=one.end_time_unix_nano,
        status=one.status.code,
        trace_id=one.trace_id.hex(),
        span_id=one.span_id.hex(),
        parent_id=one.parent_span_id.hex(),
    )


def _metric(one: metrics_pb2.Metric, origin: Origin, raw: Raw) -> Iterator[Item]:
    kind = one.WhichOneof("data")
    if kind not in {"gauge", "sum"}:
        yield Other(what="other_metric")
        return
    data = getattr(one, kind)
    is_change = kind == "sum" and data.aggregation_temporality == DELTA
    for point in data.data_points:
        held = None if is_change or point.flags & NO_VALUE else point.WhichOneof("value")
        yield Point(
            origin=origin,
            raw=raw,
            attributes=_attributes(point.attributes, NESTING_LIMIT),
            metric=one.name,
            unit=one.unit,
            time_ns=point.time_unix_nano,
            value=float("nan") if held is None else float(getattr(point, held)),
        )


def _attributes(pairs: Iterable[KeyValue], depth: int) -> dict[str, object]:
    return {pair.key: _value(pair.value, depth) for pair in pairs}


def _value(value: AnyValue, depth: int) -> object:
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    read = _NESTED.get(kind)
    if read is None:
        return getattr(value, kind)
    if not depth:
        raise UnfitError("too_deep", value=NESTING_LIMIT)
    return read(value, depth - 1)


_NESTED: Final[dict[str, Callable[[AnyValue, int], object]]] = {
    "array_value": lambda value, depth: [_value(one, depth) for one in value.array_value.values],
    "kvlist_value": lambda value, depth: _attributes(value.kvlist_value.values, depth),
    "bytes_value": lambda value, _: b64encode(value.bytes_value).decode(),
}
_READ: Final[dict[type, Callable[[Any, Origin, Raw], Iterator[Item]]]] = {
    logs_pb2.LogRecord: _log,
    trace_pb2.Span: _span,
    metrics_pb2.Metric: _metric,
}
_MESSAGES: Final[dict[Signal, tuple[type[_Request], str, str, str]]] = {
    Signal.LOGS: (ExportLogsServiceRequest, "resource_logs", "scope_logs", "log_records"),
    Signal.SPANS: (ExportTraceServiceRequest, "resource_spans", "scope_spans", "spans"),
    Signal.METRICS: (ExportMetricsServiceRequest, "resource_metrics", "scope_metrics", "metrics"),
}
