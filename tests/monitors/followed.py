"""A folder that is followed, and who writes into it."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ingest.following.places import followed_place
from ingest.mapping import Mapping
from ingest.sources import find
from monitors.config import Config
from monitors.follower import Follower, Following
from monitors.ingest_logs import IngestCounts, Options
from monitors.local_service import LocalService
from monitors.service import Service

SERVED = datetime(2026, 11, 20, 10, tzinfo=UTC)
SETTLE = timedelta(minutes=1)


def event(number: int, **more: Any) -> bytes:
    """One line; of the same number always the same."""
    at = SERVED + timedelta(seconds=number // 3)
    fields = {"model": "m", "ts": at.isoformat(), "score": 0.5, "features": {"x": number}}
    return json.dumps(fields | more).encode() + b"\n"


def events(*numbers: int) -> bytes:
    return b"".join(event(number) for number in numbers)


class Followed:
    """
    A store, a folder ``logs`` and a follower of it whose clock the test moves.

    Attributes
    ----------
    logs : Path
    service : LocalService
    now : datetime
    """

    def __init__(self, base: Path, word: str | None = None, **how: Any) -> None:
        self.logs = base / "logs"
        self.logs.mkdir(exist_ok=True)
        self.service = LocalService.open(Config(store=base / "store"), "tests", create=True)
        self.now = datetime.now(UTC)
        self._word, self._how = word or str(self.logs), how
        self.opened = 0
        self.follower = self.another()

    @property
    def options(self) -> Options:
        how = {"mapping": None, "model": None, "version": None, "format": "auto"} | self._how
        if isinstance(how["mapping"], dict):
            how["mapping"] = Mapping.model_validate(how["mapping"])
        return Options(now=self.now, **how)

    def another(self) -> Follower:
        """A follower that knows only what the store knows."""
        place = followed_place(self._word)
        return Follower(Following(place=place, options=self.options, settle=SETTLE, every_s=2.0))

    def restart(self) -> None:
        self.follower = self.another()

    @contextlib.contextmanager
    def services(self) -> Generator[Service]:
        self.opened += 1
        yield self.service

    def look(self, after: timedelta = timedelta(), by: Follower | None = None) -> IngestCounts:
        self.now += after
        return (by or self.follower).round(self.services, self.now, lambda: None)

    def features(self) -> Counter[float]:
        """How often each number is stored."""
        rows = self.service.sql("select f_x as x from predictions").column("x")
        return Counter(rows.to_pylist())

    def ingest_everything(self) -> IngestCounts:
        """Load all that lies in the folder now, as a plain `driftline ingest` does."""
        return self.service.ingest(find([self._word]), self.options)


def append(path: Path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write(content)
