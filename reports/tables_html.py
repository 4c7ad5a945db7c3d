"""A comparison of two files as one self-contained HTML page: no script, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from markupsafe import Markup

from domain.catalogue import say
from domain.finding import Finding, Severity, Verdict
from domain.finite import finite
from domain.sentences import bare_sentence
from domain.standing import state_of
from monitors.report_view import ColumnView, ReportView, TablesView
from reports import charts, numbers, page, service_charts
from reports.html import environment, stylesheet
from reports.judgement import how_far, judge, name_of, telling
from reports.tables import guess_rows, performance_findings

_TONES = {
    Verdict.DRIFTED: "warning",
    Verdict.OK: "ok",
    Verdict.BLIND: "info",
    Verdict.INCONCLUSIVE: "unknown",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedColumn:
    """One column of two files, as it stands on a page."""

    name: str
    role: str
    tone: str
    verdict: str
    far: str
    quiet: bool
    sentences: tuple[str, ...]
    beside: tuple[tuple[str, str], ...]
    distribution: Markup | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedMetric:
    """One performance metric on both sides, as it stands on a page."""

    name: str
    reference: str
    current: str
    tone: str
    verdict: str
    sentence: str


def render(view: ReportView, tables: TablesView, language: str = "en") -> bytes:
    """
    Render a comparison as an HTML page.

    Parameters
    ----------
    view : ReportView
    tables : TablesView
        Of the view.
    language : {"en", "zh"}

    Returns
    -------
    bytes
        UTF-8, one file. Light or dark as the reader's system is; prints; fits a phone.
    """
    template = environment().get_template("two_files.html.j2")
    return template.render(_context(view, tables, language)).encode()


def _context(view: ReportView, tables: TablesView, language: str) -> dict[str, Any]:
    return {
        "t": partial(_say, language),
        "language": {"en": "en", "zh": "zh-CN"}[language],
        "css": stylesheet(),
        "title": view.title,
        "generated": numbers.moment(view.generated_at, language),
        "judgement": judge(view, language),
        "notes": [say(note, language) for note in view.notes],
        "columns": compared_columns(view, language),
        "performance": compared_metrics(view, language),
        "guess": guess_rows(tables, language),
        "config_hash": view.config_hash,
        "code_version": view.code_version,
    }


def _say(language: str, key: str, **values: object) -> str:
    return say(key, language, **values)


def compared_columns(view: ReportView, language: str) -> list[ComparedColumn]:
    """Return the columns of a comparison in the view's order, worst first."""
    return [_column(column, language) for column in view.columns]


def compared_metrics(view: ReportView, language: str) -> list[ComparedMetric]:
    """Return the metrics that both files were measured by, the deciding one first."""
    return [_metric(finding, language) for finding in performance_findings(view)]


def _column(column: ColumnView, language: str) -> ComparedColumn:
    finding = telling(column)
    verdict = finding.verdict if finding else Verdict.INCONCLUSIVE
    critical = any(f.severity is Severity.CRITICAL for f in column.findings)
    drifted = verdict is Verdict.DRIFTED
    return ComparedColumn(
        name=name_of(column),
        role=say(f"report.role.{column.column.role}", language),
        tone="critical" if critical else _TONES[verdict],
        verdict=say(f"report.state_of.{state_of(finding)}", language),
        far=how_far(finding, language) if finding and drifted else "",
        quiet=verdict is Verdict.OK,
        sentences=tuple(_sentences(column, finding, language)),
        beside=tuple(page.beside(column.findings, language)),
        distribution=charts.mini_distribution(column, language),
    )


def _sentences(column: ColumnView, first: Finding | None, language: str) -> Iterator[str]:
    if first is not None:
        yield bare_sentence(first, language)
    for finding in column.findings:
        if finding is not first and finding.decides and finding.verdict is Verdict.DRIFTED:
            yield bare_sentence(finding, language)


def _metric(finding: Finding, language: str) -> ComparedMetric:
    before, now = (finite(finding.values[key]) for key in ("reference_value", "value"))
    return ComparedMetric(
        name=service_charts.metric_name(str(finding.values["metric"]), language),
        reference=numbers.metric(before),
        current=numbers.metric(now),
        tone=_TONES[finding.verdict],
        verdict=say(f"report.state_of.{state_of(finding)}", language) if finding.decides else "",
        sentence=bare_sentence(finding, language),
    )
