"""The OpenAPI document, made of the table that the routes are made of, and a page that shows it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, TypedDict

from api.endpoint import Endpoint, Parameter, Schema
from api.problem import MEDIA_TYPE
from api.schemas import definitions, schema_of
from domain.catalogue import say

VERSION: Final = "3.1.0"
_CONVERTOR: Final = re.compile(r"\{(\w+):\w+\}")
_KEY: Final = "key"
_NULL: Final = {"type": "null"}


class Problem(TypedDict):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


def document(endpoints: Sequence[Endpoint], code_version: str, language: str) -> dict[str, Any]:
    """
    Return the OpenAPI 3.1 document of a table of endpoints.

    Parameters
    ----------
    endpoints : sequence of Endpoint
    code_version : str
        Of Driftline.
    language : {"en", "zh"}
        Of the descriptions.
    """
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        operations = paths.setdefault(plain_path(endpoint.path), {})
        operations[endpoint.method.lower()] = _operation(endpoint, language)
    return {
        "openapi": VERSION,
        "info": {
            "title": say("api.title", language),
            "version": code_version,
            "description": say("api.description", language),
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": definitions([Problem, *_shapes(endpoints)]),
            "securitySchemes": {
                _KEY: {
                    "type": "http",
                    "scheme": "bearer",
                    "description": say("api.key-in-header", language),
                }
            },
        },
    }


def older(found: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return an OpenAPI 3.1 document as 3.0.3, for readers that know no newer one.

    Parameters
    ----------
    found : mapping
        As `document` makes it: of what only 3.1 has, it uses several types and ``null``.
    """
    return {**_older(found), "openapi": "3.0.3"}


def plain_path(path: str) -> str:
    """Return a path without Starlette's convertors: ``/v1/models/{model}/versions``."""
    return _CONVERTOR.sub(r"{\1}", path)


def _operation(endpoint: Endpoint, language: str) -> dict[str, Any]:
    described = say(endpoint.about, language)
    if endpoint.key_in_path:
        under = f"/k/{{key}}{plain_path(endpoint.path)}"
        described += "\n\n" + say("api.key-in-path", language, path=under)
    found: dict[str, Any] = {
        "operationId": _identity(endpoint),
        "description": described,
        "security": [{_KEY: [one.value]} for one in (endpoint.scope, endpoint.also) if one],
        "parameters": [_parameter(one, language) for one in endpoint.parameters],
        "responses": _responses(endpoint, language),
    }
    if endpoint.body:
        found["requestBody"] = {"required": True, "content": _content(endpoint.body)}
    return found


def _identity(endpoint: Endpoint) -> str:
    words = re.findall(r"\w+", plain_path(endpoint.path))
    return "_".join([endpoint.method.lower(), *words])


def _parameter(one: Parameter, language: str) -> dict[str, Any]:
    return {
        "name": one.name,
        "in": one.place,
        "required": one.place == "path",
        "description": say(one.about, language),
        "schema": dict(one.schema),
    }


def _responses(endpoint: Endpoint, language: str) -> dict[str, Any]:
    answers: dict[str, Any] = {
        str(status): {
            "description": say(answer.about, language),
            **({"content": _content(answer.media)} if answer.media else {}),
        }
        for status, answer in sorted(endpoint.answers.items())
    }
    if not any(status < HTTPStatus.BAD_REQUEST for status in endpoint.answers):
        answers["200"] = {"description": say("api.done", language)}
    error = {"content": _content({MEDIA_TYPE: Problem}), "description": say("api.error", language)}
    return {**answers, "default": error}


def _content(media: Mapping[str, Schema | type]) -> dict[str, Any]:
    return {
        kind: {"schema": schema_of(schema) if isinstance(schema, type) else dict(schema)}
        for kind, schema in media.items()
    }


def _shapes(endpoints: Iterable[Endpoint]) -> list[type]:
    return [
        schema
        for endpoint in endpoints
        for media in (endpoint.body, *(answer.media for answer in endpoint.answers.values()))
        for schema in media.values()
        if isinstance(schema, type)
    ]


def _older(found: Any) -> Any:  # noqa: ANN401 (any part of a JSON document)
    if isinstance(found, list):
        return [_older(one) for one in found]
    if not isinstance(found, Mapping):
        return found
    part = dict(found)
    if isinstance(part.get("type"), list):
        part["anyOf"] = [{"type": one} for one in part.pop("type")]
    choices = part.get("anyOf", [])
    rest = [one for one in choices if one != _NULL]
    if len(rest) < len(choices):
        part["nullable"] = True
        part["anyOf"] = rest
    if len(rest) == 1 and "$ref" not in rest[0]:
        # beside a reference nothing is read
        part = {**part.pop("anyOf")[0], **part}
    return {key: _older(value) for key, value in part.items()}
