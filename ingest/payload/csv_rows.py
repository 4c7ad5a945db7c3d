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
from ingest.payload.json_text import Json, holds_integer
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
    widths = {*map(len, rows), *([len(names)] if names else ())}
    if len(widths) > 1:
        raise UnfitError("uneven_rows", value=min(widths), expected=max(widths))
    if not request and n_rows is not None and len(rows) == 1 and width == n_rows > 1:
        rows = [[cell] for cell in rows[0]]
    columns = _columns(rows, content)
    if names:
        columns = columns or [[] for _ in names]
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
    told = "header=present" in media_type
    if not told and (len(lines) == 1 or any(map(_is_number, lines[0]))):
        return None
    first = [cell.strip() for cell in lines[0]]
    if len(set(first)) < len(first) or "" in first:
        return None
    return first if told or any(map(_is_number, lines[1])) else None


def _is_number(cell: str) -> bool:
    return number(cell) is not None


def _typed(cells: tuple[str, ...], *, plain: bool) -> list[Json]:
    """Return the cells of a column, or of a single row: each a number, a text, or nothing."""
    try:
        if plain:
            return list(map(float, cells))
    except ValueError:
        pass
    return [cell_value(cell) for cell in cells]


def _is_plain(content: bytes) -> bool:
    """Return whether each number is one of Python's, and a double holds it."""
    # Python's own grammar of numbers has underscores in it
    return b"_" not in content and not holds_integer(content, _DIGITS_OF_A_DOUBLE)


_DIGITS_OF_A_DOUBLE: Final = 16


def _columns(rows: list[list[str]], content: bytes) -> list[list[Json]]:
    plain = _is_plain(content)
    if len(rows) == 1:
        return [[cell] for cell in _typed(tuple(rows[0]), plain=plain)]
    return [_typed(cells, plain=plain) for cells in zip(*rows, strict=True)]


def cell_value(cell: str) -> Json:
    """Return what one cell says: integers are exact, NaN and the infinities are missing."""
    text = cell.strip()
    if text in _NOTHING:
        return None
    value = number(text)
    if value is None:
        return text
    return value if isinstance(value, int) or isfinite(value) else None


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
        A request has several cells in each of its first lines, and numbers in one of these; an
        answer has nothing but numbers in the first line: a sentence with a comma is none.
    """
    lines = content[:_SNIFFED].decode(errors="replace").splitlines()[:2]
    cells = [line.split(",") for line in lines]
    if not request:
        return bool(cells) and all(map(_is_number, cells[0]))
    together = len({len(line) for line in cells}) == 1 and len(cells[0]) > 1
    return together and any(_is_number(cell) for line in cells for cell in line)


_SNIFFED: Final = 64 * 1024
