"""When alerts fire, end and belong together, in windows."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import ConfigurationError
from domain.finding import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPolicy:
    """
    The rules of the alert desk; every number is a default with a reason.

    Parameters
    ----------
    for_windows : int, default=1
        Bad windows in a row before an alert fires. One: the calibrated detector already has a
        memory of its own.
    quiet_windows : int, default=2
        So many judged, quiet windows are still the same alert; one more resolves it. The
        statistics were measured with gaps of 2 joined (docs/statistics.md).
    join_windows : int, default=2
        Columns that begin so close to each other share an incident.
    spread_windows : int, default=7
        But none joins an incident that is older: a season must not swallow a new fault.
    consequence_windows : int, default=7
        A score, prediction or performance that begins to move so soon after a feature went
        missing, while it still is, is its consequence: the memory of the detector (about
        1 / 0.15 windows) delays the sight of it.
    linger_windows : int, default=13
        A consequence that outlives its cause by more is a fault of its own; two such memories.
    score_change : float or None, default=0.1
        Expected change of the mean score, in the score's unit, from which calibrated drift is
        critical; None: never.
    raise_at : Severity, default=Severity.WARNING
        Evidence below this begins no alert.

    Raises
    ------
    ConfigurationError
        If a number cannot be meant.
    """

    for_windows: int = 1
    quiet_windows: int = 2
    join_windows: int = 2
    spread_windows: int = 7
    consequence_windows: int = 7
    linger_windows: int = 13
    score_change: float | None = 0.1
    raise_at: Severity = Severity.WARNING

    def __post_init__(self) -> None:
        if self.for_windows < 1:
            raise ConfigurationError(f"for_windows is {self.for_windows}; use 1 or more")
        for name in (
            "quiet_windows",
            "join_windows",
            "spread_windows",
            "consequence_windows",
            "linger_windows",
        ):
            if getattr(self, name) < 0:
                raise ConfigurationError(f"{name} is {getattr(self, name)}; use 0 or more")
        if self.score_change is not None and self.score_change <= 0:
            raise ConfigurationError(
                f"score_change is {self.score_change:g}; use a positive change of the mean score"
            )
