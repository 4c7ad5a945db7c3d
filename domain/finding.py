"""What a detector says: a verdict with its number, its side, its sizes and its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.profile import ColumnRole

Value = str | int | float | bool | None


class Verdict(StrEnum):
    """
    The four answers.

    `inconclusive`: it could not be judged (empty, constant, too small, …).
    `blind`: it was judged, but no shift that matters would have been seen.
    """

    OK = "ok"
    DRIFTED = "drifted"
    INCONCLUSIVE = "inconclusive"
    BLIND = "blind"


class Severity(StrEnum):
    """How much it matters; drift alone never pages."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """Larger is worse."""
        return {"critical": 3, "warning": 2, "info": 1}[self.value]

    def at_least(self, other: Severity) -> bool:
        """Return whether this is as bad as `other`, or worse."""
        return self.rank >= other.rank


class Calibration(StrEnum):
    """How well the line between quiet and alarm is known, by the number of baseline windows."""

    FULL = "calibrated"
    WEAK = "weakly calibrated"
    NONE = "not calibrated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    One detector's answer about one column in one window.

    Parameters
    ----------
    column : str
        ``"calls"`` for what concerns the traffic and not a column.
    kind : ColumnRole
    detector : str
        Its registered name.
    verdict : Verdict
    reason : str
        Key of the sentence in the text catalogue; `values` fill it in.
    statistic, p_value, threshold : float or None
        None where nothing was computed; never NaN or infinite.
    severity : Severity or None
        Set by the alert rules, not by the detector.
    exact : bool
        False where binning certifies only an interval.
    calibrated : Calibration
    decides : bool
        False for readings shown beside the detector that decides.
    n_reference, n_current : int
        Rows on both sides.
    values : mapping
        What the sentence and the reader need besides, by name.
    """

    column: str
    kind: ColumnRole
    detector: str
    verdict: Verdict
    reason: str
    statistic: float | None = None
    p_value: float | None = None
    threshold: float | None = None
    severity: Severity | None = None
    exact: bool = True
    calibrated: Calibration = Calibration.NONE
    decides: bool = True
    n_reference: int = 0
    n_current: int = 0
    values: Mapping[str, Value] = field(default_factory=dict[str, Value])
