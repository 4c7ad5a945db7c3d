"""
``/es``: what Elasticsearch's clients and shippers speak, as far as they need it to deliver.

Documents become events (`ingest.readers.elasticsearch_bulk`), and each item is answered as
Elasticsearch would: what is stored is on disk. What is not answered is a database to search.
"""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from api.bodies import Heading, UnfitBodyError, heading
from api.collector import Outcome
from api.elasticsearch_answers import JSON, VENDOR, answer, refuse
from api.endpoint import TEXT, Answer, Endpoint, Parameter, Schema
from api.problem import language_of
from api.protocols import Protocol, told_here
from domain.key import Scope
from domain.rejection import Rejection
from ingest.readers.elasticsearch_bulk import READER, Item, MalformedError, items
from monitors.collect_logs import EVENTS_LIMIT

# old enough for every shipper of this decade, new enough to be asked for nothing of the last
_VERSION: Final = "8.19.0"
_LINES: Final = "application/x-ndjson"

_REFUSED: Final = {
    "wrong_model": (403, "security_exception"),
    "not_an_action": (400, "illegal_argument_exception"),
    "elasticsearch_update": (400, "illegal_argument_exception"),
    "elasticsearch_delete": (400, "illegal_argument_exception"),
}
_UNREADABLE: Final = (400, "document_parsing_exception")


# ---------------------------------------------------------------------- a bulk body


def _heading(request: Request) -> Heading:
    told = request.headers.get("content-type", "")
    media, _, rest = told.partition(";")
    media = media.strip().lower()
    if media.startswith(VENDOR):
        media = "application/" + media.removeprefix(VENDOR)
    if media not in {"", "text/plain"}:  # curl's and syslog's way to say nothing
        heading(f"{media};{rest}", "")
    heading(_LINES, request.headers.get("content-encoding", ""))
    return Heading(READER.name, wrap=_well_formed)


def _well_formed(content: bytes) -> bytes:
    """Return a body, or refuse all of it: behind a line out of place nothing can be trusted."""
    if content.count(b"\n") > 2 * EVENTS_LIMIT + 1:
        raise UnfitBodyError(413, "api.collect.too-many-rows", limit=EVENTS_LIMIT)
    try:
        items(content)
    except MalformedError as error:
        key = "api.elasticsearch.malformed"
        raise UnfitBodyError(400, key, line=error.position) from error
    return content


def _answer(request: Request, outcome: Outcome) -> Response:
    collected = outcome.collected
    refused = {rejection.position: rejection for rejection in collected.rejections}
    known = frozenset(collected.stored.known)
    language = language_of(request.headers)
    told = [
        {item.operation: _told(item, refused.get(item.position), known, language)}
        for item in items(outcome.body.content)
    ]
    failed = any("error" in result for one in told for result in one.values())
    return answer(request, 200, {"took": 0, "errors": failed, "items": told})


def _told(
    item: Item, rejection: Rejection | None, known: frozenset[int], language: str
) -> dict[str, Any]:
    target: dict[str, Any] = {"_index": item.index or "driftline"}
    if item.id is not None:
        target["_id"] = item.id
    if rejection is not None:
        status, kind = _REFUSED.get(rejection.reason, _UNREADABLE)
        reason = {"type": kind, "reason": told_here(rejection, language)}
        return target | {"status": status, "error": reason}
    if item.position not in known:
        return target | {"_version": 1, "result": "created", "status": 201}
    if item.operation == "create" and item.id is not None:
        conflict = f"[{item.id}]: version conflict, document already exists (current version [1])"
        reason = {"type": "version_conflict_engine_exception", "reason": conflict}
        return target | {"status": 409, "error": reason}
    return target | {"_version": 1, "result": "noop", "status": 200}


# ---------------------------------------------------------------------- what is asked first


async def _root(request: Request) -> Response:
    version = {
        "number": _VERSION,
        "build_flavor": "default",
        "build_type": "tar",
        "build_hash": "driftline",
        "build_date": "2025-07-23T22:10:57.067596412Z",
        "build_snapshot": False,
        "lucene_version": "9.12.2",
        "minimum_wire_compatibility_version": "7.17.0",
        "minimum_index_compatibility_version": "7.0.0",
    }
    content = {
        "name": "driftline",
        "cluster_name": "driftline",
        "cluster_uuid": "driftline",
        "version": version,
        "tagline": "You Know, for Search",
    }
    return answer(request, 200, content)


async def _license(request: Request) -> Response:
    content = {"license": {"uid": "driftline", "type": "basic", "mode": "basic"}}
    content["license"]["status"] = "active"
    return answer(request, 200, content)


async def _health(request: Request) -> Response:
    content = {"cluster_name": "driftline", "status": "green", "timed_out": False}
    return answer(request, 200, {**content, "number_of_nodes": 1, "number_of_data_nodes": 1})


_ASKED_FIRST: Final = {
    "/es/": _root,
    "/es/_license": _license,
    "/es/_cluster/health": _health,
}


def asked_first() -> list[Endpoint]:
    """Return the endpoints that clients ask before they send anything."""
    about = "api.elasticsearch.asked-first"
    told = Answer(about=about, media={JSON: {"type": "object"}})
    return [
        Endpoint(
            method="GET",
            path=path,
            scope=Scope.INGEST,
            handler=handler,
            about=about,
            keeps_to_models=True,
            key_in_path=True,
            refuse=refuse,
            answers={200: told},
        )
        for path, handler in _ASKED_FIRST.items()
    ]


_RESULT: Final[Schema] = {
    "type": "object",
    "properties": {"status": {"type": "integer"}, "error": {"type": "object"}},
}
_TOLD: Final[Schema] = {
    "type": "object",
    "properties": {
        "errors": {"type": "boolean"},
        "items": {
            "type": "array",
            "items": {"type": "object", "additionalProperties": _RESULT},
        },
    },
}

PROTOCOL: Final = Protocol(
    paths=("/es/_bulk", "/es/{index}/_bulk"),
    methods=("POST", "PUT"),
    about="api.elasticsearch.bulk",
    heading=_heading,
    answer=_answer,
    refuse=refuse,
    parameters=(Parameter(name="index", about="api.elasticsearch.index", place="path"),),
    body=dict.fromkeys((f"{VENDOR}x-ndjson", _LINES, JSON), TEXT),
    answers={200: Answer(about="api.elasticsearch.answer.200", media={JSON: _TOLD})},
)
