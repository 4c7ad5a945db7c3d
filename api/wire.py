"""
Our nouns as JSON and back, by their annotations; tables as Arrow streams.

What comes back equals what was sent: floats that JSON has no word for, arrays to the last bit,
times with their offset. Nothing is ever executed: unlike a pickle, a body is only data.
"""

from __future__ import annotations

import base64
import math
from types import NoneType, UnionType
from typing import Any, Final, Union, cast, get_args, get_origin

import numpy as np
import orjson
import pyarrow as pa
from cattrs.preconf.orjson import make_converter
from pydantic import BaseModel

from domain.column import Column
from domain.errors import InputError
from monitors.report_data import ReportRows

_PRIMITIVES: Final = frozenset({str, int, float, bool, NoneType})
# where a pair of tables carries what belongs to both of them
_BESIDE: Final = b"driftline"

_converter = make_converter(detailed_validation=False, forbid_extra_keys=True)


def encode(value: object, kind: Any) -> bytes:  # noqa: ANN401 (a type or a form such as int | None)
    """
    Write a value as JSON.

    Parameters
    ----------
    value : object
    kind : type or special form
        What it is annotated as; decides the shape.
    """
    return orjson.dumps(to_plain(value, kind), option=orjson.OPT_SERIALIZE_NUMPY)


def decode(data: bytes, kind: Any) -> Any:  # noqa: ANN401 (what the annotation says)
    """
    Read what `encode` wrote for the same annotation.

    Raises
    ------
    InputError
        If it is not JSON, or not of that shape.
    """
    try:
        plain = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InputError(f"the body is not JSON: {error}") from error
    return from_plain(plain, kind)


def to_plain(value: object, kind: Any) -> Any:  # noqa: ANN401 (see encode)
    """Return a value as lists, dicts, texts and numbers, as its annotation says."""
    return _converter.unstructure(value, unstructure_as=kind)


def from_plain(plain: object, kind: Any) -> Any:  # noqa: ANN401 (see decode)
    """
    Return what `to_plain` was given for the same annotation.

    Raises
    ------
    InputError
        If it has another shape.
    """
    try:
        return _converter.structure(plain, kind)
    except Exception as error:  # cattrs raises whatever the constructors raise
        name = getattr(kind, "__name__", str(kind))
        raise InputError(f"what was sent is no {name}: {type(error).__name__} {error}") from error


# ------------------------------------------------------------------ tables


def table_to_bytes(table: pa.Table) -> bytes:
    """Write a table as an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    _write(sink, table)
    return sink.getvalue().to_pybytes()


def table_from_bytes(data: bytes) -> pa.Table:
    """
    Read what `table_to_bytes` wrote.

    Raises
    ------
    InputError
        If it is no Arrow stream.
    """
    return _read(pa.BufferReader(data))


def rows_to_bytes(rows: ReportRows) -> bytes:
    """Write the rows of a report as two Arrow streams, one behind the other."""
    beside = {
        "columns": to_plain(rows.columns, tuple[Column, ...]),
        "thresholds": to_plain(dict(rows.thresholds), dict[str, float]),
    }
    sink = pa.BufferOutputStream()
    kept = rows.reference.schema.metadata or {}
    _write(sink, rows.reference.replace_schema_metadata({**kept, _BESIDE: orjson.dumps(beside)}))
    _write(sink, rows.current)
    return sink.getvalue().to_pybytes()


def rows_from_bytes(data: bytes) -> ReportRows:
    """
    Read what `rows_to_bytes` wrote.

    Raises
    ------
    InputError
        If it is something else.
    """
    source = pa.BufferReader(data)
    reference, current = _read(source), _read(source)
    kept = dict(reference.schema.metadata or {})
    beside = kept.pop(_BESIDE, None)
    if beside is None:
        raise InputError("the rows of a report came without their columns")
    told = orjson.loads(beside)
    return ReportRows(
        reference.replace_schema_metadata(kept or None),
        current,
        from_plain(told["columns"], tuple[Column, ...]),
        from_plain(told["thresholds"], dict[str, float]),
    )


def _write(sink: pa.BufferOutputStream, table: pa.Table) -> None:
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


def _read(source: pa.BufferReader) -> pa.Table:
    try:
        with pa.ipc.open_stream(source) as reader:
            return reader.read_all()
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"what was sent is no Arrow stream: {error}") from error


# ------------------------------------------------------------------ what cattrs does not know


def _float_out(value: float) -> object:
    # JSON has no word for these three
    return float(value) if math.isfinite(value) else {"float": str(float(value))}


def _float_in(plain: object, _: object = None) -> float:
    if isinstance(plain, dict):
        return float(cast("dict[str, str]", plain)["float"])
    if isinstance(plain, bool) or not isinstance(plain, int | float):
        raise TypeError(f"{plain!r} is no number")
    return float(plain)


def _is_primitives(kind: object) -> bool:
    return get_origin(kind) in {Union, UnionType} and set(get_args(kind)) <= _PRIMITIVES


def _primitive_out(value: object) -> object:
    return _float_out(value) if isinstance(value, float) else value


def _primitive_in(plain: object, kind: object) -> object:
    if isinstance(plain, dict):
        plain = _float_in(cast("object", plain))
    allowed = get_args(kind)
    if type(plain) in allowed:
        return plain
    if type(plain) is int and float in allowed:
        return plain  # 1 in a place for floats is still 1
    raise TypeError(f"{plain!r} is none of {kind}")


def _nothing_in(plain: object, _: object = None) -> None:
    if plain is not None:
        raise TypeError(f"{plain!r} is not nothing")


def _is_array(kind: object) -> bool:
    return get_origin(kind) is np.ndarray or kind is np.ndarray


def _array_out(array: np.ndarray[Any, Any]) -> object:
    return {
        "dtype": array.dtype.str,
        "shape": list(array.shape),
        "data": base64.b64encode(np.ascontiguousarray(array).data).decode(),
    }


def _array_in(plain: dict[str, Any], _: object) -> np.ndarray[Any, Any]:
    flat = np.frombuffer(base64.b64decode(plain["data"]), np.dtype(plain["dtype"]))
    return flat.reshape(plain["shape"]).copy()


def _is_settings(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _settings_out(value: BaseModel) -> object:
    # only what was given: a default stays a default on the other side
    return value.model_dump(mode="json", exclude_unset=True)


def _settings_in(plain: object, kind: type[BaseModel]) -> BaseModel:
    return kind.model_validate(plain)


_converter.register_unstructure_hook(float, _float_out)
_converter.register_structure_hook(float, _float_in)
_converter.register_structure_hook(NoneType, _nothing_in)
_converter.register_unstructure_hook_func(_is_primitives, _primitive_out)
_converter.register_structure_hook_func(_is_primitives, _primitive_in)
_converter.register_unstructure_hook_func(_is_array, _array_out)
_converter.register_structure_hook_func(_is_array, _array_in)
_converter.register_unstructure_hook_func(_is_settings, _settings_out)
_converter.register_structure_hook_func(_is_settings, _settings_in)
