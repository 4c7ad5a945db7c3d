"""What is stored, how fresh it is, where it came from, and what keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitors.views.resources import PrometheusView


class Freshness(StrEnum):
    """
    How far behind the clock a model's newest event is; the worst first.

    `silent`: more than two windows and their grace. `late`: more than one. `ahead`: it lies in the
    future, by more than a few minutes. `empty`: no event ever came, labels at most.
    """

    SILENT = "silent"
    LATE = "late"
    AHEAD = "ahead"
    EMPTY = "empty"
    CURRENT = "current"


@dataclass(frozen=True, slots=True, kw_only=True)
class TierData:
    """
    Where a model's old rows go, and what went.

    Parameters
    ----------
    archive_to : str or None
        Folder or address; None: they stay in the store.
    archive_after_days, keep_days : float or None
        Age from which rows are archived, and dropped; None: never.
    keep_bytes : int or None
        What rows may take, in the store and the archive together; None: any.
    rows, size_bytes, files : int
        That are archived.
    damaged, lost_rows : int
        Files of these that were set aside, and the rows in them, which are missing.
    dropped_before : datetime or None
        Rows of before were dropped; None: none ever was.
    """

    archive_to: str | None
    archive_after_days: float | None
    keep_days: float | None
    keep_bytes: int | None
    rows: int
    size_bytes: int
    files: int
    damaged: int
    lost_rows: int
    dropped_before: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelData:
    """
    What is stored of one model.

    Parameters
    ----------
    model : str
    freshness : Freshness
    predictions, calls, labels : int
        Rows that are stored now, archived ones too.
    first, newest : datetime or None
        Its first and newest event; None without any.
    lag_s : float or None
        Seconds from the newest event to now; negative where it lies in the future.
    window_s : int
        Length of the windows that `windows` counts: the monitor's, but at least an hour.
    windows, windows_with_logs : int
        The newest complete windows since the first event, at most 30, and those in which any
        call was logged.
    daily_calls : tuple of float
        Calls of each UTC day up to today, oldest first, 90 of them; weighted by
        ``1 / sampling_rate``.
    size_bytes : int or None
        What its rows take in the file, about; None where that is not known.
    conflicts : dict of str to tuple of str
        Features that came with more than one type, and the types, the first one first.
    tiers : TierData
    counted_in_runs : bool
        Calls by hour are known of judged windows alone: `windows` are the judged ones of those, and
        days of which nothing was judged are 0 in `daily_calls`.
    """

    model: str
    freshness: Freshness
    predictions: int
    calls: int
    labels: int
    first: datetime | None
    newest: datetime | None
    lag_s: float | None
    window_s: int
    windows: int
    windows_with_logs: int
    daily_calls: tuple[float, ...]
    size_bytes: int | None
    conflicts: dict[str, tuple[str, ...]]
    tiers: TierData
    counted_in_runs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceData:
    """
    What came from one source: a file, or everything that came over HTTP.

    Parameters
    ----------
    source : str
    predictions, calls, labels : int
        That were new.
    duplicates : int
        Events and labels that brought nothing new.
    passed_over : int
        Records that told of no call.
    last_at : datetime or None
        When something last came; None: before that was kept.
    newest : datetime or None
        Its newest event; None: none came, or before that was kept.
    """

    source: str
    predictions: int
    calls: int
    labels: int
    duplicates: int
    passed_over: int
    last_at: datetime | None
    newest: datetime | None


class Following(StrEnum):
    """
    How a source is followed.

    `failing`: something of it cannot be read. `stopped`: nobody has looked for longer than a
    follower is ever silent. `behind`: there is something that was not taken. `current`: all is
    taken. `once`: it is looked at now and then, by a scheduler's own clock.
    """

    FAILING = "failing"
    STOPPED = "stopped"
    BEHIND = "behind"
    CURRENT = "current"
    ONCE = "once"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedData:
    """
    A source whose logs are taken as they are written.

    Parameters
    ----------
    source : str
        What was named to be followed.
    following : Following
    files : int
        That were there at the last look.
    bytes_taken, bytes_behind : int
        See `domain.checkpoint.FollowedSource` and `FollowedState`.
    newest : datetime or None
        Event that came from it.
    looked_at : datetime
    every_s : float
        From one look to the next; 0: each is a run of its own.
    failing : int
        Files and places that cannot be read.
    error : str or None
        One of the reasons.
    """

    source: str
    following: Following
    files: int
    bytes_taken: int
    bytes_behind: int
    newest: datetime | None
    looked_at: datetime
    every_s: float
    failing: int
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedData:
    """
    Why lines of one source could not be read.

    Parameters
    ----------
    reason : str
        Its code.
    lines : int
        That are kept.
    source : str
    position : int
        Of the newest of them: line, row or item, counted from 1.
    message : str
        What was wrong with it, in English.
    """

    reason: str
    lines: int
    source: str
    position: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedTotals:
    """
    All lines that could not be read, and how long they are kept.

    Parameters
    ----------
    by_reason : dict of str to int
        That are kept, the most frequent reason first.
    whole : int
        Those of them that are kept with all their bytes: they can be read again.
    read_again, dropped : int
        Kept before: read after all, and gone because they were too old or too many.
    keep_s : float
        Age from which they are dropped.
    most : int
        At most so many are kept.
    """

    by_reason: dict[str, int]
    whole: int
    read_again: int
    dropped: int
    keep_s: float
    most: int

    @property
    def lines(self) -> int:
        """How many are kept."""
        return sum(self.by_reason.values())


@dataclass(frozen=True, slots=True)
class StoreOwner:
    """
    The server that owns a store.

    Parameters
    ----------
    url : str
        Where it listens.
    pid : int
    started_at : datetime
    """

    url: str
    pid: int
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HalvesData:
    """
    Sides of calls whose other side has not come yet.

    Parameters
    ----------
    requests, responses : int
    since : datetime or None
        When the one came that waits the longest; None: none waits.
    wait_s : float
        How long they are waited for.
    """

    requests: int
    responses: int
    since: datetime | None
    wait_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DataView:
    """
    What a store holds.

    Parameters
    ----------
    models : tuple of ModelData
        The one furthest behind first.
    sources : tuple of SourceData
        The one that came last first, at most 50.
    n_sources : int
        How many there are.
    rejected : tuple of RejectedData
        The most frequent reason of a source first, at most 50.
    rejected_totals : RejectedTotals
    halves : HalvesData
    size_bytes : int
        The database file and its log.
    store_version : int
    owner : StoreOwner or None
        None: no server; whoever answers has opened the file.
    last_backup : datetime or None
        None: it was never copied by Driftline.
    followed : tuple of FollowedData
        The one that needs somebody first.
    prometheus : PrometheusView or None
        None: none is configured.
    """

    models: tuple[ModelData, ...]
    sources: tuple[SourceData, ...]
    n_sources: int
    rejected: tuple[RejectedData, ...]
    rejected_totals: RejectedTotals
    halves: HalvesData
    size_bytes: int
    store_version: int
    owner: StoreOwner | None
    last_backup: datetime | None
    followed: tuple[FollowedData, ...] = ()
    prometheus: PrometheusView | None = None
