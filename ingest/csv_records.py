"""Where the records of a CSV begin and end, when cells may hold line breaks (RFC 4180)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingest.lines import is_utf8

# A record of several lines: a longer one is a quote that was never closed.
RECORD_LIMIT_BYTES: Final = 256 * 1024

_QUOTE: Final = ord('"')
_BREAK: Final = ord("\n")
_RETURN: Final = ord("\r")

Int = NDArray[np.int64]
Letters = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """
    The records of a piece of a CSV; blank lines are none.

    Parameters
    ----------
    lines : ndarray of int64, shape (n_records,)
        Number of the line that each begins in, from 0 at the start of the piece.
    starts, ends : ndarray of int64, shape (n_records,)
        Without the line break.
    used : int
        Bytes up to the end of the last record; what follows is not complete.
    used_lines : int
        Line breaks up to there.
    """

    lines: Int
    starts: Int
    ends: Int
    used: int
    used_lines: int


def find_records(content: bytes, delimiter: str, *, last: bool) -> Records | None:
    """
    Find the records of a piece that begins with one.

    Parameters
    ----------
    content : bytes
    delimiter : str
        One ASCII character.
    last : bool
        Whether the file ends here: then its last record needs no line break.

    Returns
    -------
    Records or None
        None where quotes, returns or letters are not as they should be: then the lines have to
        be looked at one by one (`split_exactly`).
    """
    if content.count(b"\r") != content.count(b"\r\n") or not is_utf8(content):
        return None
    letters = np.frombuffer(content, dtype=np.uint8)
    quotes = np.flatnonzero(letters == _QUOTE)
    breaks = np.flatnonzero(letters == _BREAK)
    outside = _outside(breaks, quotes)
    ends = breaks[outside]
    if last and len(content) and content[-1] != _BREAK:
        if len(quotes) % 2:
            return None
        ends = np.append(ends, len(content))
    used = int(ends[-1]) + 1 if len(ends) else 0
    if len(content) - used > RECORD_LIMIT_BYTES or (last and used < len(content)):
        return None
    if not _quotes_fit(letters, quotes, ord(delimiter)):
        return None
    return _records(letters, ends, breaks)


def _outside(places: Int, quotes: Int) -> NDArray[np.bool_]:
    """Return which places have an even number of quotes before them."""
    if not len(quotes):
        return np.ones(len(places), dtype=np.bool_)
    return np.searchsorted(quotes, places) % 2 == 0


def _quotes_fit(letters: Letters, quotes: Int, delimiter: int) -> bool:
    """Return whether each quote opens a cell, closes one, or is one of a pair inside a cell."""
    opening, closing = quotes[0::2], quotes[1::2]
    before = letters[np.maximum(opening - 1, 0)]
    opens = (opening == 0) | np.isin(before, (_QUOTE, _BREAK, delimiter))
    after = letters[np.minimum(closing + 1, len(letters) - 1)]
    at_end = closing + 1 >= len(letters)
    closes = at_end | np.isin(after, (_QUOTE, _BREAK, _RETURN, delimiter))
    return bool(opens.all() and closes.all())


def _records(letters: Letters, ends: Int, breaks: Int) -> Records | None:
    starts = np.concatenate(([0], ends[:-1] + 1)) if len(ends) else np.empty(0, np.int64)
    used = min(int(ends[-1]) + 1, len(letters)) if len(ends) else 0
    used_lines = int(np.searchsorted(breaks, used))
    trimmed = ends
    if len(ends):
        trimmed = ends - ((ends > starts) & (letters[np.maximum(ends - 1, 0)] == _RETURN))
    kept = trimmed > starts
    starts, trimmed = starts[kept], trimmed[kept]
    lines = np.searchsorted(breaks, starts)
    tall = np.searchsorted(breaks, trimmed) > lines
    if (tall & (trimmed - starts > RECORD_LIMIT_BYTES)).any():
        return None
    return Records(lines, starts, trimmed, used, used_lines)


def widths(content: bytes, records: Records, delimiter: str) -> Int:
    """
    Count the cells of each record.

    Parameters
    ----------
    content : bytes
        What `find_records` was given.
    records : Records
    delimiter : str
    """
    letters = np.frombuffer(content, dtype=np.uint8)[: records.used]
    delimiters = np.flatnonzero(letters == ord(delimiter))
    delimiters = delimiters[_outside(delimiters, np.flatnonzero(letters == _QUOTE))]
    first, last = (np.searchsorted(delimiters, edge) for edge in (records.starts, records.ends))
    return (last - first + 1).astype(np.int64)
