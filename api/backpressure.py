"""How much may wait, who is told to wait longer, and what is counted of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self

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
    slowed_down, turned_away, failed : int
        Requests answered with 429; with 503; that could not be stored.
    commits, requests : int
    queue_bytes, queue_requests : int
        What waits or is being received or stored.
    queue_limit_bytes : int
    last_commit_s, last_lag_s : float
        How long the last commit took, and how long its first request waited for its answer.
    is_running : bool
    """

    accepted: int = 0
    duplicates: int = 0
    rejected: Counter[str] = field(default_factory=Counter[str])
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


class Room:
    """
    A share of the queue's bytes, taken as they come in and given back when all is done.

    Parameters
    ----------
    take : callable
        Takes bytes or raises `BusyError`.
    give_back : callable
    """

    def __init__(self, take: Callable[[int], None], give_back: Callable[[int], None]) -> None:
        self._take = take
        self._give_back = give_back
        self.n_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._give_back(self.n_bytes)

    def grow_to(self, n_bytes: int) -> None:
        """
        Take what is missing up to `n_bytes`.

        Raises
        ------
        BusyError
            If there is no room.
        """
        if n_bytes > self.n_bytes:
            self._take(n_bytes - self.n_bytes)
            self.n_bytes = n_bytes
