"""More than a collector can store, in every protocol: what it answers, holds, and keeps."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

TS, TS_NS = "2026-01-01T00:00:00Z", 1_767_225_600_000_000_000
# stands in a body for the number of the sending: as long as that
MARK = b"########"
COUNT = """
    select
        prediction_id[:8] as body,
        count(distinct prediction_id) as n
    from predictions
    group by all
"""
FEATURES = {f"n{i:02}": round(float(x), 6) for i, x in enumerate(np.linspace(0, 1, 20))} | {
    f"c{i}": f"word {i}" for i in range(5)
}
# rude ones: who is told to wait sends again after a moment
PAUSE_S = 0.05
REST_S = 3.0


class Overloaded(Protocol):
    """A collector of its own."""

    pid: int
    port: int

    def killed(self, query: str) -> pa.Table:
        """Kill it, and ask its store."""
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """What senders of one protocol send: a body of `n_events`, in which `MARK` is a number."""

    name: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    n_events: int
    pack: Callable[[bytes], bytes] = bytes

    def numbered(self, number: int) -> bytes:
        """Return the body of one sending."""
        return self.pack(self.body.replace(MARK, b"%08d" % number))


def kinds(n_events: int, arrow: Callable[[Sequence[str]], bytes]) -> Iterator[Kind]:
    """
    Yield what is sent, of each protocol.

    Parameters
    ----------
    n_events : int
        Of a body.
    arrow : callable
        From prediction ids to a body of Arrow.
    """
    ids = [f"{MARK.decode()}-{i:05}" for i in range(n_events)]
    native = [
        {"model": "m", "version": "1", "ts": TS, "prediction_id": i, "score": 0.5}
        | {"latency_ms": 12.5, "features": FEATURES}
        for i in ids
    ]
    lines = b"\n".join(json.dumps(one).encode() for one in native)
    plain = {"Content-Type": "application/x-ndjson"}
    yield Kind("NDJSON", "/v1/predictions", plain, lines, n_events)
    packed = {**plain, "Content-Encoding": "gzip"}
    yield Kind("NDJSON, gzip", "/v1/predictions", packed, lines, n_events, _gzip)
    table = {"Content-Type": "application/vnd.apache.arrow.stream"}
    yield Kind("Arrow", "/v1/predictions", table, arrow(ids), n_events)
    bulk = b"".join(
        b'{"index":{"_id":"%s"}}\n%s\n' % (one["prediction_id"].encode(), json.dumps(one).encode())
        for one in native
    )
    yield Kind("Elasticsearch bulk", "/es/_bulk", plain, bulk, n_events)
    protobuf = {"Content-Type": "application/x-protobuf"}
    few = ids[: n_events // 2]
    yield Kind("OTLP logs", "/v1/logs", protobuf, _otlp(few), len(few))
    batch = {"Content-Type": "application/cloudevents-batch+json"}
    yield Kind("CloudEvents, pairs", "/v1/cloudevents", batch, _pairs(few), len(few))


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, 1)


def _otlp(ids: Sequence[str]) -> bytes:
    request = ExportLogsServiceRequest()
    resource = request.resource_logs.add()
    for name in ("service.name", "service.version"):
        resource.resource.attributes.add(key=name).value.string_value = "m"
    scope = resource.scope_logs.add()
    for one in ids:
        record = scope.log_records.add(time_unix_nano=TS_NS, event_name="ml.prediction")
        told = {"prediction_id": one, "score": 0.5, "latency_ms": 12.5}
        told |= {f"feature.{name}": value for name, value in FEATURES.items()}
        for name, value in told.items():
            kind = "string_value" if isinstance(value, str) else "double_value"
            setattr(record.attributes.add(key=name).value, kind, value)
    return request.SerializeToString()


def _pairs(ids: Sequence[str]) -> bytes:
    kserve = "org.kubeflow.serving.inference"
    told = {"specversion": "1.0", "source": "logger", "inferenceservicename": "m", "time": TS}
    request = {"type": f"{kserve}.request", "data": {"instances": [FEATURES]}}
    response = {"type": f"{kserve}.response", "data": {"predictions": [0.5]}}
    sides = [told | side | {"id": one} for one in ids for side in (request, response)]
    return json.dumps(sides).encode()


def rss_mb(pid: int) -> float:
    """Return the memory of a process that is resident."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


@dataclass(slots=True)
class Load:
    """Senders at work, until they are told to stop."""

    port: int
    kind: Kind
    first: int
    statuses: Counter[str] = field(default_factory=Counter[str])
    acknowledged: list[int] = field(default_factory=list[int])
    without_wait: int = 0
    peak_mb: float = 0.0
    _next: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _done: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def running(self, pid: int, senders: int) -> Iterator[None]:
        """Send for as long as the block lasts."""
        threads = [threading.Thread(target=self._send) for _ in range(senders)]
        threads.append(threading.Thread(target=self._watch, args=(pid,)))
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._done.set()
            for thread in threads:
                thread.join()

    def _watch(self, pid: int) -> None:
        while not self._done.wait(0.02):
            with contextlib.suppress(OSError, IndexError):  # it was killed
                self.peak_mb = max(self.peak_mb, rss_mb(pid))

    def _send(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not self._done.is_set():
            with self._lock:
                number, self._next = self.first + self._next, self._next + 1
            status, waits = answered(connection, self.kind, number)
            with self._lock:
                self.statuses[status] += 1
                if status == "200":
                    self.acknowledged.append(number)
                elif status in {"429", "503"} and not waits:
                    self.without_wait += 1
            if status != "200":
                connection.close()
                self._done.wait(PAUSE_S)

    @property
    def sent(self) -> int:
        """Bodies that were offered."""
        return self._next


def answered(connection: http.client.HTTPConnection, kind: Kind, number: int) -> tuple[str, bool]:
    """Send a body; return the status of its answer, and whether that says how long to wait."""
    try:
        # who is turned away is answered before all of it is there, and need not send the rest
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.request("POST", kind.path, kind.numbered(number), dict(kind.headers))
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException):
        return "no answer", False
    fine = answer.status == 200 and b'"errors":true' not in content
    return (str(answer.status) if fine or answer.status != 200 else "200, refused"), bool(
        answer.getheader("Retry-After")
    )


def overload(server: Overloaded, kind: Kind, senders: int, seconds: float) -> str:
    """
    Offer far more than is taken, let it rest, and kill it in the middle of more.

    Parameters
    ----------
    server : Overloaded
    kind : Kind
    senders : int
    seconds : float
        Of the first part; the second lasts a third of it.

    Returns
    -------
    str
        A line of the table.
    """
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    first = [n for n in range(4) if answered(connection, kind, n)[0] == "200"]
    before = rss_mb(server.pid)
    load = Load(server.port, kind, 1_000)
    began = time.perf_counter()
    with load.running(server.pid, senders):
        time.sleep(seconds)
    lasted = time.perf_counter() - began
    ended = time.perf_counter()
    connection.close()
    while answered(connection, kind, 10)[0] != "200":
        time.sleep(0.02)
    recovered = time.perf_counter() - ended
    time.sleep(REST_S)
    after = rss_mb(server.pid)
    more = Load(server.port, kind, 1_000_000)
    with more.running(server.pid, senders):
        time.sleep(seconds / 3)
        stored = dict(zip(*server.killed(COUNT).to_pydict().values(), strict=True))
    acknowledged = [*first, 10, *load.acknowledged, *more.acknowledged]
    lost = sum(stored.get(f"{number:08}", 0) != kind.n_events for number in acknowledged)
    told = load.statuses
    rest = {status: n for status, n in told.items() if status not in {"200", "429", "503"}}
    cells = [
        f"{len(kind.numbered(0)) / 1e6:.2f}",
        f"{load.sent * kind.n_events / lasted:,.0f}",
        f"{len(load.acknowledged) * kind.n_events / lasted:,.0f}",
        *(f"{told[status]:,}" for status in ("200", "429", "503")),
        ", ".join(f"{n} {status}" for status, n in sorted(rest.items())) or "0",
        f"{load.without_wait + more.without_wait}",
        *(f"{mb:,.0f}" for mb in (before, max(load.peak_mb, after), after)),
        f"{recovered:.2f}",
        f"{len(acknowledged) * kind.n_events:,}",
        f"{lost * kind.n_events:,}",
    ]
    return f"| {kind.name} | {' | '.join(cells)} |"


HEAD = (
    "| bodies | MB each | offered events/s | taken /s | 200 | 429 | 503 | else | no Retry-After "
    "| MB before | at most | after | s to the next 200 | acknowledged | lost |"
)
