"""Columns as readers hand them over become columns of the types that are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from domain.errors import StoreError
from store.registry import FeatureType

_UTC: Final = pa.timestamp("us")
EVENT_COLUMNS: Final[dict[str, pa.DataType]] = {
    "ts": _UTC,
    "version": pa.string(),
    "prediction_id": pa.string(),
    "request_id": pa.string(),
    "prediction": pa.string(),
    "score": pa.float64(),
    "latency_ms": pa.float64(),
    "status": pa.int32(),
    "replica": pa.string(),
    "trace_id": pa.string(),
    "tags": pa.string(),
    "label": pa.string(),
    "sampling_rate": pa.float64(),
}
LABEL_COLUMNS: Final[dict[str, pa.DataType]] = {
    "prediction_id": pa.string(),
    "request_id": pa.string(),
    "label": pa.string(),
    "ts": _UTC,
}
# an empty id is no id
_EMPTY_IS_NONE: Final = frozenset({"prediction_id", "request_id", "trace_id"})


def event_columns(model: str, events: pa.Table) -> dict[str, pa.ChunkedArray]:
    """
    Return every field of events in its own type, null where the batch does not have it.

    Parameters
    ----------
    model : str
        Whose events, for the message.
    events : Table

    Raises
    ------
    StoreError
        If times are missing or carry no zone.
    """
    if "ts" not in events.column_names or events.column("ts").null_count:
        raise StoreError(f"events of {model!r} have no time; every event needs its ts")
    columns = _typed(model, events, EVENT_COLUMNS)
    columns["version"] = columns["version"].fill_null("")
    return columns


def label_columns(model: str, labels: pa.Table) -> dict[str, pa.ChunkedArray]:
    """
    Return every field of labels in its own type, null where the batch does not have it.

    Raises
    ------
    StoreError
        If times carry no zone.
    """
    return _typed(model, labels, LABEL_COLUMNS)


def feature_column(kind: FeatureType, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a feature's column in the type that is kept."""
    if kind is FeatureType.NUMBER:
        return _number(values)
    return values.cast(pa.string() if kind is FeatureType.TEXT else pa.bool_())


def type_of(name: str, values: pa.ChunkedArray) -> FeatureType | None:
    """
    Return the type of a feature's column; None where it holds nothing.

    Raises
    ------
    StoreError
        If it is neither number, text nor boolean.
    """
    kind = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
    if values.null_count == len(values):
        return None
    if pa.types.is_boolean(kind):
        return FeatureType.FLAG
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return FeatureType.NUMBER
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return FeatureType.TEXT
    raise StoreError(
        f"feature {name!r} has type {kind}; numbers, text and booleans are kept, nested values "
        "as JSON text"
    )


def _typed(
    model: str, table: pa.Table, types: Mapping[str, pa.DataType]
) -> dict[str, pa.ChunkedArray]:
    columns: dict[str, pa.ChunkedArray] = {}
    for name, kind in types.items():
        if name not in table.column_names:
            columns[name] = pa.chunked_array([pa.nulls(table.num_rows, kind)])
        elif kind == _UTC:
            columns[name] = _moments(model, table.column(name))
        elif kind == pa.float64():
            columns[name] = _number(table.column(name))
        else:
            values = table.column(name).cast(kind)
            empty = name in _EMPTY_IS_NONE
            columns[name] = pc.if_else(pc.equal(values, ""), None, values) if empty else values
    return columns


def _moments(model: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
    if values.null_count == len(values):
        return values.cast(_UTC)
    if not pa.types.is_timestamp(values.type) or values.type.tz is None:
        raise StoreError(f"the times of {model!r} are {values.type}; pass timestamps with a zone")
    # the second cast drops the zone and keeps the UTC time
    return values.cast(pa.timestamp("us", tz="UTC"), safe=False).cast(_UTC)


def _number(values: pa.ChunkedArray) -> pa.ChunkedArray:
    numbers = values.cast(pa.float64(), safe=False)
    # NaN is how frames and files write a missing number
    missing = pc.is_nan(numbers)
    return pc.if_else(missing, None, numbers) if pc.any(missing).as_py() else numbers


def holds_dictionaries(kind: pa.DataType) -> bool:
    """Return whether dictionaries lie inside a nested type: pyarrow reads none over row groups."""
    inner = (kind.field(i).type for i in range(kind.num_fields))
    return any(pa.types.is_dictionary(one) or holds_dictionaries(one) for one in inner)
