"""Old rows go where the configuration wants them: to the archive, and away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from domain.errors import StoreError
from domain.tiers import Tidied
from domain.window import align
from monitors.config import Config
from monitors.tiers_config import ArchiveConfig, RetentionConfig
from store.store import Store

# called between two steps; may raise to stop there
GoOn = Callable[[], None]

_DAY: Final = timedelta(days=1)
# rows of these days stay, whatever they take
_KEPT_DAYS: Final = 2
# what was used is shown beside latency, and nobody looks at last season's
RESOURCES_KEPT: Final = timedelta(days=90)


def tidy(
    store: Store,
    config: Config,
    models: Sequence[str],
    who: str,
    now: datetime,
    *,
    dry_run: bool,
    go_on: GoOn = lambda: None,
) -> list[Tidied]:
    """
    Drop what is too old, then archive what is old, one day after the other.

    Samples of resource use go after `RESOURCES_KEPT`, whatever is configured.

    Parameters
    ----------
    store : Store
    config : Config
    models : sequence of str
    who : str
    now : datetime
    dry_run : bool
        Only count the days.
    go_on : callable
        Called before each day; what it raises ends the work between two days.

    Returns
    -------
    list of Tidied
        Of each model that has an archive or a retention.

    Raises
    ------
    StoreError
        If a place cannot be used; the other models are done all the same.
    """
    done: list[Tidied] = []
    failed: list[StoreError] = []
    for model in models:
        monitor = config.monitor(model)
        nothing = monitor.archive is None and monitor.retention is None
        if nothing or monitor.source is not None:
            continue
        work = _Work(store, model, who, now, go_on, dry_run=dry_run)
        try:
            work.drop(monitor.retention)
            work.archive(monitor.archive)
        except StoreError as error:
            failed.append(error)
        done.append(work.done)
    if not dry_run:
        store.forget_samples(now - RESOURCES_KEPT)
        store.checkpoint()
    if failed:
        raise failed[0]
    return done


class _Work:
    """What is done of one model."""

    def __init__(
        self, store: Store, model: str, who: str, now: datetime, go_on: GoOn, *, dry_run: bool
    ) -> None:
        self._store = store
        self._who = who
        self._now = now
        self._go_on = go_on
        self._dry_run = dry_run
        self.done = Tidied(model=model)

    def drop(self, retention: RetentionConfig | None) -> None:
        if retention is None:
            return
        model = self.done.model
        before = self._midnight(retention.after) if retention.after else None
        newest = self._midnight(_KEPT_DAYS * _DAY)
        days = self._store.days_to_drop(model, before, retention.size)
        for day in (day for day in days if day <= newest):
            self.done = replace(self.done, dropped_days=self.done.dropped_days + 1)
            if not self._dry_run:
                self._go_on()
                gone = self._store.drop_before(model, day, self._who, self._now)
                rows = gone.predictions + gone.unanswered + gone.calls + gone.labels
                self.done = replace(self.done, dropped=self.done.dropped + rows)

    def archive(self, archive: ArchiveConfig | None) -> None:
        if archive is None:
            return
        self.done = replace(self.done, to=archive.to)
        if not self._dry_run:
            self._store.sweep_archive()
        for rows in self._store.days_before(self.done.model, self._midnight(archive.after)):
            if self._dry_run:
                self.done = replace(self.done, days=self.done.days + 1)
                continue
            self._go_on()
            moved = self._store.archive_day(rows, archive.to, self._who, self._now)
            if moved is None:
                self.done = replace(self.done, changed=self.done.changed + 1)
                continue
            n = moved.predictions + moved.unanswered + moved.calls
            self.done = replace(self.done, days=self.done.days + 1, archived=self.done.archived + n)

    def _midnight(self, age: timedelta) -> datetime:
        return align(self._now - age, _DAY, "UTC")
