"""CSV bodies: a row a line, mostly without a header; or all answers in one line."""

from __future__ import annotations

import csv
import io
from math import isfinite
from typing import Final

from ingest.cell_types import MISSING
from ingest.exchange import Decoded
from ingest.json_exact import UnfitError
from ingest.payload.json_rows import ANSWER, FEATURES, Columns, check_size
from ingest.payload.json_text import Json
from ingest.values import EXACT_INTEGER

_NOTHING: Final = frozenset({"", *MISSING})


def decode_csv(content: bytes, media_type: str, *, request: bool, n_rows: int | None) -> Decoded:
    """
    Decode CSV.

    Parameters
    ----------
    content : bytes
    media_type : str
        Its ``header=present`` or ``header=absent`` counts. Else the first line is a header where
        none of its cells is a number and a later line has one.
    request : bool
        Whether these are features. Of an answer a line of several cells is one vector.
    n_rows : int or None
        Of the request: a single line of so many cells is so many answers.

    Raises
    ------
    UnfitError
        If it is no UTF-8, or its lines differ in length.
    """
    lines = _lines(content)
    names = _header(lines, media_type.lower())
    rows = lines[1:] if names else lines
    width = len(rows[0]) if rows else 0
    check_size(len(rows), max(width, 1))
    widths = set(map(len, rows))
    if len(widths) > 1:
        raise UnfitError("uneven_rows", value=min(widths), expected=max(widths))
    if not request and n_rows is not None and len(rows) == 1 and width == n_rows > 1:
        rows = [[cell] for cell in rows[0]]
        width = 1
    columns = [_typed(list(cells)) for cells in zip(*rows, strict=True)]
    if names:
        return Decoded(len(rows), dict(zip(names, columns, strict=True)))
    return Decoded(len(rows), _named(columns, request=request))


def _named(columns: list[list[Json]], *, request: bool) -> Columns:
    if request:
        return {f"{FEATURES}{i}": column for i, column in enumerate(columns)}
    if len(columns) == 1:
        return {ANSWER: columns[0]}
    return {ANSWER: [list(row) for row in zip(*columns, strict=True)]}


def _lines(content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnfitError("invalid_utf8", value=error.start + 1) from error
    try:
        return [cells for cells in csv.reader(io.StringIO(text, newline="")) if cells]
    except csv.Error as error:
        raise UnfitError("bad_body", value=str(error)) from error


def _header(lines: list[list[str]], media_type: str) -> list[str] | None:
    """Return the names in the first line, where that is what it holds."""
    if "header=absent" in media_type or not lines:
        return None
    first = [cell.strip() for cell in lines[0]]
    if len(set(first)) < len(first) or "" in first:
        return None
    told = "header=present" in media_type
    numbers = any(number(cell) is not None for line in lines[1:2] for cell in line)
    named = not any(number(cell) is not None for cell in first)
    return first if told or (numbers and named) else None


def _typed(cells: list[str]) -> list[Json]:
    """Return the cells of a column: each a number, a text, or nothing."""
    try:
        numbers = list(map(float, cells))
    except ValueError:
        return _each(cells)
    exact = all(-EXACT_INTEGER <= value <= EXACT_INTEGER for value in numbers)
    # Python's own grammar of numbers has underscores in it
    return numbers if exact and not any("_" in cell for cell in cells) else _each(cells)


def _each(cells: list[str]) -> list[Json]:
    return [cell_value(cell) for cell in cells]


def cell_value(cell: str) -> Json:
    """Return what one cell says: integers are exact, NaN and the infinities are missing."""
    text = cell.strip()
    if text in _NOTHING:
        return None
    value = number(text)
    return text if value is None else value if isfinite(value) else None


def number(text: str) -> float | int | None:
    """Return the number that a text spells, if it does."""
    if "_" in text:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    if abs(value) <= EXACT_INTEGER or not text.strip().lstrip("+-").isdigit():
        return value
    return int(text) if len(text) < _LONGEST else value


# Python refuses to read integers of more digits.
_LONGEST: Final = 4000


def looks_like_csv(content: bytes, *, request: bool) -> bool:
    """
    Return whether a text of unknown type is CSV: numbers at least, or cells beside each other.

    Parameters
    ----------
    content : bytes
    request : bool
        Of a request several cells in the first line are enough; an answer has a number in each
        first cell: a sentence with a comma is none.
    """
    first = content.split(b"\n", 1)[0].decode(errors="replace").strip().split(",")
    numbers = [number(cell.strip()) is not None for cell in first]
    return any(numbers) and len(first) > 1 if request else all(numbers)
