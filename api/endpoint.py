"""One line of the table that the routes and the OpenAPI document are both made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from api.problem import Trouble
from domain.key import Grant, Scope

Handler = Callable[[Request], Awaitable[Response]]
Refuse = Callable[[Request, Trouble], Response]
# a JSON Schema (2020-12), as OpenAPI 3.1 takes it
Schema = Mapping[str, Any]

GRANT: Final = "driftline.grant"
TEXT: Final[Schema] = {"type": "string"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """
    A value in the path or behind the question mark.

    Parameters
    ----------
    name : str
    about : str
        Key of its description in the text catalogue.
    place : {"query", "path"}
    schema : mapping
    """

    name: str
    about: str
    place: Literal["query", "path"] = "query"
    schema: Schema = field(default_factory=lambda: TEXT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    What comes back under one status.

    Parameters
    ----------
    about : str
        Key of its description in the text catalogue.
    media : mapping of str to (Schema or TypedDict)
        By media type; empty: no body. Errors need not say theirs: they are all problem+json.
    """

    about: str
    media: Mapping[str, Schema | type] = field(default_factory=dict[str, Schema | type])


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """
    A method of a path: who may ask, what it takes, what it answers.

    Parameters
    ----------
    method : str
        ``"GET"`` answers HEAD too.
    path : str
        As Starlette writes it, for example ``"/v1/models/{model:path}/versions"``.
    scope : Scope or None
        What a key must be for; None: everyone may ask, from everywhere.
    also : Scope or None
        A key for this may ask, too.
    handler : async callable
        Gets the request, answers it. A `DriftlineError` that it raises is told as a problem.
    about : str
        Key of its description in the text catalogue.
    keeps_to_models : bool
        The handler itself sees to it that a key for some models sends or sees only these
        (`grant_of`). Otherwise such a key may only ask for a ``{model}`` of the path.
    on_loopback : bool
        Needs no key on loopback even where keys exist.
    key_in_path : bool
        Also under ``/k/<key>``, for senders that cannot set headers.
    limit_bytes : int
        A larger body is answered with 413, as it is on the wire.
    refuse : callable or None
        Tells a problem in the words of another protocol, whoever found it: the guard, the limits,
        the handler. None: as ``application/problem+json``.
    parameters : tuple of Parameter
    body : mapping of str to Schema
        By media type; empty: takes none.
    answers : mapping of int to Answer
        By status.
    """

    method: str
    path: str
    scope: Scope | None
    handler: Handler
    about: str
    also: Scope | None = None
    keeps_to_models: bool = False
    on_loopback: bool = False
    key_in_path: bool = False
    limit_bytes: int = 65_536
    refuse: Refuse | None = None
    parameters: tuple[Parameter, ...] = ()
    body: Mapping[str, Schema] = field(default_factory=dict[str, Schema])
    answers: Mapping[int, Answer] = field(default_factory=dict[int, Answer])


def grant_of(request: Request) -> Grant:
    """Return what this request may do; the guard has set it."""
    grant: Grant = request.scope[GRANT]
    return grant
