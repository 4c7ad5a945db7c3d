"""A log as objects, a bounded number at a time: what envelopes of calls are taken from."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import orjson

from domain.errors import InputError
from domain.rejection import Rejection
from ingest.arrow_values import plain
from ingest.exchange import Exchange
from ingest.exchange_rows import exchange_block
from ingest.json_columns import Cells
from ingest.json_exact import UnfitError, parse_object
from ingest.lines import Lines, Torso, pieces
from ingest.readers.block import Block, Layout, reject, rejection_block, torso_block
from ingest.readers.json_document import Rest, objects_in, rest_block
from ingest.readers.line_blocks import take_lines
from ingest.readers.parquet import DAMAGE, in_utc, moments, opened_file, unreadable
from ingest.readers.parquet import READER as PARQUET
from ingest.unpack import LogStream

_BYTES: Final = 8 * 1024 * 1024
_ROWS: Final = 500  # of a table at once: a body that many rows share tells nothing of its size
_BUFFER_BYTES: Final = 1024 * 1024
_RECORDS: Final = 5_000
_HEAD_BYTES: Final = 64 * 1024
_BOM: Final = b"\xef\xbb\xbf"
_BLANK: Final = b" \t\r\n"
# what the first line of an object of several lines ends with
_GOES_ON: Final = (b"{", b"[", b",")


@dataclass(frozen=True, slots=True)
class Record:
    """
    One object of a log.

    Parameters
    ----------
    position : int
        1-based line or row.
    raw : bytes
        What was read; rows of a table as the JSON object that means the same.
    members : dict of str to object
        JSON values.
    """

    position: int
    raw: bytes
    members: Cells


def records(stream: LogStream) -> Iterator[list[Record] | Block]:
    """
    Take a log of JSON lines, a JSON document or Parquet apart; a block is what is no object.

    Parameters
    ----------
    stream : LogStream

    Raises
    ------
    InputError
        If a Parquet file is cut off or damaged.
    """
    if PARQUET.recognises(stream.peek(4)):
        yield from _of_table(stream)
        return
    if _is_document(stream.peek(_HEAD_BYTES)):
        yield from _of_document(stream)
        return
    for piece in pieces(stream, _BYTES):
        if isinstance(piece, Torso):
            yield torso_block(piece)
            continue
        for begin in range(0, len(piece), _RECORDS):
            yield from _of_lines(piece.part(begin, begin + _RECORDS))


def _of_lines(lines: Lines) -> Iterator[list[Record] | Block]:
    found: list[Record] = []

    def take(number: int, line: bytes) -> None:
        found.append(Record(number, line, parse_object(line)))

    for refused in take_lines(lines, take):
        yield rejection_block(refused)
    yield found


def _is_document(head: bytes) -> bool:
    """Return whether a log is an array, or objects that are written over several lines."""
    start = head.removeprefix(_BOM).lstrip(_BLANK)
    line, line_break, _ = start.partition(b"\n")
    return line.startswith(b"[") or bool(line_break and line.rstrip().endswith(_GOES_ON))


def _of_document(stream: LogStream) -> Iterator[list[Record] | Block]:
    found: list[Record] = []
    n_bytes = 0
    for number, item in enumerate(objects_in(stream), 1):
        if isinstance(item, Rest):
            yield found
            yield rest_block(number, item, stream.damage)
            return
        try:
            found.append(Record(number, item, parse_object(item)))
        except UnfitError as unfit:
            yield rejection_block(reject(number, unfit.reason, item, **unfit.values))
        n_bytes += len(item)
        if len(found) == _RECORDS or n_bytes > _BYTES:
            yield found
            found, n_bytes = [], 0
    yield found


def _of_table(stream: LogStream) -> Iterator[list[Record]]:
    found: list[Record] = []
    n_bytes = 0
    try:
        for record in _rows(stream):
            found.append(record)
            n_bytes += len(record.raw)
            if len(found) == _RECORDS or n_bytes > _BYTES:
                yield found
                found, n_bytes = [], 0
    except DAMAGE as error:
        raise InputError(unreadable(stream.name, error)) from error
    yield found


def _rows(stream: LogStream) -> Iterator[Record]:
    file = opened_file(stream, buffer_size=_BUFFER_BYTES)
    zoned = moments(file)  # of such a table every time is one
    position = 0
    for group in range(file.metadata.num_row_groups):
        about = file.metadata.row_group(group)
        step = about.num_rows * _BYTES // max(about.total_byte_size, 1)
        step = max(1, min(_ROWS, step))  # a row may hold two bodies of a megabyte
        for batch in file.iter_batches(step, row_groups=[group], use_threads=False):
            for row in in_utc(batch, zoned).to_pylist(maps_as_pydicts="lossy"):
                position += 1
                held = {name: value for name, value in row.items() if value is not None}
                members: Any = plain(held)
                yield Record(position, orjson.dumps(members), members)


def call_block(
    found: Sequence[Record], exchange_of: Callable[[Record], Exchange], layout: Layout
) -> Block:
    """
    Make calls of objects, and rows of the calls.

    Parameters
    ----------
    found : sequence of Record
    exchange_of : callable
        May raise `UnfitError` with the reason why an object is no call.
    layout : Layout
    """
    exchanges: list[Exchange] = []
    rejections: list[Rejection] = []
    for record in found:
        try:
            exchanges.append(exchange_of(record))
        except UnfitError as unfit:
            rejections.append(reject(record.position, unfit.reason, record.raw, **unfit.values))
    return exchange_block(exchanges, layout, rejections)


def call_blocks(
    stream: LogStream, exchange_of: Callable[[Record], Exchange], layout: Layout
) -> Iterator[Block]:
    """
    Read a log each object of which is a call.

    Parameters
    ----------
    stream : LogStream
    exchange_of : callable
        As in `call_block`.
    layout : Layout
    """
    for found in records(stream):
        yield found if isinstance(found, Block) else call_block(found, exchange_of, layout)


def json_bytes(value: object) -> bytes:
    """Return a JSON value as it is written, integers of any length too."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value).encode()


# a text, or a sign that opens, closes or parts
_TOKEN: Final = re.compile(rb'"((?:[^"\\]|\\.)*)"|[{}\[\]:]')


@lru_cache(maxsize=4)
def first_keys(head: bytes) -> frozenset[str]:
    """
    Return the keys of the first object of a log or of a list, as far as they lie in its beginning.

    Parameters
    ----------
    head : bytes
        May end in the midst of the object.

    Examples
    --------
    >>> sorted(first_keys(b'{"a": {"b": 1}, "c": "} and so on'))
    ['a', 'c']
    """
    start = head.removeprefix(_BOM).lstrip(_BLANK)
    start = start.removeprefix(b"[").lstrip(_BLANK)
    keys: list[str] = []
    depth, text = 0, b""
    for token in _TOKEN.finditer(start) if start.startswith(b"{") else ():
        sign = token[0]
        if sign in (b"{", b"["):
            depth += 1
        elif sign in (b"}", b"]"):
            depth -= 1
            if not depth:
                break
        elif sign == b":" and depth == 1:
            keys.append(text.decode(errors="replace"))
        text = token[1] or b""
    return frozenset(keys)
