"""What docs/http-api.md tells a reader to ask a server is answered."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from api import collect
from api.collector import Collector
from api.guard import Guard
from api.meters import Meters
from api.openapi import plain_path
from api.routes import routes, table
from domain.key import Scope
from monitors.collect_logs import Collecting
from tests.api.asking import Clock, client, empty_service, served
from tests.docs.document import blocks, text_of
from tests.golden.logs import Service as Made
from tests.golden.logs import batch

NAME = "docs/http-api.md"


@pytest.fixture
def asked(tmp_path: Path):
    """The endpoints of a server, and its routes, over a model of the document's name."""
    clock = Clock()
    with empty_service(tmp_path) as service:
        service.store.load([batch(Made(days=2, calls_a_day=5).events(), "flight-delay")], "made")
        collector = Collector(Collecting(service.store), clock)
        collector.start()
        meters = Meters(service, clock)
        meters.watch_collector(collector.facts)
        endpoints = table(service, meters, clock, others=collect.endpoints(collector))
        guard = Guard(service, clock, loopback=True)
        yield service, endpoints, routes(endpoints, guard, meters.count_request)
        collector.stop()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_requests_of_the_document_are_answered(asked):
    service, _, served_routes = asked
    scopes = [Scope.INGEST, Scope.READ]
    key = service.create_key("reader", scopes, None, None, Clock().now).secret
    lines = [
        line
        for block in blocks(NAME)
        if block.language == "console"
        for line in block.text.splitlines()
    ]
    assert len(lines) >= 3
    with served(served_routes) as port:
        environment = os.environ | {"KEY": key}
        for line in lines:
            here = line.replace("localhost:8501", f"127.0.0.1:{port}")
            # --json came with curl 7.82
            here = here.replace("--json", "-H 'Content-Type: application/json' -d")
            command = ["bash", "-c", here]
            done = subprocess.run(command, env=environment, capture_output=True, check=False)
            assert done.returncode == 0, line
            json.loads(done.stdout)


def test_the_table_of_paths_is_that_of_the_server(asked):
    _, endpoints, _ = asked
    told = set(re.findall(r"^\| .*", text_of(NAME), re.MULTILINE))
    paths = {path for row in told for path in re.findall(r"`(?:GET |POST )?(/[\w/{}.]+)`", row)}
    ours = {plain_path(one.path) for one in endpoints} - {"/docs/{asset}"}
    assert paths == ours


def test_the_numbers_that_the_document_names_are_there(asked):
    service, _, served_routes = asked
    window = Made(days=2).window(0)
    service.run("flight-delay", window, window.end, Clock().now)
    ask = client(served_routes)
    ask.post("/v1/predictions", json=[{"model": "no time"}])
    text = ask.get("/metrics").text
    for name, labels in re.findall(r"`(driftline_\w+)(?:\{([\w,]+)\})?`", text_of(NAME)):
        [line, *_] = [one for one in text.splitlines() if one.startswith((f"{name}{{", f"{name} "))]
        assert set(re.findall(r"(\w+)=", line)) == set(filter(None, labels.split(","))), line
