"""What labelled rows tell of a model's task, kept small: the signs of parts add up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from detectors.metrics import MAX_CLASSES, Float, Text, guess_positive, guess_task, numbers


@dataclass(frozen=True, slots=True)
class TaskSigns:
    """
    As much of some labelled rows as `guess_task` and `guess_positive` look at.

    Parameters
    ----------
    labels, predictions : frozenset of str
        Enough of the different values to tell numbers from classes and few from many.
    scores : mapping of str to (int, float)
        Rows with a score and their sum by prediction, as long as there are two different ones
        at most.
    """

    labels: frozenset[str] = frozenset()
    predictions: frozenset[str] = frozenset()
    scores: Mapping[str, tuple[int, float]] = field(default_factory=dict[str, tuple[int, float]])

    @classmethod
    def of(cls, labels: Text, predictions: Text, scores: Float) -> TaskSigns:
        """
        Take the signs of rows.

        Parameters
        ----------
        labels, predictions : ndarray of str, shape (n,)
            ``""`` is nothing.
        scores : ndarray of float64, shape (n,)
            NaN is nothing.
        """
        said = np.unique(predictions[predictions != ""])
        by_class: dict[str, tuple[int, float]] = {}
        if len(said) <= 2:
            for name in said:
                own = scores[(predictions == name) & np.isfinite(scores)]
                by_class[str(name)] = len(own), float(own.sum())
        return cls(_telling(np.unique(labels)), _telling(said), by_class)

    @classmethod
    def together(cls, parts: Iterable[TaskSigns]) -> TaskSigns:
        """Return the signs of the rows of all parts."""
        told = cls()
        for part in parts:
            told = told._with(part)
        return told

    def _with(self, other: TaskSigns) -> TaskSigns:
        predictions = _telling(_array(self.predictions | other.predictions))
        summed: dict[str, tuple[int, float]] = {}
        if len(predictions) <= 2:
            for part in (self.scores, other.scores):
                for name, (rows, total) in part.items():
                    known = summed.get(name, (0, 0.0))
                    summed[name] = known[0] + rows, known[1] + total
        return TaskSigns(_telling(_array(self.labels | other.labels)), predictions, summed)

    def task(self) -> str:
        """Guess the task; see `guess_task`."""
        return guess_task(_array(self.labels), _array(self.predictions))

    def positive(self) -> str | None:
        """Guess the label that a high score stands for; see `guess_positive`."""
        names = _array(self.predictions)
        scored = [self.scores.get(str(name), (0, 0.0)) for name in names]
        means = [total / rows if rows else np.nan for rows, total in scored]
        return guess_positive(_array(self.labels), names, np.array(means, dtype=np.float64))


def _array(values: Iterable[str]) -> Text:
    return np.array(sorted(values), dtype=np.str_)


def _telling(distinct: Text) -> frozenset[str]:
    """Keep the first values, the first that is no number, else the first different numbers."""
    kept = distinct[: MAX_CLASSES + 1]
    parsed = numbers(distinct)
    if parsed is None:
        return frozenset([*kept.tolist(), str(distinct[_first_text(distinct)])])
    _, places = np.unique(parsed, return_index=True)
    broken = distinct[np.flatnonzero(parsed != np.round(parsed))[:1]]
    several = distinct[places[: MAX_CLASSES + 1]]
    return frozenset([*kept.tolist(), *several.tolist(), *broken.tolist()])


def _first_text(distinct: Text) -> int:
    """Return the place of the first value that is no number; there is one."""
    low, high = 0, len(distinct)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if numbers(distinct[low:middle]) is None else (middle, high)
    return low
