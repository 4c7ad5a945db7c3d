"""``/v1/resources``: what processes used, as the tap and exporters of one's own send it."""

from __future__ import annotations

from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api.bodies import Heading, UnfitBodyError, heading
from api.collector import Outcome
from api.endpoint import Answer, Schema
from api.problem import language_of, problem
from api.protocols import Protocol, told_here
from domain.resource import ResourceMetric, ResourceUnit
from ingest.readers.resource_samples import READER

ERRORS_SHOWN: Final = 100
_LINES: Final = "application/x-ndjson"
_TAKEN: Final = frozenset({_LINES, "application/ndjson", "application/json", ""})


def _heading(request: Request) -> Heading:
    headers = request.headers
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in _TAKEN:
        raise UnfitBodyError(415, "api.collect.media-type", value=media[:100], known=_LINES)
    heading(_LINES, headers.get("content-encoding", ""))
    return Heading(READER.name)


def _answer(request: Request, outcome: Outcome) -> Response:
    one = outcome.collected
    language = language_of(request.headers)
    shown = [
        {
            "index": refused.position - 1,
            "reason": refused.reason,
            "message": told_here(refused, language),
        }
        for refused in one.rejections[:ERRORS_SHOWN]
    ]
    told: dict[str, Any] = {"accepted": one.samples, "rejected": len(one.rejections)}
    if not one.rejections:
        return Response(orjson.dumps(told), status_code=200, media_type="application/json")
    told |= {"errors": shown, "errors_truncated": len(one.rejections) > len(shown)}
    if one.samples:
        return Response(orjson.dumps(told), status_code=207, media_type="application/json")
    first = shown[0]["message"]
    refused = len(one.rejections)
    return problem(422, "api.collect.refused", language, more=told, n=refused, first=first)


_SAMPLE: Final[Schema] = {
    "type": "object",
    "required": ["ts", "metric", "value", "unit"],
    "properties": {
        "ts": {"type": ["string", "number"]},
        "metric": {"enum": [metric.value for metric in ResourceMetric]},
        "value": {"type": "number", "minimum": 0},
        "unit": {"enum": [unit.value for unit in ResourceUnit]},
        "model": {"type": ["string", "integer", "null"]},
        "version": {"type": ["string", "integer", "null"]},
        "replica": {"type": ["string", "integer", "null"]},
        "process": {"type": ["string", "integer", "null"]},
        "source": {"type": ["string", "integer", "null"]},
    },
}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_COUNTS: Final[Schema] = {
    "type": "object",
    "properties": {"accepted": _COUNT, "rejected": _COUNT, "errors": {"type": "array"}},
}

PROTOCOL: Final = Protocol(
    paths=("/v1/resources",),
    about="api.resources.samples",
    heading=_heading,
    answer=_answer,
    body={_LINES: {"type": "string"}, "application/json": _SAMPLE},
    answers={
        200: Answer(about="api.resources.answer.200", media={"application/json": _COUNTS}),
        207: Answer(about="api.collect.answer.207", media={"application/json": _COUNTS}),
        422: Answer(about="api.collect.answer.422"),
    },
)
