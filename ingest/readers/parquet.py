"""Parquet: a batch of rows at a time."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from domain.errors import InputError
from domain.rejection import Rejection
from ingest.arrow_values import flatten, from_arrow, one_array
from ingest.json_cells import opened
from ingest.readers.block import Block, Layout, Reader, reject
from ingest.times import MICROSECONDS
from ingest.unpack import LogStream
from ingest.values import Values, canonical_json
from store.arrow_columns import holds_dictionaries

_ROW_INDEX: Final = re.compile(r"__index_level_\d+__")
_ROWS: Final = 50_000
_SPARK: Final = b"org.apache.spark.version"
_PARQUET_MR: Final = "parquet-mr"
# the last: a name of a column
DAMAGE: Final = (pa.ArrowException, OSError, UnicodeDecodeError)


def read(stream: LogStream, layout: Layout) -> Iterator[Block]:
    """
    Read a Parquet file.

    Parameters
    ----------
    stream : LogStream
    layout : Layout

    Raises
    ------
    InputError
        If the file is cut off or damaged.
    """
    try:
        file = opened_file(stream)
        zoned = moments(file) if _is_of_spark(file) else frozenset[str]()
        first = 1
        groups = range(file.metadata.num_row_groups)
        apart = any(holds_dictionaries(kind) for kind in file.schema_arrow.types)
        for part in [[group] for group in groups] if apart else [list(groups)]:
            for batch in file.iter_batches(_ROWS, row_groups=part, use_threads=False):
                yield _block(in_utc(batch, zoned), first, layout)
                first += batch.num_rows
        if first == 1:
            yield _block(pa.RecordBatch.from_pylist([], schema=file.schema_arrow), first, layout)
    except DAMAGE as error:
        raise InputError(unreadable(stream.name, error)) from error


def opened_file(stream: LogStream, *, buffer_size: int = 0) -> pq.ParquetFile:
    """
    Open a Parquet file.

    Parameters
    ----------
    stream : LogStream
    buffer_size : int
        Bytes that are read at once; 0: a column's piece.
    """
    return pq.ParquetFile(
        stream.seekable(),
        pre_buffer=False,
        buffer_size=buffer_size,
        coerce_int96_timestamp_unit="us",
    )


def moments(file: pq.ParquetFile) -> frozenset[str]:
    """
    Return the columns of the type INT96: it cannot say so, but Spark writes moments in it, in UTC.

    Parameters
    ----------
    file : ParquetFile
    """
    columns = map(file.schema.column, range(len(file.schema)))
    return frozenset(one.path for one in columns if one.physical_type == "INT96")


def _is_of_spark(file: pq.ParquetFile) -> bool:
    """Return whether Spark wrote a file, or another that writes as it does: Hive, Databricks."""
    about = file.metadata
    return _SPARK in (about.metadata or {}) or about.created_by.startswith(_PARQUET_MR)


def in_utc(batch: pa.RecordBatch, columns: frozenset[str]) -> pa.RecordBatch:
    """Return a batch with times of some columns as moments; others are left as they are."""
    for place, name in enumerate(batch.schema.names):
        if name in columns:
            batch = batch.set_column(place, name, batch.column(place).cast(MICROSECONDS))
    return batch


def schema_of(stream: LogStream) -> pa.Schema | None:
    """
    Return the columns of a Parquet file without reading its rows.

    Parameters
    ----------
    stream : LogStream
        At its beginning; its `seekable` can be read again.

    Returns
    -------
    pa.Schema or None
        None: the file is cut off or damaged, which reading it will say.
    """
    try:
        return pq.ParquetFile(stream.seekable(), pre_buffer=False).schema_arrow
    except DAMAGE:
        return None


def unreadable(name: str, error: BaseException) -> str:
    """Return the one line that says why a Parquet file cannot be read."""
    said = " ".join(str(error).split())
    return f"{name} is not a whole Parquet file ({said[:120]}); copy it again"


def _block(batch: pa.RecordBatch, first: int, layout: Layout) -> Block:
    columns = {
        path: one_array(column)
        for path, column in flatten(batch, layout.objects).items()
        if not is_row_index(path)
    }
    positions = np.arange(first, first + batch.num_rows, dtype=np.int64)
    rejections = tuple(_no_utf8(columns, positions))
    if rejections:
        sound = ~np.isin(positions, [rejection.position for rejection in rejections])
        positions = positions[sound]
        columns = {path: array.filter(pa.array(sound)) for path, array in columns.items()}
    values = {path: from_arrow(array) for path, array in columns.items()}
    return Block(
        positions,
        opened(values, layout.objects),
        partial(row_as_json, values),
        rejections,
        complete=True,
    )


def _no_utf8(columns: dict[str, pa.Array], positions: NDArray[np.int64]) -> Iterator[Rejection]:
    """Reject rows with a text that is no UTF-8: not every writer of Parquet looks."""
    suspect = [array for array in columns.values() if not _is_sound(array)]
    for row in range(len(positions)) if suspect else ():
        try:
            for array in suspect:
                array[row].as_py()
        except UnicodeDecodeError as error:
            raw = _as_it_stands(columns, row)
            yield reject(int(positions[row]), "invalid_utf8", raw, value=error.start + 1)


def _is_sound(array: pa.Array) -> bool:
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _as_it_stands(columns: dict[str, pa.Array], row: int) -> bytes:
    """Return a row as JSON, with the bytes of texts as they are; lists of such are left out."""
    cells = dict[str, object]()
    for path, array in columns.items():
        one = array.slice(row, 1)
        with contextlib.suppress(UnicodeDecodeError):
            if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
                held = one.cast(pa.large_binary())[0].as_py()
                cells[path] = held and held.decode("utf-8", "surrogateescape")
            else:
                cells[path] = from_arrow(one).plain(0)
    return _json_of(cells).encode("utf-8", "surrogateescape")


def _json_of(cells: dict[str, object]) -> str:
    return canonical_json({path: cell for path, cell in cells.items() if cell is not None})


def is_row_index(column: str) -> bool:
    """Tell the unnamed index that pandas writes as a column: a row's number, no feature."""
    return _ROW_INDEX.fullmatch(column) is not None


def row_as_json(columns: dict[str, Values], row: int) -> bytes:
    """Return one row as the JSON object that would mean the same."""
    cells = {path: values.plain(row) for path, values in columns.items()}
    return _json_of(cells).encode()


def _recognises(head: bytes) -> bool:
    return head.startswith(b"PAR1")


READER: Final = Reader("parquet", (".parquet", ".pq"), _recognises, read)
