"""Predictions beside the labels that have arrived for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from domain.outcome import Outcomes, Text
from domain.window import Window
from store.moments import from_microseconds, to_microseconds
from store.relations import Relations
from store.scan import check_order, window_index

_TOLD = """
    with served as (
        select id, ts, prediction_id, request_id, prediction, score
        from {predictions}
        where version = $version
          and ts >= make_timestamp($start)
          and ts < make_timestamp($end)
    ),
    known as (
        select *, rowid as told
        from {labels}
        where $known_by is null
           or ts is null
           or epoch_us(ts) <= $known_by
    ),
    matched as (
        select served.id, known.label, known.ts, known.told
        from known
        join served on known.event_id = served.id
        union all
        select served.id, known.label, known.ts, known.told
        from known
        join served on known.prediction_id = served.prediction_id
        union all
        select served.id, known.label, known.ts, known.told
        from known
        join served on known.request_id = served.request_id
        where known.prediction_id is null
    ),
    newest as (
        select id, label, ts
        from matched
        qualify row_number() over (
            partition by id
            order by ts desc nulls last, told desc
        ) = 1
    )
    select
        epoch_us(served.ts) as served_at,
        served.prediction,
        served.score,
        newest.label,
        epoch_us(newest.ts) as told_at
    from served
    join newest using (id)
"""
_SERVED = """
    select epoch_us(ts) as served_at
    from {predictions}
    where version = $version
      and ts >= make_timestamp($start)
      and ts < make_timestamp($end)
"""


def outcomes(
    connection: duckdb.DuckDBPyConnection,
    logs: Relations,
    version: str,
    windows: Sequence[Window],
    known_by: datetime | None,
) -> list[Outcomes]:
    """
    Return the labelled predictions of every window.

    Of several labels of one prediction the newest by its own time counts; one without a time is
    older than any with, and of two without the one stored last counts.

    Parameters
    ----------
    connection : DuckDBPyConnection
    logs : Relations
    version : str
    windows : sequence of Window
        Oldest first, not overlapping.
    known_by : datetime or None
        Only labels of this time or earlier, and those without a time.
    """
    check_order(windows)
    if not windows:
        return []
    values = {
        "version": version,
        "start": to_microseconds(windows[0].start),
        "end": to_microseconds(windows[-1].end),
    }
    told = connection.sql(
        _TOLD.format(predictions=logs.predictions, labels=logs.labels),
        params={
            **values,
            "known_by": None if known_by is None else to_microseconds(known_by),
        },
    ).to_arrow_table()
    index = window_index(told.column("served_at").to_numpy(), windows)
    served = _served(connection, logs, values, windows)
    return [
        _of_window(told.filter(pa.array(index == i)), window, int(served[i]))
        for i, window in enumerate(windows)
    ]


def _served(
    connection: duckdb.DuckDBPyConnection,
    logs: Relations,
    values: Mapping[str, object],
    windows: Sequence[Window],
) -> NDArray[np.int64]:
    sql = _SERVED.format(predictions=logs.predictions)
    moments = connection.execute(sql, values).fetchnumpy()["served_at"]
    places = window_index(np.asarray(moments, np.int64), windows)
    return np.bincount(places + 1, minlength=len(windows) + 1)[1:].astype(np.int64)


def _of_window(told: pa.Table, window: Window, served: int) -> Outcomes:
    known = told.column("told_at").drop_null()
    newest = int(known.to_numpy().max()) if len(known) else None
    return Outcomes(
        window=window,
        predictions=_texts(told.column("prediction")),
        labels=_texts(told.column("label")),
        scores=told.column("score").fill_null(np.nan).to_numpy(),
        pending=served - told.num_rows,
        newest_label_at=None if newest is None else from_microseconds(newest),
    )


def _texts(values: pa.ChunkedArray) -> Text:
    return values.fill_null("").to_numpy().astype(np.str_)
