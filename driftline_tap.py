"""
Tell Driftline what a model server was asked and what it answered.

One file without dependencies, for Python 3.8 and later: import it, or copy it beside the server.
``DRIFTLINE_URL`` and ``DRIFTLINE_KEY`` say where to; without them nothing is recorded.

    tap = Tap("flight-delay", version="2")
    app = tap.asgi(app)                          # FastAPI, Starlette, MLflow, MLServer, LitServe
    app.wsgi_app = tap.wsgi(app.wsgi_app)        # Flask
    with tap.call("nightly"): ...                # what is served in another way

A request leaves a note in a queue; all else happens in a thread of the tap's own. What goes wrong
there is counted, and never the server's business.
"""

from __future__ import annotations

import asyncio
import atexit
import base64
import contextlib
import csv
import email.utils
import fnmatch
import gzip
import hashlib
import hmac
import http.client
import io
import itertools
import json
import logging
import os
import random
import re
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
import weakref
import zlib
from collections import deque
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence

    Headers = Sequence[tuple[Any, Any]]
    Content = bytes | list[bytes] | None
    Said = str | Callable[["Call"], str | None] | None
    # by kind of line: what to send it as, and the lines
    Batch = tuple[str, list[bytes]]

log = logging.getLogger("driftline_tap")

HEALTH = ("*/health*", "*/live*", "*/ready*", "*/ping", "*/metrics", "*/v2/repository/*")
METHODS = ("POST", "PUT", "PATCH")

# what one request may bring at once, and how much of a second the server waits for it at most
_BATCH_LINES = 500
_BATCH_BYTES = 1024 * 1024
_INTERVAL_S = 1.0
_TIMEOUT_S = 10.0
_EXIT_S = 2.0
_BACKOFF_S = 0.5
_LONGEST_WAIT_S = 60.0
_LONGEST_RETRY_AFTER_S = 300.0
_WARN_EVERY_S = 60.0
# The interpreter runs one thread at a time: after so much work the tap lets the others run, so that
# a request waits for it no longer than that and one line; where a crowd waits already, for more.
_STRETCH_S = 0.00005
_REST_S = 0.0005
_CROWD = 1_000
_CROWDED_STRETCH_S = 0.00015
_PATHS_KNOWN = 1_000
# of one call: what `record` was told, and the note itself
_ROWS_LIMIT = 10_000
_ROW_BYTES = 1_024
_CALL_BYTES = 1_024
_BATCHES_WAITING = 100
_ANSWER_BYTES = 1024 * 1024
_FILE_BYTES = 64 * 1024 * 1024
_FOLDER_BYTES = 16 * _FILE_BYTES

# of the lines of calls; `ingest.readers.tap` reads them
_FORMAT = 1
_CALLS = "calls"
_EVENTS = "predictions"
_PATH = "/v1/predictions"
_SENT_AS = {
    _CALLS: "application/vnd.driftline.tap",
    _EVENTS: "application/x-ndjson",
}
_NAMED_IN_PATH = re.compile(r"/v[12]/models/([^/:]+)(?:/versions/([^/:]+))?")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-")
_REASON = re.compile(r"[a-z_]{1,40}")
_MISSING = ("dropped", "refused", "lost", "errors")
_READ = ("json", "csv", "ndjson", "jsonlines")
_TAPS: weakref.WeakSet[Tap] = weakref.WeakSet()
_CHILDREN: set[int] = set()
_CURRENT: ContextVar[Any] = ContextVar("driftline_tap_call", default=None)


class _Body:
    """What passed of a body, up to a limit."""

    __slots__ = ("is_whole", "limit", "pieces", "size")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self.pieces: list[bytes] = []
        self.is_whole = False

    def add(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.size <= self.limit:
            self.pieces.append(piece)
        elif self.pieces:
            self.pieces = []

    def whole(self) -> bytes | list[bytes] | None:
        """Return what is there, in pieces where it came so; None where it is not all there."""
        if not self.is_whole or self.size > self.limit:
            return None
        return self.pieces[0] if len(self.pieces) == 1 else self.pieces


def _unpacked(body: bytes | list[bytes] | None, encoding: str, limit: int) -> bytes | None:
    """Return a body as it was before it was packed; None where that is not to be had."""
    if body is None:
        return None
    content = b"".join(body) if isinstance(body, list) else bytes(body)
    if encoding in ("gzip", "x-gzip", "deflate"):
        unpacker = zlib.decompressobj(wbits=31 if "gzip" in encoding else 15)
        content = unpacker.decompress(content, 8 * limit)
        return content if unpacker.eof else None
    return content if encoding in ("", "identity") else None


_PASSED = _Body(-1)  # of calls that are over: holds nothing


class Call:
    """
    One request, as the callables among the options see it.

    Attributes
    ----------
    method, path : str
    route : str
        The path as the framework writes it, ``/items/{item}``; empty where it does not tell.
    status : int
        Of the answer; 0: none came.
    latency_ms : float
        From the first byte asked to the last byte answered.
    """

    __slots__ = (
        "answer", "answer_body", "answered", "asked", "at", "began", "error", "is_chosen",
        "is_gone", "is_over", "latency_ms", "method", "path", "request", "request_body", "route",
        "rows", "size", "status", "token",
    )  # fmt: skip

    def __init__(
        self, method: str = "", path: str = "", asked: Headers = (), limit: int = 0
    ) -> None:
        self.at = time.time()
        self.began = time.perf_counter()
        self.method = method
        self.path = path
        self.route = ""
        self.asked: Headers | str | bytes = asked
        self.answered: Headers | str | bytes = ()
        self.request = _Body(limit)
        self.answer = _Body(limit)
        self.request_body: Content = None
        self.answer_body: Content = None
        self.rows: list[dict[str, Any]] | None = None
        self.size = 0
        self.status = 0
        self.latency_ms: float | None = None
        self.error = ""
        self.is_chosen = True  # by sampling
        self.is_gone = False  # who asked
        self.is_over = False
        self.token: Any = None

    @property
    def request_headers(self) -> dict[str, str]:
        """By lower-case name."""
        return _by_name(self.asked)

    @property
    def response_headers(self) -> dict[str, str]:
        """By lower-case name."""
        return _by_name(self.answered)

    def settle(self) -> None:
        """
        Keep what is known in as few objects as can be, and say about how many bytes it holds.

        The interpreter looks for garbage whenever so many containers were made and not given back;
        that takes a tenth of a millisecond, of the request that made the last one. Headers are
        dozens of them, as one text none.
        """
        held = sum(body.size for body in (self.request, self.answer) if body.pieces)
        self.request_body, self.request = self.request.whole(), _PASSED
        self.answer_body, self.answer = self.answer.whole(), _PASSED
        self.asked, self.answered = _packed(self.asked), _packed(self.answered)
        self.size = held + _CALL_BYTES + _ROW_BYTES * len(self.rows or ())

    def enter(self) -> None:
        """Let `Tap.record` find it."""
        self.token = _CURRENT.set(self)

    def leave(self) -> None:
        """Let `Tap.record` not find it any more."""
        token, self.token = self.token, None
        if token is not None:
            with contextlib.suppress(ValueError):  # a generator may be closed in another context
                _CURRENT.reset(token)

    def finish_answer(self) -> None:
        """Take the time of the last byte: what a server does afterwards keeps nobody waiting."""
        self.answer.is_whole = True
        self.latency_ms = (time.perf_counter() - self.began) * 1000

    def end(self, error: BaseException | None) -> None:
        """Say what became of it where no whole answer came."""
        if self.answer.is_whole:
            return
        self.latency_ms = (time.perf_counter() - self.began) * 1000
        if error is not None:
            self.error = type(error).__name__
        # who asked has gone, or the server stops: no answer; all else is the server's failure
        stopped = error is not None and not isinstance(error, Exception)
        self.status = 0 if self.is_gone or stopped else 500


@dataclass(eq=False)
class Tap:
    """
    Records calls and sends them.

    Parameters
    ----------
    model, version : str or callable, optional
        A callable gets the `Call`, in the tap's thread. None: as ``/v2/models/…`` and
        ``/v1/models/…`` of the path say.
    url : str, optional
        Of the collector; default: DRIFTLINE_URL.
    key : str, optional
        A key with the scope ``ingest``; default: DRIFTLINE_KEY.
    folder : str, optional
        Write JSON lines to files in this folder instead of sending them.
    replica : str, optional
        Default: the host's name, on Kubernetes the pod's. All processes of a server share it.
    sampling_rate : float, default=1.0
        Share of the calls that is recorded, above 0; each says that it stands for others.
    paths, skip : sequence of str
        Patterns of paths, as of files: what is recorded, and what of it is not.
    methods : sequence of str
        Of requests that are recorded.
    payloads : bool, default=True
        Whether bodies are recorded; otherwise only what `record` is told.
    max_body_bytes : int, default=262144
        A longer body is left out, and the call recorded without it.
    drop, hashed : sequence of str
        Names of inputs and outputs that leave the process not at all, or hashed with
        DRIFTLINE_HASH_KEY; without that key they are dropped. Upper and lower case are alike.
    redact : callable, optional
        ``redact(side, value)`` gets the decoded JSON of each body, side ``"request"`` or
        ``"response"``, and of each `record`, side ``"record"``; returns what may leave.
    id_header : str, optional
        Header of requests or answers whose value is the call's id, for labels that come later.
    queue_bytes : int, default=16777216
        What may wait; more is dropped and counted.
    resources_every_s : float, default=10.0
        How often CPU and memory are taken; 0: never.
    """

    model: Said = None
    version: Said = None
    url: str = ""
    key: str = field(default="", repr=False)
    folder: str = ""
    replica: str = ""
    sampling_rate: float = 1.0
    paths: Sequence[str] = ("*",)
    skip: Sequence[str] = HEALTH
    methods: Sequence[str] = METHODS
    payloads: bool = True
    max_body_bytes: int = 256 * 1024
    drop: Sequence[str] = ()
    hashed: Sequence[str] = ()
    redact: Callable[[str, Any], Any] | None = None
    id_header: str = ""
    queue_bytes: int = 16 * 1024 * 1024
    resources_every_s: float = 10.0

    def __post_init__(self) -> None:
        if not 0 < self.sampling_rate <= 1:
            raise ValueError(f"sampling_rate is {self.sampling_rate}; give a share of 0 to 1")
        if self.folder:
            self.sink: _Files | _Collector | None = _Files(self.folder)
        else:
            url = self.url or os.environ.get("DRIFTLINE_URL", "")
            key = self.key or os.environ.get("DRIFTLINE_KEY", "")
            self.sink = _Collector(url, key) if url else None
        if self.sink is None:
            log.warning("nothing is recorded: neither DRIFTLINE_URL nor a folder is given")
        self._wanted = _either(self.paths)
        self._skipped = _either(self.skip)
        self._known: dict[str, bool] = {}
        self.trouble = ""
        self.queue = _Queue(self.queue_bytes, partial(_Thread, self))
        _TAPS.add(self)

    def __reduce__(self) -> tuple[Any, ...]:
        options = {
            name: getattr(self, name) for name in self.__dataclass_fields__ if name[0] != "_"
        }
        return _tap_of, (options,)

    # ------------------------------------------------------------------ what servers call

    def asgi(self, app: Any) -> AsgiMiddleware:
        """Return an ASGI application that records what this one is asked."""
        return AsgiMiddleware(app, self)

    def wsgi(self, app: Any) -> WsgiMiddleware:
        """Return a WSGI application that records what this one is asked."""
        return WsgiMiddleware(app, self)

    @contextlib.contextmanager
    def call(self, path: str = "", traceparent: str = "") -> Generator[Call]:
        """
        Record what is served in another way than over ASGI or WSGI.

        Parameters
        ----------
        path : str
            What to call it.
        traceparent : str
            As in the header of that name.

        Yields
        ------
        Call
        """
        call = self._new("", path, [("traceparent", traceparent)]) or Call()
        call.enter()
        try:
            yield call
            call.status = call.status or 200
            call.finish_answer()
        except BaseException as error:
            self.quietly(call.end, error)
            raise
        finally:
            self.end(call)

    def record(
        self,
        features: Mapping[str, Any] | None = None,
        prediction: Any = None,
        score: float | None = None,
        **more: Any,
    ) -> None:
        """
        Add a prediction to the request that is being answered, or record it on its own.

        Parameters
        ----------
        features : mapping of str to object
        prediction, score : object, optional
        **more
            ``prediction_id``, ``tags``, ``label``; outside of a request any field of an event.
        """
        row = {"features": features, "prediction": prediction, "score": score, **more}
        self.quietly(self._add, row)

    def flush(self, timeout_s: float = _EXIT_S) -> bool:
        """
        Wait until all that was recorded has been sent.

        Parameters
        ----------
        timeout_s : float

        Returns
        -------
        bool
            Whether nothing is left.
        """
        return self.queue.flush(timeout_s)

    def close(self, timeout_s: float = _EXIT_S) -> bool:
        """Flush, and end the thread; what is recorded later starts another."""
        is_flushed = self.flush(timeout_s)
        self.queue.stop()
        return is_flushed

    def counts(self) -> dict[str, int]:
        """
        Return what became of the calls of this process so far.

        Returns
        -------
        dict of str to int
            Calls ``recorded``, or ``dropped`` for the queue was full; lines of calls, predictions
            and resource use that were ``sent``, ``refused`` by the collector, or ``lost`` because
            they could not be sent; ``errors`` of the tap itself.
        """
        return dict(self.queue.counts)

    # ------------------------------------------------------------------ what middlewares call

    def begin(self, method: str, path: str, headers: Headers = ()) -> Call | None:
        """
        Start to record a request.

        Parameters
        ----------
        method, path : str
        headers : sequence of (name, value)
            Text or bytes.

        Returns
        -------
        Call or None
            Its fields are to be filled in, and `end` is to be called. None: leave it alone.
        """
        if self.sink is None or method not in self.methods:
            return None
        return self.quietly(self._new, method, path, headers)

    def end(self, call: Call) -> None:
        """
        Record what `begin` returned; nothing of it may change any more.

        Parameters
        ----------
        call : Call
        """
        self.quietly(self._end, call)

    def quietly(self, step: Callable[..., Any], *values: Any) -> Any:
        """Take a step of the tap's own; where it fails, that is counted and None returned."""
        try:
            return step(*values)
        except Exception as error:
            with contextlib.suppress(Exception):
                # not its message: that may hold a value
                self.trouble = f"{type(error).__name__} in {getattr(step, '__name__', step)}"
                self.queue.count("errors", 1)
                log.debug("a step of the tap failed", exc_info=True)
            return None

    @property
    def name(self) -> str:
        """The replica's name."""
        return self.replica or socket.gethostname()

    @property
    def troubles(self) -> str:
        """What failed last."""
        return "; ".join(filter(None, (getattr(self.sink, "trouble", ""), self.trouble)))

    def _new(self, method: str, path: str, headers: Headers) -> Call | None:
        if method and not self._wants(path):
            return None
        is_chosen = self.sampling_rate >= 1 or random.random() < self.sampling_rate  # noqa: S311
        call = Call(
            method, path, headers, self.max_body_bytes if self.payloads and is_chosen else 0
        )
        call.is_chosen = is_chosen
        return call

    def _wants(self, path: str) -> bool:
        found = self._known.get(path)
        if found is None:
            found = self._wanted.match(path) is not None and self._skipped.match(path) is None
            if len(self._known) < _PATHS_KNOWN:
                self._known[path] = found
        return found

    def _add(self, row: dict[str, Any]) -> None:
        if row["features"] is not None:  # who called may go on to change it
            row["features"] = dict(row["features"])
        call = _CURRENT.get()
        if call is not None and not call.is_over:
            if call.rows is None:
                call.rows = [row]
            elif len(call.rows) < _ROWS_LIMIT:
                call.rows.append(row)
            return
        alone = self._new("", "", ())
        if alone is not None:
            alone.rows = [row]
            self._end(alone)

    def _end(self, call: Call) -> None:
        call.leave()
        if call.is_over:
            return
        call.is_over = True
        if self.sink is not None and call.is_chosen:
            call.settle()
            self.queue.put(call)


def _tap_of(options: dict[str, Any]) -> Tap:
    return Tap(**options)


def _either(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(fnmatch.translate, patterns)) or r"(?!)")


def _packed(headers: Headers | str | bytes) -> str | bytes:
    """Write headers as one text; a NUL stands in none."""
    if isinstance(headers, (str, bytes)):
        return headers
    parts = [part for header in headers for part in header]
    try:
        return b"\0".join(parts)
    except TypeError:  # some are texts
        return "\0".join(map(_text, parts))


def _by_name(headers: Headers | str | bytes) -> dict[str, str]:
    parts = _text(_packed(headers)).split("\0")
    return dict(zip(map(str.lower, parts[::2]), parts[1::2]))


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


class _Queue:
    """What waits for the tap's thread: at most so many bytes, and what is too much is counted."""

    def __init__(self, limit_bytes: int, thread: Callable[[], _Thread]) -> None:
        self._limit_bytes = limit_bytes
        self._new_thread = thread
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget all: in a forked process there is no thread, and the calls are the parent's."""
        # a signal's handler may record while its own thread is in here
        self._lock = threading.RLock()
        self._waiting: deque[Call] = deque()
        self._held_bytes = 0
        self._thread: _Thread | None = None
        self.is_given_up = False  # a flush in the end was in vain
        self.counts: dict[str, int] = dict.fromkeys(("recorded", "sent", *_MISSING), 0)

    def __len__(self) -> int:
        return len(self._waiting)

    def count(self, name: str, n: int) -> None:
        with self._lock:
            self.counts[name] += n

    def put(self, call: Call) -> None:
        with self._lock:
            if self._held_bytes + call.size > self._limit_bytes:
                self.counts["dropped"] += 1
                return
            self.counts["recorded"] += 1
            self.is_given_up = False
            self._held_bytes += call.size
            self._waiting.append(call)
            thread = self._thread
            if thread is None:
                thread = self._new_thread()
                thread.start()
                self._thread = thread
                _end_as_child()
        if len(self._waiting) == _BATCH_LINES:
            thread.wake()

    def take(self) -> Call | None:
        with self._lock:
            if not self._waiting:
                return None
            call = self._waiting.popleft()
            self._held_bytes -= call.size
            return call

    def flush(self, timeout_s: float) -> bool:
        until = time.monotonic() + timeout_s
        thread = self._thread
        if thread is not None:
            thread.hurry()
        while thread is not None and not thread.is_idle:
            if time.monotonic() > until:
                return False
            thread.wake()
            time.sleep(0.01)
        return True

    def stop(self) -> None:
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.stop()


# ---------------------------------------------------------------------- middlewares


class AsgiMiddleware:
    """
    Records what an ASGI application is asked and answers; websockets pass.

    Parameters
    ----------
    app : ASGI application
    tap : Tap, optional
        Default: one of the options that follow.
    **options
        Of `Tap`, for frameworks that make their middlewares themselves in each worker.
    """

    def __init__(self, app: Any, tap: Tap | None = None, **options: Any) -> None:
        self._app = app
        self._tap = tap or Tap(**options)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer as the application does."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, self._flushing(send))
            return
        call = None
        if scope["type"] == "http":
            call = self._tap.begin(scope["method"], scope["path"], scope["headers"])
        if call is None:
            await self._app(scope, receive, send)
            return
        call.enter()
        error: BaseException | None = None
        try:
            await self._app(scope, self._heard(call, receive), self._seen(call, send))
        except BaseException as raised:
            error = raised
            raise
        finally:
            self._tap.quietly(_end, call, scope, error)
            self._tap.end(call)
            error = None  # it holds this frame: a ring that only the search for garbage undoes

    def _heard(self, call: Call, receive: Any) -> Any:
        async def heard() -> Any:
            message = await receive()
            self._tap.quietly(_hear, call, message)
            return message

        return heard

    def _seen(self, call: Call, send: Any) -> Any:
        async def seen(message: Any) -> None:
            self._tap.quietly(_see, call, message)
            try:
                await send(message)
            except OSError:  # how newer servers say that who asked has gone
                call.is_gone = True
                raise

        return seen

    def _flushing(self, send: Any) -> Any:
        async def flushing(message: Any) -> None:
            # uvicorn ends by a signal, so that nothing registered for the exit is run
            if message["type"].startswith("lifespan.shutdown."):
                with contextlib.suppress(Exception):
                    loop = asyncio.get_running_loop()
                    await loop.run_in_executor(None, _end_of, self._tap, _EXIT_S)
            await send(message)

        return flushing


def _hear(call: Call, message: Any) -> None:
    if message["type"] == "http.request":
        call.request.add(message.get("body", b""))
        call.request.is_whole = not message.get("more_body", False)
    elif message["type"] == "http.disconnect":
        call.is_gone = True


def _see(call: Call, message: Any) -> None:
    kind = message["type"]
    if kind == "http.response.body":
        call.answer.add(message.get("body", b""))
        if not message.get("more_body", False):
            call.finish_answer()
    elif kind == "http.response.start":
        call.status = message["status"]
        call.answered = message.get("headers", ())
    elif kind == "http.response.pathsend":
        call.answer.size = call.answer.limit + 1
        call.finish_answer()


def _end(call: Call, scope: Any, error: BaseException | None) -> None:
    call.end(error)
    call.route = getattr(scope.get("route"), "path", "")


class WsgiMiddleware:
    """
    Records what a WSGI application is asked and answers.

    Parameters
    ----------
    app : WSGI application
    tap : Tap, optional
        Default: one of the options that follow.
    **options
        Of `Tap`.
    """

    def __init__(self, app: Any, tap: Tap | None = None, **options: Any) -> None:
        self._app = app
        self._tap = tap or Tap(**options)

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Answer as the application does."""
        call = self._tap.quietly(self._begun, environ)
        if call is None:
            return self._app(environ, start_response)
        call.enter()
        try:
            answer = self._app(environ, self._starting(environ, call, start_response))
        except BaseException as error:
            self._tap.quietly(call.end, error)
            self._tap.end(call)
            raise
        if isinstance(answer, (list, tuple)):
            # handed on as it is: servers count the pieces of a list to say its length
            self._tap.quietly(self._keep, call, answer)
            self._tap.end(call)
            return answer
        call.leave()
        return _Answer(answer, call, self._tap)

    def _begun(self, environ: Any) -> Call | None:
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        call = self._tap.begin(environ["REQUEST_METHOD"], path)
        if call is not None:
            names = (name for name in environ if name.startswith("HTTP_"))
            call.asked = [(name[5:].replace("_", "-"), environ[name]) for name in names]
            call.asked.append(("content-type", environ.get("CONTENT_TYPE", "")))
            environ["wsgi.input"] = _Input(environ, call, self._tap)
        return call

    @staticmethod
    def _keep(call: Call, pieces: Sequence[bytes]) -> None:
        for piece in pieces:
            call.answer.add(piece)
        call.finish_answer()

    def _starting(self, environ: Any, call: Call, start_response: Any) -> Any:
        def told(status: str, headers: Any) -> None:
            call.status = int(status[:3])
            call.answered = list(headers)
            asked = environ.get("werkzeug.request")  # Flask takes it away when it has answered
            call.route = getattr(getattr(asked, "url_rule", None), "rule", "")

        def starting(status: str, headers: Any, *error: Any) -> Any:
            self._tap.quietly(told, status, headers)
            write = start_response(status, headers, *error)

            def writing(piece: bytes) -> Any:
                self._tap.quietly(call.answer.add, piece)
                return write(piece)

            return writing

        return starting


class _Input:
    """What an application reads of a request."""

    def __init__(self, environ: Any, call: Call, tap: Tap) -> None:
        self._source = environ["wsgi.input"]
        self._call = call
        self._tap = tap
        length = environ.get("CONTENT_LENGTH") or ""
        self._length = int(length) if length.isdigit() else None

    def _kept(self, piece: bytes) -> bytes:
        self._tap.quietly(self._keep, piece)
        return piece

    def _keep(self, piece: bytes) -> None:
        body = self._call.request
        body.add(piece)
        body.is_whole = not piece if self._length is None else body.size == self._length

    def _all_kept(self, size: tuple[int | None, ...]) -> None:
        if not size or size[0] is None or size[0] < 0:
            self._kept(b"")  # nothing more will come

    def read(self, *size: int | None) -> bytes:
        piece = self._kept(self._source.read(*size))
        self._all_kept(size)
        return piece

    def readline(self, *size: int) -> bytes:
        return self._kept(self._source.readline(*size))

    def readlines(self, *hint: int | None) -> list[bytes]:
        lines = [self._kept(line) for line in self._source.readlines(*hint)]
        self._all_kept(hint)
        return lines

    def __iter__(self) -> Iterator[bytes]:
        yield from map(self._kept, self._source)
        self._all_kept(())

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._source, name)  # what it has not, this has not either
        return partial(self._read_into, found) if name == "readinto" else found

    def _read_into(self, readinto: Any, place: Any) -> Any:
        n_bytes = readinto(place)
        self._kept(bytes(memoryview(place)[: n_bytes or 0]))
        return n_bytes


class _Answer:
    """What an application answers piece by piece."""

    def __init__(self, answer: Iterable[bytes], call: Call, tap: Tap) -> None:
        self._answer = answer
        self._pieces = iter(answer)
        self._call = call
        self._tap = tap

    def __iter__(self) -> _Answer:
        return self

    def __next__(self) -> bytes:
        self._call.enter()
        try:
            piece = next(self._pieces)
        except StopIteration:
            self._tap.quietly(self._call.finish_answer)
            raise
        except BaseException as error:
            self._tap.quietly(self._call.end, error)
            raise
        finally:
            self._call.leave()
        self._tap.quietly(self._call.answer.add, piece)
        return piece

    def close(self) -> None:
        self._call.enter()
        try:
            if hasattr(self._answer, "close"):
                self._answer.close()  # pyright: ignore[reportAttributeAccessIssue]
        finally:
            if self._call.latency_ms is None:  # the server asked for no more: nobody listens
                self._call.is_gone = True
                self._tap.quietly(self._call.end, None)
            self._tap.end(self._call)


# ---------------------------------------------------------------------- the tap's own thread


class _Thread(threading.Thread):
    """Takes what waits, makes lines of it and sends them."""

    def __init__(self, tap: Tap) -> None:
        super().__init__(name="driftline-tap", daemon=True)
        self._tap = tap
        self._queue = tap.queue
        self._sink: Any = tap.sink
        self._lines = _Lines(tap)
        self._usage = _Usage(tap)
        self._batches: deque[Batch] = deque()
        self._woken = threading.Event()
        self._is_ended = False
        self._is_hurried = False
        self._is_working = True
        self._wait_until = 0.0
        self._failures = 0
        self._said_at: dict[str, float] = {}
        self._told = dict.fromkeys(_MISSING, 0)

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to send."""
        return not (self._queue or self._batches or self._is_working)

    def wake(self) -> None:
        self._woken.set()

    def hurry(self) -> None:
        """Try once now, also where it was to wait."""
        self._is_hurried = True
        self._woken.set()

    def stop(self) -> None:
        self._is_ended = True
        self._woken.set()

    def run(self) -> None:
        while not self._is_ended:
            self._is_working = True
            self._tap.quietly(self._round)
            self._is_working = False
            self._woken.wait(_INTERVAL_S)
            self._woken.clear()

    def _round(self) -> None:
        usage = self._tap.quietly(self._usage.lines)
        if usage and len(self._batches) < _BATCHES_WAITING:
            self._batches.append((_CALLS, usage))
        while self._is_hurried or time.monotonic() >= self._wait_until:
            self._is_hurried = False
            if not self._batches:
                self._encode()
            if not self._batches:
                break
            self._send(self._batches.popleft())
        self._warn()

    def _encode(self) -> None:
        """Make batches of what waits; give way to requests now and then."""
        found: dict[str, list[bytes]] = {}
        n_lines = n_bytes = 0
        rested = time.perf_counter()
        while n_lines < _BATCH_LINES and n_bytes < _BATCH_BYTES:
            call = self._queue.take()
            if call is None:
                break
            kind, lines = self._tap.quietly(self._lines.of, call) or ("", [])
            found.setdefault(kind, []).extend(lines)
            n_lines += len(lines)
            n_bytes += sum(map(len, lines))
            stretch_s = _STRETCH_S if len(self._queue) < _CROWD else _CROWDED_STRETCH_S
            if time.perf_counter() - rested > stretch_s:
                time.sleep(_REST_S)
                rested = time.perf_counter()
        self._batches.extend((kind, lines) for kind, lines in found.items() if lines)

    def _send(self, batch: Batch) -> None:
        kind, lines = batch
        try:
            refused = self._sink.send(kind, lines)
        except _LaterError as later:
            self._batches.appendleft(batch)
            self._failures += 1
            backoff = min(_BACKOFF_S * 2 ** min(self._failures, 10), _LONGEST_WAIT_S)
            wait_s = later.after_s or backoff * random.uniform(0.5, 1)  # noqa: S311
            self._wait_until = time.monotonic() + wait_s
            return
        except _TooLargeError:
            half = len(lines) // 2
            if half:
                self._batches.extendleft([(kind, lines[half:]), (kind, lines[:half])])
                return
            refused = len(lines)
        except Exception:
            self._queue.count("lost", len(lines))
            raise
        self._failures = 0
        self._wait_until = 0.0
        self._queue.count("refused", refused)
        self._queue.count("sent", len(lines) - refused)

    def _warn(self) -> None:
        """Say once a minute at most that something is missing, and that something waits."""
        counts = self._tap.counts()
        missing = {name: counts[name] for name in _MISSING}
        if missing != self._told and self._may_say("missing"):
            self._told = missing
            log.warning("not all calls reached Driftline: %s; %s", missing, self._tap.troubles)
        elif self._failures and self._may_say("waiting"):
            log.warning("calls wait for Driftline; %s", self._tap.troubles)

    def _may_say(self, what: str) -> bool:
        now = time.monotonic()
        if now < self._said_at.get(what, -_WARN_EVERY_S) + _WARN_EVERY_S:
            return False
        self._said_at[what] = now
        return True


class _LaterError(Exception):
    """The collector cannot take it now."""

    def __init__(self, after_s: float | None) -> None:
        super().__init__()
        self.after_s = after_s


class _TooLargeError(Exception):
    """The collector takes less at once."""


class _Collector:
    """Sends lines over HTTP."""

    def __init__(self, url: str, key: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"url is {url!r}; write http://host:port or https://host")
        self._url = url.rstrip("/")
        self._key = key
        # not the address: a key may stand in its path
        self._name = urlsplit(url).hostname
        # a redirect would take the key to somebody else
        self._opener = urllib.request.build_opener(_NoRedirect)
        self.trouble = ""

    def send(self, kind: str, lines: Sequence[bytes]) -> int:
        """Send lines; return how many were refused."""
        headers = {
            "Content-Type": _SENT_AS[kind],
            "Content-Encoding": "gzip",
            "User-Agent": "driftline-tap",
        }
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        body = gzip.compress(b"\n".join(lines) + b"\n", 1)
        request = urllib.request.Request(self._url + _PATH, body, headers)  # noqa: S310 - see above
        try:
            with self._opener.open(request, timeout=_TIMEOUT_S) as answer:
                said = answer.read(_ANSWER_BYTES)
        except urllib.error.HTTPError as error:
            with error:
                return self._turned_away(error, len(lines))
        except (OSError, http.client.HTTPException) as error:
            self.trouble = f"{self._name} does not answer ({type(error).__name__})"
            raise _LaterError(None) from error
        with contextlib.suppress(Exception):  # whatever else answers 200
            return self._refused(json.loads(said))
        return 0

    def _refused(self, said: Any) -> int:
        n_refused = int(said["rejected"])
        if n_refused:
            reasons = {str(one.get("reason")) for one in said.get("errors", ())}
            told = ", ".join(sorted(filter(_REASON.fullmatch, reasons)))
            self.trouble = f"{self._name} rejects lines ({told or 'no reason'})"
        return n_refused

    def _turned_away(self, error: urllib.error.HTTPError, n_lines: int) -> int:
        self.trouble = f"{self._name} answers {error.code}"
        if error.code == 413:
            raise _TooLargeError
        if error.code in (408, 429) or error.code >= 500:
            raise _LaterError(_seconds(error.headers.get("Retry-After")))
        return n_lines


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_values: Any, **_more: Any) -> None:
        return None


def _seconds(retry_after: str | None) -> float | None:
    """Read a Retry-After: seconds, or a date."""
    with contextlib.suppress(Exception):
        value = retry_after or ""
        if value.isdigit():
            return min(float(value), _LONGEST_RETRY_AFTER_S)
        until = email.utils.parsedate_to_datetime(value)
        wait_s = (until - datetime.now(timezone.utc)).total_seconds()
        return min(max(wait_s, 0.0), _LONGEST_RETRY_AFTER_S)
    return None


class _Files:
    """Writes lines to files, each of one process; one that is full is never touched again."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._open: dict[tuple[str, int], Path] = {}
        self.trouble = ""

    def send(self, kind: str, lines: Sequence[bytes]) -> int:
        """Append lines."""
        body = b"\n".join(lines) + b"\n"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._place(kind).open("ab") as file:
                before = file.tell()
                try:
                    file.write(body)
                    file.flush()
                except OSError:
                    os.truncate(file.fileno(), before)  # no half line
                    raise
        except OSError as error:
            self.trouble = str(error)
            raise _LaterError(None) from error
        return 0

    def _place(self, kind: str) -> Path:
        at = kind, os.getpid()
        path = self._open.get(at)
        if path is None or (path.exists() and path.stat().st_size >= _FILE_BYTES):
            began = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S%f")
            name = f"{kind}-{socket.gethostname()}-{at[1]}-{began}.ndjson"
            path = self._open[at] = self._folder / name
            self._make_room(kind)
        return path

    def _make_room(self, kind: str) -> None:
        """Remove what was written longest ago, of whichever process: there may be many."""
        found = []
        for path in self._folder.glob(f"{kind}-*.ndjson"):
            with contextlib.suppress(OSError):  # another process was faster
                told = path.stat()
                found.append((told.st_mtime_ns, told.st_size, path))
        left = _FOLDER_BYTES - _FILE_BYTES
        for _, size, path in sorted(found, reverse=True):
            left -= size
            if left < 0:
                with contextlib.suppress(OSError):
                    path.unlink()


# ---------------------------------------------------------------------- what is sent


class _Usage:
    """What the process uses."""

    def __init__(self, tap: Tap) -> None:
        self._tap = tap
        self._at = time.monotonic()
        self._cpu_s = time.process_time()
        self._turn = self._turn_at(time.time())

    def _turn_at(self, now: float) -> int:
        """Return the number of the span between samples: by the clock, so that processes agree."""
        every_s = self._tap.resources_every_s
        return int(now // every_s) if every_s > 0 else 0

    def lines(self) -> list[bytes]:
        """Return samples where it is time for some."""
        turn = self._turn_at(time.time())
        if turn == self._turn:
            return []
        now, cpu_s = time.monotonic(), time.process_time()
        cores = (cpu_s - self._cpu_s) / max(now - self._at, 1e-3)
        self._turn, self._at, self._cpu_s = turn, now, cpu_s
        facts = {
            "driftline_tap": _FORMAT,
            "ts": _iso(turn * self._tap.resources_every_s),
            "replica": self._tap.name,
            "process": str(os.getpid()),
        }
        for name in ("model", "version"):
            said = getattr(self._tap, name)
            if isinstance(said, str):
                facts[name] = said
        memory = _memory_bytes()
        samples = [{"metric": "cpu", "value": round(cores, 4), "unit": "cores"}]
        if memory is not None:
            samples.append({"metric": "memory", "value": memory, "unit": "bytes"})
        return [_line({**facts, **sample}) for sample in samples]


def _memory_bytes() -> int | None:
    """Return what the process holds in memory now; None where the system does not tell."""
    with contextlib.suppress(Exception):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    return None


class _Lines:
    """Makes lines of calls."""

    def __init__(self, tap: Tap) -> None:
        self._tap = tap
        self._redaction = _Redaction(tap)
        self._run = os.urandom(8).hex()
        self._replica = tap.name
        self._number = itertools.count(1)

    def of(self, call: Call) -> tuple[str, list[bytes]]:
        """Return the kind of lines, and the lines of a call."""
        asked, answered = call.request_headers, call.response_headers
        facts = self._facts(call, asked, answered)
        if call.status == 404 and self._tap.model is None:
            return _CALLS, []  # a model by that name is not served, whoever asks for it
        if call.rows:
            n_rows = len(call.rows)
            rows = (self._row(facts, row, i, n_rows) for i, row in enumerate(call.rows))
            return _EVENTS, [line for line in rows if line is not None]
        if (
            200 <= call.status < 400
        ):  # what failed predicts nothing, and errors quote what was asked
            for side, body, headers in (
                ("request", call.request_body, asked),
                ("response", call.answer_body, answered),
            ):
                payload = self._tap.quietly(self._payload, side, body, headers)
                if payload is not None:
                    facts[side] = payload
        return _CALLS, [_line(facts)]

    def _facts(self, call: Call, asked: dict[str, str], answered: dict[str, str]) -> dict[str, Any]:
        named = _NAMED_IN_PATH.search(call.path)
        trace = _TRACEPARENT.match(asked.get("traceparent", ""))
        given = self._tap.id_header.lower()
        tags = {"path": call.route or call.path, "error": call.error}
        facts = {
            "driftline_tap": _FORMAT,
            "model": self._said(self._tap.model, call) or (named and unquote(named[1])),
            "version": self._said(self._tap.version, call) or (named and named[2]),
            "ts": _iso(call.at),
            "request_id": asked.get(given)
            or answered.get(given)
            or f"{self._run}-{next(self._number)}",
            "status": None if call.latency_ms is None else call.status,
            "latency_ms": call.latency_ms and round(call.latency_ms, 3),
            "replica": self._replica,
            "trace_id": trace and trace[1],
            "sampling_rate": self._tap.sampling_rate if self._tap.sampling_rate < 1 else None,
            "tags": {name: value for name, value in tags.items() if value} or None,
        }
        return {name: value for name, value in facts.items() if value is not None}

    def _said(self, option: Said, call: Call) -> str | None:
        return self._tap.quietly(option, call) if callable(option) else option

    def _row(self, facts: dict[str, Any], row: Any, i: int, n_rows: int) -> bytes | None:
        row = self._tap.quietly(self._redaction.value, "record", row)
        if row is None:
            return None
        ours = {name: value for name, value in row.items() if value is not None}
        tags = {**facts.get("tags", {}), **ours.get("tags", {})}
        if tags:
            ours["tags"] = tags
        if "features" in ours:
            ours["features"] = {str(name): cell for name, cell in ours["features"].items()}
        call_id = facts["request_id"]
        facts = {"prediction_id": call_id if n_rows == 1 else f"{call_id}-item-{i}", **facts}
        del facts["driftline_tap"]
        return self._tap.quietly(_line, {**facts, **ours})

    def _payload(self, side: str, body: Content, headers: dict[str, str]) -> dict[str, Any] | None:
        media_type = headers.get("content-type", "")
        encoding = headers.get("content-encoding", "").strip().lower()
        content = _unpacked(body, encoding, self._tap.max_body_bytes)
        length = headers.get("inference-header-content-length", "")
        if not content or not (length or _is_read(media_type, content)):
            return None
        content = self._redaction.body(side, content, media_type, is_binary=bool(length))
        payload: dict[str, Any] = {"content_type": media_type}
        if length.isdigit():
            payload["header_length"] = int(length)
        try:
            payload["text"] = content.decode()
        except UnicodeDecodeError:
            payload["base64"] = base64.b64encode(content).decode()
        return payload


def _is_read(media_type: str, content: bytes) -> bool:
    said = media_type.lower()
    return any(word in said for word in _READ) or (not said and content[:1] in (b"{", b"["))


class _Redaction:
    """What may leave the process."""

    def __init__(self, tap: Tap) -> None:
        self._key = os.environ.get("DRIFTLINE_HASH_KEY", "").encode()
        hashed = {name.lower() for name in tap.hashed}
        if hashed and not self._key:
            log.warning("DRIFTLINE_HASH_KEY is not set: what was to be hashed is dropped")
        self._hashed = {name for name in hashed if self._key}
        self._drop = {name.lower() for name in tap.drop} | (hashed - self._hashed)
        self._redact = tap.redact

    def body(self, side: str, content: bytes, media_type: str, *, is_binary: bool) -> bytes:
        """Return a body without what must stay; raise where that cannot be told."""
        if not (self._drop or self._hashed or self._redact):
            return content
        if is_binary:
            raise ValueError("a binary body")
        if "csv" in media_type.lower():
            if self._redact is not None:
                raise ValueError("a body that is not JSON")
            return self._csv(content)
        return json.dumps(self.value(side, json.loads(content))).encode()

    def value(self, side: str, value: Any) -> Any:
        """Return decoded JSON without what must stay."""
        if self._drop or self._hashed:
            value = self._clean(value)
        return value if self._redact is None else self._redact(side, value)

    def _clean(self, value: Any) -> Any:
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, (list, tuple)):
            kept = (
                one for one in value if not (isinstance(one, dict) and self._drops(one.get("name")))
            )
            return [self._clean(one) for one in kept]
        if isinstance(value, str) and value[:1] in ("{", "["):  # JSON within JSON
            with contextlib.suppress(ValueError):
                return json.dumps(self._clean(json.loads(value)))
        return value

    def _object(self, value: dict[Any, Any]) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for name, one in value.items():
            if not self._drops(name):
                found[name] = self._hash(one) if self._hashes(name) else self._clean(one)
        if self._hashes(value.get("name")):
            found.update(data=self._hash(value.get("data")), datatype="BYTES")
        for names, *tables in (("columns", "data"), ("names", "ndarray", "tensor")):
            for table in tables:
                if self._concerns(value.get(names)) and table in value:
                    found[names], found[table] = self._table(value[names], value[table])
        return found

    def _table(self, names: list[Any], rows: list[Any]) -> tuple[list[Any], list[list[Any]]]:
        kept = [i for i, name in enumerate(names) if not self._drops(name)]
        hashed = [i for i in kept if self._hashes(names[i])]
        for row in rows:
            if not isinstance(row, list) or len(row) != len(names):
                raise ValueError("a table whose rows are not as long as its names")
            for i in hashed:
                row[i] = self._hash(row[i])
        return [names[i] for i in kept], [[row[i] for i in kept] for row in rows]

    def _csv(self, content: bytes) -> bytes:
        rows = list(csv.reader(io.StringIO(content.decode())))
        if not rows or not self._concerns(rows[0]):
            return content
        names, rest = self._table(rows[0], [row for row in rows[1:] if row])
        out = io.StringIO()
        csv.writer(out).writerows([names, *rest])
        return out.getvalue().encode()

    def _concerns(self, names: Any) -> bool:
        return isinstance(names, list) and any(self._drops(n) or self._hashes(n) for n in names)

    def _drops(self, name: Any) -> bool:
        return isinstance(name, str) and name.strip().lower() in self._drop

    def _hashes(self, name: Any) -> bool:
        return isinstance(name, str) and name.strip().lower() in self._hashed

    def _hash(self, value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, (list, tuple)):
            return [self._hash(one) for one in value]
        written = json.dumps(value, sort_keys=True, default=_plain).encode()
        return hmac.new(self._key, written, hashlib.sha256).hexdigest()[:32]


def _line(content: dict[str, Any]) -> bytes:
    try:
        text = _ENCODER.encode(content)
    except ValueError:  # NaN is how numpy says that a value is missing
        loose = json.dumps(content, default=_plain)
        text = json.dumps(json.loads(loose, parse_constant=_missing), separators=(",", ":"))
    return text.encode()


def _missing(_token: str) -> None:
    return None


def _plain(value: Any) -> Any:
    """Return what numpy, pandas and their like hold as JSON can."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, timezone.utc).isoformat()


_ENCODER = json.JSONEncoder(default=_plain, separators=(",", ":"), allow_nan=False)


# ---------------------------------------------------------------------- forks, and the end


def _forked() -> None:
    for tap in list(_TAPS):
        tap.queue.begin_anew()


def _ends() -> None:
    until = time.monotonic() + _EXIT_S
    for tap in list(_TAPS):
        tap.quietly(_end_of, tap, until - time.monotonic())


def _end_of(tap: Tap, timeout_s: float) -> None:
    """Wait once: a server may end in several ways one after the other."""
    if not tap.queue.is_given_up and not tap.flush(timeout_s):
        tap.queue.is_given_up = True
        log.warning("the process ends, and not all calls reached Driftline; %s", tap.troubles)


def _end_as_child() -> None:
    """Be called in the end: what is registered for the exit multiprocessing leaves out."""
    module = sys.modules.get("multiprocessing")  # not ours to load
    is_child = module is not None and module.parent_process() is not None
    if module is not None and is_child and os.getpid() not in _CHILDREN:
        _CHILDREN.add(os.getpid())
        module.util.Finalize(None, _ends, exitpriority=-1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
atexit.register(_ends)
