"""A report as a table for spreadsheets: one row for each finding and objective."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Final

from domain.finding import Finding
from domain.finite import finite
from domain.headlines import headline
from domain.incident import Incident
from domain.run import Run
from domain.sentences import finding_sentence, slo_sentence
from domain.slo import SLOResult
from domain.window import iso
from monitors.report_view import ReportView
from reports.judgement import judge

COLUMNS: Final[tuple[str, ...]] = (
    "row",  # report, incident, run, finding or slo
    "model",
    "version",
    "start",
    "end",
    "name",
    "detector",
    "verdict",
    "severity",
    "decides",
    "statistic",
    "threshold",
    "p_value",
    "calibration",
    "n_reference",
    "n_current",
    "target",
    "good",
    "total",
    "budget_remaining",
    "sentence",
)
# a spreadsheet takes a cell that begins like this for a formula, and runs it
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")

Cell = str | float | int | bool | None


def render(view: ReportView, language: str = "en") -> bytes:
    """
    Render a report as CSV.

    The first row (``row`` = ``report``) is the opening sentence; then the incidents, then for
    each run its findings and objectives. Numbers are unrounded, times UTC.

    Parameters
    ----------
    view : ReportView
    language : {"en", "zh"}
        Of the sentences.

    Returns
    -------
    bytes
        UTF-8 with a byte order mark, without which spreadsheets misread Chinese; CRLF.
    """
    out = io.StringIO(newline="")
    writer: csv.DictWriter[str] = csv.DictWriter(out, COLUMNS, restval="")
    writer.writeheader()
    for row in _rows(view, language):
        writer.writerow({name: defused(cell) for name, cell in row.items()})
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def defused(cell: Cell) -> Cell:
    r"""
    Put an apostrophe before text that a spreadsheet would run as a formula; numbers stay.

    Examples
    --------
    >>> defused("=1+1"), defused(-0.5)
    ("'=1+1", -0.5)
    """
    if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA):
        return f"'{cell}"
    return cell


def _rows(view: ReportView, language: str) -> Iterator[Mapping[str, Cell]]:
    judgement = judge(view, language)
    opening = {"row": "report", "name": view.title, "verdict": judgement.tone.value}
    yield opening | {"sentence": judgement.sentence}
    for incident in view.incidents:
        yield _incident_row(incident, language)
    for run in view.runs:
        yield from _run_rows(run, language)


def _incident_row(incident: Incident, language: str) -> Mapping[str, Cell]:
    return {
        "row": "incident",
        "model": incident.model,
        "version": ", ".join(incident.versions),
        "start": iso(incident.started_at),
        "end": iso(incident.last_seen_at),
        "name": ", ".join(incident.subjects),
        "detector": incident.cause.value,
        "verdict": incident.state.value,
        "severity": incident.severity.value,
        "sentence": headline(incident, language),
    }


def _run_rows(run: Run, language: str) -> Iterator[Mapping[str, Cell]]:
    key: Mapping[str, Cell] = {
        "model": run.deployment.model,
        "version": run.deployment.version,
        "start": iso(run.window.start),
        "end": iso(run.window.end),
    }
    yield {**key, "row": "run", "verdict": run.status.value, "sentence": run.error or ""}
    for finding in run.findings:
        yield {**key, **_finding_cells(finding, language)}
    for result in run.slos:
        yield {**key, **_slo_cells(result, language)}


def _finding_cells(finding: Finding, language: str) -> Mapping[str, Cell]:
    return {
        "row": "finding",
        "name": finding.column,
        "detector": finding.detector,
        "verdict": finding.verdict.value,
        "severity": finding.severity.value if finding.severity else None,
        "decides": finding.decides,
        "statistic": finite(finding.statistic),
        "threshold": finite(finding.threshold),
        "p_value": finite(finding.p_value),
        "calibration": finding.calibrated.value,
        "n_reference": finding.n_reference,
        "n_current": finding.n_current,
        "sentence": finding_sentence(finding, language),
    }


def _slo_cells(result: SLOResult, language: str) -> Mapping[str, Cell]:
    replica = f"@{result.replica}" if result.replica is not None else ""
    return {
        "row": "slo",
        "name": result.slo.name + replica,
        "verdict": result.state.value,
        "statistic": finite(result.sli),
        "target": result.slo.target,
        "good": result.good,
        "total": result.total,
        "budget_remaining": finite(result.budget_remaining),
        "sentence": slo_sentence(result, language),
    }
