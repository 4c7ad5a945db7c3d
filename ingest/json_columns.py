"""Columns from JSON objects that were parsed one by one."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from ingest.values import EXACT_INTEGER, Values, canonical_json

NESTING_LIMIT: Final = 32

# Different keys of a log. Without a limit, keys that are really values (ids, times) would make a
# column each, and the memory for them grows with the square of the lines.
COLUMN_LIMIT: Final = 10_000

Cells = dict[str, object]

_NONE: Final = type(None)
_KINDS: Final[tuple[tuple[str, frozenset[type], pa.DataType], ...]] = (
    ("number", frozenset({int, float, _NONE}), pa.float64()),
    ("text", frozenset({str, _NONE}), pa.string()),
    ("flag", frozenset({bool, _NONE}), pa.bool_()),
)


def columns_of(rows: Sequence[Cells]) -> dict[str, Values]:
    """
    Return the columns of rows.

    Parameters
    ----------
    rows : sequence of dict
        JSON values by path; what is not there is missing.
    """
    paths: Cells = {}
    for row in rows:
        paths |= row
    if len(paths) > 1 and all(len(row) == len(paths) for row in rows):
        cells = zip(*map(itemgetter(*paths), rows), strict=True)
        return {path: column_of(column) for path, column in zip(paths, cells, strict=True)}
    return {path: column_of([row.get(path) for row in rows]) for path in paths}


def column_of(cells: Sequence[object]) -> Values:
    """
    Return one column; each value keeps its type.

    Parameters
    ----------
    cells : sequence
        What `json.loads` gives; None is missing.
    """
    types = set(map(type, cells))
    for kind, accepted, arrow_type in _KINDS:
        if types <= accepted:
            return _plain(cells, kind, arrow_type) or _mixed(cells)
    return _mixed(cells)


def _plain(cells: Sequence[object], kind: str, arrow_type: pa.DataType) -> Values | None:
    """Return a column of one kind; None where an integer needs a closer look."""
    try:
        array = pa.array(cells, arrow_type)
    except pa.ArrowInvalid:
        return None
    if kind == "number":
        bounds = pc.min_max(array)
        low, high = bounds["min"].as_py(), bounds["max"].as_py()
        if low is not None and max(-low, high) > EXACT_INTEGER:
            return None
    return Values(len(cells), **{kind: array})


def _mixed(cells: Sequence[object]) -> Values:
    parts: dict[str, list[object]] = {}
    for row, cell in enumerate(cells):
        if cell is not None:
            kind, kept = _classify(cell)
            parts.setdefault(kind, [None] * len(cells))[row] = kept
    types = {"number": pa.float64(), "flag": pa.bool_()}
    arrays = {kind: pa.array(kept, types.get(kind, pa.string())) for kind, kept in parts.items()}
    return Values(len(cells), **arrays)


def _classify(value: object) -> tuple[str, object]:
    """Return the kind of a JSON value and what is kept of it."""
    if isinstance(value, str):
        return "text", value
    if isinstance(value, bool):
        return "flag", value
    if isinstance(value, int):
        exact = -EXACT_INTEGER <= value <= EXACT_INTEGER
        return ("number", float(value)) if exact else ("text", str(value))
    return ("number", value) if isinstance(value, float) else ("nested", canonical_json(value))


def too_deep(value: object) -> bool:
    """Return whether lists and objects lie deeper in each other than `NESTING_LIMIT`."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(NESTING_LIMIT):
        level = [
            member
            for outer in level
            for member in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(member, dict | list)
        ]
        if not level:
            return False
    return True
