"""The key figures of the Latency and SLO page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.queries.levels import failed_share, goal, good_share
from domain.catalogue import say
from domain.slo import BurnRate, BurnState, SLOResult
from monitors.views.levels import LevelPoint, ObjectiveHistory, ServiceLevels
from reports import numbers
from reports.judgement import Tone


@dataclass(frozen=True, slots=True)
class Card:
    """One key figure: what, how much, and what it is measured against."""

    label: str
    value: str
    note: str
    tone: Tone
    help: str


def cards(
    levels: ServiceLevels, objective: ObjectiveHistory | None, language: str
) -> tuple[Card, ...]:
    """
    Return the four key figures: of the objective, or without one of the calls alone.

    Parameters
    ----------
    levels : ServiceLevels
    objective : ObjectiveHistory or None
    language : {"en", "zh"}
    """
    if objective is None:
        return _plain_cards(levels, language)
    newest = objective.results[-1]
    return (
        _indicator(newest, language),
        _budget(newest, language),
        _burn(newest, language),
        _tail(levels, objective, language),
    )


def fastest(rates: Sequence[BurnRate]) -> BurnRate | None:
    """Return the rate that fires, else the one that spends fastest; None without calls."""
    measured = [rate for rate in rates if rate.long is not None]
    return max(measured, key=lambda rate: (rate.firing, rate.long or 0.0), default=None)


def _indicator(result: SLOResult, language: str) -> Card:
    sli = result.sli
    below = sli is not None and sli < result.slo.target
    key = "unknown" if sli is None else "below" if below else "above"
    tone = Tone.UNKNOWN if sli is None else Tone.CRITICAL if below else Tone.OK
    return Card(
        label=say("page_service.card.sli", language, period=f"{result.slo.period_days:g}"),
        value=good_share(result),
        note=say(
            f"page_service.card.sli.{key}", language, target=numbers.target(result.slo.target)
        ),
        tone=tone,
        help=say("page_service.card.sli.help", language, goal=goal(result, language)),
    )


def _budget(result: SLOResult, language: str) -> Card:
    remaining = result.budget_remaining
    tone = Tone.UNKNOWN if remaining is None else Tone.CRITICAL if remaining <= 0 else Tone.OK
    return Card(
        label=say("page_service.card.budget", language),
        value=numbers.budget(remaining, language),
        note=say(
            "page_service.card.budget.note",
            language,
            bad=numbers.count(result.total - result.good),
            total=numbers.compact(result.total),
        ),
        tone=tone,
        help=say("page_service.card.budget.help", language),
    )


def _burn(result: SLOResult, language: str) -> Card:
    rate = fastest(result.burn_rates)
    label = say("page_service.card.burn", language)
    about = say("page_service.card.burn.help", language)
    if rate is None:
        unknown = say("page_service.card.burn.unknown", language)
        return Card(label, numbers.DASH, unknown, Tone.UNKNOWN, about)
    key, tone = "quiet", Tone.OK
    if rate.firing:
        key, tone = "firing", Tone.CRITICAL
    elif rate.state is BurnState.UNTOLD:
        key, tone = "untold", Tone.UNKNOWN
    elif rate.above:
        key, tone = "past", Tone.INFO
    note = say(
        f"page_service.card.burn.{key}",
        language,
        length=numbers.length(rate.long_s, language),
        short=numbers.length(rate.short_s, language),
        factor=numbers.multiple(rate.factor),
    )
    return Card(label, numbers.multiple(rate.long), note, tone, about)


def _tail(levels: ServiceLevels, objective: ObjectiveHistory, language: str) -> Card:
    p99, limit = levels.whole.p99_ms, objective.slo.latency_ms
    key, tone = "median", Tone.INFO
    if p99 is None:
        key, tone = "none", Tone.UNKNOWN
    elif limit is not None:
        key, tone = ("within", Tone.OK) if p99 <= limit else ("beyond", Tone.WARNING)
    return Card(
        label=say("page_service.card.p99", language),
        value=numbers.milliseconds(p99),
        note=say(
            f"page_service.card.p99.{key}",
            language,
            limit=numbers.milliseconds(limit),
            p50=numbers.milliseconds(levels.whole.p50_ms),
        ),
        tone=tone,
        help=say("page_service.card.p99.help", language),
    )


def _plain_cards(levels: ServiceLevels, language: str) -> tuple[Card, ...]:
    whole = levels.whole
    named = say("page_service.card.replicas", language, n=levels.n_replicas)
    replicas = named if levels.n_replicas else say("page_service.card.replicas.none", language)
    texts = (
        ("calls", numbers.compact(whole.calls), replicas),
        ("failed", numbers.share(failed_share(whole), 2), _of_calls(whole, language)),
        ("p50", numbers.milliseconds(whole.p50_ms), say("page_service.card.p50.note", language)),
        (
            "p99",
            numbers.milliseconds(whole.p99_ms),
            say(
                f"page_service.card.p99.{'none' if whole.p99_ms is None else 'median'}",
                language,
                p50=numbers.milliseconds(whole.p50_ms),
            ),
        ),
    )
    return tuple(
        Card(
            say(f"page_service.card.{key}", language),
            value,
            note,
            Tone.UNKNOWN if value == numbers.DASH else Tone.INFO,
            say(f"page_service.card.{key}.help", language),
        )
        for key, value, note in texts
    )


def _of_calls(whole: LevelPoint, language: str) -> str:
    return say(
        "page_service.card.failed.note",
        language,
        failed=numbers.count(whole.failed),
        calls=numbers.compact(whole.with_status),
    )
