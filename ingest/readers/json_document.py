"""A JSON array of objects, or objects written over several lines: as JSON lines, once cut."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

from domain.errors import InputError
from ingest.json_bulk import KnownColumns
from ingest.lines import Torso, lines_of
from ingest.readers.block import (
    Block,
    Layout,
    Reader,
    reject,
    rejection_block,
    torso_block,
)
from ingest.readers.ndjson import parse_lines
from ingest.unpack import LogStream

_LIMIT_BYTES: Final = 512 * 1024 * 1024
_BETWEEN: Final = re.compile(r"[ \t\r\n,]*")
_ITEMS: Final = 20_000


def read(stream: LogStream, layout: Layout) -> Iterator[Block]:
    """
    Read a JSON document; the position of an object is its number, not its line.

    Parameters
    ----------
    stream : LogStream
    layout : Layout

    Raises
    ------
    InputError
        If it is larger than 512 MB, or no UTF-8: a document has to be read as a whole.
    """
    yield from object_blocks(stream, objects_in(stream), layout)


def object_blocks(stream: LogStream, objects: Iterable[bytes], layout: Layout) -> Iterator[Block]:
    """
    Read the objects of a document.

    Parameters
    ----------
    stream : LogStream
    objects : iterable of bytes
        As of `objects_in`.
    layout : Layout
    """
    known = KnownColumns(layout.objects)
    items: list[bytes] = []
    first = 1
    for item in objects:
        if isinstance(item, Rest):
            yield from parse_lines(lines_of(b"\n".join(items), first), known, layout)
            yield rest_block(first + len(items), item, stream.damage)
            return
        items.append(item)
        if len(items) == _ITEMS:
            yield from parse_lines(lines_of(b"\n".join(items), first), known, layout)
            first, items = first + len(items), []
    yield from parse_lines(lines_of(b"\n".join(items), first), known, layout)


class Rest(bytes):
    """What is left of a document from the place where it is no JSON."""

    __slots__ = ()


def objects_in(stream: LogStream, again: re.Pattern[str] | None = None) -> Iterator[bytes]:
    """
    Cut a document, or several behind each other, into objects, each on one line.

    Parameters
    ----------
    stream : LogStream
    again : pattern, optional
        Where an object begins for sure: what lies between a damaged one and that is given as it is,
        and the document is read on, also where a byte of it is no UTF-8.

    Yields
    ------
    bytes
        A `Rest` last, where the document ends in something else.

    Raises
    ------
    InputError
        If it is larger than 512 MB, or no UTF-8.
    """
    content = stream.read(_LIMIT_BYTES + 1)
    if len(content) > _LIMIT_BYTES:
        raise InputError(f"{stream.name} is a JSON document of over 512 MB; write JSON lines")
    try:
        text = content.decode("utf-8-sig", errors="strict" if again is None else "replace")
    except UnicodeDecodeError as error:
        raise InputError(f"{stream.name} is not UTF-8; save it as UTF-8") from error
    return _cut(text, again)


def _cut(text: str, again: re.Pattern[str] | None) -> Iterator[bytes]:
    decoder = json.JSONDecoder()
    at = _skip(text, 0)
    array = False
    while at < len(text):
        # arrays may follow each other: a dump of what was sent in batches
        if text[at] == ("]" if array else "["):
            array, at = not array, _skip(text, at + 1)
            continue
        try:
            _, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            found = None if again is None else again.search(text, at + 1)
            if found is None:
                yield Rest(text[at:].encode())
                return
            end = found.start()
        # a line break can stand between the parts of an object, never inside a text
        yield text[at:end].replace("\n", " ").replace("\r", " ").encode()
        at = _skip(text, end)
    if array:
        yield Rest(b"")


def _skip(text: str, at: int) -> int:
    between = _BETWEEN.match(text, at)
    return between.end() if between else at


def rest_block(position: int, rest: bytes, damage: str | None) -> Block:
    """Reject what is left of a document, or of its packing."""
    if damage is not None:
        return torso_block(Torso(position, rest, damage))
    return rejection_block(reject(position, "bad_json", rest, value="from here on"))


def _recognises(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    first, _, rest = start.partition(b"\n")
    first = first.rstrip()
    if start.startswith(b"[") or not start.startswith(b"{"):
        return start.startswith(b"[")
    if first.endswith((b"{", b",")):  # a key comes next; an object: the line above is a torn one
        return rest.lstrip()[:1] in (b'"', b"}", b"")
    return first.endswith(b"[")


READER: Final = Reader("json", (".json",), _recognises, read, only_likely=True)
