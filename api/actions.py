"""
The Service over HTTP: ``POST /v1/service/{method}``, for our own client.

Everything runs in threads, never on the event loop. Runs are judged one after another. What takes
long is answered line by line, with a sign of life every few seconds; when its asker has left, a
run stops after the windows it is at, as Ctrl-C stops it in a terminal.
"""

from __future__ import annotations

import asyncio
import functools
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, cast

import orjson
import pyarrow as pa
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api import wire
from api.download import download
from api.endpoint import Endpoint, grant_of
from api.methods import ARROW, BYTES, LINES, METHODS, PREFIX, Form, Method
from api.problem import problem
from api.steps import Steps, lines
from api.upload import Upload, receive
from domain.checkpoint import Checkpoint, nameless
from domain.errors import InputError, UsageError
from domain.key import Grant, Scope
from monitors.report_data import ReportRows
from monitors.service import Service

# arguments are names, times and windows: a plan of fifty years of hours is 40 MB
MOST_ARGUMENT_BYTES: Final = 64 * 1024 * 1024
# a log lies beside the store while it is read; more comes in several files
MOST_UPLOAD_BYTES: Final = 64 * 1024 * 1024 * 1024
_THREADS: Final = 8
# whoever waits for a lock takes it at once when it is free, and nobody does who comes back later
_MAKE_WAY_S: Final = 0.002


class Actions:
    """
    The endpoints of a Service.

    Parameters
    ----------
    service : Service
    spool : Path
        Folder for logs while they are read: on the disk of the store.
    judging : Lock
        Held while windows are judged; shared with whoever else judges.
    """

    def __init__(self, service: Service, *, spool: Path, judging: threading.Lock) -> None:
        self._service = service
        self._spool = spool
        self._judging = judging
        self._threads = ThreadPoolExecutor(_THREADS, "service")
        # of its own, so that runs that wait for each other leave threads for the rest
        self._judge = ThreadPoolExecutor(1, "judge")

    def endpoints(self) -> list[Endpoint]:
        """Return one endpoint for each method of the Service."""
        return [
            Endpoint(
                method="POST",
                path=f"{PREFIX}/{method.name}",
                scope=method.scope,
                also=method.also,
                handler=functools.partial(self._handle, method),
                about="api.service",
                keeps_to_models=Scope.INGEST in {method.scope, method.also},
                limit_bytes=(
                    MOST_UPLOAD_BYTES if method.form is Form.UPLOAD else MOST_ARGUMENT_BYTES
                ),
            )
            for method in METHODS.values()
        ]

    def close(self) -> None:
        """Wait for what is still at work."""
        self._judge.shutdown()
        self._threads.shutdown()

    async def _handle(self, method: Method, request: Request) -> Response:
        if "authorization" not in request.headers:
            # what is open on loopback without a key is for senders and readers, not for this
            challenge = {"WWW-Authenticate": 'Bearer realm="driftline"'}
            return problem(401, "api.guard.no-key", headers=challenge)
        return await self._answer(method, request)

    async def _answer(self, method: Method, request: Request) -> Response:
        if method.form is Form.UPLOAD:
            upload = await receive(request, self._spool)
            load = functools.partial(self._load, method, upload, grant_of(request).models)
            return StreamingResponse(lines(method, self._threads, load), media_type=LINES)
        arguments = read_arguments(await request.body(), method)
        if method.form is Form.FILE:
            make = functools.partial(self._made, method, arguments)
            sent = download(method, self._threads, self._spool, make)
            return StreamingResponse(sent, media_type=BYTES)
        if method.form is Form.STEPS:
            judge = functools.partial(self._judged, method, arguments)
            # one that makes way does so for runs that wait in the other pool
            pool = self._threads if method.by_parts else self._judge
            return StreamingResponse(lines(method, pool, judge), media_type=LINES)
        answer = functools.partial(self._answered, method, arguments, grant_of(request))
        return await asyncio.get_running_loop().run_in_executor(self._threads, answer)

    def _answered(self, method: Method, arguments: Mapping[str, Any], grant: Grant) -> Response:
        found = self._call(method, arguments)
        if method.name == Service.checkpoints.__name__ and not _reads_all(grant):
            found = tuple(nameless(one) for one in cast("tuple[Checkpoint, ...]", found))
        return answer_of(method, found)

    def _call(self, method: Method, arguments: Mapping[str, Any]) -> object:
        member = getattr(self._service, method.name)
        return member(**arguments) if callable(member) else member

    def _made(self, method: Method, arguments: Mapping[str, Any], target: Path) -> int:
        return int(cast("int", self._call(method, {**arguments, "target": target})))

    def _judged(self, method: Method, arguments: Mapping[str, Any], steps: Steps) -> object:
        with self._judging:
            steps.require_asker()
            told: dict[str, object] = {}
            if method.takes_progress:
                told["progress"] = steps.tell
            if method.by_parts:
                told["go_on"] = functools.partial(self._make_way, steps)
            return self._call(method, {**arguments, **told})

    def _make_way(self, steps: Steps) -> None:
        """Let those judge who wait for it, then go on where somebody still waits for the answer."""
        self._judging.release()
        try:
            time.sleep(_MAKE_WAY_S)
        finally:
            self._judging.acquire()
        steps.require_asker()

    def _load(
        self, method: Method, upload: Upload, models: frozenset[str] | None, _: Steps
    ) -> object:
        with upload:
            arguments = read_arguments(upload.head, method)
            # which these are is not for the sender to say
            arguments["options"] = replace(arguments["options"], models=models)
            return self._call(method, {"sources": upload.sources(), **arguments})


def _reads_all(grant: Grant) -> bool:
    return grant.models is None and grant.allows(Scope.READ)


def read_arguments(body: bytes, method: Method) -> dict[str, Any]:
    """
    Read a method's arguments.

    Parameters
    ----------
    body : bytes
        A JSON object; members that are no arguments are left aside.
    method : Method

    Raises
    ------
    InputError
        If it is none, or an argument is of another kind.
    UsageError
        If one is missing.
    """
    try:
        given = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        raise InputError(f"the arguments of {method.name} are not JSON: {error}") from error
    if not isinstance(given, dict):
        raise InputError(f"the arguments of {method.name} are no JSON object")
    plain = cast("dict[str, object]", given)
    missing = [name for name in method.arguments if name not in plain]
    if missing:
        raise UsageError(f"{method.name} needs {', '.join(missing)}; use a client of this version")
    return {name: wire.from_plain(plain[name], kind) for name, kind in method.arguments.items()}


def answer_of(method: Method, found: object) -> Response:
    """Write an answer in its form."""
    match method.form:
        case Form.TABLE:
            return Response(wire.table_to_bytes(cast("pa.Table", found)), media_type=ARROW)
        case Form.ROWS:
            return Response(wire.rows_to_bytes(cast("ReportRows", found)), media_type=ARROW)
        case _:
            return Response(wire.encode(found, method.answer), media_type="application/json")
