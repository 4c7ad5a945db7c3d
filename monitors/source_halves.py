"""The halves of calls that files tell, which may be larger than memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from ingest.batch import Read
from ingest.exchange import Half
from ingest.pairing import Matcher, Pair, Reading, Side
from monitors.halves import (
    Settled,
    calls_of,
    give_up,
    join_waiting,
    key_of,
    sender_of,
    stored_of,
    told,
)
from store.halves import HalfChanges
from store.store import Store

# in memory; more wait in the store
_MOST_WAITING: Final = 20_000
_MOST_BYTES: Final = 64 * 1024 * 1024
_AHEAD: Final = timedelta(days=1)
_OTHER: Final = {"request": "response", "response": "request"}


class SourceHalves:
    """
    Joins the halves of files that are read one after the other.

    Parameters
    ----------
    store : Store
    now : datetime
    reading : Reading
    """

    def __init__(self, store: Store, now: datetime, reading: Reading) -> None:
        self._store = store
        self._now = now
        self._reading = reading
        self._matcher = Matcher(store.answers_within)
        self._again: list[Side] = []
        self._newest: dict[tuple[str, str], datetime] = {}
        self._senders: set[tuple[str, str]] = set()
        self._sources: list[str] = []
        self._any_new = False

    @property
    def any_came(self) -> bool:
        """Whether any file told a side of a call by itself."""
        return bool(self._senders)

    def joined(self, reads: Iterable[Read], source: str) -> Iterator[Read]:
        """
        Yield what one file tells, with the events of the pairs that its halves complete.

        The others wait in memory until `keep`, for the rest of this file and for the files behind
        it; many of them, in the store.

        Parameters
        ----------
        reads : iterable of Read
        source : str
            Name of the file.
        """
        part = len(self._sources)
        self._sources.append(source)
        for read in reads:
            yield replace(read, halves=())
            if read.halves:
                yield from self._take(read.halves, part)

    def keep(self) -> None:
        """
        Keep what waits in the store: called before the files that it is of are stored.

        Of a file that is not stored in the end they do no harm: when it comes again, so do its
        halves, and the same half twice is one.
        """
        if not self._any_new:
            return
        waiting = [*self._matcher.take_waiting(), *self._again]
        self._again, self._any_new = [], False
        rest = [stored_of(side, self._sources[side.part], self._now) for side in waiting]
        self._store.change_halves(HalfChanges(keep=rest, senders=self._senders))

    def settle(self) -> Settled:
        """
        Join what was kept with what waited; called when all files are stored.

        Then the other side of a half is waited for no more where its file would have held it: it
        told others of that side that are younger by more than the wait.
        """
        if not self._senders:
            return Settled()
        joined = join_waiting(self._store, self._now)
        passed = {
            (sender, _OTHER[side]): newest - self._store.answers_within
            for (sender, side), newest in self._newest.items()
        }
        return joined + give_up(self._store, self._now, passed)

    def _take(self, halves: Sequence[Half], part: int) -> Iterator[Read]:
        self._any_new = True
        sides = [Side(half, self._reading, part=part) for half in halves]
        pairs = self._new(list(self._matcher.add_all(sides)))
        for half in halves:
            self._note(half)
        for one in told(calls_of(pairs), self._sources[part], self._now):
            yield one.in_place()
        n_waiting = self._matcher.n_waiting + len(self._again)
        if n_waiting > _MOST_WAITING or self._matcher.n_bytes > _MOST_BYTES:
            self.keep()

    def _new(self, pairs: list[Pair]) -> list[Pair]:
        """Return the pairs of which the store holds no side; the others are joined with that."""
        known = {
            half.key for half in self._store.halves_of({key_of(p.request.half) for p in pairs})
        }
        again = [pair for pair in pairs if key_of(pair.request.half) in known]
        self._again += [side for pair in again for side in (pair.request, pair.response)]
        return [pair for pair in pairs if key_of(pair.request.half) not in known]

    def _note(self, half: Half) -> None:
        whose = sender_of(half), half.side
        self._senders.add(whose)
        # what lies ahead is of a clock that is off: it says nothing of how far the file goes
        if half.at is None or half.at > self._now + _AHEAD:
            return
        if whose not in self._newest or half.at > self._newest[whose]:
            self._newest[whose] = half.at
