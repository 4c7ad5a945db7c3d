"""CloudEvents over HTTP in all three modes, and what Azure ML's collector library sends."""

from __future__ import annotations

from functools import partial
from typing import Final

from starlette.requests import Request

from api.bodies import DOCUMENT_LIMIT_BYTES, Heading, UnfitBodyError
from api.bodies import heading as packing
from api.endpoint import Schema
from ingest.cloudevents.event import with_headers
from monitors.collect_logs import EVENTS_LIMIT

FORMAT: Final = "cloudevents"
# the second is where that library sends to, on a host and port of one's choice
PATHS: Final = ("/v1/cloudevents", "/modeldata/log")

_STRUCTURED: Final = "application/cloudevents+json"
_BATCH: Final = "application/cloudevents-batch+json"
_MEDIA_TYPES: Final = frozenset(
    {_STRUCTURED, _BATCH, "application/json", "application/x-ndjson", "application/jsonl"}
)
_EVENT: Final[Schema] = {
    "type": "object",
    "required": ["specversion", "type", "id", "source"],
    "properties": {
        "specversion": {"type": "string"},
        "type": {"type": "string"},
        "id": {"type": "string"},
        "source": {"type": "string"},
        "time": {"type": "string", "format": "date-time"},
        "data": {},
        "data_base64": {"type": "string"},
    },
}
BODY: Final[dict[str, Schema]] = {
    _STRUCTURED: _EVENT,
    _BATCH: {"type": "array", "items": _EVENT},
    # in binary mode it is the data; the headers ce-… are the event
    "application/json": {},
    "application/octet-stream": {"type": "string", "format": "binary"},
}


def heading(request: Request) -> Heading:
    """
    Read how a request brings its events.

    Parameters
    ----------
    request : Request
        With a header ``ce-type`` it is one event in binary mode, whatever its body is.

    Raises
    ------
    UnfitBodyError
        415 if it is none.
    """
    packing("", request.headers.get("content-encoding", ""))
    if "ce-type" in request.headers:
        return Heading(FORMAT, partial(_whole, dict(request.headers)))
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in _MEDIA_TYPES:
        raise UnfitBodyError(
            415, "api.cloudevents.media-type", value=media[:100], known=f"{_STRUCTURED}, {_BATCH}"
        )
    return Heading(FORMAT, _bounded)


def _whole(headers: dict[str, str], body: bytes) -> bytes:
    return with_headers(headers, _bounded(body))


def _bounded(body: bytes) -> bytes:
    # an event is decoded as a whole, as a document is
    if len(body) > DOCUMENT_LIMIT_BYTES:
        raise UnfitBodyError(413, "api.collect.document", limit_bytes=DOCUMENT_LIMIT_BYTES)
    if body.count(b"\n") > 10 * EVENTS_LIMIT:  # one over several lines is fine
        raise UnfitBodyError(413, "api.collect.too-many-rows", limit=EVENTS_LIMIT)
    return body
