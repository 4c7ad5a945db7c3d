"""
A collector in its own process: ``python -m tests.api.collector_server STORE [QUEUE_BYTES]``.

With ``lives`` for QUEUE_BYTES, each line on standard input starts one in a process of its own.
"""

import os
import socket
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from api.backpressure import QUEUE_BYTES
from api.collect import endpoints
from api.collector import Collector
from api.connections import Connection
from api.guard import Guard
from api.routes import guarded
from monitors.config import Config
from monitors.local_service import LocalService


def clock() -> datetime:
    return datetime.now(UTC)


def serve(folder: str, queue_bytes: int, *, until_told: bool) -> None:
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    door.listen(2048)
    with LocalService.open(Config(store=Path(folder)), "test", create=True) as service:
        collector = Collector(service.collecting(), clock, queue_bytes=queue_bytes)
        collector.start()
        routes = guarded(endpoints(collector), Guard(service, clock, loopback=True))
        server = uvicorn.Server(
            uvicorn.Config(Starlette(routes=routes), log_config=None, http=Connection)
        )
        if until_told:
            threading.Thread(target=_told_to_stop, args=(server,), daemon=True).start()
        sys.stdout.write(f"{os.getpid()} {door.getsockname()[1]}\n")
        sys.stdout.flush()
        server.run([door])
        collector.stop()


def lives(folder: str) -> None:
    """Start collectors that need not import anything; each ends when it is killed."""
    for _ in sys.stdin:
        child = os.fork()
        if not child:
            serve(folder, QUEUE_BYTES, until_told=False)
            os._exit(0)
        os.waitpid(child, 0)


def _told_to_stop(server: uvicorn.Server) -> None:
    """End when whoever started this ends, or says so."""
    sys.stdin.read()
    server.should_exit = True


if __name__ == "__main__":
    if sys.argv[2:] == ["lives"]:
        lives(sys.argv[1])
    else:
        serve(sys.argv[1], *map(int, sys.argv[2:] or [str(QUEUE_BYTES)]), until_told=True)
