"""A text log in bounded pieces of whole lines, with their numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingest.unpack import LogStream

BLOCK_BYTES: Final = 8 * 1024 * 1024
# Beyond that a line of a log is a mistake or an attack.
LINE_LIMIT_BYTES: Final = 4 * 1024 * 1024
_BOM: Final = b"\xef\xbb\xbf"

Int = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """
    Some lines of a log, in order.

    Parameters
    ----------
    content : bytes
    starts, ends : ndarray of int64, shape (n_lines,)
        Of each line in `content`, without its line break.
    numbers : ndarray of int64, shape (n_lines,)
        1-based number of each line in the log.
    """

    content: bytes
    starts: Int
    ends: Int
    numbers: Int

    def __len__(self) -> int:
        return len(self.starts)

    def line(self, index: int) -> bytes:
        """Return one line without its line break."""
        return self.content[self.starts[index] : self.ends[index]]

    def part(self, begin: int, end: int) -> Lines:
        """Return the lines ``[begin, end)``."""
        chosen = slice(begin, end)
        return Lines(self.content, self.starts[chosen], self.ends[chosen], self.numbers[chosen])

    def chosen(self, mask: Mask) -> Lines:
        """Return the lines of a mask, put together."""
        rows = np.flatnonzero(mask)
        content = b"".join(self.line(int(row)) + b"\n" for row in rows)
        lengths = self.ends[rows] - self.starts[rows]
        ends = np.cumsum(lengths + 1) - 1
        return Lines(content, ends - lengths, ends, self.numbers[rows])

    def alone(self) -> Lines:
        """Return the same lines without what stands before and behind them."""
        if not len(self) or (self.starts[0] == 0 and self.ends[-1] + 2 >= len(self.content)):
            return self
        begin = int(self.starts[0])
        content = self.content[begin : self.ends[-1] + 1]
        return Lines(content, self.starts - begin, self.ends - begin, self.numbers)


@dataclass(frozen=True, slots=True)
class Torso:
    """
    The end of a log whose packing ends too early.

    Parameters
    ----------
    number : int
        Of the line that is not whole.
    raw : bytes
        What there is of it.
    why : str
    """

    number: int
    raw: bytes
    why: str


def lines_of(content: bytes, first: int = 1) -> Lines:
    """
    Find the lines of some bytes; a carriage return before a line break belongs to the break.

    Parameters
    ----------
    content : bytes
    first : int, default=1
        Number of the first line.
    """
    letters = np.frombuffer(content, dtype=np.uint8)
    breaks = np.flatnonzero(letters == ord("\n"))
    ends = breaks if content.endswith(b"\n") or not content else np.append(breaks, len(content))
    starts = np.concatenate(([0], ends[:-1] + 1)) if len(ends) else np.empty(0, np.int64)
    if len(ends):
        ends = ends - ((ends > starts) & (letters[ends - 1] == ord("\r")))
    numbers = np.arange(first, first + len(ends), dtype=np.int64)
    return Lines(content, starts.astype(np.int64), ends.astype(np.int64), numbers)


def pieces(stream: LogStream, block_bytes: int = BLOCK_BYTES) -> Iterator[Lines | Torso]:
    """
    Cut a log into pieces of whole lines.

    Parameters
    ----------
    stream : LogStream
    block_bytes : int
        A piece is about this long; a line that is longer comes in one piece.
    """
    first, rest = 1, b""
    opening = True
    while taken := stream.read(block_bytes):
        if opening:
            taken = taken.removeprefix(_BOM)
            opening = False
        content = rest + taken
        cut = content.rfind(b"\n", len(rest)) + 1
        if not cut:
            rest = content[: LINE_LIMIT_BYTES + 1]  # longer is refused anyway; memory stays flat
            continue
        lines = lines_of(content[:cut], first)
        rest = content[cut:]
        first += len(lines)
        yield lines
    if stream.damage:
        yield Torso(first, rest, stream.damage)
    elif rest:
        yield lines_of(rest, first)


def is_utf8(content: bytes) -> bool:
    """Return whether bytes are UTF-8 as a whole."""
    if content.isascii():
        return True
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
