"""
The main job from logs to report, word for word: its beginning through the real console script.

The expected answers stand in ``tests/golden/main-job`` and are written anew by
``WRITE_GOLDEN=1 python -m pytest tests/jobs/test_golden.py``; read the difference before you
commit it. Times, versions and hashes are masked; numbers are kept to five digits.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
from pathlib import Path

import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from jobs.cli import run
from tests.golden.logs import Service
from tests.jobs.conftest import Answer, console

GOLDEN = Path(__file__).parents[1] / "golden" / "main-job"
# parcels weigh more from 23 April on, a day without distances, a burst of 503
MADE = Service(
    days=60, calls_a_day=240, drifts_from=50, shift=0.8, missing_on=(46,), failing=(42, 10, 4)
)
CONFIGURATION = """\
store: store
monitors:
  parcel:
    task: binary
    baseline: {trailing: 28d, gap: 4d}
    slos: [{name: availability, target: 99%}, {name: latency, latency_ms: 20, target: 99%}]
"""
ANSWERS = {
    "ingest.txt": "ingest logs",
    "labels.json": "labels labels.csv --json",
    "backfill.json": "backfill --from 2024-04-08 --json",
    "run.txt": "run --window 2024-04-19/2024-04-20",
    "run.zh.txt": "run --window 2024-04-24/2024-04-25 --language zh",
    "run.json": "run --window 2024-04-15/2024-04-16 --json",
    "alerts.txt": "alerts list --all",
    "alerts.json": "alerts list --all --json",
    "report.md": "report --format md",
    "report.csv": "report --format csv --window 2024-04-15/2024-04-18",
    "report.xml": "report --format junit --window 2024-04-19/2024-04-21",
}
# one of each way of answering
BY_THE_SCRIPT = {"ingest.txt", "backfill.json", "run.zh.txt"}
MASKS = (
    (re.compile(r'("(?:started_at|generated_at)": )"[^"]+"(?=,\s*"duration_s)'), r'\1"TIME"'),
    (re.compile(r'("generated_at": )"[^"]+"'), r'\1"TIME"'),
    (re.compile(r'("duration_s": )[\d.e-]+'), r"\1SECONDS"),
    (re.compile(r'("code_version": )"[^"]+"'), r'\1"VERSION"'),
    (re.compile(r'("config_hash": )"[^"]+"'), r'\1"HASH"'),
    (re.compile(r'(timestamp|time|hostname)="[^"]*"'), r'\1="MASKED"'),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC · driftline \S+ · (\S+) [0-9a-f]{12}"), r"MADE \1"),
    (re.compile(r"no run for \d+ windows"), "no run for N windows"),
    (re.compile(r"( UTC), \d+ windows ago"), r"\1, N windows ago"),
    (re.compile(r'("windows": )\d{3,}'), r"\1N"),
    (re.compile(r'("last_seen_at": )"(?!2024)[^"]+"'), r'\1"NOW"'),
    (re.compile(r"\d+\.\d{5,}(?:e[+-]\d+)?"), lambda found: f"{float(found[0]):.5g}"),
)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Play the main job on a fresh folder."""
    desk = tmp_path_factory.mktemp("main-job")
    (desk / "logs").mkdir()
    pq.write_table(MADE.events(0, 30), desk / "logs/first.parquet")
    pa_csv.write_csv(MADE.events(30), desk / "logs/later.csv")
    pa_csv.write_csv(MADE.labels(), desk / "labels.csv")
    (desk / "driftline.yaml").write_text(CONFIGURATION, encoding="utf-8")
    given: dict[str, str] = {}
    with contextlib.chdir(desk), pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("DRIFTLINE_")]:
            patch.delenv(name)
        for name, words in ANSWERS.items():
            answer = (console if name in BY_THE_SCRIPT else here)(*words.split())
            assert "Traceback" not in answer.err, answer.err
            said = f"{answer.out}{answer.err}exit {answer.code}"
            given[name] = masked(f"$ driftline {words}\n{said}\n")
    return given


def here(*words: str) -> Answer:
    """Run a command in this process: a script starts slower than it works."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(list(words))
    for said in (out, err):
        said.flush()
    return Answer(
        code, *(said.buffer.getvalue().decode().replace("\r\n", "\n") for said in (out, err))
    )


def masked(text: str) -> str:
    for pattern, instead in MASKS:
        text = pattern.sub(instead, text)
    return text


@pytest.mark.parametrize("name", ANSWERS)
def test_the_main_job_answers_word_for_word(answers: dict[str, str], name: str):
    expected = GOLDEN / name
    if os.environ.get("WRITE_GOLDEN"):
        expected.parent.mkdir(exist_ok=True)
        expected.write_text(answers[name], encoding="utf-8")
    assert answers[name] == expected.read_text(encoding="utf-8")


def test_the_golden_answers_tell_of_each_fault_once_and_of_nothing_else():
    """Whoever rewrites them must not lose a fault by it."""
    lines = (GOLDEN / "alerts.txt").read_text(encoding="utf-8").splitlines()
    told = [line.split()[1:5] for line in lines if "parcel" in line and "still" not in line]
    assert told == [
        ["CRITICAL", "over", "2024-04-23", "00:00"],  # heavier parcels
        ["CRITICAL", "over", "2024-04-19", "00:00"],  # no distances
        ["CRITICAL", "over", "2024-04-15", "10:30"],  # 503
    ]
