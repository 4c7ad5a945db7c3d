"""JSON Schemas of our public shapes, read from their annotations: they cannot drift apart."""

from __future__ import annotations

import types
from collections.abc import Iterable
from typing import Any, Final, Union, get_args, get_origin, get_type_hints, is_typeddict

_PLACE: Final = "#/components/schemas/"
_PLAIN: Final[dict[object, dict[str, Any]]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    Any: {},
}


def schema_of(annotation: object) -> dict[str, Any]:
    """
    Return the JSON Schema of what an annotation allows.

    Parameters
    ----------
    annotation : object
        str, int, float, bool, None, Any, a TypedDict, lists and dictionaries of these, unions.

    Raises
    ------
    TypeError
        If it is anything else: a fault of the code, held by tests.
    """
    if annotation in _PLAIN:
        return dict(_PLAIN[annotation])
    if is_typeddict(annotation):
        return {"$ref": f"{_PLACE}{_name(annotation)}"}
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is list:
        return {"type": "array", "items": schema_of(arguments[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(arguments[1])}
    if origin in (Union, types.UnionType):
        return {"anyOf": [schema_of(one) for one in arguments]}
    raise TypeError(f"no JSON Schema for {annotation!r}")


def definitions(roots: Iterable[object]) -> dict[str, dict[str, Any]]:
    """Return the schemas of all TypedDicts that can be reached from `roots`, by name."""
    found: dict[str, dict[str, Any]] = {}
    waiting = list(roots)
    while waiting:
        one = waiting.pop()
        waiting += get_args(one)
        if not is_typeddict(one) or _name(one) in found:
            continue
        hints = get_type_hints(one)
        waiting += hints.values()
        found[_name(one)] = {
            "type": "object",
            "properties": {key: schema_of(kind) for key, kind in hints.items()},
            "required": sorted(getattr(one, "__required_keys__", ())),
        }
    return dict(sorted(found.items()))


def _name(shape: Any) -> str:  # noqa: ANN401 (a TypedDict is no type to annotate with)
    return str(shape.__name__)
