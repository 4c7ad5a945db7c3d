"""What stands behind the question mark, read as the table of endpoints says."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request

from api.endpoint import Parameter, Schema
from api.guard import RefusedError
from api.problem import language_of, problem
from domain.catalogue import say
from domain.errors import InvalidWindowError, suggestion
from domain.window import parse_time

MOMENT: Final[Schema] = {"type": "string", "format": "date-time"}


class _UnreadableError(Exception):
    """A value that cannot be meant, and what was expected instead."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values


@dataclass(frozen=True, slots=True)
class Given:
    """
    The parameters of a request, each as its schema says.

    Parameters
    ----------
    values : mapping
        Only what was given.
    """

    values: dict[str, Any] = field(default_factory=dict[str, Any])

    def text(self, name: str) -> str | None:
        """Return a text, or None."""
        return self.values.get(name)

    def number(self, name: str, default: int) -> int:
        """Return a whole number."""
        return self.values.get(name, default)

    def moment(self, name: str) -> datetime | None:
        """Return a time, or None."""
        return self.values.get(name)

    def choices(self, name: str) -> tuple[str, ...] | None:
        """Return the values of a parameter that may be repeated, or None."""
        return self.values.get(name)


def whole(least: int, most: int, default: int) -> Schema:
    """Return the schema of a whole number."""
    return {"type": "integer", "minimum": least, "maximum": most, "default": default}


def choice(names: Sequence[str]) -> Schema:
    """Return the schema of one or several names; several: the parameter is repeated."""
    return {"type": "array", "items": {"type": "string", "enum": list(names)}}


def one_of(names: Sequence[str]) -> Schema:
    """Return the schema of exactly one name."""
    return {"type": "string", "enum": list(names)}


def read(request: Request, parameters: Sequence[Parameter], timezone: str) -> Given:
    """
    Read what stands behind the question mark.

    Parameters
    ----------
    request : Request
    parameters : sequence of Parameter
        Those that the endpoint takes.
    timezone : str
        Of a date without a time.

    Raises
    ------
    RefusedError
        With 400 where there is no such parameter or a value cannot be meant.
    """
    language = language_of(request.headers)
    known = {one.name: one for one in parameters if one.place == "query"}
    given: dict[str, Any] = {}
    for name in dict.fromkeys(request.query_params):
        if name not in known:
            raise refused_parameter(
                "unknown-parameter", language, name, suggestion=suggestion(name, known)
            )
        values = request.query_params.getlist(name)
        try:
            given[name] = _value(known[name].schema, values, timezone)
        except _UnreadableError as error:
            expected = say(error.key, language, **error.values)
            raise refused_parameter(
                "parameter", language, name, value=", ".join(values), expected=expected
            ) from error
    return Given(given)


def _value(schema: Schema, values: Sequence[str], timezone: str) -> object:
    if schema["type"] == "array":
        return tuple(_choice(schema["items"], value) for value in values)
    if len(values) > 1:
        raise _UnreadableError("api.expected.once")
    readers: dict[str, Callable[[], object]] = {
        "integer": lambda: _whole(schema, values[0]),
        "string": lambda: values[0],
    }
    if "enum" in schema:
        return _choice(schema, values[0])
    if schema.get("format") == "date-time":
        return _moment(values[0], timezone)
    return readers[schema["type"]]()


def _choice(schema: Schema, value: str) -> str:
    if value not in schema["enum"]:
        raise _UnreadableError("api.expected.choice", names=", ".join(schema["enum"]))
    return value


def _whole(schema: Schema, value: str) -> int:
    least, most = schema["minimum"], schema["maximum"]
    # ten digits hold every limit, and int() reads thousands of them
    if not re.fullmatch(r"[0-9]{1,10}", value) or not least <= int(value) <= most:
        raise _UnreadableError("api.expected.whole", least=least, most=most)
    return int(value)


def _moment(value: str, timezone: str) -> datetime:
    # a plus sign that was not escaped arrives as a space
    zoned = re.sub(r"(T\S+) (\d\d:\d\d)$", r"\1+\2", value)
    try:
        return parse_time(zoned, timezone)
    except (InvalidWindowError, OverflowError) as error:
        raise _UnreadableError("api.expected.moment") from error


def refused_parameter(key: str, language: str, name: str, **values: str) -> RefusedError:
    """Return the 400 of ``api.problem.<key>`` about the parameter `name`."""
    return RefusedError(
        problem(
            400,
            f"api.problem.{key}",
            language,
            headers=None,
            more={"parameter": name},
            name=name,
            **values,
        )
    )
