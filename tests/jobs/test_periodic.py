"""Work in the background: again and again, never twice at once, and ended in order."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import StoreError
from domain.run import RunStatus
from jobs import serving
from jobs.log_lines import LogLines
from jobs.periodic import Periodic, StoppedError
from monitors.config import Config
from monitors.local_service import LocalService

PATIENCE_S = 30


def until(happened, what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline, what
        time.sleep(0.005)


def test_a_failure_is_logged_and_the_next_time_comes_all_the_same(caplog):
    times: list[int] = []

    def work(_: object) -> None:
        times.append(1)
        if len(times) == 1:
            raise StoreError("the disk is gone")
        if len(times) == 2:
            raise RuntimeError("a patient's name")

    with caplog.at_level(logging.WARNING), Periodic("due", 0.0, work):
        until(lambda: len(times) > 3, "it gave up")
    first, second = (vars(record) for record in caplog.records)
    assert (first["msg"], first["error"]) == ("due.failed", "the disk is gone")
    assert (second["msg"], second["error"]) == ("due.failed", "RuntimeError")
    assert "patient" not in str(second)


def test_it_ends_at_the_next_point_where_nothing_is_lost():
    begun, steps = threading.Event(), []

    def work(go_on) -> None:
        begun.set()
        while True:
            steps.append(1)
            time.sleep(0.001)
            go_on("model", len(steps), 10_000)

    with Periodic("due", 0.0, work) as running:
        assert begun.wait(PATIENCE_S)
    assert not running._thread.is_alive()


def test_it_is_not_begun_again_while_it_runs_or_after_the_end():
    inside: list[int] = []
    most: list[int] = []

    def work(_: object) -> None:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.002)
        inside.pop()

    with Periodic("due", 0.0, work):
        until(lambda: len(most) > 5, "it stands still")
    count = len(most)
    time.sleep(0.02)
    assert len(most) == count
    assert set(most) == {1}


# ------------------------------------------------------------------ what is due


@pytest.fixture
def service(tmp_path):
    config = Config(store=tmp_path / "store")
    with LocalService.open(config, "1", create=True) as opened:
        yield opened


def test_an_empty_store_is_no_failure(service):
    serving._due(service, threading.Lock())(lambda *_: None)


def test_what_is_due_is_judged_once_and_waits_while_others_judge(service):
    from ingest.sources import SourceFile
    from monitors.ingest_logs import Options

    now = datetime.now(UTC)
    day = (now - timedelta(days=1)).strftime("%Y-%m-%dT")
    lines = "".join(
        f'{{"model":"m","version":"1","ts":"{day}{n % 24:02d}:00:{n % 60:02d}Z","score":{n}}}\n'
        for n in range(50)
    )
    options = Options(None, None, None, "auto", now)
    service.ingest([SourceFile("x.ndjson", data=lines.encode())], options)
    judging = threading.Lock()
    work = serving._due(service, judging)
    with judging, Periodic("due", 60.0, work):
        time.sleep(0.05)
        assert service.facts().last_run_ends == {"m": None}
        judging.release()
        until(lambda: service.facts().last_run_ends["m"] is not None, "nothing was judged")
        judging.acquire()
    runs = service.store.runs("m")
    assert [run.status for run in runs] != [RunStatus.FAILED]
    work(lambda *_: None)
    assert [run.started_at for run in service.store.runs("m")] == [r.started_at for r in runs]


def test_a_run_that_is_stopped_stops_with_the_server(service, monkeypatch):
    def stopped(*_: object):
        raise StoppedError

    monkeypatch.setattr(LocalService, "plan_due", stopped)
    with pytest.raises(StoppedError):
        serving._due(service, threading.Lock())(lambda *_: None)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ("2013-12-31T23:59:00Z", "2014-01-01T00:05:00+00:00"),
        ("2013-12-31T00:00:00Z", "2014-01-01T00:05:00+00:00"),
    ],
)
def test_a_recording_is_shown_just_behind_its_last_day(service, last, expected):
    from ingest.sources import SourceFile
    from monitors.ingest_logs import Options

    line = f'{{"model":"m","ts":"{last}","score":1}}\n'.encode()
    now = datetime(2014, 6, 1, tzinfo=UTC)
    service.ingest([SourceFile("x", data=line)], Options(None, None, None, "auto", now))
    assert serving.end_of_logs(service).isoformat() == expected


# ------------------------------------------------------------------ the log


def test_a_log_line_has_its_fields_and_stays_one_line():
    record = logging.makeLogRecord(
        {"name": "x", "levelname": "INFO", "msg": "a.b", "model": "m\nn", "n": 3}
    )
    line = LogLines().format(record)
    assert line.endswith(r'INFO x: a.b model="m\nn" n=3')
    assert "\n" not in line
