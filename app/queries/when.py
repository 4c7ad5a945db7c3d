"""Times as a reader wants them: how long ago, how soon."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.catalogue import say
from reports import numbers


def about(length: timedelta, language: str) -> str:
    """Write a length in its largest unit: ``4 d``, ``18 h``; below a minute as ``0 min``."""
    seconds = max(length.total_seconds(), 0.0)
    for size, unit in ((86_400, "day"), (3600, "hour")):
        if seconds >= size:
            return say(f"report.length.{unit}", language, n=int(seconds // size))
    return say("report.length.minute", language, n=int(seconds // 60))


def ago(at: datetime, now: datetime, language: str) -> str:
    """Write how long ago something was."""
    return say("pages.ago", language, length=about(now - at, language))


def next_check(at: datetime | None, now: datetime, language: str) -> str:
    """Write when the next check is: a moment and how soon, or that it is due."""
    if at is None:
        return numbers.DASH
    if at <= now:
        return say("pages.head.next.due", language)
    return say("pages.head.next.in", language, length=about(at - now, language))
