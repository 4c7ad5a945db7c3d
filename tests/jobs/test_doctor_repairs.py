"""`driftline doctor` names what killed work left behind, and removes it when told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from domain.erasure import Condition, Erasing
from store.store import Store
from tests.jobs.serving import owner_of, server
from tests.store.made import batch, event

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


def spill(folder: Path) -> None:
    """Fill more temporary rows than memory takes, in a process that is killed then."""
    code = """if True:
        import sys
        from pathlib import Path
        from store.store import Store
        with Store.open(Path(sys.argv[1])) as store, store._database.cursor() as connection:
            connection.execute("set memory_limit = '30 MB'; set threads = 1")
            rows = "select md5(range::varchar) from range(1500000)"
            connection.execute(f"create temp table t as {rows}")
            print("spilled", flush=True)
            sys.stdin.read()
    """
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"spilled\n"
        process.kill()


def test_what_a_killed_process_could_not_keep_in_memory_is_removed(desk, call):
    folder = desk / "store" / "driftline.duckdb.tmp"
    spill(desk / "store")
    left = list(folder.iterdir())
    assert left, "DuckDB has taken it away by itself: nobody need look for it"
    assert says(call("doctor", "--json"), "leftovers") is None, "it may be at work"
    for path in left:
        aged(path, 2)
    assert left[0].name in says(call("doctor", "--json"), "leftovers")
    assert bad(call("doctor", "--repair", "--json")) == set()
    assert not folder.exists()


def test_a_restore_killed_before_the_backup_took_its_place_is_told_of(desk, call):
    store = desk / "store" / "driftline.duckdb"
    assert call("backup", "copy.duckdb").code == 0
    kept = store.with_name("driftline.before-20240401T000000.duckdb")
    kept.write_bytes(store.read_bytes())
    second = store.with_name("driftline.before-20240402T000000.duckdb")
    second.hardlink_to(store)
    half = aged(store.with_name("driftline.duckdb.part"), 0.1)
    assert says(call("doctor", "--json"), "restore") is None, "it may be at work"
    aged(half, 2)
    assert bad(call("doctor", "--json")) == {"leftovers"}
    answer = call("doctor", "--repair", "--json")
    assert bad(answer) == set()
    assert second.name in says(answer, "restore")
    assert [path.exists() for path in (store, second, half, kept)] == [True, False, False, True]
    assert says(call("doctor", "--json"), "restore") is None

    store.rename(second)
    answer = call("doctor", "--json")
    assert bad(answer) == {"store"}
    assert f"driftline restore store/{second.name}" in says(answer, "store")
    assert call("restore", second).code == 0
    assert bad(call("doctor", "--json")) == set()


def test_bytes_of_erased_rows_are_told_of_and_repaired_away(desk, call):
    erasing = Erasing("m", (Condition("prediction_id", "p"),), None)
    with Store.open(desk / "store") as store:
        store.load([batch([event(0, prediction_id="p", score=0.5)])], "made")
        store.erase(erasing, "me", datetime.now(UTC))
    answer = call("doctor", "--json")
    assert bad(answer) == {"space"}
    assert "driftline compact" in says(answer, "space")
    assert bad(call("doctor", "--repair", "--json")) == set()
    assert says(call("doctor", "--json"), "space") is None


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
