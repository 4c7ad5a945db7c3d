"""Results one page after the other, newest first, that stay in order while new ones come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.finding import Finding
from domain.run import Deployment
from domain.slo import SLOResult
from domain.window import Window


@dataclass(frozen=True, slots=True)
class Mark:
    """
    Where a page ended: what comes next is older, or of the same time and further on.

    Parameters
    ----------
    start, end : datetime
        Of the window; of an incident twice the moment it started.
    first, second : str
        Model and version; of an incident its id and nothing.
    position : int
        Among the findings or objectives of one run; else 0.
    """

    start: datetime
    end: datetime
    first: str
    second: str = ""
    position: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """
    Which results are asked for.

    Parameters
    ----------
    models : tuple of str or None
        None: of every model.
    version : str or None
    start, end : datetime or None
        Those that overlap ``[start, end)``.
    states : tuple of str or None
        Statuses of runs, verdicts of findings, states of incidents and objectives.
    severities : tuple of str or None
        Of findings and incidents.
    limit : int
        At most so many.
    after : Mark or None
        Only what comes behind it.
    """

    models: tuple[str, ...] | None = None
    version: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    states: tuple[str, ...] | None = None
    severities: tuple[str, ...] | None = None
    limit: int = 100
    after: Mark | None = None


@dataclass(frozen=True, slots=True)
class FoundInRun:
    """A finding, the run it belongs to and its place there."""

    deployment: Deployment
    window: Window
    position: int
    finding: Finding


@dataclass(frozen=True, slots=True)
class ObjectiveInRun:
    """How an objective stood at the end of a run's window, and its place there."""

    deployment: Deployment
    window: Window
    position: int
    result: SLOResult
