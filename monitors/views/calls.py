"""Single calls that are worth a look."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.calls import LoggedCall


class CallsRead(StrEnum):
    """
    Whether single calls could be read.

    `read`: they were. `none`: no call of the span failed, and none has a latency. `gone`: there
    were some, whose rows are not kept any more. `elsewhere`: whoever counts them gives no single
    ones. `failed`: something is in the way.
    """

    READ = "read"
    NONE = "none"
    GONE = "gone"
    ELSEWHERE = "elsewhere"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CallShown:
    """
    One call.

    Parameters
    ----------
    call : LoggedCall
    failed : bool
    trace_url : str or None
        Where its trace is shown; None: it has none, or no address is configured.
    """

    call: LoggedCall
    failed: bool
    trace_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotableCalls:
    """
    The slowest and the failed calls of a span.

    Parameters
    ----------
    read : CallsRead
    calls : tuple of CallShown
        The newest that failed, then the slowest of all that are not among them; at most 20.
    linked : bool
        Whether an address of traces is configured.
    error : str or None
        What is in the way.
    """

    read: CallsRead
    calls: tuple[CallShown, ...]
    linked: bool
    error: str | None = None
