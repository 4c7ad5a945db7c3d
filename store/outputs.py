"""What is known of a model's outputs, kept up with every load: numbers or classes."""

from __future__ import annotations

from typing import Final

import duckdb

from domain.profile import ColumnKind

# Whole numbers are classes until there are more of them than any chart of classes would show.
MOST_CLASSES: Final = 20

_SEEN = """
    select
        count(prediction) > 0,
        count(score) > 0,
        coalesce(bool_and(try_cast(prediction as double) is not null)
            filter (prediction is not null), true),
        coalesce(bool_or(try_cast(prediction as double) <> trunc(try_cast(prediction as double))),
            false)
    from fresh
    where kind = 2
"""
_VALUES = """
    select distinct prediction
    from fresh
    where kind = 2
      and prediction is not null
    order by prediction
    limit {limit}
"""
_KNOWN = """
    select
        has_prediction, has_score, predictions_parse, predictions_fractional, prediction_values
    from models
    where model = $model
"""
_NOTE = """
    update models
    set has_prediction = $has_prediction,
        has_score = $has_score,
        predictions_parse = $parse,
        predictions_fractional = $fractional,
        prediction_values = $seen
    where model = $model
"""


def note_outputs(connection: duckdb.DuckDBPyConnection, model: str) -> None:
    """
    Keep what the view ``fresh`` tells of a model's outputs.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a write transaction.
    model : str
    """
    known = connection.execute(_KNOWN, {"model": model}).fetchall()[0]
    prediction, score, parse, fractional = connection.execute(_SEEN).fetchall()[0]
    values = set(known[4])
    if prediction and len(values) <= MOST_CLASSES:
        rows = connection.execute(_VALUES.format(limit=MOST_CLASSES + 1)).fetchall()
        values = set(sorted(values | {value for (value,) in rows})[: MOST_CLASSES + 1])
    noted = (
        known[0] or prediction,
        known[1] or score,
        known[2] and parse,
        known[3] or fractional,
        sorted(values),
    )
    if noted != (*known[:4], sorted(known[4])):
        names = ("has_prediction", "has_score", "parse", "fractional", "seen")
        connection.execute(_NOTE, {"model": model, **dict(zip(names, noted, strict=True))})


def output_kinds(connection: duckdb.DuckDBPyConnection, model: str) -> dict[str, ColumnKind]:
    """
    Return the outputs a model has, and how they are compared.

    Predictions are numbers where each one parses as a number and they are fractional or take more
    than `MOST_CLASSES` values; everything else is a class, also ``0`` and ``1``.
    """
    prediction, score, parse, fractional, values = connection.execute(
        _KNOWN, {"model": model}
    ).fetchall()[0]
    kinds: dict[str, ColumnKind] = {}
    if prediction:
        numeric = parse and (fractional or len(values) > MOST_CLASSES)
        kinds["prediction"] = ColumnKind.NUMBER if numeric else ColumnKind.CATEGORY
    if score:
        kinds["score"] = ColumnKind.NUMBER
    return kinds
