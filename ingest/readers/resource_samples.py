"""JSON lines of samples of resource use: a measurement a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from domain.resource import ResourceSample
from ingest.json_exact import parse_object
from ingest.lines import Lines
from ingest.pieces import RECORD_LINES
from ingest.readers.block import Block, Layout, Reader
from ingest.readers.line_blocks import line_blocks, take_lines
from ingest.resource_lines import sample_of
from ingest.unpack import LogStream

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
    yield from line_blocks(stream, _block)


def _block(lines: Lines) -> Block:
    samples: list[ResourceSample] = []
    refused = take_lines(
        lines, lambda _, line: samples.append(sample_of(parse_object(line), _SOURCE))
    )
    return Block(
        np.empty(0, np.int64),
        {},
        lines.line,
        tuple(refused),
        samples=tuple(samples),
    )


def _recognises(head: bytes) -> bool:
    first = head.removeprefix(_BOM).lstrip().split(b"\n", 1)[0]
    return first.startswith(b"{") and all(
        name in first for name in (b'"metric"', b'"unit"', b'"value"', b'"ts"')
    )


READER: Final = Reader("resources", (), _recognises, read, pieces=RECORD_LINES)
