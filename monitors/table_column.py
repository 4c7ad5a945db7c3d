"""One column of two files: read, counted over the reference's cells, of one type or not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from detectors.grid import MAX_ATOMS, learn_category_grid, learn_number_grid
from domain.profile import (
    CategoryCounts,
    ColumnKind,
    Float,
    Grid,
    GridKind,
    Profile,
    SortedColumn,
)
from ingest.kinds import GuessedColumn
from ingest.table import TableSource

# more rows than this share that hold no number make a column one of text
WORDS_SHARE: Final = 0.1
# a column whose first rows hold two numbers may hold more further down
FEW_NUMBERS: Final = 10

_SWITCHES: Final = ({"false": "0", "true": "1"}, {"False": "0", "True": "1"})


@dataclass(frozen=True, eq=False)
class NumberSample:
    """
    A column of one file as numbers.

    Parameters
    ----------
    values : SortedColumn
        Its `missing` counts the words as well.
    words : int
        Rows that hold something which is no number.
    """

    values: SortedColumn
    words: int = 0

    @property
    def n(self) -> int:
        """All rows."""
        return self.values.n

    @property
    def missing(self) -> int:
        """Rows without a value."""
        return self.values.missing - self.words

    @property
    def is_number(self) -> bool:
        """Whether so few rows hold words that the column is one of numbers."""
        return self.words <= WORDS_SHARE * (self.n - self.missing)

    def grid(self) -> Grid:
        """Learn the column's cells from this side."""
        return learn_number_grid(self.values)

    def profile(self, grid: Grid) -> Profile:
        """Count the rows over cells of numbers; words are unseen."""
        counts = self.values.profile(grid).counts
        counts[-2:] += -self.words, self.words
        return Profile(self.values.column, grid, counts)


@dataclass(frozen=True, eq=False)
class CategorySample:
    """A column of one file as categories."""

    counts: CategoryCounts

    @property
    def n(self) -> int:
        """All rows."""
        return int(self.counts.counts.sum()) + self.missing

    @property
    def missing(self) -> int:
        """Rows without a value."""
        return self.counts.missing

    def grid(self) -> Grid:
        """Learn the column's cells from this side."""
        return learn_category_grid(self.counts)

    def profile(self, grid: Grid) -> Profile:
        """Count the rows over cells of categories."""
        places = grid.places_of_labels(self.counts.labels)
        counts = np.zeros(grid.n_cells + 2, dtype=np.int64)
        np.add.at(counts, places, self.counts.counts)
        counts[-2] += self.missing
        return Profile(self.counts.column, grid, counts)


Sample = NumberSample | CategorySample


@dataclass(frozen=True, eq=False)
class Pair:
    """
    A column that both files have.

    Parameters
    ----------
    guess : GuessedColumn
        Corrected by what the whole column holds.
    reference, current : Sample
        Of one kind, except where the type changed.
    type_now : ColumnKind or None
        What the current file holds, where it is not what the reference holds.
    """

    guess: GuessedColumn
    reference: Sample
    current: Sample
    type_now: ColumnKind | None = None

    def grid(self) -> Grid:
        """
        Learn the cells: edges from the reference alone, single values and categories from both.

        Which categories get a cell of their own must not hang on one sample: those that it holds
        by chance are rarer in the other, and a long tail of rare ones would always seem to have
        moved. A quantile edge has no such bias, and no extreme value of the current moves it.
        """
        before, after = self.reference, self.current
        if isinstance(before, CategorySample) and isinstance(after, CategorySample):
            return learn_category_grid(_pooled(before.counts, after.counts))
        if isinstance(before, NumberSample) and isinstance(after, NumberSample):
            values = _distinct(before, after, MAX_ATOMS)
            if values is not None:
                return Grid(GridKind.ATOMS, values)
            return learn_number_grid(before.values, max_atoms=0)
        return before.grid()

    def profiles(self) -> tuple[Profile, Profile]:
        """Count both sides over the same cells; values of another type are in none."""
        grid = self.grid()
        before = self.reference.profile(grid)
        if self.type_now is None:
            return before, self.current.profile(grid)
        counts = np.zeros(grid.n_cells + 2, dtype=np.int64)
        counts[-2] = self.current.missing
        counts[-1] = self.current.n - self.current.missing
        return before, Profile(self.guess.name, grid, counts)


def _distinct(reference: NumberSample, current: NumberSample, at_most: int) -> Float | None:
    """Return the values that either side holds; None where they are more than so many."""
    sides = (reference.values, current.values)
    if max(side.n_distinct for side in sides) > at_most:
        return None  # a million values need not be merged to know it
    values = np.union1d(*(side.values for side in sides))
    return values if len(values) <= at_most else None


def _pooled(reference: CategoryCounts, current: CategoryCounts) -> CategoryCounts:
    totals = dict(zip(reference.labels, reference.counts.tolist(), strict=True))
    for label, count in zip(current.labels, current.counts.tolist(), strict=True):
        totals[label] = totals.get(label, 0) + count
    counts = np.array(list(totals.values()), dtype=np.int64)
    return CategoryCounts(reference.column, tuple(totals), counts)


def read_numbers(table: TableSource, column: str, *, spelled: bool = False) -> NumberSample:
    """
    Read one column as numbers.

    Parameters
    ----------
    table : TableSource
    column : str
    spelled : bool, default=False
        Read texts that spell a number, too.
    """
    raw = table.numbers(column, spelled=spelled)
    values = SortedColumn.from_values(column, raw.values)
    return NumberSample(values, raw.words)


def read_categories(table: TableSource, column: str) -> CategorySample:
    """Read one column as categories."""
    return CategorySample(table.labels(column))


def read_alone(table: TableSource, guess: GuessedColumn) -> Sample:
    """Read a column that only one file has."""
    if guess.kind is ColumnKind.NUMBER:
        return read_numbers(table, guess.name)
    return read_categories(table, guess.name)


def read_pair(reference: TableSource, current: TableSource, guess: GuessedColumn) -> Pair:
    """
    Read a column of both files and settle what it is.

    The guess rests on the first rows; the whole column decides. Numbers that one file spells as
    text (as CSV and some data frames do) are numbers; true and false are 1 and 0 where the other
    file writes these; a column of numbers here and of words there has changed its type.

    Parameters
    ----------
    reference, current : TableSource
    guess : GuessedColumn
        Of a column that both have and that is compared.
    """
    mixed = guess.why in ("guess.differs", "guess.two_numbers")
    if guess.kind is ColumnKind.CATEGORY and not mixed:
        return _as_categories(reference, current, guess)
    sides = (read_numbers(reference, guess.name), read_numbers(current, guess.name))
    if all(side.is_number for side in sides):
        if guess.kind is ColumnKind.CATEGORY and _distinct(*sides, FEW_NUMBERS) is not None:
            return _as_categories(reference, current, guess)
        distinct = {"distinct": len(sides[0].values.values)}
        return Pair(_settled(guess, ColumnKind.NUMBER, "guess.numbers", distinct), *sides)
    if not any(side.is_number for side in sides) or guess.why == "guess.two_numbers":
        mixed_kinds = _settled(guess, ColumnKind.CATEGORY, "guess.mixed", {})
        return _as_categories(reference, current, mixed_kinds)
    return _of_two_types(reference, current, guess, sides)


def _settled(
    guess: GuessedColumn, kind: ColumnKind, why: str, values: dict[str, int]
) -> GuessedColumn:
    """Correct a guess whose kind the whole column does not bear out."""
    return guess if guess.kind is kind else replace(guess, kind=kind, why=why, values=values)


def _as_categories(reference: TableSource, current: TableSource, guess: GuessedColumn) -> Pair:
    sides = [table.labels(guess.name) for table in (reference, current)]
    before, now = alike(sides[0].labels, sides[1].labels)
    return Pair(
        guess,
        CategorySample(replace(sides[0], labels=before)),
        CategorySample(replace(sides[1], labels=now)),
    )


def alike(
    reference: tuple[str, ...], current: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """
    Write true and false as 1 and 0 where the other side has these.

    Parameters
    ----------
    reference, current : tuple of str
        Distinct labels.

    Examples
    --------
    >>> alike(("true", "false"), ("0", "1"))
    (('1', '0'), ('0', '1'))
    >>> alike(("true", "false"), ("true",))
    (('true', 'false'), ('true',))
    """
    if set(current) <= {"0", "1"} and current:
        return _as_digits(reference), current
    if set(reference) <= {"0", "1"} and reference:
        return reference, _as_digits(current)
    return reference, current


def _as_digits(labels: tuple[str, ...]) -> tuple[str, ...]:
    for switch in _SWITCHES:
        if set(labels) <= set(switch):
            return tuple(switch[label] for label in labels)
    return labels


def _of_two_types(
    reference: TableSource,
    current: TableSource,
    guess: GuessedColumn,
    sides: tuple[NumberSample, NumberSample],
) -> Pair:
    """Read the side of words once more: they may spell numbers, else the type has changed."""
    before, now = sides
    worded = current if before.is_number else reference
    again = read_numbers(worded, guess.name, spelled=True)
    if again.is_number:
        pair = (before, again) if before.is_number else (again, now)
        spelled = replace(guess, kind=ColumnKind.NUMBER, why="guess.spelled", values={})
        return Pair(spelled, *pair)
    words = read_categories(worded, guess.name)
    differs = replace(guess, why="guess.differs", values={})
    if before.is_number:
        held = replace(differs, kind=ColumnKind.NUMBER)
        return Pair(held, before, words, type_now=ColumnKind.CATEGORY)
    held = replace(differs, kind=ColumnKind.CATEGORY)
    return Pair(held, words, now, type_now=ColumnKind.NUMBER)
