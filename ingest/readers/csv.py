"""CSV: a header, then one row a record; comma, semicolon, tab or bar between the cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from domain.errors import InputError
from domain.rejection import Rejection
from ingest.arrow_values import one_array
from ingest.cell_types import by_cell, decide, typed
from ingest.csv_exact import ExactRecord, split_exactly
from ingest.csv_records import Records, find_records, widths
from ingest.json_cells import opened
from ingest.lines import BLOCK_BYTES, LINE_LIMIT_BYTES, Torso
from ingest.pieces import Pieces
from ingest.readers.block import Block, Layout, Reader, reject, torso_block
from ingest.readers.parquet import row_as_json
from ingest.unpack import LogStream
from ingest.values import Values

_BOM: Final = b"\xef\xbb\xbf"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS: Final = ",;\t|"


@dataclass(slots=True)
class _Table:
    """What is known of the file: its header, and what its columns are once cells were seen."""

    name: str
    layout: Layout
    delimiter: str = ","
    header: tuple[str, ...] = ()
    kinds: dict[str, str | None] = field(default_factory=dict[str, str | None])

    def columns(self, texts: dict[str, pa.Array]) -> dict[str, Values]:
        """Read the cells of some rows."""
        columns = {name: self._column(name, column) for name, column in texts.items()}
        return opened(columns, self.layout.objects)

    def _column(self, name: str, texts: pa.Array) -> Values:
        if name in self.layout.as_written or name in self.layout.objects:
            return Values(len(texts), text=texts)
        if name in self.layout.by_cell:
            return by_cell(texts)
        if self.kinds.get(name) is None:
            self.kinds[name] = decide(texts)
        return typed(texts, self.kinds[name])


def read(stream: LogStream, layout: Layout) -> Iterator[Block]:
    """
    Read a CSV; each row that cannot be split, or has cells too many or too few, is rejected.

    Parameters
    ----------
    stream : LogStream
    layout : Layout

    Raises
    ------
    InputError
        If its header cannot be read, or it is UTF-16.
    """
    table = _Table(stream.name, layout)
    first, rest = 1, b""
    last = False
    while not last:
        taken = stream.read(BLOCK_BYTES)
        last = not taken
        content = rest + (taken if table.header else taken.removeprefix(_BOM))
        cut = len(content) if last and not stream.damage else content.rfind(b"\n") + 1
        if not table.header and cut:
            skipped, n_lines = _read_header(table, content[:cut])
            content, cut, first = content[skipped:], cut - skipped, first + n_lines
        if not cut:
            rest = content if last else content[: LINE_LIMIT_BYTES + 1]
            continue
        block, used, n_lines = _piece(table, content[:cut], first, last=last)
        rest = content[used:]
        first += n_lines
        yield block
    if stream.damage:
        yield torso_block(Torso(first, rest, stream.damage))


def _read_header(table: _Table, content: bytes) -> tuple[int, int]:
    """Take note of the delimiter and the names; return the bytes and lines they took."""
    if content.startswith(_UTF16):
        raise InputError(f"{table.name} is UTF-16; save it as UTF-8")
    line = content.split(b"\n", 1)[0]
    table.delimiter = _delimiter(line)
    records, used, n_lines = split_exactly(content, table.delimiter, last=True, at_most=1)
    if not records:
        return used, n_lines
    if records[0].reason:
        raise InputError(f"{table.name} has no readable header: {records[0].fault}")
    table.header = _distinct(records[0].cells)
    return used, n_lines


def _delimiter(line: bytes) -> str:
    return max(_DELIMITERS, key=lambda letter: line.count(letter.encode()))


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    """Name the nameless columns by their place, and number the names that come again."""
    taken: dict[str, int] = {}
    result: list[str] = []
    for place, given in enumerate(names, start=1):
        name = given.strip() or f"column_{place}"
        taken[name] = taken.get(name, 0) + 1
        while taken[name] > 1 and f"{name}.{taken[name]}" in (*names, *result):
            taken[name] += 1
        result.append(name if taken[name] == 1 else f"{name}.{taken[name]}")
    return tuple(result)


def _piece(table: _Table, content: bytes, first: int, *, last: bool) -> tuple[Block, int, int]:
    """Return the block of some whole lines, and how many bytes and lines it takes."""
    records = find_records(content, table.delimiter, last=last)
    block = None if records is None else _in_bulk(table, content, records, first)
    if records is not None and block is not None:
        return block, records.used, records.used_lines
    exact, used, n_lines = split_exactly(content, table.delimiter, last=last)
    return _one_by_one(table, exact, first), used, n_lines


def _in_bulk(table: _Table, content: bytes, records: Records, first: int) -> Block | None:
    """Let Arrow cut the cells; None where it does not see the same rows."""
    cells = _cells(content[: records.used], table)
    if cells is None:
        return None
    lines, rejections = records.lines, tuple[Rejection, ...]()
    if cells.num_rows != len(lines):
        counts = widths(content, records, table.delimiter)
        lines = lines[counts == len(table.header)]
        rejections = _ragged(table, content, records, counts, first)
    if cells.num_rows != len(lines):
        return None
    columns = {name: one_array(cells[name]) for name in table.header}
    return _block(table, columns, first + lines, rejections)


def _ragged(
    table: _Table, content: bytes, records: Records, counts: NDArray[np.int64], first: int
) -> tuple[Rejection, ...]:
    expected = len(table.header)
    return tuple(
        reject(
            first + int(records.lines[row]),
            "ragged_row",
            content[records.starts[row] : records.ends[row]],
            value=int(counts[row]),
            expected=expected,
        )
        for row in np.flatnonzero(counts != expected)
    )


def _cells(content: bytes, table: _Table) -> pa.Table | None:
    if not content.strip(b"\r\n"):
        return pa.table({name: pa.nulls(0, pa.string()) for name in table.header})
    try:
        return arrow_csv.read_csv(
            pa.BufferReader(content),
            read_options=arrow_csv.ReadOptions(
                column_names=table.header, use_threads=False, block_size=len(content) + 1
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=table.delimiter,
                newlines_in_values=True,
                invalid_row_handler=lambda _row: "skip",
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(table.header, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid:
        return None


def _one_by_one(table: _Table, records: list[ExactRecord], first: int) -> Block:
    width = len(table.header)
    kept: list[ExactRecord] = []
    rejections: list[Rejection] = []
    for record in records:
        line = first + record.line
        if record.reason:
            fault = {"value": record.fault, "field": "cell"}
            rejections.append(reject(line, record.reason, record.raw, **fault))
        elif len(record.cells) != width:
            n_cells = len(record.cells)
            rejections.append(reject(line, "ragged_row", record.raw, value=n_cells, expected=width))
        else:
            kept.append(record)
    cells = zip(*(record.cells for record in kept), strict=True) if kept else [()] * width
    columns = {
        name: pa.array([cell or None for cell in column], pa.string())
        for name, column in zip(table.header, cells, strict=True)
    }
    positions = np.array([first + record.line for record in kept], dtype=np.int64)
    return _block(table, columns, positions, tuple(rejections))


def _block(
    table: _Table,
    texts: dict[str, pa.Array],
    positions: NDArray[np.int64],
    rejections: tuple[Rejection, ...],
) -> Block:
    columns = table.columns(texts)
    return Block(positions, columns, partial(row_as_json, columns), rejections, complete=True)


def _recognises(head: bytes) -> bool:
    first = head.removeprefix(_BOM).lstrip().split(b"\n", 1)[0]
    return not first.startswith((b"{", b"[")) and any(
        letter.encode() in first for letter in _DELIMITERS
    )


def _header_bytes(beginning: bytes) -> int | None:
    """Return the length of the header and of blank lines before it."""
    at = len(_BOM) if beginning.startswith(_BOM) else 0
    cut = beginning.rfind(b"\n") + 1
    line = beginning[at:cut].lstrip(b"\r\n").split(b"\n", 1)[0]
    if not line:
        return None
    delimiter = _delimiter(line)
    records, used, _ = split_exactly(beginning[at:cut], delimiter, last=False, at_most=1)
    return at + used if records else None


def _whole_records(header: bytes, content: bytes) -> int:
    """Return where the last record ends that is whole: cells may hold line breaks."""
    delimiter = _delimiter(header.strip().split(b"\n", 1)[0])
    cut = content.rfind(b"\n") + 1
    records = find_records(content[:cut], delimiter, last=False)
    return (
        split_exactly(content[:cut], delimiter, last=False)[1] if records is None else records.used
    )


def _is_record(header: bytes, line: bytes) -> bool:
    delimiter = _delimiter(header.strip().split(b"\n", 1)[0])
    (name, *_), _, _ = split_exactly(header.removeprefix(_BOM), delimiter, last=True, at_most=1)
    records, used, _ = split_exactly(line, delimiter, last=True)
    return used == len(line) and [len(one.cells) for one in records] == [len(name.cells)]


READER: Final = Reader(
    "csv",
    (".csv", ".tsv", ".txt"),
    _recognises,
    read,
    only_likely=True,
    pieces=Pieces(_header_bytes, _whole_records, _is_record),
)
