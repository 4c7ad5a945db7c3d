"""A collector in its own process: ``python -m tests.api.collector_server STORE [QUEUE_BYTES]``."""

import socket
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from api.collect import endpoints
from api.collector import QUEUE_BYTES, Collector
from api.guard import Guard
from api.routes import guarded
from monitors.config import Config
from monitors.local_service import LocalService


def clock() -> datetime:
    return datetime.now(UTC)


def main(folder: str, queue_bytes: int = QUEUE_BYTES) -> None:
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    with LocalService.open(Config(store=Path(folder)), "test", create=True) as service:
        collector = Collector(service.collecting(), clock, queue_bytes=queue_bytes)
        collector.start()
        routes = guarded(endpoints(collector), Guard(service, clock, loopback=True))
        server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level="warning"))
        threading.Thread(target=_told_to_stop, args=(server,), daemon=True).start()
        sys.stdout.write(f"{door.getsockname()[1]}\n")
        sys.stdout.flush()
        server.run([door])
        collector.stop()


def _told_to_stop(server: uvicorn.Server) -> None:
    """End when whoever started this ends, or says so."""
    sys.stdin.read()
    server.should_exit = True


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
