"""How much is stored of every model, from what the database knows of its tables: no rows read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from domain.window import Window
from store.archive.catalog import dropped_before
from store.hours.stale import HOUR_US, whole_hours
from store.measured_sizes import MeasuredSizes
from store.moments import from_microseconds, to_microseconds
from store.registry import ModelTables, all_models

Float = NDArray[np.float64]

# of a whole table DuckDB answers these from the statistics of its row groups
_ROWS: Final = "select count(*), epoch_us(min(ts)), epoch_us(max(ts)) from {table}"
_LABELS: Final = "select count(*) from {table}"
_COUNTED_SPANS: Final = """
    select model, epoch_us(min(hour)), epoch_us(max(hour))
    from call_hours
    group by model
"""
_ARCHIVED: Final = """
    select
        coalesce(sum(rows) filter (kind = 'predictions' and set_aside is null), 0)::bigint,
        coalesce(sum(rows) filter (kind = 'calls' and set_aside is null), 0)::bigint,
        coalesce(sum(rows) filter (set_aside is null), 0)::bigint,
        coalesce(sum(size_bytes), 0)::bigint,
        count(*),
        count(set_aside),
        coalesce(sum(rows) filter (set_aside is not null), 0)::bigint,
        epoch_us(min(first_ts)),
        epoch_us(max(last_ts))
    from archived_files
    where model = $model
"""
_HOURS: Final = """
    select (epoch_us(hour) - $start) // $width as hour, sum(calls) as calls
    from call_hours
    where model = $model
      and hour >= make_timestamp($start)
      and hour < make_timestamp($end)
    group by all
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedVolume:
    """
    How much of one model lies in the archive.

    Parameters
    ----------
    rows, size_bytes, files : int
        Predictions, rows without an answer and calls; rows of damaged files left out.
    damaged, lost_rows : int
        Files of these that were set aside, and the rows in them.
    dropped_before : datetime or None
        Rows of before were dropped; None: none ever was.
    """

    rows: int
    size_bytes: int
    files: int
    damaged: int
    lost_rows: int
    dropped_before: datetime | None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Volume:
    """
    How much is stored of one model.

    Parameters
    ----------
    predictions, calls, labels : int
        Rows that are stored now, archived ones too.
    first, last : datetime or None
        Time of its first and last event; to the hour where the rows are gone and only their
        counts are left. None where no event was ever counted.
    hourly_calls : ndarray of float64, shape (n_hours,)
        Calls of each hour of the span that was asked for, weighted by ``1 / sampling_rate``.
    size_bytes : int or None
        What its rows take in the file, to about a twentieth; None where they lie in the log still,
        or are too many to ask for.
    archived : ArchivedVolume
    """

    predictions: int
    calls: int
    labels: int
    first: datetime | None
    last: datetime | None
    hourly_calls: Float
    size_bytes: int | None
    archived: ArchivedVolume


def volumes(
    connection: duckdb.DuckDBPyConnection, sizes: MeasuredSizes, span: Window
) -> dict[str, Volume]:
    """
    Return how much is stored of every model.

    Parameters
    ----------
    connection : DuckDBPyConnection
    sizes : MeasuredSizes
    span : Window
        Of the calls by hour, as they were last counted; an hour that it cuts is taken whole.
    """
    of_model = sizes.of(connection)
    rows = connection.execute(_COUNTED_SPANS).fetchall()
    counted = {model: (first, last + HOUR_US - 1) for model, first, last in rows}
    return {
        model: _volume(connection, tables, whole_hours(span), counted.get(model), of_model)
        for model, tables in all_models(connection).items()
    }


def _volume(
    connection: duckdb.DuckDBPyConnection,
    tables: ModelTables,
    span: Window,
    counted: tuple[int, int] | None,
    sizes: dict[str, int],
) -> Volume:
    predictions, *served = _of_table(connection, tables, "predictions")
    calls, *called = _of_table(connection, tables, "calls")
    labels = connection.execute(_LABELS.format(table=tables.table("labels"))).fetchall()[0][0]
    found = connection.execute(_ARCHIVED, {"model": tables.model}).fetchall()[0]
    cold_predictions, cold_calls, rows, size, files, damaged, lost, *cold = found
    ends = _ends([us for us in (*served, *called, *cold) if us is not None], counted)
    dropped = dropped_before(connection, tables.model)
    return Volume(
        predictions=predictions + cold_predictions,
        calls=calls + cold_calls,
        labels=labels,
        first=None if ends is None else from_microseconds(ends[0]),
        last=None if ends is None else from_microseconds(ends[1]),
        hourly_calls=_hourly(connection, tables.model, span),
        size_bytes=sizes.get(tables.model),
        archived=ArchivedVolume(
            rows=rows,
            size_bytes=size,
            files=files,
            damaged=damaged,
            lost_rows=lost,
            dropped_before=None if dropped is None else from_microseconds(dropped),
        ),
    )


def _ends(stored: list[int], counted: tuple[int, int] | None) -> tuple[int, int] | None:
    """Return the first and last event; where only hours are left of them, of those hours."""
    if not stored or counted is None:
        return (min(stored), max(stored)) if stored else counted
    first, last = min(stored), max(stored)
    return (
        counted[0] if counted[0] < first // HOUR_US * HOUR_US else first,
        counted[1] if counted[1] // HOUR_US > last // HOUR_US else last,
    )


def _of_table(
    connection: duckdb.DuckDBPyConnection, tables: ModelTables, name: str
) -> tuple[int, int | None, int | None]:
    return connection.execute(_ROWS.format(table=tables.table(name))).fetchall()[0]


def _hourly(connection: duckdb.DuckDBPyConnection, model: str, span: Window) -> Float:
    start, end = to_microseconds(span.start), to_microseconds(span.end)
    values = {"model": model, "start": start, "end": end, "width": HOUR_US}
    found = connection.execute(_HOURS, values).fetchnumpy()
    hourly = np.zeros((end - start) // HOUR_US)
    hourly[np.asarray(found["hour"], np.int64)] = found["calls"]
    return hourly
