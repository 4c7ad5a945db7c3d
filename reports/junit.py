"""A report as JUnit XML, which every CI system shows: one test case for each verdict."""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree as ET

from domain.catalogue import say
from domain.finding import Finding, Verdict
from domain.finite import finite
from domain.headlines import headline
from domain.run import Run, RunStatus
from domain.sentences import finding_sentence, slo_sentence
from domain.slo import SLOResult, SLOState
from domain.window import iso
from monitors.report_view import ReportView
from monitors.verdicts import deciding
from reports import numbers
from reports.judgement import judge

# XML 1.0 section 2.2 allows no other characters, not even escaped
_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SKIPPED_STATES: Final = (SLOState.INSUFFICIENT, SLOState.NO_DATA)
_SKIPPED_VERDICTS: Final = (Verdict.INCONCLUSIVE, Verdict.BLIND)


def render(view: ReportView, language: str = "en") -> bytes:
    """
    Render a report as JUnit XML.

    A suite is a run; its cases are the deciding findings and the objectives. Drift and a
    burning or exhausted budget fail; what could not be judged, and what is blind, is skipped with
    its reason, never passed. The incidents stand in ``system-out`` of the first suite.

    Parameters
    ----------
    view : ReportView
    language : {"en", "zh"}
        Of the messages.

    Returns
    -------
    bytes
        UTF-8 with an XML declaration.
    """
    root = ET.Element("testsuites", name=_clean(f"driftline {view.title}"))
    suites = [_suite(run, language) for run in view.runs] or [ET.Element("testsuite", name="none")]
    for suite in suites:
        _count(suite)
        root.append(suite)
    lines = [judge(view, language).sentence]
    for incident in view.incidents:
        state = say(f"report.state.{incident.state}", language)
        lines.append(f"{incident.severity} {state}: {headline(incident, language)}")
    ET.SubElement(suites[0], "system-out").text = _clean("\n".join(lines))
    for total in ("tests", "failures", "errors", "skipped"):
        root.set(total, str(sum(int(suite.get(total, "0")) for suite in suites)))
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _suite(run: Run, language: str) -> ET.Element:
    deployment = f"{run.deployment.model}.{run.deployment.version or numbers.DASH}"
    suite = ET.Element(
        "testsuite",
        name=_clean(f"{deployment} {run.window}"),
        timestamp=iso(run.started_at).split(".")[0].removesuffix("Z"),
        time=f"{finite(run.duration_s) or 0.0:.3f}",
    )
    if run.status is RunStatus.FAILED:
        case = _case(suite, deployment, "run")
        _outcome(case, "error", run.error or "", run.status.value)
    for finding in deciding(run):
        _finding_case(suite, deployment, finding, language)
    for result in run.slos:
        _slo_case(suite, deployment, result, language)
    return suite


def _finding_case(suite: ET.Element, deployment: str, finding: Finding, language: str) -> None:
    case = _case(suite, f"{deployment}.{finding.detector}", finding.column)
    if finding.verdict is Verdict.DRIFTED:
        _outcome(case, "failure", finding_sentence(finding, language), finding.detector)
    elif finding.verdict in _SKIPPED_VERDICTS:
        _outcome(case, "skipped", finding_sentence(finding, language), finding.verdict.value)


def _slo_case(suite: ET.Element, deployment: str, result: SLOResult, language: str) -> None:
    replica = "" if result.replica is None else f"@{result.replica}"
    case = _case(suite, f"{deployment}.slo", result.slo.name + replica)
    if result.state in _SKIPPED_STATES:
        _outcome(case, "skipped", slo_sentence(result, language), result.state.value)
    elif result.state is not SLOState.OK:
        _outcome(case, "failure", slo_sentence(result, language), result.state.value)


def _case(suite: ET.Element, classname: str, name: str) -> ET.Element:
    return ET.SubElement(
        suite, "testcase", classname=_clean(classname), name=_clean(name), time="0"
    )


def _outcome(case: ET.Element, tag: str, message: str, kind: str) -> None:
    ET.SubElement(case, tag, message=_clean(message), type=_clean(kind)).text = _clean(message)


def _count(suite: ET.Element) -> None:
    suite.set("tests", str(len(suite.findall("testcase"))))
    for total, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(total, str(len(suite.findall(f"testcase/{tag}"))))


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
