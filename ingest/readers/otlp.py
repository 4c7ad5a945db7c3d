"""
OpenTelemetry's protocol (OTLP): logs, spans and metrics, in JSON or protobuf.

JSON is a request a line, as the collector's file exporter writes it, or one document. Protobuf is
one request, or several with their lengths before them. `ingest.otlp` knows what they mean.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np
import orjson

from domain.errors import InputError
from domain.rejection import Rejection
from ingest.json_columns import COLUMN_LIMIT, Cells, columns_of
from ingest.json_exact import UnfitError
from ingest.otlp.bento import BentoMonitors, is_bento
from ingest.otlp.json_request import json_items
from ingest.otlp.metrics import ResourcePoints
from ingest.otlp.records import record_cells
from ingest.otlp.signals import Item, LogRecord, Other, Point, Raw, Span, Unreadable
from ingest.otlp.spans import span_cells
from ingest.otlp.wire import Framing, frames, framing_of, signal_of
from ingest.pieces import RECORD_LINES
from ingest.readers.block import Block, Layout, Reader, reject
from ingest.unpack import LogStream

_LIMIT_BYTES: Final = 512 * 1024 * 1024
_LINE_LIMIT_BYTES: Final = 64 * 1024 * 1024
_PIECE_BYTES: Final = 1024 * 1024
# a block's cells, rows times columns, stay below this
_CELLS: Final = 1_000_000
_ROWS: Final = 5_000
_BOM: Final = b"\xef\xbb\xbf"
_HEAD_BYTES: Final = 64 * 1024
# protobuf begins with a line break, and its length may be a brace: a quote never follows there
_BEGINS_JSON: Final = re.compile(rb'\s*(?:\{\s*["}]|\[\s*[\]{])')
_JSON: Final = re.compile(rb'(?<!\\)"resource(?:Logs|Spans|Metrics)"\s*:')


def read(stream: LogStream, layout: Layout) -> Iterator[Block]:
    """
    Read requests of OTLP; the position of a record is its number in the file.

    Parameters
    ----------
    stream : LogStream
    layout : Layout

    Raises
    ------
    InputError
        If it is no file of lines and larger than 512 MB.
    """
    gathered = _Gathered(layout)
    head = stream.peek(_HEAD_BYTES)
    for items in _of_json(stream, head) if _is_json(head) else _of_protobuf(stream, head):
        for item in items:
            gathered.take(item)
            if gathered.is_full:
                yield gathered.block()
        gathered.end_request()
    if stream.damage is not None:
        gathered.refuse(Unreadable(raw=bytes, reason="truncated", values={"value": stream.damage}))
    yield gathered.block()


class _Gathered:
    """What was read since the last block."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._monitors = BentoMonitors()
        self._points = ResourcePoints()
        self._paths: set[str] = set()
        self._position = 0
        self._empty()

    def _empty(self) -> None:
        self._before = self._position
        self._rows: list[Cells] = []
        self._positions: list[int] = []
        self._raws: list[Raw] = []
        self._rejections: list[Rejection] = []
        self._samples: list[ResourcePoints] = []
        self._passed_over: Counter[str] = Counter()

    @property
    def is_full(self) -> bool:
        """Whether a block should be made of it."""
        # also of what is passed over: whoever bounds a body counts by blocks
        if self._position - self._before >= _ROWS:
            return True
        return len(self._rows) * len(self._paths) >= _CELLS

    def take(self, item: Item) -> None:
        """Take one item of a request."""
        self._position += 1
        try:
            self._sort(item)
        except UnfitError as unfit:
            if isinstance(item, LogRecord | Span):
                self.refuse(Unreadable(raw=item.raw, reason=unfit.reason, values=unfit.values))

    def end_request(self) -> None:
        """Make samples of the points of a request: they belong together."""
        self._samples.append(self._points)
        self._passed_over += self._points.passed_over
        self._points = ResourcePoints()

    def refuse(self, item: Unreadable) -> None:
        """Keep what could not be read, with its reason."""
        self._rejections.append(reject(self._position, item.reason, item.raw(), **item.values))

    def block(self) -> Block:
        """Make a block, and begin anew."""
        raws = self._raws
        block = Block(
            np.array(self._positions, dtype=np.int64),
            columns_of(self._rows),
            lambda row: raws[row](),
            tuple(self._rejections),
            samples=tuple(sample for points in self._samples for sample in points.samples()),
            passed_over=dict(self._passed_over),
        )
        self._empty()
        return block

    def _sort(self, item: Item) -> None:
        match item:
            case LogRecord() if is_bento(item):
                self._add(*self._monitors.row(item))
            case LogRecord():
                cells = record_cells(item, self._layout)
                self._add_or_count(cells, None if cells else "other_record", item.raw)
            case Span():
                cells, passed_over = span_cells(item, self._layout)
                self._add_or_count(cells, passed_over, item.raw)
            case Point():
                self._points.add(item)
            case Other():
                self._passed_over[item.what] += 1
            case Unreadable():
                self.refuse(item)

    def _add_or_count(self, cells: Cells | None, passed_over: str | None, raw: Raw) -> None:
        if passed_over is not None:
            self._passed_over[passed_over] += 1
        if cells is not None:
            self._add(cells, raw)

    def _add(self, cells: Cells, raw: Raw) -> None:
        new = cells.keys() - self._paths
        if len(self._paths) + len(new) > COLUMN_LIMIT:
            raise UnfitError("too_many_columns", value=len(new), limit=COLUMN_LIMIT)
        self._paths |= new
        self._rows.append(cells)
        self._positions.append(self._position)
        self._raws.append(raw)


def _of_protobuf(stream: LogStream, head: bytes) -> Iterator[Iterable[Item]]:
    # here, so that whoever reads no protobuf does not wait 30 ms for its messages
    from ingest.otlp.protobuf import protobuf_items  # noqa: PLC0415

    content = _whole(stream)
    for frame in frames(content, _framing(head) or Framing.SINGLE):
        if frame is None:
            cut = {"value": "a request is cut off"}
            yield [Unreadable(raw=bytes, reason="truncated", values=cut)]
        else:
            yield protobuf_items(frame, signal_of(frame))


def _of_json(stream: LogStream, head: bytes) -> Iterator[Iterable[Item]]:
    first = head.removeprefix(_BOM).lstrip().split(b"\n", 1)[0].rstrip()
    # a document over several lines: its first one ends in the middle of it
    texts = [_whole(stream)] if first.endswith((b"{", b"[", b",")) else _lines(stream)
    for text in texts:
        if not text.strip():
            continue
        documents = _parsed(text.removeprefix(_BOM))
        if isinstance(documents, Unreadable):
            yield [documents]
        else:
            for document in documents:
                yield json_items(document, text)


def _parsed(text: bytes) -> list[dict[str, Any]] | Unreadable:
    try:
        document = _loads(text)
    except (ValueError, RecursionError) as error:
        said = {"value": str(error)[:200]}
        return Unreadable(raw=lambda: text, reason="bad_json", values=said)
    found: list[Any] = document if isinstance(document, list) else [document]
    if not all(isinstance(one, dict) for one in found):
        return Unreadable(raw=lambda: text, reason="bad_otlp", values={})
    return found


def _loads(text: bytes) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        # it takes no NaN, which some senders write; what the other takes must still be text
        document = json.loads(text)
        json.dumps(document, ensure_ascii=False).encode()
        return document


def _lines(stream: LogStream) -> Iterator[bytes]:
    rest = b""
    while piece := stream.read(_PIECE_BYTES):
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
        if len(rest) > _LINE_LIMIT_BYTES:
            raise InputError(
                f"{stream.name} has a line of over 64 MB; let the exporter write smaller batches"
            )
    yield rest


def _whole(stream: LogStream) -> bytes:
    content = stream.read(_LIMIT_BYTES + 1)
    if len(content) > _LIMIT_BYTES:
        raise InputError(f"{stream.name} is larger than 512 MB; write several files, or JSON lines")
    return content


def _is_json(head: bytes) -> bool:
    return _BEGINS_JSON.match(head.removeprefix(_BOM)) is not None


def _recognises(head: bytes) -> bool:
    if _is_json(head):
        return _JSON.search(head) is not None
    return _framing(head) is not None


def _framing(head: bytes) -> Framing | None:
    return framing_of(head, is_whole=len(head) < _HEAD_BYTES)


READER: Final = Reader(
    "otlp", (".otlp",), _recognises, read, pieces=RECORD_LINES, behind_record=None
)
