"""An owner of a store that asks a real Prometheus in the background."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.client import RemoteService
from domain.window import Window
from jobs.owner import read
from monitors.views.resources import Asking
from tests.prometheus.conftest import free_port, is_ready, until

DRIFTLINE = Path(sys.executable).with_name("driftline")
SETTINGS = """
prometheus:
  url: {url}
  token: ${{PROMETHEUS_TOKEN}}
  every: 1s
  step: 1s
  look_back: 60s
  queries: {{cpu: null, memory: served_bytes, gpu: null, gpu_memory: null}}
"""


def post(url, *events):
    body = "\n".join(json.dumps(event) for event in events).encode()
    headers = {"Content-Type": "application/x-ndjson"}
    request = urllib.request.Request(f"{url}/v1/predictions", body, headers)
    with urllib.request.urlopen(request) as answer:
        assert answer.status in {200, 201}


@pytest.fixture
def owner(tmp_path, prometheus):
    """The address of `driftline collect` whose configuration names the Prometheus."""
    (tmp_path / "driftline.yaml").write_text(SETTINGS.format(url=prometheus.url))
    outside = {k: v for k, v in os.environ.items() if not k.startswith("DRIFTLINE_")}
    port = free_port()
    command = [DRIFTLINE, "collect", "--port", str(port)]
    with (tmp_path / "log").open("w") as log:
        running = subprocess.Popen(
            command,
            cwd=tmp_path,
            stdout=log,
            stderr=log,
            env={**outside, "PROMETHEUS_TOKEN": "very-secret"},
        )
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: is_ready_owner(url))
        yield url, tmp_path, outside
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(30)
    assert "very-secret" not in (tmp_path / "log").read_text()


def is_ready_owner(url):
    try:
        with urllib.request.urlopen(f"{url}/readyz") as answer:
            return answer.status == 200
    except OSError:
        return False


def test_an_owner_keeps_what_prometheus_says_of_what_was_just_sent(owner, prometheus):
    assert is_ready(prometheus.url)
    url, folder, outside = owner
    now = datetime.now(UTC)
    event = {"model": "credit", "version": "2", "ts": now.isoformat(), "score": 0.5}
    post(url, {**event, "replica": "pod-1", "latency_ms": 3})
    span = Window(now - timedelta(hours=1), now + timedelta(hours=1))
    service = RemoteService(url, read(folder / "driftline-store").key)
    try:
        use = until(lambda: (found := service.resources("credit", "2", span)).series and found)
        assert max(one.highest[one.n > 0].max() for one in use.series) == 4096
        told = service.data(now).prometheus
        assert (told.asking, told.url) == (Asking.CURRENT, prometheus.url)
        assert "very-secret" not in repr(service.config)
    finally:
        service.close()
    environment = {**outside, "PROMETHEUS_TOKEN": "very-secret"}
    said = subprocess.run(
        [DRIFTLINE, "doctor"], cwd=folder, env=environment, capture_output=True, text=True,
        check=False,
    ).stdout  # fmt: skip
    assert f"{prometheus.url}: 1 series" in said
