"""
Tables that a sender wrote, looked at before they are decoded: a few bytes can stand for gigabytes.

A million rows of nothing take no bytes at all, one long text can be every row's, and a packed
buffer says itself how large it wants to be.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from api.bodies import UNPACKED_LIMIT_BYTES, UnfitBodyError
from monitors.collect_logs import EVENTS_LIMIT

# Snappy shrinks to a twentieth at most; what can shrink further can also be a bomb.
_PARQUET_CODECS: Final = frozenset({"UNCOMPRESSED", "SNAPPY"})
_CONTINUATION: Final = b"\xff\xff\xff\xff"
_FILE_HEAD: Final = b"ARROW1\0\0"
# numbers of tables and fields in Arrow's Message.fbs
_DICTIONARY_BATCH: Final = 2
_RECORD_BATCH: Final = 3
_DAMAGED: Final = (pa.ArrowException, OSError, ValueError, struct.error)


def check_arrow(content: bytes) -> None:
    """
    Refuse Arrow IPC data whose decoding would take too much.

    Raises
    ------
    UnfitBodyError
        400 if it is damaged, 413 if it is too large, 415 if its buffers are compressed.
    """
    try:
        rows = 0
        for n_rows, is_compressed in _messages(content):
            if is_compressed:
                raise UnfitBodyError(415, "api.collect.compressed-arrow")
            rows += n_rows
            _check_rows(rows)
        _check_size(_arrow_batches(content))
    except _DAMAGED as error:
        raise UnfitBodyError(400, "api.collect.damaged", format="Arrow") from error


def check_parquet(content: bytes) -> None:
    """
    Refuse a Parquet file whose decoding would take too much.

    Raises
    ------
    UnfitBodyError
        400 if it is damaged, 413 if it is too large, 415 if it is packed otherwise than with
        Snappy.
    """
    try:
        about = pq.read_metadata(io.BytesIO(content))
        _check_rows(about.num_rows)
        leaves = [about.schema.column(i).path for i in range(about.num_columns)]
        for number in range(about.num_row_groups):
            group = about.row_group(number)
            codecs = {group.column(i).compression for i in range(group.num_columns)}
            if not codecs <= _PARQUET_CODECS:
                value = ", ".join(sorted(codecs - _PARQUET_CODECS))
                raise UnfitBodyError(415, "api.collect.codec", value=value)
        file = pq.ParquetFile(io.BytesIO(content), read_dictionary=leaves, pre_buffer=False)
        _check_size(file.iter_batches(batch_size=10_000, use_threads=False))
    except _DAMAGED as error:
        raise UnfitBodyError(400, "api.collect.damaged", format="Parquet") from error


def _check_rows(n_rows: int) -> None:
    if not 0 <= n_rows <= EVENTS_LIMIT:
        raise UnfitBodyError(413, "api.collect.too-many-rows", limit=EVENTS_LIMIT)


def _check_size(batches: Iterator[pa.RecordBatch]) -> None:
    size = 0
    for batch in batches:
        batch.validate(full=True)
        size += sum(_decoded_bytes(column) for column in batch.columns)
        if size > UNPACKED_LIMIT_BYTES:
            raise UnfitBodyError(413, "api.collect.swollen", limit_bytes=UNPACKED_LIMIT_BYTES)


def _arrow_batches(content: bytes) -> Iterator[pa.RecordBatch]:
    if content.startswith(_FILE_HEAD):
        file = pa.ipc.open_file(pa.BufferReader(content))
        return (file.get_batch(number) for number in range(file.num_record_batches))
    return iter(pa.ipc.open_stream(pa.BufferReader(content)))


def _decoded_bytes(array: pa.Array) -> int:
    """Return what an array takes where each row has its own value."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        lengths = _lengths(array.dictionary)
        return int(pc.sum(lengths.take(array.indices)).as_py() or 0)
    if pa.types.is_struct(kind):
        return sum(_decoded_bytes(array.field(i)) for i in range(kind.num_fields))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_map(kind):
        return _decoded_bytes(array.values)
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
        return int(pc.sum(pc.binary_length(array)).as_py() or 0)
    if _may_share(kind):
        raise UnfitBodyError(415, "api.collect.column-type", value=str(kind)[:100])
    return int(array.nbytes)


def _lengths(values: pa.Array) -> pa.Array:
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        return pc.cast(pc.binary_length(values), pa.int64())
    if pa.types.is_large_string(kind) or pa.types.is_large_binary(kind):
        return pc.binary_length(values)
    if pa.types.is_primitive(kind):
        return pa.repeat(pa.scalar(8, pa.int64()), len(values))
    raise UnfitBodyError(415, "api.collect.column-type", value=f"dictionary of {kind}"[:100])


def _may_share(kind: pa.DataType) -> bool:
    """Return whether rows of a type may be places of one value, however long."""
    return (
        pa.types.is_run_end_encoded(kind)
        or pa.types.is_list_view(kind)
        or pa.types.is_large_list_view(kind)
        or pa.types.is_union(kind)
        or pa.types.is_fixed_size_list(kind)
        or isinstance(kind, pa.BaseExtensionType)
    )


def _messages(content: bytes) -> Iterator[tuple[int, bool]]:
    """Return of each batch how many rows it claims, and whether its buffers are compressed."""
    at = len(_FILE_HEAD) if content.startswith(_FILE_HEAD) else 0
    while at + 8 <= len(content):
        if content[at : at + 4] == _CONTINUATION:
            at += 4
        (length,) = struct.unpack_from("<i", content, at)
        at += 4
        if length <= 0 or at + length > len(content):
            return
        message = _Table.root(content[at : at + length])
        kind, body = message.number(1, "<B"), message.number(3, "<q")
        batch = message.table(2) if kind in {_DICTIONARY_BATCH, _RECORD_BATCH} else None
        if batch is not None and kind == _DICTIONARY_BATCH:
            batch = batch.table(1)
        if batch is not None:
            rows = batch.number(0, "<q") if kind == _RECORD_BATCH else 0
            yield rows, batch.table(3) is not None
        if body < 0:
            raise ValueError(body)
        at += length + body


class _Table:
    """A table of a FlatBuffer (flatbuffers.dev/internals): its fields by number."""

    def __init__(self, buffer: bytes, at: int) -> None:
        self._buffer = buffer
        self._at = at
        (back,) = struct.unpack_from("<i", buffer, at)
        self._fields = at - back

    @classmethod
    def root(cls, buffer: bytes) -> _Table:
        return cls(buffer, struct.unpack_from("<I", buffer)[0])

    def number(self, field: int, form: str) -> int:
        """Return a number; 0 where the field is not there."""
        place = self._place(field)
        value: Any = struct.unpack_from(form, self._buffer, place)[0] if place else 0
        return int(value)

    def table(self, field: int) -> _Table | None:
        """Return a table; None where the field is not there."""
        place = self._place(field)
        if not place:
            return None
        return _Table(self._buffer, place + struct.unpack_from("<I", self._buffer, place)[0])

    def _place(self, field: int) -> int:
        (size,) = struct.unpack_from("<H", self._buffer, self._fields)
        if 4 + 2 * field >= size:
            return 0
        (offset,) = struct.unpack_from("<H", self._buffer, self._fields + 4 + 2 * field)
        return self._at + offset if offset else 0
