"""JSON lines: one object a line."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingest.json_bulk import KnownColumns, parse_bulk
from ingest.json_exact import JsonRows
from ingest.lines import Lines, pieces
from ingest.readers.block import Block, Layout, Reader, no_raw, reject
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
        lines, torso = _without_torso(piece)
        yield from parse_lines(lines, known, layout)
        yield from torso


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
    at = 0
    if not known.taught and len(lines) > _SAMPLE_LINES:
        at = _SAMPLE_LINES
        yield _one_by_one(lines.part(0, at), known, layout)
    yield from _parse(lines.part(at, len(lines)), known, layout)


def _without_torso(piece: Lines) -> tuple[Lines, list[Block]]:
    """Split the last, cut-off line from a piece whose packing ends too early."""
    if piece.damage is None:
        return piece, []
    whole = max(len(piece) - 1, 0)
    raw = piece.line(whole) if len(piece) else b""
    rejection = reject(piece.first + whole, "truncated", raw, value=piece.damage)
    empty = Block(np.empty(0, np.int64), {}, no_raw, (rejection,))
    return piece.part(0, whole), [empty]


def _parse(lines: Lines, known: KnownColumns, layout: Layout) -> Iterator[Block]:
    """Parse in bulk what can be; halve the rest until single lines are looked at."""
    if not len(lines):
        return
    bulk = parse_bulk(lines, known, layout.objects)
    if bulk is not None:
        yield Block(lines.first + bulk.rows, bulk.columns, partial(_raw, lines, bulk.rows))
    elif len(lines) <= _SMALLEST_PART:
        yield _one_by_one(lines, known, layout)
    else:
        middle = len(lines) // 2
        yield from _parse(lines.part(0, middle), known, layout)
        yield from _parse(lines.part(middle, len(lines)), known, layout)


def _raw(lines: Lines, rows: NDArray[np.int64], row: int) -> bytes:
    return lines.line(int(rows[row]))


def _one_by_one(lines: Lines, known: KnownColumns, layout: Layout) -> Block:
    rows = JsonRows(layout.objects)
    for index in range(len(lines)):
        rows.add(lines.first + index, lines.line(index))
    known.learn(rows.columns)
    length = len(rows.positions)
    return Block(
        np.array(rows.positions, dtype=np.int64),
        {path: builder.values(length) for path, builder in rows.columns.items()},
        rows.lines.__getitem__,
        tuple(rows.rejections),
    )


def _recognises(head: bytes) -> bool:
    """Return whether a line looks like an object: other programs' lines may stand before it."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(b"{") or b"\n{" in start


READER: Final = Reader("ndjson", (".ndjson", ".jsonl", ".json", ".log"), _recognises, read)
