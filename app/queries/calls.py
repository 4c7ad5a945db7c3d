"""Single calls, written out."""

from __future__ import annotations

from dataclasses import dataclass

from domain.calls import say_status
from domain.catalogue import say
from monitors.views.calls import CallShown, NotableCalls
from reports import numbers
from reports.plain import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """
    One call, written out.

    Parameters
    ----------
    why, at, latency, status, replica : str
    trace : str or None
        As it was logged.
    trace_url : str or None
    """

    why: str
    at: str
    latency: str
    status: str
    replica: str
    trace: str | None
    trace_url: str | None


def call_rows(found: NotableCalls, language: str) -> tuple[CallRow, ...]:
    """
    Return calls in their order.

    Parameters
    ----------
    found : NotableCalls
    language : {"en", "zh"}
    """
    return tuple(_row(one, language) for one in found.calls)


def _row(one: CallShown, language: str) -> CallRow:
    call = one.call
    return CallRow(
        why=say(f"page_calls.{'failed' if one.failed else 'slow'}", language),
        at=f"{call.ts:%Y-%m-%d %H:%M:%S} UTC",
        latency=numbers.milliseconds(call.latency_ms),
        status=_status(call.status, language),
        replica=printable(call.replica) if call.replica else numbers.DASH,
        trace=printable(call.trace_id) if call.trace_id else None,
        trace_url=one.trace_url,
    )


def _status(status: int | None, language: str) -> str:
    return numbers.DASH if status is None else say_status(status, language)
