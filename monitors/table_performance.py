"""How good the predictions of two files are, where both have labels, and whether that differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors import metrics
from detectors.metrics import Measured
from detectors.performance_change import detect
from domain.finding import Finding
from domain.profile import ColumnKind
from domain.run import Performance
from ingest.kinds import GuessedColumn, GuessedRole
from ingest.table import Coded, TableSource
from monitors.performance_check import DECIDING
from monitors.table_column import alike

Float = NDArray[np.float64]

_OUTCOMES: Final = (GuessedRole.LABEL, GuessedRole.PREDICTION, GuessedRole.SCORE)


@dataclass(frozen=True, slots=True)
class Roles:
    """
    The columns that both files have for labels, predictions and scores.

    Parameters
    ----------
    label : GuessedColumn
    prediction, score : GuessedColumn or None
        At least one of them is there.
    """

    label: GuessedColumn
    prediction: GuessedColumn | None
    score: GuessedColumn | None

    @classmethod
    def of(
        cls, guess: Sequence[GuessedColumn], reference: TableSource, current: TableSource
    ) -> Roles | None:
        """Return the roles; None where a side has no labels or nothing to hold against them."""
        found = {
            column.role: column
            for column in guess
            if column.role in _OUTCOMES
            and column.name in reference.types
            and column.name in current.types
        }
        label, prediction, score = (found.get(role) for role in _OUTCOMES)
        if label is None or (prediction is None and score is None):
            return None
        return cls(label, prediction, score)


@dataclass(frozen=True, slots=True)
class Compared:
    """Performance on the current file, and its difference to the reference, metric by metric."""

    performance: Performance
    findings: tuple[Finding, ...]


def compare_performance(
    reference: TableSource,
    current: TableSource,
    guess: Sequence[GuessedColumn],
    *,
    positive: str | None,
    alpha: float,
) -> Compared | None:
    """
    Measure predictions against labels in both files and test the difference.

    Parameters
    ----------
    reference, current : TableSource
    guess : sequence of GuessedColumn
    positive : str or None
        The label that a high score stands for; None: guessed.
    alpha : float
        Chance of a false alarm.

    Returns
    -------
    Compared or None
        None where a file lacks labels, or predictions and scores.
    """
    roles = Roles.of(guess, reference, current)
    if roles is None:
        return None
    outcomes = _with_common_classes([_read(table, roles) for table in (reference, current)])
    task = _task(roles, outcomes)
    measured = _measured(task, roles, outcomes, positive)
    return Compared(
        Performance(
            task=task,
            labelled=outcomes[1].labelled,
            pending=current.n_rows - outcomes[1].labelled,
            metrics={name: m.value for name, m in measured[1].items()},
        ),
        tuple(_findings(task, measured, alpha)),
    )


def _findings(
    task: str, measured: Sequence[Mapping[str, Measured]], alpha: float
) -> Sequence[Finding]:
    names = [name for name in metrics.HIGHER_IS_BETTER if any(name in side for side in measured)]
    order = DECIDING[task]
    on_both = (name for name in order if all(name in side for side in measured))
    deciding = next(on_both, order[0])
    return [
        detect(
            name,
            measured[0].get(name),
            measured[1].get(name),
            alpha=alpha,
            decides=name == deciding,
        )
        for name in sorted({*names, deciding}, key=lambda name: (name != deciding, name))
    ]


@dataclass(frozen=True, eq=False)
class _Outcomes:
    """
    What one file says and what was true, row by row.

    Classes are coded; what is a number is one. A continuous prediction is a score where there is
    no other.
    """

    labels: Coded | None
    truth: Float | None
    said: Coded | None
    numbers: Float | None
    scores: Float | None

    @property
    def labelled(self) -> int:
        """Rows with a label."""
        if self.labels is not None:
            return int((self.labels.codes >= 0).sum())
        return 0 if self.truth is None else int((~np.isnan(self.truth)).sum())


def _read(table: TableSource, roles: Roles) -> _Outcomes:
    label, prediction, score = roles.label, roles.prediction, roles.score
    of_classes = label.kind is ColumnKind.CATEGORY
    says_classes = prediction is not None and prediction.kind is ColumnKind.CATEGORY
    outcomes = _Outcomes(
        labels=table.coded(label.name) if of_classes else None,
        truth=None if of_classes else table.numbers(label.name).values,
        said=table.coded(prediction.name) if prediction and says_classes else None,
        numbers=table.numbers(prediction.name).values if prediction and not says_classes else None,
        scores=table.numbers(score.name).values if score else None,
    )
    if outcomes.labels is None or outcomes.said is None:
        return outcomes
    truth, said = alike(outcomes.labels.labels, outcomes.said.labels)
    return replace(
        outcomes,
        labels=replace(outcomes.labels, labels=truth),
        said=replace(outcomes.said, labels=said),
    )


def _with_common_classes(outcomes: Sequence[_Outcomes]) -> list[_Outcomes]:
    """Set predictions aside that share no class with the labels: they are in other words."""
    labels = _distinct([side.labels for side in outcomes])
    said = _distinct([side.said for side in outcomes])
    if not len(labels) or np.isin(said, labels).any():
        return list(outcomes)
    return [replace(side, said=None) for side in outcomes]


def _task(roles: Roles, outcomes: Sequence[_Outcomes]) -> str:
    """Tell the task from the distinct values of both files: one of them may hold one class."""
    if roles.label.kind is ColumnKind.NUMBER:
        return metrics.REGRESSION
    labels = _distinct([side.labels for side in outcomes])
    continuous = roles.prediction is not None and roles.prediction.kind is ColumnKind.NUMBER
    if continuous and len(labels) > 2 and _all_numbers(labels):
        return metrics.REGRESSION
    return metrics.guess_task(labels, _distinct([side.said for side in outcomes]))


def _distinct(sides: Sequence[Coded | None]) -> NDArray[np.str_]:
    names = sorted({label for side in sides if side is not None for label in side.labels})
    return np.array(names, dtype=np.str_)


def _all_numbers(labels: NDArray[np.str_]) -> bool:
    try:
        labels.astype(np.float64)
    except ValueError:
        return False
    return True


def _measured(
    task: str, roles: Roles, outcomes: Sequence[_Outcomes], positive: str | None
) -> list[dict[str, Measured]]:
    if task == metrics.REGRESSION:
        return [metrics.of_errors(_errors(side)) for side in outcomes]
    scores = [side.scores if roles.score else side.numbers for side in outcomes]
    if task == metrics.BINARY and positive is None:
        positive = _positive(outcomes, scores)
    return [
        _of_classes(task, side, score, positive)
        for side, score in zip(outcomes, scores, strict=True)
    ]


def _errors(side: _Outcomes) -> Float:
    truth = side.truth if side.labels is None else _as_numbers(side.labels)
    said = side.numbers if side.said is None else _as_numbers(side.said)
    said = side.scores if said is None else said
    if truth is None or said is None:
        return np.empty(0)
    return said - truth


def _as_numbers(coded: Coded) -> Float | None:
    """Return classes that are numbers as such, NaN where there is none; None where they are not."""
    labels = np.array(coded.labels, dtype=np.str_)
    if not _all_numbers(labels):
        return None
    return np.append(labels.astype(np.float64), np.nan)[coded.codes]


def _positive(outcomes: Sequence[_Outcomes], scores: Sequence[Float | None]) -> str | None:
    """Guess the positive label from the mean score of each predicted class, over both files."""
    sums: dict[str, float] = {}
    rows: dict[str, int] = {}
    for side, score in zip(outcomes, scores, strict=True):
        if side.said is None or score is None:
            continue
        known = (side.said.codes >= 0) & np.isfinite(score)
        codes, size = side.said.codes[known], len(side.said.labels)
        totals = np.bincount(codes, weights=score[known], minlength=size)
        counts = np.bincount(codes, minlength=size)
        for name, total, count in zip(side.said.labels, totals, counts, strict=True):
            sums[name] = sums.get(name, 0.0) + float(total)
            rows[name] = rows.get(name, 0) + int(count)
    names = [name for name in sums if rows[name]]
    means = np.array([sums[name] / rows[name] for name in names], dtype=np.float64)
    labels = _distinct([side.labels for side in outcomes])
    return metrics.guess_positive(labels, np.array(names, dtype=np.str_), means)


def _of_classes(
    task: str, side: _Outcomes, scores: Float | None, positive: str | None
) -> dict[str, Measured]:
    found: dict[str, Measured] = {}
    if side.labels is None:
        return found
    if side.said is not None:
        right = _right(side.labels, side.said)
        if len(right):
            found["accuracy"] = metrics.accuracy(right)
    if task == metrics.BINARY and scores is not None and positive is not None:
        known = (side.labels.codes >= 0) & np.isfinite(scores)
        if known.any():
            yes = side.labels.labels.index(positive) if positive in side.labels.labels else -2
            found |= metrics.of_scores(side.labels.codes[known] == yes, scores[known])
    return found


def _right(labels: Coded, said: Coded) -> NDArray[np.bool_]:
    """Tell which predictions are right, of the rows that have a label and a prediction."""
    place = {name: at for at, name in enumerate(labels.labels)}
    lookup = np.array([place.get(name, -2) for name in said.labels], dtype=np.int64)
    both = (labels.codes >= 0) & (said.codes >= 0)
    return lookup[said.codes[both]] == labels.codes[both]
