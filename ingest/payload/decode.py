"""A body to its rows: what it is written in is told by its content before its media type."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from ingest.exchange import Decoded, Payload
from ingest.json_exact import UnfitError
from ingest.payload.binary_tensors import buffers_of, split
from ingest.payload.chat import decode_stream
from ingest.payload.csv_rows import decode_csv, looks_like_csv
from ingest.payload.embedded import unpacked, without_base64
from ingest.payload.json_text import Json, parse_json
from ingest.payload.protocols import request_of, response_of

# A text in a text in a text: more is nobody's log.
_EMBEDDED: Final = 3

_JSON: Final = (b"{", b"[", b'"')
_WORDS: Final = (b"NaN", b"Infinity", b"-Infinity", b"null", b"true", b"false")

_CSV: Final = "csv"
_BOM: Final = b"\xef\xbb\xbf"

OfJson = Callable[[Json, Iterator[list[Json]]], Decoded]
OfText = Callable[[bytes, str], Decoded]


def decode_request(payload: Payload) -> Decoded:
    """
    Decode what was asked.

    Parameters
    ----------
    payload : Payload

    Returns
    -------
    Decoded
        Columns under the features' names, ``f0``, ``f1``, … where the request has none. No
        rows: bytes that are no table, a picture, say.

    Raises
    ------
    UnfitError
        With the reason of the rejection.
    """
    return _decode(payload, request_of, _text_request)


def decode_response(payload: Payload, n_rows: int | None = None) -> Decoded:
    """
    Decode what was answered.

    Parameters
    ----------
    payload : Payload
    n_rows : int or None
        Of the request, where it is known: one line of CSV with n cells is n answers.

    Returns
    -------
    Decoded
        Columns under the outputs' names, ``prediction`` where the answer has none. No rows: a
        page or a text that tells no prediction.

    Raises
    ------
    UnfitError
        With the reason of the rejection.
    """
    return _decode(
        payload,
        lambda body, buffers: response_of(body, buffers, n_rows),
        lambda content, media_type: _text_response(content, media_type, n_rows),
    )


def _decode(payload: Payload, of_json: OfJson, of_text: OfText) -> Decoded:
    content = unpacked(payload.content)
    for _ in range(_EMBEDDED):
        parts = split(content, payload.header_length)
        if parts is not None:
            return _binary(*parts, of_json)
        content = content.removeprefix(_BOM).strip()
        if content.startswith(_JSON):
            body = _json(content, payload.media_type)
            inner = body.encode() if isinstance(body, str) else b""
            if not _is_wrapped(inner):
                csv = body is _NO_JSON
                return of_text(content, payload.media_type) if csv else of_json(body, iter(()))
        else:
            plain = without_base64(content)
            if plain is None:
                return _of_other(content, payload.media_type, of_json, of_text)
            inner = unpacked(plain)
        content = inner
    raise UnfitError("too_deep", value=_EMBEDDED)


def _is_wrapped(text: bytes) -> bool:
    """Return whether a JSON text is JSON again, or base64 of it."""
    return text.lstrip().startswith(_JSON) or without_base64(text.strip()) is not None


def _of_other(content: bytes, media_type: str, of_json: OfJson, of_text: OfText) -> Decoded:
    if not content:
        return Decoded(0)
    if content in _WORDS or _NUMBER.fullmatch(content):
        return of_json(parse_json(content), iter(()))
    return of_text(content, media_type)


def _binary(body: Json, raw: bytes, of_json: OfJson) -> Decoded:
    items: Json = None
    if isinstance(body, dict):
        items = body.get("inputs", body.get("outputs"))
    return of_json(body, buffers_of(items, raw))


_NUMBER: Final = re.compile(rb"-?(0|[1-9][0-9]{0,99})(\.[0-9]{1,99})?([eE][+-]?[0-9]{1,3})?")


def _json(content: bytes, media_type: str) -> Json:
    """Parse JSON, JSON lines as a list; `_NO_JSON` is CSV that begins with a quoted cell."""
    try:
        return parse_json(content)
    except UnfitError:
        if content.startswith(b'"') and _CSV in media_type.lower():
            return _NO_JSON
        lines = content.splitlines()
        if len(lines) < 2 or not lines[1].strip().startswith(_JSON):
            raise
        if len(lines) > _LINES:
            raise UnfitError("too_many_rows", value=len(lines), limit=_LINES) from None
    return [parse_json(line) for line in lines if line.strip()]


_NO_JSON: Final = object()
_LINES: Final = 100_000


def _text_request(content: bytes, media_type: str) -> Decoded:
    if _is_csv(content, media_type, request=True):
        return decode_csv(content, media_type, request=True, n_rows=None)
    return Decoded(0)


def _text_response(content: bytes, media_type: str, n_rows: int | None) -> Decoded:
    stream = decode_stream(content)
    if stream is not None:
        return stream
    if _is_csv(content, media_type, request=False):
        return decode_csv(content, media_type, request=False, n_rows=n_rows)
    return Decoded(0)


def _is_csv(content: bytes, media_type: str, *, request: bool) -> bool:
    if content.startswith(b"<"):  # a page
        return False
    return _CSV in media_type.lower() or looks_like_csv(content, request=request)
