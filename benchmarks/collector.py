"""
Measure the collector: ``python benchmarks/collector.py``.

The server is a process of its own and its CPU seconds are read from /proc; the clients are threads
of another one, so that what they cost is not counted. CPU is the figure to compare; wall hangs on
what else runs. With ``--against FOLDER`` loads are also measured with the code of another checkout.
"""

from __future__ import annotations

import argparse
import http.client
import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

ROOT = Path(__file__).resolve().parents[1]
TICKS = os.sysconf("SC_CLK_TCK")
NUMBERS, TEXTS = 20, 5

LOADS = """if True:
    import shutil, sys, tempfile, time
    from pathlib import Path
    import pyarrow as pa
    from store.store import Store

    events, features = (pa.ipc.open_stream(Path(p).read_bytes()).read_all() for p in sys.argv[1:3])
    for rows in (500, 5000):
        folder = tempfile.mkdtemp()
        batches = [(events.slice(at, rows), features.slice(at, rows))
                   for at in range(0, events.num_rows, rows)]
        with Store.open(Path(folder)) as store:
            store.load([("m", *batches[0])], "bench")
            started = time.process_time()
            for batch in batches[1:]:
                store.load([("m", *batch)], "bench")
            cpu = time.process_time() - started
        shutil.rmtree(folder)
        print(rows, (len(batches) - 1) * rows / cpu, cpu / (len(batches) - 1) * 1000)
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    what: str
    events_per_s: float
    events_per_cpu_s: float
    p50_ms: float
    p99_ms: float


def made(first: int, n: int) -> tuple[pa.Table, pa.Table]:
    """Make events of six fields and 25 features, half a millisecond apart."""
    rng = np.random.default_rng(first)
    start = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1e6)
    ts = pa.array(start + (first + np.arange(n)) * 500, pa.timestamp("us", tz="UTC"))
    events = {
        "ts": ts,
        "version": pa.array(["1"] * n),
        "prediction_id": pa.array([f"p-{first + i}" for i in range(n)]),
        "prediction": pa.array(np.where(rng.random(n) < 0.3, "late", "on time")),
        "score": pa.array(rng.random(n)),
        "latency_ms": pa.array(rng.lognormal(3, 0.5, n)),
    }
    numbers = {f"n{i:02}": np.round(rng.normal(size=n), 6) for i in range(NUMBERS)}
    words = np.array([f"word {i}" for i in range(30)])
    texts = {f"c{i}": words[rng.integers(0, 30, n)] for i in range(TEXTS)}
    return pa.table(events), pa.table(numbers | texts)


def ipc(table: pa.Table) -> bytes:
    """Write a table as an Arrow IPC stream."""
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def lines(first: int, n: int) -> bytes:
    """Make a body of JSON lines."""
    events, features = made(first, n)
    rows = zip(events.to_pylist(), features.to_pylist(), strict=True)
    return "\n".join(
        json.dumps({"model": "m", **e, "ts": e["ts"].isoformat(), "features": f}) for e, f in rows
    ).encode()


def arrow(first: int, n: int) -> bytes:
    """Make a body of Arrow."""
    events, features = made(first, n)
    columns = dict(zip(events.column_names, events.columns, strict=True))
    columns |= dict(zip(features.column_names, features.columns, strict=True))
    return ipc(pa.table({"model": ["m"] * n, **columns}))


class Server:
    """The collector in its own process, on a store of its own."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        command = [sys.executable, "-m", "tests.api.collector_server", self._folder.name]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None  # noqa: S101 (it is a pipe)
        self.pid, self.port = map(int, self._process.stdout.readline().split())

    def close(self) -> None:
        """Let it store what waits, and remove the store."""
        self._process.communicate()
        self._folder.cleanup()

    def cpu_s(self) -> float:
        """Return the CPU seconds that it has used."""
        used = Path(f"/proc/{self.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(used[11]) + int(used[12])) / TICKS


def measure(
    what: str, body: Callable[[int, int], bytes], media: str, *, senders: int, per_s: float | None
) -> Figure:
    """
    Send 500-event bodies for a while.

    Parameters
    ----------
    what : str
        Name in the table.
    body : callable
        From the number of the first event and how many to a body.
    media : str
    senders : int
        Connections at a time.
    per_s : float or None
        Events offered a second; None: as many as are taken.
    """
    n, total = 500, 20_000 if per_s else 60_000
    bodies = [body(first, n) for first in range(0, total + n, n)]
    server, here = Server(), threading.local()
    waits: list[float] = []

    def send(number: int) -> None:
        if per_s:
            time.sleep(max(0.0, started + number * n / per_s - time.perf_counter()))
        if not hasattr(here, "connection"):
            here.connection = http.client.HTTPConnection("127.0.0.1", server.port)
        sent = time.perf_counter()
        here.connection.request("POST", "/v1/predictions", bodies[number], {"Content-Type": media})
        answer = here.connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{answer.status}: {content[:200]!r}")
        waits.append(time.perf_counter() - sent)

    with ThreadPoolExecutor(senders) as pool:
        started = time.perf_counter()
        pool.submit(send, 0).result()
        waits.clear()
        used, started = server.cpu_s(), time.perf_counter() - n / (per_s or 1e9)
        list(pool.map(send, range(1, len(bodies))))
        wall = time.perf_counter() - started
    used = server.cpu_s() - used
    server.close()
    p50, p99 = np.quantile(waits, [0.5, 0.99]) * 1000
    return Figure(what, total / wall, total / used, float(p50), float(p99))


def loads(checkout: Path, label: str) -> None:
    """Print what `Store.load` of a checkout takes."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("events.arrows", "features.arrows")]
        for file, table in zip(files, made(0, 60_000), strict=True):
            file.write_bytes(ipc(table))
        command = [sys.executable, "-c", LOADS, *map(str, files)]
        found = subprocess.run(command, cwd=checkout, check=True, capture_output=True, text=True)
    for line in found.stdout.splitlines():
        rows, per_cpu_s, ms = line.split()
        speed = f"{float(per_cpu_s):>9,.0f} rows/CPU-s  {float(ms):>6.1f} ms CPU a commit"
        print(f"Store.load {label:8} {rows:>5} rows a commit  {speed}")


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--against", type=Path, help="another checkout to compare loads with")
    options = parser.parse_args()
    loads(ROOT, "here")
    if options.against:
        loads(options.against.resolve(), "there")
    stream = "application/vnd.apache.arrow.stream"
    nd = "application/x-ndjson"
    figures = [
        measure("NDJSON, 8 senders, flat out", lines, nd, senders=8, per_s=None),
        measure("Arrow, 8 senders, flat out", arrow, stream, senders=8, per_s=None),
        measure("NDJSON, 2,000 events/s", lines, nd, senders=8, per_s=2_000),
        measure("Arrow, 2,000 events/s", arrow, stream, senders=8, per_s=2_000),
    ]
    print(f"\n{'500-event bodies, 31 columns':32}{'events/s':>10}{'/CPU-s':>10}"
          f"{'p50 ms':>8}{'p99 ms':>8}")  # fmt: skip
    for one in figures:
        print(f"{one.what:32}{one.events_per_s:>10,.0f}{one.events_per_cpu_s:>10,.0f}"
              f"{one.p50_ms:>8.0f}{one.p99_ms:>8.0f}")  # fmt: skip


if __name__ == "__main__":
    main()
