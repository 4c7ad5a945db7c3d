"""Tensors of a call of TensorFlow Serving into rows: how many there are, and what each holds."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from math import prod
from typing import Any, Final

from numpy.typing import NDArray

from ingest.exchange import Decoded
from ingest.json_exact import UnfitError
from ingest.payload.json_rows import check_size, spread
from ingest.payload.tensor_proto import tensor

Tensors = Mapping[str, NDArray[Any]]

_BITS: Final = "half_val"
_FIELDS: Final[dict[int, str]] = {
    1: "float_val",
    2: "double_val",
    3: "int_val",
    4: "int_val",
    5: "int_val",
    6: "int_val",
    7: "string_val",
    9: "int64_val",
    10: "bool_val",
    14: _BITS,
    17: "int_val",
    19: _BITS,
    22: "uint32_val",
    23: "uint64_val",
}

# A few bytes can claim any shape: of values that a message does not hold, so many are believed.
_REPEATED_LIMIT: Final = 1_000_000


def array_of(name: str, message: Any) -> NDArray[Any]:  # noqa: ANN401 - protobuf makes its classes
    """
    Return the array of a tensor.

    Parameters
    ----------
    name : str
    message : TensorProto

    Raises
    ------
    UnfitError
        If its type is not one of a table's, or it does not hold what its shape says.
    """
    shape = [dim.size for dim in message.tensor_shape.dim]
    field = _FIELDS.get(message.dtype)
    if field is None:
        raise UnfitError("bad_tensor", field=name, value=f"type {message.dtype}")
    values = getattr(message, field)
    held = len(message.tensor_content) or len(values)
    if message.tensor_shape.unknown_rank or held < prod(shape) > _REPEATED_LIMIT:
        raise UnfitError("bad_tensor", field=name, value=f"shape {shape}")
    return tensor(message.dtype, shape, message.tensor_content, values)


def sides_of(inputs: Tensors, outputs: Tensors) -> tuple[Decoded, Decoded]:
    """
    Return what was asked and what was answered.

    Parameters
    ----------
    inputs, outputs : mapping of str to ndarray
        A tensor whose first size is not the number of rows is told of the call, so of each row.

    Raises
    ------
    UnfitError
        If there are too many rows or columns.
    """
    n_asked, n_answered = _rows(inputs, outputs)
    check_size(max(n_asked, n_answered), max(len(inputs), len(outputs), 1))
    asked = {name: _column(array, n_asked) for name, array in inputs.items()}
    answered = {name: _column(array, n_answered) for name, array in outputs.items()}
    return Decoded(n_asked, spread(asked) if n_asked else {}), Decoded(n_answered, answered)


def text_of(value: bytes) -> str:
    """Return bytes as text: base64 where they are none."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()


def _rows(inputs: Tensors, outputs: Tensors) -> tuple[int, int]:
    """Find how many predictions a call has: a size with which tensors of both sides begin."""
    asked, answered = _sizes(inputs), _sizes(outputs)
    n_rows = max(asked & answered, default=None)
    if n_rows is None and asked == {1}:
        n_rows = 1  # one question; its answer is as long as it likes
    if n_rows is None or not inputs or not outputs:
        return max(asked, default=0), max(answered, default=0)
    return n_rows, n_rows


def _sizes(tensors: Tensors) -> set[int]:
    return {len(array) if array.ndim else 1 for array in tensors.values()}


def _column(array: NDArray[Any], n_rows: int) -> list[object]:
    """Return a cell for each row; what is no row's own stands in each."""
    if array.ndim and len(array) == n_rows:
        rows = array.reshape(n_rows, -1) if array.size else array
        return list[object]((rows[:, 0] if rows.shape[1:] == (1,) else rows).tolist())
    flat: list[object] = array.ravel().tolist()
    return [flat[0] if len(flat) == 1 else flat] * n_rows
