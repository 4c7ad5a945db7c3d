"""A baseline that is a file of rows: its columns counted once, over cells learned from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

import numpy as np
import pyarrow as pa

from domain.column import Column
from domain.profile import ColumnKind, ProfileSeries, SortedColumn
from domain.window import Rows, Window
from ingest.open_table import open_table
from ingest.table import TableSource
from monitors.baseline_plan import BaselinePlan
from monitors.cells import empty_grid
from monitors.column_fault import JUDGING_ERRORS, explain
from monitors.column_names import name_of
from monitors.reference import Reference
from monitors.table_column import NumberSample, Sample, read_categories, read_numbers

Hide = Callable[[TableSource], TableSource]
# rows of a file have no time: they count as one window, long before all logs
FILE_SPAN: Final = Window(datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 2, tzinfo=UTC))


def build_from_file(plan: BaselinePlan, columns: Sequence[Column], hide: Hide) -> Reference:
    """
    Count the columns of a file; one window calibrates nothing, so two-sample tests decide.

    Parameters
    ----------
    plan : BaselinePlan
        Its `file` is set.
    columns : sequence of Column
        A column that the file lacks has no rows in the baseline.
    hide : callable
        Makes of the file's columns what the store holds of such.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    table = hide(open_table(plan.file or ""))
    series: dict[Column, ProfileSeries] = {}
    faults: dict[Column, str] = {}
    for column in columns:
        try:
            sample = _sample(table, column)
            grid = sample.grid() if sample is not None else empty_grid(column.kind)
            counts = sample.profile(grid).counts if sample is not None else np.zeros(2, np.int64)
        except JUDGING_ERRORS as error:
            faults[column], sample = explain(error), None
            grid, counts = empty_grid(column.kind), np.zeros(2, np.int64)
        series[column] = ProfileSeries(column.name, grid, (FILE_SPAN,), counts[None])

    def values(column: Column) -> SortedColumn:
        sample = _sample(table, column)
        nothing = SortedColumn.from_values(column.name, np.empty(0))
        return sample.values if isinstance(sample, NumberSample) else nothing

    return Reference(plan, Rows((FILE_SPAN,), ("",)), series, faults, values)


def rows_of_file(plan: BaselinePlan, columns: Sequence[Column], limit: int, hide: Hide) -> pa.Table:
    """
    Return rows of a baseline file, at most `limit`, evenly spread over it.

    Parameters
    ----------
    plan : BaselinePlan
        Its `file` is set.
    columns : sequence of Column
        Those that the file has.
    limit : int
    hide : callable
        As for `build_from_file`.
    """
    table = hide(open_table(plan.file or ""))
    step = max(-(-table.n_rows // limit), 1)
    return pa.table({c.name: _values(table, c)[::step] for c in columns})


def _values(table: TableSource, column: Column) -> pa.Array:
    name = _name_in(table, column) or column.name
    if column.kind is ColumnKind.NUMBER:
        return pa.array(table.numbers(name, spelled=True).values, from_pandas=True)
    coded = table.coded(name)
    # code -1 finds the last place: no value
    return pa.array([*coded.labels, None], pa.string()).take(
        pa.array(np.where(coded.codes < 0, len(coded.labels), coded.codes))
    )


def _name_in(table: TableSource, column: Column) -> str | None:
    """Find a column under its own name, or the one that tells it from an output of that name."""
    return next((n for n in (name_of(column), column.name) if n in table.columns), None)


def _sample(table: TableSource, column: Column) -> Sample | None:
    name = _name_in(table, column)
    if name is None:
        return None
    if column.kind is ColumnKind.NUMBER:
        return read_numbers(table, name, spelled=True)
    return read_categories(table, name)
