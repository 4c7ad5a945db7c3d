"""A text log in bounded pieces of whole lines, with the number of the first one."""

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


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """
    Some lines of a log that follow each other.

    Parameters
    ----------
    content : bytes
    starts, ends : ndarray of int64, shape (n_lines,)
        Of each line in `content`, without its line break.
    first : int
        1-based number of the first line.
    damage : str or None
        Set on the last piece of a log whose packing ends too early: its last line is a torso.
    """

    content: bytes
    starts: Int
    ends: Int
    first: int
    damage: str | None = None

    def __len__(self) -> int:
        return len(self.starts)

    def line(self, index: int) -> bytes:
        """Return one line without its line break."""
        return self.content[self.starts[index] : self.ends[index]]

    def part(self, begin: int, end: int) -> Lines:
        """Return the lines ``[begin, end)``."""
        return Lines(self.content, self.starts[begin:end], self.ends[begin:end], self.first + begin)

    def content_bytes(self) -> bytes:
        """Return all of it with its line breaks."""
        if not len(self):
            return b""
        if self.starts[0] == 0 and self.ends[-1] + 2 >= len(self.content):
            return self.content
        return self.content[self.starts[0] : self.ends[-1] + 1]


def lines_of(content: bytes, first: int = 1, damage: str | None = None) -> Lines:
    """
    Find the lines of some bytes; a carriage return before a line break belongs to the break.

    Parameters
    ----------
    content : bytes
    first : int, default=1
        Number of the first line.
    damage : str or None
    """
    letters = np.frombuffer(content, dtype=np.uint8)
    breaks = np.flatnonzero(letters == 10)
    ends = breaks if content.endswith(b"\n") or not content else np.append(breaks, len(content))
    starts = np.concatenate(([0], ends[:-1] + 1)) if len(ends) else np.empty(0, np.int64)
    if len(ends):
        returns = (ends > starts) & (letters[ends - 1] == 13)
        ends = ends - returns
    return Lines(content, starts.astype(np.int64), ends.astype(np.int64), first, damage)


def pieces(stream: LogStream, block_bytes: int = BLOCK_BYTES) -> Iterator[Lines]:
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
    if rest or stream.damage:
        yield lines_of(rest, first, stream.damage)


def is_utf8(content: bytes) -> bool:
    """Return whether bytes are UTF-8 as a whole."""
    if content.isascii():
        return True
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
