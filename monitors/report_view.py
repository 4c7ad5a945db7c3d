"""What a report shows, as plain values: made by the Service, rendered by `reports`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from domain.column import Column
from domain.finding import Finding
from domain.incident import Incident
from domain.profile import ColumnKind, Profile
from domain.run import Deployment, Performance, Run
from domain.window import Window


@dataclass(frozen=True, slots=True)
class Reading:
    """
    One column's deciding reading in one window: a point of its history.

    Parameters
    ----------
    window : Window
    version : str
    statistic, threshold : float or None
    drifted : bool
    psi : float or None
        Beside the verdict, which is not made of it.
    alarmed : bool
        False where it only reads: the line it is beyond is not calibrated.
    """

    window: Window
    version: str
    statistic: float | None
    threshold: float | None
    drifted: bool
    psi: float | None = None
    alarmed: bool = True

    @property
    def multiple(self) -> float | None:
        """The reading as a multiple of its own alarm line, at least 0; None without either."""
        if self.statistic is None or not self.threshold:
            return None
        return max(self.statistic / self.threshold, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnView:
    """
    One column of the judged window: all readings, both distributions, its history.

    Parameters
    ----------
    column : Column
    version : str
    findings : tuple of Finding
        The deciding one first.
    reference, current : Profile or None
        Over one grid.
    history : tuple of Reading
        Oldest first.
    visible_shift : float or None
        Smallest shift, in standard deviations, that would be seen within ten windows; None: blind
        or not calibrated (the finding says which).
    """

    column: Column
    version: str
    findings: tuple[Finding, ...]
    reference: Profile | None
    current: Profile | None
    history: tuple[Reading, ...] = ()
    visible_shift: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficPoint:
    """Calls of one deployment in one window."""

    deployment: Deployment
    window: Window
    calls: int
    failed: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformancePoint:
    """Performance of one deployment in one window."""

    deployment: Deployment
    window: Window
    performance: Performance


@dataclass(frozen=True, slots=True)
class TableView:
    """
    One of two compared files.

    Parameters
    ----------
    name : str
    n_rows : int
        Rows that could be read.
    unread : int
        Lines that could not.
    """

    name: str
    n_rows: int
    unread: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GuessView:
    """
    What one column of two files was taken for.

    Parameters
    ----------
    name : str
    role : str
        ``feature``, ``prediction``, ``score``, ``label``, ``time`` or ``ignored``.
    kind : ColumnKind or None
        None where it is not compared.
    why : str
        Key of its sentence in the text catalogue; `values` fill it in.
    in_reference, in_current : bool
        Which of the files have it.
    """

    name: str
    role: str
    kind: ColumnKind | None
    why: str
    values: Mapping[str, int] = field(default_factory=dict[str, int])
    in_reference: bool = True
    in_current: bool = True


@dataclass(frozen=True, slots=True)
class TablesView:
    """Two files that were compared, and what their columns were taken for."""

    reference: TableView
    current: TableView
    guess: tuple[GuessView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """
    Everything one report says.

    Parameters
    ----------
    title : str
        A model's name, or the two files' names.
    span : Window or None
        Time covered; None for two files without times.
    generated_at : datetime
    code_version, config_hash : str
    runs : tuple of Run
        The judged runs, newest window first; one per deployment and window.
    incidents : tuple of Incident
        Worst first, then newest.
    columns : tuple of ColumnView
        Of the newest runs, worst first.
    traffic : tuple of TrafficPoint
    performance : tuple of PerformancePoint
    notes : tuple of str
        Keys of the text catalogue without values: what the reader must know.
    tables : TablesView or None
        Where two files were compared instead of the windows of a store.
    """

    title: str
    span: Window | None
    generated_at: datetime
    code_version: str
    config_hash: str
    runs: tuple[Run, ...]
    incidents: tuple[Incident, ...] = ()
    columns: tuple[ColumnView, ...] = ()
    traffic: tuple[TrafficPoint, ...] = ()
    performance: tuple[PerformancePoint, ...] = ()
    notes: tuple[str, ...] = ()
    tables: TablesView | None = None
