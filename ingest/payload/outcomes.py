"""Which output is the prediction, which one the score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ingest.exchange import OUTPUTS
from ingest.payload.json_rows import Columns

_PREDICTIONS: Final = (
    "prediction", "predictions", "label", "class", "classes", "predict", "output", "outputs",
)  # fmt: skip
_SCORES: Final = (
    "probability", "probabilities", "proba", "predict_proba", "score", "scores",
)  # fmt: skip


def outcomes_of(columns: Mapping[str, list[Any]]) -> Columns:
    """
    Name the outputs of an answer.

    Returns
    -------
    dict of str to list
        ``prediction``, ``score`` and ``outputs.<name>``.
    """
    by_lower = {name.lower(): name for name in reversed(list(columns))}
    prediction = next((by_lower[n] for n in _PREDICTIONS if n in by_lower), None)
    score = next((by_lower[n] for n in _SCORES if n in by_lower), None)
    if prediction is None and score is None and len(columns) == 1:
        prediction = next(iter(columns))
    named: Columns = {}
    for name, column in columns.items():
        cells = [v[0] if isinstance(v, list) and len(v) == 1 else v for v in column]
        vectors = any(isinstance(v, list) for v in cells)
        if vectors and name in (prediction, score) and _distributions(cells):
            named.setdefault("prediction", [_first_largest(v) for v in cells])
            named["score"] = [_likely(v) for v in cells]
        elif name == prediction and not vectors:
            named["prediction"] = cells
        elif name == score and not vectors:
            named["score"] = cells
        else:
            named[OUTPUTS + name] = cells
    return named


def _distributions(cells: list[Any]) -> bool:
    return all(
        isinstance(v, list)
        and len(v) > 1
        and all(isinstance(p, int | float) and 0 <= p <= 1 for p in v)
        and abs(sum(v) - 1) < 1e-3
        for v in cells
    )


def _first_largest(vector: list[Any]) -> int:
    return vector.index(max(vector))


def _likely(vector: list[Any]) -> object:
    return vector[1] if len(vector) == 2 else max(vector)
