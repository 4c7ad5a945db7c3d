"""The process that owns a store: found by others, refused twice, gone without a trace."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from domain.errors import StoreError
from jobs import owner
from jobs.context import code_version
from tests.jobs.conftest import DRIFTLINE
from tests.jobs.serving import PATIENCE_S, owner_of, server

COUNT = ("sql", "select count(*) as n from calls", "--json")


def one_line(answer, *says: str, code: int = 2):
    assert answer.code == code
    assert answer.err.count("\n") == 1, answer.err
    assert all(word in answer.err for word in says), answer.err


def stored(call) -> int:
    return call(*COUNT).json["rows"][0][0]


def nobody(**changed: object) -> owner.Owner:
    """An owner that has ended."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    told = {"url": "http://127.0.0.1:9", "pid": ended.pid, "key": "k", "version": code_version()}
    return owner.Owner(**{**told, "started_at": datetime.now(UTC), **changed})


# ------------------------------------------------------------------ with real processes


def test_a_killed_owner_is_forgotten_and_nothing_that_was_acknowledged_is_lost(call, desk: Path):
    before = stored(call)
    with server("collect", "--no-scheduler", cwd=desk) as first:
        (desk / "one.ndjson").write_text(
            '{"model":"m","ts":"2024-03-04T10:00:00Z","score":1,"latency_ms":3}'
        )
        assert call("ingest", "one.ndjson").code == 0
        first.end(signal.SIGKILL)
    assert owner_of(desk)["pid"] == first.process.pid, "it had no time to clear away"
    assert stored(call) == before + 1
    with server("collect", "--no-scheduler", cwd=desk) as second:
        assert owner_of(desk)["pid"] == second.process.pid
        assert stored(call) == before + 1
        # and what is not there is told as everything else
        nothing = httpx.get(f"{second.url}/nothing")
        assert (nothing.status_code, nothing.headers["content-type"]) == (
            404,
            "application/problem+json",
        )


def test_a_second_owner_is_refused_and_told_of_the_first(call, desk: Path):
    with server("collect", "--no-scheduler", cwd=desk) as first:
        for words in ("serve", "collect"):
            answer = call(words, "--port", "0")
            one_line(answer, "has an owner already", str(first.process.pid), first.url)
        assert owner_of(desk)["pid"] == first.process.pid


def test_only_its_user_can_read_the_key_and_it_is_gone_at_the_end(desk: Path):
    with server("collect", "--no-scheduler", cwd=desk) as running:
        path = desk / "store" / "owner.json"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        told = owner_of(desk)
        assert (told["url"], told["pid"]) == (running.url, running.process.pid)
        assert told["key"] not in running.said
        assert running.end(signal.SIGTERM) == 0
    assert sorted(file.name for file in (desk / "store").iterdir()) == ["driftline.duckdb"]
    assert "Traceback" not in running.said


def test_ctrl_c_ends_a_server_as_it_ends_any_command(desk: Path):
    with server("collect", "--no-scheduler", cwd=desk) as running:
        assert running.end(signal.SIGINT) == 130
    assert not (desk / "store" / "owner.json").exists()
    assert "interrupted; what was stored before stays stored" in running.said


def test_commands_are_answered_while_the_owner_judges(call, desk: Path):
    with server("collect", "--no-scheduler", cwd=desk):
        words = [DRIFTLINE, "backfill", "--reprocess", "completed"]
        with subprocess.Popen(words, cwd=desk, stdout=subprocess.PIPE, text=True) as judging:
            answered = 0
            while judging.poll() is None:
                assert call("alerts", "list", "--all").code == 0
                answered += 1
            out, _ = judging.communicate()
        assert judging.returncode == 0, out
        assert "runs" in out
        assert answered > 1


def test_an_interrupted_command_stops_its_run_in_the_owner(call, desk: Path):
    """It was asked for by nobody any more: the owner stops after the windows it is at."""
    with server("collect", "--no-scheduler", cwd=desk) as running:
        words = [DRIFTLINE, "backfill", "--reprocess", "completed"]
        with subprocess.Popen(words, cwd=desk, stderr=subprocess.PIPE, text=True) as judging:
            deadline = time.monotonic() + PATIENCE_S
            while not asks(judging.pid) and time.monotonic() < deadline:
                time.sleep(0.02)
            judging.send_signal(signal.SIGINT)
            _, err = judging.communicate()
        assert judging.returncode == 130
        assert err.strip() == "driftline: interrupted; what was stored before stays stored"
        assert call("due").code in {0, 1, 3}
        assert running.end() == 0
    assert "Traceback" not in running.said


def asks(process: int) -> bool:
    """Return whether a process has a connection: from then on it waits for an answer."""
    folder = Path(f"/proc/{process}/fd")
    if not folder.exists():
        time.sleep(2)
        return True
    with contextlib.suppress(FileNotFoundError):
        return any(os.readlink(fd).startswith("socket:") for fd in folder.iterdir())  # noqa: PTH115
    return False


def test_a_server_that_ends_under_a_command_is_told_of_in_one_line(desk: Path):
    with server("collect", "--no-scheduler", cwd=desk) as running:
        read, write = os.pipe()
        words = [DRIFTLINE, "ingest", "-"]
        with subprocess.Popen(
            words, cwd=desk, stdin=read, stderr=subprocess.PIPE, text=True
        ) as sending:
            os.close(read)
            os.write(write, b'{"model":"m","ts":"2024-03-04T10:00:00Z","score":1}\n' * 20_000)
            running.end(signal.SIGKILL)
            os.close(write)
            _, err = sending.communicate(timeout=PATIENCE_S)
    assert sending.returncode == 2
    assert err.count("\n") == 1
    assert running.url in err


def test_the_dashboard_of_another_process_asks_the_owner(desk: Path):
    import httpx

    with server("collect", "--no-scheduler", cwd=desk) as collector:
        key = {"DRIFTLINE_KEY": owner_of(desk)["key"]}
        with server("dashboard", "--server", collector.url, cwd=desk.parent, **key) as shown:
            assert httpx.get(shown.url).status_code == 200
            assert shown.end() == 0


# ------------------------------------------------------------------ one-line answers


@pytest.mark.parametrize("words", [["serve"], ["collect"]])
def test_an_address_that_cannot_be_listened_on_is_named(call, desk: Path, words: list[str]):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        one_line(call(*words, "--port", port), f"port {port} of 127.0.0.1 is in use", "--port")
    one_line(call(*words, "--host", "192.0.2.1"), "'192.0.2.1' is no address of this machine")
    one_line(call(*words, "--host", "no host"), "'no host' is no address")
    assert not (desk / "store" / "owner.json").exists()


def test_a_server_that_would_fill_no_store_wants_one(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one_line(call("serve", "--no-collector", "--port", "0"), "no store in", "driftline ingest PATH")
    assert list(tmp_path.iterdir()) == []


def test_a_dashboard_wants_a_server(call, desk: Path):
    one_line(call("dashboard", "--port", "0"), "--server URL", "driftline serve")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://127.0.0.1:9", "does not answer"),
        ("127.0.0.1:8501", "is no URL"),
        ("ftp://127.0.0.1", "is no URL"),
        ("http://", "is no URL"),
    ],
)
def test_a_server_that_is_none_is_named(call, desk: Path, url: str, says: str):
    for words in (["alerts", "list"], ["dashboard", "--port", "0"]):
        one_line(call(*words, "--server", url), url, says)
    doctor = call("doctor", "--server", url)
    assert doctor.code == 2
    assert says in doctor.out


def test_a_server_named_by_the_environment_is_asked_with_its_key(
    call, desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    expected = call(*COUNT).out
    with server("collect", "--no-scheduler", cwd=desk) as running:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("DRIFTLINE_SERVER", running.url)
        one_line(call(*COUNT), "needs a key", "DRIFTLINE_KEY")
        monkeypatch.setenv("DRIFTLINE_KEY", "not it")
        one_line(call(*COUNT), "DRIFTLINE_KEY")
        monkeypatch.setenv("DRIFTLINE_KEY", owner_of(desk)["key"])
        assert call(*COUNT).out == expected
        made = call("keys", "create", "reader", "--scope", "read").out.strip()
        monkeypatch.setenv("DRIFTLINE_KEY", made)
        assert call(*COUNT).out == expected
        one_line(call("run"), "scope", "DRIFTLINE_KEY")
        one_line(call("keys", "create", "x", "--scope", "admin"), "scope", "DRIFTLINE_KEY")


def test_an_owner_of_another_version_is_not_talked_to(
    call, desk: Path, monkeypatch: pytest.MonkeyPatch
):
    with server("collect", "--no-scheduler", cwd=desk):
        monkeypatch.setattr("jobs.context.code_version", lambda: "99.0")
        one_line(call("alerts", "list"), "this is 99.0", "use the same on both sides")


def test_an_owner_with_another_configuration_is_told_of(call, desk: Path):
    with server("collect", "--no-scheduler", cwd=desk):
        assert call(*COUNT).err == ""
        (desk / "driftline.yaml").write_text("store: store\ntimezone: Europe/Berlin\n")
        one_line(call(*COUNT), "the configuration that it was started with", code=0)


# ------------------------------------------------------------------ the file


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"url": 1, "pid": 1, "key": "k", "started_at": "x", "version": "1"}',
        b'{"url":"http://127.0.0.1:9","pid":1,"key":"","started_at":"2024-01-01Z","version":"1"}',
    ],
)
def test_a_file_that_leads_to_nobody_is_ignored(call, desk: Path, content: bytes):
    (desk / "store" / "owner.json").write_bytes(content)
    assert call("alerts", "list").code == 0


def test_an_owner_whose_process_is_gone_is_not_even_asked(desk: Path, monkeypatch):
    def asked(*_: object):
        raise AssertionError("nobody is there to be asked")

    gone = nobody()
    monkeypatch.setattr("api.client.RemoteService", asked)
    (desk / "store" / "owner.json").write_text(
        json.dumps(
            {
                "url": gone.url,
                "pid": gone.pid,
                "key": gone.key,
                "started_at": gone.started_at.isoformat(),
                "version": gone.version,
            }
        )
    )
    assert owner.read(desk / "store") == gone
    assert owner.find(desk / "store", code_version()) is None


def test_an_owner_clears_its_own_announcement_away_and_no_others(tmp_path: Path):
    first, second = nobody(key="first"), nobody(key="second")
    with owner.announced(tmp_path, first):
        assert owner.read(tmp_path) == first
        with owner.announced(tmp_path, second):
            assert owner.read(tmp_path) == second
    assert list(tmp_path.iterdir()) == []
    with owner.announced(tmp_path, first):
        second_file = tmp_path / owner.FILE_NAME
        second_file.unlink()
        other = owner.announced(tmp_path, second)
        other.__enter__()
    assert owner.read(tmp_path) == second


@pytest.mark.skipif(os.getuid() == 0, reason="the system lets root read everything")
def test_a_file_of_another_user_says_so(tmp_path: Path):
    path = tmp_path / owner.FILE_NAME
    path.write_bytes(b"{}")
    path.chmod(0)
    with pytest.raises(StoreError, match="another user"):
        owner.read(tmp_path)


def test_whoever_was_quicker_is_asked_as_soon_as_it_answers(call, desk: Path, monkeypatch):
    """Between the look at the file and the opening of the store an owner came up."""
    expected = call(*COUNT).out
    with server("collect", "--no-scheduler", cwd=desk):
        looks = iter([None])
        real = owner.find

        def find(folder: Path, version: str):
            return next(looks) if folder.name == "store" and remaining() else real(folder, version)

        seen: list[int] = []

        def remaining() -> bool:
            seen.append(1)
            return len(seen) == 1

        monkeypatch.setattr("jobs.owner.find", find)
        assert call(*COUNT).out == expected
        assert len(seen) == 2


@pytest.mark.parametrize(("host", "times"), [("0.0.0.0", 1), ("127.0.0.1", 0)])
def test_a_dashboard_that_others_can_reach_is_said_to_have_no_login(
    tmp_path: Path, host: str, times: int
):
    with server("serve", "--host", host, cwd=tmp_path) as served:
        served.end()
        assert served.said.count("the dashboard has no login") == times
