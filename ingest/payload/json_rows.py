"""Rows of JSON values into columns: instances, records and tensors that are written as lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, Final

from ingest.json_columns import COLUMN_LIMIT
from ingest.json_exact import UnfitError

Json = Any
Columns = dict[str, list[Json]]

# Rows of one call. A body says with a few bytes that it has a billion.
ROW_LIMIT: Final = 100_000
CELL_LIMIT: Final = 20_000_000


def columns_of_rows(rows: Sequence[Any], unnamed: str) -> Columns:
    """
    Return rows as columns.

    Parameters
    ----------
    rows : sequence
        Objects, lists or single values.
    unnamed : str
        Name of a column of single values. Lists have none of their own either: their columns are
        ``f0``, ``f1``, … in a request; in an answer, which has one output as a rule, each stays
        one value under this name.

    Raises
    ------
    UnfitError
        If there are too many rows or columns.
    """
    check_size(len(rows))
    if not rows:
        return {unnamed: []}
    types = set(map(type, rows))
    if types == {dict}:
        return _of_objects(rows)
    if types == {list} and unnamed == FEATURE:
        return _of_lists(rows)
    return {unnamed: list(rows)}


FEATURE: Final = "f0"


def check_size(n_rows: int, n_columns: int = 1) -> None:
    """
    Refuse what nobody serves.

    Raises
    ------
    UnfitError
    """
    if n_rows > ROW_LIMIT:
        raise UnfitError("too_many_rows", value=n_rows, limit=ROW_LIMIT)
    if n_columns > COLUMN_LIMIT:
        raise UnfitError("too_many_columns", value=n_columns, limit=COLUMN_LIMIT)
    if n_rows * n_columns > CELL_LIMIT:
        raise UnfitError("too_many_rows", value=n_rows, limit=CELL_LIMIT // n_columns)


def _of_objects(rows: Sequence[Any]) -> Columns:
    first: dict[str, Any] = rows[0]
    names = list(first)
    if len(names) > 1 and all(row.keys() == first.keys() for row in rows):
        check_size(len(rows), len(names))
        cells = zip(*map(itemgetter(*names), rows), strict=True)
        return {name: list(column) for name, column in zip(names, cells, strict=True)}
    union = dict.fromkeys(chain.from_iterable(rows))
    check_size(len(rows), len(union))
    return {name: [row.get(name) for row in rows] for name in union}


def _of_lists(rows: Sequence[Any]) -> Columns:
    widths = set(map(len, rows))
    if len(widths) > 1:
        raise UnfitError("uneven_rows", value=min(widths), expected=max(widths))
    width = widths.pop()
    check_size(len(rows), width)
    return {f"f{i}": list(column) for i, column in enumerate(zip(*rows, strict=True))}


def columns_of_tensors(tensors: Mapping[str, object]) -> Columns:
    """
    Return named lists as columns; what has one value for all rows is repeated.

    Raises
    ------
    UnfitError
        If their lengths differ.
    """
    lengths = {len(value) for value in tensors.values() if isinstance(value, list)}
    n_rows = max(lengths, default=1)
    if lengths - {n_rows, 1}:
        raise UnfitError("uneven_rows", value=min(lengths), expected=n_rows)
    check_size(n_rows, len(tensors))
    return {
        name: _repeated(value if isinstance(value, list) else [value], n_rows)
        for name, value in tensors.items()
    }


def _repeated(column: list[object], n_rows: int) -> list[object]:
    return column if len(column) == n_rows else column * n_rows
