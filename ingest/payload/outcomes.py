"""Which output of an answer is the prediction, which one the score, and what stays an output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ingest.exchange import OUTPUTS
from ingest.payload.json_rows import Columns, without_units
from ingest.payload.json_text import Json

# The first that is there, whatever the case of its letters.
PREDICTIONS: Final = (
    "prediction",
    "predictions",
    "predicted_label",
    "predicted_class",
    "label",
    "class",
    "classes",
    "predict",
    "y_pred",
    "output",
    "outputs",
)
SCORES: Final = (
    "probability",
    "probabilities",
    "proba",
    "predict_proba",
    "y_pred_proba",
    "score",
    "scores",
)

# Probabilities of all classes sum to one; those of a model in 32 bits nearly.
_TOLERANCE: Final = 1e-3

# Elements of a vector that become outputs of their own; a longer one stays one value.
VECTOR_LIMIT: Final = 64

_NUMBERS: Final = {int, float}


def outcomes_of(columns: Mapping[str, list[Json]]) -> Columns:
    """
    Name the outputs of an answer.

    Parameters
    ----------
    columns : mapping of str to list
        By the name of the output, as the payload decoder gives them.

    Returns
    -------
    dict of str to list
        ``prediction``, ``score`` and ``outputs.<name>``, where there are such.

    Examples
    --------
    >>> outcomes_of({"probabilities": [[0.2, 0.8]], "risk": [3]})
    {'prediction': [1], 'score': [0.8], 'outputs.risk': [3]}
    """
    plain = {name: without_units(column) for name, column in columns.items()}
    by_lower = {name.lower(): name for name in reversed(list(plain))}
    answer = next((by_lower[name] for name in PREDICTIONS if name in by_lower), None)
    score = next((by_lower[name] for name in SCORES if name in by_lower), None)
    if answer is None and score is None:
        classes = _side_by_side(plain)
        if classes is not None:
            return classes
        answer = next(iter(plain)) if len(plain) == 1 else None
    named: Columns = {}
    if score is not None:
        named |= _scored(plain, score, answer)
    if answer is not None and answer in plain:
        named = _answered(plain, answer) | named
    for name, column in plain.items():
        named |= output_columns(name, column)
    return named


def _scored(plain: Columns, name: str, answer: str | None) -> Columns:
    """Take the score, and the prediction where only the score tells it."""
    column = plain[name]
    if not _has_lists(column):
        return {"score": plain.pop(name)}
    labels = plain.get(answer, []) if answer is not None else []
    if _names_classes(labels, column):
        del plain[name], plain[answer or ""]
        return _classified(column, labels)
    if not _distributions(column):
        return {}
    del plain[name]
    classified = _classified(column)
    return classified if answer is None else {"score": classified["score"]}


def _answered(plain: Columns, name: str) -> Columns:
    """Take the prediction, and the score where it is a distribution over classes."""
    column = plain[name]
    if not _has_lists(column):
        return {"prediction": plain.pop(name)}
    return _classified(plain.pop(name)) if _distributions(column) else {}


def _side_by_side(plain: Columns) -> Columns | None:
    """Take outputs that are the probabilities of the classes they are named after."""
    if not 1 < len(plain) <= VECTOR_LIMIT:
        return None
    rows: list[Json] = [list(row) for row in zip(*plain.values(), strict=True)]
    return _classified(rows, [list(plain)] * len(rows)) if _distributions(rows) else None


def _classified(column: Sequence[Json], labels: Sequence[Json] | None = None) -> Columns:
    """
    Return class and score of distributions.

    Parameters
    ----------
    column : sequence of list
        Probabilities by class; None where a row has none.
    labels : sequence of list or None
        Names of the classes, row by row; None: their index is their name.
    """
    places = [None if row is None else row.index(max(row)) for row in column]
    scores = [None if row is None else row[1] if len(row) == 2 else max(row) for row in column]
    if labels is None:
        return {"prediction": places, "score": scores}
    named = [
        None if place is None else _class_name(names[place], place)
        for place, names in zip(places, labels, strict=True)
    ]
    return {"prediction": named, "score": scores}


def _class_name(name: Json, place: int) -> Json:
    # what Seldon calls the columns of a model without class names
    return place if name == f"t:{place}" else name


def _names_classes(labels: Sequence[Json], column: Sequence[Json]) -> bool:
    """Return whether a column holds, row by row, the names of what another has numbers for."""
    return len(labels) == len(column) and all(
        row is None
        or (
            isinstance(row, list)
            and isinstance(names, list)
            and len(names) == len(row)
            and set(map(type, names)) == {str}
            and set(map(type, row)) <= _NUMBERS
        )
        for names, row in zip(labels, column, strict=True)
    )


def _distributions(column: Sequence[Json]) -> bool:
    rows = [row for row in column if row is not None]
    return bool(rows) and all(map(_is_distribution, rows))


def _is_distribution(row: Json) -> bool:
    if not isinstance(row, list) or len(row) < 2 or not set(map(type, row)) <= _NUMBERS:
        return False
    return min(row) >= 0 and max(row) <= 1 and abs(sum(row) - 1) <= _TOLERANCE


def _has_lists(column: Sequence[Json]) -> bool:
    return list in set(map(type, column))


def output_columns(name: str, column: list[Json]) -> Columns:
    """
    Return an output under a name that a mapping can give; short vectors element by element.

    Parameters
    ----------
    name : str
    column : list
    """
    if set(map(type, column)) == {list}:
        widths = set(map(len, column))
        width = widths.pop()
        flat = not widths and not any(isinstance(cell, list | dict) for cell in column[0])
        if flat and 0 < width <= VECTOR_LIMIT:
            cells = zip(*column, strict=True)
            return {f"{OUTPUTS}{name}.{i}": list(cell) for i, cell in enumerate(cells)}
    return {OUTPUTS + name: column}
