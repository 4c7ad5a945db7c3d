"""Rows of many calls, gathered call by call and turned into columns once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from domain.event import RAW_LIMIT_BYTES
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
    """Cells of one path, and of which rows they are."""

    __slots__ = ("cells", "rows")

    def __init__(self) -> None:
        self.cells: list[Any] = []
        self.rows: list[NDArray[np.int64]] = []

    def put(self, cells: Iterable[Any], rows: NDArray[np.int64]) -> None:
        self.cells += cells
        self.rows.append(rows)

    def values(self, n_rows: int) -> tuple[Values, list[int]]:
        """Return the column, and the rows whose cells lie too deep; those hold nothing, too."""
        rows = np.concatenate(self.rows)
        cells, deep = _bounded(self.cells)
        values = cell_values(cells)
        if len(rows) != n_rows or (len(self.rows) > 1 and (np.diff(rows) != 1).any()):
            places = np.full(n_rows, -1, dtype=np.int64)
            places[rows] = np.arange(len(rows))
            values = values.take(pa.array(places, mask=places < 0))
        return values, rows[deep].tolist()


@dataclass(slots=True)
class _Alike:
    """Calls of one row that have the same paths: most of a log."""

    rows: list[int] = field(default_factory=list[int])
    cells: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])


class RowSheet:
    """Gathers the rows of calls."""

    def __init__(self) -> None:
        self._columns: dict[str, _Column] = {}
        self._paths: set[str] = set()
        self._alike: dict[tuple[str, ...], _Alike] = {}
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
        if n_rows == 1:
            self._put_row(dict(facts) | {path: cells[0] for path, cells in columns.items()})
        else:
            self._put_rows(facts, columns, n_rows)
        self._exchanges.append(exchange)
        self._counts.append(n_rows)
        self._n_rows += n_rows
        self._n_cells += n_cells

    def _know(self, paths: Iterable[str]) -> None:
        new = [path for path in paths if path not in self._paths]
        if len(self._paths) + len(new) > COLUMN_LIMIT:
            raise UnfitError("too_many_columns", value=len(new), limit=COLUMN_LIMIT)
        self._paths.update(new)

    def _put_row(self, row: dict[str, Any]) -> None:
        paths = tuple(row)
        alike = self._alike.get(paths)
        if alike is None:
            self._know(paths)
            alike = self._alike[paths] = _Alike()
        alike.rows.append(self._n_rows)
        alike.cells.append(tuple(row.values()))

    def _put_rows(
        self, facts: Mapping[str, object], columns: Mapping[str, list[Any]], n_rows: int
    ) -> None:
        self._know([*facts, *columns])
        rows = np.arange(self._n_rows, self._n_rows + n_rows)
        for path, value in facts.items():
            if path not in columns:
                self._put(path, [value] * n_rows, rows)
        for path, cells in columns.items():
            self._put(path, cells, rows)

    def _put(self, path: str, cells: Iterable[Any], rows: NDArray[np.int64]) -> None:
        column = self._columns.get(path)
        if column is None:
            column = self._columns[path] = _Column()
        column.put(cells, rows)

    def block(self, rejections: Iterable[Rejection]) -> Block:
        """Return all rows, and what could not become any."""
        for paths, alike in self._alike.items():
            rows = np.array(alike.rows)
            for path, cells in zip(paths, zip(*alike.cells, strict=True), strict=True):
                self._put(path, cells, rows)
        self._alike = {}
        owners = np.repeat(np.arange(len(self._counts)), self._counts)
        numbers = np.array([e.position for e in self._exchanges], dtype=np.int64)
        # cut once: all rejections of a call then share its bytes
        raws = [exchange.raw[:RAW_LIMIT_BYTES] for exchange in self._exchanges]

        def raw(row: int) -> bytes:
            return raws[int(owners[row])]

        return Block(numbers[owners], self._values(), raw, tuple(rejections))

    def _values(self) -> dict[str, Values]:
        left_out: dict[int, list[str]] = {}
        values: dict[str, Values] = {}
        for path, column in self._columns.items():
            filled, rows = column.values(self._n_rows)
            if path.startswith(_FOREIGN):
                filled, long = _without_long(filled)
                for row in (*rows, *long):
                    left_out.setdefault(row, []).append(path)
            values[path] = filled
        if left_out:
            told = [", ".join(left_out.get(row, ())) or None for row in range(self._n_rows)]
            values["tags.left_out"] = column_of(told)
        return values


def cell_values(cells: list[Any]) -> Values:
    """
    Return a column of a payload: NaN and the infinities are missing.

    Parameters
    ----------
    cells : list
        JSON values, and floats that are no JSON.
    """
    values = column_of(cells)
    if values.number is None:
        return values
    finite = pc.is_finite(values.number)
    if pc.all(finite).as_py():
        return values
    return replace(values, number=pc.if_else(finite, values.number, None))


def _bounded(cells: list[Any]) -> tuple[list[Any], list[int]]:
    """Return cells with nothing for those that lie too deep, and the places of these."""
    if set(map(type, cells)).isdisjoint(_NESTED):
        return cells, []
    deep = [place for place, cell in enumerate(cells) if too_deep(cell)]
    gone = set(deep)
    return [None if n in gone else _told(cell) for n, cell in enumerate(cells)], deep


def _told(cell: Any) -> Any:  # noqa: ANN401 - a JSON value
    if not isinstance(cell, _NESTED):
        return cell
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
