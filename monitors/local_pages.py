"""What pages and lists show, on a store that this process has opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.incident import Incident
from domain.page import FoundInRun, ObjectiveInRun, Wanted
from domain.resource import ResourceUse
from domain.run import Deployment, Run
from domain.window import Window
from monitors.config import Config
from monitors.gathering import calls, drift, fleet, incident_page, levels, resources, versions
from monitors.run import known_models
from monitors.views.calls import NotableCalls
from monitors.views.drift import Against, Distribution, DriftView
from monitors.views.fleet import FleetView, Target
from monitors.views.levels import ServiceLevels
from monitors.views.versions import PerformanceView, VersionsView
from store.store import Store


@dataclass
class LocalPages:
    """
    The use cases of the dashboard and of lists.

    Parameters
    ----------
    store : Store
    config : Config
    """

    store: Store
    config: Config

    def models(self, model: str | None = None) -> tuple[str, ...]:
        """Return all models, or the one named, checked."""
        return known_models(self.store, model)

    # ------------------------------------------------------------------ what the pages show

    def revision(self) -> str:
        """Return a token that changes whenever runs, incidents or decisions have changed."""
        return self.store.revision()

    def targets(self) -> tuple[Target, ...]:
        """Return what can be looked at: models, their versions, their judged windows."""
        return fleet.targets(self.store)

    def fleet(self, now: datetime) -> FleetView:
        """Gather how every deployment stands."""
        return fleet.fleet(self.store, self.config, now)

    def drift(self, model: str, version: str, window: Window | None) -> DriftView:
        """Gather what a window's run found of every column, and how each column got there."""
        self.models(model)
        return drift.drift(self.store, model, version, window)

    def distribution(
        self,
        model: str,
        version: str,
        window: Window,
        column: str,
        against: Against,
        other: str | None = None,
    ) -> Distribution:
        """
        Return one column's rows in one window beside what they are compared with.

        `other` names the version that is set beside it, and goes with `Against.OTHER_VERSION`
        alone; None: the one with the most predictions in that window.
        """
        self.models(model)
        of = Deployment(model, version)
        return drift.distribution(self.store, of, window, column, against, other)

    def service_levels(self, model: str, version: str, span: Window) -> ServiceLevels:
        """Gather latency, failures and objectives of a deployment over a span."""
        self.models(model)
        return levels.service_levels(self.store, self.config, Deployment(model, version), span)

    def resources(self, model: str, version: str, span: Window) -> ResourceUse:
        """Gather what the replicas of a deployment used over a span."""
        self.models(model)
        return resources.resource_use(self.store, Deployment(model, version), span)

    def notable_calls(self, model: str, version: str, span: Window) -> NotableCalls:
        """Gather the slowest and the failed calls of a deployment over a span."""
        self.models(model)
        return calls.notable_calls(self.store, self.config, Deployment(model, version), span)

    def versions(self, model: str) -> VersionsView:
        """Gather what the versions of a model answered, window by window."""
        self.models(model)
        return versions.versions(self.store, self.config, model)

    def performance(self, model: str) -> PerformanceView:
        """Gather how good a model's predictions were, as far as labels have arrived."""
        self.models(model)
        return versions.performance(self.store, model)

    # ------------------------------------------------------------------ one page after the other

    def runs_page(self, wanted: Wanted) -> list[Run]:
        """Return one page of runs, the newest window first."""
        return self.store.runs_page(wanted)

    def findings_page(self, wanted: Wanted) -> list[FoundInRun]:
        """Return one page of findings, those of the newest window first."""
        return self.store.findings_page(wanted)

    def slos_page(self, wanted: Wanted) -> list[ObjectiveInRun]:
        """Return one page of judged objectives, those of the newest window first."""
        return self.store.slos_page(wanted)

    def incidents_page(self, wanted: Wanted, now: datetime) -> list[Incident]:
        """Return one page of incidents, the one that started last first."""
        return incident_page.incidents_page(self.store, self.config, wanted, now)
