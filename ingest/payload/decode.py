"""A body to its rows: what it is written in is told by its content before its media type."""

from __future__ import annotations

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
    if content is payload.content:
        parts = split(payload)
        if parts is not None:
            return _binary(*parts, of_json)
    content, body = _opened(content.strip())
    if body is not _NO_JSON:
        return of_json(body, iter(()))
    return of_text(content, payload.media_type) if content else Decoded(0)


def _binary(body: Json, raw: bytes, of_json: OfJson) -> Decoded:
    items: Json = None
    if isinstance(body, dict):
        items = body.get("inputs", body.get("outputs"))
    return of_json(body, buffers_of(items, raw))


_NO_JSON: Final = object()


def _opened(content: bytes) -> tuple[bytes, Json]:
    """Return the JSON of a body, whatever it was wrapped in; or the text that it is instead."""
    for _ in range(_EMBEDDED):
        if not content.startswith(_JSON):
            inner = without_base64(content)
            if inner is None:
                return content, _scalar(content)
            content = unpacked(inner).strip()
            continue
        body = _json(content)
        if not isinstance(body, str):
            return content, body
        inner_text = body.strip().encode(errors="surrogatepass")
        if not inner_text.startswith(_JSON) and without_base64(inner_text) is None:
            return inner_text, body
        content = inner_text
    raise UnfitError("too_deep", value=_EMBEDDED)


def _scalar(content: bytes) -> Json:
    """Return a body that is a single number or word of JSON."""
    if len(content) > 64 or not (content in _WORDS or content[:1] in b"-0123456789"):
        return _NO_JSON
    try:
        return parse_json(content)
    except UnfitError:
        return _NO_JSON


def _json(content: bytes) -> Json:
    """Parse JSON, or JSON lines as a list."""
    try:
        return parse_json(content)
    except UnfitError:
        lines = content.splitlines()
        if len(lines) < 2 or not lines[1].strip().startswith(_JSON):
            raise
        if len(lines) > _LINES:
            raise UnfitError("too_many_rows", value=len(lines), limit=_LINES) from None
    return [parse_json(line) for line in lines if line.strip()]


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
    return "csv" in media_type.lower() or looks_like_csv(content, request=request)
