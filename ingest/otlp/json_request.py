"""A request of OTLP in JSON: its logs, spans and points."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import orjson

from ingest.json_exact import UnfitError
from ingest.otlp.json_values import any_value, attributes, integer, member, members, number, text
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

Json = Mapping[str, Any]
# what an object of a request holds, as items
_Read = Callable[[Json, Origin, Raw], Iterator[Item]]


def json_items(document: Json, whole: bytes) -> Iterator[Item]:
    """
    Return what a request holds, in order.

    Parameters
    ----------
    document : mapping
        Of logs, spans or metrics; fields that are not known are passed over.
    whole : bytes
        What it was parsed from.
    """
    for signal in _SIGNALS:
        if signal.outer in document:
            yield from _resources(document[signal.outer], signal, whole)


@dataclass(frozen=True, slots=True)
class _Signal:
    """Names of the lists in each other, and what reads an item of the innermost."""

    outer: str
    inner: str
    items: str
    read: _Read


def _resources(resources: object, signal: _Signal, whole: bytes) -> Iterator[Item]:
    try:
        found = members(resources, signal.outer)
    except UnfitError as unfit:
        yield _unreadable(lambda: whole, unfit)
        return
    for resource in found:
        try:
            of = attributes(member(resource.get("resource"), "resource").get("attributes"))
            scopes = members(resource.get(signal.inner), signal.inner)
        except UnfitError as unfit:
            yield _unreadable(partial(_written, {signal.outer: [resource]}, whole), unfit)
            continue
        for scope in scopes:
            yield from _scope(resource, of, scope, signal, whole)


def _scope(
    resource: Json, of: dict[str, object], scope: Json, signal: _Signal, whole: bytes
) -> Iterator[Item]:
    around = {key: value for key, value in resource.items() if key != signal.inner}
    within = {key: value for key, value in scope.items() if key != signal.items}

    def alone(held: object) -> bytes:
        """Write a request with no more than this in it."""
        inner = [{**within, signal.items: held}]
        return _written({signal.outer: [{**around, signal.inner: inner}]}, whole)

    try:
        origin = Origin(of, text(member(scope.get("scope"), "scope").get("name")))
        held = members(scope.get(signal.items), signal.items)
    except UnfitError as unfit:
        yield _unreadable(partial(alone, scope.get(signal.items)), unfit)
        return
    for one in held:
        raw = partial(alone, [one])
        try:
            yield from signal.read(one, origin, raw)
        except UnfitError as unfit:
            yield _unreadable(raw, unfit)


def _written(document: Json, whole: bytes) -> bytes:
    try:
        return orjson.dumps(document)
    except orjson.JSONEncodeError:  # an integer of more than 64 bits, or 255 levels
        return whole


def _unreadable(raw: Raw, unfit: UnfitError) -> Unreadable:
    return Unreadable(raw=raw, reason=unfit.reason, values=unfit.values)


def _logs(one: Json, origin: Origin, raw: Raw) -> Iterator[Item]:
    yield LogRecord(
        origin=origin,
        raw=raw,
        attributes=attributes(one.get("attributes")),
        body=any_value(one.get("body")),
        time_ns=integer(one.get("timeUnixNano")) or integer(one.get("observedTimeUnixNano")),
        event_name=text(one.get("eventName")),
        trace_id=text(one.get("traceId")),
        span_id=text(one.get("spanId")),
    )


def _spans(one: Json, origin: Origin, raw: Raw) -> Iterator[Item]:
    yield Span(
        origin=origin,
        raw=raw,
        attributes=attributes(one.get("attributes")),
        kind=_enum(one.get("kind"), "SPAN_KIND_SERVER", 2),
        start_ns=integer(one.get("startTimeUnixNano")),
        end_ns=integer(one.get("endTimeUnixNano")),
        status=_enum(member(one.get("status"), "status").get("code"), "STATUS_CODE_ERROR", 2),
        trace_id=text(one.get("traceId")),
        span_id=text(one.get("spanId")),
        parent_id=text(one.get("parentSpanId")),
    )


def _enum(value: object, name: str, number_of_it: int) -> int:
    """Return an enum's number; some senders write its name."""
    return number_of_it if value == name else integer(value)


def _points(one: Json, origin: Origin, raw: Raw) -> Iterator[Item]:
    metric, unit = text(one.get("name")), text(one.get("unit"))
    kind = next((kind for kind in ("gauge", "sum") if kind in one), None)
    if kind is None:
        yield Other(what="other_metric")
        return
    data = member(one[kind], kind)
    told = data.get("aggregationTemporality")
    is_change = _enum(told, "AGGREGATION_TEMPORALITY_DELTA", DELTA) == DELTA
    for point in members(data.get("dataPoints"), "dataPoints"):
        is_none = is_change or integer(point.get("flags")) & NO_VALUE
        yield Point(
            origin=origin,
            raw=raw,
            attributes=attributes(point.get("attributes")),
            metric=metric,
            unit=unit,
            time_ns=integer(point.get("timeUnixNano")),
            value=_value(None if is_none else point.get("asDouble", point.get("asInt"))),
        )


def _value(value: object) -> float:
    found = number(value)
    return float("nan") if found is None else found


_SIGNALS: Final = (
    _Signal("resourceLogs", "scopeLogs", "logRecords", _logs),
    _Signal("resourceSpans", "scopeSpans", "spans", _spans),
    _Signal("resourceMetrics", "scopeMetrics", "metrics", _points),
)
