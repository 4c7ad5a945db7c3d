"""What the Data page says of sources: what came, how far it is behind, what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.queries.when import ago
from domain.catalogue import say
from domain.label import LabelStanding
from monitors.views.data import DataView, FollowedData, Following, SourceData
from reports import numbers
from reports.judgement import Tone

# counting labels takes a pass over predictions: up to so many it is done unasked
FEW_PREDICTIONS: Final = 2_000_000
# letters that a column of sources has room for
_ROOM: Final = 34
_TROUBLED: Final = (Following.FAILING, Following.STOPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """
    One row of the table of sources, as it is written.

    Parameters
    ----------
    source, last_at, newest : str
    predictions, calls, labels, duplicates, passed_over : int
    """

    source: str
    last_at: str
    newest: str
    predictions: int
    calls: int
    labels: int
    duplicates: int
    passed_over: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedRow:
    """
    One row of the table of followed sources, as it is written.

    Parameters
    ----------
    standing, source, behind, newest, looked_at, taken : str
    files : int
    """

    standing: str
    source: str
    behind: str
    newest: str
    looked_at: str
    files: int
    taken: str


@dataclass(frozen=True, slots=True)
class LabelRow:
    """
    One row of the table of labels, as it is written.

    Parameters
    ----------
    model : str
    pending : int
    share : str
    unmatched : int
    """

    model: str
    pending: int
    share: str
    unmatched: int


def sources(view: DataView, now: datetime, language: str) -> list[SourceRow]:
    """Return the table of sources, the largest first."""
    return [_source(one, now, language) for one in view.sources]


def has_passed_over(view: DataView) -> bool:
    """Return whether any record told of no call."""
    return any(one.passed_over for one in view.sources)


def troubled(view: DataView, language: str) -> tuple[Tone, str] | None:
    """Say which followed source is not taken as it should be; None where all are."""
    found = [one for one in view.followed if one.following in _TROUBLED]
    if not found:
        return None
    key = f"page_data.followed.{found[0].following}" + (".many" if len(found) > 1 else "")
    values = {"n": len(found), "source": address(found[0].source)}
    return Tone.WARNING, say(key, language, **values)


def followed(view: DataView, now: datetime, language: str) -> list[FollowedRow]:
    """Return the table of followed sources, the one that needs somebody first."""
    return [_followed(one, now, language) for one in view.followed]


def failures(view: DataView, language: str) -> list[str]:
    """Return what of followed sources cannot be read, a sentence each."""
    return [
        say(
            "page_data.followed.error" + (".many" if one.failing > 1 else ""),
            language,
            source=address(one.source),
            n=one.failing,
            error=one.error,
        )
        for one in view.followed
        if one.error is not None
    ]


def address(source: str) -> str:
    """Return a source without what stands behind ``?``: how a bucket is reached, not which."""
    return source.partition("?")[0] if "://" in source else source


def short(source: str) -> str:
    """Return a source as a table has room for it: of a long path its end."""
    shown = address(source)
    end = "/".join(shown.split("/")[-2:])
    return shown if len(shown) <= _ROOM else f"…/{end}" if len(end) < _ROOM else f"…{end[-_ROOM:]}"


def waiting(view: DataView, now: datetime, language: str) -> str | None:
    """Say which sides of calls wait for the other; None where none does."""
    halves = view.halves
    if not (halves.requests or halves.responses) or halves.since is None:
        return None
    return say(
        "page_data.halves",
        language,
        requests=numbers.count(halves.requests),
        responses=numbers.count(halves.responses),
        ago=ago(min(halves.since, now), now, language),
        wait=numbers.length(halves.wait_s, language),
    )


def is_quick(view: DataView) -> bool:
    """Return whether counting what waits for labels takes no time worth asking about."""
    return sum(one.predictions for one in view.models if one.labels) <= FEW_PREDICTIONS


def has_labels(view: DataView) -> bool:
    """Return whether any model has labels."""
    return any(one.labels for one in view.models)


def labels(standing: tuple[LabelStanding, ...]) -> list[LabelRow]:
    """Return the table of labels, the model first whose labels found the fewest predictions."""
    return [
        LabelRow(
            one.model,
            one.pending,
            _share(one),
            one.unmatched,
        )
        for one in sorted(standing, key=lambda one: (-one.unmatched, -one.pending, one.model))
    ]


def _share(one: LabelStanding) -> str:
    return numbers.share(one.pending / one.predictions) if one.predictions else numbers.DASH


def _source(one: SourceData, now: datetime, language: str) -> SourceRow:
    return SourceRow(
        source=short(one.source),
        last_at=_when(one.last_at, now, language),
        newest=_when(one.newest, now, language),
        predictions=one.predictions,
        calls=one.calls,
        labels=one.labels,
        duplicates=one.duplicates,
        passed_over=one.passed_over,
    )


def _followed(one: FollowedData, now: datetime, language: str) -> FollowedRow:
    return FollowedRow(
        standing=say(f"page_data.following.{one.following}", language),
        source=short(one.source),
        behind=numbers.size(one.bytes_behind),
        newest=_when(one.newest, now, language),
        looked_at=_when(one.looked_at, now, language),
        files=one.files,
        taken=numbers.size(one.bytes_taken),
    )


def _when(at: datetime | None, now: datetime, language: str) -> str:
    """Write how long ago something was; what a recording's clock has not reached, as its date."""
    if at is None:
        return numbers.DASH
    return ago(at, now, language) if at <= now else numbers.day(at, language)
