"""
What went wrong, as RFC 9457 ``application/problem+json``: one shape for every error of the API.

A domain error keeps its name in the member ``error``, so that a client can raise it again.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import orjson
from starlette.responses import Response

from domain.catalogue import say
from domain.errors import (
    DiskFullError,
    DriftlineError,
    InputError,
    NothingToJudgeError,
    StoreLockedError,
    UnknownNameError,
    UsageError,
)

MEDIA_TYPE: Final = "application/problem+json"
# what a client waits before it tries again where nobody knows better, in seconds
RETRY_S: Final = 5
_KEPT: Final = ("Retry-After", "WWW-Authenticate", "Allow", "Cache-Control")

# the first that fits; the rest (configuration, damaged store) is the server's own fault
_STATUS: Final[tuple[tuple[type[DriftlineError], HTTPStatus], ...]] = (
    (UnknownNameError, HTTPStatus.NOT_FOUND),
    (UsageError, HTTPStatus.BAD_REQUEST),
    (InputError, HTTPStatus.BAD_REQUEST),
    (NothingToJudgeError, HTTPStatus.CONFLICT),
    (DiskFullError, HTTPStatus.SERVICE_UNAVAILABLE),
    (StoreLockedError, HTTPStatus.SERVICE_UNAVAILABLE),
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """
    A problem, to be told in the words of another protocol.

    Parameters
    ----------
    status : int
        400 to 599.
    kind : str
        ``urn:driftline:…``; tells problems apart whatever the language.
    detail : str
        One sentence for whoever sent the request.
    headers : mapping of str to str
        What has to be on any answer: Retry-After, WWW-Authenticate, Allow.
    """

    status: int
    kind: str
    detail: str
    headers: Mapping[str, str]


def trouble_of(answer: Response) -> Trouble | None:
    """Return what a response tells, where it is a problem."""
    if answer.media_type != MEDIA_TYPE:
        return None
    told = orjson.loads(answer.body)
    headers = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
    return Trouble(answer.status_code, told["type"], told["detail"], headers)


def problem(
    status: int,
    key: str,
    /,
    language: str = "en",
    *,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, object] | None = None,
    **values: object,
) -> Response:
    """
    Answer with a problem whose sentence is in the text catalogue.

    Parameters
    ----------
    status : int
        400 to 599.
    key : str
        Of the text, for example ``"api.problem.too-large"``; also what ``type`` is made of, so
        that a program can tell problems apart whatever the language.
    language : {"en", "zh"}
    headers : mapping, optional
        Besides the content type: Retry-After, WWW-Authenticate, …
    more : mapping, optional
        Further members (RFC 9457 section 3.2), for example ``errors``.
    **values
        What the text's ``{names}`` stand for.
    """
    name = key.removeprefix("api.").replace(".", ":")
    return _answer(status, f"urn:driftline:{name}", say(key, language, **values), headers, more)


def problem_of(error: DriftlineError, more: Mapping[str, object] | None = None) -> Response:
    """
    Answer with the message of a domain error.

    Parameters
    ----------
    error : DriftlineError
        Its message is one line that is meant for whoever asked.
    more : mapping, optional
        Further members.
    """
    name = type(error).__name__
    status = status_of(error)
    waits = {"Retry-After": str(RETRY_S)} if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    members = {"error": name, **(more or {})}
    return _answer(status, f"urn:driftline:error:{name}", str(error), waits, members)


def status_of(error: DriftlineError) -> int:
    """Return the HTTP status of a domain error."""
    for kind, status in _STATUS:
        if isinstance(error, kind):
            return int(status)
    return int(HTTPStatus.INTERNAL_SERVER_ERROR)


def fault_of(error: Exception) -> dict[str, object]:
    """Return what a log may say of an error that nobody foresaw: where, not what it holds."""
    # an error's message may hold a feature's value
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-8:]]
    return {"error": type(error).__name__, "where": where}


def language_of(headers: Mapping[str, str]) -> str:
    """Return the language that ``Accept-Language`` puts first: ``"zh"``, else ``"en"``."""
    return "zh" if headers.get("accept-language", "").lower().startswith("zh") else "en"


def _answer(
    status: int,
    kind: str,
    detail: str,
    headers: Mapping[str, str] | None,
    more: Mapping[str, object] | None,
) -> Response:
    body = {
        "type": kind,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **(more or {}),
    }
    return Response(
        orjson.dumps(body),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )
