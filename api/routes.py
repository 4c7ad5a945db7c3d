"""The table of endpoints, and the routes made of it: one guard, one shape of errors, one limit."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.docs_page import Docs
from api.elasticsearch_answers import nothing_else
from api.endpoint import GRANT, Endpoint
from api.guard import PATH_KEY, Guard, RefusedError, hide_keys
from api.health import Health
from api.intake import Intake
from api.meters import Meters
from api.models import Models
from api.openapi import plain_path
from api.problem import fault_of, problem, problem_of, trouble_of
from api.reading import Reading
from domain.errors import DriftlineError
from monitors.service import Service

log = logging.getLogger(__name__)

# nobody reads what a client that has left is answered; nginx's name for it
_CLIENT_LEFT: Final = 499


# route, method, status, seconds to the head of the answer
Count = Callable[[str, str, int, float], None]


def table(
    service: Service,
    meters: Meters,
    clock: Callable[[], datetime],
    *,
    others: Sequence[Endpoint] = (),
    parts: Mapping[str, Callable[[], bool]] | None = None,
) -> list[Endpoint]:
    """
    Return every endpoint of a server.

    Parameters
    ----------
    service : Service
        Of the process that owns the store.
    meters : Meters
    clock : callable
        Returns the time, aware.
    others : sequence of Endpoint
        Those of the collector and of the actions.
    parts : mapping of str to callable
        What must work besides, for ``/readyz``; see `Health`.
    """
    found = [
        *others,
        *Models(service).endpoints(),
        *Reading(service, clock).endpoints(),
        *Intake(service, clock).endpoints(),
        *Health(service, meters, service.config.store, parts or {}).endpoints(),
    ]
    return [*found, *Docs(found, service.code_version).endpoints()]


def routes(endpoints: Sequence[Endpoint], guard: Guard, count: Count) -> list[BaseRoute]:
    """
    Return the routes of a server; what else is asked under ``/v1`` is told that it is not there.

    Parameters
    ----------
    endpoints : sequence of Endpoint
        As `table` returns them.
    guard : Guard
    count : callable
        Called with route, method, status and seconds of each answer.
    """
    hide_keys()
    nothing = _Counting("other", unknown_path, count)
    no_elasticsearch = _Counting("other", nothing_else, count)
    return [
        *guarded(endpoints, guard, count),
        Route("/v1", nothing),
        Route("/v1/{rest:path}", nothing),
        Route("/es", no_elasticsearch),
        Route("/es/{rest:path}", no_elasticsearch),
    ]


def guarded(
    endpoints: Sequence[Endpoint], guard: Guard, count: Count | None = None
) -> list[BaseRoute]:
    """
    Return the routes of some endpoints, with the guard in front of each.

    Parameters
    ----------
    endpoints : sequence of Endpoint
    guard : Guard
    count : callable, optional
        See `routes`.
    """

    def route(path: str, methods: Sequence[Endpoint]) -> Route:
        app = _Methods(methods, guard)
        counted = app if count is None else _Counting(plain_path(path), app, count)
        return Route(path, counted)

    by_path: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        by_path.setdefault(endpoint.path, []).append(endpoint)
    found: list[BaseRoute] = [route(path, methods) for path, methods in by_path.items()]
    in_path = [
        route(path, kept)
        for path, methods in by_path.items()
        if (kept := [one for one in methods if one.key_in_path])
    ]
    inner = Router(in_path, redirect_slashes=False, default=unknown_path)
    return [*found, Route("/k/{rest:path}", _PathKey(inner))]


async def unknown_path(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer that there is nothing here."""
    answer = problem(404, "api.problem.unknown-path", path=scope["path"])
    await answer(scope, receive, send)


def too_large(limit_bytes: int) -> RefusedError:
    """Return what a handler raises where a body is larger than it takes."""
    return RefusedError(problem(413, "api.problem.too-large", limit_bytes=limit_bytes))


class _Methods:
    """The methods of one path, as an ASGI application."""

    def __init__(self, endpoints: Sequence[Endpoint], guard: Guard) -> None:
        self._by_method = {endpoint.method: endpoint for endpoint in endpoints}
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method: str = scope["method"]
        endpoint = self._by_method.get("GET" if method == "HEAD" else method)
        if endpoint is None:
            answer = self._wrong_method(scope)
        else:
            counted = _Counted(receive, endpoint.limit_bytes)
            request = Request(scope, counted)
            answer = _in_its_words(
                endpoint, request, await _answered(endpoint, self._guard, request)
            )
        await answer(scope, receive, send)

    def _wrong_method(self, scope: Scope) -> Response:
        allowed = ", ".join(sorted({*self._by_method, *(["HEAD"] * ("GET" in self._by_method))}))
        return problem(
            405,
            "api.problem.wrong-method",
            headers={"Allow": allowed},
            path=scope["path"],
            method=scope["method"],
            allowed=allowed,
        )


class _Counting:
    """Counts what an application answers."""

    def __init__(self, route: str, app: ASGIApp, count: Count) -> None:
        self._route = route
        self._app = app
        self._count = count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                seconds = time.perf_counter() - began
                self._count(self._route, scope["method"], message["status"], seconds)
            await send(message)

        await self._app(scope, receive, counting)


class _Counted:
    """Receives a body and stops where it becomes too large."""

    def __init__(self, receive: Receive, limit_bytes: int) -> None:
        self._receive = receive
        self._limit_bytes = limit_bytes
        self._taken = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._taken += len(message.get("body", b""))
        if self._taken > self._limit_bytes:
            raise too_large(self._limit_bytes)
        return message


class _PathKey:
    """Takes the key out of ``/k/<key>/…`` and asks for the rest."""

    def __init__(self, inner: Router) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        secret, _, rest = scope["path_params"]["rest"].partition("/")
        # in place, for the server's access log reads this very scope
        scope["path"] = f"/{rest}"
        scope["raw_path"] = scope["path"].encode()
        scope[PATH_KEY] = secret
        scope["path_params"] = {}
        await self._inner(scope, receive, send)


async def _answered(endpoint: Endpoint, guard: Guard, request: Request) -> Response:
    try:
        request.scope[GRANT] = await guard.admit(request, endpoint)
        _check_length(request, endpoint)
        return await endpoint.handler(request)
    except RefusedError as refused:
        return refused.answer
    except DriftlineError as error:
        return problem_of(error)
    except ClientDisconnect:
        return Response(status_code=_CLIENT_LEFT)
    except Exception as error:  # noqa: BLE001 (the last resort: no traceback leaves the server)
        return _failed(endpoint, error)


def _in_its_words(endpoint: Endpoint, request: Request, answer: Response) -> Response:
    trouble = None if endpoint.refuse is None else trouble_of(answer)
    if endpoint.refuse is None or trouble is None:
        return answer
    return endpoint.refuse(request, trouble)


def _check_length(request: Request, endpoint: Endpoint) -> None:
    # before a byte of it is read; what is not said, or a lie, is counted on the way
    told = request.headers.get("content-length", "")
    if told.isdecimal() and (len(told) > 18 or int(told) > endpoint.limit_bytes):
        raise too_large(endpoint.limit_bytes)


def _failed(endpoint: Endpoint, error: Exception) -> Response:
    reference = secrets.token_hex(4)
    told = {"reference": reference, "path": endpoint.path, **fault_of(error)}
    log.error("api.failed", extra=told)
    return problem(500, "api.problem.failed", reference=reference)
