"""How much may wait, who is told to wait longer, and what is counted of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol, Self

# What waits, as it came in: at 80 % senders are asked to slow down, at 100 % they are turned away
QUEUE_BYTES: Final = 64 * 1024 * 1024
SLOW_DOWN_SHARE: Final = 0.8


class BusyError(Exception):
    """
    The queue has no room.

    Parameters
    ----------
    status : int
        429 to slow down, 503 when it is full or the collector stops.
    retry_after_s : int
    """

    def __init__(self, status: int, retry_after_s: int) -> None:
        super().__init__(status)
        self.status = status
        self.retry_after_s = retry_after_s


@dataclass(slots=True)
class CollectorFacts:
    """
    What the collector did since it started, and how it stands.

    Parameters
    ----------
    accepted, duplicates : int
        Events and labels that were new; that were known already.
    rejected : Counter of str
        Those that could not be read, by reason.
    samples : int
        Samples of resource use.
    passed_over : Counter of str
        Records that tell of no prediction or call, by what they are.
    slowed_down, turned_away, failed : int
        Requests answered with 429; with 503; that could not be stored.
    commits, requests : int
    queue_bytes, queue_requests : int
        What waits or is being received or stored.
    queue_limit_bytes : int
    last_commit_s, last_lag_s : float
        How long the last commit took, and how long its first request waited for its answer.
    is_running : bool
    is_warm : bool
        Whether something was written, if only to find out that it can be.
    """

    accepted: int = 0
    duplicates: int = 0
    rejected: Counter[str] = field(default_factory=Counter[str])
    samples: int = 0
    passed_over: Counter[str] = field(default_factory=Counter[str])
    slowed_down: int = 0
    turned_away: int = 0
    failed: int = 0
    commits: int = 0
    requests: int = 0
    queue_bytes: int = 0
    queue_requests: int = 0
    queue_limit_bytes: int = QUEUE_BYTES
    last_commit_s: float = 0.0
    last_lag_s: float = 0.0
    is_running: bool = False
    is_warm: bool = False


class Take(Protocol):
    """Takes bytes of the queue."""

    def __call__(self, n_bytes: int, ahead_bytes: int, *, first: bool) -> None:
        """Take `n_bytes` where `ahead_bytes` would fit, or raise `BusyError`."""
        ...


class Room:
    """
    A share of the queue's bytes, taken as they come in and given back when all is done.

    What a sender has not sent yet takes no room from the others.

    Parameters
    ----------
    take : Take
    give_back : callable
    """

    def __init__(self, take: Take, give_back: Callable[[int], None]) -> None:
        self._take = take
        self._give_back = give_back
        self._begun = False
        self.n_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._give_back(self.n_bytes)

    def begin(self, ahead_bytes: int) -> None:
        """
        Ask for room before anything is received; nothing is taken yet.

        Parameters
        ----------
        ahead_bytes : int
            What the sender says that it will send.

        Raises
        ------
        BusyError
            If there is no room for it, or senders are to slow down.
        """
        self._take(0, ahead_bytes, first=True)
        self._begun = True

    def grow_to(self, n_bytes: int) -> None:
        """
        Take what is missing up to `n_bytes`.

        Raises
        ------
        BusyError
            If there is no room.
        """
        more = n_bytes - self.n_bytes
        if more > 0:
            self._take(more, more, first=not self._begun)
            self._begun = True
            self.n_bytes = n_bytes
