"""The questions of pages and lists to the owner of a store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from api.call import Caller
from api.methods import METHODS
from domain.incident import Incident
from domain.page import FoundInRun, ObjectiveInRun, Wanted
from domain.resource import ResourceUse
from domain.run import Run
from domain.window import Window
from monitors.service import Service
from monitors.views.calls import NotableCalls
from monitors.views.data import DataView
from monitors.views.drift import Against, Distribution, DriftView
from monitors.views.fleet import FleetView, Target
from monitors.views.levels import ServiceLevels
from monitors.views.versions import PerformanceView, VersionsView

Answer = TypeVar("Answer")


class RemotePages:
    """
    What pages and lists ask of a `RemoteService`; what each does is said at `LocalService`.

    Parameters
    ----------
    caller : Caller
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def _ask(self, method: Callable[..., Answer], **arguments: object) -> Answer:
        return self._caller.ask(METHODS[method.__name__], arguments)

    # ------------------------------------------------------------------ one page after the other

    def runs_page(self, wanted: Wanted) -> list[Run]:
        """Return one page of runs, the newest window first."""
        return self._ask(Service.runs_page, wanted=wanted)

    def findings_page(self, wanted: Wanted) -> list[FoundInRun]:
        """Return one page of findings, those of the newest window first."""
        return self._ask(Service.findings_page, wanted=wanted)

    def slos_page(self, wanted: Wanted) -> list[ObjectiveInRun]:
        """Return one page of judged objectives, those of the newest window first."""
        return self._ask(Service.slos_page, wanted=wanted)

    def incidents_page(self, wanted: Wanted, now: datetime) -> list[Incident]:
        """Return one page of incidents, the one that started last first."""
        return self._ask(Service.incidents_page, wanted=wanted, now=now)

    # ------------------------------------------------------------------ what the pages show

    def revision(self) -> str:
        """Return a token that changes whenever runs, incidents or decisions have changed."""
        return self._ask(Service.revision)

    def targets(self) -> tuple[Target, ...]:
        """Return what can be looked at: models, their versions, their judged windows."""
        return self._ask(Service.targets)

    def fleet(self, now: datetime) -> FleetView:
        """Gather how every deployment stands."""
        return self._ask(Service.fleet, now=now)

    def drift(self, model: str, version: str, window: Window | None) -> DriftView:
        """Gather what a window's run found of every column, and how each column got there."""
        return self._ask(Service.drift, model=model, version=version, window=window)

    def distribution(
        self,
        model: str,
        version: str,
        window: Window,
        column: str,
        against: Against,
        other: str | None = None,
    ) -> Distribution:
        """Return one column's rows in one window beside what they are compared with."""
        return self._ask(
            Service.distribution,
            model=model,
            version=version,
            window=window,
            column=column,
            against=against,
            other=other,
        )

    def service_levels(self, model: str, version: str, span: Window) -> ServiceLevels:
        """Gather latency, failures and objectives of a deployment over a span."""
        return self._ask(Service.service_levels, model=model, version=version, span=span)

    def resources(self, model: str, version: str, span: Window) -> ResourceUse:
        """Gather what the replicas of a deployment used over a span."""
        return self._ask(Service.resources, model=model, version=version, span=span)

    def notable_calls(self, model: str, version: str, span: Window) -> NotableCalls:
        """Gather the slowest and the failed calls of a deployment over a span."""
        return self._ask(Service.notable_calls, model=model, version=version, span=span)

    def versions(self, model: str) -> VersionsView:
        """Gather what the versions of a model answered, window by window."""
        return self._ask(Service.versions, model=model)

    def performance(self, model: str) -> PerformanceView:
        """Gather how good a model's predictions were, as far as labels have arrived."""
        return self._ask(Service.performance, model=model)

    def data(self, now: datetime) -> DataView:
        """Gather what is stored, how fresh it is and where it came from."""
        return self._ask(Service.data, now=now)
