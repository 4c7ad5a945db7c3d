"""The form of Elasticsearch's answers and errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from api.problem import Trouble, language_of
from domain.catalogue import say

VENDOR: Final = "application/vnd.elasticsearch+"
JSON: Final = "application/json"

# clients refuse to speak with what does not say so
_PRODUCT: Final = {"X-Elastic-Product": "Elasticsearch"}
# where there is no room Elasticsearch says so with 429 alone, and clients wait only then
_NO_ROOM: Final = frozenset({"urn:driftline:collect:slow-down", "urn:driftline:collect:full"})
_REJECTED: Final = "es_rejected_execution_exception"
_TYPES: Final = {
    400: "illegal_argument_exception",
    401: "security_exception",
    403: "security_exception",
    404: "resource_not_found_exception",
    408: "timeout_exception",
    413: "content_too_long_exception",
    415: "media_type_header_exception",
    429: _REJECTED,
    503: "unavailable_shards_exception",
}


def refuse(request: Request, trouble: Trouble) -> Response:
    """Tell a problem as Elasticsearch does."""
    status = 429 if trouble.kind in _NO_ROOM else trouble.status
    kind = _TYPES.get(status, "exception")
    return _error(request, status, kind, trouble.detail, trouble.headers)


def _error(
    request: Request, status: int, kind: str, detail: str, headers: Mapping[str, str]
) -> Response:
    cause = {"type": kind, "reason": detail}
    content = {"error": {"root_cause": [cause], **cause}, "status": status}
    return answer(request, status, content, headers)


def answer(
    request: Request, status: int, content: object, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with JSON in the form that was asked for."""
    asked = request.headers.get("accept", "")
    media = asked if asked.startswith(f"{VENDOR}json") and "," not in asked else JSON
    told = {**_PRODUCT, **(headers or {}), "Content-Type": media}
    return Response(orjson.dumps(content), status_code=status, headers=told)


async def nothing_else(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer what else is asked of Elasticsearch: that it is not here."""
    request = Request(scope)
    if scope["path"] == "/es":
        await RedirectResponse("/es/", headers=_PRODUCT)(scope, receive, send)
        return
    path = scope["path"].removeprefix("/es")
    detail = say("api.elasticsearch.not-here", language_of(request.headers), path=path)
    await _error(request, 404, _TYPES[404], detail, {})(scope, receive, send)
