"""One execution of a monitor on one window, and what it found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.finding import Finding
from domain.slo import SLOResult
from domain.window import Window


class RunStatus(StrEnum):
    """How a run ended."""

    OK = "ok"
    VIOLATIONS = "violations"
    INSUFFICIENT = "insufficient"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Deployment:
    """
    A model in one version.

    Parameters
    ----------
    model, version : str
        `version` is ``""`` where the logs carry none.
    """

    model: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """
    How good the predictions of one window were, over the labels that have arrived.

    Parameters
    ----------
    task : str
        ``binary``, ``multiclass`` or ``regression``.
    labelled, pending : int
        Predictions with and without a label.
    metrics : dict of str to float
        accuracy, roc_auc, log_loss; or mae, rmse. What cannot be computed is absent.
    labels_until : datetime or None
        Arrival of the newest label counted.
    """

    task: str
    labelled: int
    pending: int
    metrics: dict[str, float]
    labels_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """
    What one run did and found; the key is (deployment, window).

    Parameters
    ----------
    deployment : Deployment
    window : Window
    status : RunStatus
    coverage : float
        Share of the window that the logs had reached when it was judged, in [0, 1].
    config_hash, code_version : str
    started_at : datetime
    duration_s : float
    n_predictions, n_calls : int
    n_shadow : int or None, default=0
        How many of the predictions were made in shadow and answered nobody; None: the run was
        stored before that was counted.
    baseline : str
        What it was compared with, in words a reader understands.
    baseline_windows : int
        How many windows the baseline spans.
    data_from, data_to : datetime or None
        First and last event of the window.
    findings : tuple of Finding
    slos : tuple of SLOResult
    performance : Performance or None
    error : str or None
        Why it failed.
    """

    deployment: Deployment
    window: Window
    status: RunStatus
    coverage: float
    config_hash: str
    code_version: str
    started_at: datetime
    duration_s: float
    n_predictions: int
    n_calls: int
    baseline: str
    baseline_windows: int
    n_shadow: int | None = 0
    data_from: datetime | None = None
    data_to: datetime | None = None
    findings: tuple[Finding, ...] = ()
    slos: tuple[SLOResult, ...] = ()
    performance: Performance | None = None
    error: str | None = None
