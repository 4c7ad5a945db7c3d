"""Times as logs write them into microseconds of UTC; what has no zone is never guessed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ingest.values import Values, holds

MICROSECONDS: Final = pa.timestamp("us", tz="UTC")
_NAIVE: Final = pa.timestamp("us")

Int = NDArray[np.int64]
Parsed = tuple[Int, dict[int, str]]
Outcome = int | str  # microseconds, or the reason of the rejection

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST_US: Final = int(datetime(1990, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
_LATEST_US: Final = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
_AHEAD: Final = timedelta(days=1)

_DIGITS: Final = re.compile(r"^[+-]?[0-9]{1,30}(\.[0-9]*)?$")
# The form that the bulk parser and the exact one read alike.
_PLAIN: Final = r"^[12][0-9]{3}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
_ZONED_TEXT: Final = _PLAIN + r"(Z|[+-][0-9]{2}:?[0-9]{2})$"
_NAIVE_TEXT: Final = _PLAIN + r"$"

# epoch numbers: a second count beyond 1e11 would be after the year 5138
_UNITS: Final = (("s", 1e11, 1e6), ("ms", 1e14, 1e3), ("us", 1e17, 1.0), ("ns", 1e20, 1e-3))


@dataclass(frozen=True, slots=True)
class TimeRule:
    """
    How a log writes its times.

    Parameters
    ----------
    zone : str or None
        IANA name for times without one; None: they are rejected.
    fold : {"reject", "earlier", "later"}
        Which of the two is meant where clocks are set back.
    format : str or None
        As `datetime.strptime`; None: ISO 8601 or epoch numbers.
    unit : {"s", "ms", "us", "ns"} or None
        Of epoch numbers; None: told by their size.
    """

    zone: str | None = None
    fold: str = "reject"
    format: str | None = None
    unit: str | None = None


# ISO 8601 with a zone, or epoch numbers
ZONED: Final = TimeRule()


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """
    Parsed times.

    Parameters
    ----------
    ts : pa.TimestampArray
        Microseconds of UTC; null where there is none or it is refused.
    refused : dict of int to str
        Reason by row.
    """

    ts: pa.Array
    refused: dict[int, str]


def parse_times(values: Values, rule: TimeRule, now: datetime | None = None) -> Times:
    """
    Parse a column of times.

    Parameters
    ----------
    values : Values
        ISO 8601 texts, epoch numbers (as numbers or as digits) or times.
    rule : TimeRule
    now : datetime or None
        What is more than a day later than this is refused.
    """
    micros = np.zeros(values.length, dtype=np.int64)
    known = np.zeros(values.length, dtype=np.bool_)
    refused: dict[int, str] = {}
    for name, part in values.parts().items():
        rows = np.flatnonzero(holds(part))
        given = part.filter(part.is_valid()) if part.null_count else part
        got, wrong = _PARSERS[name](given, rule)
        micros[rows] = got
        known[rows] = True
        refused.update({int(rows[index]): reason for index, reason in wrong.items()})
    latest = _LATEST_US if now is None else min(_LATEST_US, _micros(now + _AHEAD))
    for reason, outside in (("past_ts", micros < _EARLIEST_US), ("future_ts", micros > latest)):
        for row in np.flatnonzero(outside & known):
            refused.setdefault(int(row), reason)
    known[list(refused)] = False
    return Times(pa.array(micros, MICROSECONDS, mask=~known), refused)


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _texts(texts: pa.Array, rule: TimeRule) -> Parsed:
    """Parse in bulk what both ways read alike, and the rest one by one."""
    micros = np.zeros(len(texts), dtype=np.int64)
    refused: dict[int, str] = {}
    rest = np.ones(len(texts), dtype=np.bool_)
    for pattern, kind in _bulk_forms(rule):
        rows = rest & np.asarray(pc.match_substring_regex(texts, pattern))
        got = _cast(texts.filter(pa.array(rows)), kind)
        if got is None:
            continue
        where = np.flatnonzero(rows)
        rest[where] = False
        micros[where], wrong = _localise(got, rule) if kind is _NAIVE else (_ints(got), {})
        refused.update({int(where[index]): reason for index, reason in wrong.items()})
    for row in np.flatnonzero(rest):
        outcome = parse_time(texts[row].as_py(), rule)
        if isinstance(outcome, str):
            refused[int(row)] = outcome
        else:
            micros[row] = outcome
    return micros, refused


def _bulk_forms(rule: TimeRule) -> list[tuple[str, pa.DataType]]:
    if rule.format is not None:
        return []
    zoned, naive = (_ZONED_TEXT, MICROSECONDS), (_NAIVE_TEXT, _NAIVE)
    return [zoned] if rule.zone is None else [zoned, naive]


def _cast(texts: pa.Array, kind: pa.DataType) -> pa.Array | None:
    try:
        return pc.cast(texts, kind)
    except pa.ArrowInvalid:  # a 13th month among them
        return None


def _ints(times: pa.Array) -> Int:
    return np.asarray(pc.cast(times, pa.int64()), dtype=np.int64)


def _localise(naive: pa.Array, rule: TimeRule) -> Parsed:
    """Place local times on the UTC line; at the change of clocks there are two, or none."""
    early = pc.assume_timezone(naive, rule.zone, ambiguous="earliest", nonexistent="earliest")
    late = pc.assume_timezone(naive, rule.zone, ambiguous="latest", nonexistent="latest")
    first, last = _ints(early), _ints(late)
    micros = last if rule.fold == "later" else first
    refused: dict[int, str] = {}
    differ = np.flatnonzero(first != last)
    if len(differ):
        exists = np.asarray(pc.equal(pc.local_timestamp(early), naive))
        for row in differ:
            if not exists[row]:
                refused[int(row)] = "skipped_ts"
            elif rule.fold == "reject":
                refused[int(row)] = "ambiguous_ts"
    return micros, refused


def parse_time(text: str, rule: TimeRule) -> Outcome:
    """
    Parse one time.

    Parameters
    ----------
    text : str
    rule : TimeRule

    Returns
    -------
    int or str
        Microseconds of UTC since 1970, or the reason of the rejection.
    """
    cleaned = text.strip()
    try:
        if rule.format is not None:
            moment = datetime.strptime(cleaned, rule.format)  # noqa: DTZ007 - zoned below
        elif _DIGITS.match(cleaned):
            return _epoch_text(cleaned, rule)
        else:
            moment = datetime.fromisoformat(cleaned.upper())
        if moment.tzinfo is not None:
            return _micros(moment)
    except (ValueError, OverflowError):
        return "bad_ts"
    if rule.zone is None:
        return "naive_ts"
    micros, refused = _localise(pa.array([moment], _NAIVE), rule)
    return refused.get(0, int(micros[0]))


def _epoch_text(digits: str, rule: TimeRule) -> Outcome:
    if "." in digits:
        micros, refused = _numbers(pa.array([float(digits)]), rule)
        return refused.get(0, int(micros[0]))
    count = int(digits)
    unit = rule.unit or next((u for u, limit, _ in _UNITS if abs(count) < limit), "")
    scaled = {"s": count * 1_000_000, "ms": count * 1000, "us": count, "ns": count // 1000}.get(
        unit
    )
    if scaled is None:
        return "bad_ts"
    return min(max(scaled, -(2**62)), 2**62)


def _numbers(numbers: pa.Array, rule: TimeRule) -> Parsed:
    counts = np.asarray(numbers, dtype=np.float64)
    micros = np.full(len(counts), np.nan)
    left = np.isfinite(counts)
    for unit, limit, factor in _UNITS:
        fits = left & (rule.unit == unit if rule.unit else np.abs(counts) < limit)
        micros[fits] = np.rint(counts[fits] * factor)
        left &= ~fits
    refused = {int(row): "bad_ts" for row in np.flatnonzero(np.isnan(micros))}
    return np.clip(np.nan_to_num(micros), -(2.0**62), 2.0**62).astype(np.int64), refused


def _times(times: pa.Array, rule: TimeRule) -> Parsed:
    if times.type.tz:
        return _ints(times), {}
    if rule.zone is None:
        return np.zeros(len(times), dtype=np.int64), dict.fromkeys(range(len(times)), "naive_ts")
    return _localise(times, rule)


def _none_is_a_time(part: pa.Array, _rule: TimeRule) -> Parsed:
    return np.zeros(len(part), dtype=np.int64), dict.fromkeys(range(len(part)), "bad_ts")


_PARSERS: Final[dict[str, Callable[[pa.Array, TimeRule], Parsed]]] = {
    "text": _texts,
    "number": _numbers,
    "time": _times,
    "flag": _none_is_a_time,
    "nested": _none_is_a_time,
}


def known_zone(name: str) -> bool:
    """Return whether `name` is an IANA time zone."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return True
