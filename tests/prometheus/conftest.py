"""A real Prometheus: hours of known values behind it, and an exporter that it asks every second."""

import contextlib
import json
import math
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pyarrow as pa
import pytest

from store.store import Store

PATIENCE_S = 60
STEP_S = 60
# of the values that are there before anybody asks; the last of them is two hours old
N_POINTS = 241
PODS = ("pod-1", "pod-2", "pod-3")
SETTINGS = """
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: shop
    static_configs: [{targets: ["%s"], labels: {app: credit}}]
"""
EXPORTED = """# TYPE served_bytes gauge
served_bytes{model_version="2"} 4096
# TYPE served_share gauge
served_share{card="0"} 0.25
served_share{card="1"} 0.75
"""


def until(true):
    """Wait until it is true, and return what it was."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := true()):
        assert time.monotonic() < deadline, "it never became true"
        time.sleep(0.05)
    return found


def memory(pod, i):
    """Bytes of a pod at a point: one is missing now and then, one was divided by nothing."""
    if pod == "pod-2" and i % 50 == 7:
        return math.nan
    if pod == "pod-3" and i % 60 == 9:
        return math.inf
    return 1e6 * (1 + PODS.index(pod)) + 1e3 * i


def cores(pod):
    return 0.25 * (1 + PODS.index(pod))


def history(start):
    """Hours of counters and gauges in OpenMetrics."""
    times = [start + i * STEP_S for i in range(N_POINTS)]
    yield "# TYPE container_cpu_usage_seconds counter"
    for pod in PODS:
        for i, at in enumerate(times):
            named = f'container="server",pod="{pod}"'
            seconds = cores(pod) * STEP_S * i
            yield f"container_cpu_usage_seconds_total{{{named}}} {seconds} {at}"
    yield "# TYPE container_memory_working_set_bytes gauge"
    for pod in PODS:
        for i, at in enumerate(times):
            for container, part in (("server", 0.75), ("sidecar", 0.25)):
                named = f'container="{container}",pod="{pod}"'
                said = str(memory(pod, i) * part).replace("inf", "+Inf").replace("nan", "NaN")
                yield f"container_memory_working_set_bytes{{{named}}} {said} {at}"
    yield "# EOF"


class Prometheus:
    """A running Prometheus, asked as anybody would."""

    def __init__(self, url, start):
        self.url = url
        self.start = datetime.fromtimestamp(start, UTC)
        self.end = self.start + timedelta(seconds=STEP_S * (N_POINTS - 1))

    def query(self, query, at):
        """What it answers to a query at one moment: values by pod."""
        asked = urllib.parse.urlencode({"query": query, "time": at.timestamp()})
        with urllib.request.urlopen(f"{self.url}/api/v1/query?{asked}") as answer:
            told = json.load(answer)["data"]["result"]
        return {one["metric"].get("pod"): float(one["value"][1]) for one in told}


class Exporter(BaseHTTPRequestHandler):
    def do_GET(self):
        body = EXPORTED.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    """A server that takes it well when whoever asked does not wait for the answer."""

    # To print a traceback CPython 3.11 parses source text, with one depth of recursion for all
    # threads: an import in another thread, which pytest parses too, failed with a SystemError.
    def handle_error(self, request, client_address):
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextlib.contextmanager
def answering(handler):
    """An HTTP server of one's own, at the address that is yielded."""
    server = Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


def is_ready(url):
    try:
        with urllib.request.urlopen(f"{url}/-/ready") as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def tools():
    """Prometheus and its tool; without them the tests are skipped, or fail where required."""
    found = shutil.which(os.environ.get("PROMETHEUS", "prometheus"))
    tool = shutil.which("promtool")
    if not found or not tool:
        missing = "no Prometheus found; 'sh scripts/prometheus' installs one on Debian as root"
        (pytest.fail if os.environ.get("REQUIRE_PROMETHEUS") else pytest.skip)(missing)
    return found, tool


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory):
    """A Prometheus that has known the pods for hours, and asks an exporter every second."""
    program, tool = tools()
    folder = tmp_path_factory.mktemp("prometheus")
    start = (int(time.time()) // 3600 - 2) * 3600 - STEP_S * (N_POINTS - 1)
    (folder / "history").write_text("\n".join(history(start)) + "\n")
    command = [tool, "tsdb", "create-blocks-from", "openmetrics", folder / "history", folder / "db"]
    subprocess.run(command, check=True, capture_output=True)
    with answering(Exporter) as exporter, (folder / "log").open("w") as log:
        (folder / "prometheus.yml").write_text(SETTINGS % exporter)
        address = f"127.0.0.1:{free_port()}"
        command = [
            program,
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/db",
            f"--web.listen-address={address}",
        ]
        with subprocess.Popen(command, stdout=log, stderr=log) as running:
            try:
                until(lambda: is_ready(f"http://{address}"))
                yield Prometheus(f"http://{address}", start)
            finally:
                running.terminate()


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "store") as opened:
        yield opened


def answered(store, at, *replicas, model="credit", version="2"):
    """Store calls that some replicas answered."""
    calls = {
        "ts": pa.array([at] * len(replicas), pa.timestamp("us", tz="UTC")),
        "version": [version] * len(replicas),
        "replica": list(replicas),
        "latency_ms": [3.0] * len(replicas),
    }
    store.load([(model, pa.table(calls), pa.table({"x": [1.0] * len(replicas)}))], "test")
    store.refresh_call_hours(model)
