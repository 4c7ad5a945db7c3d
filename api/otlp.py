"""
``/v1/logs``, ``/v1/traces``, ``/v1/metrics``: OpenTelemetry's protocol over HTTP.

https://github.com/open-telemetry/opentelemetry-proto/blob/main/docs/specification.md#otlphttp
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api.bodies import DOCUMENT_LIMIT_BYTES, Heading, UnfitBodyError, heading
from api.collector import Outcome
from api.endpoint import Answer, Schema
from api.problem import Trouble, language_of, problem
from api.protocols import Protocol, told_here
from domain.catalogue import say
from ingest.otlp.wire import is_crowded
from ingest.readers.otlp import READER
from monitors.collect_logs import EVENTS_LIMIT

JSON: Final = "application/json"
PROTOBUF: Final = "application/x-protobuf"

# path, and what the answer calls that which it refused
_SIGNALS: Final = (
    ("logs", "rejectedLogRecords"),
    ("traces", "rejectedSpans"),
    ("metrics", "rejectedDataPoints"),
)
_PROTOBUFS: Final = frozenset({PROTOBUF, "application/protobuf", "application/octet-stream", ""})
# a body of nothing but these is no request at all
_UNREADABLE: Final = frozenset({"bad_otlp", "bad_json", "truncated"})
# google.rpc.Code of an HTTP status; the rest is UNKNOWN
_CODES: Final = {400: 3, 401: 16, 403: 7, 404: 5, 413: 8, 415: 3, 429: 8, 500: 13, 503: 14}
_UNKNOWN: Final = 2


def _protocol(signal: str, rejected: str) -> Protocol:
    return Protocol(
        paths=(f"/v1/{signal}",),
        about=f"api.otlp.{signal}",
        heading=_heading,
        answer=partial(_answer, rejected),
        refuse=_refuse,
        body={PROTOBUF: _BINARY, JSON: {"type": "object"}},
        answers={200: Answer(about="api.otlp.answer.200", media=_MEDIA)},
    )


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _heading(request: Request) -> Heading:
    media = _media_type(request)
    if media != JSON and media not in _PROTOBUFS:
        known = f"{PROTOBUF}, {JSON}"
        raise UnfitBodyError(415, "api.collect.media-type", value=media[:100], known=known)
    heading(JSON, request.headers.get("content-encoding", ""))
    return Heading(READER.name, wrap=_bounded, may_be_empty=True)


def _bounded(body: bytes) -> bytes:
    """Return a body that can be decoded as a whole, as requests of OTLP are."""
    if len(body) > DOCUMENT_LIMIT_BYTES:
        raise UnfitBodyError(413, "api.collect.document", limit_bytes=DOCUMENT_LIMIT_BYTES)
    # an attribute in JSON is two objects, a record has several
    if body.count(b"{") > 10 * EVENTS_LIMIT or is_crowded(body, EVENTS_LIMIT):
        raise UnfitBodyError(413, "api.collect.too-many-rows", limit=EVENTS_LIMIT)
    return body


def _answer(rejected: str, request: Request, outcome: Outcome) -> Response:
    one = outcome.collected
    language = language_of(request.headers)
    if not one.rejections:
        return _reply(request, 200, {}, b"")
    n, first = len(one.rejections), told_here(one.rejections[0], language)
    nothing = not (one.accepted or one.samples or one.passed_over)
    if nothing and {rejection.reason for rejection in one.rejections} <= _UNREADABLE:
        return problem(400, "api.otlp.unreadable", language, first=first)
    told = say("api.otlp.refused", language, n=n, first=first)
    partial_success = {rejected: str(n), "errorMessage": told}
    message = _message(1, _count(1, n) + _message(2, told.encode()))
    return _reply(request, 200, {"partialSuccess": partial_success}, message)


def _refuse(request: Request, trouble: Trouble) -> Response:
    """Tell a problem as google.rpc.Status."""
    code = _CODES.get(trouble.status, _UNKNOWN)
    status = {"code": code, "message": trouble.detail}
    message = _count(1, code) + _message(2, trouble.detail.encode())
    answer = _reply(request, trouble.status, status, message)
    answer.headers.update(trouble.headers)
    return answer


def _reply(request: Request, status: int, content: dict[str, Any], message: bytes) -> Response:
    """Answer in the encoding of the request."""
    if _media_type(request) == JSON:
        return Response(orjson.dumps(content), status_code=status, media_type=JSON)
    return Response(message, status_code=status, media_type=PROTOBUF)


def _message(number: int, content: bytes) -> bytes:
    """Write a field of protobuf that has a length."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _count(number: int, value: int) -> bytes:
    """Write a field of protobuf that is a number >= 0."""
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])


_BINARY: Final[Schema] = {"type": "string", "format": "binary"}
_PARTIAL: Final[Schema] = {
    "type": "object",
    "properties": {
        "partialSuccess": {
            "type": "object",
            "properties": {
                **{rejected: {"type": "string"} for _, rejected in _SIGNALS},
                "errorMessage": {"type": "string"},
            },
        }
    },
}
_MEDIA: Final[dict[str, Schema | type]] = {PROTOBUF: _BINARY, JSON: _PARTIAL}

PROTOCOLS: Final = tuple(_protocol(signal, rejected) for signal, rejected in _SIGNALS)
