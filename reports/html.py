"""A report as one self-contained HTML page: no script, nothing fetched, drawings inside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from domain.catalogue import say
from domain.finding import Severity, Verdict
from domain.finite import finite
from domain.run import Performance, Run
from monitors.report_view import ReportView
from monitors.verdicts import worst_by_column
from reports import numbers, page, service_charts
from reports.evidence import Figure, deployments, latency_limit, metrics, span_of
from reports.judgement import (
    judge,
    last_runs,
    newest_runs,
    open_incidents,
)
from reports.plain import printable
from reports.timeline import Axis

_TEMPLATES: Final = Path(__file__).parent / "templates"
_LATENCIES_SHOWN: Final = 4


@dataclass(frozen=True, slots=True)
class Card:
    """One number of the opening row."""

    title: str
    value: str
    note: str
    tone: str


def render(view: ReportView, language: str = "en") -> bytes:
    """
    Render a report as an HTML page.

    Parameters
    ----------
    view : ReportView
    language : {"en", "zh"}

    Returns
    -------
    bytes
        UTF-8, one file. Light or dark as the reader's system is; prints; fits a phone.
    """
    page_of = environment().get_template("report.html.j2")
    return page_of.render(_context(view, language)).encode()


def stylesheet(name: str = "report.css") -> Markup:
    """Return the style of every page, or another one."""
    return Markup((_TEMPLATES / name).read_text(encoding="utf-8"))  # noqa: S704


@cache
def environment() -> Environment:
    """Return the templates: they escape all, show what is hidden, fail on an unknown name."""
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _shown(value: object) -> object:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _context(view: ReportView, language: str) -> dict[str, Any]:
    span = span_of(view)
    axis = None if span is None else Axis(span)
    return {
        "t": partial(_say, language),
        "language": {"en": "en", "zh": "zh-CN"}[language],
        "css": stylesheet(),
        "title": view.title,
        "span": None if view.span is None else numbers.span(view.span, language),
        "generated": numbers.moment(view.generated_at, language),
        "judgement": judge(view, language),
        "notes": [say(note, language) for note in view.notes],
        "cards": _cards(view, language),
        "incidents": page.incident_cards(view, language),
        "further": page.further_incidents(view, language),
        "versions": page.columns(view, language),
        "objectives": page.objectives(view, language),
        "performance": _performance_rows(view, language),
        "performance_figures": _performance_figures(view, axis, language) if axis else [],
        "traffic_figures": _traffic_figures(view, axis, language) if axis else [],
        "runs": [_judged(run, language) for run in last_runs(view)],
        "config_hash": view.config_hash,
        "code_version": view.code_version,
    }


def _say(language: str, key: str, **values: object) -> str:
    return say(key, language, **values)


def _cards(view: ReportView, language: str) -> list[Card]:
    cards = [_incident_card(view, language), _column_card(view, language)]
    cards.append(_budget_card(view, language))
    runs = newest_runs(view)
    if runs:
        window = numbers.span(runs[0].window, language)
        coverage = numbers.share(min(run.coverage for run in runs), 0)
        note = say("report.card.predictions.note", language, window=window, coverage=coverage)
        total = sum(run.n_predictions for run in runs)
        title = say("report.card.predictions", language)
        cards.append(Card(title, numbers.count(total), note, "plain"))
    return cards


def _incident_card(view: ReportView, language: str) -> Card:
    opened = open_incidents(view)
    critical = sum(incident.severity is Severity.CRITICAL for incident in opened)
    over = len(view.incidents) - len(opened)
    tone = "critical" if critical else "warning" if opened else "plain"
    note = say("report.card.incidents.note", language, critical=critical, over=over)
    return Card(say("report.card.incidents", language), str(len(opened)), note, tone)


def _column_card(view: ReportView, language: str) -> Card:
    found = [finding for run in newest_runs(view) for finding in worst_by_column(run)]
    by_verdict = {v: len({f.column for f in found if f.verdict is v}) for v in Verdict}
    total, drifted = len({f.column for f in found}), by_verdict[Verdict.DRIFTED]
    blind, unjudged = by_verdict[Verdict.BLIND], by_verdict[Verdict.INCONCLUSIVE]
    return Card(
        say("report.card.columns", language),
        say("report.card.columns.value", language, n=drifted, total=total),
        say("report.card.columns.note", language, blind=blind, unjudged=unjudged),
        "warning" if drifted else "plain",
    )


def _budget_card(view: ReportView, language: str) -> Card:
    title = say("report.card.budget", language)
    measured = [
        (result.budget_remaining, page.objective_of(run, result))
        for run in newest_runs(view)
        for result in run.slos
        if result.budget_remaining is not None
    ]
    if not measured:
        return Card(title, numbers.DASH, say("report.card.budget.none", language), "plain")
    worst, name = min(measured)
    tone = "critical" if worst <= 0 else "plain"
    return Card(title, numbers.budget(worst, language), name, tone)


def _performance_rows(view: ReportView, language: str) -> list[dict[str, Any]]:
    return [
        {
            "version": service_charts.version_name(run.deployment),
            "window": numbers.span(run.window, language),
            "labelled": numbers.count(run.performance.labelled),
            "pending": numbers.count(run.performance.pending),
            "metrics": _metrics(run.performance, language),
        }
        for run in newest_runs(view)
        if run.performance is not None
    ]


def _metrics(performance: Performance, language: str) -> list[tuple[str, str]]:
    return [
        (service_charts.metric_name(name, language), numbers.metric(finite(value)))
        for name, value in performance.metrics.items()
    ]


def _performance_figures(view: ReportView, axis: Axis, language: str) -> list[Figure]:
    styles = service_charts.versions(deployments(view))
    drawn = [
        (m, service_charts.performance(view.performance, m, styles, axis, language))
        for m in metrics(view)
    ]
    return [
        Figure(service_charts.metric_name(m, language), drawing, service_charts.legend(styles))
        for m, drawing in drawn
        if drawing is not None
    ]


def _traffic_figures(view: ReportView, axis: Axis, language: str) -> list[Figure]:
    styles = service_charts.versions(deployments(view))
    makers: tuple[tuple[str, Callable[..., Markup | None]], ...] = (
        ("report.chart.calls", service_charts.calls),
        ("report.chart.shares", service_charts.shares),
        ("report.chart.errors", service_charts.errors),
    )
    figures: list[Figure] = []
    for key, maker in makers:
        drawing = maker(view.traffic, styles, axis, language)
        if drawing is not None:
            figures.append(Figure(say(key, language), drawing, service_charts.legend(styles)))
    for deployment in list(styles)[:_LATENCIES_SHOWN]:
        points = [point for point in view.traffic if point.deployment == deployment]
        drawing = service_charts.latency(points, axis, language, latency_limit(view))
        if drawing is not None:
            version = service_charts.version_name(deployment)
            caption = say("report.chart.latency_of", language, version=version)
            figures.append(Figure(caption, drawing))
    return figures


def _judged(run: Run, language: str) -> dict[str, str]:
    data = (numbers.moment(run.data_from, language), numbers.moment(run.data_to, language))
    baseline = say(
        "report.baseline.windows", language, baseline=run.baseline, n=run.baseline_windows
    )
    return {
        "version": service_charts.version_name(run.deployment),
        "window": numbers.span(run.window, language),
        "status": say(f"report.status.{run.status}", language),
        "baseline": baseline,
        "coverage": numbers.share(run.coverage, 0),
        "data": say("report.time.span", language, start=data[0], end=data[1]),
        "rows": f"{numbers.count(run.n_predictions)}, {numbers.count(run.n_calls)}",
        "config": run.config_hash or numbers.DASH,
        "error": run.error or "",
    }
