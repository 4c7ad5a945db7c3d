"""What the Versions page shows: who answered when, and two versions side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.queries.lines import Line, Side, line
from app.queries.version_pair import in_order
from domain.catalogue import say
from domain.column import Column
from domain.profile import ColumnRole
from monitors.views.versions import VersionPoint, VersionsView

_OUTPUTS: Final = (ColumnRole.SCORE, ColumnRole.PREDICTION)


@dataclass(frozen=True, slots=True)
class VersionShare:
    """
    One version's share of the answers, window by window.

    Parameters
    ----------
    version : str
    shares : tuple of float
        In [0, 1]; 0 where nobody answered.
    counts : tuple of int
        Predictions that answered somebody.
    shadow : tuple of (int or None)
        Predictions that answered nobody; None where the run did not count them: they are among
        `counts`.
    """

    version: str
    shares: tuple[float, ...]
    counts: tuple[int, ...]
    shadow: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Shares:
    """
    Who answered when.

    Parameters
    ----------
    at : tuple of datetime
        Starts of the windows with a prediction of anybody, oldest first.
    versions : tuple of VersionShare
        The one that answered first is first; each as long as `at`.
    """

    at: tuple[datetime, ...]
    versions: tuple[VersionShare, ...]


def shares(view: VersionsView) -> Shares | None:
    """Return who answered when; None where no window holds a prediction."""
    seen = {
        own.version: {p.window.start: p for p in own.points if p.n_predictions}
        for own in view.versions
    }
    at = sorted({start for own in seen.values() for start in own})
    if not at:
        return None
    totals = [sum(own[s].n_answered for own in seen.values() if s in own) for s in at]
    made = [_share(version, own, at, totals) for version, own in seen.items() if own]
    return Shares(at=tuple(at), versions=tuple(sorted(made, key=_first_answer)))


def _share(
    version: str,
    own: Mapping[datetime, VersionPoint],
    at: Sequence[datetime],
    totals: Sequence[int],
) -> VersionShare:
    counts = tuple(own[s].n_answered if s in own else 0 for s in at)
    return VersionShare(
        version,
        tuple(
            round(n / all_n, 4) if all_n else 0.0 for n, all_n in zip(counts, totals, strict=True)
        ),
        counts,
        tuple(own[s].n_shadow if s in own else 0 for s in at),
    )


def _first_answer(own: VersionShare) -> tuple[int, int]:
    """Order versions by when they first answered, then by when they were first seen."""
    never = len(own.counts)
    answered = next((i for i, n in enumerate(own.counts) if n), never)
    return answered, next((i for i, n in enumerate(own.shadow) if n), never)


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
