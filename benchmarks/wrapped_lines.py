"""
What it costs that logs may be wrapped: ``python -m benchmarks.wrapped_lines``.

Seconds of the processor for reading the same native events, each way in turn, the least of several
rounds: as they are, without looking for a wrapping, and wrapped by Kubernetes, docker, Filebeat.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from unittest import mock

from ingest.read import read_events
from ingest.sources import SourceFile

EVENTS = 60_000
ROUNDS = 5
AT = "2026-11-22T08:00:00.123456789Z"


def event(number: int) -> str:
    """Return a native event of 31 columns."""
    features = {f"feature_{n}": (number * 7919 + n) % 1000 / 7 for n in range(30)}
    told = {"model": "m", "version": "1", "ts": "2026-11-22T08:00:00Z", "score": 0.5}
    return json.dumps(told | {"prediction_id": f"p-{number}", "features": features})


def cri(line: str) -> str:
    """Wrap a line as Kubernetes does."""
    return f"{AT} stdout F {line}"


def docker(line: str) -> str:
    """Wrap a line as docker's json-file does."""
    return json.dumps({"log": line + "\n", "stream": "stdout", "time": AT})


def filebeat(line: str) -> str:
    """Wrap a line as Filebeat does."""
    agent = {"type": "filebeat", "version": "9.1.0"}
    return json.dumps({"@timestamp": AT, "message": line, "agent": agent, "ecs": {"version": "8"}})


def seconds(log: bytes) -> float:
    """Return the seconds of the processor that reading a log takes."""
    began = time.process_time()
    read = sum(b.n_rows for step in read_events(SourceFile("log", data=log)) for b in step.batches)
    if read != EVENTS:
        raise SystemExit(f"{read} of {EVENTS} events were read")
    return time.process_time() - began


def unlooked(log: bytes) -> float:
    """Return the same without looking for a wrapping."""
    with mock.patch("ingest.read.unwrapped", lambda stream: stream):
        return seconds(log)


def main() -> None:
    """Measure, and print a table."""
    lines = [event(number) for number in range(EVENTS)]
    plain = "\n".join(lines).encode()
    ways: dict[str, tuple[Callable[[bytes], float], bytes]] = {
        "not looked for": (unlooked, plain),
        "not wrapped": (seconds, plain),
        "cri": (seconds, "\n".join(map(cri, lines)).encode()),
        "docker": (seconds, "\n".join(map(docker, lines)).encode()),
        "filebeat": (seconds, "\n".join(map(filebeat, lines)).encode()),
    }
    least = {name: min(run(log) for _ in range(ROUNDS)) for name, (run, log) in ways.items()}
    for name, spent in least.items():
        ratio = spent / least["not looked for"]
        sys.stdout.write(f"{name:>15} {spent:6.2f} s  {EVENTS / spent:9,.0f}/s  {ratio:5.2f}\n")


if __name__ == "__main__":
    main()
