"""Typed Arrow columns (Parquet, data frames, bulk-parsed JSON) into the common form."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.values import EXACT_INTEGER, Values, canonical_json, holds

TypeTest = Callable[[pa.DataType], bool]
Column = pa.Array | pa.ChunkedArray
Conversion = Callable[[pa.Array], Values]


def from_arrow(column: Column) -> Values:
    """
    Bring a typed Arrow column into the common form.

    Parameters
    ----------
    column : pa.Array or pa.ChunkedArray
        Of any type; lists, structs and maps become JSON text.
    """
    array = one_array(column)
    for accepts, convert in _CONVERSIONS:
        if accepts(array.type):
            return convert(array)
    return Values(len(array), nested=_json_texts(array))


def one_array(column: Column) -> pa.Array:
    """Return a column in one piece, without dictionary and extension type."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):  # some types do not fit into one chunk
        array = pa.concat_arrays(array.chunks)
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _nothing(array: pa.Array) -> Values:
    return Values(len(array))


def _flags(array: pa.Array) -> Values:
    return Values(len(array), flag=array)


def _floats(array: pa.Array) -> Values:
    doubles = pc.cast(array, pa.float64())
    if np.isnan(pc.sum(doubles).as_py() or 0.0):
        doubles = pc.if_else(pc.is_nan(doubles), None, doubles)
    return Values(len(array), number=doubles)


def _integers(array: pa.Array) -> Values:
    bounds = pc.min_max(array)
    low, high = bounds["min"].as_py(), bounds["max"].as_py()
    if low is None or (low >= -EXACT_INTEGER and high <= EXACT_INTEGER):
        return Values(len(array), number=pc.cast(array, pa.float64()))
    fits = pc.less_equal(array, pa.scalar(EXACT_INTEGER, array.type))
    if low < 0:
        fits = pc.and_(fits, pc.greater_equal(array, pa.scalar(-EXACT_INTEGER, array.type)))
    small = pc.if_else(fits, array, None)
    large = pc.if_else(fits, None, array)
    return Values(len(array), number=pc.cast(small, pa.float64()), text=pc.cast(large, pa.string()))


def _decimals(array: pa.Array) -> Values:
    """Keep as text what 15 significant digits, the most every double keeps, cannot hold."""
    # the cast itself multiplies by a power of ten: of 0.35 it makes 0.35000000000000003
    doubles = pc.cast(pc.cast(array, pa.string()), pa.float64())
    if array.type.precision <= 15:
        return Values(len(array), number=doubles)
    shortened = pc.cast(pc.cast(pc.abs(array), pa.string()), pa.string())
    digits = pc.replace_substring_regex(shortened, pattern=r"^0\.?0*|\.", replacement="")
    fits = pc.less_equal(pc.utf8_length(pc.utf8_rtrim(digits, "0")), 15)
    return Values(
        len(array),
        number=pc.if_else(fits, doubles, None),
        text=pc.if_else(fits, None, pc.cast(array, pa.string())),
    )


def _texts(array: pa.Array) -> Values:
    texts = pc.cast(array, pa.string())
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:  # not UTF-8: not every writer looks
        texts = _of_bytes(pc.cast(texts, pa.binary()))
    return Values(len(array), text=texts)


def _bytes(array: pa.Array) -> Values:
    try:
        return Values(len(array), text=pc.cast(pc.cast(array, pa.binary()), pa.string()))
    except pa.ArrowInvalid:  # not UTF-8
        return Values(len(array), text=_of_bytes(array))


def _of_bytes(array: pa.Array) -> pa.Array:
    texts = [None if v is None else base64.b64encode(v).decode() for v in array.to_pylist()]
    return pa.array(texts, pa.string())


def _times(array: pa.Array) -> Values:
    zone = "UTC" if array.type.tz else None
    return Values(len(array), time=pc.cast(array, pa.timestamp("us", tz=zone), safe=False))


def _durations(array: pa.Array) -> Values:
    seconds = {"s": 1, "ms": 1e3, "us": 1e6, "ns": 1e9}[array.type.unit]
    counts = pc.cast(pc.cast(array, pa.int64()), pa.float64(), safe=False)
    return Values(len(array), number=pc.divide(counts, seconds))


def _json_texts(array: pa.Array) -> pa.Array:
    present = holds(array)
    values = array.to_pylist(maps_as_pydicts="lossy")
    texts = [
        canonical_json(plain(v)) if ok else None for v, ok in zip(values, present, strict=True)
    ]
    return pa.array(texts, pa.string())


def plain(value: object) -> object:
    """Return an Arrow value as JSON can hold it: dates and bytes as text, NaN as null."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and not np.isfinite(value):
        return None if np.isnan(value) else str(value)
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


_CONVERSIONS: Final[tuple[tuple[TypeTest, Conversion], ...]] = (
    (pa.types.is_null, _nothing),
    (pa.types.is_boolean, _flags),
    (pa.types.is_integer, _integers),
    (pa.types.is_floating, _floats),
    (pa.types.is_decimal, _decimals),
    (pa.types.is_string, _texts),
    (pa.types.is_large_string, _texts),
    (pa.types.is_string_view, _texts),
    (pa.types.is_binary, _bytes),
    (pa.types.is_large_binary, _bytes),
    (pa.types.is_fixed_size_binary, _bytes),
    (pa.types.is_binary_view, _bytes),
    (pa.types.is_timestamp, _times),
    (pa.types.is_date, _texts),
    (pa.types.is_time, _texts),
    (pa.types.is_duration, _durations),
)


def flatten(table: pa.Table | pa.RecordBatch, objects: frozenset[str]) -> dict[str, Column]:
    """
    Return the columns of a table by path; the members of some structs become columns.

    Parameters
    ----------
    table : pa.Table or pa.RecordBatch
    objects : frozenset of str
        Paths of the structs to open: the members of ``features`` become ``features.<name>``.
    """
    columns: dict[str, Column] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        _flatten(name, column, objects, columns)
    return columns


def _flatten(
    path: str,
    column: Column,
    objects: frozenset[str],
    into: dict[str, Column],
) -> None:
    if path not in objects or not pa.types.is_struct(column.type):
        into[path] = column
        return
    array = one_array(column)
    for field, member in zip(array.type, array.flatten(), strict=True):
        _flatten(f"{path}.{field.name}", member, objects, into)
