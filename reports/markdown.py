"""A report as Markdown, to be read in a ticket or a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from domain.catalogue import say
from domain.finding import Finding, Verdict
from domain.headlines import headline
from domain.incident import AlertState, Incident
from domain.run import Run
from domain.sentences import alert_sentence, finding_sentence, slo_sentence
from domain.slo import SLOResult
from domain.standing import state_of
from monitors.report_view import ReportView, TablesView
from reports import numbers
from reports.judgement import (
    everything_judged,
    how_far,
    judge,
    newest_runs,
    open_first,
)
from reports.plain import printable
from reports.tables import guess_rows
from reports.terminal import objective_name

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#|~&$])")
_ALERTS_SHOWN: Final = 8


def render(view: ReportView, language: str = "en") -> bytes:
    """
    Render a report as GitHub-flavoured Markdown.

    Parameters
    ----------
    view : ReportView
        Of the columns only those that are not quiet are listed, with the number of the others.
    language : {"en", "zh"}

    Returns
    -------
    bytes
        UTF-8. Nothing from the logs can act as markup: every special character is escaped.
    """
    return ("\n".join(_lines(view, language)) + "\n").encode()


def escaped(text: str) -> str:
    r"""
    Escape whatever Markdown would read as markup.

    Examples
    --------
    >>> escaped("a|b <c>")
    'a\\|b \\<c\\>'
    """
    return _SPECIAL.sub(r"\\\1", printable(text))


def _lines(view: ReportView, language: str) -> Iterator[str]:
    yield f"# {escaped(view.title)}"
    yield ""
    yield f"**{escaped(judge(view, language).sentence)}**"
    yield from _notes(view, language)
    if view.incidents:
        yield from _heading("report.section.incidents", language)
        for incident in open_first(view):
            yield from _incident(incident, language)
    for run in newest_runs(view):
        if view.tables is None:
            yield from _title(run, language)
        yield from _run(run, language)
    if view.tables is not None:
        yield from _guess(view.tables, language)
    yield from _judged(view, language)


def _notes(view: ReportView, language: str) -> Iterator[str]:
    for note in view.notes:
        yield ""
        yield f"> {escaped(say(note, language))}"


def _heading(key: str, language: str) -> Iterator[str]:
    yield ""
    yield f"## {say(key, language)}"
    yield ""


def _incident(incident: Incident, language: str) -> Iterator[str]:
    words = [
        say(f"report.severity.{incident.severity}", language),
        say(f"report.state.{incident.state}", language),
        numbers.moment(incident.started_at, language),
    ]
    if incident.state is AlertState.RESOLVED:
        words[-1] += f" – {numbers.moment(incident.last_seen_at, language)}"
    yield f"- **{escaped(headline(incident, language))}** {escaped(' · '.join(words))}"
    for alert in incident.alerts[:_ALERTS_SHOWN]:
        yield f"  - {escaped(alert_sentence(alert, language))}"
    more = len(incident.alerts) - _ALERTS_SHOWN
    if more > 0:
        yield f"  - {say('report.rows_more', language, n=more)}"


def _title(run: Run, language: str) -> Iterator[str]:
    version = run.deployment.version or numbers.DASH
    title = say("report.deployment", language, model=run.deployment.model, version=version)
    yield ""
    yield f"## {escaped(title)}: {escaped(numbers.span(run.window, language))}"
    yield ""


def _run(run: Run, language: str) -> Iterator[str]:
    if run.error:
        yield escaped(say("report.verdict.failed", language, error=run.error))
        yield ""
    yield from _columns(everything_judged(run), language)
    yield from _objectives(run.slos, language)


def _guess(tables: TablesView, language: str) -> Iterator[str]:
    yield from _heading("tables.heading", language)
    for title, text in guess_rows(tables, language):
        yield f"- **{escaped(title)}** {escaped(text)}"


def _columns(findings: Sequence[Finding], language: str) -> Iterator[str]:
    loud = [finding for finding in findings if finding.verdict is not Verdict.OK]
    quiet = len(findings) - len(loud)
    if loud:
        titles = ("column", "verdict", "far", "said", "n_reference", "n_current")
        yield from _header(titles, language)
    for finding in loud:
        yield _row(
            finding.column,
            say(f"report.state_of.{state_of(finding)}", language),
            how_far(finding, language),
            finding_sentence(finding, language),
            numbers.count(finding.n_reference),
            numbers.count(finding.n_current),
        )
    if quiet:
        yield ""
        yield say("report.quiet_columns", language, n=quiet)
        yield ""


def _objectives(results: Sequence[SLOResult], language: str) -> Iterator[str]:
    if results:
        yield from _header(("objective", "state", "sli", "target", "budget", "said"), language)
    for result in results:
        yield _row(
            objective_name(result),
            say(f"report.slo.{result.state}", language),
            numbers.share(result.sli, 3),
            numbers.target(result.slo.target),
            numbers.budget(result.budget_remaining, language),
            slo_sentence(result, language),
        )


def _judged(view: ReportView, language: str) -> Iterator[str]:
    yield ""
    yield "---"
    yield ""
    facts = [
        say("report.made_at", language, at=numbers.moment(view.generated_at, language)),
        f"driftline {view.code_version}",
        say("report.config_is", language, hash=view.config_hash or numbers.DASH),
    ]
    yield escaped(" · ".join(facts))


def _header(keys: Sequence[str], language: str) -> Iterator[str]:
    yield ""
    yield _row(*(say(f"report.title.{key}", language) for key in keys))
    yield "|" + " --- |" * len(keys)


def _row(*cells: str) -> str:
    return "| " + " | ".join(escaped(cell) for cell in cells) + " |"
