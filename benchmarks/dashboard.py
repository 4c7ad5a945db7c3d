"""
Measure the dashboard as a browser sees it: ``python benchmarks/dashboard.py``.

The server runs in a process of its own on a copy of the demo's store, Chromium opens every page,
and the server's CPU seconds are read from /proc: of the first page after the start, of a warm page
(the least of several visits: noise only adds), and once more while another process sends 2,000
events a second. In the end the server is killed with SIGKILL, and the events that it had
acknowledged are counted in its store. Needs a Chromium and Linux.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import orjson
from playwright.sync_api import Browser, Page, sync_playwright

DRIFTLINE = str(Path(sys.executable).with_name("driftline"))
MODEL = "model=flight-delay&version=2"
FAULT = "window=2013-11-13T00:00:00Z/2013-11-14T00:00:00Z&column=sched_dep_hour"
PAGES = {
    "fleet": "",
    "alerts": "alerts",
    "drift": f"drift?{MODEL}&{FAULT}",
    "slo": f"slo?{MODEL}",
    "versions": f"versions?{MODEL}",
    "performance": f"performance?{MODEL}",
    "reports": f"reports?{MODEL}",
}
AS_OF = "2014-01-01T06:00:00Z"
VISITS = 4
RATE_S, BODY_EVENTS = 2_000, 100
IMPORTS = (
    "import api.collector, api.routes, app.charts.heatmap, app.frame, app.main, app.server, "
    "jobs.serving, monitors.local_service, pandas, plotly.graph_objects, pyarrow.parquet, "
    "scipy.special, streamlit.web.bootstrap, uvicorn"
)
SETTLED = """() => {
  const app = document.querySelector('[data-testid=stApp]');
  return app && app.dataset.testScriptState === 'notRunning'
    && app.dataset.testConnectionState === 'CONNECTED'
    && document.querySelector('h1')
    && !document.querySelector('[data-stale=true], [data-testid=stSkeleton]')
    && [...document.querySelectorAll('[data-testid=stPlotlyChart]')]
         .every(chart => chart.querySelector('svg.main-svg'));
}"""


@dataclass(frozen=True, slots=True)
class Visit:
    """What one visit of a page took: CPU seconds of the server, wall seconds, bytes received."""

    cpu_s: float
    wall_s: float
    sent_kb: float


@dataclass(frozen=True, slots=True)
class Sent:
    """What a client sent until the server was gone."""

    acknowledged: int
    refused: int
    seconds: float
    p50_ms: float
    p99_ms: float


def send(url: str) -> Sent:
    """Send events at a steady rate until the server is gone; count what it acknowledged."""
    features = {f"x{i}": float(i) for i in range(24)}
    acknowledged, refused, waits_ms = 0, 0, [0.0]
    began = time.perf_counter()
    with httpx.Client(base_url=url, timeout=10) as client:
        while True:
            content = body(len(waits_ms), features)
            started = time.perf_counter()
            try:
                answer = client.post(
                    "/v1/predictions",
                    content=content,
                    headers={"Content-Type": "application/x-ndjson"},
                )
            except httpx.HTTPError:
                break
            waits_ms.append(1e3 * (time.perf_counter() - started))
            stored = answer.status_code in {200, 201}
            acknowledged += BODY_EVENTS * stored
            refused += BODY_EVENTS * (not stored)
            due = began + len(waits_ms) * BODY_EVENTS / RATE_S
            time.sleep(max(due - time.perf_counter(), 0.0))
    waits_ms.sort()
    return Sent(
        acknowledged,
        refused,
        time.perf_counter() - began,
        waits_ms[len(waits_ms) // 2],
        waits_ms[int(len(waits_ms) * 0.99)],
    )


def body(number: int, features: dict[str, float]) -> bytes:
    """Return one request's events."""
    now = datetime.now(UTC)
    return b"\n".join(
        orjson.dumps(
            {
                "model": "under-load",
                "version": "1",
                "ts": (now + timedelta(microseconds=i)).isoformat(),
                "prediction_id": f"{number}-{i}",
                "features": features,
                "score": 0.5,
                "latency_ms": 12.0,
                "status": 200,
            }
        )
        for i in range(BODY_EVENTS)
    )


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def imports_s() -> float:
    """Return the CPU seconds of the server's imports alone."""
    child = subprocess.Popen([sys.executable, "-c", IMPORTS])
    _, _, used = os.wait4(child.pid, 0)
    return used.ru_utime + used.ru_stime


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Serve a store on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [DRIFTLINE, "serve", "--port", str(port), "--as-of", AS_OF]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        url = f"http://127.0.0.1:{port}"
        try:
            for _ in range(600):
                try:
                    if httpx.get(f"{url}/readyz").status_code == 200:
                        break
                except httpx.HTTPError:
                    time.sleep(0.1)
            yield url, server
        finally:
            server.kill()
            server.wait()


def visit(browser: Browser, url: str, pid: int) -> Visit:
    """Open a page in a session of its own and wait until it has settled."""
    received = 0

    def count(payload: str | bytes) -> None:
        nonlocal received
        received += len(payload)

    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page: Page = context.new_page()
    page.on("websocket", lambda socket: socket.on("framereceived", count))
    before, started = cpu_s(pid), time.perf_counter()
    page.goto(url)
    page.wait_for_function(SETTLED, timeout=60_000)
    wall = time.perf_counter() - started
    page.wait_for_timeout(300)
    used = cpu_s(pid) - before
    context.close()
    return Visit(used, wall, received / 1e3)


def least(visits: list[Visit]) -> Visit:
    """Return the least of each figure."""
    return Visit(
        min(v.cpu_s for v in visits), min(v.wall_s for v in visits), max(v.sent_kb for v in visits)
    )


def measure(browser: Browser, url: str, pid: int) -> dict[str, Visit]:
    """Visit every page several times."""
    return {
        name: least([visit(browser, f"{url}/{path}", pid) for _ in range(VISITS)])
        for name, path in PAGES.items()
    }


def table(quiet: dict[str, Visit], loaded: dict[str, Visit]) -> None:
    """Print the pages' figures."""
    print("| page | CPU s | wall s | kB | wall s under load | ratio |")
    print("|---|--:|--:|--:|--:|--:|")
    for name, one in quiet.items():
        other = loaded[name]
        ratio = other.wall_s / one.wall_s
        print(
            f"| {name} | {one.cpu_s:.2f} | {one.wall_s:.2f} | {one.sent_kb:.0f} "
            f"| {other.wall_s:.2f} | {ratio:.1f} |"
        )


def under_load(browser: Browser, url: str, pid: int) -> tuple[dict[str, Visit], Sent]:
    """Visit every page while events come in, then kill the server in the middle of it."""
    command = [sys.executable, __file__, "--send", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as client:
        time.sleep(3.0)
        began, before = time.perf_counter(), cpu_s(pid)
        found = measure(browser, url, pid)
        spent, took = cpu_s(pid) - before, time.perf_counter() - began
        os.kill(pid, signal.SIGKILL)
        sent = Sent(**json.loads(client.communicate()[0]))
    print(
        f"\n{sent.acknowledged:,} events acknowledged "
        f"({sent.acknowledged / sent.seconds:,.0f} a second), {sent.refused:,} refused; "
        f"acknowledged after p50 {sent.p50_ms:.0f} ms, p99 {sent.p99_ms:.0f} ms; "
        f"server CPU {spent / took:.2f} of a core, pages included\n"
    )
    return found, sent


def stored(folder: Path) -> int:
    """Count the events of the load in the store that the killed server left."""
    command = [
        DRIFTLINE,
        "sql",
        "--json",
        "select count(*) as n from predictions where model = 'under-load'",
    ]
    answer = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return int(json.loads(answer.stdout)["rows"][0][0])


def main() -> None:
    """Measure and print."""
    folder = Path(tempfile.mkdtemp(prefix="driftline-bench-"))
    subprocess.run(
        [DRIFTLINE, "demo", "--dir", str(folder / "demo"), "--no-serve"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as play, served(folder / "demo") as (url, server):
        options = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = play.chromium.launch(executable_path=browser_path, args=options)
        alone, started = imports_s(), cpu_s(server.pid)
        first = visit(browser, f"{url}/", server.pid)
        print(
            f"imports alone {alone:.2f} CPU-s; server ready after {started:.2f}; the first page "
            f"{first.cpu_s:.2f} more: {started + first.cpu_s - alone:.2f} beyond imports\n"
        )
        quiet = measure(browser, url, server.pid)
        loaded, sent = under_load(browser, url, server.pid)
        table(quiet, loaded)
        browser.close()
    kept = stored(folder / "demo")
    print(f"\nafter SIGKILL: {kept:,} stored of {sent.acknowledged:,} acknowledged")
    shutil.rmtree(folder)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--send"]:
        print(json.dumps(asdict(send(sys.argv[2]))))
    else:
        main()
