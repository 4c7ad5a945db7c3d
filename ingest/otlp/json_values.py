"""
Values of OTLP's JSON: hexadecimal ids, integers as texts or numbers, and what is not known ignored.

https://github.com/open-telemetry/opentelemetry-proto/blob/main/docs/specification.md#json-protobuf-encoding
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from ingest.json_columns import NESTING_LIMIT
from ingest.json_exact import UnfitError

_INT64: Final = 2**63
_UINT64: Final = 2**64
_INTEGER: Final = re.compile(r"-?[0-9]{1,20}")


def members(value: object, field: str) -> list[Mapping[str, Any]]:
    """
    Return a list of objects; one that is missing or null is empty.

    Raises
    ------
    UnfitError
        If it is something else.
    """
    if value is None:
        return []
    if not isinstance(value, list):
        raise UnfitError("wrong_type", field=field, value=_named(value), expected="a list")
    for one in value:
        if not isinstance(one, dict):
            raise UnfitError("wrong_type", field=field, value=_named(one), expected="an object")
    return value


def member(value: object, field: str) -> Mapping[str, Any]:
    """Return an object; one that is missing or null is empty; see `members`."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UnfitError("wrong_type", field=field, value=_named(value), expected="an object")
    return value


def text(value: object) -> str:
    """Return a text; what is none is empty."""
    return value if isinstance(value, str) else ""


def integer(value: object) -> int:
    """
    Return an integer of 64 bits, which may be a text of digits; what is none is 0.

    Examples
    --------
    >>> [integer(value) for value in ("1795334400000000000", 7, 7.0, "soon", None)]
    [1795334400000000000, 7, 7, 0, 0]
    """
    return _whole(value) or 0


def _whole(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        value = int(value) if value.is_integer() else None
    if isinstance(value, str):
        value = int(value) if _INTEGER.fullmatch(value) else None
    return value if isinstance(value, int) and -_INT64 <= value < _UINT64 else None


def number(value: object) -> float | None:
    """Return a double, which may be the text NaN, Infinity or digits; None: it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def attributes(value: object) -> dict[str, object]:
    """
    Return attributes as a mapping; of two with one key the last counts.

    Raises
    ------
    UnfitError
        If they are no list of objects, or lie too deep in each other.
    """
    return _pairs(value, NESTING_LIMIT)


def any_value(value: object, depth: int = NESTING_LIMIT) -> object:
    """
    Return what an AnyValue holds; an empty one is null.

    Raises
    ------
    UnfitError
        If it holds no value of the kind that it names, or is nested too deeply.
    """
    if not depth:
        raise UnfitError("too_deep", value=NESTING_LIMIT)
    for kind, held in member(value, "value").items():
        read = _KINDS.get(kind)
        if read is not None and held is not None:
            return read(held, depth - 1)
    return None


def _pairs(value: object, depth: int) -> dict[str, object]:
    return {
        text(one.get("key")): any_value(one.get("value"), depth)
        for one in members(value, "attributes")
    }


def _integer(value: object, _depth: int) -> object:
    found = _whole(value)
    if found is None:
        raise UnfitError("wrong_type", field="intValue", value=_named(value), expected="an integer")
    return found


def _double(value: object, _depth: int) -> object:
    found = number(value)
    if found is None:
        raise UnfitError(
            "wrong_type", field="doubleValue", value=_named(value), expected="a number"
        )
    return found


def _text(value: object, _depth: int) -> object:
    if not isinstance(value, str):
        raise UnfitError("wrong_type", field="stringValue", value=_named(value), expected="a text")
    return value


def _flag(value: object, _depth: int) -> object:
    if not isinstance(value, bool):
        raise UnfitError(
            "wrong_type", field="boolValue", value=_named(value), expected="true or false"
        )
    return value


def _array(value: object, depth: int) -> object:
    held = member(value, "arrayValue").get("values")
    return [any_value(one, depth) for one in members(held, "arrayValue")]


def _map(value: object, depth: int) -> object:
    return _pairs(member(value, "kvlistValue").get("values"), depth)


_KINDS: Final[dict[str, Callable[[object, int], object]]] = {
    "stringValue": _text,
    "boolValue": _flag,
    "intValue": _integer,
    "doubleValue": _double,
    "arrayValue": _array,
    "kvlistValue": _map,
    "bytesValue": _text,  # stays base64: bytes are no value of a feature
}


def _named(value: object) -> str:
    return type(value).__name__
