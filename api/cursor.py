"""Where a page ended, as a word that its reader hands back unread."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, timedelta

import orjson

from domain.page import Mark

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


def write_cursor(kind: str, mark: Mark) -> str:
    """
    Write where a page ended.

    Parameters
    ----------
    kind : str
        Of what: a cursor of one list means nothing to another.
    mark : Mark
    """
    start, end = ((moment - _EPOCH) // _TICK for moment in (mark.start, mark.end))
    fields = [kind, start, end, mark.first, mark.second, mark.position]
    return base64.urlsafe_b64encode(orjson.dumps(fields)).rstrip(b"=").decode()


def read_cursor(kind: str, text: str) -> Mark | None:
    """Return where the page before ended; None where `text` is no cursor of this list."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        found, start, end, first, second, position = orjson.loads(
            base64.b64decode(padded, altchars=b"-_", validate=True)
        )
        whole = all(type(number) is int for number in (start, end, position))
        if found != kind or not whole or not isinstance(first, str) or not isinstance(second, str):
            return None
        return Mark(_EPOCH + start * _TICK, _EPOCH + end * _TICK, first, second, position)
    except (binascii.Error, UnicodeError, ValueError, TypeError, OverflowError):
        return None
