"""The `Service` on a store that this process has opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

import pyarrow as pa

from alerts.desk import find, ordered
from domain.acceptance import Acceptance
from domain.errors import StoreError, UsageError
from domain.incident import Acknowledgement, Cause, Incident
from domain.key import Grant, Key, NewKey, Scope
from domain.run import Run
from domain.window import Window, iso
from monitors import baselines
from monitors.alert_desk import refresh, stale_incidents, stale_models
from monitors.baselines import BaselineShown
from monitors.config import Config
from monitors.gathering import data, fleet, resources
from monitors.halves import give_up
from monitors.hiding import look_after
from monitors.key_ring import KeyRing
from monitors.local_logs import LocalLogs
from monitors.local_pages import LocalPages
from monitors.refreshing import refresh_each
from monitors.report_data import ReportRequest, ReportRows, build_view, report_rows
from monitors.report_view import ReportView
from monitors.run import Planned, Progress, Reprocess, Runner
from monitors.sources import attach_sources, look, sources_of
from monitors.starter import starter
from monitors.upkeep import LocalUpkeep
from monitors.views.data import DataView, StoreOwner
from monitors.views.fleet import StoreFacts
from monitors.views.resources import PrometheusView
from store.store import Store

if TYPE_CHECKING:
    from monitors.prometheus.asking import PrometheusAsker


@dataclass
class LocalService(LocalLogs, LocalPages, LocalUpkeep):
    """
    The use cases on a store that this process has opened.

    Parameters
    ----------
    store : Store
    config : Config
    code_version : str
    owner : StoreOwner or None
        The server that this is the service of; None: whoever opened it asks for themselves.
    prometheus : PrometheusAsker or None
        What the owner asks about resource use; None: nobody is asked.
    """

    config: Config
    code_version: str
    owner: StoreOwner | None = None
    prometheus: PrometheusAsker | None = None
    _ring: KeyRing = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._ring = KeyRing(self.store)
        attach_sources(self.store, self.config)
        look_after(self.store, self.config)
        self.store.answers_within = self.config.pairing.wait

    @classmethod
    def open(cls, config: Config, code_version: str, *, create: bool) -> LocalService:
        """
        Open the configured store.

        Parameters
        ----------
        config : Config
        code_version : str
        create : bool
            Make the store where there is none.

        Raises
        ------
        StoreError
            If it is not there, in use, newer or damaged.
        """
        folder = config.store
        # a store of nothing but results needs no load to begin with
        create = create or bool(sources_of(config))
        if not create and not (folder / "driftline.duckdb").exists():
            raise StoreError(
                f"no store in {folder}; load logs with 'driftline ingest PATH --store {folder}'"
            )
        return cls(Store.open(folder, create=create), config, code_version)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.store.close()

    @property
    def _runner(self) -> Runner:
        return Runner(self.store, self.config, self.code_version)

    # ------------------------------------------------------------------ what there is

    def facts(self) -> StoreFacts:
        """Return what `doctor` says of the store."""
        look(self.store)
        found = fleet.facts(self.store, self.config)
        return replace(found, prometheus=self._prometheus_view())

    def starter(self, folder: str) -> str:
        """Write a configuration for the models of the store; `folder` is how it names the store."""
        return starter(self.store, folder)

    def give_up_halves(self, now: datetime) -> int:
        """Tell of calls whose answer is waited for no more; return how many calls are new."""
        return give_up(self.store, now).stored.calls

    # ------------------------------------------------------------------ runs

    def run(
        self, model: str | None, window: Window | None, as_of: datetime, now: datetime
    ) -> list[Run]:
        """Judge one window of one or every model."""
        look(self.store, model)
        self.give_up_halves(now)
        return self._runner.run(model, window, as_of, now)

    def plan_due(self, now: datetime) -> list[Planned]:
        """Return the windows that are complete and not yet judged."""
        look(self.store)
        self.give_up_halves(now)
        return self._runner.plan_due(now)

    def plan_backfill(
        self,
        model: str | None,
        start: datetime | None,
        end: datetime | None,
        reprocess: Reprocess,
        now: datetime,
    ) -> list[Planned]:
        """Return the windows of a span that were not judged yet, or should be again."""
        look(self.store, model)
        self.give_up_halves(now)
        for name in self._runner.models(model):
            self.store.reopen(name)
        return self._runner.plan_backfill(model, start, end, reprocess, now)

    def execute(self, planned: Sequence[Planned], now: datetime, progress: Progress) -> list[Run]:
        """Judge planned windows."""
        return self._runner.execute(planned, now, progress)

    def stale(self, now: datetime) -> dict[str, Window]:
        """Return the models whose monitor stands still, and the span nobody looked at."""
        return stale_models(self.store, self.config, now)

    # ------------------------------------------------------------------ baselines

    def show_baseline(self, model: str, version: str | None, as_of: datetime) -> BaselineShown:
        """Say what a model's newest window is compared with."""
        self.models(model)
        return baselines.show(self.store, self.config, model, version, as_of)

    def set_baseline(self, model: str, span: Window | None, now: datetime) -> Window | None:
        """Fix the span that a model's windows are compared with; None: let it move again."""
        self.models(model)
        return baselines.fix(self.store, self.config, model, span, now)

    def accept(
        self, model: str, columns: Sequence[str], since: datetime, why: str, who: str, now: datetime
    ) -> Acceptance:
        """Declare a lasting shift the new normal; its alerts end there."""
        self.models(model)
        acceptance = baselines.accept(self.store, model, columns, since, why, who, now)
        refresh(self.store, self.config, model, whole=True)
        return acceptance

    def acceptances(self, model: str) -> tuple[Acceptance, ...]:
        """Return what was accepted as the new normal, in the order in which it was."""
        self.models(model)
        return self.store.acceptances(model)

    # ------------------------------------------------------------------ alerts and reports

    def incidents(self, model: str | None = None, *, now: datetime | None = None) -> list[Incident]:
        """
        Return incidents, the worst first.

        Parameters
        ----------
        model : str or None
            None: of all models.
        now : datetime or None
            Given: also say which monitors stand still.

        Raises
        ------
        UnknownNameError
            If there is no such model.
        """
        if model is not None:
            self.models(model)
        found = self.store.incidents(model)
        if now is not None:
            told = stale_incidents(self.store, self.config, now)
            found += [incident for incident in told if model in (None, incident.model)]
        return ordered(found)

    def incident(self, name: str, now: datetime) -> Incident:
        """Return one incident by its id or the beginning of it."""
        return find(self.incidents(now=now), name)

    def acknowledge(self, name: str, who: str, note: str | None, now: datetime) -> Incident:
        """
        Keep that somebody has taken an incident on.

        Raises
        ------
        UnknownNameError
            If there is none of that id.
        UsageError
            If it follows from the clock alone and ends with the next run.
        """
        incident = self.incident(name, now)
        if incident.cause is Cause.MONITOR:
            raise UsageError(
                f"{incident.incident_id} says that nothing was checked since "
                f"{iso(incident.started_at)}; it ends with the next run: 'driftline due'"
            )
        self.store.acknowledge(incident.incident_id, who, note, now)
        return self.incident(incident.incident_id, now)

    def acknowledgements(self, name: str, now: datetime) -> tuple[Acknowledgement, ...]:
        """Return who has taken an incident on, oldest first."""
        return self.store.acknowledgements(self.incident(name, now).incident_id)

    def report(self, request: ReportRequest) -> ReportView:
        """Gather what a report shows."""
        self.models(request.model)
        return build_view(self.store, self.config, self.code_version, request)

    def report_rows(self, request: ReportRequest) -> ReportRows:
        """Return the rows behind the newest judged window, for a report made by another tool."""
        self.models(request.model)
        return report_rows(self.store, self.config, request)

    def sql(self, query: str) -> pa.Table:
        """Answer one read-only query."""
        return self.store.sql(query)

    # ------------------------------------------------------------------ keys

    def create_key(
        self,
        name: str,
        scopes: Sequence[Scope],
        models: Sequence[str] | None,
        expires_at: datetime | None,
        now: datetime,
    ) -> NewKey:
        """Make a key of the HTTP interface; see `KeyRing.create` for what it refuses."""
        return self._ring.create(name, scopes, models, expires_at, now)

    def keys(self) -> tuple[Key, ...]:
        """Return every key that was ever made, oldest first."""
        return self._ring.all_keys()

    def revoke_key(self, name: str, now: datetime) -> Key:
        """Let a key, by its name or id, open nothing any more."""
        return self._ring.revoke(name, now)

    def authorize(self, secret: str, now: datetime) -> Grant | None:
        """Return what a key's secret opens; None: nothing."""
        return self._ring.authorize(secret, now)

    # ------------------------------------------------------------------ what the pages show

    def refresh(self) -> int:
        """
        Count what loads changed since the last time, so that no page has to.

        Called in the background every few seconds; costs what the rows of the changed hours do.

        Returns
        -------
        int
            Hours of calls that were counted.
        """
        look(self.store)
        return refresh_each(self.store, self.store.refresh_call_hours)

    def refresh_columns(self) -> int:
        """
        Count the columns of the hours whose predictions changed, so that no run has to.

        Called every few minutes: an hour that is still filling would be counted again and again.

        Returns
        -------
        int
            Hours that were counted, of all models.
        """
        return refresh_each(self.store, self.store.refresh_column_hours)

    def data(self, now: datetime) -> DataView:
        """Gather what is stored, how fresh it is and where it came from."""
        found = data.data(self.store, self.config, now, self.owner)
        return replace(found, prometheus=self._prometheus_view())

    def _prometheus_view(self) -> PrometheusView | None:
        return resources.prometheus_view(self.store, self.config, self.prometheus)
