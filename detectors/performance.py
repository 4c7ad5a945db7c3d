"""Judge whether a model has become worse than its baseline windows were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from detectors.forecast_calibration import WEAK_FROM, level_of
from detectors.metrics import HIGHER_IS_BETTER, Measured
from domain.finding import Calibration, Finding, Value, Verdict
from domain.profile import ColumnRole

Float = NDArray[np.float64]

NAME = "performance"
COLUMN = "label"
ALPHA = 1e-4
MIN_LABELS = 30
# what a model that guesses reaches, whatever the data; the other metrics have no such number
NO_SKILL: Final = {"roc_auc": 0.5}


def detect(
    metric: str,
    current: Measured | None,
    baseline: Sequence[Measured],
    *,
    alpha: float = ALPHA,
    labelled: int | None = None,
    min_labels: int = MIN_LABELS,
    decides: bool = True,
) -> Finding:
    """
    Judge a drop of one metric against the variation between baseline windows.

    Parameters
    ----------
    metric : {"accuracy", "roc_auc", "log_loss", "mae", "rmse"}
    current : Measured or None
        None where the window's labels do not allow it.
    baseline : sequence of Measured
        The metric of each baseline window that has labels; of out-of-sample scores.
    alpha : float, default=1e-4
        Largest one-sided probability of such a drop.
    labelled : int, optional
        Labels that have arrived; default: those `current` rests on.
    min_labels : int, default=30
        Labels a window needs to be judged.
    decides : bool, default=True
        False for a metric shown beside the deciding one.

    Returns
    -------
    Finding
        Of column ``label``; `statistic` is the metric, `threshold` the value below (for losses
        above) which it alarms. An improvement is never an alarm. Inconclusive with fewer than 12
        baseline windows or `min_labels` labels; blind where a model that guesses would pass.

    Notes
    -----
    Windows vary around a mean by more than their rows explain: the variance between them is what
    remains of the observed one after the mean squared standard error (DerSimonian and Laird
    1986, unweighted). The drop is measured in the root of that variance, the window's own and
    the mean's; its tail is Student's t with as many degrees of freedom as windows, less one.
    """
    n_labels = labelled if labelled is not None else (current.n if current else 0)
    usable = [m for m in baseline if m.n >= min_labels]
    values: dict[str, Value] = {
        "metric": metric,
        "value": current.value if current else None,
        "labelled": n_labels,
        "windows": len(usable),
        "needed": WEAK_FROM,
    }
    calibrated = level_of(len(usable))
    reason = _unjudged(current, n_labels, min_labels, calibrated)
    if current is None or reason is not None:
        reason = reason or "no-metric"  # for the type checker: without `current` there is one
        if reason == "too-few-labels":
            values["needed"] = min_labels
        verdict = Verdict.INCONCLUSIVE
        return _finding(reason, verdict, usable, n_labels, calibrated, values, decides=decides)
    sign = 1.0 if HIGHER_IS_BETTER[metric] else -1.0
    usual, spread = _variation(usable, current)
    p_value = float(stdtr(len(usable) - 1, sign * (current.value - usual) / spread))
    line = usual - sign * spread * _quantile(len(usable) - 1, alpha)
    verdict = Verdict.DRIFTED if p_value <= alpha else Verdict.OK
    no_skill = NO_SKILL.get(metric)
    if no_skill is not None:
        values["no_skill"] = no_skill
        if verdict is Verdict.OK and line < no_skill:
            verdict = Verdict.BLIND
    return _finding(
        verdict.value,
        verdict,
        usable,
        n_labels,
        calibrated,
        {**values, "usual": usual},
        decides=decides,
        p_value=p_value,
        statistic=current.value,
        threshold=line,
    )


def _unjudged(
    current: Measured | None, n_labels: int, min_labels: int, calibrated: Calibration
) -> str | None:
    if n_labels < min_labels:
        return "too-few-labels"
    if current is None or not np.isfinite(current.value):
        return "no-metric"
    if current.n < min_labels:
        return "too-few-labels"
    return "not-calibrated" if calibrated is Calibration.NONE else None


def _variation(baseline: Sequence[Measured], current: Measured) -> tuple[float, float]:
    """Return the usual value, and the standard deviation of a new window's value around it."""
    values = np.array([m.value for m in baseline])
    own = np.array([m.standard_error for m in baseline]) ** 2
    between = max(float(values.var(ddof=1) - own.mean()), 0.0)
    of_mean = (between + float(own.mean())) / len(values)
    # constant baselines (all right, all wrong) still have a window's own error to be judged by
    spread = np.sqrt(between + current.standard_error**2 + of_mean)
    return float(values.mean()), max(float(spread), 1e-12)


def _quantile(degrees: int, alpha: float) -> float:
    """Return how many standard deviations the drop must exceed."""
    return -float(stdtrit(degrees, alpha))


def _finding(  # noqa: PLR0913 (one constructor's arguments, and it says less in a dict)
    why: str,
    verdict: Verdict,
    baseline: Sequence[Measured],
    n_current: int,
    calibrated: Calibration,
    values: dict[str, Value],
    *,
    decides: bool,
    p_value: float | None = None,
    statistic: float | None = None,
    threshold: float | None = None,
) -> Finding:
    return Finding(
        column=COLUMN,
        kind=ColumnRole.LABEL,
        detector=NAME,
        verdict=verdict,
        reason=f"finding.{NAME}.{why}",
        statistic=statistic,
        p_value=p_value,
        threshold=threshold,
        calibrated=calibrated,
        decides=decides,
        n_reference=sum(m.n for m in baseline),
        n_current=n_current,
        values=values,
    )
