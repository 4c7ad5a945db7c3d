"""JSON lines many at a time, for lines whose columns and kinds of value are already known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import json as arrow_json

from ingest.arrow_values import flatten, from_arrow, one_array
from ingest.column_builder import ColumnBuilder
from ingest.lines import LINE_LIMIT_BYTES, Lines, is_utf8
from ingest.values import EXACT_INTEGER, Values

# The parser below calls itself once a level: brackets are counted before it may see a line.
_BRACKETS: Final = 256

_TYPES: Final = {"number": pa.float64(), "text": pa.string(), "flag": pa.bool_()}


@dataclass(frozen=True, slots=True, eq=False)
class Bulk:
    """
    Lines parsed at once.

    Parameters
    ----------
    rows : ndarray of int64
        Index of the line of each row: blank lines have none.
    columns : dict of str to Values
        By path.
    """

    rows: NDArray[np.int64]
    columns: dict[str, Values]


class KnownColumns:
    """
    The columns seen so far and the kind of their values.

    Parameters
    ----------
    objects : frozenset of str
        Paths of the objects whose members become columns.
    """

    def __init__(self, objects: frozenset[str]) -> None:
        self._objects = objects
        self._kinds: dict[str, str | None] = {}
        self._one_by_one = False

    @property
    def taught(self) -> bool:
        """Whether any line was read."""
        return bool(self._kinds)

    def learn(self, columns: dict[str, ColumnBuilder]) -> None:
        """Take note of the kinds that lines read one by one had; of no kind: null so far."""
        for path, builder in columns.items():
            kinds = set(builder.kinds)
            known = self._kinds.get(path)
            if known is not None:
                kinds.add(known)
            if len(kinds) > 1 or "nested" in kinds or (kinds and path in self._objects):
                self._one_by_one = True
            self._kinds[path] = next(iter(kinds), None)

    def schema(self) -> pa.Schema | None:
        """Return what the bulk parser may meet; None where a column needs the other way."""
        return None if self._one_by_one or not self._kinds else pa.schema(self._fields(""))

    def _fields(self, prefix: str) -> list[pa.Field]:
        """Return the fields below a path; objects that are opened become structs."""
        below = {p[len(prefix) :]: k for p, k in self._kinds.items() if p.startswith(prefix)}
        opened = {o[len(prefix) :] for o in self._objects if o.startswith(prefix)}
        fields = [
            pa.field(name, pa.struct(self._fields(f"{prefix}{name}.")))
            for name in sorted(opened)
            if name in below or any(path.startswith(name + ".") for path in below)
        ]
        inside = tuple(name + "." for name in opened)
        return fields + [
            pa.field(name, _TYPES[kind] if kind else pa.null())
            for name, kind in below.items()
            if name not in opened and not name.startswith(inside)
        ]


def parse_bulk(lines: Lines, known: KnownColumns, objects: frozenset[str]) -> Bulk | None:
    """
    Parse lines all at once.

    Parameters
    ----------
    lines : Lines
    known : KnownColumns
    objects : frozenset of str
        Paths of the objects whose members become columns.

    Returns
    -------
    Bulk or None
        None where a single line needs a closer look; the answer is never a different one.
    """
    schema = known.schema()
    rows = _rows(lines)
    if schema is None or rows is None:
        return None
    try:
        table = arrow_json.read_json(
            pa.BufferReader(lines.content_bytes()),
            # one thread: two would halve the time and cost a third more of the processor
            read_options=arrow_json.ReadOptions(use_threads=False, block_size=2**30),
            parse_options=arrow_json.ParseOptions(
                explicit_schema=schema, unexpected_field_behavior="error"
            ),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return None
    if table.num_rows != len(rows):
        return None
    columns: dict[str, Values] = {}
    for path, column in flatten(table, objects).items():
        values = _values(column)
        if values is None:
            return None
        columns[path] = values
    return Bulk(rows, columns)


def _rows(lines: Lines) -> NDArray[np.int64] | None:
    """
    Return the indices of the lines that are not blank, if each can only be one object.

    A line from ``{`` to ``}`` cannot continue an object of the line before: there would have to
    be a comma between the two. With as many objects as lines, each line is one object.
    """
    letters = np.frombuffer(lines.content, dtype=np.uint8)
    rows = np.flatnonzero(lines.ends > lines.starts)
    starts, ends = lines.starts[rows], lines.ends[rows]
    if not len(rows) or int((ends - starts).max()) > LINE_LIMIT_BYTES:
        return None
    if not ((letters[starts] == ord("{")).all() and (letters[ends - 1] == ord("}")).all()):
        return None
    content = lines.content_bytes()
    if not is_utf8(content):
        return None
    if content.count(b"{") + content.count(b"[") > _BRACKETS:
        openings = np.flatnonzero((letters == ord("{")) | (letters == ord("[")))
        places = np.searchsorted(openings, np.append(starts, ends[-1]))
        if int(np.diff(places).max()) > _BRACKETS:
            return None
    return rows


def _values(column: pa.Array | pa.ChunkedArray) -> Values | None:
    """Return a parsed column; None where a number may have lost digits or was never one."""
    array = one_array(column)
    if not pa.types.is_floating(array.type):
        return from_arrow(array)
    total = pc.sum(array).as_py()
    if total is not None:
        bounds = pc.min_max(array)
        largest = max(-bounds["min"].as_py(), bounds["max"].as_py())
        if not math.isfinite(total) or largest > EXACT_INTEGER:
            return None
    return Values(len(array), number=array)
