"""Half-open spans of UTC time, and how a span falls into windows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.errors import InvalidWindowError

_DURATION = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(s|m|min|h|d|w)\s*$")
_UNIT_S = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """
    A half-open span ``[start, end)`` of UTC time.

    Parameters
    ----------
    start, end : datetime
        Aware; kept as UTC. `end` is later than `start`.

    Raises
    ------
    InvalidWindowError
        If a bound has no time zone or the span is empty.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            moment = getattr(self, name)
            if moment.tzinfo is None:
                raise InvalidWindowError(
                    f"window {name} {moment.isoformat()} has no time zone; "
                    f"write {moment.isoformat()}Z or pass an aware datetime"
                )
            object.__setattr__(self, name, moment.astimezone(UTC))
        if self.end <= self.start:
            raise InvalidWindowError(f"window {self} is empty: its end is not later than its start")

    def __str__(self) -> str:
        return f"{iso(self.start)}/{iso(self.end)}"

    @property
    def duration(self) -> timedelta:
        """Length of the span."""
        return self.end - self.start

    def contains(self, moment: datetime) -> bool:
        """Return whether `moment` lies in ``[start, end)``."""
        return self.start <= moment < self.end

    @classmethod
    def parse(cls, text: str, timezone: str = "UTC") -> Window:
        """
        Read ``START/END``; a date without time is midnight of `timezone`.

        Raises
        ------
        InvalidWindowError
            If the text is not of that form or a time has no zone.
        """
        parts = text.split("/")
        if len(parts) != 2:
            raise InvalidWindowError(
                f"window {text!r} is not START/END, for example 2013-07-01/2013-07-02"
            )
        return cls(parse_time(parts[0], timezone), parse_time(parts[1], timezone))


@dataclass(frozen=True, slots=True)
class Rows:
    """
    The rows of some windows, in each of one version.

    Parameters
    ----------
    windows : tuple of Window
        Oldest first, not overlapping, gaps allowed.
    versions : tuple of str
        As many: whose rows count in each.
    """

    windows: tuple[Window, ...] = ()
    versions: tuple[str, ...] = ()


def iso(moment: datetime) -> str:
    """Write a UTC time as ``2013-07-01T10:00:00Z``, with microseconds only where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_time(text: str, timezone: str = "UTC") -> datetime:
    """
    Read a date (midnight of `timezone`) or an ISO time with its zone.

    Raises
    ------
    InvalidWindowError
        If it is neither, or a time of day lacks its zone.
    """
    cleaned = text.strip()
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", cleaned):
            day = date.fromisoformat(cleaned)
            return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)).astimezone(UTC)
        moment = datetime.fromisoformat(cleaned)
    except ValueError as error:
        raise InvalidWindowError(
            f"time {text!r} is not ISO 8601; write 2013-07-01 or 2013-07-01T10:00:00Z"
        ) from error
    if moment.tzinfo is None:
        raise InvalidWindowError(f"time {text!r} has no zone; write {cleaned}Z")
    return moment.astimezone(UTC)


def parse_duration(text: str) -> timedelta:
    """
    Read ``30s``, ``5m``, ``6h``, ``28d`` or ``2w``.

    Raises
    ------
    InvalidWindowError
        If the text is not of that form, or zero.
    """
    match = _DURATION.match(text)
    span = timedelta(seconds=float(match[1]) * _UNIT_S[match[2]]) if match else timedelta()
    if span <= timedelta():
        raise InvalidWindowError(f"duration {text!r} is not one of 30s, 5m, 6h, 28d, 2w")
    return span


def windows_between(
    start: datetime, end: datetime, length: timedelta, timezone: str
) -> list[Window]:
    """
    Return the complete windows of `length` inside ``[start, end)``, oldest first.

    Whole days follow the local calendar of `timezone` (23 or 25 hours when clocks change);
    shorter windows count from midnight UTC, so that they never straddle a day.

    Parameters
    ----------
    start, end : datetime
        Aware.
    length : timedelta
        Whole days, or a divisor of a day.
    timezone : str
        IANA name.
    """
    return list(_generate(start, end, length, timezone))


def _generate(start: datetime, end: datetime, length: timedelta, timezone: str) -> Iterator[Window]:
    opening = align(start, length, timezone)
    if opening < start:
        opening = _next(opening, length, timezone)
    closing = _next(opening, length, timezone)
    while closing <= end:
        yield Window(opening, closing)
        opening, closing = closing, _next(closing, length, timezone)


def align(moment: datetime, length: timedelta, timezone: str) -> datetime:
    """Return the start of the window of `length` that `moment` lies in."""
    if length % timedelta(days=1):
        _require_divisor(length)
        since_epoch = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
        return datetime(1970, 1, 1, tzinfo=UTC) + (since_epoch // length) * length
    zone = ZoneInfo(timezone)
    days = length // timedelta(days=1)
    day = moment.astimezone(zone).date()
    # multi-day windows count from Monday 1 January 2001, so that 7-day windows are calendar weeks
    day = date.fromordinal(
        day.toordinal() - (day.toordinal() - date(2001, 1, 1).toordinal()) % days
    )
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _next(start: datetime, length: timedelta, timezone: str) -> datetime:
    if length % timedelta(days=1):
        return start + length
    zone = ZoneInfo(timezone)
    local = (start.astimezone(zone).replace(tzinfo=None) + length).replace(tzinfo=zone)
    return local.astimezone(UTC)


def _require_divisor(length: timedelta) -> None:
    if length > timedelta(days=1) or timedelta(days=1) % length:
        raise InvalidWindowError(
            f"window length {length} divides no day; use whole days or 1h, 2h, 3h, 4h, 6h, 8h, 12h"
        )
