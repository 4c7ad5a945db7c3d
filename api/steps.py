"""Long work, told line by line: progress, signs of life, and at last the answer or the problem."""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
import traceback
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Executor

import orjson
from starlette.responses import Response

from api import wire
from api.methods import HEARTBEAT_S, Method
from api.problem import problem, problem_of
from domain.errors import DriftlineError

log = logging.getLogger(__name__)


class AskerLeftError(Exception):
    """Nobody waits for the answer any more."""


class Steps:
    """What a thread at work tells the one who asked."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._left = threading.Event()

    def leave(self) -> None:
        """Note that the asker has left."""
        self._left.set()

    def require_asker(self) -> None:
        """
        Go on only where somebody still waits.

        Raises
        ------
        AskerLeftError
        """
        if self._left.is_set():
            raise AskerLeftError

    def tell(self, model: str, done: int, planned: int) -> None:
        """Tell how far it is; the same as `monitors.run.Progress`."""
        self.require_asker()
        self.send(orjson.dumps({"progress": [model, done, planned]}))

    def send(self, line: bytes | None) -> None:
        """Send a line; None: there is no more."""
        try:
            self._loop.call_soon_threadsafe(self._lines.put_nowait, line)
        except RuntimeError:  # the server has stopped: its loop is closed
            self._left.set()

    async def next_line(self) -> bytes | None:
        """Return the next line, an empty one as a sign of life, or None at the end."""
        try:
            return await asyncio.wait_for(self._lines.get(), HEARTBEAT_S)
        except TimeoutError:
            return b""


async def lines(
    method: Method, pool: Executor, work: Callable[[Steps], object]
) -> AsyncGenerator[bytes]:
    """
    Do long work in a thread and yield what is to be told of it.

    Parameters
    ----------
    method : Method
    pool : Executor
    work : callable
        Given the `Steps` to tell of its progress.
    """
    steps = Steps()
    pool.submit(_do, method, work, steps)
    try:
        while (line := await steps.next_line()) is not None:
            yield line + b"\n"
    finally:
        steps.leave()


def _do(method: Method, work: Callable[[Steps], object], steps: Steps) -> None:
    try:
        answer = wire.to_plain(work(steps), method.answer)
        steps.send(orjson.dumps({"answer": answer}, option=orjson.OPT_SERIALIZE_NUMPY))
    except AskerLeftError:
        log.info("service.asker_left", extra={"method": method.name})
    except DriftlineError as error:
        steps.send(_as_line(problem_of(error)))
    except BaseException as error:  # noqa: BLE001 (whoever waits must hear of it)
        steps.send(_as_line(_failed(method.name, error)))
    steps.send(None)


def _as_line(response: Response) -> bytes:
    return orjson.dumps({"problem": orjson.loads(bytes(response.body))})


def _failed(method: str, error: BaseException) -> Response:
    reference = secrets.token_hex(4)
    # where, not what: an error's message may hold a feature's value
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-8:]]
    fields = {"method": method, "reference": reference, "error": type(error).__name__}
    log.error("service.failed", extra={**fields, "where": where})
    return problem(500, "api.problem.failed", reference=reference)
