"""A report as short plain text with aligned columns; the command line adds the colour."""

from __future__ import annotations

from collections.abc import Sequence

from domain.catalogue import say
from domain.finding import Finding
from domain.headlines import headline
from domain.incident import Incident
from domain.run import Run, RunStatus
from domain.sentences import finding_sentence, slo_sentence
from domain.slo import SLOResult
from domain.standing import state_of
from monitors.report_view import ReportView
from reports import numbers
from reports.judgement import (
    everything_judged,
    how_far,
    judge,
    newest_runs,
    open_first,
)
from reports.plain import printable, shortened, width

_NAME_CELLS = 28
_ROWS = 40


def render(view: ReportView, language: str = "en") -> bytes:
    """
    Render a report for a terminal: the sentence, the incidents, then a table for each run.

    Parameters
    ----------
    view : ReportView
        Only the newest run of each deployment is printed.
    language : {"en", "zh"}

    Returns
    -------
    bytes
        UTF-8 without any escape sequence, ending with a line feed.
    """
    lines = [printable(judge(view, language).sentence)]
    lines += [printable(say(note, language)) for note in view.notes]
    if view.incidents:
        lines += ["", say("report.section.incidents", language)]
        lines += table([_incident_row(incident, language) for incident in open_first(view)])
    for run in newest_runs(view):
        lines += ["", *_run_lines(run, language)]
    lines += _earlier(view, language)
    return ("\n".join(lines) + "\n").encode()


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """
    Align rows in columns, two spaces apart, by the cells that a terminal gives each character.

    Parameters
    ----------
    rows : sequence of sequence of str
        All of one length. What would steer the terminal is written as a visible escape.
    """
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(width(cell) for cell in column) for column in zip(*shown, strict=True)]
    return [
        "  ".join(
            cell + " " * (room - width(cell)) for cell, room in zip(row, widths, strict=True)
        ).rstrip()
        for row in shown
    ]


def _incident_row(incident: Incident, language: str) -> list[str]:
    return [
        say(f"report.severity.{incident.severity}", language).upper(),
        say(f"report.state.{incident.state}", language),
        numbers.moment(incident.started_at, language),
        headline(incident, language),
    ]


def _run_lines(run: Run, language: str) -> list[str]:
    lines = [printable(_title(run, language))]
    if run.error:
        lines.append(printable(say("report.verdict.failed", language, error=run.error)))
    lines += _objectives(run.slos, language)
    lines += _columns(everything_judged(run), language)
    return lines


def _earlier(view: ReportView, language: str) -> list[str]:
    """Count the runs of earlier windows by how they ended, and name those that failed."""
    shown = newest_runs(view)
    earlier = [run for run in view.runs if run not in shown]
    if not earlier:
        return []
    counts = [
        f"{n} {say(f'report.status.{status}', language)}"
        for status in RunStatus
        if (n := sum(run.status is status for run in earlier))
    ]
    said = say("report.list", language).join(counts)
    failed = [run for run in earlier if run.error]
    lines = [_title(run, language) + f": {run.error}" for run in failed[:_ROWS]]
    return ["", say("report.earlier", language, counts=said), *map(printable, lines)]


def _title(run: Run, language: str) -> str:
    return say(
        "report.run.title",
        language,
        model=run.deployment.model,
        version=run.deployment.version or numbers.DASH,
        window=numbers.span(run.window, language),
        status=say(f"report.status.{run.status}", language),
        predictions=numbers.count(run.n_predictions),
        calls=numbers.count(run.n_calls),
        coverage=numbers.share(run.coverage, 0),
    )


def _objectives(results: Sequence[SLOResult], language: str) -> list[str]:
    return table(
        [
            [
                say(f"report.slo.{result.state}", language),
                shortened(objective_name(result), _NAME_CELLS),
                slo_sentence(result, language),
            ]
            for result in results
        ]
    )


def objective_name(result: SLOResult) -> str:
    """Name an objective, with its replica where it is judged by replica: ``latency@pod-3``."""
    return result.slo.name if result.replica is None else f"{result.slo.name}@{result.replica}"


def _columns(findings: list[Finding], language: str) -> list[str]:
    rows = [
        [
            say(f"report.state_of.{state_of(finding)}", language),
            shortened(finding.column, _NAME_CELLS),
            how_far(finding, language),
            finding_sentence(finding, language),
        ]
        for finding in findings[:_ROWS]
    ]
    more = len(findings) - _ROWS
    hidden = [say("report.rows_more", language, n=more)] if more > 0 else []
    return table(rows) + hidden
