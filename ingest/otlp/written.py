"""A log record as a request of its own, with what records before it told of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from ingest.otlp.signals import LogRecord


def written(record: LogRecord, body: Mapping[str, object]) -> bytes:
    """
    Write a request in JSON that holds one log record.

    Parameters
    ----------
    record : LogRecord
    body : mapping of str to object
        Instead of its own.
    """
    one = {
        "timeUnixNano": str(record.time_ns),
        "attributes": _pairs(record.attributes),
        "body": _value(body),
        "eventName": record.event_name,
        "traceId": record.trace_id,
        "spanId": record.span_id,
    }
    scope = {"scope": {"name": record.origin.scope}, "logRecords": [one]}
    resource = {"attributes": _pairs(record.origin.resource)}
    # a value may be NaN, which orjson writes as null
    return json.dumps({"resourceLogs": [{"resource": resource, "scopeLogs": [scope]}]}).encode()


def _pairs(values: Mapping[str, object]) -> list[dict[str, object]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items()]


def _value(value: object) -> dict[str, object]:
    if value is None:
        return {}
    kind, write = next((made for of, made in _KINDS if isinstance(value, of)), _TEXT)
    return {kind: write(value)}


_TEXT: Final[tuple[str, Callable[[Any], object]]] = ("stringValue", str)
# the first counts: true and false are integers, too
_KINDS: Final[tuple[tuple[type, tuple[str, Callable[[Any], object]]], ...]] = (
    (bool, ("boolValue", bool)),
    (int, ("intValue", str)),
    (float, ("doubleValue", float)),
    (list, ("arrayValue", lambda value: {"values": [_value(one) for one in value]})),
    (dict, ("kvlistValue", lambda value: {"values": _pairs(value)})),
)
