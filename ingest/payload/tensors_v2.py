"""Tensors of the open inference protocol (V2): KServe, Triton, MLServer, Seldon, OpenVINO."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from math import prod
from typing import Final

from ingest.exchange import Decoded
from ingest.json_columns import NESTING_LIMIT
from ingest.json_exact import UnfitError
from ingest.payload.embedded import text_of_base64
from ingest.payload.json_rows import (
    CELL_LIMIT,
    ROW_LIMIT,
    Columns,
    check_size,
    columns_of_rows,
    columns_of_tensors,
)
from ingest.payload.json_text import Json

_SHOWN: Final = 60


def is_v2(value: Json) -> bool:
    """Return whether a list is one of tensors."""
    return isinstance(value, list) and bool(value) and all(map(_is_tensor, value))


def _is_tensor(item: Json) -> bool:
    return isinstance(item, dict) and "name" in item and "shape" in item and "datatype" in item


def decode_v2(body: Mapping[str, Json], key: str, buffers: Iterator[list[Json]]) -> Decoded:
    """
    Decode the tensors of a request or an answer.

    Parameters
    ----------
    body : mapping of str to object
    key : str
        ``inputs`` or ``outputs``.
    buffers : iterator of list
        Elements of the tensors that lie behind the JSON, in their order.

    Returns
    -------
    Decoded
        A tensor a column, with vectors where its rows have several elements. Of a single tensor
        of JSON texts the members are the columns.

    Raises
    ------
    UnfitError
        If a tensor does not hold what its shape says.
    """
    tensors: Columns = {}
    n_rows = 0
    for item in body[key]:
        shape = shape_of(item)
        n_rows = max(n_rows, shape[0] if shape else 1)
        elements = _elements(item, buffers)
        if elements is not None:
            tensors[str(item["name"])] = rows_of(elements, shape, str(item["name"]))
    check_size(n_rows, max(len(tensors), 1))
    columns = columns_of_tensors(tensors) if tensors else {}
    if len(columns) == 1:
        ((name, column),) = columns.items()
        columns = columns_of_rows(column, name)
    return Decoded(n_rows, columns, _facts(body))


_FACTS: Final = (("id", "request_id"), ("model_name", "model"), ("model_version", "version"))


def _facts(body: Mapping[str, Json]) -> dict[str, Json]:
    return {
        field: body[key]
        for key, field in _FACTS
        if isinstance(body.get(key), str | int) and body[key] not in ("", "None")
    }


def shape_of(item: Mapping[str, Json]) -> list[int]:
    """
    Return the shape of a tensor.

    Raises
    ------
    UnfitError
        If it is none, or has more dimensions than lists may lie in each other.
    """
    shape = item["shape"]
    whole = isinstance(shape, list) and all(type(n) is int and n >= 0 for n in shape)
    if not whole or len(shape) > NESTING_LIMIT:
        raise misfit(item["name"], shape)
    return shape


def misfit(name: object, value: object) -> UnfitError:
    """Return the error of a tensor that holds something else than it says."""
    return UnfitError("bad_tensor", field=str(name)[:_SHOWN], value=str(value)[:_SHOWN])


def _elements(item: Mapping[str, Json], buffers: Iterator[list[Json]]) -> list[Json] | None:
    """Return the elements of a tensor; None where they lie in shared memory."""
    parameters = item.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    if "binary_data_size" in parameters:
        return next(buffers, None)
    if "data" not in item:
        return None
    data = item["data"]
    elements = flat(data if isinstance(data, list) else [data])
    if item["datatype"] == "BOOL":
        return [bool(cell) if isinstance(cell, int) else cell for cell in elements]
    if item["datatype"] == "BYTES" and parameters.get("content_type") == "base64":
        return [text_of_base64(cell) for cell in elements]
    return elements


def flat(data: list[Json]) -> list[Json]:
    """
    Return the elements of nested lists, row by row.

    Raises
    ------
    UnfitError
        If they lie too deep, or are too many.
    """
    for _ in range(NESTING_LIMIT + 1):
        types = set(map(type, data))
        if list not in types:
            return data
        if types != {list}:
            data = [cell if isinstance(cell, list) else [cell] for cell in data]
        data = list(chain.from_iterable(data))
        if len(data) > CELL_LIMIT:
            raise UnfitError("too_many_rows", value=len(data), limit=CELL_LIMIT)
    raise UnfitError("too_deep", value=NESTING_LIMIT)


def rows_of(elements: list[Json], shape: list[int], name: str) -> list[Json]:
    """
    Cut elements into rows: single values for shapes [N] and [N, 1], else vectors.

    Parameters
    ----------
    elements : list
        In row-major order.
    shape : list of int
    name : str
        Of the tensor, for the message.

    Raises
    ------
    UnfitError
        If the shape stands for another number of elements.
    """
    if prod(shape) != len(elements):
        raise misfit(name, f"{len(elements)} elements, shape {shape}")
    if not elements:
        return [[]] * min(shape[0], ROW_LIMIT + 1) if shape else []
    width = len(elements) // (shape[0] if shape else 1)
    if width == 1:
        return elements
    return [elements[at : at + width] for at in range(0, len(elements), width)]
