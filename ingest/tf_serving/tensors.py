"""Tensors of a call of TensorFlow Serving into rows: how many there are, and what each holds."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Final

from ingest.exchange import Decoded
from ingest.json_exact import UnfitError
from ingest.payload.json_rows import check_size, spread
from ingest.payload.tensor_proto import tensor

# Bits of floats that Python has no type for; all others are values as they are.
_BITS: Final = "half_val"
_STRING: Final = 7
_FIELDS: Final[dict[int, str]] = {
    1: "float_val",
    2: "double_val",
    3: "int_val",
    4: "int_val",
    5: "int_val",
    6: "int_val",
    _STRING: "string_val",
    9: "int64_val",
    10: "bool_val",
    14: _BITS,
    17: "int_val",
    19: _BITS,
    22: "uint32_val",
    23: "uint64_val",
}


@dataclass(frozen=True, slots=True)
class Tensor:
    """
    The values of a tensor.

    Parameters
    ----------
    n_rows : int
        Size of the first dimension; of a single value 1.
    values : list
        All of them, row by row.
    """

    n_rows: int
    values: list[object]

    def column(self, n_rows: int) -> list[object]:
        """
        Return a cell for each row of the call; a row of several values is a list.

        Parameters
        ----------
        n_rows : int
            What has not so many rows itself is told of the call, and so of each row.
        """
        if self.n_rows == n_rows:
            width = len(self.values) // max(n_rows, 1)
            if width == 1 or not n_rows:
                return self.values
            return [self.values[at * width : (at + 1) * width] for at in range(n_rows)]
        return [self.values[0] if len(self.values) == 1 else self.values] * n_rows


Tensors = Mapping[str, Tensor]


def tensor_of(name: str, message: Any) -> Tensor:  # noqa: ANN401 - protobuf makes its classes
    """
    Read a tensor.

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
    values, content = getattr(message, field), message.tensor_content
    n_rows = shape[0] if shape else 1
    if len(values) == prod(shape) and not content and field != _BITS and min(shape, default=0) >= 0:
        texts = message.dtype == _STRING
        return Tensor(n_rows, [text_of(value) for value in values] if texts else list(values))
    return Tensor(n_rows, tensor(message.dtype, shape, content, values).ravel().tolist())


def text_of(value: bytes) -> str:
    """Return bytes as text: base64 where they are none."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()


def sides_of(inputs: Tensors, outputs: Tensors) -> tuple[Decoded, Decoded]:
    """
    Return what was asked and what was answered.

    Parameters
    ----------
    inputs, outputs : mapping of str to Tensor
        A tensor whose first size is not the number of rows is told of the call, so of each row.

    Raises
    ------
    UnfitError
        If there are too many rows or columns.
    """
    n_asked, n_answered = _rows(inputs, outputs)
    check_size(max(n_asked, n_answered), max(len(inputs), len(outputs), 1))
    asked = {name: one.column(n_asked) for name, one in inputs.items()}
    answered = {name: one.column(n_answered) for name, one in outputs.items()}
    return Decoded(n_asked, spread(asked) if n_asked else {}), Decoded(n_answered, answered)


def _rows(inputs: Tensors, outputs: Tensors) -> tuple[int, int]:
    """Find how many predictions a call has: a size with which tensors of both sides begin."""
    asked = {one.n_rows for one in inputs.values()}
    answered = {one.n_rows for one in outputs.values()}
    n_rows = max(asked & answered, default=None)
    if n_rows is None and asked == {1}:
        n_rows = 1  # one question; its answer is as long as it likes
    if n_rows is None or not inputs or not outputs:
        return max(asked, default=0), max(answered, default=0)
    return n_rows, n_rows
