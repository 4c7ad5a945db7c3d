"""JSON lines of samples of resource use: a measurement a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from domain.rejection import Rejection
from domain.resource import ResourceSample
from ingest.json_exact import UnfitError, parse_object
from ingest.lines import Lines, Torso, pieces
from ingest.pieces import RECORD_LINES
from ingest.readers.block import Block, Layout, Reader, reject, torso_block
from ingest.resource_lines import sample_of
from ingest.unpack import LogStream

_LINES: Final = 5_000
_BOM: Final = b"\xef\xbb\xbf"
_SOURCE: Final = "http"


def read(stream: LogStream, layout: Layout) -> Iterator[Block]:  # noqa: ARG001 (nothing to map)
    """
    Read samples; each line that is none is rejected alone.

    Parameters
    ----------
    stream : LogStream
    layout : Layout
        Not used: samples have one form.
    """
    for piece in pieces(stream):
        if isinstance(piece, Torso):
            yield torso_block(piece)
            continue
        for begin in range(0, len(piece), _LINES):
            yield _block(piece.part(begin, min(begin + _LINES, len(piece))))


def _block(lines: Lines) -> Block:
    samples: list[ResourceSample] = []
    rejections: list[Rejection] = []
    for index in range(len(lines)):
        line = lines.line(index)
        if not line.strip():
            continue
        try:
            samples.append(sample_of(parse_object(line), _SOURCE))
        except UnfitError as unfit:
            number = int(lines.numbers[index])
            rejections.append(reject(number, unfit.reason, line, **unfit.values))
    return Block(
        np.empty(0, np.int64),
        {},
        lines.line,
        tuple(rejections),
        samples=tuple(samples),
    )


def _recognises(head: bytes) -> bool:
    first = head.removeprefix(_BOM).lstrip().split(b"\n", 1)[0]
    return first.startswith(b"{") and all(
        name in first for name in (b'"metric"', b'"unit"', b'"value"', b'"ts"')
    )


READER: Final = Reader("resources", (), _recognises, read, pieces=RECORD_LINES)
