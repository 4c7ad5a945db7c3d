"""The one sentence a report opens with: what is broken, since when, how bad, how sure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.catalogue import say
from domain.finding import Calibration, Finding, Severity, Verdict
from domain.headlines import headline
from domain.incident import AlertState, Cause, Incident
from domain.run import Run, RunStatus
from domain.sentences import finding_sentence, slo_sentence
from domain.slo import SLOResult, SLOState
from domain.standing import badness, multiple, rank
from domain.window import Window
from monitors import verdicts
from monitors.report_view import ColumnView, ReportView
from monitors.verdicts import column_findings, service_findings, worst_by_column
from reports import numbers

_NAMES_SHOWN = 4
# worst first
BROKEN = (SLOState.BURNING_PAGE, SLOState.EXHAUSTED, SLOState.BURNING_TICKET)
_HARD_RULES = "completeness"
_COUNTED = (Cause.AVAILABILITY, Cause.LATENCY, Cause.TRAFFIC, Cause.MISSING)


class Tone(StrEnum):
    """How the report as a whole reads, for its colour and its icon."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"
    OK = "ok"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Judgement:
    """
    The opening of a report.

    Parameters
    ----------
    tone : Tone
    claim : str
        What is broken, or that nothing is.
    facts : tuple of str
        Since when, how bad, how sure, what else.
    sentence : str
        Claim and facts as one sentence.
    """

    tone: Tone
    claim: str
    facts: tuple[str, ...]
    sentence: str


def judge(view: ReportView, language: str = "en") -> Judgement:
    """
    Say what a report says, in one sentence.

    An open incident speaks first, then a failed run, then what broke without an incident
    (two files have none), then that nothing could be judged, then that all is quiet.

    Parameters
    ----------
    view : ReportView
    language : {"en", "zh"}
    """
    for attempt in (
        _of_incidents,
        _of_failure,
        _of_objectives,
        _of_service,
        _of_columns,
        _of_nothing,
    ):
        found = attempt(view, language)
        if found is not None:
            return _told(*found, language)
    return _told(*_of_quiet(view, language), language)


_Found = tuple[Tone, str, list[str]]


def last_runs(view: ReportView) -> tuple[Run, ...]:
    """Return the last run of each deployment, also of one that serves no more."""
    newest: dict[object, Run] = {}
    for run in view.runs:
        newest.setdefault(run.deployment, run)
    return tuple(newest.values())


def newest_runs(view: ReportView) -> tuple[Run, ...]:
    """Return each model's runs of its newest window: what can be said of now."""
    newest: dict[str, Window] = {}
    for run in view.runs:
        known = newest.setdefault(run.deployment.model, run.window)
        newest[run.deployment.model] = max(known, run.window, key=lambda window: window.end)
    return tuple(
        run for run in last_runs(view) if run.window.end > newest[run.deployment.model].start
    )


def telling(column: ColumnView) -> Finding | None:
    """Return the deciding finding of a column that matters most; None without any finding."""
    return verdicts.telling(column.findings)


def name_of(column: ColumnView) -> str:
    """Return a column's name as its findings and incidents have it."""
    return column.findings[0].column if column.findings else column.column.name


def open_incidents(view: ReportView) -> list[Incident]:
    """Return the incidents that are not over, worst first as the view has them."""
    return [incident for incident in view.incidents if incident.state is not AlertState.RESOLVED]


def open_first(view: ReportView) -> list[Incident]:
    """Return the open incidents, then those that are over, each in the order of the view."""
    return sorted(view.incidents, key=lambda i: i.state is AlertState.RESOLVED)


def everything_judged(run: Run) -> list[Finding]:
    """Return one finding for each column and all about the service, worst first."""
    found = [*service_findings(run), *worst_by_column(run)]
    return sorted(found, key=lambda finding: rank(finding.verdict))


def how_far(finding: Finding, language: str) -> str:
    """Write a reading as a multiple of its alarm line: from 1 on it drifted; empty without one."""
    times = multiple(finding)
    if times is None:
        return ""
    return say("report.far.line", language, times=numbers.multiple(times))


def names(items: list[str], language: str) -> str:
    """Write the first few names, and how many more there are."""
    shown = say("report.list", language).join(items[:_NAMES_SHOWN])
    more = len(items) - _NAMES_SHOWN
    return say("report.and_more", language, names=shown, n=more) if more > 0 else shown


def plural(key: str, n: int, language: str) -> str:
    """Fill the text for one or for many."""
    return say(f"{key}.{'one' if n == 1 else 'many'}", language, n=n)


def _told(tone: Tone, claim: str, facts: list[str], language: str) -> Judgement:
    joined = say("report.facts.join", language).join(facts)
    bare = claim.rstrip(".。")
    sentence = say("report.facts", language, sentence=bare, facts=joined) if facts else claim
    return Judgement(tone, claim, tuple(facts), sentence)


def _of_incidents(view: ReportView, language: str) -> _Found | None:
    opened = open_incidents(view)
    if not opened:
        return None
    worst = opened[0]
    facts = [
        say(f"report.severity.{worst.severity}", language).lower(),
        *_sure_of_incident(view, worst, language),
    ]
    if len(opened) > 1:
        facts.append(plural("report.fact.more_open", len(opened) - 1, language))
    for run in newest_runs(view):
        if run.status is RunStatus.FAILED:
            window = numbers.span(run.window, language)
            facts.append(say("report.fact.failed", language, window=window, error=run.error or ""))
    return Tone(worst.severity.value), headline(worst, language), facts


def _of_failure(view: ReportView, language: str) -> _Found | None:
    failed = [run for run in newest_runs(view) if run.status is RunStatus.FAILED]
    if not failed:
        return None
    claim = say("report.verdict.failed", language, error=failed[0].error or numbers.DASH)
    return Tone.CRITICAL, claim, [_window(failed[0], language)]


def _of_objectives(view: ReportView, language: str) -> _Found | None:
    broken = [
        (run, result) for run in newest_runs(view) for result in run.slos if result.state in BROKEN
    ]
    if not broken:
        return None
    run, worst = min(broken, key=lambda pair: BROKEN.index(pair[1].state))
    tone = Tone.WARNING if worst.state is SLOState.BURNING_TICKET else Tone.CRITICAL
    facts = [_window(run, language), say("report.sure.counted", language)]
    return tone, slo_sentence(worst, language), facts


def _of_service(view: ReportView, language: str) -> _Found | None:
    for run in newest_runs(view):
        for finding in service_findings(run):
            if finding.verdict is Verdict.DRIFTED:
                tone = Tone((finding.severity or Severity.WARNING).value)
                columns = _of_columns(view, language) if view.tables is not None else None
                if columns is None:
                    facts = [_window(run, language)] if view.span else []
                    return tone, finding_sentence(finding, language), facts
                tone = columns[0] if columns[0] is Tone.CRITICAL else tone
                return tone, finding_sentence(finding, language), [columns[1], *columns[2]]
    return None


def _of_columns(view: ReportView, language: str) -> _Found | None:
    judged = [(run, finding) for run in newest_runs(view) for finding in worst_by_column(run)]
    drifted = [(run, finding) for run, finding in judged if finding.verdict is Verdict.DRIFTED]
    if not drifted:
        return None
    drifted.sort(key=lambda pair: badness(pair[1]))
    run, worst = drifted[0]
    columns = list(dict.fromkeys(finding.column for _, finding in drifted))
    claim = say(
        "report.verdict.columns",
        language,
        n=len(columns),
        total=len({finding.column for _, finding in judged}),
        names=names(columns, language),
    )
    facts = [_window(run, language)] if view.span else []
    far = how_far(worst, language)
    if far:
        facts.append(say("report.fact.worst", language, column=worst.column, far=far))
    certain = _beyond_doubt(view)
    if certain:
        facts.append(say("report.fact.critical", language, names=names(certain, language)))
    if len(certain) < len(columns):
        facts.append(sure_of_drift([finding for _, finding in drifted], run, language))
    return Tone.CRITICAL if certain else Tone.WARNING, claim, facts


def _beyond_doubt(view: ReportView) -> list[str]:
    """Return the columns that are critical without an incident: gone, or of another type."""
    found = [f for run in newest_runs(view) for f in column_findings(run)]
    gone = [f for f in found if f.verdict is Verdict.DRIFTED and f.detector == _HARD_RULES]
    return list(dict.fromkeys(f.column for f in gone if f.severity is Severity.CRITICAL))


def _of_nothing(view: ReportView, language: str) -> _Found | None:
    runs = newest_runs(view)
    over = _over(view, language)
    if not runs:
        return Tone.UNKNOWN, say("report.verdict.no_runs", language), over
    findings = [finding for run in runs for finding in worst_by_column(run)]
    seen = any(f.verdict in (Verdict.OK, Verdict.BLIND) for f in findings)
    if seen or any(_measured(result) for run in runs for result in run.slos):
        return None
    facts = [_window(runs[0], language)] if view.span else []
    return Tone.UNKNOWN, say("report.verdict.unjudged", language), facts + over


def _of_quiet(view: ReportView, language: str) -> _Found:
    runs = newest_runs(view)
    findings = [finding for run in runs for finding in worst_by_column(run)]
    said = [f for f in findings if f.verdict in (Verdict.OK, Verdict.BLIND)]
    judged = {f.column for f in said}
    watched = any(_measured(result) for run in runs for result in run.slos)
    facts = [_window(runs[0], language)] if view.span else []
    if judged:
        facts.append(sure_of_drift(said, runs[0], language))
    for name, verdict in (("blind", Verdict.BLIND), ("unjudged", Verdict.INCONCLUSIVE)):
        unseen = {f.column for f in findings if f.verdict is verdict}
        if unseen:
            facts.append(plural(f"report.fact.{name}", len(unseen), language))
    if judged:
        key = "quiet" if watched else "quiet_columns"
        claim = plural(f"report.verdict.{key}", len(judged), language)
    else:
        claim = say("report.verdict.quiet_slos", language)
    return Tone.OK, claim, facts + _over(view, language)


def _measured(result: SLOResult) -> bool:
    return result.state not in (SLOState.NO_DATA, SLOState.INSUFFICIENT)


def _over(view: ReportView, language: str) -> list[str]:
    over = len(view.incidents) - len(open_incidents(view))
    return [plural("report.fact.over", over, language)] if over else []


def _window(run: Run, language: str) -> str:
    return say("report.fact.window", language, window=numbers.span(run.window, language))


def _sure_of_incident(view: ReportView, incident: Incident, language: str) -> list[str]:
    if incident.cause in _COUNTED:
        return [say("report.sure.counted", language)]
    runs = [run for run in newest_runs(view) if run.deployment.version in incident.versions]
    if incident.cause is Cause.PERFORMANCE:
        labelled = [run.performance.labelled for run in runs if run.performance]
        return [say("report.sure.labels", language, n=numbers.count(n)) for n in labelled[:1]]
    if incident.cause is not Cause.DRIFT or not runs:
        return []
    concerned = [f for run in runs for f in worst_by_column(run) if f.column in incident.subjects]
    return [sure_of_drift(concerned, runs[0], language)] if concerned else []


def sure_of_drift(findings: list[Finding], run: Run, language: str) -> str:
    """Say how well the lines are known that these findings of a run were judged by."""
    words = {Calibration.FULL: "calibrated", Calibration.WEAK: "weak", Calibration.NONE: "none"}
    # a hard rule needs no calibration
    known = {finding.calibrated for finding in findings if finding.detector != _HARD_RULES}
    # the least sure of them speaks: a sentence about all may not sound surer than one of them
    least = next((c for c in (Calibration.NONE, Calibration.WEAK) if c in known), Calibration.FULL)
    windows = {finding.values.get("k") for finding in findings if finding.calibrated is least}
    counted = [n for n in windows if isinstance(n, int)]
    n = min(counted, default=run.baseline_windows)
    return say(f"report.sure.{words[least]}", language, n=n)
