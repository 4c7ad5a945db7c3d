"""The formats that logs can have: a new one is one file beside this and one line here."""

from __future__ import annotations

from typing import Final

from domain.errors import UsageError, suggestion
from ingest.readers import arrow, csv, json_document, ndjson, parquet
from ingest.readers.block import Reader
from ingest.unpack import LogStream, without_packing

READERS: Final[tuple[Reader, ...]] = (
    parquet.READER,
    arrow.READER,
    json_document.READER,
    ndjson.READER,
    csv.READER,
)

AUTO: Final = "auto"
_HEAD_BYTES: Final = 64 * 1024


def endings() -> tuple[str, ...]:
    """Return the endings of the files that a folder is searched for."""
    return tuple(ending for reader in READERS for ending in reader.endings)


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
        for reader in READERS:
            if reader.name == name:
                return reader
        raise UsageError(
            f"no format {name!r}{suggestion(name, [r.name for r in READERS] + [AUTO])}"
        )
    head = stream.peek(_HEAD_BYTES)
    file_name = without_packing(stream.name)
    by_ending = [reader for reader in READERS if file_name.endswith(reader.endings)]
    recognised = [reader for reader in READERS if reader.recognises(head)]
    for reader in recognised:
        if reader in by_ending:
            return reader
    return next(iter([*recognised, *by_ending]), ndjson.READER)
