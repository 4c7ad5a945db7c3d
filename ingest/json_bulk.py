"""JSON lines many at a time, for lines whose columns and kinds of value are already known."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json as arrow_json

from ingest.arrow_values import flatten, from_arrow, one_array
from ingest.lines import LINE_LIMIT_BYTES, Lines, is_utf8
from ingest.values import EXACT_INTEGER, Mask, Values

# The parser below calls itself once a level: brackets are counted before it may see a line.
_BRACKETS: Final = 256

_TYPES: Final = {"number": pa.float64(), "text": pa.string(), "flag": pa.bool_()}


class KnownColumns:
    """
    The columns seen so far and the kind of their values.

    Parameters
    ----------
    objects : frozenset of str
        Paths of the objects whose members become columns.

    Attributes
    ----------
    paths : set of str
        All columns.
    """

    def __init__(self, objects: frozenset[str]) -> None:
        self.paths: set[str] = set()
        self._objects = objects
        self._kinds: dict[str, str] = {}

    @property
    def taught(self) -> bool:
        """Whether any line was read."""
        return bool(self._kinds)

    def learn(self, columns: dict[str, Values]) -> None:
        """
        Take note of what lines held that were read one by one.

        Of a column that holds values of several kinds the first counts: lines that differ fail
        in bulk and are read one by one again.
        """
        for path, values in columns.items():
            kinds = list(values.parts())
            known = self._kinds.get(path, "null")
            if path in self._objects or not kinds:
                self._kinds[path] = known
            elif known in ("null", "nested"):
                self._kinds[path] = next((k for k in kinds if k in _TYPES), kinds[0])

    def schema(self) -> pa.Schema | None:
        """Return what the bulk parser may meet; None where a column needs the other way."""
        if not self._kinds or "nested" in self._kinds.values():
            return None
        return pa.schema(self._fields(""))

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
            pa.field(name, _TYPES.get(kind, pa.null()))
            for name, kind in below.items()
            if name not in opened and not name.startswith(inside)
        ]


def parse_bulk(
    lines: Lines, known: KnownColumns, objects: frozenset[str]
) -> dict[str, Values] | None:
    """
    Parse lines all at once.

    Parameters
    ----------
    lines : Lines
        Without blank ones.
    known : KnownColumns
    objects : frozenset of str
        Paths of the objects whose members become columns.

    Returns
    -------
    dict of str to Values, or None
        The columns by path, a row a line. None where a single line needs a closer look; the
        answer is never a different one.
    """
    schema = known.schema()
    alone = lines.alone()
    if schema is None or not len(lines) or not _safe(alone):
        return None
    try:
        table = arrow_json.read_json(
            pa.BufferReader(alone.content),
            # one thread: two would halve the time and cost a third more of the processor
            read_options=arrow_json.ReadOptions(use_threads=False, block_size=2**30),
            parse_options=arrow_json.ParseOptions(
                explicit_schema=schema, unexpected_field_behavior="error"
            ),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return None
    if table.num_rows != len(lines):
        return None
    columns: dict[str, Values] = {}
    for path, column in flatten(table, objects).items():
        values = _values(column)
        if values is None:
            return None
        columns[path] = values
    return columns


def shaped(lines: Lines) -> Mask:
    """
    Return which lines go from ``{`` to ``}`` and are not too long: what may be parsed in bulk.

    Such a line cannot continue an object of the line before: there would have to be a comma
    between the two. With as many objects as lines, each line is one object.

    Parameters
    ----------
    lines : Lines
    """
    letters = np.frombuffer(lines.content, dtype=np.uint8)
    lengths = lines.ends - lines.starts
    opened = letters[lines.starts] == ord("{")
    closed = letters[np.maximum(lines.ends - 1, 0)] == ord("}")
    return opened & closed & (lengths > 1) & (lengths <= LINE_LIMIT_BYTES)


def _safe(lines: Lines) -> bool:
    """Return whether lines may be shown to a parser that trusts letters and calls itself."""
    content = lines.content
    if not is_utf8(content) or not shaped(lines).all():
        return False
    if content.count(b"{") + content.count(b"[") <= _BRACKETS:
        return True
    letters = np.frombuffer(content, dtype=np.uint8)
    openings = np.flatnonzero((letters == ord("{")) | (letters == ord("[")))
    places = np.searchsorted(openings, np.append(lines.starts, lines.ends[-1]))
    return int(np.diff(places).max()) <= _BRACKETS


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
