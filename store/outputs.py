"""What is known of a model's outputs, kept up with every load: numbers or classes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Outputs:
    """
    What is known of a model's outputs.

    Parameters
    ----------
    prediction, score : bool
        Whether there is any.
    parse : bool
        Whether every prediction parses as a number.
    fractional : bool
        Whether any of them has a fraction.
    values : frozenset of str
        The first of the predictions in alphabetical order, at most one more than `MOST_CLASSES`.
    """

    prediction: bool
    score: bool
    parse: bool
    fractional: bool
    values: frozenset[str]

    def tell_of(self, predictions: Iterable[str], *, scores: bool) -> bool:
        """Return whether these predictions, and scores if there are any, change nothing here."""
        values = frozenset(predictions)
        return (
            (self.prediction or not values)
            and (self.score or not scores)
            and (values <= self.values)
        )

    def kinds(self) -> dict[str, ColumnKind]:
        """
        Return the outputs there are, and how they are compared.

        Predictions are numbers where each one parses as a number and they are fractional or take
        more than `MOST_CLASSES` values; everything else is a class, also ``0`` and ``1``.
        """
        found: dict[str, ColumnKind] = {}
        if self.prediction:
            numeric = self.parse and (self.fractional or len(self.values) > MOST_CLASSES)
            found["prediction"] = ColumnKind.NUMBER if numeric else ColumnKind.CATEGORY
        if self.score:
            found["score"] = ColumnKind.NUMBER
        return found

    def merged(self, other: Outputs) -> Outputs:
        """Return what is known when more of the rows were seen."""
        values = sorted(self.values | other.values)[: MOST_CLASSES + 1]
        return Outputs(
            self.prediction or other.prediction,
            self.score or other.score,
            self.parse and other.parse,
            self.fractional or other.fractional,
            frozenset(values),
        )


NO_OUTPUTS: Final = Outputs(
    prediction=False, score=False, parse=True, fractional=False, values=frozenset()
)


def note_outputs(connection: duckdb.DuckDBPyConnection, model: str) -> Outputs:
    """
    Keep what the view ``fresh`` tells of a model's outputs.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a write transaction.
    model : str

    Returns
    -------
    Outputs
        As they are known now.
    """
    known = outputs_of(connection, model)
    prediction, score, parse, fractional = connection.execute(_SEEN).fetchall()[0]
    values = known.values
    if prediction and len(values) <= MOST_CLASSES:
        rows = connection.execute(_VALUES.format(limit=MOST_CLASSES + 1)).fetchall()
        values = frozenset(sorted(values | {value for (value,) in rows})[: MOST_CLASSES + 1])
    noted = Outputs(
        known.prediction or prediction,
        known.score or score,
        known.parse and parse,
        known.fractional or fractional,
        values,
    )
    if noted != known:
        keep_outputs(connection, model, noted)
    return noted


def keep_outputs(connection: duckdb.DuckDBPyConnection, model: str, noted: Outputs) -> None:
    """Keep what is known of a model's outputs, in a write transaction."""
    told = {
        "has_prediction": noted.prediction,
        "has_score": noted.score,
        "parse": noted.parse,
        "fractional": noted.fractional,
        "seen": sorted(noted.values),
    }
    connection.execute(_NOTE, {"model": model, **told})


def outputs_of(connection: duckdb.DuckDBPyConnection, model: str) -> Outputs:
    """Return what is known of a model's outputs."""
    prediction, score, parse, fractional, values = connection.execute(
        _KNOWN, {"model": model}
    ).fetchall()[0]
    return Outputs(prediction, score, parse, fractional, frozenset(values))


def output_kinds(connection: duckdb.DuckDBPyConnection, model: str) -> dict[str, ColumnKind]:
    """Return the outputs a model has, and how they are compared; see `Outputs.kinds`."""
    return outputs_of(connection, model).kinds()
