"""
What goes wrong for a user, through the real console script.

Each is one line with the value and what to do, the right exit code, and no loss of what was stored.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from tests.golden.logs import Service
from tests.jobs.conftest import DRIFTLINE, MADE, Answer, console

STORED = len(MADE.events())


def stored(desk: Path) -> tuple[int, int, int]:
    """Count again, from outside: calls, labels, runs."""
    with duckdb.connect(str(desk / "store/driftline.duckdb"), read_only=True) as connection:
        counts = [
            connection.execute(f"select count(*) from {table}").fetchall()[0][0]
            for table in ("calls", "labels", "runs")
        ]
    return counts[0], counts[1], counts[2]


@contextmanager
def nothing_lost(desk: Path) -> Iterator[None]:
    before = stored(desk)
    assert before[0] == STORED
    yield
    assert stored(desk) == before


def one_line(answer: Answer, *says: str, code: int = 2):
    assert answer.code == code, answer.err
    assert answer.out == ""
    assert answer.err.startswith("driftline: ")
    assert answer.err.count("\n") == 1, answer.err
    assert "Traceback" not in answer.err
    assert "internal error" not in answer.err
    for text in says:
        assert text in answer.err


# ------------------------------------------------------------------ logs


def truncated_parquet(folder: Path) -> str:
    whole = folder / "whole.parquet"
    pq.write_table(MADE.events(0, 2), whole)
    (folder / "cut.parquet").write_bytes(whole.read_bytes()[:-200])
    whole.unlink()
    return "cut.parquet"


def no_logs(folder: Path) -> str:
    (folder / "empty").mkdir()
    (folder / "empty/README").write_text("nothing here")
    return "empty"


def gone(_folder: Path) -> str:
    return "gone.csv"


def not_a_log(folder: Path) -> str:
    (folder / "picture.png").write_bytes(bytes(range(256)) * 20)
    return "picture.png"


@pytest.mark.parametrize("make", [gone, no_logs, truncated_parquet, not_a_log])
def test_a_file_that_cannot_be_read_is_named(call, desk: Path, make: Callable[[Path], str]):
    name = make(desk)
    with nothing_lost(desk):
        one_line(call("ingest", name), name)


def test_a_line_that_cannot_be_read_is_kept_with_its_place_and_value(desk: Path):
    fine = '{"model":"m","ts":"2024-03-04T10:00:00Z","score":1}'
    bad = {
        '{"model":"m","ts":"2024-03-04T10:00:00","score":1}': "2024-03-04T10:00:00",
        '{"model":"m","ts":"2024-03-04T10:00:00Z","score":"high"}': "high",
        '{"model":"m","ts":"2024-03-04T10:00:00Z","sco': "",
    }
    (desk / "some.ndjson").write_text("\n".join([fine, *bad]))
    answer = console("ingest", "some.ndjson", "--json", cwd=desk)
    assert answer.code == 0
    assert (answer.json["predictions"], answer.json["rejected"]) == (1, 3)
    found = console("rejected", "list", "--json", cwd=desk).json["rejected"]
    by_place = {line["position"]: line for line in found}
    for place, (line, value) in enumerate(bad.items(), start=2):
        assert by_place[place]["source"] == "some.ndjson"
        assert by_place[place]["raw"] == line
        assert value in by_place[place]["message"]
    assert len({line["reason"] for line in found}) == 3
    assert stored(desk)[0] == STORED + 1


def test_half_a_file_is_stored_whole_or_not_at_all(desk: Path):
    """Of three files the second is damaged: two are stored, of that one nothing."""
    for name in ("a", "z"):
        table = Service(days=2, calls_a_day=9, model=f"new-{name}").events()
        pq.write_table(table, desk / f"{name}.parquet")
    truncated_parquet(desk)
    answer = console("ingest", "a.parquet", "cut.parquet", "z.parquet", "--json", cwd=desk)
    assert answer.code == 2
    assert answer.json["predictions"] == 36
    assert list(answer.json["unread"]) == ["cut.parquet"]
    assert [line for line in answer.err.splitlines() if "cut.parquet" in line] == [
        f"driftline: {answer.json['unread']['cut.parquet']}"
    ]
    assert stored(desk)[0] == STORED + 36


# ------------------------------------------------------------------ words


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("run --window 2024-04-04", "'2024-04-04' is not START/END"),
        ("run --window 2024-04-05/2024-04-04", "its end is not later than its start"),
        ("run --as-of 2024-04-04T10:00", "has no zone; write 2024-04-04T10:00Z"),
        ("run --as-of soon", "time 'soon' is not ISO 8601"),
        ("run --model parcle", "no model 'parcle'; did you mean 'parcel'?"),
        ("run --config gone.yaml", "no configuration file gone.yaml"),
        ("sql nonsense", "this query"),
        ("alerts show nope", "no incident 'nope'"),
        ("report --model other", "no model 'other'; known: parcel"),
        ("report --out store", "store cannot be written: Is a directory"),
        ("report --out driftline.yaml/x.html", "cannot be written"),
        ("init --out driftline.yaml/x --force", "cannot be written"),
        ("accept parcel --since 2024-04-05 --why x --columns wieght_kg", "'weight_kg'"),
        ("accept parcel --since 2999-01-01 --why x", "2999-01-01T00:00:00Z lies ahead"),
        ("baseline set parcel --window 2024-03-04/2024-03-20", "driftline.yaml names a baseline"),
        ("ingest events.parquet --map gone.yaml", "gone.yaml"),
        ("ingest events.parquet --format xml", "'xml'"),
    ],
)
def test_a_word_that_cannot_be_meant_is_answered_with_its_value(
    call, desk: Path, words: str, says: str
):
    # in this process: what the console script adds is tested by the others
    with nothing_lost(desk):
        one_line(call(*words.split()), says)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("report --window 2025-01-01/2025-02-01", "inside 2025-01-01T00:00:00Z/2025-02-01"),
        ("run --as-of 2024-03-01", "try --as-of 2024-04-09T00:00:00Z"),
        ("baseline show parcel --as-of 2020-01-01", "no logs of 'parcel' before 2020-01-01"),
    ],
)
def test_what_has_no_data_ends_with_3(call, desk: Path, words: str, says: str):
    with nothing_lost(desk):
        one_line(call(*words.split()), says, code=3)


def test_an_unknown_configuration_key_is_named_with_the_nearest(desk: Path):
    (desk / "driftline.yaml").write_text("store: store\nmonitors: {m: {slos: [{nmae: a}]}}")
    with nothing_lost(desk):
        says = "unknown key monitors.m.slos.0.nmae; did you mean 'name'?"
        one_line(console("run", cwd=desk), "driftline.yaml", says)


# ------------------------------------------------------------------ the store


def test_no_store_yet_says_what_fills_one(call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for words in ("run", "due", "backfill", "report", "alerts list", "rejected list", "sql x"):
        one_line(call(*words.split()), "no store in driftline-store", "driftline ingest PATH")
    assert list(tmp_path.iterdir()) == [], "asking makes no store"


def test_a_store_of_a_newer_version_is_left_alone(desk: Path):
    path = desk / "store/driftline.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("update meta set value = '99' where name = 'store_version'")
    with nothing_lost(desk):
        one_line(console("due", cwd=desk), "store version 99", "upgrade Driftline")


def test_a_file_that_is_no_store_is_left_alone(desk: Path):
    path = desk / "store/driftline.duckdb"
    path.write_bytes(b"something else" * 500)
    one_line(console("ingest", "events.parquet", cwd=desk), "not a DuckDB database")
    assert path.read_bytes() == b"something else" * 500


@pytest.fixture
def sitting(desk: Path) -> Iterator[int]:
    """Another process that sits on the store; yields its id."""
    code = (
        "import sys, time; from pathlib import Path; from store.store import Store\n"
        "with Store.open(Path('store')) as store: print('open', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=desk,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert other.stdout is not None
    assert other.stdin is not None
    assert other.stdout.readline() == b"open\n"
    yield other.pid
    other.stdin.close()
    other.wait()
    other.stdout.close()


def test_a_store_on_which_another_process_sits_names_it(desk: Path, sitting: int):
    for words in (["due"], ["ingest", "events.parquet"]):
        one_line(console(*words, cwd=desk), "is in use by process", str(sitting))
    doctor = console("doctor", cwd=desk)
    assert doctor.code == 2
    assert f"is in use by process {sitting}" in doctor.out


# ------------------------------------------------------------------ the disk and the pipe


def limited(megabytes: float) -> Callable[[], None]:
    """Let no file of the child grow beyond so much: to it that is a full disk."""

    def limit():
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        size = int(megabytes * 1024 * 1024)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def test_a_full_disk_stores_nothing_of_a_file_and_loses_nothing(desk: Path):
    big = Service(days=20, calls_a_day=2000, model="big")
    pq.write_table(big.events(), desk / "big.parquet")
    size = (desk / "store/driftline.duckdb").stat().st_size / 2**20
    with nothing_lost(desk):
        answer = console("ingest", "big.parquet", cwd=desk, preexec_fn=limited(size + 0.3))
        one_line(answer, "driftline.duckdb is full", "free some space")
    again = console("ingest", "big.parquet", "--json", cwd=desk)
    assert again.json["calls"] == 40_000


def test_a_full_disk_under_a_report_is_named(desk: Path):
    answer = console("report", "--out", "r.html", cwd=desk, preexec_fn=limited(0.01))
    assert answer.code == 2
    assert answer.err.count("\n") == 1
    assert "Traceback" not in answer.err


@pytest.fixture(params=["", "1"], ids=["buffered", "unbuffered"])
def printing(request: pytest.FixtureRequest) -> dict[str, str]:
    """When what is printed is written: at its end, or at once; neither is left to who tests."""
    return os.environ | {"PYTHONUNBUFFERED": request.param}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_standard_output_is_named(desk: Path, printing: dict[str, str]):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [DRIFTLINE, "alerts", "list", "--all"],
            cwd=desk, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=printing,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == "driftline: No space left on device; free some space and try again\n"


def test_a_reader_that_leaves_early_is_no_failure(desk: Path, printing: dict[str, str]):
    query = "select * from calls, range(40)"
    line = f"'{DRIFTLINE}' sql '{query}' | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line], cwd=desk, capture_output=True, text=True, check=False, env=printing
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith('"model","ts"')


def test_a_reader_that_leaves_early_changes_no_verdict(desk: Path, printing: dict[str, str]):
    line = (
        f"'{DRIFTLINE}' run --window 2024-04-07/2024-04-08 --json | true; exit ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(
        ["bash", "-c", line], cwd=desk, capture_output=True, text=True, check=False, env=printing
    )
    assert (done.returncode, done.stderr) == (1, "")


def test_an_interruption_says_so_and_keeps_what_was_stored(desk: Path):
    before = stored(desk)
    words = [DRIFTLINE, "backfill", "--reprocess", "completed"]
    with subprocess.Popen(words, cwd=desk, stderr=subprocess.PIPE, text=True) as running:
        deadline = time.monotonic() + 30
        while not has_opened(running.pid) and time.monotonic() < deadline:
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert err.strip() == "driftline: interrupted; what was stored before stays stored"
    assert stored(desk)[:2] == before[:2]
    assert stored(desk)[2] >= before[2]


def has_opened(process: int) -> bool:
    """Return whether a process has the store open: from then on it can be interrupted in it."""
    folder = Path(f"/proc/{process}/fd")
    if not folder.exists():
        time.sleep(2)
        return True
    with contextlib.suppress(FileNotFoundError):
        return any(fd.readlink().name == "driftline.duckdb" for fd in folder.iterdir())
    return False


# ------------------------------------------------------------------ faults of our own


def test_an_internal_fault_is_one_line_that_says_how_to_see_more(
    call, desk: Path, monkeypatch: pytest.MonkeyPatch
):
    def broken(*_args: object, **_options: object):
        raise RuntimeError("first\nsecond \x1b[31m")

    monkeypatch.setattr("monitors.run.Runner.run", broken)
    answer = call("run")
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert r"internal error: RuntimeError: first\nsecond \x1b[31m; " in answer.err
    assert "DRIFTLINE_DEBUG=1" in answer.err
    monkeypatch.setenv("DRIFTLINE_DEBUG", "1")
    with pytest.raises(RuntimeError):
        call("run")


def test_values_from_files_cannot_command_the_terminal(call, desk: Path):
    (desk / "driftline.yaml").write_text('store: store\n"st\\x1b[31more": 1')
    answer = call("run")
    assert "\x1b" not in answer.err
    assert r"\x1b[31m" in answer.err


def test_a_log_level_that_is_none_is_refused(call, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DRIFTLINE_LOG", "loud")
    one_line(call("--help"), "DRIFTLINE_LOG='LOUD'", "DEBUG, INFO")


def test_a_user_without_a_name_can_acknowledge(call, desk: Path, monkeypatch: pytest.MonkeyPatch):
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr("getpass.getuser", nameless)
    monkeypatch.setattr("os.getuid", lambda: 4711)
    found = call("alerts", "list", "--all", "--json").json["incidents"]
    (drift,) = [one["incident_id"] for one in found if one["cause"] == "drift"]
    assert call("alerts", "ack", drift).out.endswith("acknowledged by user 4711\n")
