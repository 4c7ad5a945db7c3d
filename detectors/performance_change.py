"""Judge whether a model does worse on one sample than on another, without baseline windows."""

from __future__ import annotations

from dataclasses import replace
from math import hypot
from typing import Final

from scipy.special import ndtr, ndtri

from detectors.metrics import HIGHER_IS_BETTER, Measured
from detectors.performance import COLUMN, MIN_LABELS, NAME
from domain.finding import Finding, Value, Verdict
from domain.profile import ColumnRole

LEAST_DROP: Final = 0.01
LEAST_RISE: Final = 0.05


def detect(
    metric: str,
    reference: Measured | None,
    current: Measured | None,
    *,
    alpha: float,
    least_drop: float = LEAST_DROP,
    least_rise: float = LEAST_RISE,
    min_labels: int = MIN_LABELS,
    decides: bool = True,
) -> Finding:
    """
    Test the difference of one metric on two samples by its standard errors.

    Drifted when the model does worse by more than counts and the one-sided normal test of the
    difference gives ``p < alpha``. It knows the chance of sampling, not how much the metric
    varies from day to day, and not whether the reference was used for training: the finding is
    not calibrated. An improvement is never an alarm.

    Parameters
    ----------
    metric : {"accuracy", "roc_auc", "log_loss", "mae", "rmse"}
    reference, current : Measured or None
        None where the rows do not allow the metric.
    alpha : float
        Significance level, in (0, 1).
    least_drop : float, default=0.01
        Smallest drop of accuracy or ROC AUC that counts.
    least_rise : float, default=0.05
        Smallest rise of a loss that counts, as a share of the reference's.
    min_labels : int, default=30
        With fewer labels on either side the finding is inconclusive.
    decides : bool, default=True
        False for a metric shown beside the deciding one.

    Returns
    -------
    Finding
        Of column ``label``; `statistic` is the current metric, `threshold` the value below (for
        losses above) which it alarms. `values`: ``metric``, ``value``, ``reference_value``,
        ``difference`` (current less reference), ``labelled``, ``reference_labelled``.
    """
    n, m = (side.n if side else 0 for side in (reference, current))
    values: dict[str, Value] = {
        "metric": metric,
        "value": current.value if current else None,
        "reference_value": reference.value if reference else None,
        "labelled": m,
        "reference_labelled": n,
        "needed": min_labels,
    }
    unjudged = Finding(
        column=COLUMN,
        kind=ColumnRole.LABEL,
        detector=NAME,
        verdict=Verdict.INCONCLUSIVE,
        reason=f"finding.{NAME}.change.too_few",
        decides=decides,
        n_reference=n,
        n_current=m,
        values=values,
    )
    if reference is None or current is None or min(n, m) < min_labels:
        return unjudged
    sign = 1.0 if HIGHER_IS_BETTER[metric] else -1.0
    least = least_drop if sign > 0 else least_rise * reference.value
    # samples that are all right have no spread to see, but their difference still has an error
    error = max(hypot(reference.standard_error, current.standard_error), 1e-12)
    drop = sign * (reference.value - current.value)
    p_value = float(ndtr(-drop / error))
    worse = p_value < alpha and drop >= least
    return replace(
        unjudged,
        verdict=Verdict.DRIFTED if worse else Verdict.OK,
        reason=f"finding.{NAME}.change.{'worse' if worse else 'ok'}",
        statistic=current.value,
        p_value=p_value,
        threshold=reference.value - sign * max(least, -float(ndtri(alpha)) * error),
        values={**values, "difference": current.value - reference.value},
    )
