"""What commands answer: text for people, JSON for scripts, and an exit code for both."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from domain.finding import Severity
from domain.run import RunStatus
from jobs.results import exit_code
from tests.golden.logs import DAY, START, Service
from tests.jobs.conftest import MADE, Answer

FINDING = {
    "column", "kind", "detector", "statistic", "p_value", "threshold", "verdict", "severity",
    "exact", "n_reference", "n_current", "reason", "calibrated", "sentence",
}  # fmt: skip
SLO = {
    "name", "target", "period_days", "good", "total", "sli", "budget_remaining", "burn_rates",
    "state",
}  # fmt: skip


def day(n: int) -> str:
    return f"{START + n * DAY:%Y-%m-%d}"


def span(n: int) -> str:
    return f"{day(n)}/{day(n + 1)}"


# ------------------------------------------------------------------ logs in


def test_ingest_counts_what_it_newly_stored(call, desk: Path):
    pq.write_table(MADE.events(0, 2), desk / "copy.parquet")
    more = Service(days=3, calls_a_day=40, model="other").events(0, 1)
    pa_csv.write_csv(more, desk / "more.csv")
    assert call("ingest", "copy.parquet", "more.csv", "--json").json == {
        "schema_version": 1,
        "predictions": 40,
        "calls": 40,
        "labels": 0,
        "duplicates": 160,
        "rejected": 0,
        "rejected_reasons": {},
    }
    answer = call("ingest", "more.csv")
    assert (answer.code, answer.out) == (
        0, "stored 0 predictions, 0 calls, 0 labels; 40 duplicates; 0 rejected\n",
    )  # fmt: skip


def test_labels_tell_how_many_predictions_wait_and_which_labels_are_early(call, desk: Path):
    before = {
        one["model"]: one for one in call("labels", "labels.parquet", "--json").json["models"]
    }
    line = {"prediction_id": "nobody", "label": "late", "model": "slow"}
    desk.joinpath("early.ndjson").write_text(json.dumps(line))

    answer = call("labels", "early.ndjson")

    slow = "slow: 0 of 0 predictions wait for their label; 1 labelled ids have no prediction yet"
    assert slow in answer.out
    for model, one in before.items():
        assert one["pending"] <= one["predictions"]
        assert f"{model}: {one['pending']} of {one['predictions']} predictions" in answer.out


def test_a_retry_with_the_mended_mapping_stores_what_was_rejected(call, desk: Path):
    rows = [{"model": "r", "ts": f"2024-03-04T10:00:0{i}", "score": 0.5} for i in range(3)]
    desk.joinpath("naive.ndjson").write_text("\n".join(map(json.dumps, rows)) + "\n{oops\n")
    desk.joinpath("zone.yaml").write_text("ts_zone: UTC\n")
    assert call("ingest", "naive.ndjson").code == 3

    again = call("rejected", "retry", "--source", "naive.ndjson", "--map", "zone.yaml", "--json")

    told = {"predictions": 3, "read": 3, "lines": 4, "rejected_reasons": {"bad_json": 1}}
    assert (again.code, {name: again.json[name] for name in told}) == (0, told)
    (left,) = call("rejected", "list", "--source", "naive.ndjson", "--json").json["sources"][:1]
    assert (left["reason"], left["kept"]) == ("bad_json", 1)
    assert call("rejected", "retry", "--source", "naive.ndjson").code == 3
    assert call("rejected", "retry", "--source", "nobody.ndjson").code == 0
    assert call("ingest", "naive.ndjson", "--map", "zone.yaml", "--json").json["duplicates"] == 3


def test_rejected_lines_are_counted_told_and_listed(call, desk: Path):
    (desk / "bad.ndjson").write_text(
        '{"model":"m","ts":"2024-03-04T10:00:00Z","score":0.5}\n'
        '{"model":"m","ts":"2024-03-04T10:00:00","score":0.5}\n'
        '{"model":"m","ts":"2024-03-0'
    )
    answer = call("ingest", "bad.ndjson", "--json")
    assert answer.code == 0
    assert answer.json["predictions"] == 1
    assert answer.json["rejected"] == sum(answer.json["rejected_reasons"].values()) == 2
    assert "driftline rejected list" in answer.err
    listed = call("rejected", "list", "--json").json
    assert listed["schema_version"] == 1
    assert listed["counts"] == answer.json["rejected_reasons"]
    found = {(line["source"], line["position"]) for line in listed["rejected"]}
    assert found == {("bad.ndjson", 2), ("bad.ndjson", 3)}
    assert "2024-03-04T10:00:00" in call("rejected", "list", "--limit", 2).out


def test_a_file_of_nothing_but_bad_lines_ends_with_3(call, desk: Path):
    (desk / "bad.ndjson").write_text('{"model":"m","ts":"today","score":1}\n')
    answer = call("ingest", "bad.ndjson")
    assert (answer.code, answer.out.split(";")[-1].strip()) == (3, "1 rejected")
    assert "1 line could not be read (1 bad_ts)" in answer.err
    assert "taken for ndjson: if it is something else, say --format NAME" in answer.err


def test_a_log_that_is_something_else_than_was_said_is_told_as_what_it_was_taken_for(
    call, desk: Path
):
    (desk / "calls.json").write_text('{"inputs": [{"name": "x", "shape": [1], "data": [1]}]}')
    for words, taken in (([], "ndjson"), (["--format", "v2"], "v2")):
        answer = call("ingest", "calls.json", *words)
        assert answer.code == 3
        assert f"taken for {taken}:" in answer.err


def test_labels_count_as_labels(call, desk: Path):
    answer = call("labels", "labels.parquet", "--json")
    assert (answer.json["labels"], answer.json["duplicates"]) == (0, len(MADE.labels()))


def test_standard_input_is_read(desk: Path):
    from tests.jobs.conftest import console

    line = '{"model":"piped","ts":"2024-03-04T10:00:00Z","score":0.5}\n'
    answer = console("ingest", "-", "--json", cwd=desk, input=line * 2)
    assert answer.json["predictions"] == 2


# ------------------------------------------------------------------ runs


def test_run_json_has_the_shapes_of_the_contract(call, desk: Path):
    answer = call("run", "--window", span(33), "--json")
    assert answer.json["schema_version"] == 1
    (run,) = answer.json["runs"]
    assert (run["model"], run["version"]) == ("parcel", "1")
    assert run["window"] == {"start": f"{day(33)}T00:00:00Z", "end": f"{day(34)}T00:00:00Z"}
    assert (run["status"], run["coverage"]) == ("violations", 1.0)
    for finding in run["findings"]:
        assert finding.keys() >= FINDING
        assert finding["kind"] in {"feature", "prediction", "score", "label", "calls"}
        assert finding["verdict"] in {"ok", "drifted", "inconclusive", "blind"}
        assert finding["exact"] in {True, False}
        assert finding["calibrated"] in {True, False}
        assert finding["column"] in finding["sentence"] or finding["kind"] in {"calls", "label"}
    (slo,) = run["slos"]
    assert slo.keys() >= SLO
    assert slo["burn_rates"][0].keys() >= {"long_s", "short_s", "factor", "long", "short", "firing"}
    assert {alert["subject"] for alert in run["alerts"]} >= {"weight_kg"}


@pytest.mark.parametrize(
    ("output", "reads"),
    [
        ("text", lambda text: "weight_kg" in text),
        ("md", lambda text: text.startswith("#") and "weight" in text),
        ("github", lambda text: "::" in text and "weight_kg" in text),
        ("junit", lambda text: ET.fromstring(text).tag in {"testsuites", "testsuite"}),
        ("json", lambda text: json.loads(text)["runs"]),
    ],
)
def test_run_prints_every_format(call, desk: Path, output: str, reads):
    answer = call("run", "--window", span(34), "--format", output, "--fail-on", "info")
    assert (answer.code, answer.err) == (1, "")
    assert reads(answer.out)


def test_sentences_come_in_chinese(call, desk: Path):
    english = call("run", "--window", span(34))
    chinese = call("run", "--window", span(34), "--language", "zh")
    assert "漂移" in chinese.out
    assert "漂移" not in english.out


@pytest.mark.parametrize(
    ("n", "fail_on", "code"),
    [(30, "info", 0), (31, "critical", 1), (33, "warning", 1)],
)
def test_run_ends_with_what_it_found(call, desk: Path, n: int, fail_on: str, code: int):
    assert call("run", "--window", span(n), "--fail-on", fail_on).code == code


def test_run_ends_with_3_where_nothing_could_be_judged(call, desk: Path):
    (desk / "driftline.yaml").write_text("store: store\nmonitors: {parcel: {slos: []}}")
    answer = call("run", "--window", span(1), "--json")
    assert (answer.code, answer.json["runs"][0]["status"]) == (3, "insufficient")
    findings = answer.json["runs"][0]["findings"]
    assert {finding["verdict"] for finding in findings if finding["decides"]} == {"inconclusive"}


def test_drift_that_is_only_a_warning_passes_unless_asked(call, desk: Path):
    # day 33 moves the mean score by less than the bound from which drift is critical
    severities = {
        finding["severity"]
        for finding in call("run", "--window", span(33), "--json").json["runs"][0]["findings"]
    }
    expected = 1 if "critical" in severities else 0
    assert call("run", "--window", span(33)).code == expected


def test_run_refuses_window_and_moment_together(call, desk: Path):
    answer = call("run", "--window", span(33), "--as-of", day(34))
    assert (answer.code, answer.err) == (2, "driftline: give --window or --as-of, not both\n")


def run_of(status: RunStatus, severity: Severity | None = None):
    from domain.finding import Finding, Verdict
    from domain.profile import ColumnRole
    from domain.run import Deployment, Run

    finding = Finding(
        column="x", kind=ColumnRole.FEATURE, detector="psi", verdict=Verdict.DRIFTED,
        reason="finding.psi.drifted", severity=severity,
    )  # fmt: skip
    return Run(
        deployment=Deployment("m", "1"), window=MADE.window(0), status=status, coverage=1.0,
        config_hash="", code_version="", started_at=datetime(2024, 3, 5, tzinfo=UTC),
        duration_s=0.0, n_predictions=0, n_calls=0, baseline="", baseline_windows=0,
        findings=(finding,) if severity else (),
    )  # fmt: skip


def test_of_several_runs_2_beats_1_beats_3_beats_0():
    failed, unjudged = run_of(RunStatus.FAILED), run_of(RunStatus.INSUFFICIENT)
    fine, bad = run_of(RunStatus.OK), run_of(RunStatus.VIOLATIONS, Severity.CRITICAL)
    warned = run_of(RunStatus.VIOLATIONS, Severity.WARNING)
    assert exit_code([fine, unjudged, bad, failed], "critical") == 2
    assert exit_code([fine, unjudged, bad], "critical") == 1
    assert exit_code([fine, unjudged, warned], "critical") == 3
    assert exit_code([fine, warned], "critical") == 0
    assert exit_code([fine, warned], "warning") == 1
    assert exit_code([fine], "info") == 0


def test_backfill_counts_runs_and_a_dry_run_only_plans(call, desk: Path):
    words = ["backfill", "--from", day(30), "--to", day(36)]
    assert call(*words, "--dry-run").out == (
        f"parcel: 1 windows, {day(35)}T00:00:00Z to {day(36)}T00:00:00Z\n"
    )
    assert call(*words, "--dry-run", "--json").json == {
        "schema_version": 1,
        "planned": {"parcel": 1},
    }
    done = call(*words, "--json").json
    assert done == {
        "schema_version": 1,
        "runs": 1,
        "by_status": {"ok": 0, "violations": 1, "insufficient": 0, "failed": 0},
    }
    assert call(*words).out == "nothing to do\n"
    assert call(*words, "--reprocess", "completed").out == "6 runs: 2 ok, 4 violations\n"


def test_backfill_of_what_cannot_be_judged_ends_with_3_of_what_failed_with_2(call, desk: Path):
    (desk / "driftline.yaml").write_text("store: store\nmonitors: {parcel: {slos: []}}")
    assert call("backfill", "--from", day(1), "--to", day(3)).code == 3
    (desk / "driftline.yaml").write_text("store: store\nmonitors: {p*: {baseline: {file: no.csv}}}")
    answer = call("backfill", "--from", day(3), "--to", day(4))
    assert answer.code == 2
    assert answer.err.count("\n") == 1
    assert "no.csv: no such file" in answer.err


def test_due_does_everything_once(call, desk: Path, monkeypatch: pytest.MonkeyPatch):
    at = START + 35 * DAY
    monkeypatch.setattr("jobs.commands.due.now", lambda: at)
    assert call("due").out == "nothing to do\n"
    at = START + 37 * DAY
    first = call("due", "--json")
    assert first.code == 1
    assert sorted(run["window"]["start"][:10] for run in first.json["runs"]) == [day(35), day(36)]
    assert "parcel was not checked since" in first.err
    again = call("due", "--json")
    assert (again.code, again.json["runs"], again.err) == (0, [], "")


def test_due_names_the_windows_that_it_leaves_out(call, desk: Path, monkeypatch):
    monkeypatch.setattr("monitors.run.MOST_CATCH_UP", 1)
    monkeypatch.setattr("jobs.commands.due.now", lambda: START + 37 * DAY)
    answer = call("due")
    assert "1 older windows are left out" in answer.err
    command = answer.err.split("'")[1].split()
    assert call(*command[1:]).out.startswith("1 run: ")


# ------------------------------------------------------------------ where things are


def test_the_option_beats_the_environment_beats_the_configuration(
    call, desk: Path, monkeypatch: pytest.MonkeyPatch
):
    def answered(*words: str) -> bool:
        answer: Answer = call("sql", "select 1", *words)
        return answer.code == 0

    (desk / "elsewhere").mkdir()
    (desk / "elsewhere/other.yaml").write_text("store: ../nowhere")
    assert answered()
    assert not answered("--config", "elsewhere/other.yaml"), "its store stands beside it"
    monkeypatch.setenv("DRIFTLINE_CONFIG", "elsewhere/other.yaml")
    assert not answered()
    monkeypatch.setenv("DRIFTLINE_STORE", "store")
    assert answered()
    assert not answered("--store", "elsewhere")


def test_a_request_without_its_answer_waits_and_is_said_to(call, desk: Path):
    head = {"specversion": "1.0", "id": "1", "source": "s", "inferenceservicename": "m"}
    head |= {"time": datetime.now(UTC).isoformat(), "datacontenttype": "application/json"}
    kind = "org.kubeflow.serving.inference."
    request = {**head, "type": kind + "request", "data": {"instances": [[1.5]]}}
    answer = {**head, "type": kind + "response", "data": {"predictions": [1]}}
    for name, event in {"request": request, "answer": answer}.items():
        (desk / f"{name}.json").write_text(json.dumps(event))
    first = call("ingest", "request.json")
    assert first.code == 0
    assert "1 requests or answers wait in the store for their other side" in first.out
    second = call("ingest", "answer.json", "--json")
    assert (second.json["calls"], second.json["predictions"]) == (1, 1)
    assert "waiting" not in second.json
