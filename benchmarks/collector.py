"""
Measure the collector: ``python benchmarks/collector.py``.

The server is ``driftline collect`` with all its work in the background, and its CPU seconds are
read from /proc; the clients are threads of another process, so that what they cost is not counted.
CPU is the figure to compare; wall hangs on what else runs. In the end each server is killed, and
what it had acknowledged is counted in its store. With ``--rate R`` only a steady rate is measured,
with ``--against FOLDER`` loads are also measured with the code of another checkout, with
``--overload`` only what happens when many senders offer far more than can be stored.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import io
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa

from benchmarks._overload import HEAD, kinds, overload
from benchmarks._sheet import cpu_s, heading, load, of_runs, queued_s, tell
from store.store import Store

ROOT = Path(__file__).resolve().parents[1]
DRIFTLINE = str(Path(sys.executable).with_name("driftline"))
NUMBERS, TEXTS = 20, 5
EVENTS, SENDERS, STEADY, CROWDED = 500, 8, 5_000, 5_000
ARROW, JSON_LINES = "application/vnd.apache.arrow.stream", "application/x-ndjson"
COUNT = "select count(distinct prediction_id) as n from predictions"
START = datetime(2026, 1, 1, tzinfo=UTC)

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
    """What was seen of one load."""

    events_per_s: float
    events_per_cpu_s: float
    cores: float
    waits_ms: list[float]
    longest_log_mb: float
    queued_s: float
    acknowledged: int
    stored: int


def made(
    first: int, n: int, start: datetime = START, step_us: int = 500
) -> tuple[pa.Table, pa.Table]:
    """Make events of six fields and 25 features, half a millisecond apart."""
    rng = np.random.default_rng(first)
    numbers = first + np.arange(n)
    ts_us = int(start.timestamp() * 1e6) + numbers * step_us
    events = {
        "ts": pa.array(ts_us, pa.timestamp("us", tz="UTC")),
        "version": pa.array(["1"]).take(pa.array(np.zeros(n, np.int64))),
        "prediction_id": pa.array(numbers).cast(pa.string()),
        "prediction": pa.array(np.where(rng.random(n) < 0.3, "late", "on time")),
        "score": pa.array(rng.random(n)),
        "latency_ms": pa.array(rng.lognormal(3, 0.5, n)),
    }
    features = {f"n{i:02}": np.round(rng.normal(size=n), 6) for i in range(NUMBERS)}
    words = np.array([f"word {i}" for i in range(30)])
    features |= {f"c{i}": words[rng.integers(0, 30, n)] for i in range(TEXTS)}
    return pa.table(events), pa.table(features)


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
    return b"\n".join(orjson.dumps({"model": "m", **e, "features": f}) for e, f in rows)


def arrow(first: int, n: int) -> bytes:
    """Make a body of Arrow."""
    events, features = made(first, n)
    columns = dict(zip(events.column_names, events.columns, strict=True))
    columns |= dict(zip(features.column_names, features.columns, strict=True))
    return ipc(pa.table({"model": ["m"] * n, **columns}))


class Server:
    """A collector on a store of its own."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="driftline-bench-")
        self.store = Path(self._folder.name) / "store"
        command = [DRIFTLINE, "collect", "--store", str(self.store), "--port", "0"]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.pid, self.port = self._process.pid, self._listening()
        while self._status() != 200:
            time.sleep(0.05)

    def _listening(self) -> int:
        for line in self._process.stdout or ():
            if found := re.search(r"http://127.0.0.1:(\d+)", line):
                return int(found[1])
        raise SystemExit("the collector did not start")

    def _status(self) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        with contextlib.closing(connection):
            connection.request("GET", "/readyz")
            return connection.getresponse().status

    def log_bytes(self) -> int:
        """Return what the store's log takes on disk."""
        try:
            return (self.store / "driftline.duckdb.wal").stat().st_size
        except FileNotFoundError:
            return 0

    def stored(self) -> int:
        """Kill it, and count the events that are in its store, each once."""
        return self.killed(COUNT)["n"].to_pylist()[0]

    def killed(self, query: str) -> pa.Table:
        """Kill it, and ask its store."""
        self._process.kill()
        self._process.wait()
        with Store.open(self.store, create=False) as store:
            return store.sql(query)

    def close(self) -> None:
        """Remove the store."""
        with self._process:
            self._process.kill()
        self._folder.cleanup()


def send(
    server: Server, bodies: Sequence[bytes], media: str, senders: int, per_s: float | None
) -> tuple[list[float], int]:
    """Send bodies, at a constant rate or as fast as they are taken; return waits and events."""
    here = threading.local()

    def one(number: int) -> tuple[float, int]:
        if not hasattr(here, "connection"):
            here.connection = http.client.HTTPConnection("127.0.0.1", server.port)
        sent = time.perf_counter()
        if per_s:  # who cannot send in time because others wait for answers has waited, too
            due = started + number * EVENTS / per_s
            time.sleep(max(0.0, due - sent))
            sent = due
        here.connection.request("POST", "/v1/predictions", bodies[number], {"Content-Type": media})
        answer = here.connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{answer.status}: {content[:200]!r}")
        return 1e3 * (time.perf_counter() - sent), json.loads(content)["predictions"]

    with ThreadPoolExecutor(senders) as pool:
        started = time.perf_counter()
        waits, events = zip(*pool.map(one, range(len(bodies))), strict=True)
    return list(waits), sum(events)


def measure(
    body: Callable[[int, int], bytes], media: str, *, n: int, per_s: float | None = None
) -> Figure:
    """
    Send bodies of 500 events on eight connections.

    Parameters
    ----------
    body : callable
        From the number of the first event and how many to a body.
    media : str
    n : int
        Events.
    per_s : float or None
        Events offered a second; None: as many as are taken.
    """
    bodies = [body(first, EVENTS) for first in range(0, n + EVENTS, EVENTS)]
    with contextlib.closing(Server()) as server:
        _, first = send(server, bodies[:1], media, 1, None)
        longest, done = [0], threading.Event()

        def look() -> None:
            while not done.wait(0.05):
                longest[0] = max(longest[0], server.log_bytes())

        looking = threading.Thread(target=look)
        looking.start()
        queued = queued_s(server.pid)
        used, started = cpu_s(server.pid), time.perf_counter()
        waits, events = send(server, bodies[1:], media, SENDERS, per_s)
        wall, used = time.perf_counter() - started, cpu_s(server.pid) - used
        queued = queued_s(server.pid) - queued
        done.set()
        looking.join()
        return Figure(
            events_per_s=events / wall,
            events_per_cpu_s=events / used,
            cores=used / wall,
            waits_ms=waits,
            longest_log_mb=longest[0] / 1e6,
            queued_s=queued / wall,
            acknowledged=first + events,
            stored=server.stored(),
        )


def loads(checkout: Path, label: str) -> Iterator[str]:
    """Yield what `Store.load` of a checkout takes."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("events.arrows", "features.arrows")]
        for file, table in zip(files, made(0, 60_000), strict=True):
            file.write_bytes(ipc(table))
        command = [sys.executable, "-c", LOADS, *map(str, files)]
        found = subprocess.run(command, cwd=checkout, check=True, capture_output=True, text=True)
    for line in found.stdout.splitlines():
        rows, per_cpu_s, ms = line.split()
        yield f"| {label} | {rows} | {float(per_cpu_s):,.0f} | {float(ms):.1f} |"


def all_loads(against: Path | None) -> Iterator[str]:
    """Yield a table of loads without a server."""
    yield "| `Store.load` | rows a commit | rows/CPU-s | ms CPU a commit |"
    yield "|---|--:|--:|--:|"
    yield from loads(ROOT, "here")
    if against:
        yield from loads(against.resolve(), "there")
    yield ""


def told(what: str, runs: list[Figure]) -> str:
    """Return a line of the table: the best of some runs, and the one in the middle."""
    waits = [
        of_runs([float(np.quantile(run.waits_ms, q)) for run in runs]) for q in (0.5, 0.99, 1.0)
    ]
    cells = [
        f"{np.median([run.events_per_s for run in runs]):,.0f}",
        f"{np.median([run.events_per_cpu_s for run in runs]):,.0f}",
        of_runs([run.cores for run in runs], 2),
        *waits,
        of_runs([run.longest_log_mb for run in runs]),
        of_runs([run.queued_s for run in runs], 2),
        f"{sum(run.acknowledged for run in runs):,}",
        f"{sum(run.stored for run in runs):,}",
    ]
    return f"| {what} | {' | '.join(cells)} |"


def collectors(rate: float | None, seconds: float, n_runs: int) -> Iterator[str]:
    """Yield the table of what collectors take."""
    yield (
        "| 500-event bodies | events/s | /CPU-s | cores | p50 ms | p99 ms | max ms "
        "| longest log MB | waiting for a core | acknowledged | stored |"
    )
    yield "|---|" + "--:|" * 10
    loads_of = []
    if rate is None:
        loads_of = [
            ("NDJSON, flat out", lines, JSON_LINES, None),
            ("Arrow, flat out", arrow, ARROW, None),
            ("Arrow, 2,000 events/s", arrow, ARROW, 2_000),
        ]
    steady = rate or STEADY
    loads_of.append((f"NDJSON, {steady:,.0f} events/s", lines, JSON_LINES, steady))
    for what, body, media, per_s in loads_of:
        n = 60_000 if per_s is None else int(per_s * (seconds if per_s == steady else 10))
        yield told(what, [measure(body, media, n=n, per_s=per_s) for _ in range(n_runs)])


def sheet(wanted: argparse.Namespace) -> Iterator[str]:
    """Measure, and yield the lines."""
    about = (
        f"`python benchmarks/collector.py`: 31 columns, {SENDERS} connections; the steady rate "
        f"for {wanted.seconds:g} s. Waits and cores are the least of {wanted.runs} runs (the "
        "middle one), rates those of the middle one, events those of all. Each server is killed in "
        "the end, and what is stored is counted after that. Waiting for a core: how long in each "
        "second threads of the server could have run, but other processes did."
    )
    yield from heading("The collector", about)
    if wanted.rate is None:
        yield from all_loads(wanted.against)
    yield from collectors(wanted.rate, wanted.seconds, wanted.runs)
    yield ""
    yield f"Load {load()} after."


def crowded(ids: Sequence[str]) -> bytes:
    """Make a body of Arrow with ids of one's own."""
    table = pa.ipc.open_stream(arrow(0, len(ids))).read_all()
    place = table.column_names.index("prediction_id")
    return ipc(table.set_column(place, "prediction_id", pa.array(ids)))


def crowds(senders: int, seconds: float) -> Iterator[str]:
    """Measure what is done when far more is offered than can be stored, and yield the lines."""
    about = (
        f"`python benchmarks/collector.py --overload`: {senders} connections that send bodies of "
        f"{CROWDED:,} events of 28 columns (half of that OTLP and pairs), and again at once when "
        f"they are told to wait, for {seconds:g} s. Memory is what is resident. Then one sends "
        "until it is taken; then all do again, and in the middle of that the server is killed: "
        "lost is what was acknowledged and is not in its store."
    )
    yield from heading("The collector, overloaded", about)
    yield HEAD
    yield "|---|" + "--:|" * 14
    for kind in kinds(CROWDED, crowded):
        with contextlib.closing(Server()) as server:
            yield overload(server, kind, senders, seconds)
    yield ""
    yield f"Load {load()} after."


def main() -> None:
    """Measure and print tables, and keep them where that is wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, help="another checkout to compare loads with")
    parser.add_argument("--rate", type=float, help="events/s; nothing else is measured")
    parser.add_argument("--seconds", type=float, default=45.0, help="of the constant rate")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--overload", action="store_true", help="nothing else is measured")
    parser.add_argument("--senders", type=int, default=64, help="of the overload")
    parser.add_argument("--save", action="store_true", help="write benchmarks/results")
    wanted = parser.parse_args()
    if wanted.overload:
        lines_of = crowds(wanted.senders, min(wanted.seconds, 15.0))
        tell(lines_of, "collector-overload", save=wanted.save)
        return
    tell(sheet(wanted), "collector", save=wanted.save)


if __name__ == "__main__":
    main()
