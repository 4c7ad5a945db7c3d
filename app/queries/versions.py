"""What the Versions page shows: who answered when, and two versions side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.queries.lines import Line, Side, line
from app.queries.version_pair import in_order
from domain.catalogue import say
from domain.column import Column
from domain.profile import ColumnRole
from domain.window import Window
from monitors.views.versions import VersionPoint, VersionsView
from reports import numbers

_OUTPUTS: Final = (ColumnRole.SCORE, ColumnRole.PREDICTION)


@dataclass(frozen=True, slots=True)
class VersionShare:
    """
    One version's share of the predictions, window by window.

    Parameters
    ----------
    version : str
    shares : tuple of float
        In [0, 1].
    counts : tuple of int
        Predictions.
    """

    version: str
    shares: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Shares:
    """
    Who answered when.

    Parameters
    ----------
    at : tuple of datetime
        Starts of the windows in which anybody answered, oldest first.
    versions : tuple of VersionShare
        The one that came first is first; each as long as `at`.
    """

    at: tuple[datetime, ...]
    versions: tuple[VersionShare, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """
    How one version came, and went.

    Parameters
    ----------
    version : str
    since, until : Window
        The first and the last judged window with predictions of it.
    first_share, last_share : float
        Its share of the predictions in these two.
    alone_since : Window or None
        First window of the unbroken row, up to the model's newest one, in which nobody else
        answered.
    over : bool
        Whether the model's newest window has none of it.
    """

    version: str
    since: Window
    until: Window
    first_share: float
    last_share: float
    alone_since: Window | None
    over: bool


def shares(view: VersionsView) -> Shares | None:
    """Return who answered when; None where no window holds a prediction."""
    counts = _counts(view)
    at = sorted({start for own in counts.values() for start in own})
    if not at:
        return None
    totals = {start: sum(own.get(start, 0) for own in counts.values()) for start in at}
    order = sorted(counts, key=lambda version: min(counts[version], default=at[-1]))
    return Shares(
        at=tuple(at),
        versions=tuple(
            VersionShare(
                version,
                tuple(round(counts[version].get(s, 0) / totals[s], 4) for s in at),
                tuple(counts[version].get(s, 0) for s in at),
            )
            for version in order
        ),
    )


def courses(view: VersionsView) -> tuple[Course, ...]:
    """Return how each version came and went, the one that came first first."""
    known = shares(view)
    if known is None:
        return ()
    windows = {p.window.start: p.window for own in view.versions for p in own.points}
    return tuple(_course(own, known, windows) for own in known.versions)


def course_sentence(course: Course, language: str) -> str:
    """
    Say how one version came and went.

    Parameters
    ----------
    course : Course
    language : {"en", "zh"}
    """
    key = "over" if course.over else "alone" if course.alone_since else "beside"
    if course.alone_since == course.since:
        key = "first"
    alone = course.alone_since or course.since
    return say(
        f"page_versions.course.{key}",
        language,
        version=named(course.version, language),
        since=numbers.span(course.since, language),
        until=numbers.span(course.until, language),
        first=numbers.share(course.first_share),
        last=numbers.share(course.last_share),
        alone=numbers.span(alone, language),
    )


def named(version: str, language: str) -> str:
    """Write a version; logs may carry none."""
    return f"v{version}" if version else say("pages.bar.version.none", language)


def options(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns that can be laid over each other: what the model says first."""
    seen = [column for column in columns if column.role is not ColumnRole.LABEL]
    return tuple(
        sorted(
            seen,
            key=lambda c: _OUTPUTS.index(c.role) if c.role in _OUTPUTS else len(_OUTPUTS),
        )
    )


def latency_lines(
    view: VersionsView, sides: dict[str, Side], language: str
) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """
    Return each version's p99 and p50 over time.

    Parameters
    ----------
    view : VersionsView
    sides : dict of str to Side
        Versions to draw.
    language : {"en", "zh"}
    """
    p99 = _lines(view, sides, language, lambda point: point.p99_ms)
    return p99, _lines(view, sides, language, lambda point: point.p50_ms)


def metrics_of(view: VersionsView) -> tuple[str, ...]:
    """Return the performance metrics that any version was measured by, the telling ones first."""
    found = {
        metric
        for own in view.versions
        for point in own.points
        if point.performance
        for metric in point.performance.metrics
    }
    return in_order(found)


def metric_lines(
    view: VersionsView, metric: str, sides: dict[str, Side], language: str
) -> tuple[Line, ...]:
    """
    Return one performance metric of each version over time.

    Parameters
    ----------
    view : VersionsView
    metric : str
    sides : dict of str to Side
    language : {"en", "zh"}
    """
    return _lines(
        view,
        sides,
        language,
        lambda p: p.performance.metrics.get(metric) if p.performance else None,
    )


def starts(view: VersionsView, language: str) -> tuple[tuple[datetime, str], ...]:
    """Return when each version after the first one came, and what a chart writes there."""
    return tuple(
        (
            course.since.start,
            say("page_versions.starts", language, version=named(course.version, language)),
        )
        for course in courses(view)[1:]
    )


def _counts(view: VersionsView) -> dict[str, dict[datetime, int]]:
    return {
        own.version: {p.window.start: p.n_predictions for p in own.points if p.n_predictions}
        for own in view.versions
        if any(p.n_predictions for p in own.points)
    }


def _course(own: VersionShare, known: Shares, windows: dict[datetime, Window]) -> Course:
    present = [i for i, n in enumerate(own.counts) if n]
    alone = len(known.at)
    while alone and own.shares[alone - 1] >= 1.0:
        alone -= 1
    first, last = present[0], present[-1]
    whole_course = alone <= first
    return Course(
        version=own.version,
        since=windows[known.at[first]],
        until=windows[known.at[last]],
        first_share=own.shares[first],
        last_share=own.shares[last],
        alone_since=(windows[known.at[alone]] if alone < len(known.at) or whole_course else None),
        over=last < len(known.at) - 1,
    )


def _lines(
    view: VersionsView,
    sides: dict[str, Side],
    language: str,
    value: Callable[[VersionPoint], float | None],
) -> tuple[Line, ...]:
    made = [
        line(
            named(own.version, language),
            sides[own.version],
            [(point.window, value(point)) for point in own.points],
        )
        for own in view.versions
        if own.version in sides
    ]
    return tuple(one for one in made if one.known)
