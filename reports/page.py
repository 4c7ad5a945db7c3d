"""What stands on the page, as plain words and drawings for the template."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from domain.catalogue import say
from domain.column import Column
from domain.finding import Finding, Verdict
from domain.finite import finite
from domain.headlines import headline
from domain.incident import AlertState, Incident
from domain.profile import ColumnKind
from domain.run import Run
from domain.sentences import alert_sentence, bare_sentence, slo_sentence
from domain.slo import BurnRate, SLOResult
from domain.standing import ColumnState, badness, state_of
from monitors.report_view import ColumnView, ReportView
from monitors.verdicts import worst_by_column
from reports import charts, numbers
from reports.evidence import Figure, evidence, span_of
from reports.heatmap import heatmap
from reports.judgement import (
    BROKEN,
    how_far,
    last_runs,
    name_of,
    newest_runs,
    open_first,
    telling,
)
from reports.terminal import objective_name
from reports.timeline import Axis

CARDS: Final = 12
_SENTENCES: Final = 6
_READINGS: Final = {"psi": "PSI", "ks": "KS", "chi2": "V"}


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentCard:
    """One incident with its evidence."""

    severity: str
    headline: str
    state: str
    resolved: bool
    facts: tuple[str, ...]
    subjects: tuple[str, ...]
    sentences: tuple[str, ...]
    more: int
    note: str | None
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnRow:
    """One column of the table."""

    name: str
    role: str
    verdict: str
    state: ColumnState
    far: str
    sentence: str
    beside: tuple[tuple[str, str], ...]
    n_reference: str
    n_current: str
    visible: str
    distribution: Markup | None
    history: Markup | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnsOfVersion:
    """The columns of one version, worst first."""

    version: str
    window: str
    current: bool
    rows: tuple[ColumnRow, ...]
    heatmap: Markup | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnRow:
    """One row of the burn-rate table."""

    windows: str
    factor: str
    long: str
    short: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveRow:
    """One objective."""

    name: str
    version: str
    state: str
    sentence: str
    target: str
    sli: str
    budget: str
    left: float
    burn: tuple[BurnRow, ...]
    minor: bool


def incident_cards(view: ReportView, language: str) -> list[IncidentCard]:
    """Return the cards of the first incidents, open ones first, worst first among them."""
    return [_card(view, incident, language) for incident in open_first(view)[:CARDS]]


def further_incidents(view: ReportView, language: str) -> list[tuple[Incident, str, str]]:
    """Return the incidents without a card, each with its headline and its time."""
    return [
        (incident, headline(incident, language), _when(incident, language))
        for incident in open_first(view)[CARDS:]
    ]


def columns(view: ReportView, language: str) -> list[ColumnsOfVersion]:
    """Return the tables of the columns, one for each version, the newest run's first."""
    runs = {run.deployment.version: run for run in last_runs(view)}
    now = {run.deployment.version for run in newest_runs(view)}
    shown = view.columns or tuple(_bare(view))
    versions = dict.fromkeys([*runs, *(column.version for column in shown)])
    span = span_of(view)
    axis = None if span is None else Axis(span)
    tables: list[ColumnsOfVersion] = []
    for version in versions:
        own = sorted((c for c in shown if c.version == version), key=_badness)
        lively = [column for column in own if any(r.multiple for r in column.history)]
        drawn = heatmap(lively, axis, language) if axis and lively else None
        rows = tuple(_column(column, axis, language) for column in own)
        if rows:
            tables.append(
                ColumnsOfVersion(
                    version=version,
                    window=_window_of(runs.get(version), language),
                    current=version in now or not now,
                    rows=rows,
                    heatmap=drawn,
                )
            )
    return tables


def objectives(view: ReportView, language: str) -> list[ObjectiveRow]:
    """Return the objectives of the newest runs; one of a replica is `minor` while it holds."""
    return [_objective(run, result, language) for run in newest_runs(view) for result in run.slos]


def _bare(view: ReportView) -> Iterator[ColumnView]:
    """Make columns of the findings alone, for a view of runs without distributions."""
    for run in newest_runs(view):
        for worst in worst_by_column(run):
            own = tuple(f for f in run.findings if f.column == worst.column)
            # nothing is drawn of it, so its kind does not matter
            column = Column(worst.column, ColumnKind.NUMBER, worst.kind)
            version = run.deployment.version
            yield ColumnView(
                column=column, version=version, findings=own, reference=None, current=None
            )


def _badness(column: ColumnView) -> tuple[object, ...]:
    found = telling(column)
    return (found is None, *(badness(found) if found else ()))


def _window_of(run: Run | None, language: str) -> str:
    return "" if run is None else numbers.span(run.window, language)


def _card(view: ReportView, incident: Incident, language: str) -> IncidentCard:
    facts = [say(f"report.cause.{incident.cause}", language), _when(incident, language)]
    if any(incident.versions):
        versions = say("report.list", language).join(v for v in incident.versions if v)
        facts.append(say("report.incident.versions", language, versions=versions))
    if incident.acknowledged_by:
        who = incident.acknowledged_by
        facts.append(say("report.incident.acknowledged", language, who=who))
    shown = incident.alerts[:_SENTENCES]
    return IncidentCard(
        severity=incident.severity.value,
        headline=headline(incident, language),
        state=say(f"report.state.{incident.state}", language),
        resolved=incident.state is AlertState.RESOLVED,
        facts=tuple(facts),
        subjects=incident.subjects,
        sentences=tuple(alert_sentence(alert, language) for alert in shown),
        more=len(incident.alerts) - len(shown),
        note=incident.note,
        figures=tuple(evidence(view, incident, language)),
    )


def _when(incident: Incident, language: str) -> str:
    end = incident.last_seen_at
    length = numbers.length((end - incident.started_at).total_seconds(), language)
    since = numbers.moment(incident.started_at, language)
    if incident.state is not AlertState.RESOLVED:
        return say("report.incident.open", language, since=since, length=length)
    until = numbers.moment(end, language)
    return say("report.incident.over", language, since=since, until=until, length=length)


def _column(column: ColumnView, axis: Axis | None, language: str) -> ColumnRow:
    decides = telling(column)
    return ColumnRow(
        name=name_of(column),
        role=say(f"report.role.{column.column.role}", language),
        verdict=decides.verdict.value if decides else Verdict.INCONCLUSIVE.value,
        state=state_of(decides),
        far=how_far(decides, language) if decides else "",
        sentence=bare_sentence(decides, language) if decides else "",
        beside=tuple(beside(column.findings, language)),
        n_reference=numbers.count(decides.n_reference if decides else None),
        n_current=numbers.count(decides.n_current if decides else None),
        visible=_visible(column, decides, language),
        distribution=charts.mini_distribution(column, language),
        history=charts.sparkline(column, axis, language) if axis else None,
    )


def beside(findings: Sequence[Finding], language: str) -> Iterator[tuple[str, str]]:
    """Give the readings that are not multiples of a line: PSI, KS, Cramér's V, missing values."""
    for finding in findings:
        if finding.detector in _READINGS and finding.statistic is not None:
            yield _READINGS[finding.detector], numbers.statistic(finding.statistic)
        now = finite(finding.values.get("current_share"))
        before = finite(finding.values.get("reference_share"))
        if finding.detector == "missing" and now is not None and before is not None:
            moved = f"{(now - before) * 100:+.1f}"
            if moved not in ("+0.0", "-0.0"):
                yield say("report.chart.missing", language), say("report.points", language, n=moved)


def _visible(column: ColumnView, finding: Finding | None, language: str) -> str:
    if finding is not None and finding.verdict is Verdict.BLIND:
        return say("report.visible.blind", language)
    if column.visible_shift is None:
        return say("report.visible.unknown", language)
    unit = finding.values.get("shift_unit", "sd") if finding else "sd"
    share = numbers.share(column.visible_shift, 0)
    return say(f"report.visible.{unit}", language, shift=f"{column.visible_shift:g}", share=share)


def _objective(run: Run, result: SLOResult, language: str) -> ObjectiveRow:
    remaining = result.budget_remaining
    return ObjectiveRow(
        name=objective_name(result),
        version=run.deployment.version,
        state=result.state.value,
        sentence=slo_sentence(result, language),
        target=_target(result, language),
        sli=numbers.share(result.sli, 3),
        budget=numbers.budget(remaining, language),
        left=0.0 if remaining is None else min(max(remaining, 0.0), 1.0),
        burn=tuple(_burn(rate, language) for rate in result.burn_rates),
        minor=result.replica is not None and result.state not in BROKEN,
    )


def objective_of(run: Run, result: SLOResult) -> str:
    """Name an objective together with its version."""
    name = objective_name(result)
    return f"{name}, v{run.deployment.version}" if run.deployment.version else name


def _target(result: SLOResult, language: str) -> str:
    target, period = numbers.target(result.slo.target), f"{result.slo.period_days:g}"
    if result.slo.latency_ms is None:
        return say("report.target.of", language, target=target, period=period)
    limit = numbers.milliseconds(result.slo.latency_ms)
    return say("report.target.latency", language, target=target, period=period, limit=limit)


def _burn(rate: BurnRate, language: str) -> BurnRow:
    long, short = (numbers.length(s, language) for s in (rate.long_s, rate.short_s))
    return BurnRow(
        windows=f"{long} / {short}",
        factor=numbers.multiple(rate.factor),
        long=numbers.multiple(rate.long),
        short=numbers.multiple(rate.short),
        state=rate.state,
    )
