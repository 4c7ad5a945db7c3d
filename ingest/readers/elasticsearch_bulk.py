"""
Bodies of Elasticsearch's bulk API, and files of them: a line that says what to do, then a document.

Documents are those of `ingest.readers.ecs`, or native events; a shipper's document that carries a
line as its message counts as that line. The id of a document stands in for a prediction's id where
it names none. What only changes or removes a document is refused: a log of what was served has no
such thing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa

from domain.rejection import Rejection
from ingest.json_bulk import KnownColumns
from ingest.lines import Lines, Torso, pieces
from ingest.pieces import JSON_LINES, Pieces
from ingest.readers import ecs
from ingest.readers.block import (
    Block,
    Layout,
    Reader,
    reject,
    rejection_block,
    torso_block,
    with_raw,
)
from ingest.readers.ndjson import parse_lines
from ingest.unpack import LogStream
from ingest.values import Values
from ingest.wrapped import of_document

_OPERATIONS: Final = frozenset({"index", "create", "update", "delete"})
_BLANK: Final = b" \t\r"


@dataclass(frozen=True, slots=True)
class Item:
    """
    One thing that a body asks for.

    Parameters
    ----------
    operation : str
        ``index``, ``create``, ``update`` or ``delete``.
    index, id : str or None
        Of the document, where the line says them.
    position : int
        1-based line of the document; of the line itself where it has none.
    """

    operation: str
    index: str | None
    id: str | None
    position: int


class MalformedError(ValueError):
    """
    A line that is not what has to stand there.

    Parameters
    ----------
    position : int
        1-based.
    """

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


def items(content: bytes) -> list[Item]:
    """
    Return what a body asks for, in its order.

    Parameters
    ----------
    content : bytes

    Raises
    ------
    MalformedError
        If a line should say what to do and does not, or the document that it means is missing.
    """
    found: list[Item] = []
    split = _Split()
    lines = content.removeprefix(b"\xef\xbb\xbf").removesuffix(b"\n").split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line.strip(_BLANK) and split.waits is None:
            continue
        taken = split.take(number, line)
        if taken is None:
            raise MalformedError(number)
        if taken is not _WAITS:
            found.append(taken)
    if split.waits is not None:
        raise MalformedError(split.waits.position)
    return found


def _whole_items(_header: bytes, content: bytes) -> int:
    """Return the length of the items that are whole: none is cut off from its document."""
    end = content.rfind(b"\n") + 1
    try:
        items(content[:end])
    except MalformedError as malformed:
        last = content.count(b"\n", 0, end)
        if (
            malformed.position == last
        ):  # it waits for its document; the reader says what else is odd
            return content.rfind(b"\n", 0, end - 1) + 1
    return end


def _is_item(_header: bytes, content: bytes) -> bool:
    try:
        items(content)
    except MalformedError:
        return False
    return JSON_LINES.is_whole(b"", content.rpartition(b"\n")[2])


@dataclass(slots=True)
class _Split:
    """Goes over the lines of a body."""

    waits: Item | None = None
    said: bytes = b""

    def take(self, number: int, line: bytes) -> Item | None:
        """
        Return the item whose last line this is, `_WAITS` before it, None: it is out of place.

        `said` is the line that said what to do with it, then.
        """
        if self.waits is not None:
            item, self.waits = replace(self.waits, position=number), None
            return item
        item = _action(line, number)
        self.said = line
        if item is None or item.operation == "delete":
            return item
        self.waits = item
        return _WAITS


_WAITS: Final = Item("", None, None, 0)


def _action(line: bytes, number: int) -> Item | None:
    try:
        told = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(told, dict) or len(told) != 1:
        return None
    operation, target = next(iter(told.items()))
    if operation not in _OPERATIONS or not isinstance(target, dict):
        return None
    index = target.get("_index")
    return Item(operation, index if isinstance(index, str) else None, id_of(target), number)


def id_of(target: dict[str, Any]) -> str | None:
    """Return the id that is told of a document."""
    name = target.get("_id")
    return str(name) if isinstance(name, str | int) and name != "" else None


@dataclass(slots=True)
class Documents:
    """
    The documents among some lines, by the position of each.

    Attributes
    ----------
    lines : list of bytes
    numbers : list of int
        1-based position of each.
    parts : dict of int to tuple of bytes
        Lines that each was told in.
    ids : dict of int to str
    rejections : list of Rejection
    """

    lines: list[bytes] = field(default_factory=list[bytes])
    numbers: list[int] = field(default_factory=list[int])
    parts: dict[int, tuple[bytes, ...]] = field(default_factory=dict[int, tuple[bytes, ...]])
    ids: dict[int, str] = field(default_factory=dict[int, str])
    rejections: list[Rejection] = field(default_factory=list[Rejection])

    def add(self, item: Item, said: bytes, line: bytes) -> None:
        """Take an item: the line that says what to do, and its last one, which may be the same."""
        parts = (said,) if item.operation == "delete" else (said, line)
        document = _document(item, line)
        if document is None:
            self.parts[item.position] = parts
            self.refuse(item.position, f"elasticsearch_{item.operation}")
        else:
            self.put(item.position, parts, document, item.id)

    def put(self, position: int, parts: tuple[bytes, ...], document: bytes, id: str | None) -> None:  # noqa: A002 (what it is)
        """Take a document that was told in some lines."""
        self.parts[position] = parts
        if not document.strip(_BLANK):  # a reader of lines would pass it over
            self.refuse(position, "bad_json", value="a blank line")
            return
        self.lines.append(document)
        self.numbers.append(position)
        if id is not None:
            self.ids[position] = id

    def refuse(self, position: int, reason: str, **values: object) -> None:
        """Refuse an item."""
        self.rejections.append(reject(position, reason, self.raw(position), **values))

    def raw(self, position: int) -> bytes:
        """Return all lines of an item: its document alone is none."""
        return b"\n".join(self.parts[position])

    def told(self, block: Block, layout: Layout) -> Block:
        """Return the rows of documents as those of their items."""
        refused = [with_raw(one, self.raw(one.position)) for one in block.rejections]
        return replace(
            _identified(block, self.ids, layout),
            raw=lambda row: self.raw(int(block.positions[row])),
            rejections=tuple(refused),
        )

    def together(self) -> Lines:
        """Return the documents as lines with the numbers that they have in the body."""
        lengths = np.array([len(line) for line in self.lines], dtype=np.int64)
        ends = np.cumsum(lengths + 1) - 1
        content = b"".join(line + b"\n" for line in self.lines)
        return Lines(content, ends - lengths, ends, np.array(self.numbers, dtype=np.int64))


def _document(item: Item, line: bytes) -> bytes | None:
    """Return the document that an item wants stored; None: it changes one, or removes it."""
    if item.operation == "delete":
        return None
    if item.operation == "update":
        return _upserted(line)
    inner = of_document(line)
    return line if inner is None else inner.content


def _upserted(line: bytes) -> bytes | None:
    """Return what an update stores where there is nothing yet, as Logstash sends all it has."""
    try:
        told = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(told, dict):
        return None
    document = told.get("doc") if told.get("doc_as_upsert") is True else told.get("upsert")
    return orjson.dumps(document) if isinstance(document, dict) else None


def read(stream: LogStream, layout: Layout) -> Iterator[Block]:
    """
    Read the documents of a body.

    Parameters
    ----------
    stream : LogStream
    layout : Layout
    """
    opened = ecs.opening(layout)
    known = KnownColumns(opened.objects)
    split = _Split()
    for piece in pieces(stream):
        if isinstance(piece, Torso):
            yield torso_block(piece)
            continue
        documents = _documents(piece, split)
        for rejection in documents.rejections:
            yield rejection_block(rejection)
        for block in parse_lines(documents.together(), known, opened):
            yield documents.told(ecs.native(block, layout), layout)
    if split.waits is not None:
        number = split.waits.position
        yield rejection_block(reject(number, "truncated", split.said, value="no document follows"))


def _documents(piece: Lines, split: _Split) -> Documents:
    documents = Documents()
    for index, number in enumerate(piece.numbers.tolist()):
        line = piece.line(index)
        if not line.strip(_BLANK) and split.waits is None:
            continue
        item = split.take(number, line)
        if item is None:
            documents.rejections.append(reject(number, "not_an_action", line))
        elif item is not _WAITS:
            documents.add(item, split.said, line)
    return documents


def _identified(block: Block, ids: dict[int, str], layout: Layout) -> Block:
    """Give predictions the ids of their documents, where they have none."""
    if "prediction_id" in layout.elsewhere or not ids or not block.n_rows:
        return block
    named = _texts([ids.get(position) for position in block.positions.tolist()])
    own = block.columns.get("prediction_id")
    column = named if own is None else own.joined(named)
    return replace(block, columns=block.columns | {"prediction_id": column})


def _texts(cells: Sequence[str | None]) -> Values:
    return Values(len(cells), text=pa.array(cells, pa.string()))


def _recognises(head: bytes) -> bool:
    for line in head.removeprefix(b"\xef\xbb\xbf").splitlines():
        if line.strip():
            return _action(line, 1) is not None
    return False


READER: Final = Reader(
    "elasticsearch-bulk",
    (),
    _recognises,
    read,
    pieces=Pieces(JSON_LINES.header, _whole_items, _is_item),
)
