"""Long work on the archive lets those judge who wait, through a real server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.actions import Actions
from api.client import RemoteService
from api.guard import Guard
from api.routes import guarded
from monitors.local_service import LocalService
from tests.api.asking import Clock, empty_service, served

KEY = "the-owner"
AS_OF = datetime(2014, 1, 1, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize("name", ["tidy", "check_archive"])
def test_long_upkeep_of_the_archive_lets_those_judge_who_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    judging = threading.Lock()
    begun, judged = threading.Event(), threading.Event()
    held: list[bool] = []
    in_between: list[bool] = []

    def upkeep(_self: object, *, go_on: Callable[[], None], **_: object) -> list[object]:
        begun.set()
        until = time.monotonic() + 30
        while not judged.is_set() and time.monotonic() < until:
            go_on()
            held.append(judging.locked())
        in_between.append(judged.is_set())
        return []

    monkeypatch.setattr(LocalService, name, upkeep)
    monkeypatch.setattr(LocalService, "run", lambda *_, **__: judged.set() or [])
    with empty_service(tmp_path / "store") as local:
        actions = Actions(local, spool=tmp_path, judging=judging)
        routes = guarded(
            actions.endpoints(), Guard(local, Clock(), loopback=True, owner_secret=KEY)
        )
        with served(routes) as port, RemoteService(f"http://127.0.0.1:{port}", KEY) as far:
            told = _beside(far, name, begun)
        actions.close()
    assert told == ([], [])
    assert in_between == [True]
    assert all(held)


def _beside(far: RemoteService, name: str, begun: threading.Event) -> tuple[object, object]:
    """Judge while the archive is looked after; return both answers."""
    asked: dict[str, Callable[[], object]] = {
        "tidy": lambda: far.tidy(None, "me", AS_OF, dry_run=False),
        "check_archive": lambda: far.check_archive("me", AS_OF, repair=True, every_byte=True),
    }
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(asked[name])
        assert begun.wait(30)
        return far.run(None, None, AS_OF, AS_OF), told.result()
