"""JSON lines: one object a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from ingest.json_bulk import KnownColumns, parse_bulk, shaped
from ingest.json_columns import columns_of
from ingest.json_exact import JsonRows
from ingest.lines import Lines, Torso, pieces
from ingest.pieces import JSON_LINES
from ingest.readers.block import Block, Layout, Reader, torso_block
from ingest.unpack import LogStream

_SAMPLE_LINES: Final = 256
_SMALLEST_PART: Final = 1024


def read(stream: LogStream, layout: Layout) -> Iterator[Block]:
    """
    Read JSON lines; each that is no object is rejected alone.

    Parameters
    ----------
    stream : LogStream
    layout : Layout
    """
    known = KnownColumns(layout.objects)
    for piece in pieces(stream):
        if isinstance(piece, Torso):
            yield torso_block(piece)
        else:
            yield from parse_lines(piece, known, layout)


def parse_lines(lines: Lines, known: KnownColumns, layout: Layout) -> Iterator[Block]:
    """
    Parse lines: a sample one by one, to learn the columns, then as many at once as possible.

    Parameters
    ----------
    lines : Lines
    known : KnownColumns
        Grows by what is seen.
    layout : Layout
    """
    good = shaped(lines)
    if not good.all():  # text between the objects, halves of them, blank lines
        yield _one_by_one(lines.chosen(~good), known, layout)
        lines = lines.chosen(good)
    at = 0
    if not known.taught and len(lines) > _SAMPLE_LINES:
        at = _SAMPLE_LINES
        yield _one_by_one(lines.part(0, at), known, layout)
    yield from _parse(lines.part(at, len(lines)), known, layout)


def _parse(lines: Lines, known: KnownColumns, layout: Layout) -> Iterator[Block]:
    """Parse in bulk what can be; halve the rest until single lines are looked at."""
    if not len(lines):
        return
    columns = parse_bulk(lines, known, layout.objects)
    if columns is not None:
        yield Block(lines.numbers, columns, lines.line)
    elif len(lines) <= _SMALLEST_PART:
        yield _one_by_one(lines, known, layout)
    else:
        middle = len(lines) // 2
        yield from _parse(lines.part(0, middle), known, layout)
        yield from _parse(lines.part(middle, len(lines)), known, layout)


def _one_by_one(lines: Lines, known: KnownColumns, layout: Layout) -> Block:
    rows = JsonRows(layout.objects, known.paths)
    for index in range(len(lines)):
        rows.add(int(lines.numbers[index]), lines.line(index))
    columns = columns_of(rows.rows)
    known.learn(columns)
    return Block(
        np.array(rows.positions, dtype=np.int64),
        columns,
        rows.lines.__getitem__,
        tuple(rows.rejections),
    )


def _recognises(head: bytes) -> bool:
    """Return whether a line looks like an object: other programs' lines may stand before it."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(b"{") or b"\n{" in start


READER: Final = Reader(
    "ndjson",
    (".ndjson", ".jsonl", ".json", ".log"),
    _recognises,
    read,
    only_likely=True,
    pieces=JSON_LINES,
)
