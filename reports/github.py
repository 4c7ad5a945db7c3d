"""A report as GitHub workflow commands, and as the Markdown of the step's summary."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from domain.catalogue import say
from domain.finding import Severity, Verdict
from domain.headlines import headline
from domain.incident import Incident
from domain.run import Run
from domain.sentences import finding_sentence, slo_sentence
from domain.slo import SLOState
from monitors.report_view import ReportView
from monitors.verdicts import deciding
from reports import markdown
from reports.judgement import judge, newest_runs, open_incidents
from reports.plain import printable
from reports.terminal import objective_name

# GitHub shows ten annotations of a kind for each step (actions/toolkit, docs/problem-matchers.md)
MAX_ANNOTATIONS: Final = 10
# limit of $GITHUB_STEP_SUMMARY is 1 MiB
_SUMMARY_BYTES: Final = 1_000_000
_COMMANDS: Final = {
    Severity.CRITICAL: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
}
_BURNING: Final = {
    SLOState.BURNING_PAGE: "error",
    SLOState.EXHAUSTED: "error",
    SLOState.BURNING_TICKET: "warning",
}


def render(view: ReportView, language: str = "en") -> bytes:
    """
    Render a report for the log of a workflow: annotations first, then the table.

    Parameters
    ----------
    view : ReportView
    language : {"en", "zh"}

    Returns
    -------
    bytes
        UTF-8. One notice with the verdict and up to `MAX_ANNOTATIONS` problems: open incidents,
        and where there are none, what drifted or burns. No name from the logs can start a
        command of its own.
    """
    problems = [_of_incident(incident, language) for incident in open_incidents(view)]
    if not problems:
        problems = [line for run in newest_runs(view) for line in _of_run(run, language)]
    opening = annotation("notice", "Driftline", judge(view, language).sentence)
    commands = [opening, *islice(problems, MAX_ANNOTATIONS)]
    # a line that begins with :: or holds ##[ would be run by the runner
    table = summary(view, language).decode().replace("::", ":\u200b:").replace("##[", "## [")
    return ("\n".join(commands) + "\n\n").encode() + table.encode()


def summary(view: ReportView, language: str = "en") -> bytes:
    """
    Render the Markdown for ``$GITHUB_STEP_SUMMARY``, cut at a line before the limit of 1 MiB.

    Parameters
    ----------
    view : ReportView
    language : {"en", "zh"}
    """
    page = markdown.render(view, language)
    if len(page) <= _SUMMARY_BYTES:
        return page
    return page[: page.rindex(b"\n", 0, _SUMMARY_BYTES) + 1]


def annotation(command: str, title: str, message: str) -> str:
    r"""
    Write one workflow command, escaped as the runner expects.

    Parameters
    ----------
    command : {"error", "warning", "notice"}
    title, message : str

    Examples
    --------
    >>> annotation("error", "a,b", "50% off")
    '::error title=a%2Cb::50%25 off'
    """
    name = _data(title).replace(":", "%3A").replace(",", "%2C")
    return f"::{command} title={name}::{_data(message)}"


def _data(text: str) -> str:
    plain = "".join(c if c in "\r\n" else printable(c) for c in text)
    return plain.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _of_incident(incident: Incident, language: str) -> str:
    title = say(f"report.cause.{incident.cause}", language)
    return annotation(
        _COMMANDS[incident.severity], f"{incident.model}: {title}", headline(incident, language)
    )


def _of_run(run: Run, language: str) -> Iterator[str]:
    model = run.deployment.model
    if run.error:
        yield annotation("error", model, run.error)
    for result in run.slos:
        if result.state in _BURNING:
            title = f"{model}: {objective_name(result)}"
            yield annotation(_BURNING[result.state], title, slo_sentence(result, language))
    for finding in deciding(run):
        if finding.verdict is Verdict.DRIFTED:
            title = f"{model}: {finding.column}"
            yield annotation("warning", title, finding_sentence(finding, language))
