"""`driftline ingest --follow` as processes: killed, beside an owner, beside another of its kind."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.docs.document import ROOT
from tests.jobs.conftest import DRIFTLINE, Answer, console
from tests.jobs.follow_writer import LINES
from tests.jobs.serving import owner_of, server
from tests.monitors.followed import append, event, events
from tests.store.made import SOAKING

KILLS = 20 if SOAKING else 4
PATIENCE_S = 60


def follower(folder: Path, *words: str) -> subprocess.Popen[str]:
    outside = {k: v for k, v in os.environ.items() if not k.startswith("DRIFTLINE_")}
    return subprocess.Popen(
        [DRIFTLINE, "ingest", "--follow", *words, "--store", "store", "--every", "0.1s"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=outside,
    )


def writer(folder: Path, rounds: int, seed: int = 1) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.jobs.follow_writer", folder / "logs", str(rounds)]
    return subprocess.Popen([*command, str(seed)], cwd=ROOT)


def stored(folder: Path) -> Counter[float]:
    query = "select f_x as x from predictions"
    told = console("sql", query, "--store", folder / "store", "--json")
    # before the first load there is no store, or none of its models has that feature
    early = ("no prediction logs", "no store", "does not exist", '"f_x" not found')
    if any(said in told.err for said in early):
        return Counter()
    assert told.code == 0, told.err
    return Counter(x for (x,) in told.json["rows"])


def eventually(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.1)
    return False


def end(process: subprocess.Popen[str], how: signal.Signals = signal.SIGTERM) -> Answer:
    process.send_signal(how)
    out, err = process.communicate(timeout=PATIENCE_S)
    return Answer(process.returncode, out, err)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    return tmp_path


def test_every_line_is_stored_once_however_often_the_follower_is_killed(folder: Path) -> None:
    chance = random.Random(7)
    rounds = 60 if SOAKING else 24
    writing = writer(folder, rounds)
    kills = 0
    while writing.poll() is None or kills < KILLS:
        process = follower(folder, "logs")
        # it starts in about a second: the moments lie before, in and after its first commits
        time.sleep(chance.uniform(0.8, 2.5))
        end(process, signal.SIGKILL)
        kills += 1
    assert writing.wait() == 0

    done = console("ingest", "--follow", "--once", "logs", "--store", "store", cwd=folder)
    assert done.code == 0, done.err
    wanted = {1000.0 * n + i: 2 for n in range(rounds) for i in range(LINES // 2)}
    assert stored(folder) == wanted
    assert sum(wanted.values()) == rounds * LINES
    again = console("ingest", "logs", "--store", "store", "--json", cwd=folder).json
    assert (again["predictions"], again["rejected"]) == (0, 0)


def test_a_follower_ends_well_on_ctrl_c_and_says_what_it_stored(folder: Path) -> None:
    append(folder / "logs" / "app.log", events(1, 2))
    process = follower(folder, "logs", "--json")
    assert eventually(lambda: bool(list((folder / "store").glob("*.duckdb"))))
    assert eventually(lambda: stored(folder) == {1.0: 1, 2.0: 1})
    answer = end(process, signal.SIGINT)

    assert answer.code == 0
    assert json.loads(answer.out)["predictions"] == 2
    assert "Traceback" not in answer.err


def test_two_followers_and_senders_over_http_feed_one_owner(folder: Path) -> None:
    (folder / "other").mkdir()
    rounds = 12
    with server("collect", "--store", "store", cwd=folder) as owner:
        key = owner_of(folder)["key"]
        one, two = follower(folder, "logs"), follower(folder, "logs", "other")
        writing = writer(folder, rounds, seed=3)
        sent = 0
        while writing.poll() is None:
            lines = event(900_000 + sent)
            httpx.post(f"{owner.url}/v1/predictions", content=lines).raise_for_status()
            append(folder / "other" / "app.log", event(500_000 + sent))
            sent += 1
        wanted = {1000.0 * n + i: 2 for n in range(rounds) for i in range(LINES // 2)}
        wanted |= {900_000.0 + i: 1 for i in range(sent)}
        wanted |= {500_000.0 + i: 1 for i in range(sent)}
        assert eventually(lambda: sum(stored(folder).values()) >= sum(wanted.values()))
        assert stored(folder) == wanted
        assert end(one).code == end(two).code == 0
        assert key not in owner.said


def test_a_follower_goes_on_when_its_owner_ends_and_another_begins(folder: Path) -> None:
    log = folder / "logs" / "app.log"
    with server("collect", "--store", "store", cwd=folder):
        process = follower(folder, "logs")
        append(log, events(1))
        assert eventually(lambda: stored(folder) == {1.0: 1})
    append(log, events(1))
    assert eventually(lambda: stored(folder) == {1.0: 2})
    with server("collect", "--store", "store", cwd=folder):
        append(log, events(1, 2))
        assert eventually(lambda: stored(folder) == {1.0: 3, 2.0: 1})
    assert end(process).code == 0


def test_an_owner_follows_what_its_configuration_names(folder: Path) -> None:
    (folder / "driftline.yaml").write_text(
        "store: store\nfollow: [{path: logs, model: named, every: 1s}]\n",
        encoding="utf-8",
    )
    append(folder / "logs" / "app.log", events(1, 1))
    with server("collect", cwd=folder) as owner:
        assert eventually(lambda: stored(folder) == {1.0: 2})
        append(folder / "logs" / "app.log", events(2))
        assert eventually(lambda: stored(folder) == {1.0: 2, 2.0: 1})
        assert owner.end() == 0


def test_what_cannot_be_read_is_said_once_and_ends_one_look_with_2(
    folder: Path, call: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    answer = call("ingest", "--follow", "--once", "logs", "nowhere", "--store", "store")

    assert answer.code == 2
    assert answer.err.count("nothing is there yet") == 2
    append(folder / "logs" / "a.log", event(1))
    assert call("ingest", "--follow", "--once", "logs", "--store", "store").code == 0


@pytest.mark.parametrize("words", [["--once"], ["--every", "2s"], ["--settle", "1m"]])
def test_options_that_go_with_follow_are_refused_without_it(
    folder: Path, call: Callable[..., Answer], words: list[str]
) -> None:
    answer = call("ingest", folder / "logs", *words)

    assert answer.code == 2
    assert "go with --follow" in answer.err


def test_standard_input_cannot_be_followed(call: Callable[..., Answer]) -> None:
    answer = call("ingest", "--follow", "-")

    assert answer.code == 2
    assert "standard input cannot be followed" in answer.err
