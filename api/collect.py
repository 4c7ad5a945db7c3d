"""Where senders put events and labels: ``/v1/predictions`` and ``/v1/labels``."""

from __future__ import annotations

from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api import cloudevents, elasticsearch, otlp, resources
from api.bodies import MEDIA_TYPES, Heading, heading
from api.collector import Collector, Outcome
from api.endpoint import Answer, Endpoint, Schema
from api.problem import language_of, problem
from api.protocols import Protocol, protocol_endpoints, told_here
from domain.rejection import Rejection
from monitors.collected import Kind

ERRORS_SHOWN: Final = 100

_UNREADABLE: Final = frozenset({"bad_json", "invalid_utf8", "truncated", "bad_row"})


def endpoints(collector: Collector) -> list[Endpoint]:
    """
    Return the endpoints of a collector.

    Parameters
    ----------
    collector : Collector
    """
    native = (_native(kind) for kind in Kind)
    protocols = [
        *native,
        _cloudevents(),
        *otlp.PROTOCOLS,
        resources.PROTOCOL,
        elasticsearch.PROTOCOL,
    ]
    spoken = [protocol_endpoints(collector, protocol) for protocol in protocols]
    return [*(endpoint for some in spoken for endpoint in some), *elasticsearch.asked_first()]


def _native(kind: Kind) -> Protocol:
    return Protocol(
        paths=(f"/v1/{kind}",),
        about=f"api.collect.{kind}",
        kind=kind,
        heading=_heading,
        answer=_answer,
        body=dict.fromkeys(MEDIA_TYPES, _TABLE) | _JSON_BODY[kind],
        answers=_ANSWERS,
    )


def _cloudevents() -> Protocol:
    # what KServe's logger is answered it compares with 200
    return Protocol(
        paths=cloudevents.PATHS,
        about="api.cloudevents.events",
        heading=cloudevents.heading,
        answer=_answer,
        body=cloudevents.BODY,
        answers={status: answer for status, answer in _ANSWERS.items() if status != 201},
    )


def _heading(request: Request) -> Heading:
    headers = request.headers
    return heading(headers.get("content-type", ""), headers.get("content-encoding", ""))


def _answer(request: Request, outcome: Outcome) -> Response:
    language = language_of(request.headers)
    one = outcome.collected
    shown = [_error(rejection, language) for rejection in one.rejections[:ERRORS_SHOWN]]
    counts: dict[str, Any] = {
        "accepted": one.accepted - one.stored.duplicates,
        "duplicates": one.stored.duplicates,
        "rejected": len(one.rejections),
        "predictions": one.stored.predictions,
        "calls": one.stored.calls,
        "labels": one.stored.labels,
    }
    details = {"errors": shown, "errors_truncated": len(one.rejections) > len(shown)}
    if one.rejections and not one.accepted:
        return _refused(outcome, language, counts | details)
    if one.rejections:
        return _json(207, counts | details)
    created = outcome.is_one and one.items == 1 and counts["accepted"] == 1
    return _json(201 if created else 200, counts)


def _refused(outcome: Outcome, language: str, more: dict[str, Any]) -> Response:
    """Answer that nothing of a body was stored."""
    rejections = outcome.collected.rejections
    reasons = {rejection.reason for rejection in rejections}
    status = 400 if reasons <= _UNREADABLE else 422
    status = 403 if reasons == {"wrong_model"} else status
    key = "api.collect.refused-one" if len(rejections) == 1 else "api.collect.refused"
    first = more["errors"][0]["message"]
    return problem(status, key, language, more=more, n=len(rejections), first=first)


def _error(rejection: Rejection, language: str) -> dict[str, Any]:
    return {
        "index": rejection.position - 1,
        "reason": rejection.reason,
        "message": told_here(rejection, language),
    }


def _json(status: int, content: dict[str, Any]) -> Response:
    return Response(orjson.dumps(content), status_code=status, media_type="application/json")


# ---------------------------------------------------------------------- what OpenAPI says of it

_TEXT: Final[Schema] = {"type": ["string", "null"]}
_NUMBER: Final[Schema] = {"type": ["number", "null"]}
_EVENT: Final[Schema] = {
    "type": "object",
    "required": ["ts"],
    "properties": {
        "model": _TEXT,
        "version": _TEXT,
        "ts": {"type": ["string", "number"]},
        "prediction_id": _TEXT,
        "request_id": _TEXT,
        "features": {"type": "object"},
        "prediction": {},
        "score": _NUMBER,
        "latency_ms": _NUMBER,
        "status": {"type": ["integer", "null"]},
        "replica": _TEXT,
        "trace_id": _TEXT,
        "tags": {"type": "object"},
        "label": {},
        "sampling_rate": _NUMBER,
    },
}
_LABEL: Final[Schema] = {
    "type": "object",
    "required": ["label"],
    "properties": {
        "prediction_id": _TEXT,
        "request_id": _TEXT,
        "label": {},
        "model": _TEXT,
        "ts": {"type": ["string", "number"]},
    },
}
_TABLE: Final[Schema] = {"type": "string", "format": "binary"}
_JSON_BODY: Final[dict[Kind, dict[str, Schema]]] = {
    kind: {
        "application/json": {"oneOf": [one, {"type": "array", "items": one}]},
        "application/x-ndjson": {"type": "string"},
    }
    for kind, one in ((Kind.PREDICTIONS, _EVENT), (Kind.LABELS, _LABEL))
}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_COUNTED: Final = ("accepted", "duplicates", "rejected", "predictions", "calls", "labels")
_COUNTS: Final[Schema] = {
    "type": "object",
    "properties": dict.fromkeys(_COUNTED, _COUNT),
}
_ERRORS: Final[Schema] = {
    "type": "object",
    "properties": {
        **_COUNTS["properties"],
        "errors": {
            "type": "array",
            "maxItems": ERRORS_SHOWN,
            "items": {
                "type": "object",
                "properties": {
                    "index": _COUNT,
                    "reason": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
        "errors_truncated": {"type": "boolean"},
    },
}
_ANSWERS: Final[dict[int, Answer]] = {
    200: Answer(about="api.collect.answer.200", media={"application/json": _COUNTS}),
    201: Answer(about="api.collect.answer.201", media={"application/json": _COUNTS}),
    207: Answer(about="api.collect.answer.207", media={"application/json": _ERRORS}),
    **{status: Answer(about=f"api.collect.answer.{status}") for status in (403, 422)},
}
