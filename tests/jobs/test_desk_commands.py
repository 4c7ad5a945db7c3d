"""Commands at the desk: reports, alerts, acceptances, baselines, configuration, SQL, doctor."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.golden.logs import DAY, START, Service
from tests.jobs.conftest import MADE


def day(n: int) -> str:
    return f"{START + n * DAY:%Y-%m-%d}"


def span(n: int) -> str:
    return f"{day(n)}/{day(n + 1)}"


@pytest.mark.parametrize("output", ["html", "json", "csv", "md", "junit", "text"])
def test_report_writes_every_format_to_a_file_and_to_standard_output(call, desk: Path, output: str):
    answer = call("report", "--format", output, "--out", f"new/folder/report.{output}")
    assert (answer.code, answer.out) == (0, "")
    content = (desk / f"new/folder/report.{output}").read_bytes()
    assert answer.err == f"wrote new/folder/report.{output} ({len(content):,} bytes)\n"
    assert b"weight" in content
    if output == "csv":
        assert len(list(csv.reader(io.StringIO(content.decode())))) > 5
    printed = call("report", "--format", output)
    assert (printed.code, printed.err) == (0, "")
    assert "weight" in printed.out


def test_report_of_a_span_tells_of_this_span_only(call, desk: Path):
    shown = call("report", "--format", "json", "--window", f"{day(31)}/{day(33)}").json
    assert {run["window"]["start"][:10] for run in shown["runs"]} == {day(31), day(32)}


def test_report_asks_which_model_where_there_are_several(call, desk: Path):
    pq.write_table(Service(days=1, calls_a_day=5, model="other").events(), desk / "o.parquet")
    call("ingest", "o.parquet")
    assert "choose one with --model" in call("report").err
    assert call("report", "--model", "parcel", "--format", "md").code == 0


def test_report_says_when_the_monitor_stands_still(call, desk: Path):
    assert "stands still" in call("report", "--format", "md").out


def incidents(call) -> list[dict]:
    return call("alerts", "list", "--json", "--all").json["incidents"]


def test_alerts_are_listed_shown_and_acknowledged(call, desk: Path):
    listed = incidents(call)
    causes = {one["cause"]: one for one in listed}
    assert set(causes) == {"availability", "drift", "monitor"}
    up = causes["availability"]
    assert up.keys() >= {
        "incident_id", "model", "versions", "cause", "severity", "state", "started_at", "headline",
        "alerts", "subjects", "resolved_at", "acknowledged_by",
    }  # fmt: skip
    assert (up["severity"], up["state"]) == ("critical", "resolved")
    shown = call("alerts", "show", up["incident_id"][:6], "--json").json
    assert shown == {"schema_version": 1, **up}
    assert up["headline"] in call("alerts", "show", up["incident_id"]).out

    drift = causes["drift"]["incident_id"]
    said = call("alerts", "ack", drift, "--who", "mia", "--note", "new scales")
    assert (said.code, said.out) == (0, f"{drift} acknowledged by mia\n")
    kept = next(one for one in incidents(call) if one["incident_id"] == drift)
    assert (kept["acknowledged_by"], kept["note"]) == ("mia", "new scales")
    assert kept["acknowledged_at"] is not None


def test_alerts_that_are_over_are_only_counted(call, desk: Path):
    answer = call("alerts", "list")
    assert answer.err == "1 more are over; list them with --all\n"
    assert "503" not in answer.out
    assert "503" in call("alerts", "list", "--all").out


def test_a_monitor_that_stands_still_is_in_the_list_and_in_doctor(call, desk: Path):
    assert "the monitor stands still" in call("alerts", "list").out
    answer = call("doctor", "--json")
    checks = {check["name"]: check for check in answer.json["checks"]}
    assert answer.code == 2
    judged = {"versions", "configuration", "disk", "store", "clock", "monitors"}
    assert set(checks) == judged | {"backup"}
    assert [name for name, check in checks.items() if not check["ok"]] == ["monitors"]
    assert "parcel (since 2024-04-08T00:00:00Z); run 'driftline due'" in checks["monitors"]["says"]


def test_doctor_is_content_before_the_first_log_and_names_what_is_wrong(
    call, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    answer = call("doctor")
    assert answer.code == 0
    assert "load logs with 'driftline ingest PATH'" in answer.out
    (tmp_path / "driftline.yaml").write_text("stor: x")
    answer = call("doctor")
    assert answer.code == 2
    assert "BAD  configuration" in answer.out
    assert "did you mean 'store'" in answer.out


def test_accept_is_recorded_and_says_how_to_judge_again(call, desk: Path):
    words = ["accept", "parcel", "--columns", "weight_kg", "--since", day(33), "--why", "scales"]
    answer = call(*words, "--who", "mia")
    assert answer.code == 0
    assert answer.out == f"parcel: weight_kg accepted as they are since {day(33)}T00:00:00Z\n"
    command = answer.err.split("'")[1].split()
    assert call(*command[1:]).code == 0
    shown = call("baseline", "show", "parcel", "--as-of", day(36), "--json").json
    assert shown["acceptances"] == [
        {"columns": ["weight_kg"], "since": f"{day(33)}T00:00:00Z", "why": "scales", "who": "mia"}
    ]
    assert shown["schema_version"] == 1
    assert "scales" in call("baseline", "show", "parcel").out


def test_a_baseline_is_set_shown_and_cleared(call, desk: Path):
    (desk / "driftline.yaml").write_text("store: store")
    fixed = call("baseline", "set", "parcel", "--window", f"{day(1)}/{day(20)}")
    assert fixed.out == f"parcel: compared with {day(1)}T00:00:00Z/{day(20)}T00:00:00Z\n"
    assert f"compared with: fixed {day(1)}T00:00:00Z" in call("baseline", "show", "parcel").out
    assert call("baseline", "set", "parcel", "--clear").out == "parcel: baseline moves again\n"
    assert "compared with: trailing" in call("baseline", "show", "parcel").out
    assert call("baseline", "set", "parcel").code == 2


def test_init_writes_a_configuration_that_is_read_again(call, desk: Path):
    (desk / "driftline.yaml").unlink()
    answer = call("init", "--store", "store")
    assert answer.code == 0
    text = (desk / "driftline.yaml").read_text()
    assert 'store: "./store"' in text
    assert '"parcel":' in text
    assert "weight_kg, distance_km, carrier, age_days" in text
    assert call("init", "--store", "store").err.startswith("driftline: driftline.yaml is already")
    assert call("init", "--force").code == 0
    assert call("run", "--window", span(30)).code == 0
    assert call("init", "--out", "-").out.startswith("# What Driftline watches")


def test_init_prints_the_schema_for_editors(call, tmp_path, monkeypatch):
    from monitors.config import json_schema

    monkeypatch.chdir(tmp_path)
    answer = call("init", "--schema")
    assert (answer.code, answer.out) == (0, json_schema())


def test_sql_answers_as_csv_and_as_json(call, desk: Path):
    query = "select model, count(*) as n, max(score) > 0 as scored from predictions group by all"
    n = sum(value is not None for value in MADE.events()["prediction"].to_pylist())
    assert call("sql", query).out == f'"model","n","scored"\n"parcel","{n}","true"\n'
    assert call("sql", query, "--json").json == {
        "schema_version": 1,
        "columns": ["model", "n", "scored"],
        "rows": [["parcel", n, True]],
    }


def test_sql_shows_any_type_and_columns_of_one_name(call, desk: Path):
    query = "select 1 as a, 2 as a, [1] as l, {'x': 1} as s, '\\xff'::blob as b, null as z"
    assert call("sql", query).out.splitlines()[1].startswith('"1","2","[1]"')
    assert call("sql", query, "--json").json["rows"][0][:2] == [1, 2]
    assert call("sql", "select 'nan'::double as x", "--json").json["rows"] == [[None]]


@pytest.mark.parametrize("query", ["delete from runs", "select 1; select 2", "selec 1", ""])
def test_sql_changes_nothing_and_says_what_is_wrong(call, desk: Path, query: str):
    before = call("sql", "select count(*) from runs").out
    answer = call("sql", query)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert call("sql", "select count(*) from runs").out == before
