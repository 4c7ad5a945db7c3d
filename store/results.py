"""What runs found and people decided, as the other rooms see it: one half of the store's face."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Generator, Mapping, Sequence
from datetime import datetime

import duckdb

from domain.acceptance import Acceptance
from domain.baseline import FrozenBaseline
from domain.column import Column
from domain.finding import Finding
from domain.incident import Acknowledgement, AlertState, Incident
from domain.key import Key
from domain.page import FoundInRun, ObjectiveInRun, Wanted
from domain.run import Deployment, Run, RunStatus
from domain.run_profile import RunProfile, RunProfiles
from domain.window import Window
from store import baselines, keys, pages, run_status
from store.column_readings import (
    ColumnReading,
    Deciders,
    Furthest,
    find_furthest,
    find_readings,
)
from store.database import Database
from store.findings import FindingsWanted, findings_by
from store.incidents import acknowledge, find_acknowledgements, find_incidents, save_incidents
from store.replay_due import forget_replay_due, note_replay_due, replay_due
from store.revision import Revision
from store.run_keys import RunChoice
from store.run_points import RunPoint, find_points
from store.run_profiles import find_profiles, forget_unused
from store.runs import find_runs, save_runs


class Results:
    """
    Runs, incidents, baselines and acceptances of an open store.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._revision = Revision()

    def revision(self) -> str:
        """Return a token that changes with every write of runs, incidents or decisions."""
        return self._revision.token()

    @contextlib.contextmanager
    def _changing(self) -> Generator[duckdb.DuckDBPyConnection]:
        with self._database.writing() as connection:
            yield connection
        self._revision.raise_()

    def save_runs(self, runs: Sequence[Run]) -> None:
        """Keep runs; the run of a deployment and window replaces an earlier one of the same."""
        with self._changing() as connection:
            save_runs(connection, runs, {})
            forget_unused(connection)

    def runs(
        self,
        model: str | None = None,
        version: str | None = None,
        span: Window | None = None,
        *,
        newest_only: bool = False,
        findings: FindingsWanted = "all",
    ) -> list[Run]:
        """
        Return runs as they were saved, oldest window first.

        Parameters
        ----------
        model, version : str, optional
            Default: all of them.
        span : Window, optional
            Those whose window overlaps it; default: all.
        newest_only : bool, default=False
            Only the newest window of each deployment.
        findings : {"all", "notable", "none"}, default="all"
            Notable: drifted, blind, or with a severity.
        """
        with self._database.reading() as connection:
            choice = RunChoice(model, version, span, 1 if newest_only else None)
            return find_runs(connection, choice, findings)

    def run_points(self, choice: RunChoice) -> list[RunPoint]:
        """Return runs as points of a chart, oldest window first."""
        with self._database.reading() as connection:
            return find_points(connection, choice)

    def column_readings(self, choice: RunChoice, by: Deciders) -> list[ColumnReading]:
        """Return how far every judged column was from its line in some runs, oldest first."""
        with self._database.reading() as connection:
            return find_readings(connection, choice, by)

    def furthest_columns(
        self, choice: RunChoice, by: Deciders
    ) -> Mapping[tuple[Deployment, Window], Furthest]:
        """Return how far the furthest column was in each of some runs."""
        with self._database.reading() as connection:
            return find_furthest(connection, choice, by)

    def findings_by(self, model: str, detector: str) -> list[tuple[Deployment, Window, Finding]]:
        """Return all that one detector found of a model, oldest window first."""
        with self._database.reading() as connection:
            return findings_by(connection, model, detector)

    def run_statuses(self, model: str) -> dict[Window, RunStatus]:
        """Return every window of a model that was judged after its end, and how that went."""
        with self._database.reading() as connection:
            return run_status.statuses(connection, model)

    def judged_windows(self) -> dict[str, dict[Window, RunStatus]]:
        """Return each model's judged windows, oldest first; of several versions the worst."""
        with self._database.reading() as connection:
            return run_status.every_window(connection)

    def judged_versions(self) -> dict[str, tuple[str, ...]]:
        """Return each model's judged versions, that with the newest event first."""
        with self._database.reading() as connection:
            return run_status.judged_versions(connection)

    def last_run_end(self, model: str) -> datetime | None:
        """Return the end of a model's newest window judged after its end; None before the first."""
        with self._database.reading() as connection:
            return run_status.last_end(connection, model)

    def replace_runs(
        self,
        model: str,
        windows: Sequence[Window],
        runs: Sequence[Run],
        profiles: RunProfiles | None = None,
    ) -> None:
        """
        Keep what a new try of some windows found, and nothing of what earlier tries did.

        Parameters
        ----------
        model : str
        windows : sequence of Window
            That were judged; an earlier run of a deployment that is not judged there any more,
            or of a try that failed, goes too.
        runs : sequence of Run
        profiles : mapping of (Deployment, Window) to sequence of RunProfile, optional
            What was counted for them, where it was.
        """
        with self._changing() as connection:
            again = run_status.forget_windows(connection, model, windows)
            if windows:
                note_replay_due(connection, model, min(window.start for window in windows))
            save_runs(connection, runs, profiles or {})
            if again:
                forget_unused(connection)

    def run_profiles(
        self, model: str, version: str, window: Window, column: Column | None = None
    ) -> list[RunProfile]:
        """
        Return what the run of one window counted of its columns, in the order it judged them.

        Parameters
        ----------
        model, version : str
        window : Window
        column : Column, optional
            Default: all of them.

        Returns
        -------
        list of RunProfile
            Empty where there was no baseline, or an earlier version of Driftline judged it.
        """
        with self._database.reading() as connection:
            return find_profiles(connection, model, version, window, column)

    def save_incidents(self, model: str, incidents: Sequence[Incident]) -> None:
        """Replace a model's incidents and their alerts; acknowledgements stay with theirs."""
        with self._changing() as connection:
            save_incidents(connection, model, incidents)
            forget_replay_due(connection, model)

    def replay_due(self, model: str) -> datetime | None:
        """
        Return the start of the earliest window whose run changed since incidents were saved.

        None where no run has changed.
        """
        with self._database.reading() as connection:
            return replay_due(connection, model)

    def incidents(
        self, model: str | None = None, states: Collection[AlertState] | None = None
    ) -> list[Incident]:
        """Return incidents with their alerts and newest acknowledgement, oldest first."""
        with self._database.reading() as connection:
            return find_incidents(connection, model, states)

    def acknowledge(self, incident_id: str, who: str, note: str | None, at: datetime) -> None:
        """Keep that somebody has taken an incident on."""
        with self._changing() as connection:
            acknowledge(connection, incident_id, who, note, at)

    def acknowledgements(self, incident_id: str) -> tuple[Acknowledgement, ...]:
        """Return who has taken an incident on, oldest first."""
        with self._database.reading() as connection:
            return find_acknowledgements(connection, incident_id)

    def save_baseline(self, baseline: FrozenBaseline) -> None:
        """Keep a baseline; it replaces the model's earlier one of the same name."""
        with self._changing() as connection:
            baselines.save_baseline(connection, baseline)

    def baseline(self, model: str, name: str) -> FrozenBaseline | None:
        """Return a model's baseline of that name; None where there is none."""
        with self._database.reading() as connection:
            return next(iter(baselines.find_baselines(connection, model, name)), None)

    def baselines(self, model: str) -> list[FrozenBaseline]:
        """Return a model's baselines, oldest first."""
        with self._database.reading() as connection:
            return baselines.find_baselines(connection, model, None)

    def drop_baseline(self, model: str, name: str) -> None:
        """Forget a model's baseline of that name, if there is one."""
        with self._changing() as connection:
            baselines.drop_baseline(connection, model, name)

    def save_acceptance(self, acceptance: Acceptance) -> None:
        """Add an acceptance; none is ever changed."""
        with self._changing() as connection:
            baselines.save_acceptance(connection, acceptance)

    def acceptances(self, model: str) -> tuple[Acceptance, ...]:
        """Return a model's acceptances in the order in which they were made."""
        with self._database.reading() as connection:
            return baselines.find_acceptances(connection, model)

    def add_key(self, key: Key, digest: bytes) -> None:
        """Keep a key of the HTTP interface under the SHA-256 of its secret."""
        with self._database.writing() as connection:
            keys.add_key(connection, key, digest)

    def all_keys(self) -> list[tuple[Key, bytes]]:
        """Return every key that was ever made and the digest of its secret, oldest first."""
        with self._database.reading() as connection:
            return keys.find_keys(connection)

    def revoke_key(self, key_id: str, at: datetime) -> None:
        """Let a key open nothing any more; when it first was revoked stays."""
        with self._database.writing() as connection:
            keys.revoke_key(connection, key_id, at)

    def note_key_use(self, key_id: str, at: datetime) -> None:
        """Keep when a key was last used."""
        with self._database.writing() as connection:
            keys.note_use(connection, key_id, at)

    # ------------------------------------------------------------------ one page after the other

    def runs_page(self, wanted: Wanted) -> list[Run]:
        """Return one page of runs with all that they found, the newest window first."""
        with self._database.reading() as connection:
            return pages.runs_page(connection, wanted)

    def findings_page(self, wanted: Wanted) -> list[FoundInRun]:
        """Return one page of findings, those of the newest window first."""
        with self._database.reading() as connection:
            return pages.findings_page(connection, wanted)

    def slos_page(self, wanted: Wanted) -> list[ObjectiveInRun]:
        """Return one page of judged objectives, those of the newest window first."""
        with self._database.reading() as connection:
            return pages.slos_page(connection, wanted)

    def incidents_page(self, wanted: Wanted) -> list[Incident]:
        """Return one page of incidents with their alerts, the one that started last first."""
        with self._database.reading() as connection:
            return pages.incidents_page(connection, wanted)
