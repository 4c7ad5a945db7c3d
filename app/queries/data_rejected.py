"""What the Data page says of lines that could not be read, and of reading them again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from app.queries.data_sources import short
from domain.catalogue import say
from monitors.retrying import RetryCounts, Retrying, mended
from monitors.views.data import DataView, RejectedData
from reports import numbers
from reports.judgement import Tone


@dataclass(frozen=True, slots=True)
class Choice:
    """
    Which lines are read again.

    Parameters
    ----------
    source, reason : str or None
        None: of every source, for every reason.
    lines : int
    """

    source: str | None
    reason: str | None
    lines: int


def retention(view: DataView, language: str) -> str:
    """Say how long lines are kept, and what became of those that are kept no more."""
    totals = view.rejected_totals
    told = say(
        "page_data.rejected.kept",
        language,
        keep=numbers.length(totals.keep_s, language),
        most=numbers.count(totals.most),
    )
    if totals.read_again or totals.dropped:
        told += say(
            "page_data.rejected.before",
            language,
            read=numbers.count(totals.read_again),
            dropped=numbers.count(totals.dropped),
        )
    return told


def first(view: DataView, language: str) -> str | None:
    """Say how many lines the table does not show; None where it shows all."""
    shown = sum(one.lines for one in view.rejected)
    if shown == view.rejected_totals.lines:
        return None
    rest = numbers.count(view.rejected_totals.lines - shown)
    return say("page_data.rejected.first", language, rest=rest)


def choices(view: DataView) -> list[Choice]:
    """Return what can be chosen to be read again: all of it, each source, each of its reasons."""
    found = [Choice(None, None, view.rejected_totals.lines)]
    by_source = Counter[str]()
    for one in view.rejected:
        by_source[one.source] += one.lines
    reasons = Counter(one.source for one in view.rejected)
    for source, lines in by_source.most_common():
        if len(by_source) > 1:
            found.append(Choice(source, None, lines))
        if reasons[source] > 1:
            found += [_of(one) for one in view.rejected if one.source == source]
    return found


def _of(one: RejectedData) -> Choice:
    return Choice(one.source, one.reason, one.lines)


def chosen(choice: Choice, language: str) -> str:
    """Write a choice."""
    if choice.source is None:
        return say("page_data.retry.all", language, n=numbers.count(choice.lines))
    key = "page_data.retry.source" if choice.reason is None else "page_data.retry.reason"
    return say(
        key,
        language,
        source=short(choice.source),
        reason=choice.reason,
        n=numbers.count(choice.lines),
    )


def wanted(choice: Choice, mapping: str, now: datetime) -> Retrying:
    """
    Return what is to be read again, and how.

    Parameters
    ----------
    choice : Choice
    mapping : str
        As it was put in; empty: as each line was read then.
    now : datetime

    Raises
    ------
    ConfigurationError
        If it is no mapping, or too long for one.
    """
    return Retrying(now=now, source=choice.source, reason=choice.reason, mapping=mended(mapping))


def outcome(counts: RetryCounts, language: str) -> tuple[Tone, str]:
    """Say what became of lines that were read again."""
    stored = counts.stored
    if counts.read:
        said = say(
            "page_data.retry.done",
            language,
            read=numbers.count(counts.read),
            lines=numbers.count(counts.lines),
            predictions=numbers.count(stored.predictions),
            calls=numbers.count(stored.calls),
            labels=numbers.count(stored.labels),
        )
    else:
        said = say("page_data.retry.none", language, lines=numbers.count(counts.lines))
    parts = [said]
    if counts.still:
        reasons = ", ".join(f"{reason} {n}" for reason, n in counts.still.most_common())
        n = numbers.count(counts.still.total())
        parts.append(say("page_data.retry.still", language, n=n, reasons=reasons))
    parts += [
        say(f"page_data.retry.untried.{why}", language, n=numbers.count(n))
        for why, n in counts.untried.most_common()
    ]
    tone = Tone.OK if counts.read and not counts.still else Tone.WARNING
    return tone, say("page_data.retry.join", language).join(parts)
