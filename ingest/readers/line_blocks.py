"""Formats that take a log line by line, and tell a reason for each that is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from domain.rejection import Rejection
from ingest.json_exact import UnfitError
from ingest.lines import Lines, Torso, pieces
from ingest.readers.block import Block, reject, torso_block
from ingest.unpack import LogStream

_LINES: Final = 5_000


def line_blocks(stream: LogStream, block_of: Callable[[Lines], Block]) -> Iterator[Block]:
    """
    Read a log a bounded number of lines at a time.

    Parameters
    ----------
    stream : LogStream
    block_of : callable
        From some lines, at most 5,000, to their block.
    """
    for piece in pieces(stream):
        if isinstance(piece, Torso):
            yield torso_block(piece)
            continue
        for begin in range(0, len(piece), _LINES):
            yield block_of(piece.part(begin, min(begin + _LINES, len(piece))))


def take_lines(lines: Lines, take: Callable[[int, bytes], None]) -> list[Rejection]:
    """
    Take lines one by one, and return those that were refused; blank ones are passed over.

    Parameters
    ----------
    lines : Lines
    take : callable
        Gets the number of a line and the line; raises `UnfitError` where it cannot be taken.
    """
    refused: list[Rejection] = []
    for index, number in enumerate(lines.numbers.tolist()):
        line = lines.line(index)
        if not line.strip():
            continue
        try:
            take(number, line)
        except UnfitError as unfit:
            refused.append(reject(number, unfit.reason, line, **unfit.values))
    return refused
