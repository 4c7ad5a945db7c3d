"""How far columns were from their alarm lines, over many windows: numbers, no findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import duckdb

from domain.run import Deployment
from domain.window import Window
from store.moments import from_stored
from store.run_keys import KEY_COLUMNS, RunChoice

# what decided about a column; findings on calls and on labels are about no column
_READINGS: Final = """
    {chosen},
    readings as (
        select
            {key},
            column_name,
            min(statistic) filter (detector = $measure) as statistic,
            min(threshold) filter (detector = $measure) as threshold,
            bool_or(verdict = 'drifted') as drifted
        from findings
        join chosen using ({key})
        where decides
          and kind in ('feature', 'prediction', 'score')
        group by {key}, column_name
        having bool_or(verdict = 'drifted' or detector <> $rule and verdict <> 'inconclusive')
    )
"""
_OF_COLUMNS: Final = """
    select window_start, window_end, column_name, statistic, threshold, drifted
    from readings
    order by window_start, window_end
"""
_FURTHEST: Final = """
    select {key}, max(greatest(statistic / nullif(threshold, 0), 0)), bool_or(drifted)
    from readings
    group by {key}
"""


@dataclass(frozen=True, slots=True)
class Deciders:
    """
    Which detectors decide about columns.

    Parameters
    ----------
    measure : str
        The one whose statistic and threshold are read.
    rule : str
        The one that only tells whether a column is there: its ok alone judges nothing.
    """

    measure: str
    rule: str


@dataclass(frozen=True, slots=True)
class ColumnReading:
    """
    What decided about one column in one window.

    Parameters
    ----------
    column : str
        As its findings name it.
    statistic, threshold : float or None
        None where the measuring detector did not decide.
    drifted : bool
    """

    window: Window
    column: str
    statistic: float | None
    threshold: float | None
    drifted: bool


@dataclass(frozen=True, slots=True)
class Furthest:
    """
    The furthest column of one run.

    Parameters
    ----------
    multiple : float or None
        Of its own alarm line, at least 0; None where nothing was measured.
    drifted : bool
        Whether any column drifted.
    """

    multiple: float | None
    drifted: bool


def find_readings(
    connection: duckdb.DuckDBPyConnection, choice: RunChoice, by: Deciders
) -> list[ColumnReading]:
    """Return the readings of the columns that were judged in the chosen runs, oldest first."""
    windows: dict[tuple[datetime, datetime], Window] = {}
    found: list[ColumnReading] = []
    for start, end, *reading in _rows(connection, choice, by, _OF_COLUMNS):
        window = windows.get((start, end))
        if window is None:
            window = windows[start, end] = Window(from_stored(start), from_stored(end))
        found.append(ColumnReading(window, *reading))
    return found


def find_furthest(
    connection: duckdb.DuckDBPyConnection, choice: RunChoice, by: Deciders
) -> Mapping[tuple[Deployment, Window], Furthest]:
    """Return the furthest column of each chosen run in which any column was judged."""
    return {
        (Deployment(model, version), Window(from_stored(start), from_stored(end))): Furthest(*found)
        for model, version, start, end, *found in _rows(connection, choice, by, _FURTHEST)
    }


def _rows(
    connection: duckdb.DuckDBPyConnection, choice: RunChoice, by: Deciders, select: str
) -> list[tuple[Any, ...]]:
    sql = (_READINGS + select).format(chosen=choice.sql.rstrip(), key=KEY_COLUMNS)
    values = {**choice.values, "measure": by.measure, "rule": by.rule}
    return connection.execute(sql, values).fetchall()
