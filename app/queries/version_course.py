"""How the versions of a model came and went, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.queries.versions import VersionShare, named, shares
from domain.catalogue import say
from domain.window import Window
from monitors.views.versions import VersionsView
from reports import numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """
    From when to when a version did something, and how much of it.

    Parameters
    ----------
    since, until : Window
        The first and the last judged window of it.
    predictions : int
        In all its windows.
    """

    since: Window
    until: Window
    predictions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """
    How one version came, and went.

    Parameters
    ----------
    version : str
    answered, shadow : Stay or None
        Its predictions that answered somebody, and those that answered nobody; None: it has none.
    first_share, last_share : float
        Its share of the answers in the first and the last window in which it answered.
    alone_since : Window or None
        First window of the unbroken row, up to the model's newest one, in which nobody else
        answered.
    from_the_start : bool
        Whether it answered in the model's first judged window.
    newest : str
        What it does in the model's newest window: ``answers``, ``shadow`` or ``nothing``.
    """

    version: str
    answered: Stay | None
    shadow: Stay | None
    first_share: float
    last_share: float
    alone_since: Window | None
    from_the_start: bool
    newest: str


def courses(view: VersionsView) -> tuple[Course, ...]:
    """Return how each version came and went, the one that answered first first."""
    known = shares(view)
    if known is None:
        return ()
    windows = {p.window.start: p.window for own in view.versions for p in own.points}
    at = [windows[start] for start in known.at]
    totals = [sum(n) for n in zip(*(own.counts for own in known.versions), strict=True)]
    return tuple(_course(own, at, totals) for own in known.versions)


def uncounted(view: VersionsView) -> Window | None:
    """Return the span of the windows whose runs did not count shadow; None where all did."""
    old = [p.window for own in view.versions for p in own.points if p.n_shadow is None]
    return Window(min(old).start, max(w.end for w in old)) if old else None


def course_sentence(course: Course, language: str) -> str:
    """
    Say how one version came and went.

    Parameters
    ----------
    course : Course
    language : {"en", "zh"}
    """
    answered, shadow = course.answered, course.shadow
    told: list[str] = []
    if answered is None:
        told.append(_said("only" if course.newest == "shadow" else "only-over", course, language))
    else:
        ahead = shadow is not None and shadow.since < answered.since
        if ahead:
            told.append(_said("ahead", course, language))
        told.append(_said(_answers(course), course, language))
        if shadow is not None and not ahead and course.newest != "shadow":
            told.append(_said("beside", course, language))
    return say("page_versions.course.between", language).join(told)


def starts(view: VersionsView, language: str) -> tuple[tuple[datetime, str], ...]:
    """Return when each version after the first one came, and what a chart writes there."""
    found: list[tuple[datetime, str]] = []
    for course in courses(view):
        name = named(course.version, language)
        answered, shadow = course.answered, course.shadow
        if shadow is not None and (answered is None or shadow.since < answered.since):
            said = say("page_versions.starts.shadow", language, version=name)
            found.append((shadow.since.start, said))
        if answered is not None and not course.from_the_start:
            found.append(
                (answered.since.start, say("page_versions.starts", language, version=name))
            )
    return tuple(found)


def _answers(course: Course) -> str:
    if course.newest == "nothing":
        return "over"
    if course.newest == "shadow":
        return "stepped-back"
    if course.alone_since is None:
        return "beside-others"
    if course.answered is None or course.alone_since != course.answered.since:
        return "alone"
    return "first" if course.from_the_start else "at-once"


def _said(key: str, course: Course, language: str) -> str:
    some = course.answered or course.shadow
    shadow = course.shadow or some
    if some is None or shadow is None:
        return ""
    return say(
        f"page_versions.course.{key}",
        language,
        version=named(course.version, language),
        since=numbers.span(some.since, language),
        until=numbers.span(some.until, language),
        first=numbers.share(course.first_share),
        last=numbers.share(course.last_share),
        alone=numbers.span(course.alone_since or some.since, language),
        shadow=numbers.span(Window(shadow.since.start, shadow.until.end), language),
        n=numbers.count(shadow.predictions),
    )


def _course(own: VersionShare, at: Sequence[Window], totals: Sequence[int]) -> Course:
    answered, shadow = _stay(own.counts, at), _stay([n or 0 for n in own.shadow], at)
    present = [share for share, n in zip(own.shares, own.counts, strict=True) if n]
    alone = len(at)
    # by counts: a share of 99.996 % is not all
    while alone and own.counts[alone - 1] == totals[alone - 1] > 0:
        alone -= 1
    newest = "answers" if own.counts[-1] else "shadow" if own.shadow[-1] else "nothing"
    return Course(
        version=own.version,
        answered=answered,
        shadow=shadow,
        first_share=present[0] if present else 0.0,
        last_share=present[-1] if present else 0.0,
        alone_since=at[alone] if alone < len(at) else None,
        from_the_start=answered is not None and answered.since == at[0],
        newest=newest,
    )


def _stay(counts: Sequence[int], at: Sequence[Window]) -> Stay | None:
    present = [i for i, n in enumerate(counts) if n]
    if not present:
        return None
    return Stay(since=at[present[0]], until=at[present[-1]], predictions=sum(counts))
