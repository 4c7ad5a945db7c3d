"""What each format promises to those who read it with a machine."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from junitparser import Error, Failure, JUnitXml, Skipped

from domain import shapes
from domain.finding import Calibration, Verdict
from domain.incident import Cause
from domain.run import RunStatus
from domain.sentences import finding_sentence, slo_sentence
from domain.slo import SLOState
from reports import csv as csv_format
from reports import github, json, junit, markdown, terminal
from reports.judgement import judge
from reports.plain import printable, shortened, width
from tests.reports import views
from tests.reports.nine_months import nine_months

# these keys are what other people's scripts read
FINDING_KEYS = {
    "column", "kind", "detector", "statistic", "p_value", "threshold", "verdict", "severity",
    "exact", "n_reference", "n_current", "reason", "calibrated", "sentence",
}  # fmt: skip
SLO_KEYS = {
    "name", "target", "period_days", "good", "total", "sli", "budget_remaining", "burn_rates",
    "state",
}  # fmt: skip
RUN_KEYS = {
    "model", "version", "window", "status", "coverage", "findings", "slos", "alerts",
}  # fmt: skip
BURN_KEYS = {"long_s", "short_s", "factor", "long", "short", "firing"}


# ------------------------------------------------------------------ json


def test_the_json_has_the_keys_of_the_contract() -> None:
    report = orjson.loads(json.render(nine_months()))
    assert report["schema_version"] == 1
    for run in report["runs"]:
        assert run.keys() >= RUN_KEYS
        assert run["window"].keys() == {"start", "end"}
        assert all(finding.keys() >= FINDING_KEYS for finding in run["findings"])
        assert all(slo.keys() >= SLO_KEYS for slo in run["slos"])
        assert all(rate.keys() >= BURN_KEYS for slo in run["slos"] for rate in slo["burn_rates"])


def test_a_finding_is_shaped_from_its_own_values() -> None:
    shape = shapes.finding_shape(views.finding("temp", Verdict.DRIFTED))
    assert shape["verdict"] == "drifted"
    assert (shape["statistic"], shape["threshold"]) == (9.3, 4.0)
    assert (shape["n_reference"], shape["n_current"]) == (27_004, 312)
    assert shape["sentence"].startswith("temp: its shape is further from its forecast")


@pytest.mark.parametrize(
    ("level", "calibrated"),
    [(Calibration.FULL, True), (Calibration.WEAK, False), (Calibration.NONE, False)],
)
def test_only_a_full_calibration_is_called_calibrated(level, calibrated) -> None:
    shape = shapes.finding_shape(views.finding("temp", Verdict.OK, calibrated=level))
    assert shape["calibrated"] is calibrated
    assert shape["calibration"] == level.value


@pytest.mark.parametrize("broken", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_not_finite_becomes_null(broken: float) -> None:
    found = views.finding("temp", Verdict.OK, statistic=broken, p_value=broken, threshold=broken)
    shape = shapes.finding_shape(replace(found, values={**found.values}))
    assert (shape["statistic"], shape["p_value"], shape["threshold"]) == (None, None, None)


def test_a_run_carries_the_alerts_of_its_own_version_and_time() -> None:
    now = views.alert("temp", Cause.DRIFT, 270, 272)
    other_version = views.alert("dewp", Cause.DRIFT, 270, 272, versions=("1",))
    other_time = views.alert("visib", Cause.DRIFT, 3, 9)
    incident = views.incident("i", now, other_version, other_time)
    shape = shapes.run_shape(views.run("2", 272), [incident])
    assert [alert["subject"] for alert in shape["alerts"]] == ["temp"]


def test_an_overspent_budget_is_negative_in_json() -> None:
    shape = shapes.slo_shape(views.slo_result(views.AVAILABILITY, SLOState.EXHAUSTED, 16))
    assert shape["sli"] == pytest.approx(0.998)
    assert shape["budget_remaining"] == pytest.approx(-1.0)


# ------------------------------------------------------------------ csv


def test_the_csv_has_a_row_for_each_finding_and_objective() -> None:
    view = nine_months()
    rows = list(csv.DictReader(io.StringIO(csv_format.render(view).decode("utf-8-sig"))))
    by_kind = [row["row"] for row in rows]
    assert by_kind.count("finding") == sum(len(run.findings) for run in view.runs)
    assert by_kind.count("slo") == sum(len(run.slos) for run in view.runs)
    assert by_kind.count("incident") == len(view.incidents)
    assert by_kind[0] == "report"


@given(st.text(max_size=20))
def test_no_cell_of_text_can_start_a_formula(text: str) -> None:
    view = views.view(title=text, columns=())
    cells = [
        cell
        for row in csv.reader(io.StringIO(csv_format.render(view).decode("utf-8-sig"), newline=""))
        for cell in row
    ]
    assert not any(cell.lstrip(" ")[:1] in set("=+-@\t\r\n") - {""} for cell in cells if cell)


def test_negative_numbers_stay_numbers_in_csv() -> None:
    run = views.run(slos=(views.slo_result(views.AVAILABILITY, SLOState.EXHAUSTED, 16),))
    rows = csv.DictReader(
        io.StringIO(csv_format.render(views.view(runs=(run,))).decode("utf-8-sig"))
    )
    budget = next(row["budget_remaining"] for row in rows if row["row"] == "slo")
    assert float(budget) == pytest.approx(-1.0)


# ------------------------------------------------------------------ junit


def test_junit_fails_what_drifted_and_skips_what_was_not_judged() -> None:
    view = nine_months()
    newest = view.runs[0]
    suite = next(iter(JUnitXml.fromstring(junit.render(view))))
    results = {
        (case.classname, case.name): [type(result) for result in case.result] for case in suite
    }
    for finding in newest.findings:
        if not finding.decides:
            continue
        got = results["flight-delay.2.forecast", finding.column]
        wanted = {Verdict.DRIFTED: [Failure], Verdict.OK: []}.get(finding.verdict, [Skipped])
        assert got == wanted
    assert results["flight-delay.2.slo", "availability"] == [Failure]
    assert results["flight-delay.2.slo", "latency@pod-3"] == [Failure]
    assert results["flight-delay.2.slo", "latency"] == []


def test_junit_counts_what_it_holds() -> None:
    suite = next(iter(JUnitXml.fromstring(junit.render(nine_months()))))
    kinds = [type(result) for case in suite for result in case.result]
    assert suite.tests == len(list(suite))
    assert (suite.failures, suite.skipped) == (kinds.count(Failure), kinds.count(Skipped))


def test_a_failed_run_is_an_error_in_junit() -> None:
    suite = next(iter(JUnitXml.fromstring(junit.render(views.failed()))))
    (case,) = suite
    assert isinstance(case.result[0], Error)
    assert case.result[0].message == "disk full: /data, 0 B free"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_name_is_well_formed_xml(name: str) -> None:
    run = views.run(findings=(views.finding(name, Verdict.DRIFTED),), slos=())
    (suite,) = JUnitXml.fromstring(junit.render(views.view(runs=(run,))))
    assert suite.failures == 1


# ------------------------------------------------------------------ github


def test_github_gets_ten_annotations_at_most_and_the_whole_table() -> None:
    findings = tuple(views.finding(f"column_{i}", Verdict.DRIFTED) for i in range(30))
    view = views.view(runs=(views.run(findings=findings, slos=()),))
    text = github.render(view).decode()
    warnings = [line for line in text.splitlines() if line.startswith("::warning ")]
    assert len(warnings) == github.MAX_ANNOTATIONS
    assert all(f"column\\_{i} " in text for i in range(30))


def test_an_incident_is_annotated_by_its_severity() -> None:
    text = github.render(nine_months()).decode()
    first, second = text.splitlines()[:2]
    assert first.startswith("::notice title=Driftline::3 columns drift")
    assert second.startswith("::warning title=flight-delay%3A Drift::3 columns drift")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_no_name_can_start_a_workflow_command_of_its_own(name: str) -> None:
    hostile = f"{name}\n::error::owned\r##[error]owned %0A::warning::x"
    run = views.run(findings=(views.finding(hostile, Verdict.DRIFTED),), slos=())
    lines = github.render(views.view(title=hostile, runs=(run,))).decode().split("\n")
    commands = [line for line in lines if line.lstrip().startswith("::")]
    assert len(commands) == 2
    assert all(line.startswith(("::notice title=", "::warning title=")) for line in commands)
    assert not any("##[" in line for line in lines if line not in commands)


def test_an_escaped_annotation_reads_back_as_it_was() -> None:
    title, message = "a:b,c%", "50% off\r\nnow: yes, really"
    line = github.annotation("error", title, message)
    head, _, data = line.removeprefix("::error title=").partition("::")
    unescaped = [("%0A", "\n"), ("%0D", "\r"), ("%3A", ":"), ("%2C", ","), ("%25", "%")]
    for written, meant in unescaped:
        head, data = head.replace(written, meant), data.replace(written, meant)
    assert (head, data) == (title, message)


def test_the_summary_stays_under_the_limit_of_a_step() -> None:
    names = [f"{i}_" + "x" * 2000 for i in range(400)]
    findings = tuple(views.finding(name, Verdict.DRIFTED) for name in names)
    page = github.summary(views.view(runs=(views.run(findings=findings),)))
    assert 900_000 < len(page) <= 1_000_000
    assert page.endswith(b"|\n")


# ------------------------------------------------------------------ markdown


def test_a_markdown_row_has_as_many_cells_as_its_header() -> None:
    lines = markdown.render(views.hostile()).decode().splitlines()
    rows = [line for line in lines if line.startswith("| ")]
    cells = {line.replace("\\\\", "").replace("\\|", "").count("|") for line in rows}
    assert cells == {7}


def test_markdown_lists_what_is_loud_and_counts_what_is_quiet() -> None:
    text = markdown.render(nine_months()).decode()
    assert "12 columns are quiet and not listed." in text
    assert "| temp | Drifted |" in text
    assert "| humid |" not in text


def test_markup_in_a_name_is_escaped() -> None:
    assert markdown.escaped("[x](y) <b> | `c`") == r"\[x\](y) \<b\> \| \`c\`"


# ------------------------------------------------------------------ terminal


def test_the_terminal_shows_a_quiet_run_in_six_lines() -> None:
    lines = terminal.render(views.view()).decode().splitlines()
    assert lines == [
        judge(views.view()).sentence,
        "",
        "flight-delay v2, 2013-12-29: ok (312 predictions, 312 calls, 100% of the window logged)",
        f"Holds  latency       {slo_sentence(views.run().slos[0])}",
        f"Holds  availability  {slo_sentence(views.run().slos[1])}",
        f"OK  temp  0.3× its alarm line  {finding_sentence(views.run().findings[0])}",
    ]


def test_the_terminal_counts_earlier_windows_and_names_those_that_failed() -> None:
    failed = views.run(n=270, status=RunStatus.FAILED, findings=(), slos=(), error="disk full")
    view = views.view(runs=(views.run(), views.run(n=271), failed))
    lines = terminal.render(view).decode().splitlines()
    assert lines[-2] == "Earlier windows: 1 ok, 1 failed"
    assert "2013-12-27" in lines[-1]
    assert lines[-1].endswith("disk full")


def test_columns_line_up_whatever_the_names_are() -> None:
    rows = [["出发机场", "a"], ["x", "b"], ["e\u0301t\u0301", "c"], ["\x1b[31m", "d"]]
    lines = zip(terminal.table(rows), rows, strict=True)
    starts = [width(line[: line.rindex(row[1])]) for line, row in lines]
    assert len(set(starts)) == 1


def test_nothing_from_the_logs_steers_the_terminal() -> None:
    text = terminal.render(views.hostile()).decode()
    assert all(character == "\n" or character.isprintable() for character in text)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), st.integers(1, 40))
def test_a_shortened_text_fits_its_cells(text: str, cells: int) -> None:
    assert width(shortened(text, cells)) <= cells or width(text) <= cells


@given(st.text(max_size=60))
def test_printable_text_holds_nothing_invisible(text: str) -> None:
    assert printable(printable(text)) == printable(text)
    assert not any(c in printable(text) for c in "\x00\x1b\r\n\u202e\u200b\u2028")
