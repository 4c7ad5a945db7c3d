"""A service on a store of its own, and clients that ask it as senders, browsers and proxies do."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import AF_INET, SOCK_STREAM, socket

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from monitors.config import Config
from monitors.local_service import LocalService

with warnings.catch_warnings():
    # it would rather have httpx2, which is httpx under another name and nothing else needs
    warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient`")
    from starlette.testclient import TestClient

HERE = "http://127.0.0.1:8501"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = datetime(2024, 5, 1, 10, 30, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@contextmanager
def empty_service(folder: Path) -> Generator[LocalService]:
    """A service on a new store."""
    with LocalService.open(Config(store=folder), "1.0", create=True) as service:
        yield service


def client(routes: Sequence[BaseRoute], base_url: str = HERE) -> TestClient:
    """A client in this process; an exception that no handler caught would surface here."""
    return TestClient(Starlette(routes=list(routes)), base_url=base_url)


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


@contextmanager
def served(routes: Sequence[BaseRoute], **options) -> Generator[int]:
    """A real server on a free port of 127.0.0.1, which is yielded."""
    # its own way of logging would stay set for every test after this one
    options.setdefault("log_config", None)
    config = uvicorn.Config(Starlette(routes=list(routes)), lifespan="off", **options)
    server = uvicorn.Server(config)
    with socket(AF_INET, SOCK_STREAM) as listening:
        listening.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            while not server.started and thread.is_alive():
                thread.join(0.01)
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()
