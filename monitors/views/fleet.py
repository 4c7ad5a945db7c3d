"""How every deployment stands, and what can be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.finding import Finding
from domain.incident import Incident
from domain.run import Deployment, Run, RunStatus
from domain.window import Window
from monitors.views.resources import PrometheusView


class Health(StrEnum):
    """
    How a deployment stands at the end of its newest judged window; the worst first.

    `unjudged`: no window was judged, the newest one held too little to judge any column, or
    the version was judged in none of the model's two newest windows. `stale`: no window of the
    model was judged for two windows. Neither is ever shown as ok. `retired`: other versions of the
    model answered in two windows or more since its last one; a model that answers nobody as a
    whole has lost its traffic, and none of its versions is retired by that.
    """

    CRITICAL = "critical"
    FAILED = "failed"
    WARNING = "warning"
    STALE = "stale"
    UNJUDGED = "unjudged"
    OK = "ok"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class JudgedWindow:
    """One judged window of a version."""

    window: Window
    status: RunStatus


@dataclass(frozen=True, slots=True)
class Target:
    """
    A model that can be looked at.

    Parameters
    ----------
    model : str
    versions : tuple of str
        The one with the newest event first; of those, the one with the most predictions.
    windows : tuple of JudgedWindow
        Oldest first; of several versions the worst status.
    data_span : Window or None
        First to last stored event.
    """

    model: str
    versions: tuple[str, ...]
    windows: tuple[JudgedWindow, ...]
    data_span: Window | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """
    What is known of the logs of a model that are read where they lie.

    Parameters
    ----------
    model : str
    place : str
        As it was configured.
    files, rows : int
        Rows also of other models.
    span : Window or None
        From the first event to just behind the last; None without any.
    columns : tuple of str
        The features, then the outputs.
    refused : dict of str to int
        Rows that are no events, by reason.
    others : int
        Rows of other models.
    zone : str
        Of times that are written without one.
    faults : tuple of str
        Why files cannot be read, each by its name.
    """

    model: str
    place: str
    files: int
    rows: int
    span: Window | None
    columns: tuple[str, ...]
    refused: dict[str, int]
    others: int
    zone: str
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """
    What `doctor` says of a store.

    Parameters
    ----------
    version : int
    size_bytes : int
    data_spans : mapping of str to Window or None
        By model.
    last_run_ends : mapping of str to datetime or None
        By model.
    last_backup : datetime or None
        None: it was never copied.
    free_bytes : int
        What of the file holds nothing.
    compacting_pays : bool
        Whether that is enough for a new file to pay.
    holds_erased : bool
        Rows were erased, and their bytes may still be in the file.
    sources : tuple of SourceFacts
        Logs that are read where they lie.
    slice_faults : tuple of str
        Which configured slices cannot be counted.
    prometheus : PrometheusView or None
        None: none is configured.
    """

    version: int
    size_bytes: int
    data_spans: dict[str, Window | None]
    last_run_ends: dict[str, datetime | None]
    last_backup: datetime | None
    free_bytes: int
    compacting_pays: bool
    holds_erased: bool
    sources: tuple[SourceFacts, ...] = ()
    slice_faults: tuple[str, ...] = ()
    prometheus: PrometheusView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """
    One window of a deployment's sparklines.

    Parameters
    ----------
    window : Window
    multiple : float or None
        The furthest column, as a multiple of its own alarm line (1 alarms), at least 0; None where
        no column was judged against a line.
    drifted : bool
    n_calls : int
    p99_ms : float or None
    """

    window: Window
    multiple: float | None
    drifted: bool
    n_calls: int
    p99_ms: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentView:
    """
    One line of the fleet.

    Parameters
    ----------
    deployment : Deployment
    health : Health
    last_call : datetime or None
        Its last call, as far as its newest windows tell.
    run : Run or None
        The newest run, its findings those that decide; None before the first.
    failed_share : float or None
        Failed calls of its window, in [0, 1]; None without calls.
    p99_ms : float or None
    drifting, blind, unjudged, judged : int
        Columns of that run by verdict; `judged` counts them all.
    worst : Finding or None
        The finding of the furthest column.
    trend : tuple of TrendPoint
        Up to 30 windows, oldest first.
    incidents : tuple of str
        Ids of its open incidents, worst first.
    """

    deployment: Deployment
    health: Health
    last_call: datetime | None
    run: Run | None
    failed_share: float | None
    p99_ms: float | None
    drifting: int
    blind: int
    unjudged: int
    judged: int
    worst: Finding | None
    trend: tuple[TrendPoint, ...]
    incidents: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetView:
    """
    Everything on one screen.

    Parameters
    ----------
    deployments : tuple of DeploymentView
        Worst first.
    incidents : tuple of Incident
        Open ones first, each group worst first, then newest; at most 50.
    stale : dict of str to Window
        Models whose monitor stands still, and the span nobody looked at.
    data_until : datetime or None
        The newest stored event.
    next_check : datetime or None
        When the next window is complete; None without logs.
    predictions, predictions_before : int
        In the newest judged windows, and in the windows before those.
    """

    deployments: tuple[DeploymentView, ...]
    incidents: tuple[Incident, ...]
    stale: dict[str, Window]
    data_until: datetime | None
    next_check: datetime | None
    predictions: int
    predictions_before: int
