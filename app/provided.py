"""The service that this process shows: put there once by whoever started it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from domain.errors import UsageError
from monitors.service import Service

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Provided:
    """
    What the pages are made of.

    Parameters
    ----------
    service : Service
    clock : callable
        Returns now; for recorded data a moment just behind its end.
    recorded : bool
        Whether the data is a recording, whose clock stands.
    """

    service: Service
    clock: Clock
    recorded: bool


class _Place:
    """Holds it: Streamlit runs a page's script anew for every click, modules stay."""

    provided: Provided | None = None


def provide(service: Service, clock: Clock, *, recorded: bool) -> None:
    """
    Put in place what the pages show; a later call replaces it.

    Parameters
    ----------
    service : Service
    clock : callable
    recorded : bool
    """
    _Place.provided = Provided(service, clock, recorded)


def is_provided() -> bool:
    """Return whether something is in place."""
    return _Place.provided is not None


def provided() -> Provided:
    """
    Return what the pages show.

    Raises
    ------
    UsageError
        If nobody has put anything in place.
    """
    if _Place.provided is None:
        raise UsageError("the dashboard has no service; start it with 'driftline serve'")
    return _Place.provided
