"""
How good predictions were, over the labels that have arrived: each metric with its standard error.

AUC counts ties as half (as scikit-learn does); its standard error is DeLong's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Text = NDArray[np.str_]

BINARY: Final = "binary"
MULTICLASS: Final = "multiclass"
REGRESSION: Final = "regression"
MAX_CLASSES: Final = 20
HIGHER_IS_BETTER: Final = {
    "accuracy": True,
    "roc_auc": True,
    "log_loss": False,
    "mae": False,
    "rmse": False,
}
_TRUE: Final = frozenset({"1", "1.0", "true", "yes", "y", "t", "positive", "late", "fraud"})
_FALSE: Final = frozenset({"0", "0.0", "-1", "false", "no", "n", "f", "negative"})


@dataclass(frozen=True, slots=True)
class Measured:
    """
    One metric over some labelled predictions.

    Parameters
    ----------
    value : float
    standard_error : float
        Of `value`, from the rows alone; >= 0.
    n : int
        Labelled predictions that it rests on.
    """

    value: float
    standard_error: float
    n: int


def guess_task(labels: Text, predictions: Text) -> str:
    """
    Guess what kind of model it is from its labels and predictions.

    Parameters
    ----------
    labels, predictions : ndarray of str, shape (n,)
        As the logs write them; ``""`` is nothing.

    Returns
    -------
    str
        ``regression`` where both are numbers of which some are broken or more than 20 differ;
        else ``binary`` for up to two classes, else ``multiclass``.
    """
    said = predictions[predictions != ""]
    parsed = [numbers(part) for part in (labels, said) if len(part)]
    if parsed and all(part is not None for part in parsed):
        values = np.concatenate([part for part in parsed if part is not None])
        broken = bool((values != np.round(values)).any())
        if broken or len(np.unique(values)) > MAX_CLASSES:
            return REGRESSION
    classes = set(np.unique(labels).tolist()) | set(np.unique(said).tolist())
    return BINARY if len(classes) <= 2 else MULTICLASS


def guess_positive(labels: Text, predictions: Text, scores: Float) -> str | None:
    """
    Guess which label a high score stands for.

    Parameters
    ----------
    labels, predictions : ndarray of str, shape (n,)
    scores : ndarray of float64, shape (n,)
        NaN is nothing.

    Returns
    -------
    str or None
        The class whose predictions have the higher mean score; without such predictions the one
        that is written like a yes; else the last in alphabetical order, as scikit-learn does.
        None where there are not one or two classes.
    """
    classes = sorted(
        (set(np.unique(labels).tolist()) | set(np.unique(predictions).tolist())) - {""}
    )
    if not 1 <= len(classes) <= 2:
        return None
    if len(classes) == 1:
        return None if classes[0].lower() in _FALSE else classes[0]
    known = np.isfinite(scores)
    sides = [scores[known & (predictions == name)] for name in classes]
    if all(len(side) for side in sides):
        means = [float(side.mean()) for side in sides]
        if means[0] != means[1]:
            return classes[0] if means[0] > means[1] else classes[1]
    yes = [c for c in classes if c.lower() in _TRUE]
    return yes[0] if len(yes) == 1 else classes[1]


def compute(
    task: str,
    labels: Text,
    predictions: Text,
    scores: Float,
    *,
    positive: str | None = None,
) -> dict[str, Measured]:
    """
    Compute every metric of a task that the rows allow.

    Parameters
    ----------
    task : {"binary", "multiclass", "regression"}
    labels, predictions : ndarray of str, shape (n,)
        As the logs write them; numbers are read where the task needs them; ``""`` is nothing.
    scores : ndarray of float64, shape (n,)
        Probability, or any rank, of the positive class; the prediction itself in a regression
        without predictions. NaN is nothing.
    positive : str or None
        The label that a high score stands for; None: guessed.

    Returns
    -------
    dict of str to Measured
        accuracy, roc_auc, log_loss; or mae, rmse. What cannot be computed is absent: no AUC of
        one class, no log loss of scores outside [0, 1].
    """
    if task == REGRESSION:
        return _regression(labels, predictions, scores)
    found: dict[str, Measured] = {}
    said = predictions != ""
    if said.any():
        found["accuracy"] = accuracy(_same(labels[said], predictions[said]))
    known = np.isfinite(scores)
    if task == BINARY and known.any():
        yes = positive if positive is not None else guess_positive(labels, predictions, scores)
        if yes is not None:
            found.update(of_scores(labels[known] == yes, scores[known]))
    return found


def _same(labels: Text, predictions: Text) -> Bool:
    """Compare as numbers where both are, so that ``1`` and ``1.0`` agree."""
    left, right = numbers(labels), numbers(predictions)
    if left is not None and right is not None:
        return left == right
    return labels == predictions


def of_scores(truth: Bool, scores: Float) -> dict[str, Measured]:
    """
    Compute what scores alone allow: roc_auc and log_loss.

    Parameters
    ----------
    truth : ndarray of bool, shape (n,), n >= 1
        Whether the label is the positive one.
    scores : ndarray of float64, shape (n,)
        Finite.

    Returns
    -------
    dict of str to Measured
        No AUC of one class, no log loss of scores outside [0, 1].
    """
    found: dict[str, Measured] = {}
    if truth.any() and not truth.all():
        found["roc_auc"] = roc_auc(truth, scores)
    if scores.min() >= 0 and scores.max() <= 1:
        found["log_loss"] = log_loss(truth, scores)
    return found


def _regression(labels: Text, predictions: Text, scores: Float) -> dict[str, Measured]:
    truth = numbers(labels)
    if truth is None:
        return {}
    said = numbers(np.where(predictions == "", "nan", predictions).astype(np.str_))
    guess = scores if said is None or not np.isfinite(said).any() else said
    return of_errors(guess - truth)


def of_errors(errors: Float) -> dict[str, Measured]:
    """
    Compute mae and rmse.

    Parameters
    ----------
    errors : ndarray of float64, shape (n,)
        Prediction less label; what is not finite is left out.

    Returns
    -------
    dict of str to Measured
        Empty where nothing is finite.
    """
    finite = errors[np.isfinite(errors)]
    if not len(finite):
        return {}
    return {"mae": _mean_of(np.abs(finite)), "rmse": rmse(finite)}


def numbers(text: Text) -> Float | None:
    """Read texts as numbers; None where one of them is none."""
    try:
        return text.astype(np.float64)
    except ValueError:
        return None


def _mean_of(values: Float) -> Measured:
    n = len(values)
    spread = float(values.std(ddof=1)) if n > 1 else 0.0
    return Measured(float(values.mean()), spread / np.sqrt(n).item(), n)


def accuracy(right: Bool) -> Measured:
    """
    Return the share of right predictions.

    Parameters
    ----------
    right : ndarray of bool, shape (n,), n >= 1

    Notes
    -----
    The standard error is that of the share with two right and two wrong added (Agresti and Coull
    1998), so that ten of ten are not certain.
    """
    n = len(right)
    eased = (float(right.sum()) + 2) / (n + 4)
    return Measured(float(right.mean()), float(np.sqrt(eased * (1 - eased) / (n + 4))), n)


def roc_auc(truth: Bool, scores: Float) -> Measured:
    """
    Return the area under the ROC curve, ties counted as half.

    Parameters
    ----------
    truth : ndarray of bool, shape (n,)
        Both values must occur.
    scores : ndarray of float64, shape (n,)
        Finite.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson (1988) for the variance, by mid-ranks as in Sun and Xu
    (2014). It is 0 when the classes are parted perfectly, whatever the number of rows; there
    Hanley and McNeil (1982), at the area with half a wrong pair, bounds it from below.
    """
    positive, negative = scores[truth], scores[~truth]
    m, n = len(positive), len(negative)
    among_all = mid_ranks(scores)
    above = (among_all[truth] - mid_ranks(positive)) / n
    below = 1 - (among_all[~truth] - mid_ranks(negative)) / m
    area = float(above.mean())
    delong = _variance(above) / m + _variance(below) / n
    eased = min(max(area, 0.5 / (m * n)), 1 - 0.5 / (m * n))
    error = np.sqrt(delong) if delong > 0 else hanley_mcneil(eased, m, n)
    return Measured(area, float(error), m + n)


def _variance(values: Float) -> float:
    return float(values.var(ddof=1)) if len(values) > 1 else 0.0


def hanley_mcneil(area: float, positives: int, negatives: int) -> float:
    """
    Return the standard error of an AUC by the exponential approximation.

    Parameters
    ----------
    area : float
        In (0, 1).
    positives, negatives : int
        Rows of each class.

    References
    ----------
    Hanley and McNeil (1982), Radiology 143:29-36, formulas 1 and 2.
    """
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (positives - 1) * (q1 - area**2) + (negatives - 1) * (q2 - area**2)
    return float(np.sqrt(spread / (positives * negatives)))


def mid_ranks(values: Float) -> Float:
    """Return ranks from 1; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[place]


def log_loss(truth: Bool, scores: Float) -> Measured:
    """
    Return the mean negative log likelihood of the labels, in nats.

    Parameters
    ----------
    truth : ndarray of bool, shape (n,)
    scores : ndarray of float64, shape (n,)
        Probabilities in [0, 1]; cut to [eps, 1 - eps] like scikit-learn does.
    """
    eps = np.finfo(np.float64).eps
    chance = np.clip(scores, eps, 1 - eps)
    return _mean_of(-np.log(np.where(truth, chance, 1 - chance)))


def rmse(errors: Float) -> Measured:
    """
    Return the root of the mean squared error.

    Parameters
    ----------
    errors : ndarray of float64, shape (n,), n >= 1

    Notes
    -----
    Standard error by the delta method: that of the mean square over twice the root.
    """
    square = _mean_of(errors**2)
    root = float(np.sqrt(square.value))
    return Measured(root, square.standard_error / (2 * root) if root > 0 else 0.0, square.n)
