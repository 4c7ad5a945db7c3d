"""
Record what BentoML's monitoring puts on the wire over OTLP, byte by byte.

Run by hand: ``python3 -m venv /tmp/v && /tmp/v/bin/pip install 'bentoml>=1.4,<1.5'
opentelemetry-exporter-otlp-proto-http opentelemetry-exporter-otlp-proto-grpc``, then
``/tmp/v/bin/python tests/formats/bentoml_otlp/make.py``. It serves a model, asks it twice (three
rows, then one) and keeps every request that came to ``/v1/logs``: head and body.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
SERVICE = """
import bentoml

OPTIONS = {"endpoint": "http://127.0.0.1:%(port)d/v1/logs", "protocol": "http"}


@bentoml.service(workers=1, monitoring={"enabled": True, "type": "otlp", "options": OPTIONS})
class CreditDefault:
    @bentoml.api
    def predict(self, rows: list[dict]) -> list[dict]:
        answers = []
        with bentoml.monitor("credit_default") as monitor:
            for row in rows:
                score = round(min(0.99, row["age"] / 100), 4)
                label = "bad" if score > 0.5 else "good"
                monitor.log(row["age"], name="age", role="feature", data_type="numerical")
                monitor.log(row["region"], name="region", role="feature", data_type="categorical")
                monitor.log(label, name="prediction", role="prediction", data_type="categorical")
                monitor.log(score, name="score", role="prediction", data_type="numerical")
                answers.append({"prediction": label, "score": score})
        return answers
"""
CALLS = [
    [{"age": 42, "region": "north"}, {"age": 57, "region": "süd"}, {"age": 30, "region": "north"}],
    [{"age": 61, "region": "west"}],
]


class Recorder(threading.Thread):
    """Answers every request with 200 and keeps its bytes."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.door = socket.create_server(("127.0.0.1", 0))
        self.requests: list[bytes] = []

    def run(self) -> None:
        while True:
            wire, _ = self.door.accept()
            threading.Thread(target=self._serve, args=(wire,), daemon=True).start()

    def _serve(self, wire: socket.socket) -> None:
        held = b""
        while piece := wire.recv(65536):
            held += piece
            head, found, body = held.partition(b"\r\n\r\n")
            lengths = [
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            ]
            if found and lengths and len(body) >= lengths[0]:
                self.requests.append(held)
                held = b""
                wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def ask(port: int, rows: list[dict]) -> None:
    body = json.dumps({"rows": rows}).encode()
    sent = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/predict", body, sent)
    urllib.request.urlopen(request, timeout=30).close()


def main() -> None:
    recorder = Recorder()
    recorder.start()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "service.py").write_text(SERVICE % {"port": recorder.door.getsockname()[1]})
        environment = os.environ | {"BENTOML_HOME": str(folder), "BENTOML_DO_NOT_TRACK": "True"}
        command = [sys.executable, "-m", "bentoml", "serve", "service:CreditDefault"]
        server = subprocess.Popen([*command, "--port", str(port)], cwd=folder, env=environment)
        try:
            for _ in range(240):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.5)
            for rows in CALLS:
                ask(port, rows)
                time.sleep(7)  # longer than its exporter waits for company
        finally:
            server.terminate()
            server.wait(30)
    time.sleep(1)
    for number, request in enumerate(recorder.requests):
        (HERE / f"monitoring-{number}.http").write_bytes(request)
    sys.stdout.write(f"{len(recorder.requests)} requests\n")


if __name__ == "__main__":
    main()
