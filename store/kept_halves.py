"""The part of a store that keeps sides of calls whose other side has not come."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from store import asked_calls, halves
from store.asked_calls import AskedCall
from store.database import Database
from store.halves import HalfChanges, HalvesWaiting, StoredHalf
from store.model_engines import ModelEngines

# what callers of models wait at most, with what queues and retries add on the way of a log
ANSWERS_WITHIN: Final = timedelta(minutes=15)


class KeptHalves(ModelEngines):
    """
    Keeps halves of calls; see `store.halves` for what the methods take and return.

    Attributes
    ----------
    answers_within : timedelta
        How long the other side of a call is waited for, and how far apart their times may lie.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.answers_within = ANSWERS_WITHIN

    @contextmanager
    def pairing(self) -> Generator[None]:
        """
        Join halves without anybody else doing so: from the look at what waits to the commit.

        Nothing that takes long belongs inside: the collector's writer waits here.
        """
        with self._database.pairing:
            yield

    def halves_of(self, keys: Iterable[str]) -> list[StoredHalf]:
        """Return the halves that wait under some keys, or were given up, in the order they came."""
        with self._database.reading() as connection:
            return halves.halves_of(connection, keys)

    def meeting_halves(self, n: int) -> list[StoredHalf]:
        """Return halves of at most `n` keys of which both sides wait."""
        with self._database.reading() as connection:
            return halves.meeting_halves(connection, self.answers_within, n)

    def overdue_halves(
        self, seen_before: datetime, passed: dict[tuple[str, str], datetime], n: int
    ) -> list[StoredHalf]:
        """Return at most `n` halves that waited long enough."""
        with self._database.reading() as connection:
            return halves.overdue_halves(connection, seen_before, passed, n)

    def known_calls(self, asked: Sequence[AskedCall]) -> set[int]:
        """Return the halves whose calls are stored, and not as failed for want of an answer."""
        with self._database.reading() as connection:
            return asked_calls.known_calls(self._database, connection, asked, self.answers_within)

    def answering_senders(self) -> set[str]:
        """Return the senders that ever told an answer."""
        with self._database.reading() as connection:
            return halves.answering_senders(connection)

    def change_halves(self, changes: HalfChanges) -> None:
        """Change what waits, in a transaction of its own."""
        with self.pairing(), self._database.writing() as connection:
            halves.apply_changes(self._database, connection, changes)

    def forget_given_up(self, before: datetime) -> None:
        """Let go of halves whose calls were told as failed before."""
        with self._database.reading() as connection:
            if not halves.any_given_up(connection, before):
                return
        with self._database.writing() as connection:
            halves.forget_given_up(connection, before)

    def halves_waiting(self) -> HalvesWaiting:
        """Count what waits."""
        with self._database.reading() as connection:
            return halves.halves_waiting(connection)
