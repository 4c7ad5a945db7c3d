"""What the Latency and SLO page shows, from a deployment's service levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from domain.catalogue import say
from domain.sentences import slo_sentence
from domain.slo import BurnRate, BurnState, SLOResult, SLOState
from domain.window import Window
from monitors.views.levels import LevelPoint, ObjectiveHistory, ReplicaLevels, ServiceLevels
from reports import numbers
from reports.judgement import Tone

SPANS: Final = ("1d", "7d", "28d", "90d")
DEFAULT_SPAN: Final = "28d"
TONES: Final = {
    SLOState.OK: Tone.OK,
    SLOState.BURNING_PAGE: Tone.CRITICAL,
    SLOState.BURNING_TICKET: Tone.WARNING,
    SLOState.EXHAUSTED: Tone.CRITICAL,
    SLOState.INSUFFICIENT: Tone.UNKNOWN,
    SLOState.NO_DATA: Tone.UNKNOWN,
}
_BURN_TONES: Final = {
    BurnState.FIRING: Tone.CRITICAL,
    BurnState.QUIET: Tone.OK,
    BurnState.UNTOLD: Tone.UNKNOWN,
    BurnState.UNKNOWN: Tone.UNKNOWN,
    BurnState.UNREACHABLE: Tone.WARNING,
}
# worst first; what could not be judged stands before what holds
_ORDER: Final = (
    SLOState.BURNING_PAGE,
    SLOState.EXHAUSTED,
    SLOState.BURNING_TICKET,
    SLOState.INSUFFICIENT,
    SLOState.NO_DATA,
    SLOState.OK,
)
# above this ratio a linear axis would press the median onto the floor
_WIDE: Final = 10.0


@dataclass(frozen=True, slots=True)
class Course:
    """
    The calls of a span, bucket by bucket; every tuple has one value for each bucket.

    Parameters
    ----------
    start : datetime
        Of the first bucket.
    step_s : int
        Length of a bucket.
    p50_ms, p95_ms, p99_ms : tuple of (float or None)
        None where no latency was logged.
    calls : tuple of float
    failed_share : tuple of (float or None)
        In [0, 1]; None where no call has a status.
    """

    start: datetime
    step_s: int
    p50_ms: tuple[float | None, ...]
    p95_ms: tuple[float | None, ...]
    p99_ms: tuple[float | None, ...]
    calls: tuple[float, ...]
    failed_share: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class BurnDown:
    """
    How an error budget was spent inside its period.

    Parameters
    ----------
    times : tuple of datetime
        Start of the first window, then the end of each.
    left : tuple of float
        Share of the budget left at each time, 1 to minus infinity; the last one is what the
        newest run said.
    even : tuple of float
        Of the first and the last time: what an even spend would have left.
    exhausted_at : datetime or None
        End of the first window that left nothing, where the span saw it happen.
    """

    times: tuple[datetime, ...]
    left: tuple[float, ...]
    even: tuple[float, float]
    exhausted_at: datetime | None


@dataclass(frozen=True, slots=True)
class BurnRow:
    """One row of the burn-rate table, written out."""

    windows: str
    factor: str
    long: str
    short: str
    state: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class ObjectiveRow:
    """One objective as its newest run judged it, written out."""

    name: str
    goal: str
    state: str
    tone: Tone
    good: str
    budget: str
    window: str


@dataclass(frozen=True, slots=True)
class ReplicaRow:
    """One replica over the span; `blamed` where the runs named it as the one at fault."""

    replica: str
    calls: float
    failed_share: float | None
    p50_ms: float | None
    p99_ms: float | None
    blamed: bool


def span_ending(choice: str, until: datetime) -> Window:
    """
    Return the span of `choice` that ends at the full hour at or after `until`.

    Parameters
    ----------
    choice : {"1d", "7d", "28d", "90d"}
    until : datetime
        Aware.
    """
    hour = until.replace(minute=0, second=0, microsecond=0)
    end = hour if hour == until else hour + timedelta(hours=1)
    return Window(end - timedelta(days=int(choice.removesuffix("d"))), end)


def judged(levels: ServiceLevels) -> tuple[ObjectiveHistory, ...]:
    """Return the objectives that a run of the span judged, the worst first."""
    known = [one for one in levels.objectives if one.results]
    return tuple(sorted(known, key=lambda one: _ORDER.index(one.results[-1].state)))


def chosen(levels: ServiceLevels, name: str | None) -> ObjectiveHistory | None:
    """Return the objective of this name, or the worst one; None where none was judged."""
    known = judged(levels)
    return next((one for one in known if one.slo.name == name), known[0] if known else None)


def verdict(
    levels: ServiceLevels, objective: ObjectiveHistory | None, language: str
) -> tuple[Tone, str]:
    """
    Say how the service stands, in one sentence.

    Parameters
    ----------
    levels : ServiceLevels
    objective : ObjectiveHistory or None
        The one shown.
    language : {"en", "zh"}
    """
    if not levels.whole.calls:
        key = "none_counted" if levels.counted_in_runs else "no_calls"
        return Tone.UNKNOWN, say(f"page_service.verdict.{key}", language)
    if objective is None:
        key = "unjudged" if levels.objectives else "no_objective"
        return Tone.UNKNOWN, say(
            f"page_service.verdict.{key}",
            language,
            calls=numbers.count(levels.whole.calls),
            failed=numbers.share(failed_share(levels.whole), 2),
            p99=numbers.milliseconds(levels.whole.p99_ms),
        )
    newest = objective.results[-1]
    window = say(
        "report.fact.window", language, window=numbers.span(objective.windows[-1], language)
    )
    sentence = slo_sentence(newest, language).rstrip(".。")
    return TONES[newest.state], say("report.facts", language, sentence=sentence, facts=window)


def failed_share(point: LevelPoint) -> float | None:
    """Return the share of calls with a status that failed, in [0, 1]; None without any."""
    return point.failed / point.with_status if point.with_status else None


def course(points: Sequence[LevelPoint], bucket_s: int) -> Course | None:
    """
    Return the buckets as columns; None where there is no bucket.

    Parameters
    ----------
    points : sequence of LevelPoint
        Every bucket of the span, oldest first.
    bucket_s : int
    """
    if not points:
        return None
    return Course(
        start=points[0].start,
        step_s=bucket_s,
        p50_ms=tuple(_short(p.p50_ms) for p in points),
        p95_ms=tuple(_short(p.p95_ms) for p in points),
        p99_ms=tuple(_short(p.p99_ms) for p in points),
        calls=tuple(round(p.calls, 1) for p in points),
        failed_share=tuple(_short(failed_share(p)) for p in points),
    )


def wide(levels: ServiceLevels, limit_ms: float | None) -> bool:
    """Return whether latencies span so much that only a logarithmic axis shows them all."""
    p50, p99 = levels.whole.p50_ms, levels.whole.p99_ms
    if not p50 or p99 is None:
        return False
    peak = max((p.p99_ms for p in levels.points if p.p99_ms is not None), default=p99)
    return max(p99, peak, limit_ms or 0.0) / p50 > _WIDE


def burn_down(objective: ObjectiveHistory) -> BurnDown | None:
    """
    Return how the budget of the period that ends with the newest window was spent.

    Parameters
    ----------
    objective : ObjectiveHistory
        What lies before the newest period, or was judged by another target or limit, is left out.

    Returns
    -------
    BurnDown or None
        None without calls.

    Notes
    -----
    Reckoned back from the end: what the newest run said is left, plus what each window after a
    moment has spent of that same budget. So the line ends at the number on the card.
    """
    newest = objective.results[-1]
    remaining = newest.budget_remaining
    if remaining is None:
        return None
    end = objective.windows[-1].end
    opening = end - timedelta(days=newest.slo.period_days)
    inside = [
        (window, result)
        for window, result in zip(objective.windows, objective.results, strict=True)
        # of an objective that was another one then, nothing was spent of this budget
        if window.start >= opening and result.slo == newest.slo
    ]
    if not inside:
        return None
    budget = newest.total * (1 - newest.slo.target)
    left = [remaining]
    for _, result in reversed(inside):
        left.append(left[-1] + (result.window_total - result.window_good) / budget)
    # rounded before it is judged: a budget spent to the last call leaves nothing, not 1e-16
    left = [round(value, 4) for value in reversed(left)]
    times = (inside[0][0].start, *(window.end for window, _ in inside))
    return BurnDown(
        times=times,
        left=tuple(left),
        even=((end - times[0]) / timedelta(days=newest.slo.period_days), 0.0),
        exhausted_at=_exhausted(times, left),
    )


def burn_rows(result: SLOResult, language: str) -> tuple[BurnRow, ...]:
    """
    Return the table of burn rates at the end of the newest window.

    Parameters
    ----------
    result : SLOResult
    language : {"en", "zh"}
    """
    return tuple(_burn_row(rate, language) for rate in result.burn_rates)


def objective_rows(levels: ServiceLevels, language: str) -> tuple[ObjectiveRow, ...]:
    """
    Return all objectives, the worst first.

    Parameters
    ----------
    levels : ServiceLevels
    language : {"en", "zh"}
    """
    return tuple(_objective_row(one, language) for one in judged(levels))


def blamed(objective: ObjectiveHistory | None) -> str | None:
    """Return the replica that the newest run to blame one has named; None where none did."""
    if objective is None:
        return None
    named = [result.values.get("replica") for result in reversed(objective.results)]
    return next((str(name) for name in named if name), None)


def replica_rows(
    replicas: Sequence[ReplicaLevels], blamed_replica: str | None
) -> tuple[ReplicaRow, ...]:
    """
    Return the replicas side by side: the blamed one first, then as the service ranks them.

    Parameters
    ----------
    replicas : sequence of ReplicaLevels
        The slowest or most failing first.
    blamed_replica : str or None
    """
    rows = [
        ReplicaRow(
            replica=one.replica,
            calls=one.whole.calls,
            failed_share=failed_share(one.whole),
            p50_ms=one.whole.p50_ms,
            p99_ms=one.whole.p99_ms,
            blamed=one.replica == blamed_replica,
        )
        for one in replicas
    ]
    return tuple(sorted(rows, key=lambda row: not row.blamed))


def _exhausted(times: Sequence[datetime], left: Sequence[float]) -> datetime | None:
    for (before, after), moment in zip(pairwise(left), times[1:], strict=True):
        if before > 0 >= after:
            return moment
    return None


def _objective_row(history: ObjectiveHistory, language: str) -> ObjectiveRow:
    newest = history.results[-1]
    return ObjectiveRow(
        name=history.slo.name,
        goal=goal(newest, language),
        state=say(f"report.slo.{newest.state}", language),
        tone=TONES[newest.state],
        good=good_share(newest),
        budget=numbers.budget(newest.budget_remaining, language),
        window=numbers.span(history.windows[-1], language),
    )


def goal(result: SLOResult, language: str) -> str:
    """Write what an objective asks for."""
    slo = result.slo
    return say(
        "report.target.of" if slo.latency_ms is None else "report.target.latency",
        language,
        target=numbers.target(slo.target),
        period=f"{slo.period_days:g}",
        limit=numbers.milliseconds(slo.latency_ms),
    )


def _burn_row(rate: BurnRate, language: str) -> BurnRow:
    return BurnRow(
        windows=" / ".join(numbers.length(s, language) for s in (rate.long_s, rate.short_s)),
        factor=numbers.multiple(rate.factor),
        long=numbers.multiple(rate.long),
        short=numbers.multiple(rate.short),
        state=say(f"report.burn.{rate.state}", language),
        tone=_BURN_TONES[rate.state],
    )


def good_share(result: SLOResult) -> str:
    """Write the share of good calls in the period."""
    return numbers.share(result.sli, 2)


def _short(value: float | None) -> float | None:
    """Keep four digits: what a chart of a few hundred pixels can show."""
    return None if value is None else float(f"{value:.4g}")
