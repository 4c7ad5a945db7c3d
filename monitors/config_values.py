"""Values of `driftline.yaml` as people write them: durations, percentages, budgets, names."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

from domain.errors import InvalidWindowError
from domain.window import align, parse_duration

_PERCENT = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*%\s*$")
_ZERO = re.compile(r"^\s*0+(?:\.0+)?\s*(?:s|m|min|h|d|w)?\s*$")
BUDGET = re.compile(r"^\s*(\d+(?:\.\d+)?)\s+per\s+(\S+)\s*$")

# calls are counted in buckets of this length
SHORTEST_WINDOW = timedelta(minutes=5)


def _duration(raw: object) -> object:
    if isinstance(raw, timedelta):
        return raw
    if not isinstance(raw, str):
        raise ValueError("write a duration with its unit: 30s, 5m, 6h, 28d or 2w")  # noqa: TRY004 (pydantic collects ValueErrors only)
    try:
        return parse_duration(raw)
    except InvalidWindowError as error:
        raise ValueError(str(error)) from error


def _wait(raw: object) -> object:
    nothing = raw == 0 if isinstance(raw, int) else isinstance(raw, str) and _ZERO.match(raw)
    return timedelta() if nothing else _duration(raw)


def write_duration(span: timedelta) -> str:
    """Write a duration as people do: ``1d``, ``6h``, ``90s``."""
    seconds = span.total_seconds()
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"


def _share(raw: object) -> object:
    if isinstance(raw, str) and (match := _PERCENT.match(raw)):
        return float(f"{match[1]}e-2")  # 99.9 / 100 is not 0.999
    return raw


def _name(raw: object) -> object:
    """Take a whole number for a name: YAML reads ``version: 2`` as one."""
    if isinstance(raw, float | bool):
        raise ValueError(f'write it in quotes: "{raw}" as a bare word is no text')  # noqa: TRY004
    return str(raw) if isinstance(raw, int) else raw


def _divides_a_day(length: timedelta) -> timedelta:
    try:
        align(datetime(2001, 1, 1, tzinfo=UTC), length, "UTC")
    except InvalidWindowError as error:
        raise ValueError(str(error)) from error
    if length % SHORTEST_WINDOW:
        raise ValueError(f"window length {length} is not made of whole 5 minutes; use 5m or more")
    return length


_SPAN = {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*(s|m|min|h|d|w)\s*$"}
Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(write_duration),
    WithJsonSchema(_SPAN),
]
BUDGET_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "pattern": BUDGET.pattern, "examples": ["1 per 90d"]},
        {
            "type": "object",
            "properties": {"incidents": {"type": "number", "exclusiveMinimum": 0}, "per": _SPAN},
            "required": ["incidents", "per"],
            "additionalProperties": False,
        },
    ]
}
Wait = Annotated[
    timedelta,
    BeforeValidator(_wait),
    PlainSerializer(write_duration),
    WithJsonSchema(
        {
            "anyOf": [
                _SPAN,
                {"const": 0},
            ]
        }
    ),
]
Share = Annotated[float, BeforeValidator(_share), WithJsonSchema({"type": ["number", "string"]})]
WindowLength = Annotated[Duration, AfterValidator(_divides_a_day)]
Name = Annotated[str, BeforeValidator(_name), WithJsonSchema({"type": ["string", "integer"]})]
