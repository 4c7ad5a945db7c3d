"""The sentence on top of the Drift page: how many columns drift, since when, and how sure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.queries.drift import column_named
from domain.catalogue import say
from domain.finding import Calibration, Finding, Severity, Verdict
from domain.run import RunStatus
from domain.standing import ColumnState, state_of
from monitors.config import FalseIncidents
from monitors.verdicts import worst_by_column
from monitors.views.drift import DriftView
from reports import numbers
from reports.judgement import Tone, how_far, names, plural, sure_of_drift

NEEDED_WINDOWS = 12
"""A baseline of fewer windows calibrates nothing (ADR 0005)."""


@dataclass(frozen=True, slots=True)
class DriftVerdict:
    """
    What the page opens with.

    Parameters
    ----------
    tone : Tone
    claim : str
        How many columns drift, and which; or why that cannot be said.
    facts : tuple of str
        Which was first and since when, which is furthest.
    sure : tuple of str
        How the lines were made, how often they lie, and what cannot be seen.
    """

    tone: Tone
    claim: str
    facts: tuple[str, ...]
    sure: tuple[str, ...]


def verdict(view: DriftView, budget: FalseIncidents, language: str) -> DriftVerdict:
    """
    Say how the columns of the shown window stand.

    Parameters
    ----------
    view : DriftView
    budget : FalseIncidents
        Of the model's monitor.
    language : {"en", "zh"}
    """
    if view.run.status is RunStatus.FAILED:
        error = view.run.error or numbers.DASH
        claim = say("report.verdict.failed", language, error=error)
        return DriftVerdict(Tone.CRITICAL, claim, (_window(view, language),), ())
    worst = worst_by_column(view.run)
    if not any(finding.verdict in _JUDGED for finding in worst):
        claim, why = _unjudged(view, worst, language)
        return DriftVerdict(Tone.UNKNOWN, claim, (_window(view, language), *why), ())
    drifted = [finding for finding in worst if finding.verdict is Verdict.DRIFTED]
    sure = tuple(_sure(view, worst, drifted, budget, language))
    if not drifted:
        judged = sum(finding.verdict in _JUDGED for finding in worst)
        claim = plural("report.verdict.quiet_columns", judged, language)
        return DriftVerdict(Tone.OK, claim, (), (_window(view, language), *sure))
    claim = say(
        "page_drift.verdict.drifted.one"
        if len(drifted) == 1
        else "page_drift.verdict.drifted.many",
        language,
        n=len(drifted),
        total=len(worst),
        names=names([finding.column for finding in drifted], language),
    )
    return DriftVerdict(_tone(drifted), claim, tuple(_facts(view, drifted, language)), sure)


_JUDGED = (Verdict.OK, Verdict.BLIND, Verdict.DRIFTED)


def _tone(drifted: list[Finding]) -> Tone:
    severe = any(finding.severity is Severity.CRITICAL for finding in drifted)
    return Tone.CRITICAL if severe else Tone.WARNING


def _unjudged(view: DriftView, worst: list[Finding], language: str) -> tuple[str, tuple[str, ...]]:
    """Say why no column was judged: no rows, no baseline, or too few rows."""
    run = view.run
    if not run.n_predictions:
        return say("page_drift.verdict.no_rows", language), ()
    if not run.baseline_windows:
        claim = say("page_drift.verdict.no_baseline", language)
        return claim, (say("page_drift.fact.needed", language, n=NEEDED_WINDOWS),)
    rows = max((finding.n_current for finding in worst), default=run.n_predictions)
    return say("page_drift.verdict.too_little", language, rows=numbers.count(rows)), ()


def _window(view: DriftView, language: str) -> str:
    return say("report.fact.window", language, window=numbers.span(view.run.window, language))


def _facts(view: DriftView, drifted: list[Finding], language: str) -> Iterator[str]:
    yield _window(view, language)
    began = [
        (column.since, finding.column)
        for finding in drifted
        if (column := column_named(view, finding.column)) is not None and column.since is not None
    ]
    if began:
        since, first = min(began)
        length = numbers.length((view.run.window.end - since).total_seconds(), language)
        yield say(
            "page_drift.fact.first",
            language,
            column=first,
            since=numbers.moment(since, language),
            length=length,
        )
    gone = [finding.column for finding in drifted if state_of(finding) in _BEYOND_DOUBT]
    if gone:
        yield say("report.fact.critical", language, names=names(gone, language))
    far = how_far(drifted[0], language)
    if far:
        yield say("report.fact.worst", language, column=drifted[0].column, far=far)


_BEYOND_DOUBT = (ColumnState.GONE, ColumnState.CHANGED_TYPE)


def _sure(
    view: DriftView,
    worst: list[Finding],
    drifted: list[Finding],
    budget: FalseIncidents,
    language: str,
) -> Iterator[str]:
    said = drifted or [finding for finding in worst if finding.verdict in _JUDGED]
    measured = [finding for finding in said if state_of(finding) not in _BEYOND_DOUBT]
    if measured:
        yield sure_of_drift(measured, view.run, language)
        # fixed thresholds keep no budget
        if all(finding.calibrated is Calibration.FULL for finding in measured):
            per = numbers.length(budget.per.total_seconds(), language)
            yield say("page_drift.fact.budget", language, n=f"{budget.incidents:g}", per=per)
    else:
        yield say("report.sure.counted", language)
    for name, which in (("blind", Verdict.BLIND), ("unjudged", Verdict.INCONCLUSIVE)):
        columns = sum(finding.verdict is which for finding in worst)
        if columns:
            yield plural(f"report.fact.{name}", columns, language)
    coverage = round(view.run.coverage, 2)
    if coverage < 1:
        yield say("page_drift.fact.coverage", language, coverage=numbers.share(coverage, 0))
