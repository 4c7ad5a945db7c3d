"""How it stands with the server that is asked what replicas use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Asking(StrEnum):
    """
    How a Prometheus stands; what needs somebody first.

    `failing`: it does not answer, or not what was asked. `unmatched`: it answers, with series of
    no deployment of the store. `silent`: it answers, and has no series at all. `unasked`: nothing
    was asked yet: only the owner of a store does, and of replicas that have answered calls.
    `current`: its newest value is kept.
    """

    FAILING = "failing"
    UNMATCHED = "unmatched"
    SILENT = "silent"
    UNASKED = "unasked"
    CURRENT = "current"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusView:
    """
    The Prometheus of a configuration.

    Parameters
    ----------
    url : str
    asking : Asking
    asked_at : datetime or None
        When it was asked last; None: not yet.
    newest : datetime or None
        The newest sample that is kept of it.
    series, unmatched : int
        That came with the last answers, and those of them that are of no deployment.
    errors : dict of str to str
        Why queries failed the last time, by their names; of all of them under "".
    """

    url: str
    asking: Asking
    asked_at: datetime | None
    newest: datetime | None
    series: int
    unmatched: int
    errors: dict[str, str]
