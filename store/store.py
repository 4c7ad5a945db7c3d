"""The store as the other rooms see it: one open DuckDB file, its questions and its answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from domain.call_hours import CallHours
from domain.calls import LoggedCall
from domain.label import LabelStanding
from domain.resource import ResourceSample, ResourceUse
from domain.run import Deployment
from domain.window import Window
from store import (
    append,
    counted,
    registry,
)
from store.append import Bodies, LoadCounts
from store.archive.spanning import reading_all, show_archived
from store.counted import Came, SourceFacts
from store.database import Database
from store.engines.duckdb_engine import DuckDBEngine
from store.followed_files import FollowedFiles
from store.hours.call_hours import call_hours, called_versions, refresh_call_hours
from store.hours.stale import stale_models
from store.label_standing import label_standing
from store.notable_calls import hours_of_failures, hours_of_slowest
from store.read_only import run_sql
from store.resources import (
    add_samples,
    forget_samples,
    newest_sample,
    replicas_since,
    resource_use,
)
from store.volumes import Volume, volumes

Float = NDArray[np.float64]
Int = NDArray[np.int64]


class Store(FollowedFiles):
    """
    Prediction logs, and what was found in them.

    Every method may raise `StoreError` where the database fails; those that name a model or a
    column raise `UnknownNameError` where there is none such.
    """

    @classmethod
    def open(cls, directory: Path, *, create: bool = True) -> Store:
        """
        Open ``driftline.duckdb`` in `directory`; see `Database.open` for what can go wrong.

        Parameters
        ----------
        directory : Path
        create : bool, default=True
            Make it where it does not exist.
        """
        return cls(Database.open(directory, create=create))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def path(self) -> Path:
        """The database file."""
        return self._database.path

    def close(self) -> None:
        """Close the file, and end what answers for rows elsewhere."""
        self.close_sources()
        self._database.close()

    def checkpoint(self) -> None:
        """Move what the log holds into the file."""
        self._database.checkpoint()

    def size_bytes(self) -> int:
        """Return what the file and its log take on disk."""
        return self._database.size_bytes()

    def version(self) -> int:
        """Return the version of the tables."""
        return self._database.version()

    # ------------------------------------------------------------------ logs in

    def load(
        self,
        batches: Iterable[tuple[str, pa.Table, pa.Table]],
        source: str,
        came: Came | None = None,
    ) -> LoadCounts:
        """
        Store the events of one file or body: all or nothing, and nothing twice.

        Parameters
        ----------
        batches : iterable of (model, events, features)
            Two tables of equal length. `events` has some of ``domain.event.FIELDS`` without the
            model; ``ts`` is required, a timestamp with a zone. `features` has one column each:
            number, text or boolean. An error while iterating stores nothing.
        source : str
            Counted under this name.
        came : Came, optional
            What else is to be said of the source; read when the batches have ended.

        Returns
        -------
        LoadCounts
            What was newly stored.
        """
        own = ((self.own(model), events, features) for model, events, features in batches)
        return append.load_events(self._database, own, source, came or Came())

    def load_labels(
        self, batches: Iterable[tuple[str, pa.Table]], source: str, came: Came | None = None
    ) -> LoadCounts:
        """
        Store labels that came by themselves, also of predictions nobody knows yet.

        Parameters
        ----------
        batches : iterable of (model, labels)
            Columns ``label`` and ``prediction_id`` or ``request_id`` (a request's label is told of
            every version's predictions of it), ``ts`` where known.
        source : str
            Counted under this name.
        came : Came, optional
            See `load`.
        """
        return append.load_labels(self._database, batches, source, came or Came())

    def collect(self, bodies: Bodies, source: str) -> list[LoadCounts]:
        """
        Store what several senders sent in one transaction: all or nothing, and nothing twice.

        Parameters
        ----------
        bodies : Bodies
            Small enough for memory.
        source : str
            Counted under this name.

        Returns
        -------
        list of LoadCounts
            What each body newly stored.
        """
        return append.collect(self._database, bodies, source)

    def rehearse(self, bodies: Bodies, at: datetime) -> None:
        """Store bodies and take them back, so that the next ones do not wait for code to load."""
        append.rehearse(self._database, bodies, at)

    def sources(self) -> dict[str, LoadCounts]:
        """Return what came from each source so far."""
        return {name: facts.counts for name, facts in self.source_facts().items()}

    def source_facts(self) -> dict[str, SourceFacts]:
        """Return what came from each source so far, when, and how new it was."""
        with self._database.reading() as connection:
            return counted.sources(connection)

    # ------------------------------------------------------------------ what there is

    def models(self) -> tuple[str, ...]:
        """Return the models, in alphabetical order."""
        with self._database.reading() as connection:
            return tuple(sorted({*registry.all_models(connection), *self.elsewhere}))

    def conflicts(self, model: str) -> dict[str, tuple[str, ...]]:
        """Return the features that came with more than one type, and the types, first one first."""
        with self._database.reading() as connection:
            found = registry.features_of(connection, model).conflicts()
        return {name: tuple(kind.value for kind in types) for name, types in found.items()}

    def volumes(self, span: Window) -> dict[str, Volume]:
        """
        Return how much is stored of every model, and its calls in every hour of `span`.

        Hours are as `refresh_call_hours` last counted them; no row is read.
        """
        with self._database.reading() as connection:
            found = volumes(connection, self._database.sizes, span)
        return self._with_elsewhere(found)

    def label_standing(self, model: str) -> LabelStanding:
        """
        Count a model's predictions without a label, and labels without a prediction.

        Raises
        ------
        UsageError
            If its logs are read where they lie.
        """
        with reading_all(self._database) as connection:
            return label_standing(connection, self.own(model))

    # ------------------------------------------------------------------ calls

    def refresh_call_hours(self, model: str | None = None, span: Window | None = None) -> int:
        """
        Count the hours of calls that loads changed.

        Loads may commit meanwhile; what they change is counted the next time.

        Parameters
        ----------
        model : str, optional
            Default: all models.
        span : Window, optional
            Of the model: the hours that overlap it; default: all hours.

        Returns
        -------
        int
            Hours that were counted.
        """
        if model is not None:
            counted_by = self.logs(model).calls_by_hour
            return refresh_call_hours(self._database, model, counted_by, span)
        with self._database.reading() as connection:
            models = stale_models(connection, self._database.marks.calls)
        return sum(self.refresh_call_hours(one) for one in models)

    def called_versions(self, model: str) -> tuple[str, ...]:
        """Return the versions whose calls were counted by hour, in alphabetical order."""
        with self._database.reading() as connection:
            return called_versions(connection, model)

    def call_hours(self, model: str, version: str, span: Window, bucket_s: int) -> CallHours:
        """
        Return calls in buckets of whole hours, as `refresh_call_hours` last counted them.

        The cost grows with the hours, not with the calls. An hour that `span` cuts counts whole.
        """
        with self._database.reading() as connection:
            return call_hours(connection, model, version, span, bucket_s)

    def notable_calls(
        self, of: Deployment, span: Window, most: int
    ) -> tuple[list[LoggedCall], list[LoggedCall]] | None:
        """
        Return failed calls, the newest first, and those of all calls that took longest.

        Only the hours are read that hold them, as calls were last counted: at most 4 * `most`.

        Parameters
        ----------
        of : Deployment
        span : Window
            An hour that it cuts is taken whole.
        most : int
            Of each kind.

        Returns
        -------
        failed, slowest : list of LoggedCall
            None: single calls of this model cannot be read here.
        """
        engine = self.logs(of.model)
        if not isinstance(engine, DuckDBEngine):
            return None
        hours = self.call_hours(of.model, of.version, span, 3600)
        failing, slow = hours_of_failures(hours, most), hours_of_slowest(hours, most)
        return (
            engine.failed_calls(of.version, failing, most) if failing else [],
            engine.slowest_calls(of.version, slow, most) if slow else [],
        )

    # ------------------------------------------------------------------ resource use

    def add_samples(self, samples: Sequence[ResourceSample]) -> None:
        """Keep samples of resource use; one of the same series and time once."""
        if samples:
            with self._database.writing() as connection:
                add_samples(connection, self.privacy.samples(samples))

    def resource_use(self, of: Deployment, span: Window, bucket_s: int) -> ResourceUse:
        """
        Return what a deployment used, in buckets.

        Samples that name no model or version count where their replica answered its calls, as far
        as these are counted: see `refresh_call_hours`.
        """
        with self._database.reading() as connection:
            return resource_use(connection, of, span, bucket_s)

    def replicas_since(self, since: datetime) -> dict[str, datetime]:
        """
        Return the replicas that answered calls, and the first hour in which each did.

        As far as calls are counted: see `refresh_call_hours`.
        """
        with self._database.reading() as connection:
            return replicas_since(connection, since)

    def newest_sample(self, source: str) -> datetime | None:
        """Return the time of the newest sample of a source; None without any."""
        with self._database.reading() as connection:
            return newest_sample(connection, source)

    def forget_samples(self, before: datetime) -> int:
        """Remove samples from before a time; return how many."""
        with self._database.writing() as connection:
            return forget_samples(connection, before)

    # ------------------------------------------------------------------ the rest

    def sql(self, query: str) -> pa.Table:
        """
        Answer one query over what is stored; it can change nothing and reach no file.

        Raises
        ------
        UsageError
            If it is not a single reading query, or does not run.
        """
        with reading_all(self._database) as connection:
            show_archived(connection)
            return run_sql(connection, query)
