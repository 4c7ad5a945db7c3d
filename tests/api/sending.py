"""A collector in a process of its own, and senders of events."""

import io
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pyarrow as pa

ROOT = Path(__file__).resolve().parents[2]
TS = "2026-11-22T10:00:00Z"
LINES = {"content-type": "application/x-ndjson"}


@dataclass
class Server:
    """A collector that listens."""

    process: subprocess.Popen[str]
    pid: int
    port: int

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def memory_bytes(self) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) * 1024


@contextmanager
def _started(*options: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.api.collector_server", *options]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process
    finally:
        process.stdin.close()
        try:
            process.wait(60)
        finally:
            process.kill()
            process.stdout.close()


def _listening(process: subprocess.Popen[str]) -> Server:
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], 60)[0], "the collector does not start"
    pid, port = map(int, process.stdout.readline().split())
    return Server(process, pid, port)


@contextmanager
def serving(store: Path, *options: str) -> Iterator[Server]:
    """Serve a store until the end of the block, where what waits is still stored."""
    with _started(str(store), *options) as process:
        yield _listening(process)


@contextmanager
def many_lives(store: Path) -> Iterator[Callable[[], Server]]:
    """Start collectors of one store, each when the one before it was killed."""
    with _started(str(store), "lives") as process:

        def next_life() -> Server:
            assert process.stdin is not None
            process.stdin.write("live\n")
            process.stdin.flush()
            return _listening(process)

        yield next_life


def event(number: int, **fields: object) -> dict[str, object]:
    return {
        "model": "m", "version": "1", "ts": TS, "prediction_id": f"p-{number}",
        "features": {"distance": number, "carrier": "UA"}, "score": 0.5, **fields,
    }  # fmt: skip


def lines(events: list[dict[str, object]]) -> bytes:
    return "\n".join(map(json.dumps, events)).encode()


def arrow_stream(table: pa.Table, **options: object) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, **options) as writer:
        writer.write_table(table)
    return sink.getvalue()
