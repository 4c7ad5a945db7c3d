"""`driftline doctor` names what killed work left behind, and removes it when told to."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.jobs.serving import owner_of, server

HOURS = 3600


def says(answer, name: str) -> str | None:
    found = [one["says"] for one in answer.json["checks"] if one["name"] == name]
    return found[0] if found else None


def bad(answer) -> set[str]:
    """The checks that failed, but for the desk's monitors, which stand still for years."""
    return {one["name"] for one in answer.json["checks"] if not one["ok"]} - {"monitors"}


def aged(path: Path, hours: float) -> Path:
    path.write_bytes(b"half a file")
    then = datetime.now(UTC).timestamp() - hours * HOURS
    os.utime(path, (then, then))
    return path


def test_a_killed_owner_is_named_and_what_it_left_is_removed(desk, call):
    with server("collect", "--no-scheduler", cwd=desk) as owner:
        pid = owner_of(desk)["pid"]
        assert says(call("doctor", "--json"), "owner") is None
        owner.end(signal.SIGKILL)
    answer = call("doctor", "--json")
    assert answer.code == 2
    assert f"process {pid}" in says(answer, "owner")
    assert (desk / "store" / "owner.json").exists()
    assert bad(call("doctor", "--repair", "--json")) == set()
    assert not (desk / "store" / "owner.json").exists()
    assert says(call("doctor", "--json"), "owner") is None


def test_a_living_owner_keeps_its_file_whatever_is_repaired(desk, call):
    with server("collect", "--no-scheduler", cwd=desk):
        assert bad(call("doctor", "--repair", "--json")) == set()
        assert (desk / "store" / "owner.json").exists()


def test_a_number_that_another_process_has_by_now_is_no_owner(desk, call):
    told = {"url": "http://127.0.0.1:9", "pid": os.getpid(), "key": "k", "version": "1"}
    started = datetime.now(UTC).isoformat()
    (desk / "store" / "owner.json").write_text(
        str(told | {"started_at": started}).replace("'", '"')
    )
    assert f"process {os.getpid()}" in says(call("doctor", "--json"), "owner")
    assert bad(call("doctor", "--repair", "--json")) == set()
    assert not (desk / "store" / "owner.json").exists()


def test_half_files_older_than_an_hour_are_named_and_removed_younger_ones_stay(desk, call):
    old = aged(desk / "store" / "driftline.duckdb.part", 2)
    log = aged(desk / "store" / "log-abcdefgh.part", 1.1)
    young = aged(desk / "store" / "sent-1.part", 0.9)
    mine = aged(desk / "store" / "log-20240401", 500)
    answer = call("doctor", "--json")
    assert answer.code == 2
    assert "driftline.duckdb.part, log-abcdefgh.part (" in says(answer, "leftovers")
    assert bad(call("doctor", "--repair", "--json")) == set()
    assert [path.exists() for path in (old, log, young, mine)] == [False, False, True, True]
    assert says(call("doctor", "--json"), "leftovers") is None


def test_a_body_that_the_owner_may_still_read_is_no_leftover(desk, call):
    with server("collect", "--no-scheduler", cwd=desk):
        path = desk / "store" / "owner.json"
        started = datetime.now(UTC) - timedelta(hours=5)
        told = owner_of(desk) | {"started_at": started.isoformat()}
        path.write_text(str(told).replace("'", '"'))
        ours = aged(desk / "store" / "log-abcdefgh.part", 3)
        before = aged(desk / "store" / "log-hgfedcba.part", 6)
        assert bad(call("doctor", "--repair", "--json")) == set()
        assert (ours.exists(), before.exists()) == (True, False)


def test_files_of_another_machine_are_not_repaired(desk, call):
    answer = call("doctor", "--repair", "--server", "http://127.0.0.1:9")
    assert answer.code == 2
    assert "where its store lies" in answer.err


def test_doctor_says_when_the_newest_backup_was_made(desk, call):
    assert says(call("doctor", "--json"), "backup").startswith("never made")
    made = call("backup", "copy.duckdb", "--json").json["at"]
    assert says(call("doctor", "--json"), "backup") == f"made 0 hours ago, on {made}"
