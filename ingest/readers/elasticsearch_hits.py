"""
What was read out of Elasticsearch: a hit a line, as exporters write them, or answers of a search.

A hit is a stored document with its index and id. Documents are those of `ingest.readers.ecs`; the
id stands in for a prediction's id where a document names none, as in the body that brought it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import orjson

from ingest.json_bulk import KnownColumns
from ingest.lines import Torso, pieces
from ingest.pieces import RECORD_LINES
from ingest.readers import ecs, json_document
from ingest.readers.block import Block, Layout, Reader, rejection_block, torso_block
from ingest.readers.elasticsearch_bulk import Documents, id_of
from ingest.readers.json_document import Rest, objects_in, rest_block
from ingest.readers.ndjson import parse_lines
from ingest.unpack import LogStream
from ingest.wrapped import of_document

_HEAD_BYTES: Final = 64 * 1024
_MARKS: Final = (b'"_source"', b'"_index"')


def read(stream: LogStream, layout: Layout) -> Iterator[Block]:
    """
    Read hits; the position of one is its line, or its number in the answer of a search.

    Parameters
    ----------
    stream : LogStream
    layout : Layout
    """
    hits = _Hits(layout)
    if json_document.READER.recognises(stream.peek(_HEAD_BYTES)):
        yield from hits.blocks(enumerate(objects_in(stream), 1))
        return
    for piece in pieces(stream):
        if isinstance(piece, Torso):
            yield torso_block(piece)
        else:
            yield from hits.blocks((n, piece.line(i)) for i, n in enumerate(piece.numbers.tolist()))


class _Hits:
    """Makes blocks of what holds hits."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._opened = ecs.opening(layout)
        self._known = KnownColumns(self._opened.objects)
        self._position = 0

    def blocks(self, numbered: Iterable[tuple[int, bytes]]) -> Iterator[Block]:
        """Return the documents of some lines or objects."""
        documents = Documents()
        for number, content in numbered:
            if isinstance(content, Rest):
                yield rest_block(number, content, None)
            elif content.strip():
                self._take(documents, number, content)
        for rejection in documents.rejections:
            yield rejection_block(rejection)
        for block in parse_lines(documents.together(), self._known, self._opened):
            yield documents.told(ecs.native(block, self._layout), self._layout)

    def _take(self, documents: Documents, number: int, content: bytes) -> None:
        hits = hits_in(content)
        for hit in hits:
            self._position = max(self._position + 1, number)
            source = orjson.dumps(hit["_source"])
            carried = of_document(source)
            raw = content if len(hits) == 1 else orjson.dumps(hit)
            document = source if carried is None else carried.content
            documents.put(self._position, (raw,), document, id_of(hit))
        if not hits:  # whatever is the matter with it, its own reader says so
            self._position = max(self._position + 1, number)
            documents.put(self._position, (content,), content, None)


def hits_in(content: bytes) -> list[dict[str, Any]]:
    """Return the hits that a JSON object is, or holds as the answer of a search."""
    try:
        told = orjson.loads(content)
    except orjson.JSONDecodeError:
        return []
    outer = told.get("hits") if isinstance(told, dict) else None
    found = outer.get("hits") if isinstance(outer, dict) else [told]
    return [hit for hit in found if _is_hit(hit)] if isinstance(found, list) else []


def _is_hit(value: object) -> bool:
    return isinstance(value, dict) and "_index" in value and isinstance(value.get("_source"), dict)


def _recognises(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith((b"{", b"[")):
        return False
    # an answer may be longer than what is seen of it; no event has both as names
    first = start if json_document.READER.recognises(head) else start.split(b"\n", 1)[0]
    return all(mark in first for mark in _MARKS)


READER: Final = Reader("elasticsearch-hits", (), _recognises, read, pieces=RECORD_LINES)
