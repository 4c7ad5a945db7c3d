from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from domain.errors import DiskFullError
from store.store import Store
from tests.store.made import batch, event

ROOT = Path(__file__).parents[2]

# loads 50 events at a time and says so after each
LOADER = """if True:
    import sys
    from pathlib import Path
    from store.store import Store
    from tests.store.made import batch, event

    with Store.open(Path(sys.argv[1])) as store:
        for load in range(10_000):
            events = [
                event(load, prediction_id=f"{load}-{i}", request_id=f"{load}", score=i / 50,
                      label="yes", features={"a": i, f"f{load % 7}": "x"})
                for i in range(50)
            ]
            store.load([batch(events)], f"load {load}")
            print(load, flush=True)
"""

# may grow files up to the given size; what is beyond it fails as on a full disk
FILLER = """if True:
    import resource, sys
    from pathlib import Path
    import numpy as np
    import pyarrow as pa
    from domain.errors import DiskFullError
    from store.store import Store
    from tests.store.made import START, batch, event

    def load(number):
        rng = np.random.default_rng(number)
        n = 20_000
        us = int(START.timestamp()) * 1_000_000 + rng.integers(0, 10**9, n)
        ts = pa.array(us).cast(pa.timestamp("us", tz="UTC"))
        events = pa.table({"ts": ts, "score": rng.random(n)})
        features = pa.table({f"x{i}": rng.random(n) for i in range(10)})
        return [("m", events, features)]

    with Store.open(Path(sys.argv[1])) as store:
        print(store.load(load(0), "first").predictions, flush=True)
        if sys.argv[2] == "checkpointed":
            store.checkpoint()
        limit = store.size_bytes() + 200_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        for number in range(1, 9):
            try:
                print(store.load(load(number), "more").predictions, flush=True)
            except DiskFullError as error:
                assert "\\n" not in str(error)
                print("full", flush=True)
                break
"""


# files may grow far enough for the log, but not for what a checkpoint writes; then they may again
GIVEN_UP = """if True:
    import resource, sys
    from pathlib import Path
    from domain.errors import DiskFullError
    from store.store import Store
    from tests.store.made import batch, event

    def load(number):
        features = {"a": number, "b": "x" * 90}
        events = [event(i, score=i / 2000, request_id=f"{number}-{i}", features=features)
                  for i in range(2000)]
        return store.load([batch(events)], "made").predictions

    with Store.open(Path(sys.argv[1])) as store:
        load(0)
        store.checkpoint()
        store._database.connection.execute("set global wal_autocheckpoint = '300 KB'")
        no_limit = resource.RLIM_INFINITY
        resource.setrlimit(resource.RLIMIT_FSIZE, (store.size_bytes() + 400_000, no_limit))
        for number in range(1, 60):
            try:
                load(number)
                print(2000, flush=True)
            except DiskFullError as error:
                print(type(error.__cause__).__name__, flush=True)
                break
        resource.setrlimit(resource.RLIMIT_FSIZE, (no_limit, no_limit))
        load(1000)
        print(2000, flush=True)
        print("now", store.sql("select count(*) as n from predictions")["n"].to_pylist()[0])
"""


def run(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("loads", [1, 12])
def test_what_was_acknowledged_survives_a_killed_process_whole(tmp_path: Path, loads: int):
    with run(LOADER, str(tmp_path)) as loader:
        assert loader.stdout is not None
        said = [loader.stdout.readline() for _ in range(loads)]
        loader.send_signal(signal.SIGKILL)
        said += loader.stdout.read().splitlines()
    acknowledged = max(map(int, said))

    with Store.open(tmp_path) as store:
        by_request = store.sql(
            "select request_id::integer as load, count(*) as n from predictions group by all"
        ).to_pylist()
        # one more may have been stored and not said any more
        assert {row["load"] for row in by_request} - {acknowledged + 1} == set(
            range(acknowledged + 1)
        )
        assert {row["n"] for row in by_request} == {50}
        for table in ("calls", "labels"):
            n = {"calls": 1, "labels": 50}[table]
            assert store.sql(f"select * from {table}").num_rows == n * len(by_request)
        assert len(store.sources()) == len(by_request)


@pytest.mark.parametrize("state", ["in the log", "checkpointed"])
def test_a_full_disk_loses_nothing_that_was_stored(tmp_path: Path, state: str):
    with run(FILLER, str(tmp_path), state) as filler:
        said = filler.communicate()[0].split()

    assert said[-1] == "full"
    assert len(said) > 1
    with Store.open(tmp_path) as store:
        assert sum(d.predictions for d in store.logs("m").deployments()) == 20_000 * (len(said) - 1)
        assert store.sources()["first"].predictions == 20_000
        # and there is room again
        assert store.load([batch([event(-60, score=0.5)])], "after").predictions == 1


def test_a_file_that_the_database_gave_up_is_opened_anew_when_there_is_room(tmp_path: Path):
    with run(GIVEN_UP, str(tmp_path)) as filler:
        said = filler.communicate()[0].split()

    assert "FatalException" in said, "the checkpoint did not fail"
    acknowledged = 2000 + 2000 * said.count("2000")
    # the commit whose checkpoint failed may be stored too, whole
    assert int(said[-1]) - acknowledged in {0, 2000}


def fill(store: Store) -> int:
    """Load until the disk is full, and return the rows that were acknowledged."""
    stored = 0
    for number in range(1000):
        events = [event(i, score=i / 2000, request_id=f"{number}-{i}") for i in range(2000)]
        try:
            stored += store.load([batch(events)], "f").predictions
        except DiskFullError:
            return stored
    pytest.fail("a full disk was not noticed")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")
def test_a_full_file_system_loses_nothing_that_was_stored(tmp_path: Path):
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(tmp_path)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        with Store.open(tmp_path) as store:
            stored = fill(store)
        with Store.open(tmp_path) as store:
            assert store.sql("select * from predictions").num_rows == stored > 0
    finally:
        subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def test_threads_that_read_see_whole_loads_while_others_write(store: Store):
    def load(thread: int) -> None:
        for number in range(5):
            events = [event(i, request_id=f"{thread}-{number}", score=0.5) for i in range(40)]
            store.load([batch(events)], f"{thread}")

    def read() -> list[int]:
        sums = "select count(*) as n, (select sum(rows) from calls) as of_calls from predictions"
        found = [store.sql(sums).to_pylist()[0] for _ in range(20)]
        assert all(row["n"] == (row["of_calls"] or 0) for row in found)
        return [row["n"] for row in found]

    with ThreadPoolExecutor(5) as pool:
        writers = [pool.submit(load, thread) for thread in range(2)]
        seen = [pool.submit(read) for _ in range(3)]
    for writer in writers:
        writer.result()
    for counts in (future.result() for future in seen):
        assert counts == sorted(counts)
        assert all(n % 40 == 0 for n in counts)
    assert store.logs("m").deployments()[0].predictions == 2 * 5 * 40
