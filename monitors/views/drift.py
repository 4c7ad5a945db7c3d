"""What the columns of one deployment did up to one window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.column import Column
from domain.finding import Finding
from domain.incident import Incident
from domain.profile import Profile
from domain.run import Deployment, Run
from domain.window import Window
from monitors.report_view import Reading


class Against(StrEnum):
    """
    What a picture of a distribution shows as its reference.

    `configured` is what the verdict was made with; the others change the picture only.
    """

    CONFIGURED = "configured"
    PREVIOUS = "previous"
    WEEK_BEFORE = "week-before"
    OTHER_VERSION = "other-version"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnHistory:
    """
    One column of a judged window, and how it got there.

    Parameters
    ----------
    column : Column
    findings : tuple of Finding
        Of the shown window, the deciding one first.
    history : tuple of (Reading or None)
        One for each of the view's windows; None where the column was not judged.
    since : datetime or None
        Start of the first window of the unbroken row of drifted ones that ends with the shown
        window; None where it does not drift. Windows that were not judged do not break it.
    visible_shift : float or None
        Smallest shift, in standard deviations (of a category: share of rows), that would be seen;
        None: blind or not calibrated.
    """

    column: Column
    findings: tuple[Finding, ...]
    history: tuple[Reading | None, ...]
    since: datetime | None
    visible_shift: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftView:
    """
    What one deployment's columns did up to one window.

    Parameters
    ----------
    deployment : Deployment
    run : Run
        Of the shown window, with all findings.
    windows : tuple of Window
        Up to 120, oldest first; the last one is the shown one.
    columns : tuple of ColumnHistory
        Worst first.
    incidents : tuple of Incident
        Of this version, that touch these windows.
    """

    deployment: Deployment
    run: Run
    windows: tuple[Window, ...]
    columns: tuple[ColumnHistory, ...]
    incidents: tuple[Incident, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Distribution:
    """
    One column's rows in one window beside what they are compared with.

    Parameters
    ----------
    column : Column
    deployment : Deployment
    window : Window
    against : Against
    reference, current : Profile or None
        Each over a grid of its own unless `against` is `configured`; None where nothing was kept.
    reference_name : str
        In words a reader understands: the baseline, or the other window or version.
    reference_version : str or None
    reference_window : Window or None
        Whose counts the reference is, unless `against` is `configured`; None where there is no
        such window.
    """

    column: Column
    deployment: Deployment
    window: Window
    against: Against
    reference: Profile | None
    current: Profile | None
    reference_name: str
    reference_version: str | None = None
    reference_window: Window | None = None
