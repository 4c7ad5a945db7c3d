"""
CloudEvents, one a line or in a JSON array: structured ones, and binary ones with their headers.

An event in binary mode is written down as ``{"headers": {"ce-type": …}, "body": …}``, or with
``body_base64``; header names in any case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from ingest.cloudevents.event import json_bytes
from ingest.cloudevents.tell import Told
from ingest.exchange_rows import exchange_block
from ingest.json_bulk import KnownColumns
from ingest.lines import Torso, lines_of, pieces
from ingest.pieces import RECORD_LINES
from ingest.readers import json_document
from ingest.readers.block import Block, Layout, Reader, torso_block, with_raw
from ingest.readers.json_document import Rest, objects_in, rest_block
from ingest.readers.ndjson import parse_lines
from ingest.unpack import LogStream

_HEAD_BYTES: Final = 8_192
_STRUCTURED: Final = (re.compile(rb'"specversion"\s*:'), re.compile(rb'"type"\s*:'))
_WITH_HEADERS: Final = (
    re.compile(rb'"headers"\s*:'),
    re.compile(rb'"ce-type"\s*[:,]', re.IGNORECASE),
)


def read(stream: LogStream, layout: Layout) -> Iterator[Block]:
    """
    Read CloudEvents.

    Parameters
    ----------
    stream : LogStream
    layout : Layout
    """
    if json_document.READER.recognises(stream.peek(_HEAD_BYTES)):
        yield from _document(stream, layout)
        return
    for piece in pieces(stream):
        if isinstance(piece, Torso):
            yield torso_block(piece)
            continue
        told = Told(layout)
        for index, number in enumerate(piece.numbers.tolist()):
            line = piece.line(index)
            if line.strip():
                told.take(number, line)
            if told.is_full:
                yield from _blocks(told, layout)
                told = Told(layout)
        yield from _blocks(told, layout)


def _blocks(told: Told, layout: Layout) -> Iterator[Block]:
    empty = exchange_block((), layout, told.rejections)
    yield replace(empty, halves=tuple(told.halves), passed_over=dict(told.passed_over))
    if not told.events:
        return
    raws = {event.position: event.raw for event, _ in told.events}
    lines = lines_of(b"\n".join(json_bytes(row) for _, row in told.events))
    numbers = np.array([event.position for event, _ in told.events], np.int64)
    for block in parse_lines(replace(lines, numbers=numbers), KnownColumns(layout.objects), layout):
        yield _with_raws(block, raws)


def _with_raws(block: Block, raws: Mapping[int, bytes]) -> Block:
    """Let what is kept of rows be the events that they were told in."""
    refused = [with_raw(one, raws[one.position]) for one in block.rejections]
    return replace(
        block,
        raw=lambda row: raws[int(block.positions[row])],
        rejections=tuple(refused),
    )


def _document(stream: LogStream, layout: Layout) -> Iterator[Block]:
    told = Told(layout)
    for number, item in enumerate(objects_in(stream), 1):
        if isinstance(item, Rest):
            yield from _blocks(told, layout)
            yield rest_block(number, item, stream.damage)
            return
        told.take(number, item)
        if told.is_full:
            yield from _blocks(told, layout)
            told = Told(layout)
    yield from _blocks(told, layout)


def _recognises(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith((b"{", b"[")):
        return False
    first = start if json_document.READER.recognises(head) else start.split(b"\n", 1)[0]
    forms = (_STRUCTURED, _WITH_HEADERS)
    return any(all(part.search(first) for part in form) for form in forms)


READER: Final = Reader("cloudevents", (), _recognises, read, pieces=RECORD_LINES)
