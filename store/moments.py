"""Times on their way into the database and back: it keeps UTC without a zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the naive UTC that the database keeps


def to_stored(moment: datetime) -> datetime:
    """Return an aware time as naive UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def to_stored_or_none(moment: datetime | None) -> datetime | None:
    """Return `to_stored`, or None for None."""
    return None if moment is None else to_stored(moment)


def from_stored(moment: datetime) -> datetime:
    """Return a stored time as aware UTC."""
    return moment.replace(tzinfo=UTC)


def from_stored_or_none(moment: datetime | None) -> datetime | None:
    """Return `from_stored`, or None for None."""
    return None if moment is None else from_stored(moment)


def to_microseconds(moment: datetime) -> int:
    """Return microseconds since 1970, exactly."""
    return (to_stored(moment) - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(us: int) -> datetime:
    """Return the aware UTC time of microseconds since 1970, exactly."""
    return (_EPOCH + timedelta(microseconds=us)).replace(tzinfo=UTC)
