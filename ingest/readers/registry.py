"""The formats that logs can have: a new one is one file beside this and one line here."""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

from domain.errors import UsageError, suggestion
from ingest.readers import (
    arrow,
    bentoml,
    cloudevents,
    csv,
    ecs,
    elasticsearch_bulk,
    elasticsearch_hits,
    inference_table,
    json_document,
    kserve_blob,
    ndjson,
    otlp,
    parquet,
    resource_samples,
    sagemaker,
    tap,
    tf_serving,
    triton,
    v2_exchange,
    vertex,
)
from ingest.readers.block import Reader
from ingest.unpack import LogStream, without_packing
from ingest.wrapped import without_wrapping

READERS: Final[tuple[Reader, ...]] = (
    tf_serving.READER,
    sagemaker.READER,
    vertex.READER,
    inference_table.READER,
    parquet.READER,
    arrow.READER,
    tap.READER,  # its lines have bodies that others know, too
    v2_exchange.READER,
    cloudevents.READER,
    kserve_blob.READER,
    otlp.READER,
    resource_samples.READER,
    bentoml.READER,
    elasticsearch_bulk.READER,
    elasticsearch_hits.READER,
    ecs.READER,
    triton.READER,
    json_document.READER,
    ndjson.READER,
    csv.READER,
)

AUTO: Final = "auto"
_HEAD_BYTES: Final = 64 * 1024


def endings() -> tuple[str, ...]:
    """Return the endings of the files that a folder is searched for."""
    known = (ending for reader in READERS for ending in (*reader.endings, *reader.patterns))
    return tuple(dict.fromkeys(known))


def is_log(name: str) -> bool:
    """Return whether a file in a folder is a log, by its name."""
    file_name = without_packing(name)
    return any(reader.bears(file_name) for reader in READERS)


def reader_named(name: str) -> Reader:
    """
    Return the reader of a format.

    Raises
    ------
    UsageError
        If no format has that name.
    """
    for reader in READERS:
        if reader.name == name:
            return reader
    raise UsageError(f"no format {name!r}{suggestion(name, [r.name for r in READERS] + [AUTO])}")


def reader_for(stream: LogStream, name: str = AUTO) -> Reader:
    """
    Choose the reader of a log: by its content, then by its ending.

    Parameters
    ----------
    stream : LogStream
        At its beginning, where it stays.
    name : str
        The format's name, or ``auto``.

    Raises
    ------
    UsageError
        If no format has that name.
    """
    if name != AUTO:
        return reader_named(name)
    head = without_wrapping(stream.peek(_HEAD_BYTES))
    if parquet.READER.recognises(head):
        return _of_table(stream)
    behind = _behind_other_lines(head)
    recognised = [
        reader
        for reader in READERS
        if reader.recognises(head) or (_of_lines(reader) and reader.recognises(behind))
    ]
    file_name = without_packing(PurePath(stream.name).name)
    by_name = [reader for reader in READERS if reader.bears(file_name)]
    for reader in recognised:
        if reader in by_name or not reader.only_likely:
            return reader
    return next(iter([*recognised, *by_name]), ndjson.READER)


def _behind_other_lines(head: bytes) -> bytes:
    """Return a log from its first object on, where a program's own lines stand before it."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    _, _, behind = (b"", b"", b"") if start.startswith((b"{", b"[")) else start.partition(b"\n{")
    return behind and b"{" + behind


def _of_lines(reader: Reader) -> bool:
    """Return whether a format takes a log line by line, and refuses a line alone."""
    return reader.pieces is not None and not reader.only_likely


def _of_table(stream: LogStream) -> Reader:
    """Choose the reader of a Parquet file by its columns."""
    schema = parquet.schema_of(stream)
    if schema is not None:
        for reader in READERS:
            if reader.recognises_table is not None and reader.recognises_table(schema):
                return reader
    return parquet.READER
