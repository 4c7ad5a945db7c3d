"""Where senders put events and labels: ``/v1/predictions`` and ``/v1/labels``."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api.backpressure import BusyError, Room
from api.bodies import BODY_LIMIT_BYTES, MEDIA_TYPES, Heading, UnfitBodyError, heading
from api.collector import Collector, Outcome, Sent
from api.endpoint import Answer, Endpoint, Parameter, Schema, grant_of
from api.problem import language_of, problem
from api.routes import too_large
from domain.catalogue import say
from domain.key import Scope
from domain.rejection import Rejection
from monitors.collect_logs import Kind, TooLargeError

# A sender that stands still in the middle of a body holds its share of the queue so long, and one
# that goes on slowly so long.
STALL_S: Final = 5.0
RECEIVE_S: Final = 60.0
ERRORS_SHOWN: Final = 100
NAME_LIMIT: Final = 1_000

_UNREADABLE: Final = frozenset({"bad_json", "invalid_utf8", "truncated", "bad_row"})
# here a sender has no command line and no mapping file
_SAID_HERE: Final = {
    "missing_model": "api.collect.missing-model",
    "missing_ts": "api.collect.missing-ts",
}


def endpoints(collector: Collector) -> list[Endpoint]:
    """
    Return the endpoints of a collector.

    Parameters
    ----------
    collector : Collector
    """
    return [
        Endpoint(
            method="POST",
            path=f"/v1/{kind}",
            scope=Scope.INGEST,
            handler=partial(_receive, collector, kind),
            about=f"api.collect.{kind}",
            keeps_to_models=True,
            key_in_path=True,
            limit_bytes=BODY_LIMIT_BYTES,
            parameters=_PARAMETERS,
            body=dict.fromkeys(MEDIA_TYPES, _TABLE) | _JSON_BODY[kind],
            answers=_ANSWERS,
        )
        for kind in Kind
    ]


async def _receive(collector: Collector, kind: Kind, request: Request) -> Response:
    language = language_of(request.headers)
    try:
        said = heading(
            request.headers.get("content-type", ""), request.headers.get("content-encoding", "")
        )
        outcome = await _collected(collector, kind, said, request)
    except UnfitBodyError as error:
        return problem(error.status, error.key, language, headers=None, more=None, **error.values)
    except TooLargeError as error:
        return problem(413, "api.collect.too-many", language, value=str(error))
    except BusyError as busy:
        key = "api.collect.slow-down" if busy.status == 429 else "api.collect.full"
        waits = {"Retry-After": str(busy.retry_after_s)}
        return problem(busy.status, key, language, headers=waits, value=busy.retry_after_s)
    except TimeoutError:
        return problem(408, "api.collect.timeout", language, value=RECEIVE_S, pause=STALL_S)
    return _answer(outcome, language)


async def _collected(collector: Collector, kind: Kind, said: Heading, request: Request) -> Outcome:
    model, version = (_name(request, name) for name in ("model", "version"))
    with collector.room() as room:
        told = request.headers.get("content-length", "")
        room.begin(int(told) if told.isdigit() and len(told) < 12 else 0)
        content = await _received(request, room)
        sent = Sent(kind, content, said, model, version, grant_of(request).models)
        return await collector.collect(sent)


async def _received(request: Request, room: Room) -> bytes:
    loop = asyncio.get_running_loop()
    until = loop.time() + RECEIVE_S
    chunks: list[bytes] = []
    async with asyncio.timeout(STALL_S) as patience:
        async for chunk in request.stream():
            patience.reschedule(min(loop.time() + STALL_S, until))
            room.grow_to(room.n_bytes + len(chunk))
            if room.n_bytes > BODY_LIMIT_BYTES:
                raise too_large(BODY_LIMIT_BYTES)
            chunks.append(chunk)
    return b"".join(chunks)


def _name(request: Request, parameter: str) -> str | None:
    value = request.query_params.get(parameter) or None
    if value is not None and len(value) > NAME_LIMIT:
        raise UnfitBodyError(400, "api.collect.long-name", name=parameter, limit=NAME_LIMIT)
    return value


def _answer(outcome: Outcome, language: str) -> Response:
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
    key = _SAID_HERE.get(rejection.reason)
    return {
        "index": rejection.position - 1,
        "reason": rejection.reason,
        "message": say(key, language) if key else rejection.message,
    }


def _json(status: int, content: dict[str, Any]) -> Response:
    return Response(orjson.dumps(content), status_code=status, media_type="application/json")


# ---------------------------------------------------------------------- what OpenAPI says of it

_PARAMETERS: Final = (
    Parameter(name="model", about="api.collect.default-model"),
    Parameter(name="version", about="api.collect.default-version"),
)
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
    **{
        status: Answer(about=f"api.collect.answer.{status}")
        for status in (400, 403, 408, 413, 415, 422, 429, 503)
    },
}
