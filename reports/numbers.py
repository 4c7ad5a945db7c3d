"""How numbers and times are written for a reader: units, few digits, never a raw float."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.catalogue import say
from domain.window import Window

DASH = "—"


def count(value: float | None) -> str:
    """Write a count in full with separators: ``12,345``."""
    return DASH if value is None else f"{value:,.0f}"


def compact(value: float | None) -> str:
    """Write a count in three digits: ``71K``, ``1.2M``."""
    if value is None:
        return DASH
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "K")):
        if abs(value) >= size:
            short = value / size
            return f"{short:.1f}{unit}" if abs(short) < 10 else f"{short:.0f}{unit}"
    return f"{value:,.0f}"


def share(value: float | None, digits: int = 1) -> str:
    """Write a share in [0, 1] as a percentage; below the last digit as ``<0.1%``."""
    if value is None:
        return DASH
    smallest = 10.0**-digits
    if 0 < value * 100 < smallest:
        return f"<{smallest:g}%"
    # 99.997 % must not read as 100 %: nothing failed and almost nothing failed differ
    if 100 - smallest < value * 100 < 100:
        return f">{100 - smallest:g}%"
    return f"{value * 100:.{digits}f}%"


def target(value: float) -> str:
    """Write an objective's target without trailing zeros: ``99.9%``."""
    return f"{value * 100:.6g}%"


def statistic(value: float | None) -> str:
    """Write a drift statistic with two decimals, in three digits where it is small."""
    if value is None:
        return DASH
    if value and abs(value) < 0.01:
        return f"{value:.1g}" if abs(value) >= 0.0001 else "<0.0001"
    return f"{value:.2f}"


def p_value(value: float | None) -> str:
    """Write a p-value; what is smaller than a thousandth reads ``<0.001``."""
    if value is None:
        return DASH
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def multiple(value: float | None) -> str:
    """Write a multiple of a line: ``0.4×``, ``12×``."""
    if value is None:
        return DASH
    rounded = round(value, 1) or 0.0  # no "-0.0×"
    return f"{rounded:.1f}×" if abs(rounded) < 10 else f"{value:,.0f}×"


def milliseconds(value: float | None) -> str:
    """Write a duration given in milliseconds; from ten seconds on in seconds."""
    if value is None:
        return DASH
    if value >= 10_000:
        return f"{value / 1000:,.1f} s"
    return f"{value:.1f} ms" if value < 10 else f"{value:.0f} ms"


def metric(value: float | None) -> str:
    """Write a performance metric in three significant decimals."""
    if value is None:
        return DASH
    return f"{value:.3f}" if abs(value) < 100 else f"{value:,.1f}"


def axis(value: float) -> str:
    """Write a value of a column beside an axis: as short as it stays readable."""
    if value == 0:
        return "0"
    if abs(value) >= 100_000:
        return compact(value)
    if abs(value) < 0.001:
        return f"{value:.0e}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def size(n_bytes: float | None) -> str:
    """Write bytes in three digits, a thousand to the next unit: ``812 KB``, ``1.2 GB``."""
    if n_bytes is None:
        return DASH
    for bytes_each, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "KB")):
        if n_bytes >= bytes_each:
            short = n_bytes / bytes_each
            return f"{short:.1f} {unit}" if short < 10 else f"{short:.0f} {unit}"
    return f"{n_bytes:.0f} B"


def length(seconds: float, language: str) -> str:
    """Write a span in its two largest units: ``5 min``, ``6 h``, ``1 d 12 h``."""
    rest, parts = round(seconds), list[str]()
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        amount, rest = divmod(rest, size)
        if amount:
            parts.append(say(f"report.length.{unit}", language, n=amount))
        elif parts:
            break
    return " ".join(parts[:2]) or say("report.length.second", language, n=0)


def budget(remaining: float | None, language: str) -> str:
    """Write what is left of an error budget, or by how many budgets it is overspent."""
    if remaining is None:
        return DASH
    if remaining >= 0:
        return say("report.budget.left", language, share=f"{remaining * 100:.0f}%")
    return say("report.budget.overspent", language, times=multiple(1 - remaining))


def moment(at: datetime | None, language: str) -> str:
    """Write a UTC time to the minute; midnight as its date alone would hide the zone."""
    return DASH if at is None else say("report.time.minute", language, at=at)


def day(at: datetime, language: str) -> str:
    """Write the UTC date of a time."""
    return say("report.time.day", language, at=at)


def span(window: Window, language: str) -> str:
    """Write a half-open window: one date for a UTC day, two dates for days, else both times."""
    midnight = timedelta(0)
    start, end = window.start, window.end
    whole_days = _of_day(start) == midnight and _of_day(end) == midnight
    if not whole_days:
        return say(
            "report.time.span", language, start=moment(start, language), end=moment(end, language)
        )
    if window.duration == timedelta(days=1):
        return day(start, language)
    last = end - timedelta(days=1)
    return say("report.time.span", language, start=day(start, language), end=day(last, language))


def _of_day(at: datetime) -> timedelta:
    return timedelta(
        hours=at.hour, minutes=at.minute, seconds=at.second, microseconds=at.microsecond
    )
