"""
Measure what `driftline_tap` adds to a request: ``python benchmarks/tap.py``.

An ASGI application that parses and answers a request of 31 features is called in this process,
without a server between, at a steady rate: in blocks of two seconds in turn bare, with the tap, and
bare again. What the second bare ones take longer than the first is what the machine does by itself;
nothing below that can be told from it. Of each request the time is left out that its thread was
ready and waited for a core, which others held (`/proc`, schedstat): what it waits for the
interpreter, held by the tap's thread, stays in. The tap sends to a collector in a process of its
own. CPU is that of the whole process, the tap's thread among it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

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
BLOCKS, BLOCK_S, WARM_UP = 10, 2.0, 20
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
# of each block: times of its requests, CPU microseconds of one
Arm = tuple[list[Times], list[float]]


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


async def block(caller: Caller, rate: float, schedstat: IO[bytes]) -> tuple[Times, float]:
    """Return the microseconds of each request with and without waiting for a core, and of CPU."""
    taken = np.zeros((int(rate * BLOCK_S), 2))
    began = time.process_time()
    for at in range(-WARM_UP, len(taken)):
        due = time.perf_counter() + random.uniform(0.5, 1.5) / rate
        before = waited_us(schedstat)
        took = await caller.ask()
        if at >= 0:
            taken[at] = took, max(took - (waited_us(schedstat) - before), 0)
        await asyncio.sleep(max(due - time.perf_counter(), 0))
    return taken, (time.process_time() - began) * 1e6 / (len(taken) + WARM_UP)


def waited_us(schedstat: IO[bytes]) -> float:
    """Return how long the thread was ready and had no core."""
    schedstat.seek(0)
    return int(schedstat.read(100).split()[1]) / 1e3


def in_turn(bare: Caller, tapped: Caller, tap: Tap, rate: float, blocks: int) -> list[Arm]:
    """Return what the requests took: bare, with the tap, bare again."""
    arms: list[Arm] = [([], []) for _ in range(3)]
    with Path("/proc/thread-self/schedstat").open("rb", 0) as schedstat:
        for _ in range(blocks):
            for (taken, cpu), caller in zip(arms, (bare, tapped, bare), strict=True):
                times, cpu_us = asyncio.run(block(caller, rate, schedstat))
                if not tap.close(60):  # its thread ends: none is there while the next block runs
                    raise SystemExit("the collector does not take what is sent")
                taken.append(times)
                cpu.append(cpu_us)
    return arms


def line_of(name: str, rate: float, arms: list[Arm]) -> str:
    """Return a row of the table."""
    wall, own = (
        [np.percentile(np.concatenate(taken)[:, i], [50, 99]) for taken, _ in arms] for i in (0, 1)
    )
    cpu = [float(np.median(cpu_us)) for _, cpu_us in arms]
    cells = [f"{one[0]:.0f} / {one[1]:.0f}" for one in (*own[:2], own[1] - own[0])]
    machine, raw = own[2] - own[0], wall[1] - wall[0]
    cells += [f"{one[0]:.0f} / {one[1]:.0f}" for one in (machine, raw)]
    return f"| {name} | {rate:g} | {' | '.join(cells)} | {cpu[1] - cpu[0]:.0f} |"


def sheet(blocks: int) -> Iterator[str]:
    """Yield the lines of the result as they are measured."""
    yield from heading(
        "What the tap adds to a request", (__doc__ or "").split("\n\n", 1)[1].strip()
    )
    yield "Microseconds, p50 / p99."
    yield ""
    yield (
        "| recorded | requests/s | bare | with the tap | added | the machine itself "
        "| added, waiting for a core included | CPU added |"
    )
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    with collector() as url:
        for name, path in (("both bodies", "/predict"), ("by `record`", "/native")):
            tap = Tap("flights", version="1", url=url)
            bare, tapped = Caller(service(None), path), Caller(tap.asgi(service(tap)), path)
            for rate in RATES:
                yield line_of(name, rate, in_turn(bare, tapped, tap, rate, blocks))
            counts = tap.counts()
            if counts["dropped"] + counts["errors"] + counts["lost"] + counts["refused"]:
                raise SystemExit(f"not all was sent: {counts}")


def main() -> None:
    """Measure, print and keep the result."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("--blocks", type=int, default=BLOCKS)
    parser.add_argument("--no-save", action="store_true")
    arguments = parser.parse_args()
    tell(sheet(arguments.blocks), "tap", save=not arguments.no_save)


if __name__ == "__main__":
    main()
