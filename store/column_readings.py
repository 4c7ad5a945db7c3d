"""How far columns were from their alarm lines, over many windows: numbers, no findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import duckdb

from domain.finding import Severity
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
            arg_max(statistic, statistic / nullif(threshold, 0))
                filter (decides and detector <> $rule) as statistic,
            arg_max(threshold, statistic / nullif(threshold, 0))
                filter (decides and detector <> $rule) as threshold,
            bool_or(verdict = 'drifted') filter (decides) as drifted,
            min(statistic) filter (detector = $beside) as beside,
            bool_or(verdict = 'drifted' and coalesce(severity, '') <> $reading)
                filter (decides) as alarmed
        from findings
        join chosen using ({key})
        where (decides or detector = $beside)
          and kind in ('feature', 'prediction', 'score')
        group by {key}, column_name
        having bool_or(
            decides and (verdict = 'drifted' or detector <> $rule and verdict <> 'inconclusive')
        )
    )
"""
_OF_COLUMNS: Final = """
    select window_start, window_end, column_name, statistic, threshold, drifted, beside, alarmed
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
    rule : str
        The one that only tells whether a column is there: its ok alone judges nothing, and no
        multiple of a line says how far it is. The others are read where they are furthest.
    beside : str
        The one whose statistic is read whether it decides or not.
    """

    rule: str
    beside: str


@dataclass(frozen=True, slots=True)
class ColumnReading:
    """
    What decided about one column in one window.

    Parameters
    ----------
    column : str
        As its findings name it.
    statistic, threshold : float or None
        Of the deciding detector that is furthest; None where only the rule spoke.
    drifted : bool
    beside : float or None
    alarmed : bool
        Whether it drifted, and more was made of it than a reading.
    """

    window: Window
    column: str
    statistic: float | None
    threshold: float | None
    drifted: bool
    beside: float | None
    alarmed: bool


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
    values = {
        **choice.values,
        "rule": by.rule,
        "beside": by.beside,
        "reading": Severity.INFO.value,
    }
    return connection.execute(sql, values).fetchall()
