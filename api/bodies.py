"""A request's body as bytes of a known format: unpacked within limits, or refused with a reason."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from ingest.readers import json_document

# As it is on the wire, and unpacked: two thousand times a usual body, and what memory can bear.
BODY_LIMIT_BYTES: Final = 8 * 1024 * 1024
UNPACKED_LIMIT_BYTES: Final = 64 * 1024 * 1024
# A JSON document is decoded as a whole, at about twelve times its size.
DOCUMENT_LIMIT_BYTES: Final = 16 * 1024 * 1024

JSON_LINES: Final = "ndjson"
JSON_DOCUMENT: Final = "json"
# those whose line breaks say how many events there are
BY_LINE: Final = frozenset({JSON_LINES, JSON_DOCUMENT, "csv", "tap", "resources"})
_JSON: Final = "json or lines of it"
_ANY: Final = "auto"

# by media type: the reader, or what decides between several
_FORMATS: Final[dict[str, str]] = {
    "": _ANY,
    "application/octet-stream": _ANY,
    "application/json": _JSON,
    "text/json": _JSON,
    "application/x-ndjson": JSON_LINES,
    "application/ndjson": JSON_LINES,
    "application/jsonl": JSON_LINES,
    "application/x-jsonlines": JSON_LINES,
    "application/jsonlines": JSON_LINES,
    "application/vnd.apache.arrow.stream": "arrow",
    "application/vnd.apache.parquet": "parquet",
    "application/x-parquet": "parquet",
    "text/csv": "csv",
    "application/vnd.driftline.tap": "tap",
}
MEDIA_TYPES: Final = (
    "application/json",
    "application/x-ndjson",
    "application/vnd.apache.arrow.stream",
    "application/vnd.apache.parquet",
    "text/csv",
    "application/vnd.driftline.tap",
)
_CHARSETS: Final = frozenset({"utf-8", "utf8", "us-ascii"})
_ENCODINGS: Final = frozenset({"", "identity", "gzip", "x-gzip", "deflate", "zstd"})
_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
# what HTTP calls deflate; a text may begin so, too
_ZLIB: Final = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
# inside of one nothing is packed again, and nothing else is unpacked here
_PACKED: Final = (_GZIP, _ZSTD, b"BZh", b"\xfd7zXZ\x00")
_STARTS: Final = ((b"PAR1", "parquet"), (b"ARROW1", "arrow"), (b"\xff\xff\xff\xff", "arrow"))
_PIECE_BYTES: Final = 64 * 1024


class UnfitBodyError(Exception):
    """
    A body that is refused as a whole.

    Parameters
    ----------
    status : int
        Of the answer: 400, 413 or 415.
    key : str
        Its sentence in the text catalogue.
    **values
        What the sentence needs.
    """

    def __init__(self, status: int, key: str, **values: object) -> None:
        super().__init__(key)
        self.status = status
        self.key = key
        self.values = values


@dataclass(frozen=True, slots=True)
class Heading:
    """
    What a request says of its body.

    Parameters
    ----------
    format : str
        What its media type stands for.
    wrap : callable or None
        Makes of the unpacked body what the reader takes, where headers belong to what was sent.
    may_be_empty : bool
        Whether no bytes are a whole body.
    """

    format: str
    wrap: Callable[[bytes], bytes] | None = None
    may_be_empty: bool = False


def heading(content_type: str, encoding: str) -> Heading:
    """
    Read what a request says of its body, before a byte of it is taken.

    Parameters
    ----------
    content_type, encoding : str
        Of the headers Content-Type and Content-Encoding; empty where there is none.

    Raises
    ------
    UnfitBodyError
        415 if it is none of what is read.
    """
    media, _, rest = content_type.partition(";")
    chosen = _FORMATS.get(media.strip().lower())
    if chosen is None:
        raise UnfitBodyError(
            415, "api.collect.media-type", value=media.strip()[:100], known=", ".join(MEDIA_TYPES)
        )
    for parameter in rest.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip(' "').lower() not in _CHARSETS:
            raise UnfitBodyError(415, "api.collect.charset", value=value.strip(' "')[:100])
    if encoding.strip().lower() not in _ENCODINGS:
        raise UnfitBodyError(415, "api.collect.encoding", value=encoding.strip()[:100])
    return Heading(chosen)


def unpacked(content: bytes, *, may_be_empty: bool = False) -> bytes:
    """
    Return a body as it was before it was packed; that it is packed shows in its first bytes.

    Parameters
    ----------
    content : bytes
    may_be_empty : bool
        See `Heading`.

    Raises
    ------
    UnfitBodyError
        400 if it is empty or cut off, 413 if it is larger than `UNPACKED_LIMIT_BYTES`, 415 if it
        is packed twice or in a way that is not read.
    """
    if content.startswith(_GZIP):
        content = _gunzipped(content)
    elif content.startswith(_ZSTD):
        content = _of_zstd(content)
    elif content.startswith(_ZLIB):
        content = _of_zlib(content)
    if not content.strip() and not may_be_empty:
        raise UnfitBodyError(400, "api.collect.empty")
    if content.startswith(_PACKED):
        raise UnfitBodyError(415, "api.collect.packed")
    return content


def format_of(said: Heading, content: bytes) -> str:
    """
    Return the reader of a body.

    Parameters
    ----------
    said : Heading
    content : bytes
        Unpacked.

    Raises
    ------
    UnfitBodyError
        413 if it is a JSON document that is too large.
    """
    chosen = said.format
    if chosen == _ANY:
        chosen = next((name for start, name in _STARTS if content.startswith(start)), _JSON)
    if chosen == _JSON:
        chosen = JSON_DOCUMENT if json_document.READER.recognises(content) else JSON_LINES
    if chosen == JSON_DOCUMENT and len(content) > DOCUMENT_LIMIT_BYTES:
        raise UnfitBodyError(413, "api.collect.document", limit_bytes=DOCUMENT_LIMIT_BYTES)
    return chosen


def _gunzipped(content: bytes) -> bytes:
    """Unpack member after member, and stop at the limit: a few bytes can stand for gigabytes."""
    pieces: list[bytes] = []
    room = UNPACKED_LIMIT_BYTES
    while content:
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            try:
                piece = member.decompress(content, min(room + 1, _PIECE_BYTES * 16))
            except zlib.error as error:
                raise UnfitBodyError(400, "api.collect.gzip", value=str(error)) from error
            content = member.unconsumed_tail
            room -= len(piece)
            pieces.append(piece)
            _require_room(room)
            if not piece and not content and not member.eof:
                raise UnfitBodyError(400, "api.collect.cut-off")
        content = member.unused_data.lstrip(b"\0")
    return b"".join(pieces)


def _of_zlib(content: bytes) -> bytes:
    """Unpack where it is packed to its last byte: the sum at its end tells it from a text."""
    member = zlib.decompressobj()
    try:
        inflated = member.decompress(content, UNPACKED_LIMIT_BYTES + 1)
    except zlib.error:
        return content
    _require_room(UNPACKED_LIMIT_BYTES - len(inflated))
    return inflated if member.eof and not member.unused_data else content


def _of_zstd(content: bytes) -> bytes:
    pieces: list[bytes] = []
    room = UNPACKED_LIMIT_BYTES
    try:
        with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as stream:
            while piece := stream.read(_PIECE_BYTES):
                room -= len(piece)
                _require_room(room)
                pieces.append(piece)
    except OSError as error:
        raise UnfitBodyError(400, "api.collect.zstd", value=str(error)) from error
    return b"".join(pieces)


def _require_room(room: int) -> None:
    if room < 0:
        raise UnfitBodyError(413, "api.collect.unpacked", limit_bytes=UNPACKED_LIMIT_BYTES)
