"""Calls that `driftline_tap` recorded, with both bodies as they were, and what the process used."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import orjson

from domain.event import FIELDS
from domain.resource import ResourceSample
from ingest.exchange import Exchange, Payload
from ingest.exchange_rows import exchange_block
from ingest.json_columns import Cells
from ingest.json_exact import UnfitError, parse_object
from ingest.lines import Lines
from ingest.pieces import RECORD_LINES
from ingest.readers.block import Block, Layout, Reader
from ingest.readers.line_blocks import line_blocks, take_lines
from ingest.resource_lines import sample_of
from ingest.unpack import LogStream

# what every line begins with; the number is that of the format
MARK: Final = b'{"driftline_tap":1,'
_BOM: Final = b"\xef\xbb\xbf"


def read(stream: LogStream, layout: Layout) -> Iterator[Block]:
    """
    Read calls; each line that is none is rejected alone.

    Parameters
    ----------
    stream : LogStream
    layout : Layout
    """
    yield from line_blocks(stream, lambda lines: _block(lines, layout))


def _block(lines: Lines, layout: Layout) -> Block:
    exchanges: list[Exchange] = []
    samples: list[ResourceSample] = []

    def take(number: int, line: bytes) -> None:
        said = parse_object(line)
        if "metric" in said:
            samples.append(sample_of(said, "tap"))
        else:
            exchanges.append(_exchange(number, line, said))

    refused = take_lines(lines, take)
    return replace(exchange_block(exchanges, layout, refused), samples=tuple(samples))


def _exchange(number: int, line: bytes, said: Cells) -> Exchange:
    facts = {name: said[name] for name in FIELDS if said.get(name) is not None}
    implied = said.get("implied_status")
    return Exchange(
        number,
        line,
        facts,
        _payload(said, "request"),
        _payload(said, "response"),
        implied if isinstance(implied, int) else None,
    )


def written(exchange: Exchange) -> bytes:
    """
    Write a call that was put together from several records as the one line that means the same.

    Parameters
    ----------
    exchange : Exchange
        Its bodies not yet taken apart.
    """
    said: dict[str, object] = {"driftline_tap": 1, **exchange.facts}
    if exchange.implied_status is not None:
        said["implied_status"] = exchange.implied_status
    for side in ("request", "response"):
        body = getattr(exchange, side)
        if isinstance(body, Payload):
            said[side] = _said(body)
    return orjson.dumps(said)


def _said(body: Payload) -> dict[str, Any]:
    more = {"content_type": body.media_type, "header_length": body.header_length}
    told = {name: value for name, value in more.items() if value not in ("", None)}
    try:
        return {"text": body.content.decode(), **told}
    except UnicodeDecodeError:
        return {"base64": b64encode(body.content).decode(), **told}


def _payload(said: Cells, side: str) -> Payload | None:
    match said.get(side):
        case None:
            return None
        case {"text": str(text), **more}:
            content = text.encode()
        case {"base64": str(text), **more}:
            content = _decoded(side, text)
        case other:
            raise UnfitError("bad_body", value=f"{side} is a {type(other).__name__}")
    length = more.get("header_length")
    media_type = more.get("content_type")
    return Payload(
        content,
        media_type if isinstance(media_type, str) else "",
        length if isinstance(length, int) else None,
    )


def _decoded(side: str, text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (Base64Error, ValueError) as error:  # ValueError: a letter outside of ASCII
        raise UnfitError("bad_body", value=f"{side} is no base64") from error


def _recognises(head: bytes) -> bool:
    return head.removeprefix(_BOM).lstrip().startswith(MARK)


READER: Final = Reader("tap", (".ndjson",), _recognises, read, pieces=RECORD_LINES)
