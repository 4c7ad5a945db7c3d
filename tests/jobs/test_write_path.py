"""The owner's way to write, in a process of its own: warm when ready, short logs, full disks."""

from __future__ import annotations

import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from store import log_keeping
from store.store import Store
from tests.api.sending import LINES, event, lines
from tests.jobs.serving import PATIENCE_S, Served, server

NOW = datetime.now(UTC)
ROWS = 500


@contextmanager
def collecting(folder: Path) -> Iterator[tuple[Served, httpx.Client]]:
    with (
        server("collect", "--store", "store", cwd=folder) as running,
        httpx.Client(base_url=running.url, timeout=PATIENCE_S) as client,
    ):
        yield running, client


def body(number: int) -> bytes:
    ts = (NOW - timedelta(minutes=1)).isoformat()
    numbers = {f"n{i}": (number * 31 + i) / 7 for i in range(20)}
    return lines(
        [event(number * ROWS + i, ts=ts, features=numbers | {"i": i / 3}) for i in range(ROWS)]
    )


def send(client: httpx.Client, number: int) -> httpx.Response:
    return client.post("/v1/predictions", content=body(number), headers=LINES)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def checks(client: httpx.Client) -> dict[str, bool]:
    return {check["name"]: check["ok"] for check in client.get("/readyz").json()["checks"]}


def log_bytes(folder: Path) -> int:
    file = folder / "store" / "driftline.duckdb.wal"
    return file.stat().st_size if file.exists() else 0


def predictions(folder: Path) -> int:
    with Store.open(folder / "store") as store:
        found = store.sql("select count(*) n, count(distinct prediction_id) ids from predictions")
        (row,) = found.to_pylist()
        assert row["n"] == row["ids"]
        return row["n"]


def test_it_is_ready_when_a_commit_has_been_made_and_that_leaves_no_event(tmp_path: Path):
    with collecting(tmp_path) as (running, client):
        until(lambda: checks(client)["warm-up"])
        assert all(checks(client).values()), checks(client)
        assert client.get("/v1/models").json()["models"] == []
        running.end(signal.SIGKILL)
    with Store.open(tmp_path / "store") as store:
        assert store.models() == ()
        assert store.sources() == {}
        with store._database.reading() as connection:
            noted = "select value from meta where name = 'made_ready'"
            (at,) = connection.execute(noted).fetchone()
    assert NOW - timedelta(hours=1) < datetime.fromisoformat(at) <= datetime.now(UTC)


def limit_files(running: Served, n_bytes: int) -> None:
    """Let no file of the server grow beyond so much: to it that is a full disk."""
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (n_bytes, resource.RLIM_INFINITY))


def test_a_disk_that_fills_up_loses_nothing_and_collecting_goes_on_when_there_is_room(
    tmp_path: Path,
):
    acknowledged, number = 0, 0
    with collecting(tmp_path) as (running, client):
        for number in range(3):
            acknowledged += send(client, number).json()["predictions"]
        limit_files(running, log_bytes(tmp_path) + 300_000)
        while (answer := send(client, number := number + 1)).status_code == 200:
            acknowledged += answer.json()["predictions"]
            assert number < 100, "the disk did not fill up"
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert "is full" in answer.json()["detail"]
        assert send(client, number + 1).status_code == 503
        limit_files(running, resource.RLIM_INFINITY)
        # what was refused is sent again, and so is what was acknowledged before
        for again in range(number + 1):
            acknowledged += send(client, again).json()["predictions"]
        assert acknowledged == (number + 1) * ROWS
        running.end(signal.SIGKILL)
        assert "Traceback" not in running.said
    assert predictions(tmp_path) == acknowledged


def test_under_steady_load_the_log_stays_short_and_an_idle_owner_has_none(tmp_path: Path):
    longest = number = 0
    with collecting(tmp_path) as (running, client):
        emptied = False
        while not emptied:
            before = log_bytes(tmp_path)
            assert send(client, number).status_code == 200
            number += 1
            longest = max(longest, log_bytes(tmp_path))
            emptied = log_bytes(tmp_path) < before
            assert longest < 2 * log_keeping.LONG_BYTES
        assert longest > log_keeping.LONG_BYTES / 2, "it is not moved for every commit"
        until(lambda: log_bytes(tmp_path) < log_keeping.WORTH_BYTES)
        while log_bytes(tmp_path) < log_keeping.WORTH_BYTES:
            assert send(client, number).status_code == 200
            number += 1
        until(lambda: log_bytes(tmp_path) == 0)
        running.end(signal.SIGKILL)
    assert predictions(tmp_path) == number * ROWS


SLOW_IMPORT = """
import sys, time

class Slowly:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("pandas.") and name.count(".") < 3:
            time.sleep(0.02)

sys.meta_path.insert(0, Slowly())
"""


def test_the_first_commit_and_the_dashboard_do_not_import_into_each_other(tmp_path: Path):
    """The warm-up's thread imports pandas, of which plotly wants no half in the main one."""
    (tmp_path / "sitecustomize.py").write_text(SLOW_IMPORT)
    for attempt in ("a", "b"):
        options = ("serve", "--no-scheduler", "--store", attempt)
        with server(*options, cwd=tmp_path, PYTHONPATH=str(tmp_path)) as running:
            with httpx.Client(base_url=running.url, timeout=PATIENCE_S) as client:
                until(lambda: running.process.poll() is not None or is_ready(client))
            assert running.process.poll() is None, running.said


def is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
