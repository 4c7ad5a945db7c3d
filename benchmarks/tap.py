"""
Measure what `driftline_tap` adds to a request: ``python benchmarks/tap.py``.

An ASGI application that parses and answers a request of 31 features is called in this process,
without a server between, at a steady rate: in turn bare, with the tap, and bare again. What the
second bare one takes longer than the first is what the machine does by itself; nothing below that
can be told from it. The tap sends to a collector in a process of its own. CPU seconds are those of
the whole process, the tap's thread among them, of blocks with and without it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from benchmarks._sheet import heading, tell
from driftline_tap import Tap

FEATURES = {f"f{i}": i * 1.5 for i in range(26)} | {f"t{i}": "LaGuardia" for i in range(5)}
BODY = json.dumps(FEATURES).encode()
ROUNDS, BLOCK, WARM_UP = 20_000, 400, 500
RATES = (100, 500)
SINK = """if True:
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Taking(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")
        def log_message(self, *words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    print(server.server_address[1], flush=True)
    server.serve_forever()
"""

Times = NDArray[np.float64]
App = Callable[[Any, Any, Any], Awaitable[None]]


def service(tap: Tap | None) -> Starlette:
    """Return an application that answers with a score, and records it itself where it is told."""

    async def predict(request: Request) -> JSONResponse:
        features = await request.json()
        score = sum(value for value in features.values() if isinstance(value, float)) % 1
        return JSONResponse({"prediction": "late", "score": score})

    async def native(request: Request) -> JSONResponse:
        features = await request.json()
        if tap is not None:
            tap.record(features, "late", 0.7)
        return JSONResponse({"prediction": "late", "score": 0.7})

    routes = [Route(f"/{one.__name__}", one, methods=["POST"]) for one in (predict, native)]
    return Starlette(routes=routes)


class Caller:
    """Calls an application as a server does."""

    def __init__(self, app: App, path: str) -> None:
        self._app = app
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]
        self._scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "method": "POST",
            "http_version": "1.1", "scheme": "http", "path": path, "raw_path": path.encode(),
            "root_path": "", "query_string": b"", "headers": headers, "server": ("h", 80),
            "client": ("c", 1),
        }  # fmt: skip

    async def receive(self) -> dict[str, Any]:
        """Give the whole body at once."""
        return {"type": "http.request", "body": BODY, "more_body": False}

    async def send(self, message: dict[str, Any]) -> None:
        """Take a piece of the answer."""

    async def ask(self) -> float:
        """Call once; return microseconds."""
        scope = dict(self._scope)
        began = time.perf_counter()
        await self._app(scope, self.receive, self.send)
        return (time.perf_counter() - began) * 1e6


@contextmanager
def collector() -> Iterator[str]:
    """Run a process that takes what is sent."""
    command = [sys.executable, "-c", SINK]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline() if process.stdout else '')}"
        finally:
            process.kill()


async def in_turn(bare: Caller, tapped: Caller, rate: float, rounds: int) -> Times:
    """Return the microseconds of each round: bare, with the tap, bare again."""
    taken = np.zeros((rounds, 3))
    for at in range(rounds + WARM_UP):
        due = time.perf_counter() + 1 / rate
        # who comes first finds colder caches: each takes its turn
        order = [(0, bare), (1, tapped), (2, bare)]
        for place, caller in order[at % 3 :] + order[: at % 3]:
            took = await caller.ask()
            if at >= WARM_UP:
                taken[at - WARM_UP, place] = took
        await asyncio.sleep(max(due - time.perf_counter(), 0))
    return taken


async def cpu_of_blocks(bare: Caller, tapped: Caller, tap: Tap, blocks: int) -> Times:
    """Return the CPU microseconds of a request in each pair of blocks: bare, and with the tap."""
    used = np.zeros((blocks, 2))
    for at in range(blocks):
        for place, caller in ((0, bare), (1, tapped)):
            began = time.process_time()
            for _ in range(BLOCK):
                await caller.ask()
            while place and not tap.flush(60):
                pass
            used[at, place] = (time.process_time() - began) / BLOCK * 1e6
    return used


def lines_of(name: str, rate: float, taken: Times) -> str:
    """Return a row of the table."""
    bare, tapped, again = (np.percentile(taken[:, i], [50, 99]) for i in range(3))
    more = np.percentile(taken[:, 1] - taken[:, 0], [50, 99])
    noise = np.percentile(taken[:, 2] - taken[:, 0], 99)
    return (
        f"| {name} | {rate:g} | {bare[0]:.0f} / {bare[1]:.0f} | {tapped[0]:.0f} / {tapped[1]:.0f} "
        f"| {tapped[0] - bare[0]:.0f} / {tapped[1] - bare[1]:.0f} | {more[0]:.0f} / {more[1]:.0f} "
        f"| {again[1] - bare[1]:.0f} | {noise:.0f} |"
    )


def sheet(rounds: int) -> Iterator[str]:
    """Yield the lines of the result as they are measured."""
    yield from heading(
        "What the tap adds to a request", (__doc__ or "").split("\n\n", 1)[1].strip()
    )
    yield "Microseconds, p50 / p99; `paired` is of the differences within a round."
    yield ""
    yield (
        "| recorded | rounds/s | bare | with the tap | added | paired "
        "| the machine itself: p99 | paired p99 |"
    )
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    cpu: list[str] = []
    with collector() as url:
        for name, path in (("both bodies", "/predict"), ("by `record`", "/native")):
            tap = Tap("flights", version="1", url=url)
            bare, tapped = Caller(service(None), path), Caller(tap.asgi(service(tap)), path)
            for rate in RATES:
                taken = asyncio.run(in_turn(bare, tapped, rate, min(rounds, rate * 40)))
                yield lines_of(name, rate, taken)
            used = np.median(asyncio.run(cpu_of_blocks(bare, tapped, tap, 20)), axis=0)
            cpu.append(f"| {name} | {used[0]:.0f} | {used[1]:.0f} | {used[1] - used[0]:.0f} |")
            counts = tap.counts()
            if counts["dropped"] + counts["errors"] + counts["lost"] + counts["refused"]:
                raise SystemExit(f"not all was sent: {counts}")
            tap.close()
    yield ""
    yield "| recorded | CPU µs of a request, bare | with the tap and its thread | added |"
    yield "|---|--:|--:|--:|"
    yield from cpu


def main() -> None:
    """Measure, print and keep the result."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--no-save", action="store_true")
    arguments = parser.parse_args()
    tell(sheet(arguments.rounds), "tap", save=not arguments.no_save)


if __name__ == "__main__":
    main()
