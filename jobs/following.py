"""`driftline ingest --follow`: the sources of a command line, again and again until told to end."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import click

from domain.errors import DriftlineError, StoreVersionError, UsageError
from domain.window import parse_duration
from jobs.context import Common, now
from jobs.logs import print_counts
from jobs.periodic import Periodic, StoppedError

if TYPE_CHECKING:
    from domain.rejection import LineKind
    from monitors.follower import Follower
    from monitors.ingest_logs import IngestCounts, Options
    from monitors.local_service import LocalService
    from monitors.service import Service

log = logging.getLogger(__name__)

# of a store that cannot be used now: its owner ends or starts, another command has it
_PATIENCE_S: Final = 1.0
SETTLE: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Watch:
    """
    How sources are to be followed.

    Parameters
    ----------
    once : bool
        Look once.
    every : timedelta or None
        From one look to the next; None: as is worth it for each source.
    settle : timedelta
        See `monitors.follower.Following`.
    """

    once: bool
    every: timedelta | None
    settle: timedelta


def follow_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--follow`` and what goes with it, handed over as one `Watch` or None."""

    def with_watch(
        *args: Any,  # noqa: ANN401 (click's own)
        follow: bool,
        once: bool,
        every: str | None,
        settle: str | None,
        **others: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        if not follow and (once or every or settle):
            raise UsageError("--once, --every and --settle go with --follow; add it")
        times = [None if text is None else parse_duration(text) for text in (every, settle)]
        watch = Watch(once, times[0], times[1] or SETTLE) if follow else None
        return command(*args, watch=watch, **others)

    with_watch.__name__ = command.__name__
    with_watch.__doc__ = command.__doc__
    with_watch.__dict__.update(command.__dict__)
    decorated: Callable[..., Any] = with_watch
    for option in (
        click.option(
            "--settle",
            metavar="TIME",
            help="With --follow: a file has ended when nobody wrote for so long. [60s]",
        ),
        click.option(
            "--every",
            metavar="TIME",
            help="With --follow: from one look to the next. [2s; of a bucket 30s]",
        ),
        click.option("--once", is_flag=True, help="With --follow: take what is new, and end."),
        click.option("--follow", is_flag=True, help="Take what is new, until Ctrl-C."),
    ):
        decorated = option(decorated)
    return decorated


def followers(
    words: Sequence[str], options: Options, watch: Watch, kind: LineKind
) -> list[Follower]:
    """
    Return what follows each source of a command line.

    Parameters
    ----------
    words : sequence of str
        Files, folders, patterns or ``s3://BUCKET/PREFIX``.
    options : Options
    watch : Watch
    kind : {"events", "labels"}
        What is in them.

    Raises
    ------
    UsageError
        If one is standard input.
    ConfigurationError
        If one is an address that cannot be meant.
    """
    from ingest.following.places import followed_place
    from monitors.follower import Follower, Following

    if "-" in words:
        raise UsageError("standard input cannot be followed; give a file, a folder or a pattern")
    made: list[Follower] = []
    for place in map(followed_place, words):
        every_s = place.every_s if watch.every is None else watch.every.total_seconds()
        every_s = 0.0 if watch.once else every_s
        following = Following(
            place=place, options=options, settle=watch.settle, every_s=every_s, kind=kind
        )
        made.append(Follower(following))
    return made


def owned(service: LocalService) -> list[Periodic]:
    """Return what follows the sources that an owner's configuration names, one thread each."""
    from ingest.following.places import followed_place
    from monitors.follower import Follower, Following
    from monitors.ingest_logs import Options

    made: list[Periodic] = []
    for one in service.config.follow:
        place = followed_place(one.path)
        options = Options(one.mapping, one.model, one.version, one.format, now())
        every_s = place.every_s if one.every is None else one.every.total_seconds()
        following = Following(
            place=place,
            options=options,
            settle=one.settle,
            every_s=every_s,
            kind="labels" if one.labels else "events",
        )
        made.append(Periodic("follow", every_s, _work(service, Follower(following))))
    return made


def _work(
    service: LocalService, follower: Follower
) -> Callable[[Callable[..., None]], IngestCounts]:
    def work(go_on: Callable[..., None]) -> IngestCounts:
        return follower.round(lambda: contextlib.nullcontext(service), now(), go_on)

    return work


def run(
    common: Common,
    words: Sequence[str],
    options: Options,
    watch: Watch,
    kind: LineKind,
    *,
    as_json: bool,
) -> int:
    """
    Follow sources as a command does; 2 where something of one look could not be read.

    Parameters
    ----------
    common : Common
    words, options, watch, kind
        See `followers`.
    as_json : bool
    """
    chosen = followers(words, options, watch, kind)
    if not watch.once:
        names = ", ".join(one.name for one in chosen)
        click.echo(f"driftline: following {names}; Ctrl-C ends it", err=True)
    counts, fine = follow(common, chosen, once=watch.once)
    print_counts(counts, as_json=as_json, quiet=True)
    return 2 if watch.once and not fine else 0


def follow(common: Common, chosen: Sequence[Follower], *, once: bool) -> tuple[IngestCounts, bool]:
    """
    Follow sources until SIGINT or SIGTERM, or look once.

    The store is open only while something is taken, so other commands find it free.

    Parameters
    ----------
    common : Common
    chosen : sequence of Follower
    once : bool

    Returns
    -------
    IngestCounts
        What was newly stored.
    bool
        Whether everything that is there could be read.
    """
    from monitors.ingest_logs import IngestCounts

    counts = IngestCounts()
    with _told_to_end() as ending:
        running = [_Running(common, follower, counts, ending) for follower in chosen]
        while not ending.is_set():
            for one in running:
                one.round_if_due(once=once)
            if once:
                break
            ending.wait(max(0.0, min(one.wait_s for one in running)))
    return counts, all(one.is_fine for one in running)


@dataclass
class _Running:
    """One source that is being followed."""

    common: Common
    follower: Follower
    counts: IngestCounts
    ending: threading.Event
    is_fine: bool = True
    _due_at: float = 0.0
    _said: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def wait_s(self) -> float:
        """Seconds until it is worth to look again."""
        return self._due_at - time.monotonic()

    def round_if_due(self, *, once: bool) -> None:
        """Look, if it is time to."""
        if self.wait_s > 0 or self.ending.is_set():
            return
        pause_s = self.follower.following.every_s
        try:
            found = self.follower.round(self._service, now(), self._go_on)
        except StoppedError:
            return
        except StoreVersionError:
            raise
        except DriftlineError as error:
            if once:
                raise
            # its owner has ended or is starting, another command has it open, the disk is full
            log.warning("follow.failed", extra={"source": self.follower.name, "error": str(error)})
            pause_s = max(pause_s, _PATIENCE_S)
        else:
            self.counts.stored += found.stored
            self.counts.rejected_reasons.update(found.rejected_reasons)
            self.counts.samples += found.samples
            self.counts.passed_over.update(found.passed_over)
            self._say_problems()
        self._due_at = time.monotonic() + pause_s

    @contextlib.contextmanager
    def _service(self) -> Generator[Service]:
        with self.common.open_service(create=True) as service:
            yield service

    def _go_on(self) -> None:
        if self.ending.is_set():
            raise StoppedError

    def _say_problems(self) -> None:
        """Say what cannot be read, once."""
        problems = self.follower.problems
        self.is_fine = not problems
        for where, why in problems.items():
            if self._said.get(where) != why:
                click.echo(f"driftline: {_one_line(where)}: {_one_line(why)}", err=True)
        self._said = dict(problems)


@contextlib.contextmanager
def _told_to_end() -> Generator[threading.Event]:
    """Yield what is set by the first SIGINT or SIGTERM; a second one is as always."""
    ending = threading.Event()
    before: dict[signal.Signals, Callable[..., object] | int | None] = {}

    def end(*_: object) -> None:
        ending.set()
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, end)
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
