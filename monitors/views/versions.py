"""The versions of a model beside each other, and how good they are."""

from __future__ import annotations

from dataclasses import dataclass

from domain.column import Column
from domain.finding import Finding
from domain.incident import Incident
from domain.run import Deployment, Performance, Run, RunStatus
from domain.window import Window
from monitors.report_view import PerformancePoint


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPoint:
    """
    One judged window of one version.

    Parameters
    ----------
    window : Window
    status : RunStatus
    n_predictions, n_calls : int
    n_shadow : int or None
        How many of the predictions were made in shadow and answered nobody; None: the run was
        stored before that was counted.
    failed_share : float or None
        In [0, 1].
    p50_ms, p95_ms, p99_ms : float or None
    performance : Performance or None
    """

    window: Window
    status: RunStatus
    n_predictions: int
    n_calls: int
    n_shadow: int | None
    failed_share: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    performance: Performance | None

    @property
    def n_answered(self) -> int:
        """Predictions that answered somebody; all of them where shadow was not counted."""
        return self.n_predictions - (self.n_shadow or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """
    One version's course.

    Parameters
    ----------
    version : str
    points : tuple of VersionPoint
        Oldest first, at most 400.
    newest : Run
        With all findings.
    """

    version: str
    points: tuple[VersionPoint, ...]
    newest: Run


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionsView:
    """
    The versions of a model beside each other.

    Parameters
    ----------
    model : str
    versions : tuple of VersionView
        The one with the newest window first; of those, the one with the most predictions.
    columns : tuple of Column
    incidents : tuple of Incident
    """

    model: str
    versions: tuple[VersionView, ...]
    columns: tuple[Column, ...]
    incidents: tuple[Incident, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformanceView:
    """
    How good a model's predictions were.

    Parameters
    ----------
    model : str
    points : tuple of PerformancePoint
        Of all versions, oldest first; as the last run of each window counted it.
    findings : tuple of (Deployment, Window, Finding)
        What the runs judged of it.
    incidents : tuple of Incident
        Of performance.
    """

    model: str
    points: tuple[PerformancePoint, ...]
    findings: tuple[tuple[Deployment, Window, Finding], ...]
    incidents: tuple[Incident, ...]
