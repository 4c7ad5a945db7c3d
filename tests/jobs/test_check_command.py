"""
`driftline check`: two files in, an answer and an exit code out.

The golden answers in ``tests/golden`` are written anew by
``WRITE_GOLDEN=1 python -m pytest tests/jobs/test_check_command.py -k golden``.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.cli import run
from reports.registry import FORMATS

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"
DRIFTLINE = Path(sys.executable).with_name("driftline")


def table(seed: int, n: int = 800, shift: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    score = rng.random(n)
    return pd.DataFrame(
        {
            "amount": rng.lognormal(3 + shift, 1, n).round(2),
            "age": rng.integers(18, 90, n),
            "device": rng.choice(["ios", "android", "web"], n),
            "score": score,
            "y_true": (rng.random(n) < score).astype(int),
        }
    )


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A folder with two files that agree and one that drifted."""
    table(1).to_csv(tmp_path / "reference.csv", index=False)
    table(2).to_parquet(tmp_path / "same.parquet")
    table(3, shift=0.6).to_csv(tmp_path / "drifted.csv", index=False)
    table(2).drop(columns="age").to_csv(tmp_path / "gone.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def check(capsysbinary):
    """Run the command in this process: exit code, standard output, standard error."""

    def called(*words: str) -> tuple[int, str, str]:
        code = run(["check", *map(str, words)])
        said = capsysbinary.readouterr()
        return code, said.out.decode(), said.err.decode()

    return called


def one_line(error: str) -> str:
    assert error.startswith("driftline: ")
    assert error.count("\n") == 1
    assert "Traceback" not in error
    return error


# --------------------------------------------------------------------------- answers


def test_the_guess_is_printed_first_then_the_verdict(here, check):
    code, said, error = check("reference.csv", "same.parquet")
    lines = said.splitlines()
    assert lines[0].split() == ["reference", "reference.csv,", "800", "rows"]
    assert lines[1].split() == ["current", "same.parquet,", "800", "rows"]
    guess = said.split("Guessed")[0]
    assert all(word in guess for word in ("y_true", "score", "amount", "age", "device"))
    assert "Drifted" not in said
    assert (code, error) == (0, "")


def test_a_drifted_column_is_named_with_its_readings(here, check):
    _, said, _ = check("reference.csv", "drifted.csv")
    verdict = said.split("Guessed")[1]
    assert "1 of 5 columns drifted: amount" in verdict
    assert "PSI" in verdict
    assert "higher" in verdict


@pytest.mark.parametrize(
    ("current", "fail_on", "code"),
    [
        ("same.parquet", "info", 0),
        ("drifted.csv", "critical", 0),
        ("drifted.csv", "warning", 1),
        ("drifted.csv", "info", 1),
        ("gone.csv", "critical", 1),
        ("gone.csv", None, 1),
    ],
)
def test_the_exit_code_follows_the_severity(here, check, current, fail_on, code):
    options = [] if fail_on is None else ["--fail-on", fail_on]
    assert check("reference.csv", current, *options)[0] == code


def test_too_little_data_is_exit_code_3(here, check):
    table(1, 8).to_csv(here / "few.csv", index=False)
    code, said, _ = check("few.csv", "few.csv")
    assert code == 3
    assert "Nothing could be judged" in said


def test_the_formats_are_those_of_every_report(here, check):
    for name in FORMATS:
        assert check("reference.csv", "same.parquet", "--format", name)[0] == 0


def test_json_is_the_run_and_the_guess(here, check):
    code, said, _ = check("reference.csv", "drifted.csv", "--json")
    answer = json.loads(said)
    (judged,) = answer["runs"]
    assert (code, judged["status"], answer["span"]) == (0, "violations", None)
    finding = next(f for f in judged["findings"] if f["column"] == "amount")
    assert finding["verdict"] == "drifted"
    assert finding["calibrated"] is False
    assert judged["performance"]["labelled"] == 800
    tables = answer["tables"]
    assert tables["reference"] == {"name": "reference.csv", "rows": 800, "unread": 0}
    roles = {c["column"]: (c["role"], c["type"]) for c in tables["columns"]}
    assert roles == {
        "amount": ("feature", "number"),
        "age": ("feature", "number"),
        "device": ("feature", "category"),
        "score": ("score", "number"),
        "y_true": ("label", "category"),
    }
    assert check("reference.csv", "drifted.csv", "--format", "json")[0] == 0


def test_junit_fails_what_drifted_and_skips_what_could_not_be_judged(here, check):
    frame = table(3, shift=0.6)
    frame["fresh"] = 1.5
    frame.to_csv(here / "current.csv", index=False)
    _, said, _ = check("reference.csv", "current.csv", "--format", "junit")
    cases = list(ET.fromstring(said).iter("testcase"))
    assert {c.get("name") for c in cases if c.find("failure") is not None} == {"amount"}
    assert {c.get("name") for c in cases if c.find("skipped") is not None} == {"fresh"}


def test_html_is_one_file_that_fetches_nothing(here, check):
    _, said, _ = check("reference.csv", "drifted.csv", "--format", "html")
    assert said.startswith("<!DOCTYPE html>")
    assert "<script" not in said
    assert "http" not in said.replace("http://www.w3.org/2000/svg", "")


def test_out_writes_the_file_and_keeps_standard_output_for_itself(here, check):
    code, said, error = check(
        "reference.csv", "same.parquet", "--format", "html", "--out", "a/r.html"
    )
    assert (code, said) == (0, "")
    assert (here / "a" / "r.html").read_text().startswith("<!DOCTYPE html>")
    assert "wrote a/r.html" in error


def test_chinese_is_spoken_throughout(here, check):
    _, said, _ = check("reference.csv", "drifted.csv", "--language", "zh")
    assert "列漂移：amount" in said
    assert "Guessed" not in said


def test_a_mapping_says_what_the_columns_are(here, check):
    (here / "map.yaml").write_text("exclude: [amount]\nlabel: device\n")
    _, said, _ = check("reference.csv", "drifted.csv", "--map", "map.yaml")
    guess, verdict = said.split("Guessed")
    assert "amount (by the mapping)" in guess
    assert "device (the mapping says so)" in guess
    assert "Drifted" not in verdict


def test_formats_and_packings_may_differ(here, check):
    packed = gzip.compress((here / "reference.csv").read_bytes())
    (here / "reference.csv.gz").write_bytes(packed)
    table(2).to_json(here / "current.ndjson", orient="records", lines=True)
    assert check("reference.csv.gz", "current.ndjson")[0] == 0


def test_lines_that_cannot_be_read_are_counted(here, check):
    with (here / "reference.csv").open("a") as file:
        file.write("1,2\n1,2,3\n")
    _, said, _ = check("reference.csv", "same.parquet")
    assert "800 rows; 2 more could not be read" in said.splitlines()[0]


def test_an_event_log_is_taken_for_one(check):
    excerpt = ROOT / "sample_data" / "excerpts" / "2013-10-16.csv"
    _, said, _ = check(excerpt, excerpt)
    assert "replica" in said.split("fields of the event")[0]


def test_names_from_the_files_cannot_steer_the_terminal(here, check):
    hostile = "\x1b[2J\u202eneddih"
    for name, seed in (("a.csv", 1), ("b.csv", 2)):
        table(seed).rename(columns={"amount": hostile}).to_csv(here / name, index=False)
    _, said, _ = check("a.csv", "b.csv")
    assert "\x1b" not in said
    assert "\u202e" not in said


# --------------------------------------------------------------------------- bad input


def bad_files(folder: Path) -> dict[str, str]:
    """Make files that cannot be read; return what the message about each must say."""
    table(1).to_parquet(folder / "whole.parquet")
    (folder / "cut.parquet").write_bytes((folder / "whole.parquet").read_bytes()[:-500])
    (folder / "empty.csv").touch()
    (folder / "empty.parquet").touch()
    (folder / "half.ndjson").write_text('{"a": 1')
    (folder / "cut.csv.gz").write_bytes(gzip.compress(b"a,b\n1,2\n" * 999)[:-20])
    (folder / "folder").mkdir()
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    pq.write_table(twice, folder / "twice.parquet")
    (folder / "wide.csv").write_bytes("a,b\n1,2\n".encode("utf-16"))
    return {
        "missing.csv": "no such file",
        "cut.parquet": "not a whole Parquet file",
        "empty.csv": "is empty",
        "empty.parquet": "empty.parquet",
        "half.ndjson": "line 1",
        "cut.csv.gz": "is cut off",
        "folder": "is a folder",
        "twice.parquet": "two columns named 'a'",
        "wide.csv": "UTF-16",
    }


@pytest.mark.parametrize("place", [0, 1])
def test_a_file_that_cannot_be_read_is_one_line_with_its_name(here, check, place):
    for name, told in bad_files(here).items():
        words = ["reference.csv", "reference.csv"]
        words[place] = name
        code, said, error = check(*words)
        assert (code, said) == (2, ""), name
        assert told in one_line(error)
        assert name in error


def test_a_header_without_rows_is_nothing_to_judge(here, check):
    (here / "header.csv").write_text("amount,age\n")
    code, _, error = check("reference.csv", "header.csv")
    assert code == 3
    assert "holds no rows" in one_line(error)


def test_an_unknown_key_of_the_mapping_names_the_nearest_one(here, check):
    (here / "map.yaml").write_text("lable: y_true\n")
    code, _, error = check("reference.csv", "same.parquet", "--map", "map.yaml")
    assert code == 2
    assert "did you mean 'label'" in one_line(error)


def test_an_answer_that_cannot_be_written_is_one_line(here, check):
    code, _, error = check("reference.csv", "same.parquet", "--out", "reference.csv/answer.txt")
    assert code == 2
    assert "reference.csv/answer.txt" in one_line(error)


@pytest.mark.parametrize(
    "words", [["reference.csv"], ["a", "b", "c"], ["a", "b", "--format", "pdf"]]
)
def test_words_that_are_off_are_exit_code_2(here, check, words):
    assert check(*words)[0] == 2


# --------------------------------------------------------------------------- the console script


def script(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    quiet = {key: value for key, value in os.environ.items() if not key.startswith("DRIFTLINE")}
    return subprocess.run(
        [DRIFTLINE, "check", *words],
        cwd=cwd,
        env=quiet,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_golden_answer_about_the_sample_holds(language):
    words = ["2013-03.parquet", "2013-11.parquet", "--language", language]
    answer = script(*words, cwd=ROOT / "sample_data" / "predictions")
    assert (answer.returncode, answer.stderr) == (0, "")
    golden = GOLDEN / f"check-march-november.{language}.txt"
    if os.environ.get("WRITE_GOLDEN"):
        golden.write_text(answer.stdout, encoding="utf-8")
    assert answer.stdout == golden.read_text(encoding="utf-8")


def test_the_script_answers_with_the_contracts_exit_codes(here):
    assert script("reference.csv", "gone.csv", cwd=here).returncode == 1
    assert script("reference.csv", "nowhere.csv", cwd=here).returncode == 2


def test_two_answers_about_the_same_files_differ_in_time_only(here, check):
    answers = [json.loads(check("reference.csv", "drifted.csv", "--json")[1]) for _ in range(2)]
    for answer in answers:
        del answer["generated_at"]
        for judged in answer["runs"]:
            for moment in ("window", "started_at", "duration_s"):
                del judged[moment]
    assert answers[0] == answers[1]
