"""Rows of many calls, gathered call by call and turned into columns once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from domain.rejection import Rejection
from ingest.exchange import OUTPUTS, Exchange
from ingest.fields import TEXT_LIMIT_BYTES
from ingest.json_columns import COLUMN_LIMIT, column_of, too_deep
from ingest.json_exact import UnfitError
from ingest.readers.block import Block
from ingest.values import Values

# Of all calls of a block: what 8 MB of a log can hold is far less, unless it unfolds.
CELL_LIMIT: Final = 10_000_000

_FOREIGN: Final = ("features.", OUTPUTS)
_NESTED: Final = (list, dict)


class _Column:
    """Cells of one path and the rows ``[start, end)`` that they are of."""

    __slots__ = ("cells", "spans")

    def __init__(self) -> None:
        self.cells: list[Any] = []
        self.spans: list[tuple[int, int]] = []

    def put(self, cells: list[Any], start: int) -> None:
        end = start + len(cells)
        if self.spans and self.spans[-1][1] == start:
            self.spans[-1] = (self.spans[-1][0], end)
        else:
            self.spans.append((start, end))
        self.cells += cells


class RowSheet:
    """Gathers the rows of calls."""

    def __init__(self) -> None:
        self._columns: dict[str, _Column] = {}
        self._exchanges: list[Exchange] = []
        self._counts: list[int] = []
        self._n_rows = 0
        self._n_cells = 0

    def add(
        self,
        exchange: Exchange,
        facts: Mapping[str, object],
        columns: Mapping[str, list[Any]],
        n_rows: int,
    ) -> None:
        """
        Take the rows of one call.

        Parameters
        ----------
        exchange : Exchange
        facts : mapping of str to object
            By path; what all rows share.
        columns : mapping of str to list, each of length `n_rows`
            By path; before the facts where both have a path.
        n_rows : int

        Raises
        ------
        UnfitError
            If the calls of this sheet unfold to more than anything should hold.
        """
        n_cells = n_rows * (len(facts) + len(columns))
        if self._n_cells + n_cells > CELL_LIMIT:
            raise UnfitError("too_many_rows", value=n_rows, limit=CELL_LIMIT)
        new = sum(path not in self._columns for path in columns)
        if len(self._columns) + new > COLUMN_LIMIT:
            raise UnfitError("too_many_columns", value=new, limit=COLUMN_LIMIT)
        for path, value in facts.items():
            if path not in columns:
                self._put(path, [value] * n_rows)
        for path, cells in columns.items():
            self._put(path, cells)
        self._exchanges.append(exchange)
        self._counts.append(n_rows)
        self._n_rows += n_rows
        self._n_cells += n_cells

    def _put(self, path: str, cells: list[Any]) -> None:
        column = self._columns.get(path)
        if column is None:
            column = self._columns[path] = _Column()
        column.put(cells, self._n_rows)

    def block(self, rejections: Iterable[Rejection]) -> Block:
        """Return all rows, and what could not become any."""
        owners = np.repeat(np.arange(len(self._counts)), self._counts)
        numbers = np.array([e.position for e in self._exchanges], dtype=np.int64)
        exchanges = self._exchanges

        def raw(row: int) -> bytes:
            return exchanges[int(owners[row])].raw

        positions = numbers[owners] if len(owners) else np.empty(0, np.int64)
        return Block(positions, self._values(), raw, tuple(rejections))

    def _values(self) -> dict[str, Values]:
        left_out: dict[int, list[str]] = {}
        values: dict[str, Values] = {}
        for path, column in self._columns.items():
            filled = self._spread(column, cell_values(column.cells))
            if path.startswith(_FOREIGN):
                filled, rows = _without_long(filled)
                for row in rows:
                    left_out.setdefault(row, []).append(path)
            values[path] = filled
        if left_out:
            told = [", ".join(left_out.get(row, ())) or None for row in range(self._n_rows)]
            values["tags.left_out"] = column_of(told)
        return values

    def _spread(self, column: _Column, values: Values) -> Values:
        """Put the cells of a column where their rows are; the others hold nothing."""
        if len(column.cells) == self._n_rows:
            return values
        places = np.full(self._n_rows, -1, dtype=np.int64)
        at = 0
        for start, end in column.spans:
            places[start:end] = np.arange(at, at + end - start)
            at += end - start
        return values.take(pa.array(places, mask=places < 0))


def cell_values(cells: list[Any]) -> Values:
    """
    Return a column of a payload: NaN and the infinities are missing, what lies too deep is too.

    Parameters
    ----------
    cells : list
        JSON values, and floats that are no JSON.
    """
    if not set(map(type, cells)).isdisjoint(_NESTED):
        cells = [_bounded(cell) if isinstance(cell, _NESTED) else cell for cell in cells]
    values = column_of(cells)
    if values.number is None:
        return values
    finite = pc.is_finite(values.number)
    if pc.all(finite).as_py():
        return values
    return replace(values, number=pc.if_else(finite, values.number, None))


def _bounded(cell: Any) -> Any:  # noqa: ANN401 - a JSON value
    if too_deep(cell):
        return None
    try:
        json.dumps(cell, allow_nan=False)
    except ValueError:
        return _finite(cell)
    return cell


def _finite(cell: Any) -> Any:  # noqa: ANN401 - a JSON value
    """Return a nested value with null for NaN and the infinities."""
    if isinstance(cell, dict):
        return {name: _finite(member) for name, member in cell.items()}
    if isinstance(cell, list):
        return [_finite(member) for member in cell]
    return cell if not isinstance(cell, float) or np.isfinite(cell) else None


def _without_long(values: Values) -> tuple[Values, list[int]]:
    """Return a column without texts that no event may hold, and the rows that held them."""
    rows: list[int] = []
    for name in ("text", "nested"):
        part = values.parts().get(name)
        if part is not None and part.nbytes > TEXT_LIMIT_BYTES:
            long = pc.fill_null(pc.greater(pc.binary_length(part), TEXT_LIMIT_BYTES), False)
            rows += np.flatnonzero(np.asarray(long)).tolist()
            values = replace(values, **{name: pc.if_else(long, None, part)})
    return values, rows
