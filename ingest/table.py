"""The columns of a file or a data frame, for a comparison of two."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from domain.errors import ConfigurationError, UnknownNameError
from domain.profile import CategoryCounts
from domain.rejection import Rejection
from ingest.cell_types import text_numbers
from ingest.values import Values, holds, iso_text, number_text

Float = NDArray[np.float64]
Int = NDArray[np.int64]

HEAD_ROWS: Final = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """
    A column as numbers.

    Parameters
    ----------
    values : ndarray of float64, shape (n_rows,)
        In the order of the rows; NaN where there is no number. May be infinite.
    missing : int
        Rows that hold nothing.
    words : int
        Rows that hold something which is no number.
    """

    values: Float
    missing: int
    words: int


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """
    A column as categories.

    Parameters
    ----------
    labels : tuple of str
        The distinct values as text; numbers in one canonical form.
    codes : ndarray of int64, shape (n_rows,)
        Index into `labels` in the order of the rows; -1 where the row holds nothing.
    """

    labels: tuple[str, ...]
    codes: Int


class TableSource:
    """
    The columns of a file or a data frame.

    Parameters
    ----------
    name : str
        As reports show it.
    types : mapping of str to str
        Name and type of each column, in order.
    n_rows : int
    load : callable
        From a column's name to its values, in pieces.
    head : callable
        The first rows (at most `HEAD_ROWS`) of all columns.
    rejections : sequence of Rejection
        Lines that could not be read.
    """

    def __init__(
        self,
        name: str,
        types: Mapping[str, str],
        n_rows: int,
        load: Callable[[str], Sequence[Values]],
        head: Callable[[], dict[str, Values]],
        rejections: Sequence[Rejection] = (),
    ) -> None:
        self.name = name
        self.types = dict(types)
        self.n_rows = n_rows
        self.head = head
        self.rejections = tuple(rejections)
        self._load = load

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(self.types)

    def numbers(self, column: str, *, spelled: bool = False) -> Numbers:
        """
        Read one column as numbers.

        Parameters
        ----------
        column : str
        spelled : bool, default=False
            Read texts that spell a number, too.

        Raises
        ------
        UnknownNameError
            If there is no such column.
        """
        pieces = self._pieces(column)
        read = [_numbers_of(piece, spelled=spelled) for piece in pieces]
        doubles = [_doubles(n, p.length) for n, p in zip(read, pieces, strict=True)]
        present = sum(int(piece.present().sum()) for piece in pieces)
        numbers = sum(len(part) - part.null_count for part in read if part is not None)
        values = np.concatenate([np.empty(0), *doubles]) if len(doubles) != 1 else doubles[0]
        return Numbers(values, self.n_rows - present, present - numbers)

    def coded(self, column: str) -> Coded:
        """
        Read one column as categories, row by row.

        Raises
        ------
        UnknownNameError
            If there is no such column.
        """
        place: dict[str, int] = {}
        codes = [np.empty(0, dtype=np.int64)]
        codes += [_codes(piece, place) for piece in self._pieces(column)]
        return Coded(tuple(place), np.concatenate(codes))

    def labels(self, column: str) -> CategoryCounts:
        """
        Count the values of one column as categories, the most frequent first.

        Raises
        ------
        UnknownNameError
            If there is no such column.
        """
        coded = self.coded(column)
        counts = np.bincount(coded.codes + 1, minlength=len(coded.labels) + 1)
        order = sorted(range(len(coded.labels)), key=lambda i: (-counts[i + 1], coded.labels[i]))
        chosen = np.array(order, dtype=np.int64)
        return CategoryCounts(
            column,
            tuple(coded.labels[i] for i in order),
            counts[1:][chosen].astype(np.int64),
            int(counts[0]),
        )

    def renamed(self, names: Mapping[str, str]) -> TableSource:
        """
        Return the same table under other names.

        Parameters
        ----------
        names : mapping of str to str
            New name by old one; columns that are not there are passed over.

        Raises
        ------
        ConfigurationError
            If two columns would have one name.
        """
        old = {names.get(column, column): column for column in self.types}
        if len(old) < len(self.types):
            kept = set(old.values())
            lost = next(column for column in self.types if column not in kept)
            raise ConfigurationError(
                f"rename: {self.name} would have two columns {names.get(lost, lost)!r}; "
                "exclude one or choose another name"
            )
        return TableSource(
            self.name,
            {new: self.types[column] for new, column in old.items()},
            self.n_rows,
            lambda column: self._load(old[column]),
            lambda: {names.get(column, column): values for column, values in self.head().items()},
            self.rejections,
        )

    def rewritten(
        self, texts: Mapping[str, Callable[[pa.Array], pa.Array]], without: Collection[str]
    ) -> TableSource:
        """
        Return the same table with the values of some columns written otherwise, and without some.

        Parameters
        ----------
        texts : mapping of str to callable
            By column: from its values as text to others; a missing one stays missing.
        without : collection of str
        """

        def load(column: str) -> Sequence[Values]:
            pieces = self._load(column)
            return [_rewritten(p, texts[column]) for p in pieces] if column in texts else pieces

        def head() -> dict[str, Values]:
            shown = {name: values for name, values in self.head().items() if name not in without}
            return {n: _rewritten(v, texts[n]) if n in texts else v for n, v in shown.items()}

        types = {n: "text" if n in texts else t for n, t in self.types.items() if n not in without}
        return TableSource(self.name, types, self.n_rows, load, head, self.rejections)

    def _pieces(self, column: str) -> Sequence[Values]:
        if column not in self.types:
            raise UnknownNameError.nearest(f"column in {self.name}", column, self.types)
        return self._load(column)


def _rewritten(values: Values, text_of: Callable[[pa.Array], pa.Array]) -> Values:
    parts = [_TEXT_OF[kind](part) for kind, part in values.parts().items()]
    return Values(values.length, text=text_of(pc.coalesce(*parts))) if parts else values


def _numbers_of(values: Values, *, spelled: bool) -> pa.Array | None:
    if not spelled or values.text is None:
        return values.number
    read = text_numbers(values.text)
    return read if values.number is None else pc.coalesce(values.number, read)


def _doubles(numbers: pa.Array | None, length: int) -> Float:
    if numbers is None:
        return np.full(length, np.nan)
    return np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.float64)


def _codes(values: Values, place: dict[str, int]) -> Int:
    """Give each value of a piece its code; `place` grows by what is new."""
    codes = np.full(values.length, -1, dtype=np.int64)
    for kind, part in values.parts().items():
        encoded = part.dictionary_encode()
        labels = _TEXT_OF[kind](encoded.dictionary).to_pylist()
        mine = np.array([place.setdefault(label, len(place)) for label in labels], dtype=np.int64)
        rows = holds(part)
        codes[rows] = mine[np.asarray(encoded.indices.drop_null(), dtype=np.int64)]
    return codes


def _as_is(texts: pa.Array) -> pa.Array:
    return texts


def _flag_text(flags: pa.Array) -> pa.Array:
    return pc.if_else(flags, "true", "false")


_TEXT_OF: Final[dict[str, Callable[[pa.Array], pa.Array]]] = {
    "text": _as_is,
    "nested": _as_is,
    "number": number_text,
    "flag": _flag_text,
    "time": iso_text,
}
