"""One question to the owner of a store: httpx and its failures in Driftline's words."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, BinaryIO, Final, cast

import httpx
import orjson

import domain.errors
from api import wire
from api.methods import HEARTBEAT_S, PREFIX, Form, Method
from domain.errors import DriftlineError, InputError, NotAllowedError, StoreError, UsageError

CONNECT_S: Final = 5.0
# a report of years or a large query; what takes longer is told line by line
ANSWER_S: Final = 600.0
_IDLE_S: Final = 3.0
_QUIET_S: Final = 12 * HEARTBEAT_S
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})

Told = Callable[[str, int, int], None]


class Caller:
    """
    Asks one owner.

    Parameters
    ----------
    url : str
    key : str or None
        Sent as a bearer token.
    """

    def __init__(self, url: str, key: str | None) -> None:
        self.url = url.rstrip("/")
        try:
            address = httpx.URL(self.url)
        except httpx.InvalidURL as error:
            raise UsageError(f"server {url!r} is no URL: {error}") from error
        if address.scheme not in {"http", "https"} or not address.host:
            raise UsageError(f"server {url!r} is no URL; write http://HOST:PORT")
        self._client = httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
            # shorter than a server keeps them: none is used at the moment it is closed
            limits=httpx.Limits(keepalive_expiry=_IDLE_S),
            # the way to this machine leads through no proxy
            trust_env=address.host not in _LOOPBACK,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def ask(self, method: Method, arguments: Mapping[str, Any], timeout_s: float = ANSWER_S) -> Any:  # noqa: ANN401 (what the method answers)
        """
        Ask, and return the answer.

        Parameters
        ----------
        method : Method
            Of a form that is answered at once.
        arguments : mapping
        timeout_s : float

        Raises
        ------
        StoreError
            If nobody answers, or somebody who is no owner of a store.
        DriftlineError
            What the owner raised, of the same class.
        """
        with self._told():
            response = self._client.post(
                _path(method),
                content=orjson.dumps(plain_arguments(method, arguments)),
                timeout=httpx.Timeout(timeout_s, connect=CONNECT_S),
            )
        if response.status_code != HTTPStatus.OK:
            raise self._problem(response.status_code, response.content)
        with self._understood():
            match method.form:
                case Form.TABLE:
                    return wire.table_from_bytes(response.content)
                case Form.ROWS:
                    return wire.rows_from_bytes(response.content)
                case _:
                    return wire.decode(response.content, method.answer)

    def follow(self, method: Method, content: bytes | Iterator[bytes], progress: Told) -> Any:  # noqa: ANN401 (what the method answers)
        """
        Ask for what takes long, and return the answer.

        Parameters
        ----------
        method : Method
        content : bytes or iterator of bytes
        progress : callable

        Raises
        ------
        StoreError, DriftlineError
            As `ask`.
        """
        quiet = httpx.Timeout(None, connect=CONNECT_S, read=_QUIET_S)
        with (
            self._told(),
            self._client.stream("POST", _path(method), content=content, timeout=quiet) as response,
        ):
            if response.status_code != HTTPStatus.OK:
                raise self._problem(response.status_code, response.read())
            for line in response.iter_lines():
                told = _heard(line)
                if "progress" in told:
                    progress(*told["progress"])
                elif "answer" in told:
                    with self._understood():
                        return wire.from_plain(told["answer"], method.answer)
        raise self._lost("it ended before its answer")

    def fetch(self, method: Method, arguments: Mapping[str, Any], file: BinaryIO) -> int:
        """
        Ask for a file, and write it.

        Parameters
        ----------
        method : Method
        arguments : mapping
        file : BinaryIO

        Returns
        -------
        int
            Its bytes: all of them have arrived.

        Raises
        ------
        StoreError, DriftlineError
            As `ask`.
        """
        content = orjson.dumps(plain_arguments(method, arguments))
        quiet = httpx.Timeout(None, connect=CONNECT_S, read=_QUIET_S)
        with (
            self._told(),
            self._client.stream("POST", _path(method), content=content, timeout=quiet) as response,
        ):
            if response.status_code != HTTPStatus.OK:
                raise self._problem(response.status_code, response.read())
            pieces = response.iter_bytes()
            size, arrived = _answer_before(pieces)
            written = file.write(arrived)
            for piece in pieces:
                written += file.write(piece)
        if written != size:
            raise self._lost(f"it ended after {written:,} of {size:,} bytes")
        return written

    @contextmanager
    def _told(self) -> Generator[None]:
        """Say what httpx could not do."""
        try:
            yield
        except httpx.TimeoutException as error:
            raise self._lost(f"no answer in time ({type(error).__name__})") from error
        except httpx.HTTPError as error:
            raise self._lost(str(error) or type(error).__name__) from error

    def _lost(self, why: str) -> StoreError:
        return StoreError(
            f"the Driftline at {self.url} does not answer: {why}; if it has ended, run the command "
            "again, otherwise look at its log"
        )

    @contextmanager
    def _understood(self) -> Generator[None]:
        try:
            yield
        except InputError as error:
            raise StoreError(
                f"the answer of {self.url} cannot be read; use the same version of Driftline on "
                f"both sides: {error}"
            ) from error

    def _problem(self, status: int, body: bytes) -> DriftlineError:
        try:
            told = orjson.loads(body)
        except orjson.JSONDecodeError:
            told = None
        if not isinstance(told, dict) or "detail" not in told:
            return StoreError(
                f"{self.url} answered {status}, not as a Driftline does; give the URL of a "
                "'driftline serve' or 'driftline collect'"
            )
        return _raised(cast("dict[str, Any]", told))


def plain_arguments(method: Method, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return a method's arguments as JSON has them."""
    return {name: wire.to_plain(arguments[name], kind) for name, kind in method.arguments.items()}


def _heard(line: str | bytes) -> dict[str, Any]:
    """Read a line of an answer that comes in steps; an empty one is a sign of life."""
    told = cast("dict[str, Any]", orjson.loads(line)) if line else {}
    if "problem" in told:
        raise _raised(told["problem"])
    return told


def _answer_before(pieces: Iterator[bytes]) -> tuple[int, bytes]:
    """Return the number that the lines end with, and the first bytes behind it."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for i, line in enumerate(lines):
            if "answer" in (told := _heard(line)):
                return int(told["answer"]), b"\n".join([*lines[i + 1 :], rest])
    return 0, b""


def _path(method: Method) -> str:
    return f"{PREFIX}/{method.name}"


def _raised(problem: Mapping[str, Any]) -> DriftlineError:
    """Return the error that a problem was made of; of one that is no domain error, its detail."""
    kind = getattr(domain.errors, str(problem.get("error", "")), None)
    detail = str(problem.get("detail", "no reason was given"))
    if isinstance(kind, type) and issubclass(kind, DriftlineError):
        return kind(detail)
    if problem.get("status") in {401, 403}:
        return NotAllowedError(f"{detail}; put a key with the right scope into DRIFTLINE_KEY")
    return DriftlineError(detail)
