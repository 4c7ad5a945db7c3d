"""Columns from single values, for what could not be read in bulk."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from ingest.values import EXACT_INTEGER, Values, canonical_json

NESTING_LIMIT: Final = 32

_TYPES: Final = {
    "number": pa.float64(),
    "text": pa.string(),
    "flag": pa.bool_(),
    "nested": pa.string(),
}


class ColumnBuilder:
    """The values of one column by kind and row."""

    def __init__(self) -> None:
        self._cells: dict[str, dict[int, object]] = {}

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of value seen: number, text, flag, nested."""
        return frozenset(self._cells)

    def put(self, row: int, value: object) -> None:
        """
        Keep one JSON value; null is missing.

        Parameters
        ----------
        row : int
        value : object
            What `json.loads` gives.
        """
        if value is None:
            return
        kind, kept = classify(value)
        self._cells.setdefault(kind, {})[row] = kept

    def values(self, length: int) -> Values:
        """Return the column of `length` rows."""
        parts: dict[str, pa.Array] = {}
        for kind, cells in self._cells.items():
            column: list[object] = [None] * length
            for row, value in cells.items():
                column[row] = value
            parts[kind] = pa.array(column, _TYPES[kind])
        return Values(length, **parts)


def classify(value: object) -> tuple[str, object]:
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
    level = [value]
    for _ in range(NESTING_LIMIT + 1):
        level = [
            member
            for outer in level
            if isinstance(outer, dict | list)
            for member in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True
