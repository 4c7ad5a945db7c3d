"""How the server is: alive, ready for work, and what it has counted."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from api import health
from api.guard import Guard
from api.meters import MOST_MODELS, Meters
from api.routes import routes, table
from domain.key import Scope
from monitors.local_service import LocalService
from tests.api.asking import Clock, TestClient, bearer, client, empty_service
from tests.golden.logs import Service as Made
from tests.golden.logs import batch

MADE = Made(days=2, calls_a_day=5)


@dataclass
class Facts:
    """What a collector would say."""

    accepted: int = 7
    duplicates: int = 2
    rejected: Counter[str] = field(default_factory=lambda: Counter(bad_json=3))
    samples: int = 11
    passed_over: Counter[str] = field(default_factory=lambda: Counter(other_span=6, health_check=3))
    queue_bytes: int = 1024
    last_lag_s: float = 0.25


@pytest.fixture
def service(tmp_path: Path) -> Iterator[LocalService]:
    with empty_service(tmp_path) as service:
        service.store.load([batch(MADE.events(), "parcel")], "made")
        yield service


def asking(
    service: LocalService, *, loopback: bool = True, facts: Facts | None = None, parts=None
) -> TestClient:
    clock = Clock()
    meters = Meters(service, clock)
    if facts is not None:
        meters.watch_collector(lambda: facts)
    guard = Guard(service, clock, loopback=loopback)
    endpoints = table(service, meters, clock, parts=parts)
    return client(routes(endpoints, guard, meters.count_request))


Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def samples(text: str) -> Samples:
    """Each number by its name and labels, as Prometheus' own parser reads them."""
    return {
        (one.name, frozenset(one.labels.items())): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


# ------------------------------------------------------------------ alive and ready


def test_a_server_that_works_is_alive_and_ready_for_whoever_asks(service):
    ask = asking(service, loopback=False)
    assert ask.get("/livez").json() == {"status": "ok"}
    ready = ask.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ok")
    assert [check["name"] for check in ready.json()["checks"]] == ["store", "disk"]


def test_a_store_that_does_not_answer_is_alive_and_not_ready(service):
    ask = asking(service)
    service.store.close()
    assert ask.get("/livez").status_code == 200
    ready = ask.get("/readyz")
    assert ready.status_code == 503
    assert {check["name"]: check["ok"] for check in ready.json()["checks"]} == {
        "store": False,
        "disk": True,
    }
    assert "driftline doctor" in ready.json()["checks"][0]["says"]


def test_a_full_disk_is_not_ready(service, monkeypatch: pytest.MonkeyPatch):
    left = SimpleNamespace(free=health.LEAST_FREE_BYTES - 1)
    monkeypatch.setattr(health.shutil, "disk_usage", lambda _: left)
    ready = asking(service).get("/readyz")
    assert ready.status_code == 503
    assert [check["name"] for check in ready.json()["checks"] if not check["ok"]] == ["disk"]


@pytest.mark.parametrize("works", [True, False])
def test_a_writer_that_has_ended_is_not_ready(service, works):
    ready = asking(service, parts={"writer": lambda: works}).get("/readyz")
    assert (ready.status_code == 200) == works
    assert ready.json()["checks"][-1]["ok"] == works


def test_why_it_is_not_ready_is_said_in_chinese_too(service):
    ready = asking(service, parts={"writer": lambda: False}).get(
        "/readyz", headers={"Accept-Language": "zh-CN"}
    )
    assert "请重启服务" in ready.json()["checks"][-1]["says"]


# ------------------------------------------------------------------ numbers


def test_metrics_are_text_that_prometheus_reads(service):
    ask = asking(service, facts=Facts())
    answer = ask.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert samples(answer.text)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_finds_nothing_to_complain_about(service):
    text = asking(service, facts=Facts()).get("/metrics").content
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_requests_are_counted_by_route_and_status_not_by_what_was_asked(service):
    ask = asking(service)
    for path in ("/v1/models/parcel/versions", "/v1/models/x/versions", "/v1/a", "/v1/b"):
        ask.get(path)
    ask.request("BREW", "/v1/runs")
    found = samples(ask.get("/metrics").text)
    route = "/v1/models/{model}/versions"
    name = "driftline_requests_total"
    assert value(found, name, route=route, method="GET", status="200") == 1
    assert value(found, name, route=route, method="GET", status="404") == 1
    assert value(found, name, route="other", method="GET", status="404") == 2
    assert value(found, name, route="/v1/runs", method="other", status="405") == 1
    assert value(found, "driftline_request_duration_seconds_count", route=route) == 2


def test_what_the_collector_counts_is_told(service):
    facts = Facts()
    facts.rejected["made up by a sender"] = 1
    ask = asking(service, facts=facts)
    found = samples(ask.get("/metrics").text)
    outcomes = {
        outcome: value(found, "driftline_events_total", outcome=outcome)
        for outcome in ("accepted", "duplicate", "rejected", "passed_over")
    }
    assert outcomes == {"accepted": 7, "duplicate": 2, "rejected": 4, "passed_over": 9}
    assert value(found, "driftline_resource_samples_total") == 11
    assert value(found, "driftline_events_rejected_total", reason="bad_json") == 3
    assert value(found, "driftline_events_rejected_total", reason="other") == 1
    assert value(found, "driftline_queue_bytes") == 1024
    assert value(found, "driftline_commit_lag_seconds") == 0.25
    facts.accepted += 5
    found = samples(ask.get("/metrics").text)
    assert value(found, "driftline_events_total", outcome="accepted") == 12


def test_models_say_how_old_they_are_and_what_is_open(service):
    window = MADE.window(0)
    service.run("parcel", window, window.end, datetime(2024, 5, 1, tzinfo=UTC))
    found = samples(asking(service).get("/metrics").text)
    span = service.store.logs("parcel").data_span()
    newest = value(found, "driftline_newest_event_timestamp_seconds", model="parcel")
    assert newest == pytest.approx(span.end.timestamp())
    end = value(found, "driftline_newest_run_end_timestamp_seconds", model="parcel")
    assert end == window.end.timestamp()
    # its monitor has stood still since
    opened = [
        value(found, "driftline_open_incidents", model="parcel", severity=severity)
        for severity in ("critical", "warning", "info")
    ]
    told = service.incidents(now=Clock().now)
    assert sum(opened) == len(told) > 0
    assert value(found, "process_resident_memory_bytes") > 1e6


def test_however_many_models_there_are_the_labels_stay_few(tmp_path: Path):
    small = Made(days=1, calls_a_day=1).events()
    with empty_service(tmp_path) as service:
        service.store.load([batch(small, f"m{n:03}") for n in range(3)], "made")
        found = samples(asking(service).get("/metrics").text)
        assert value(found, "driftline_models") == 3
    assert MOST_MODELS <= 200


def test_a_store_that_fails_is_told_and_hides_no_other_number(service):
    ask = asking(service)
    service.store.close()
    found = samples(ask.get("/metrics").text)
    assert value(found, "driftline_store_up") == 0
    assert value(found, "process_cpu_seconds_total") > 0


def test_metrics_of_a_server_that_others_reach_need_a_key(service):
    secret = service.create_key("prometheus", [Scope.READ], None, None, Clock().now).secret
    ask = asking(service, loopback=False)
    assert ask.get("/metrics").status_code == 401
    assert ask.get("/metrics", headers=bearer(secret)).status_code == 200
