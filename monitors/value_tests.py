"""
The tests that eat a column's values: on all of them, or by cells where the rows are too many.

Which way is taken hangs on row counts alone, so that every engine finds the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from detectors import ks
from detectors.ks_cells import INFINITE, CellTest, cells_between
from domain.column import Column
from domain.finding import Finding
from domain.profile import GridKind, Profile, ProfileSeries, SortedColumn
from monitors.column_fault import JUDGING_ERRORS, explain
from monitors.config import DriftConfig
from monitors.two_samples import by_values, ks_limits, needs_values, without_rows
from monitors.window_values import WindowValues

EXACT_ROWS: Final = 10_000_000
"""Rows of baseline and window together up to which every value is looked at (ADR 0019)."""

Found = dict[tuple[Column, int], Mapping[str, Finding]]


@dataclass(frozen=True, eq=False)
class ValueTests:
    """
    Judges numeric columns by their values.

    Parameters
    ----------
    values : WindowValues
    reference : mapping of Column to Profile
        The baseline's.
    series : mapping of Column to ProfileSeries
        Of each judged window in turn, over the same grids.
    drift : DriftConfig
    alpha : float
        Chance of a false alarm of each test.
    exact_rows : int
        Rows of baseline and window together up to which all values are looked at.
    found : dict of (Column, int) to (mapping of str to Finding)
        By column and number of the window.
    faults : dict of Column to str
        Columns that could not be judged, and why.
    """

    values: WindowValues
    reference: Mapping[Column, Profile]
    series: Mapping[Column, ProfileSeries]
    drift: DriftConfig
    alpha: float
    exact_rows: int = EXACT_ROWS
    found: Found = field(default_factory=dict[tuple[Column, int], Mapping[str, Finding]])
    faults: dict[Column, str] = field(default_factory=dict[Column, str])

    def run(self, columns: Sequence[Column], chosen: Sequence[int]) -> None:
        """
        Judge columns in some windows.

        Parameters
        ----------
        columns : sequence of Column
            Numeric, over rows of the same windows.
        chosen : sequence of int
            Numbers of the windows to judge.
        """
        if not columns or not needs_values(self.drift):
            return
        empty = [i for i in chosen if not self.series[columns[0]].at(i).n]
        for column in columns:
            nothing = without_rows(column, self.reference[column].n, self.drift)
            self.found.update({(column, i): nothing for i in empty})
        rows = {i: self._rows(columns[0], i) for i in chosen if i not in empty}
        self._by_all_values(columns, [i for i, n in rows.items() if n <= self.exact_rows])
        self._by_cells(columns, [i for i, n in rows.items() if n > self.exact_rows])

    def _rows(self, column: Column, i: int) -> int:
        return self.reference[column].n + self.series[column].at(i).n

    def _by_all_values(self, columns: Sequence[Column], chosen: Sequence[int]) -> None:
        def judge(column: Column, whole: SortedColumn, parts: Sequence[SortedColumn]) -> None:
            try:
                for i, part in zip(chosen, parts, strict=True):
                    self.found[column, i] = by_values(
                        whole, part, column=column, drift=self.drift, alpha=self.alpha
                    )
            except JUDGING_ERRORS as error:
                self.faults[column] = explain(error)

        self.values.each_sorted(columns, chosen, judge)

    def _by_cells(self, columns: Sequence[Column], chosen: Sequence[int]) -> None:
        """Judge from cells; where they leave a verdict open, look at the values of a few."""
        if not chosen:
            return
        outside = self.values.each_sorted(
            columns,
            chosen,
            lambda _, whole, parts: (whole, list(parts)),
            dict.fromkeys(columns, INFINITE),
        )
        limits = ks_limits(self.drift, self.alpha)
        pending: dict[Column, dict[int, CellTest]] = {}
        for column in columns:
            try:
                tests = self._tests(column, chosen, outside[column])
                pending[column] = self._judged(column, tests, limits)
            except JUDGING_ERRORS as error:
                self.faults[column] = explain(error)
        while any(pending.values()):
            for column, tests in pending.items():
                if tests:
                    pending[column] = self._judged(column, self._look(column, tests), limits)

    def _tests(
        self,
        column: Column,
        chosen: Sequence[int],
        outside: tuple[SortedColumn, list[SortedColumn]],
    ) -> dict[int, CellTest]:
        total = self.reference[column]
        windows = [self.series[column].at(i) for i in chosen]
        beyond, others = outside
        if total.grid.kind is GridKind.ATOMS and any(
            side.unseen > infinite.infinite
            for side, infinite in zip((total, *windows), (beyond, *others), strict=True)
        ):
            total, windows = self.values.recounted(column, cells_between(total.grid), chosen)
        return {
            i: CellTest.of(total, window, (beyond, own), column.role)
            for i, window, own in zip(chosen, windows, others, strict=True)
        }

    def _judged(
        self, column: Column, tests: Mapping[int, CellTest], limits: ks.Limits
    ) -> dict[int, CellTest]:
        """Keep what is decided, and return the tests that are not."""
        pending: dict[int, CellTest] = {}
        for i, test in tests.items():
            finding = test.judge(limits)
            if finding is None:
                pending[i] = test
            else:
                self.found[column, i] = {ks.NAME: finding}
        return pending

    def _look(self, column: Column, tests: Mapping[int, CellTest]) -> dict[int, CellTest]:
        """Read the likeliest undecided cells of one column, at most as many rows as fit."""
        cells = {i: test.next_cells(self.exact_rows // len(tests)) for i, test in tests.items()}
        wanted = sorted({cut for i, test in tests.items() for cut in test.intervals(cells[i])})

        def narrow(
            _: Column, whole: SortedColumn, parts: Sequence[SortedColumn]
        ) -> dict[int, CellTest]:
            return {
                i: test.with_values(cells[i], whole, part)
                for (i, test), part in zip(tests.items(), parts, strict=True)
            }

        return self.values.each_sorted([column], list(tests), narrow, {column: wanted})[column]
