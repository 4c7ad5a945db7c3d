"""What Debian's rsyslog and syslog-ng sent to a bulk endpoint is taken, and lands as events."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.collect import endpoints
from api.collector import Collector
from api.guard import Guard
from api.routes import routes
from monitors.collect_logs import Collecting
from tests.api.asking import Clock, empty_service, served

HERE = Path(__file__).parent / "elasticsearch"
EVENTS = [json.loads(line) for line in (HERE / "events.ndjson").read_text().splitlines()]


def replayed(port: int, recorded: bytes, n_requests: int) -> list[dict[str, object]]:
    """Send recorded bytes as they were, and return the answers."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as wire:
        wire.sendall(recorded)
        stream = wire.makefile("rb")
        answers = []
        for _ in range(n_requests):
            assert b" 200 " in stream.readline()
            length = 0
            while (line := stream.readline().strip()) != b"":
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            answers.append(json.loads(stream.read(length)))
        return answers


@pytest.mark.parametrize("program", ["rsyslog", "syslog-ng"])
def test_recorded_requests_are_stored_and_answered(tmp_path, program):
    recorded = (HERE / f"{program}.http").read_bytes()
    n_requests = recorded.count(b"POST /es/_bulk ")
    clock = Clock(datetime(2026, 11, 23, tzinfo=UTC))
    with empty_service(tmp_path / "store") as service:
        collector = Collector(Collecting(service.store), clock)
        collector.start()
        ours = routes(endpoints(collector), Guard(service, clock, loopback=True), lambda *_: None)
        with served(ours) as port:
            answers = replayed(port, recorded, n_requests)
        collector.stop()
        statuses = [one["index"]["status"] for answer in answers for one in answer["items"]]
        assert statuses == [201] * len(EVENTS)
        query = "select epoch(ts), latency_ms, status, version, prediction_id from predictions"
        stored = service.sql(f"{query} join calls using (model, ts, version) order by ts")
    assert [tuple(row.values()) for row in stored.to_pylist()] == [
        (
            datetime.fromisoformat(event["@timestamp"]).timestamp(),
            event["event"]["duration"] / 1e6,
            200,
            event["service.version"],
            event["event"]["id"],
        )
        for event in EVENTS
    ]
