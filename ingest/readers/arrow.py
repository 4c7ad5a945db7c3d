"""Arrow IPC, as a stream or as a file: a batch of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa

from domain.errors import InputError
from ingest.arrow_values import flatten, from_arrow
from ingest.json_cells import opened
from ingest.readers.block import Block, Layout, Reader
from ingest.readers.parquet import is_row_index, row_as_json
from ingest.unpack import LogStream

_FILE_MAGIC: Final = b"ARROW1"
_CONTINUATION: Final = b"\xff\xff\xff\xff"


def read(stream: LogStream, layout: Layout) -> Iterator[Block]:
    """
    Read an Arrow IPC stream or file.

    Parameters
    ----------
    stream : LogStream
    layout : Layout

    Raises
    ------
    InputError
        If it is cut off or damaged.
    """
    try:
        first = 1
        for batch in _batches(stream):
            # a sender may be anybody: offsets and indices that lead elsewhere are found here
            batch.validate(full=True)
            yield _block(batch, first, layout)
            first += batch.num_rows
    except (pa.ArrowException, OSError, ValueError) as error:
        said = " ".join(str(error).split())
        raise InputError(f"{stream.name} is not whole Arrow IPC data ({said[:120]})") from error


def _batches(stream: LogStream) -> Iterator[pa.RecordBatch]:
    content = stream.seekable()
    if content.read(len(_FILE_MAGIC)) == _FILE_MAGIC:
        file = pa.ipc.open_file(pa.PythonFile(content, mode="r"))
        for number in range(file.num_record_batches):
            yield file.get_batch(number)
        return
    content.seek(0)
    with pa.ipc.open_stream(pa.PythonFile(content, mode="r")) as batches:
        yield from batches


def _block(batch: pa.RecordBatch, first: int, layout: Layout) -> Block:
    columns = {
        path: from_arrow(column)
        for path, column in flatten(batch, layout.objects).items()
        if not is_row_index(path)
    }
    return Block(
        np.arange(first, first + batch.num_rows, dtype=np.int64),
        opened(columns, layout.objects),
        partial(row_as_json, columns),
        complete=True,
    )


def _recognises(head: bytes) -> bool:
    return head.startswith((_FILE_MAGIC, _CONTINUATION))


READER: Final = Reader("arrow", (".arrow", ".arrows", ".feather"), _recognises, read)
