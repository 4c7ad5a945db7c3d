"""What lies inside other texts: base64, JSON in a JSON text, gzip."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from typing import Final

from ingest.json_exact import UnfitError
from ingest.payload.json_text import Json

BODY_LIMIT_BYTES: Final = 64 * 1024 * 1024

_GZIP: Final = b"\x1f\x8b"
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-]{4,}={0,2}\s*")
_OPENINGS: Final = (b"{", b"[", b'"', _GZIP)


def unpacked(content: bytes) -> bytes:
    """
    Return a body without gzip, told by its first bytes: proxies strip headers.

    Raises
    ------
    UnfitError
        If it is damaged, or larger than `BODY_LIMIT_BYTES` once unpacked.
    """
    if content.startswith(_GZIP):
        unpacker = zlib.decompressobj(wbits=31)
        try:
            content = unpacker.decompress(content, BODY_LIMIT_BYTES + 1)
        except zlib.error as error:
            raise UnfitError("bad_body", value=str(error)) from error
        if not unpacker.eof and len(content) <= BODY_LIMIT_BYTES:
            raise UnfitError("bad_body", value="gzip that ends too early")
    if len(content) > BODY_LIMIT_BYTES:
        raise UnfitError("too_large", field="the body", value=BODY_LIMIT_BYTES)
    return content


def without_base64(content: bytes) -> bytes | None:
    """
    Return what a base64 text stands for, if that is JSON or gzip; None where it is something else.

    A text of other bytes may be a label or a code, so it stays what it is.
    """
    if not _BASE64.fullmatch(content):
        return None
    try:
        plain = base64.b64decode(content.strip().translate(_URL_SAFE), validate=True)
    except (binascii.Error, ValueError):
        return None
    return plain if plain.lstrip().startswith(_OPENINGS) else None


_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")


def text_of_base64(text: Json) -> Json:
    """Return the text that a base64 text stands for; the same where that is no UTF-8."""
    if not isinstance(text, str):
        return text
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return text


def base64_of(content: bytes) -> str:
    """Return bytes as text: UTF-8 where they are, else base64."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return base64.b64encode(content).decode()
