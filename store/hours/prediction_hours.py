"""Predictions and calls counted by hour: what there is, without reading all rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from domain.window import Window
from store import questions, roles
from store.catalog import DeploymentInfo
from store.hours.stale import (
    HOUR_US,
    MarkedHours,
    Marks,
    dropped_hour,
    find_stale,
    lost_hours,
)
from store.hours.whole import Span, WholeHours, ranges_of, rows_in, runs, split, window_of
from store.moments import from_microseconds, to_microseconds
from store.relations import Relations
from store.roles import IN_SHADOW, PredictionCounts
from store.scan import check_order

Int = NDArray[np.int64]

_COUNT = """
    select
        version,
        date_trunc('hour', ts) as hour,
        count(*) as predictions,
        count(*) filter ({shadow}) as shadow,
        min(ts) as first,
        max(ts) as last
    from {rows}
    group by all
    order by hour, version
"""
# of stored rows only what is needed: a model may have hundreds of columns
_COUNTED: Final = "ts, version, tags"

_FRESH = """
      and model = $model
      and ($before is null or hour >= make_timestamp($before::bigint))
      and hour not in (select make_timestamp(unnest($uncounted::bigint[]) * 3600000000))
"""
_DEPLOYMENTS = f"""
    select version, epoch_us(min(first)), epoch_us(max(last)), sum(served), sum(called)
    from (
        select version, first, last, predictions as served, 0 as called
        from prediction_hours
        where true {_FRESH.replace("$uncounted", "$unserved")}
        union all
        select version, first, last, 0, logged
        from call_hours
        where true {_FRESH.replace("$uncounted", "$uncalled")}
        union all
        select version, min(ts), max(ts), count(*), 0
        from {{predictions}}
        group by version
        union all
        select version, min(ts), max(ts), 0, count(*)
        from {{calls}}
        group by version
        union all
        -- of rows that are lost it is still known that they came
        select version, first_ts, last_ts, 0, 0
        from archived_files
        where model = $model
          and kind != 'unanswered'
          and set_aside is not null
    )
    group by version
    order by version
"""
_BY_HOUR = """
    select version, epoch_us(hour) // 3600000000 as hour, {counts}
    from {table}
    where hour >= make_timestamp($start)
      and hour < make_timestamp($end)
      and model = $model
    group by all
"""
_EVER: Final = -(2**62)


def count_predictions(
    connection: duckdb.DuckDBPyConnection, logs: Relations, hours: Int
) -> pa.Table:
    """
    Count the predictions of some hours from their rows.

    Parameters
    ----------
    connection : DuckDBPyConnection
    logs : Relations
    hours : ndarray of int64
        Since 1970, ascending.

    Returns
    -------
    Table
        The columns of ``prediction_hours`` without the model; versions without rows are absent.
    """
    ranges = ranges_of([window_of(span) for span in runs(hours)])
    rows = rows_in(logs.predictions, ranges, _COUNTED)
    sql = _COUNT.format(shadow=IN_SHADOW, rows=rows)
    counted = connection.sql(sql).to_arrow_table()
    found = np.asarray(counted.column("hour").cast(pa.int64()).to_numpy(), np.int64) // HOUR_US
    return counted.filter(pa.array(np.isin(found, hours)))


def deployments(
    connection: duckdb.DuckDBPyConnection, logs: Relations, marks: Marks
) -> tuple[DeploymentInfo, ...]:
    """
    Return the versions of a model, in alphabetical order.

    Hours that nobody has counted since they changed are read as rows.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a read transaction.
    logs : Relations
    marks : Marks
        Of the open database.
    """
    before = dropped_hour(connection, logs.model)
    unserved = _uncounted(connection, logs.model, marks.predictions, before)
    uncalled = _uncounted(connection, logs.model, marks.calls, before)
    sql = _DEPLOYMENTS.format(
        predictions=rows_in(logs.predictions, unserved, "ts, version"),
        calls=rows_in(logs.calls, uncalled, "ts, version"),
    )
    values = {
        "model": logs.model,
        "before": None if before is None else before * HOUR_US,
        "unserved": _hours_of(unserved),
        "uncalled": _hours_of(uncalled),
    }
    return tuple(
        DeploymentInfo(
            version, from_microseconds(first), from_microseconds(last), int(served), int(called)
        )
        for version, first, last, served, called in connection.execute(sql, values).fetchall()
    )


def uncounted_windows(
    connection: duckdb.DuckDBPyConnection, model: str, marks: Marks
) -> list[Window]:
    """Return spans that hold all rows that `deployments` has to read."""
    spans = [
        *_uncounted(connection, model, marks.predictions, None),
        *_uncounted(connection, model, marks.calls, None),
    ]
    return [window_of(span) for span in spans]


def span_of(known: Sequence[DeploymentInfo]) -> Window | None:
    """Return the span from the first event to just behind the last; None without any."""
    if not known:
        return None
    last = to_microseconds(max(info.last for info in known))
    return Window(min(info.first for info in known), from_microseconds(last + 1))


def row_counts(
    connection: duckdb.DuckDBPyConnection,
    logs: Relations,
    marks: Marks,
    windows: Sequence[Window],
    table: Literal["predictions", "calls"],
) -> dict[str, Int]:
    """Return the rows of every version in every window; see `store.questions.row_counts`."""
    served = table == "predictions"
    counted = "prediction_hours" if served else "call_hours"
    marked = marks.predictions if served else marks.calls
    hours = split_fresh(connection, logs.model, marked, windows)
    sum_of = "sum(predictions)::bigint" if served else "sum(logged)::bigint"
    found = _by_hour(connection, logs.model, hours, counted, sum_of, len(windows))
    left = narrowed(logs, hours.pieces)
    for version, rows in questions.row_counts(connection, left, hours.pieces, table).items():
        own = found.setdefault(version, np.zeros((1, len(windows)), np.int64))
        np.add.at(own[0], hours.owners, rows)
    return {version: rows[0] for version, rows in sorted(found.items()) if rows[0].any()}


def prediction_counts(
    connection: duckdb.DuckDBPyConnection,
    logs: Relations,
    marks: Marks,
    version: str,
    windows: Sequence[Window],
) -> PredictionCounts:
    """Return a version's predictions in every window; see `store.roles.prediction_counts`."""
    hours = split_fresh(connection, logs.model, marks.predictions, windows)
    sums = "sum(predictions)::bigint, sum(shadow)::bigint"
    found = _by_hour(connection, logs.model, hours, "prediction_hours", sums, len(windows))
    total = found.get(version, np.zeros((2, len(windows)), np.int64))
    if hours.pieces:
        left = narrowed(logs, hours.pieces)
        rows = roles.prediction_counts(connection, left, version, hours.pieces)
        np.add.at(total[0], hours.owners, rows.predictions)
        np.add.at(total[1], hours.owners, rows.shadow)
    return PredictionCounts(total[0], total[1])


def split_fresh(
    connection: duckdb.DuckDBPyConnection,
    model: str,
    marked: MarkedHours,
    windows: Sequence[Window],
) -> WholeHours:
    """Split windows into hours whose counts tell of the rows there are, and the rest."""
    check_order(windows)
    return split(windows, _unfresh(connection, model, marked), dropped_hour(connection, model))


def narrowed(logs: Relations, pieces: Sequence[Window]) -> Relations:
    """Return the rows of a model that lie in some pieces or near them."""
    ranges = ranges_of(pieces)
    if len(ranges) < 2:  # a scan reads one range anyway
        return logs
    return replace(
        logs, predictions=rows_in(logs.predictions, ranges), calls=rows_in(logs.calls, ranges)
    )


def _by_hour(
    connection: duckdb.DuckDBPyConnection,
    model: str,
    hours: WholeHours,
    table: str,
    counts: str,
    n_windows: int,
) -> dict[str, Int]:
    """Return sums over the counted hours of every window, shape (n_sums, n_windows) each."""
    start, end = hours.span
    sql = _BY_HOUR.format(table=table, counts=counts)
    values = {"model": model, "start": start * HOUR_US, "end": end * HOUR_US}
    rows = connection.execute(sql, values).fetchall()
    if not rows:
        return {}
    place = hours.places(np.array([row[1] for row in rows], np.int64))
    found: dict[str, Int] = {}
    for (version, _, *sums), i in zip(rows, place.tolist(), strict=True):
        if i >= 0:
            own = found.setdefault(version, np.zeros((len(sums), n_windows), np.int64))
            own[:, i] += sums
    return found


def _uncounted(
    connection: duckdb.DuckDBPyConnection, model: str, marked: MarkedHours, before: int | None
) -> list[Span]:
    """Return few spans that hold all hours whose rows have to be read."""
    stale = np.array(sorted(_unfresh(connection, model, marked)), np.int64)
    spans = ranges_of([window_of(span) for span in runs(stale)])
    return spans if before is None else [(_EVER, before * HOUR_US), *spans]


def _unfresh(connection: duckdb.DuckDBPyConnection, model: str, marked: MarkedHours) -> set[int]:
    """Return the hours whose counts do not tell of the rows there are."""
    return {*find_stale(connection, model, marked), *lost_hours(connection, model, marked)}


def _hours_of(spans: Sequence[Span]) -> list[int]:
    return [
        hour
        for start, end in spans
        if start != _EVER
        for hour in range(start // HOUR_US, end // HOUR_US)
    ]
