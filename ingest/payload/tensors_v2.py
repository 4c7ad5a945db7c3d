"""Tensors of the open inference protocol (V2): KServe, Triton, MLServer, Seldon, OpenVINO."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from math import prod
from typing import Any, Final

from ingest.json_exact import UnfitError
from ingest.payload.json_rows import CELL_LIMIT, FEATURE, Columns, check_size, columns_of_rows

_DEPTH: Final = 32


def columns_of_v2(tensors: Sequence[dict[str, Any]], unnamed: str) -> Columns:
    """
    Return the tensors of a request or an answer as columns.

    Raises
    ------
    UnfitError
        If a tensor does not hold what its shape says.
    """
    named = [_tensor(tensor) for tensor in tensors]
    n_rows = max((len(rows) for _, rows in named), default=0)
    check_size(n_rows, max(len(named), 1))
    columns: Columns = {}
    for name, rows in named:
        if len(rows) not in (n_rows, 1):
            raise UnfitError("uneven_rows", value=len(rows), expected=n_rows)
        if len(named) == 1 and unnamed == FEATURE and rows and isinstance(rows[0], list):
            columns |= columns_of_rows(rows, unnamed)
        else:
            columns[name] = rows if len(rows) == n_rows else rows * n_rows
    return columns


def is_v2(value: list[Any]) -> bool:
    """Return whether a list is one of tensors."""
    return bool(value) and all(
        isinstance(item, dict) and "name" in item and "shape" in item for item in value
    )


def _tensor(tensor: dict[str, Any]) -> tuple[str, list[object]]:
    name, shape, data = str(tensor["name"]), tensor["shape"], tensor.get("data")
    if not isinstance(shape, list) or not all(type(n) is int and n >= 0 for n in shape):
        raise UnfitError("bad_tensor", field=name, value=str(shape)[:40])
    flat = _flat(data if isinstance(data, list) else [data])
    if len(shape) > _DEPTH or prod(shape) != len(flat):
        raise UnfitError("bad_tensor", field=name, value=str(shape)[:40])
    n_rows = shape[0] if shape else 1
    width = len(flat) // n_rows if n_rows else 0
    if width == 1 and len(shape) <= 2:
        return name, flat
    return name, [flat[at : at + width] for at in range(0, len(flat), width)] if width else []


def _flat(data: list[Any]) -> list[object]:
    for _ in range(_DEPTH):
        if not any(isinstance(v, list) for v in data):
            return data
        data = list(chain.from_iterable(v if isinstance(v, list) else [v] for v in data))
        if len(data) > CELL_LIMIT:
            break
    raise UnfitError("too_deep", value=_DEPTH)
