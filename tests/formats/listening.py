"""A collector that listens in this process, for clients of other people's making."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from api.collect import endpoints
from api.collector import Collector
from api.guard import Guard
from api.routes import guarded
from monitors.config import Config
from monitors.local_service import LocalService


@dataclass
class Listening:
    """A collector and where it listens."""

    port: int
    service: LocalService
    collector: Collector

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def rows(self, sql: str) -> list[tuple]:
        """Ask the store; what was acknowledged is there."""
        table = self.service.sql(sql)
        return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def _now() -> datetime:
    return datetime.now(UTC)


@contextlib.contextmanager
def listening(folder: Path, clock: Callable[[], datetime] = _now) -> Iterator[Listening]:
    """Collect into a store until the end of the block."""
    door = socket.create_server(("127.0.0.1", 0))
    with LocalService.open(Config(store=folder), "test", create=True) as service:
        collector = Collector(service.collecting(), clock)
        collector.start()
        routes = guarded(endpoints(collector), Guard(service, clock, loopback=True))
        server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_config=None))
        thread = threading.Thread(target=server.run, args=([door],))
        thread.start()
        try:
            yield Listening(door.getsockname()[1], service, collector)
        finally:
            server.should_exit = True
            thread.join()
            collector.stop()
