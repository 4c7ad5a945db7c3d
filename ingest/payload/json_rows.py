"""Rows of JSON values into columns: instances, records, and tensors that are written as lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Final

from ingest.json_columns import COLUMN_LIMIT, NESTING_LIMIT
from ingest.json_exact import UnfitError
from ingest.payload.json_text import Json, opened

Columns = dict[str, list[Json]]

# Of one call. A body can say with a few bytes that it holds billions.
ROW_LIMIT: Final = 100_000
CELL_LIMIT: Final = 5_000_000

# Unnamed numbers of a row that are features of their own; more are a picture or a signal.
FEATURE_LIMIT: Final = 5_000

# Name of the only column, where nothing else has one.
FEATURES: Final = "f"
ANSWER: Final = "prediction"

# Objects inside a row are opened so deep: ``customer.address.city``.
_OPENED: Final = 4


def check_size(n_rows: int, n_columns: int = 1) -> None:
    """
    Refuse what nobody serves.

    Parameters
    ----------
    n_rows, n_columns : int

    Raises
    ------
    UnfitError
    """
    if n_rows > ROW_LIMIT or n_rows * n_columns > CELL_LIMIT:
        limit = min(ROW_LIMIT, CELL_LIMIT // max(n_columns, 1))
        raise UnfitError("too_many_rows", value=n_rows, limit=limit)
    if n_columns > COLUMN_LIMIT:
        raise UnfitError("too_many_columns", value=n_columns, limit=COLUMN_LIMIT)


def columns_of_rows(rows: Sequence[Json], unnamed: str) -> Columns:
    """
    Return rows as columns.

    Parameters
    ----------
    rows : sequence
        Objects, lists, single values, or texts that are JSON of such.
    unnamed : str
        Name of the column, where the rows are no objects.

    Raises
    ------
    UnfitError
        If there are too many rows or columns.
    """
    check_size(len(rows))
    types = set(map(type, rows))
    if types == {str}:
        rows = opened(list(rows))
        types = set(map(type, rows))
    if types == {dict}:
        return flattened(_of_objects(rows))
    return {unnamed: list(rows)}


def _of_objects(rows: Sequence[dict[str, Json]]) -> Columns:
    first = rows[0]
    if len(first) > 1 and all(row.keys() == first.keys() for row in rows):
        check_size(len(rows), len(first))
        cells = zip(*map(itemgetter(*first), rows), strict=True)
        return {name: list(column) for name, column in zip(first, cells, strict=True)}
    names = dict.fromkeys(chain.from_iterable(rows))
    check_size(len(rows), len(names))
    return {name: [row.get(name) for row in rows] for name in names}


def flattened(columns: Columns) -> Columns:
    """
    Open the columns that hold objects: the member ``age`` of ``customer`` is ``customer.age``.

    Parameters
    ----------
    columns : dict of str to list

    Raises
    ------
    UnfitError
        If two members come to the same name, or there are too many.
    """
    for _ in range(_OPENED):
        if not any(set(map(type, column)) in _OBJECTS for column in columns.values()):
            break
        columns = _opened_once(columns)
    return columns


_OBJECTS: Final = ({dict}, {dict, type(None)})


def _opened_once(columns: Columns) -> Columns:
    flat: Columns = {}
    for name, column in columns.items():
        inner = {name: column}
        if set(map(type, column)) in _OBJECTS:
            members = _of_objects([{} if cell is None else cell for cell in column])
            inner = {f"{name}.{member}": cells for member, cells in members.items()}
        if flat.keys() & inner.keys():
            raise UnfitError("duplicate_key", field=min(flat.keys() & inner.keys()))
        flat |= inner
        check_size(len(column), len(flat))
    return flat


def columns_of_tensors(tensors: Mapping[str, Json]) -> Columns:
    """
    Return named lists as columns; what has one value for all rows is repeated.

    Parameters
    ----------
    tensors : mapping of str to object
        Lists of rows, or single values.

    Raises
    ------
    UnfitError
        If their lengths differ.
    """
    lengths = {len(value) for value in tensors.values() if isinstance(value, list)}
    n_rows = max(lengths, default=1)
    odd = lengths - {n_rows, 1}
    if odd:
        raise UnfitError("uneven_rows", value=min(odd), expected=n_rows)
    check_size(n_rows, len(tensors))
    return {name: _repeated(value, n_rows) for name, value in tensors.items()}


def _repeated(value: Json, n_rows: int) -> list[Json]:
    if not isinstance(value, list):
        return [value] * n_rows
    return value if len(value) == n_rows else value * n_rows


def spread(columns: Columns) -> Columns:
    """
    Name what a request does not: the numbers of a row are ``f0``, ``f1`` and so on.

    Vectors of one element are that element. The elements of a single column of vectors are
    features; a vector beside other columns stays one value, and so do vectors of differing
    lengths, those that hold lists themselves, and those longer than `FEATURE_LIMIT`.

    Parameters
    ----------
    columns : dict of str to list

    Raises
    ------
    UnfitError
        If these are too many cells.
    """
    columns = {name: without_units(column) for name, column in columns.items()}
    if len(columns) != 1:
        return columns
    ((name, column),) = columns.items()
    width = _width(column)
    if width is None:
        return {f"{FEATURES}0": column} if name == FEATURES else columns
    check_size(len(column), width)
    return dict(zip(_unnamed(width), map(list, zip(*column, strict=True)), strict=True))


@lru_cache(maxsize=256)
def _unnamed(width: int) -> tuple[str, ...]:
    return tuple(f"{FEATURES}{i}" for i in range(width))


def _width(column: list[Json]) -> int | None:
    """Return how many features each row of a column is; None where it is one value."""
    if set(map(type, column)) != {list}:
        return None
    widths = set(map(len, column))
    width = max(widths)
    # a table of rows: a list inside it is what one feature holds, unless all are lists
    plain = width == 0 or not all(isinstance(cell, list) for cell in column[0])
    return width if len(widths) == 1 and width <= FEATURE_LIMIT and plain else None


def without_units(column: list[Json]) -> list[Json]:
    """Return a column with the element for each list that has only one, however deep."""
    for _ in range(NESTING_LIMIT):
        types = set(map(type, column))
        if list not in types:
            break
        if types == {list}:
            if set(map(len, column)) != {1}:
                break
            column = [cell[0] for cell in column]
        elif any(isinstance(cell, list) and len(cell) != 1 for cell in column):
            break
        else:
            column = [cell[0] if isinstance(cell, list) else cell for cell in column]
    return column
