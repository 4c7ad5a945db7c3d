"""
What senders of every protocol share: one way in, and an answer in the protocol's own words.

A protocol is one file beside this that makes a `Protocol`, and one line in
`api.collect.endpoints`. It says which reader takes a body (`heading`), and how the sender is told
what became of it (`answer`, `refuse`). The rest is the same for all: the guard, keys in headers
and in the path, room in the queue, limits, unpacking, the commit before the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.backpressure import BusyError, Room
from api.bodies import BODY_LIMIT_BYTES, Heading, UnfitBodyError
from api.collector import Collector, Outcome, Sent
from api.endpoint import Answer, Endpoint, Parameter, Refuse, Schema, grant_of
from api.problem import language_of, problem
from api.routes import too_large
from domain.catalogue import say
from domain.key import Scope
from domain.rejection import Rejection
from monitors.collect_logs import TooLargeError
from monitors.collected import Kind

# A sender that stands still in the middle of a body holds its share of the queue so long, and one
# that goes on slowly so long.
STALL_S: Final = 5.0
RECEIVE_S: Final = 60.0
NAME_LIMIT: Final = 1_000

_PARAMETERS: Final = (
    Parameter(name="model", about="api.collect.default-model"),
    Parameter(name="version", about="api.collect.default-version"),
)
_ANSWERS: Final = {
    status: Answer(about=f"api.collect.answer.{status}")
    for status in (400, 408, 413, 415, 429, 503)
}


# here a sender has no command line and no mapping file
_SAID_HERE: Final = {
    "missing_model": "api.collect.missing-model",
    "missing_ts": "api.collect.missing-ts",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """
    How senders of one kind speak.

    Parameters
    ----------
    paths : tuple of str
        As Starlette writes them: ``("/es/_bulk", "/es/{index}/_bulk")``.
    about : str
        Key of its description in the text catalogue.
    heading : callable
        From a request, before its body is taken, to the reader of the body: ``Heading("otlp")``,
        with ``wrap`` where headers are a part of what was sent. Raises `UnfitBodyError`.
    answer : callable
        From a request and what became of its body, which is on disk, to the answer.
    refuse : callable or None
        From a request and the problem that it would be answered with (`api.problem.Trouble`:
        status, kind, detail, headers) to the protocol's own form of it, also where the guard or
        the queue turns it away. None: ``application/problem+json``.
    methods : tuple of str
    kind : Kind
    parameters : tuple of Parameter
        Those of the paths.
    body : mapping of str to Schema
        By media type, for the OpenAPI document.
    answers : mapping of int to Answer
        By status, for the document; what all protocols answer need not be said.
    """

    paths: tuple[str, ...]
    about: str
    heading: Callable[[Request], Heading]
    answer: Callable[[Request, Outcome], Response]
    refuse: Refuse | None = None
    methods: tuple[str, ...] = ("POST",)
    kind: Kind = Kind.PREDICTIONS
    parameters: tuple[Parameter, ...] = ()
    body: Mapping[str, Schema] = field(default_factory=dict[str, Schema])
    answers: Mapping[int, Answer] = field(default_factory=dict[int, Answer])


def protocol_endpoints(collector: Collector, protocol: Protocol) -> list[Endpoint]:
    """
    Return the endpoints of one protocol.

    Parameters
    ----------
    collector : Collector
    protocol : Protocol
    """
    return [
        Endpoint(
            method=method,
            path=path,
            scope=Scope.INGEST,
            handler=partial(_receive, collector, protocol),
            about=protocol.about,
            keeps_to_models=True,
            key_in_path=True,
            limit_bytes=BODY_LIMIT_BYTES,
            refuse=protocol.refuse,
            parameters=_PARAMETERS
            + tuple(one for one in protocol.parameters if f"{{{one.name}}}" in path),
            body=protocol.body,
            answers={**_ANSWERS, **protocol.answers},
        )
        for path in protocol.paths
        for method in protocol.methods
    ]


def told_here(rejection: Rejection, language: str) -> str:
    """Return why something was refused, for its sender."""
    key = _SAID_HERE.get(rejection.reason)
    return say(key, language) if key else rejection.message


async def _receive(collector: Collector, protocol: Protocol, request: Request) -> Response:
    language = language_of(request.headers)
    try:
        outcome = await _collected(collector, protocol.kind, protocol.heading(request), request)
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
    return protocol.answer(request, outcome)


async def _collected(collector: Collector, kind: Kind, said: Heading, request: Request) -> Outcome:
    model, version = (_name(request, name) for name in ("model", "version"))
    with collector.room() as room:
        told = request.headers.get("content-length", "")
        room.begin(int(told) if told.isdecimal() and len(told) < 12 else 0)
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
