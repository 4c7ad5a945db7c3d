"""The `Service` of a store that another process owns: the same questions, over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self, TypeVar

import orjson
import pyarrow as pa

from api.call import Caller, plain_arguments
from api.methods import METHODS
from api.parcels import label_of, parcels
from api.remote_pages import RemotePages
from domain.acceptance import Acceptance
from domain.checkpoint import Checkpoint, FollowedState, Piece
from domain.erasure import Erased, Erasing
from domain.incident import Acknowledgement, Incident
from domain.key import Grant, Key, NewKey, Scope
from domain.label import LabelStanding
from domain.rejection import RejectedLine, RejectedTally
from domain.run import Run
from domain.tiers import ArchiveFault, Tidied
from domain.window import Window
from ingest.sources import SourceFile
from monitors.baselines import BaselineShown
from monitors.config import Config
from monitors.ingest_logs import IngestCounts, Options, told_unread
from monitors.report_data import ReportRequest, ReportRows
from monitors.report_view import ReportView
from monitors.retrying import RetryCounts, Retrying
from monitors.run import Planned, Progress, Reprocess
from monitors.service import Service
from monitors.taking import Taken
from monitors.views.fleet import StoreFacts
from store.backup import arriving

Answer = TypeVar("Answer")

_PIECE_BYTES: Final = 1024 * 1024
# an owner that takes longer to say its version is not there, or hangs
GREETING_S: Final = 5.0


class RemoteService(RemotePages):
    """
    The use cases of a store that another process owns; what each does is said at `LocalService`.

    Every method may raise `StoreError` where the owner does not answer, and else what the owner
    raised, of the same class and with the same message.

    Parameters
    ----------
    url : str
        Of a ``driftline serve`` or ``driftline collect``.
    key : str or None
        The owner's local key, or one made with ``driftline keys create``.
    """

    def __init__(self, url: str, key: str | None) -> None:
        super().__init__(Caller(url, key))
        # an owner keeps both for as long as it runs
        self._config: Config | None = None
        self._code_version: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._caller.close()

    @property
    def url(self) -> str:
        """Where the owner is."""
        return self._caller.url

    def _follow(
        self, method: Callable[..., Answer], progress: Progress, **arguments: object
    ) -> Answer:
        asked = METHODS[method.__name__]
        return self._caller.follow(asked, orjson.dumps(plain_arguments(asked, arguments)), progress)

    def _send(
        self,
        method: Callable[..., IngestCounts],
        sources: Sequence[SourceFile],
        options: Options,
    ) -> IngestCounts:
        counts = IngestCounts()
        for parcel in parcels(sources):
            one = IngestCounts()
            with told_unread(counts, parcel[0], alone=len(sources) == 1):
                one = self._upload(method, parcel, options=options)
            counts.stored += one.stored
            counts.rejected_reasons.update(one.rejected_reasons)
            counts.samples += one.samples
            counts.formats.update(one.formats)
            counts.events += one.events
            counts.passed_over.update(one.passed_over)
            counts.unread.update(one.unread)
            # of the whole store: the last one knows
            counts.waiting = one.waiting or counts.waiting
        return counts

    def _upload(
        self, method: Callable[..., Answer], parcel: Sequence[SourceFile], **arguments: object
    ) -> Answer:
        asked = METHODS[method.__name__]
        head = {**label_of(parcel), **plain_arguments(asked, arguments)}
        with ExitStack() as stack:
            files = [stack.enter_context(one.raw()) for one in parcel]
            return self._caller.follow(asked, _body(head, files), _silent)

    @property
    def config(self) -> Config:
        """The configuration that everything is judged by: the owner's."""
        found = self._config or self._caller.ask(METHODS["config"], {}, GREETING_S)
        self._config = found
        return found

    @property
    def code_version(self) -> str:
        """The version of the Driftline that judges."""
        found = self._code_version or self._caller.ask(METHODS["code_version"], {}, GREETING_S)
        self._code_version = found
        return found

    # ------------------------------------------------------------------ logs

    def ingest(self, sources: Sequence[SourceFile], options: Options) -> IngestCounts:
        """Load prediction logs; each source whole or not at all."""
        return self._send(Service.ingest, sources, options)

    def labels(self, sources: Sequence[SourceFile], options: Options) -> IngestCounts:
        """Load labels that came by themselves."""
        return self._send(Service.labels, sources, options)

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """Return how far every followed file is taken."""
        return self._ask(Service.checkpoints)

    def take(
        self, sources: Sequence[SourceFile], options: Options, pieces: Sequence[Piece]
    ) -> Taken:
        """Store pieces of followed files, or one whole file, and how far these are taken."""
        return self._upload(Service.take, sources, options=options, pieces=pieces)

    def note_followed(self, state: FollowedState, gone: Sequence[int]) -> None:
        """Keep how a follower found its source, and forget the files that have gone."""
        return self._ask(Service.note_followed, state=state, gone=gone)

    def rejected(
        self, limit: int, source: str | None = None, reason: str | None = None
    ) -> list[RejectedLine]:
        """Return the newest lines that could not be read, of one source or for one reason."""
        return self._ask(Service.rejected, limit=limit, source=source, reason=reason)

    def rejected_counts(self) -> dict[str, int]:
        """Return how many lines could not be read, by reason."""
        return self._ask(Service.rejected_counts)

    def label_standing(self, model: str | None = None) -> tuple[LabelStanding, ...]:
        """Return how far the labels of one model have come, or of every one that has any."""
        return self._ask(Service.label_standing, model=model)

    def rejected_tallies(self) -> tuple[RejectedTally, ...]:
        """Return what could not be read of each source for each reason, and what became of it."""
        return self._ask(Service.rejected_tallies)

    def retry_rejected(self, wanted: Retrying) -> RetryCounts:
        """Read rejected lines again; what is read is stored, and rejected no more."""
        return self._follow(Service.retry_rejected, _silent, wanted=wanted)

    def models(self, model: str | None = None) -> tuple[str, ...]:
        """Return all models, or the one named, checked."""
        return self._ask(Service.models, model=model)

    def starter(self, folder: str) -> str:
        """Write a configuration for the models of the store."""
        return self._ask(Service.starter, folder=folder)

    def facts(self) -> StoreFacts:
        """Return what `doctor` says of the store."""
        return self._ask(Service.facts)

    # ------------------------------------------------------------------ runs

    def run(
        self, model: str | None, window: Window | None, as_of: datetime, now: datetime
    ) -> list[Run]:
        """Judge one window of one or every model."""
        return self._follow(Service.run, _silent, model=model, window=window, as_of=as_of, now=now)

    def plan_due(self, now: datetime) -> list[Planned]:
        """Return the windows that are complete and not yet judged."""
        return self._ask(Service.plan_due, now=now)

    def plan_backfill(
        self,
        model: str | None,
        start: datetime | None,
        end: datetime | None,
        reprocess: Reprocess,
        now: datetime,
    ) -> list[Planned]:
        """Return the windows of a span that were not judged yet, or should be again."""
        return self._ask(
            Service.plan_backfill, model=model, start=start, end=end, reprocess=reprocess, now=now
        )

    def execute(self, planned: Sequence[Planned], now: datetime, progress: Progress) -> list[Run]:
        """Judge planned windows."""
        return self._follow(Service.execute, progress, planned=planned, now=now)

    def stale(self, now: datetime) -> dict[str, Window]:
        """Return the models whose monitor stands still, and the span nobody looked at."""
        return self._ask(Service.stale, now=now)

    # ------------------------------------------------------------------ baselines

    def show_baseline(self, model: str, version: str | None, as_of: datetime) -> BaselineShown:
        """Say what a model's newest window is compared with."""
        return self._ask(Service.show_baseline, model=model, version=version, as_of=as_of)

    def set_baseline(self, model: str, span: Window | None, now: datetime) -> Window | None:
        """Fix the span that a model's windows are compared with; None: let it move again."""
        return self._ask(Service.set_baseline, model=model, span=span, now=now)

    def accept(
        self, model: str, columns: Sequence[str], since: datetime, why: str, who: str, now: datetime
    ) -> Acceptance:
        """Declare a lasting shift the new normal; its alerts end there."""
        return self._ask(
            Service.accept, model=model, columns=columns, since=since, why=why, who=who, now=now
        )

    def acceptances(self, model: str) -> tuple[Acceptance, ...]:
        """Return what was accepted as the new normal, in the order in which it was."""
        return self._ask(Service.acceptances, model=model)

    # ------------------------------------------------------------------ alerts and reports

    def incidents(self, model: str | None = None, *, now: datetime | None = None) -> list[Incident]:
        """Return incidents, the worst first."""
        return self._ask(Service.incidents, model=model, now=now)

    def incident(self, name: str, now: datetime) -> Incident:
        """Return one incident by its id or the beginning of it."""
        return self._ask(Service.incident, name=name, now=now)

    def acknowledge(self, name: str, who: str, note: str | None, now: datetime) -> Incident:
        """Keep that somebody has taken an incident on."""
        return self._ask(Service.acknowledge, name=name, who=who, note=note, now=now)

    def acknowledgements(self, name: str, now: datetime) -> tuple[Acknowledgement, ...]:
        """Return who has taken an incident on, oldest first."""
        return self._ask(Service.acknowledgements, name=name, now=now)

    def report(self, request: ReportRequest) -> ReportView:
        """Gather what a report shows."""
        return self._ask(Service.report, request=request)

    def report_rows(self, request: ReportRequest) -> ReportRows:
        """Return the rows behind the newest judged window, for a report made by another tool."""
        return self._ask(Service.report_rows, request=request)

    def sql(self, query: str) -> pa.Table:
        """Answer one read-only query."""
        return self._ask(Service.sql, query=query)

    # ------------------------------------------------------------------ upkeep

    def backup(self, target: Path) -> int:
        """Copy the store as it is now to one file on this machine; return its size in bytes."""
        with arriving(target) as file:
            return self._caller.fetch(METHODS[Service.backup.__name__], {}, file)

    def note_backup(self, at: datetime) -> datetime:
        """Keep when the store was last copied, and return it."""
        return self._ask(Service.note_backup, at=at)

    def erase(self, wanted: Erasing, who: str, now: datetime, *, dry_run: bool) -> Erased:
        """Remove a person's rows, or count what would be removed."""
        return self._follow(
            Service.erase, _silent, wanted=wanted, who=who, now=now, dry_run=dry_run
        )

    def tidy(self, model: str | None, who: str, now: datetime, *, dry_run: bool) -> list[Tidied]:
        """Archive and drop what is old, or count the days of it."""
        return self._follow(Service.tidy, _silent, model=model, who=who, now=now, dry_run=dry_run)

    def check_archive(
        self, who: str, now: datetime, *, repair: bool, every_byte: bool
    ) -> list[ArchiveFault]:
        """Compare archived files with what was written; return which are missing or damaged."""
        return self._follow(
            Service.check_archive, _silent, who=who, now=now, repair=repair, every_byte=every_byte
        )

    def compact(self) -> tuple[int, int]:
        """Write the file anew without what was removed; return its size before and after."""
        return self._follow(Service.compact, _silent)

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
        return self._ask(
            Service.create_key,
            name=name,
            scopes=scopes,
            models=models,
            expires_at=expires_at,
            now=now,
        )

    def keys(self) -> tuple[Key, ...]:
        """Return every key that was ever made, oldest first."""
        return self._ask(Service.keys)

    def revoke_key(self, name: str, now: datetime) -> Key:
        """Let a key, by its name or id, open nothing any more."""
        return self._ask(Service.revoke_key, name=name, now=now)

    def authorize(self, secret: str, now: datetime) -> Grant | None:
        """Return what a key's secret opens; None: nothing."""
        return self._ask(Service.authorize, secret=secret, now=now)


def _body(head: dict[str, Any], files: Sequence[BinaryIO]) -> Iterator[bytes]:
    yield orjson.dumps(head) + b"\n"
    for file in files:
        while piece := file.read(_PIECE_BYTES):
            yield piece


def _silent(_model: str, _done: int, _planned: int) -> None:
    """Show nothing."""
