"""
The Service: every use case of Driftline behind one interface.

It has two implementations: `monitors.local_service.LocalService` on a store that this process has
opened, and `api.client.RemoteService`, which asks the process that owns the store. Commands, pages
and reports take either and cannot tell which.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from domain.acceptance import Acceptance
from domain.checkpoint import Checkpoint, FollowedState, Piece
from domain.erasure import Erased, Erasing
from domain.incident import Acknowledgement, Incident
from domain.key import Grant, Key, NewKey, Scope
from domain.label import LabelStanding
from domain.page import FoundInRun, ObjectiveInRun, Wanted
from domain.rejection import RejectedLine, RejectedTally
from domain.resource import ResourceUse
from domain.run import Run
from domain.tiers import ArchiveFault, Tidied
from domain.window import Window
from ingest.sources import SourceFile
from monitors.baselines import BaselineShown
from monitors.config import Config
from monitors.ingest_logs import IngestCounts, Options
from monitors.report_data import ReportRequest, ReportRows
from monitors.report_view import ReportView
from monitors.retrying import RetryCounts, Retrying
from monitors.run import Planned, Progress, Reprocess
from monitors.taking import Taken
from monitors.views.calls import NotableCalls
from monitors.views.data import DataView
from monitors.views.drift import Against, Distribution, DriftView
from monitors.views.fleet import FleetView, StoreFacts, Target
from monitors.views.levels import ServiceLevels
from monitors.views.versions import PerformanceView, VersionsView


class Service(Protocol):
    """The use cases; what each does, takes and raises is said at `LocalService`."""

    @property
    def config(self) -> Config:
        """The configuration that everything is judged by: the owner's."""
        ...

    @property
    def code_version(self) -> str:
        """The version of the Driftline that judges."""
        ...

    # ------------------------------------------------------------------ logs

    def ingest(self, sources: Sequence[SourceFile], options: Options) -> IngestCounts:
        """Load prediction logs; each source whole or not at all."""
        ...

    def labels(self, sources: Sequence[SourceFile], options: Options) -> IngestCounts:
        """Load labels that came by themselves."""
        ...

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """Return how far every followed file is taken."""
        ...

    def take(
        self, sources: Sequence[SourceFile], options: Options, pieces: Sequence[Piece]
    ) -> Taken:
        """Store pieces of followed files, or one whole file, and how far these are taken."""
        ...

    def note_followed(self, state: FollowedState, gone: Sequence[int]) -> None:
        """Keep how a follower found its source, and forget the files that have gone."""
        ...

    def rejected(
        self, limit: int, source: str | None = None, reason: str | None = None
    ) -> list[RejectedLine]:
        """Return the newest lines that could not be read, of one source or for one reason."""
        ...

    def rejected_counts(self) -> dict[str, int]:
        """Return how many lines could not be read, by reason."""
        ...

    def label_standing(self, model: str | None = None) -> tuple[LabelStanding, ...]:
        """Return how far the labels of one model have come, or of every one that has any."""
        ...

    def rejected_tallies(self) -> tuple[RejectedTally, ...]:
        """Return what could not be read of each source for each reason, and what became of it."""
        ...

    def retry_rejected(self, wanted: Retrying) -> RetryCounts:
        """Read rejected lines again; what is read is stored, and rejected no more."""
        ...

    def models(self, model: str | None = None) -> tuple[str, ...]:
        """Return all models, or the one named, checked."""
        ...

    def starter(self, folder: str) -> str:
        """Write a configuration for the models of the store."""
        ...

    def facts(self) -> StoreFacts:
        """Return what `doctor` says of the store."""
        ...

    # ------------------------------------------------------------------ runs

    def run(
        self, model: str | None, window: Window | None, as_of: datetime, now: datetime
    ) -> list[Run]:
        """Judge one window of one or every model."""
        ...

    def plan_due(self, now: datetime) -> list[Planned]:
        """Return the windows that are complete and not yet judged."""
        ...

    def plan_backfill(
        self,
        model: str | None,
        start: datetime | None,
        end: datetime | None,
        reprocess: Reprocess,
        now: datetime,
    ) -> list[Planned]:
        """Return the windows of a span that were not judged yet, or should be again."""
        ...

    def execute(self, planned: Sequence[Planned], now: datetime, progress: Progress) -> list[Run]:
        """Judge planned windows."""
        ...

    def stale(self, now: datetime) -> dict[str, Window]:
        """Return the models whose monitor stands still, and the span nobody looked at."""
        ...

    # ------------------------------------------------------------------ baselines

    def show_baseline(self, model: str, version: str | None, as_of: datetime) -> BaselineShown:
        """Say what a model's newest window is compared with."""
        ...

    def set_baseline(self, model: str, span: Window | None, now: datetime) -> Window | None:
        """Fix the span that a model's windows are compared with; None: let it move again."""
        ...

    def accept(
        self, model: str, columns: Sequence[str], since: datetime, why: str, who: str, now: datetime
    ) -> Acceptance:
        """Declare a lasting shift the new normal; its alerts end there."""
        ...

    def acceptances(self, model: str) -> tuple[Acceptance, ...]:
        """Return what was accepted as the new normal, in the order in which it was."""
        ...

    # ------------------------------------------------------------------ alerts and reports

    def incidents(self, model: str | None = None, *, now: datetime | None = None) -> list[Incident]:
        """Return incidents, the worst first."""
        ...

    def incident(self, name: str, now: datetime) -> Incident:
        """Return one incident by its id or the beginning of it."""
        ...

    def acknowledge(self, name: str, who: str, note: str | None, now: datetime) -> Incident:
        """Keep that somebody has taken an incident on."""
        ...

    def acknowledgements(self, name: str, now: datetime) -> tuple[Acknowledgement, ...]:
        """Return who has taken an incident on, oldest first."""
        ...

    def report(self, request: ReportRequest) -> ReportView:
        """Gather what a report shows."""
        ...

    def report_rows(self, request: ReportRequest) -> ReportRows:
        """Return the rows behind the newest judged window, for a report made by another tool."""
        ...

    def sql(self, query: str) -> pa.Table:
        """Answer one read-only query."""
        ...

    # ------------------------------------------------------------------ upkeep

    def backup(self, target: Path) -> int:
        """Copy the store as it is now to one file on the asker's machine."""
        ...

    def note_backup(self, at: datetime) -> datetime:
        """Keep when the store was last copied, and return it."""
        ...

    def erase(self, wanted: Erasing, who: str, now: datetime, *, dry_run: bool) -> Erased:
        """Remove a person's rows, or count what would be removed."""
        ...

    def tidy(self, model: str | None, who: str, now: datetime, *, dry_run: bool) -> list[Tidied]:
        """Archive and drop what is old, or count the days of it."""
        ...

    def check_archive(
        self, who: str, now: datetime, *, repair: bool, every_byte: bool
    ) -> list[ArchiveFault]:
        """Compare archived files with what was written; return which are missing or damaged."""
        ...

    def compact(self) -> tuple[int, int]:
        """Write the file anew without what was removed; return its size before and after."""
        ...

    # ------------------------------------------------------------------ keys

    def create_key(
        self,
        name: str,
        scopes: Sequence[Scope],
        models: Sequence[str] | None,
        expires_at: datetime | None,
        now: datetime,
    ) -> NewKey:
        """Make a key of the HTTP interface; its secret is shown this once."""
        ...

    def keys(self) -> tuple[Key, ...]:
        """Return every key that was ever made, oldest first."""
        ...

    def revoke_key(self, name: str, now: datetime) -> Key:
        """Let a key, by its name or id, open nothing any more."""
        ...

    def authorize(self, secret: str, now: datetime) -> Grant | None:
        """Return what a key's secret opens; None: nothing."""
        ...

    # ------------------------------------------------------------------ one page after the other

    def runs_page(self, wanted: Wanted) -> list[Run]:
        """Return one page of runs, the newest window first."""
        ...

    def findings_page(self, wanted: Wanted) -> list[FoundInRun]:
        """Return one page of findings, those of the newest window first."""
        ...

    def slos_page(self, wanted: Wanted) -> list[ObjectiveInRun]:
        """Return one page of judged objectives, those of the newest window first."""
        ...

    def incidents_page(self, wanted: Wanted, now: datetime) -> list[Incident]:
        """Return one page of incidents, the one that started last first."""
        ...

    # ------------------------------------------------------------------ what the pages show

    def revision(self) -> str:
        """Return a token that changes whenever runs, incidents or decisions have changed."""
        ...

    def targets(self) -> tuple[Target, ...]:
        """Return what can be looked at: models, their versions, their judged windows."""
        ...

    def fleet(self, now: datetime) -> FleetView:
        """Gather how every deployment stands."""
        ...

    def drift(self, model: str, version: str, window: Window | None) -> DriftView:
        """Gather what a window's run found of every column, and how each column got there."""
        ...

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
        ...

    def service_levels(self, model: str, version: str, span: Window) -> ServiceLevels:
        """Gather latency, failures and objectives of a deployment over a span."""
        ...

    def resources(self, model: str, version: str, span: Window) -> ResourceUse:
        """Gather what the replicas of a deployment used over a span."""
        ...

    def notable_calls(self, model: str, version: str, span: Window) -> NotableCalls:
        """Gather the slowest and the failed calls of a deployment over a span."""
        ...

    def versions(self, model: str) -> VersionsView:
        """Gather what the versions of a model answered, window by window."""
        ...

    def performance(self, model: str) -> PerformanceView:
        """Gather how good a model's predictions were, as far as labels have arrived."""
        ...

    def data(self, now: datetime) -> DataView:
        """Gather what is stored, how fresh it is and where it came from."""
        ...
