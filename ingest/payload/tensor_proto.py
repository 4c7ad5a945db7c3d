"""Tensors of TensorFlow: as its messages hold them, and as JSON spells such messages."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ingest.json_columns import NESTING_LIMIT
from ingest.payload.embedded import base64_of, text_of_base64
from ingest.payload.json_rows import CELL_LIMIT
from ingest.payload.json_text import Json
from ingest.payload.tensors_v2 import misfit

# Names of the DataType enum without DT_; of an array's elements.
_DTYPES: Final = {
    "FLOAT": "<f4",
    "DOUBLE": "<f8",
    "INT32": "<i4",
    "UINT8": "u1",
    "INT16": "<i2",
    "INT8": "i1",
    "STRING": "O",
    "INT64": "<i8",
    "BOOL": "?",
    "BFLOAT16": "<u2",
    "UINT16": "<u2",
    "HALF": "<f2",
    "UINT32": "<u4",
    "UINT64": "<u8",
}
_NUMBERS: Final = {
    1: "FLOAT",
    2: "DOUBLE",
    3: "INT32",
    4: "UINT8",
    5: "INT16",
    6: "INT8",
    7: "STRING",
    9: "INT64",
    10: "BOOL",
    14: "BFLOAT16",
    17: "UINT16",
    19: "HALF",
    22: "UINT32",
    23: "UINT64",
}


def tensor(
    dtype: int | str, shape: Sequence[int], content: bytes, values: Sequence[Any]
) -> NDArray[Any]:
    """
    Return the array that a ``TensorProto`` stands for.

    Parameters
    ----------
    dtype : int or str
        Of the DataType enum: ``1``, ``"DT_FLOAT"`` or ``"FLOAT"``.
    shape : sequence of int
        Sizes of the dimensions; none: a single value.
    content : bytes
        ``tensor_content``; where it holds anything it counts and `values` do not.
    values : sequence
        The typed list of that dtype; of HALF and BFLOAT16 the bits as integers. A list that is
        shorter than the shape repeats its last value, an empty one stands for zeros.

    Returns
    -------
    ndarray
        Of that shape; texts are ``object``: str, or base64 where the bytes are no UTF-8.

    Raises
    ------
    UnfitError
        ``bad_tensor`` if shape and content do not agree or the type is unknown.

    Examples
    --------
    >>> tensor("DT_FLOAT", [3], b"", [1.0, 2.0]).tolist()
    [1.0, 2.0, 2.0]
    """
    name = dtype.removeprefix("DT_") if isinstance(dtype, str) else _NUMBERS.get(dtype, "")
    kind = _DTYPES.get(name)
    wrong = len(shape) > NESTING_LIMIT or any(size < 0 for size in shape)
    n_elements = 0 if wrong else prod(shape)
    if kind is None or wrong or n_elements > CELL_LIMIT:
        raise misfit(f"of type {dtype}", f"shape {list(shape)}")
    if content:
        array = _from_content(content, kind, n_elements)
    else:
        array = _from_values(values, kind, name, n_elements)
    if name == "BFLOAT16":
        array = (array.astype("<u4") << 16).view("<f4")
    return array.reshape(tuple(shape))


def _from_content(content: bytes, kind: str, n_elements: int) -> NDArray[Any]:
    size = np.dtype(kind).itemsize
    if kind == "O" or len(content) != n_elements * size:
        raise misfit("content", f"{len(content)} bytes for {n_elements} elements")
    return np.frombuffer(content, kind)


def _from_values(values: Sequence[Any], kind: str, name: str, n_elements: int) -> NDArray[Any]:
    if len(values) > n_elements:
        raise misfit("values", f"{len(values)} values for {n_elements} elements")
    if kind == "O":
        if not all(isinstance(value, str | bytes) for value in values):
            raise misfit("values", "something other than texts")
        given = [base64_of(v) if isinstance(v, bytes) else v for v in values]
        given += [given[-1] if given else ""] * (n_elements - len(given))
        array = np.empty(n_elements, dtype=object)
        array[:] = given
        return array
    try:
        if name in ("HALF", "BFLOAT16"):  # bits
            numbers = np.asarray(values, dtype=np.int64).astype("<u2").view(kind)
        else:
            numbers = np.asarray(values, dtype=kind)
    except (ValueError, TypeError, OverflowError) as error:
        raise misfit("values", error) from error
    if numbers.ndim != 1:
        raise misfit("values", "lists within the list")
    missing = n_elements - len(numbers)
    if not missing:
        return numbers
    last = numbers[-1:] if len(numbers) else np.zeros(1, kind)
    return np.concatenate([numbers, np.repeat(last, missing)])


def rows_of_tensor(array: NDArray[Any]) -> list[Json]:
    """Return a row for each slice of the first dimension: a value, or a vector."""
    if not array.ndim:
        return [array.item()]
    if array.ndim > 1 and len(array):
        array = array.reshape(len(array), -1)
        array = array[:, 0] if array.shape[1] == 1 else array
    return array.tolist()


def tensor_of_json(message: Mapping[str, Json]) -> NDArray[Any]:
    """
    Return the array of a ``TensorProto`` that is spelled as JSON, as Seldon's ``tftensor`` is.

    Raises
    ------
    UnfitError
        As `tensor` does.
    """
    shape = message.get("tensorShape", message.get("tensor_shape"))
    dims = shape.get("dim", []) if isinstance(shape, dict) else []
    content = message.get("tensorContent", message.get("tensor_content"))
    lists = [value for key, value in message.items() if key.lower().endswith("val")]
    try:
        sizes = [int(dim["size"]) for dim in dims]
        raw = base64.b64decode(content) if content else b""
    except (TypeError, KeyError, ValueError, binascii.Error) as error:
        raise misfit("tftensor", error) from error
    values: list[Json] = lists[0] if lists and isinstance(lists[0], list) else []
    dtype = message.get("dtype", "")
    if dtype in ("DT_STRING", 7):
        values = [text_of_base64(value) for value in values]
    return tensor(dtype if isinstance(dtype, int | str) else "", sizes, raw, values)
