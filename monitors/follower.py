"""Follows one source: looks what is there, takes what is new, says how far behind it is."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from domain.checkpoint import Checkpoint, FollowedState, Piece
from domain.errors import CheckpointMovedError, InputError
from domain.rejection import LineKind
from ingest.following.content import OpenFile, OpenFiles
from ingest.following.found import FollowedPlace, Found, Look
from ingest.following.names import unrotated
from ingest.following.piece import NextPiece, next_piece
from ingest.readers.block import Reader
from ingest.readers.registry import AUTO, reader_for
from ingest.sources import SourceFile
from ingest.unpack import LogStream
from monitors.ingest_logs import IngestCounts, Options
from monitors.known_files import KnownFiles
from monitors.service import Service

log = logging.getLogger(__name__)

Services = Callable[[], AbstractContextManager[Service]]

# pieces of so many files, and so much, go into one commit
_MOST_PIECES: Final = 256
# somebody else takes of the same files: it is left to them until the next look
_MOST_MOVED: Final = 5
_BATCH_BYTES: Final = 4 * 1024 * 1024
# a file that cannot be opened is tried again so late, if nothing changes
_AGAIN: Final = timedelta(seconds=30)
# how far a source is behind is told again so late, if nothing changes: who looks sees that we live
SIGN_OF_LIFE: Final = timedelta(seconds=60)
# files that have gone are remembered so long: they may come back under another name
_GONE: Final = timedelta(days=14)
_FORGET_EVERY: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """
    How a source is followed.

    Parameters
    ----------
    place : FollowedPlace
    options : Options
        Their `now` does not count.
    settle : timedelta
        A file that nobody wrote to for so long has ended: its last line needs no line break, and
        a format that is read only whole can be read.
    every_s : float
        From one look to the next; 0: once.
    kind : {"events", "labels"}
        What its records are taken for.
    """

    place: FollowedPlace
    options: Options
    settle: timedelta
    every_s: float
    kind: LineKind = "events"


@dataclass(slots=True)
class _Seen:
    """A file as it was when it was looked at last."""

    found: Found
    since: datetime
    done: bool = False
    behind: int = 0
    error: str | None = None
    tried_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A piece that is ready to be handed over."""

    seen: _Seen
    piece: Piece
    body: bytes
    more: bool
    left_bytes: int


def _is_for_the_next(prepared: _Prepared, batch: Sequence[_Prepared]) -> bool:
    """Return whether a piece is handed over alone, or is looked at again behind these."""
    content = prepared.piece.after.id
    # two copies of a file that is gone: which of them goes on is known when the first is taken
    copied = content is not None and any(one.piece.after.id == content for one in batch)
    unlike = prepared.piece.whole != batch[0].piece.whole
    return prepared.piece.is_alone or unlike or copied


class Follower:
    """
    Follows one source; used by one thread.

    Parameters
    ----------
    following : Following
    """

    def __init__(self, following: Following) -> None:
        self.following = following
        self.problems: dict[str, str] = {}
        self._known = KnownFiles(())
        self._asked = False
        self._moved = 0
        self._seen: dict[str, _Seen] = {}
        self._looked_at: datetime | None = None
        self._told: FollowedState | None = None
        self._forgot_at: datetime | None = None

    @property
    def name(self) -> str:
        """What was named to be followed."""
        return self.following.place.name

    def round(self, services: Services, now: datetime, go_on: Callable[[], None]) -> IngestCounts:
        """
        Look once, and take what is new.

        Parameters
        ----------
        services : callable
            Opens the service; called only where there is something to be done.
        now : datetime
        go_on : callable
            Called between two commits; what it raises ends the round there.

        Returns
        -------
        IngestCounts
            What was newly stored.

        Raises
        ------
        StoreError
            If the store cannot be used; what was taken before stays taken.
        """
        look = self.following.place.look()
        self._note(look, now)
        due = [seen for seen in self._seen.values() if self._is_due(seen, now)]
        waiting = [seen for seen in due if seen.tried_at is not None or not self._is_as_left(seen)]
        counts = IngestCounts()
        if waiting or not self._asked or self._is_to_be_told(now):
            with services() as service:
                if not self._asked:
                    self._ask(service)
                    waiting = [seen for seen in waiting if not self._is_as_left(seen)]
                self._take_all(waiting, service, now, counts, go_on)
                self._tell(service, look, now)
        return counts

    def _ask(self, service: Service) -> None:
        self._known, self._asked = KnownFiles(service.checkpoints()), True

    # ------------------------------------------------------------------ what there is

    def _note(self, look: Look, now: datetime) -> None:
        before, self._seen = self._seen, {}
        for found in look.files:
            seen = before.get(found.key)
            same = seen is not None and (seen.found is found or seen.found.stamp == found.stamp)
            if seen is None or not same:
                seen = _Seen(found, self._unchanged_since(found, now))
            self._seen[found.key] = seen
        self._looked_at = now
        self.problems = dict(look.problems)

    def _unchanged_since(self, found: Found, now: datetime) -> datetime:
        changed = datetime.fromtimestamp(found.changed_ns / 1e9, now.tzinfo)
        # it has changed between two looks, and the clock of who wrote it may be another one
        behind = self._looked_at is not None and changed <= self._looked_at
        return now if behind else min(changed, now)

    def _is_due(self, seen: _Seen, now: datetime) -> bool:
        if seen.done or not seen.found.size_bytes:
            return False
        if seen.tried_at is None:
            return True
        if seen.error is not None:
            return now - seen.tried_at >= _AGAIN
        # nothing was written since: only time can change what can be taken
        return self._is_settled(seen, now) and not self._is_settled(seen, seen.tried_at)

    def _is_settled(self, seen: _Seen, now: datetime) -> bool:
        return seen.since + self.following.settle <= now

    def _is_as_left(self, seen: _Seen) -> bool:
        stored = self._known.at(seen.found)
        if stored is None or (stored.size_bytes, stored.changed_ns) != seen.found.stamp[2:]:
            return False
        seen.done = True
        return True

    # ------------------------------------------------------------------ what is taken

    def _take_all(
        self,
        waiting: Iterable[_Seen],
        service: Service,
        now: datetime,
        counts: IngestCounts,
        go_on: Callable[[], None],
    ) -> None:
        queue = deque(waiting)
        self._moved = 0
        with ExitStack() as stack:
            files = OpenFiles(stack)
            while queue and self._moved < _MOST_MOVED:
                go_on()
                batch = self._batch(queue, files, now)
                if batch:
                    queue.extend(self._hand_over(batch, service, now, counts))

    def _batch(self, queue: deque[_Seen], files: OpenFiles, now: datetime) -> list[_Prepared]:
        """Return the next pieces, of one file each, and of one content each."""
        batch: list[_Prepared] = []
        n_bytes = 0
        while queue and n_bytes < _BATCH_BYTES and len(batch) < _MOST_PIECES:
            prepared = self._prepared(queue[0], files, now)
            if prepared is not None and batch and _is_for_the_next(prepared, batch):
                break
            queue.popleft()
            if prepared is None:
                continue
            batch.append(prepared)
            n_bytes += len(prepared.body)
            if prepared.piece.is_alone:
                break
        return batch

    def _prepared(self, seen: _Seen, files: OpenFiles, now: datetime) -> _Prepared | None:
        seen.tried_at, seen.error, seen.behind = now, None, seen.found.size_bytes
        try:
            return self._next(seen, files, now)
        except OSError as error:
            # gone since it was looked for: the next look knows
            if not isinstance(error, FileNotFoundError):
                seen.error = error.strerror or str(error)
        except InputError as error:
            seen.error = str(error)
        files.close(seen.found.key)
        return None

    def _next(self, seen: _Seen, files: OpenFiles, now: datetime) -> _Prepared | None:
        found, settled = seen.found, self._is_settled(seen, now)
        file = files.opened(found)
        base = self._known.identify(found, file.content)
        reader = self._reader(base, found, file, settled=settled)
        if reader is None:
            return None
        base = replace(base, source=self.name, format=reader.name)
        here = self._known.at(found)
        if reader.pieces is None or not reader.pieces.fits(file.content.beginning()):
            files.close(found.key)
            return self._whole(seen, here or base, reader) if settled else None
        found_next = next_piece(file.content, base, reader.pieces, found, settled=settled)
        if not found_next.more:
            files.close(found.key)
        return self._ready(seen, here, found_next)

    def _ready(self, seen: _Seen, here: Checkpoint | None, one: NextPiece) -> _Prepared | None:
        seen.behind = one.left_bytes
        if one.piece is None:
            seen.done = not one.left_bytes
            return None
        instead_of = here.id if here is not None and here.id != one.piece.after.id else None
        piece = replace(one.piece, instead_of=instead_of, kind=self.following.kind)
        return _Prepared(seen, piece, one.body, one.more, one.left_bytes)

    def _whole(self, seen: _Seen, base: Checkpoint, reader: Reader) -> _Prepared:
        found = seen.found
        after = replace(
            base,
            source=self.name,
            path=found.shown,
            format=reader.name,
            taken_bytes=found.size_bytes,
            tail="",
            size_bytes=found.size_bytes,
            changed_ns=found.changed_ns,
        )
        kind = self.following.kind
        body = b"" if reader.beside or kind == "labels" else found.small_content()
        piece = Piece(
            n_bytes=len(body), before_bytes=base.taken_bytes, after=after, whole=True, kind=kind
        )
        return _Prepared(seen, piece, body, more=False, left_bytes=0)

    def _reader(
        self, base: Checkpoint, found: Found, file: OpenFile, *, settled: bool
    ) -> Reader | None:
        """Return the reader of a file; None where there is too little of it to tell."""
        name = base.format or self.following.options.format
        if name == AUTO and not settled and b"\n" not in file.content.beginning():
            return None
        with LogStream(unrotated(found.shown), found.opened()) as stream:
            return reader_for(stream, name)

    def _hand_over(
        self, batch: list[_Prepared], service: Service, now: datetime, counts: IngestCounts
    ) -> list[_Seen]:
        """Take a batch; return the files in which there is more."""
        first = batch[0].seen.found
        content = b"".join(one.body for one in batch)
        source = SourceFile(self.name, data=content)
        if batch[0].piece.is_alone:
            source = SourceFile(first.shown, opened=first.opened)
        options = replace(self.following.options, now=now)
        try:
            taken = service.take([source], options, tuple(one.piece for one in batch))
        except CheckpointMovedError as error:
            log.info("follow.moved", extra={"source": self.name, "why": str(error)})
            self._ask(service)
            self._moved += 1
            for one in batch:
                one.seen.tried_at = None
            return [one.seen for one in batch]
        except BaseException:
            # whether it was stored is not known: ask, and look at these files again
            self._asked = False
            for one in batch:
                one.seen.tried_at = None
            raise
        counts.stored += taken.counts.stored
        counts.rejected_reasons.update(taken.counts.rejected_reasons)
        counts.samples += taken.counts.samples
        counts.passed_over.update(taken.counts.passed_over)
        outcomes = zip(batch, taken.checkpoints, taken.failures, strict=True)
        return [one.seen for one, kept, why in outcomes if self._note_taken(one, kept, why)]

    def _note_taken(
        self, one: _Prepared, checkpoint: Checkpoint | None, failure: str | None
    ) -> bool:
        """Note what became of a piece; return whether there is more in its file."""
        seen = one.seen
        if checkpoint is None:
            seen.error, seen.behind = failure, seen.found.size_bytes
            return False
        self._known.note(checkpoint)
        seen.done = not one.more and not one.left_bytes
        seen.behind = one.left_bytes
        return one.more

    # ------------------------------------------------------------------ what is told

    def _is_to_be_told(self, now: datetime) -> bool:
        return self._told is None or now - self._told.looked_at >= SIGN_OF_LIFE

    def _tell(self, service: Service, look: Look, now: datetime) -> None:
        """Say how the source stands, where that is news."""
        failing = {s.found.shown: s.error for s in self._seen.values() if s.error is not None}
        self.problems = {**look.problems, **failing}
        newest = next(iter(self.problems.items()), None)
        state = FollowedState(
            source=self.name,
            looked_at=now,
            files=len(self._seen),
            bytes_behind=sum(s.behind for s in self._seen.values() if not s.done),
            every_s=self.following.every_s,
            failing=len(self.problems),
            error=None if newest is None else f"{newest[0]}: {newest[1]}",
        )
        gone = self._gone(look, now)
        news = self._told is None or replace(state, looked_at=self._told.looked_at) != self._told
        if news or gone or self._is_to_be_told(now):
            service.note_followed(state, gone)
            self._told = state

    def _gone(self, look: Look, now: datetime) -> tuple[int, ...]:
        """Return the files that have been gone for long, where that is sure."""
        if look.problems:
            return ()
        if self._forgot_at is not None and now - self._forgot_at < _FORGET_EVERY:
            return ()
        self._forgot_at = now
        there = {(seen.found.device, seen.found.inode) for seen in self._seen.values()}
        gone = tuple(
            one.id
            for one in self._known.all()
            if one.source == self.name
            and (one.device, one.inode) not in there
            and one.id is not None
            and one.taken_at is not None
            and now - one.taken_at >= _GONE
        )
        self._known.forget(gone)
        return gone
