"""What the make.py scripts share: call a server on this machine and keep what a proxy would."""

from __future__ import annotations

import base64
import json
import socket
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit(f"nothing answers at {url}")


def call(base: str, path: str, body: bytes, media_type: str) -> dict:
    asked = datetime.now(UTC)
    sent = {"Content-Type": media_type}
    request = urllib.request.Request(base + path, data=body, headers=sent, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            status, told, content = answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        status, told, content = error.code, dict(error.headers), error.read()
    elapsed = (datetime.now(UTC) - asked).total_seconds() * 1000
    return {
        "time": asked.isoformat(),
        "latency_ms": round(elapsed, 3),
        "request": {"method": "POST", "path": path, "headers": sent, "body": text(body)},
        "response": {"status": status, "headers": told, "body": text(content)},
    }


def text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return base64.b64encode(body).decode()


def write(folder: Path, recorded: list[dict], expected: dict) -> None:
    lines = "".join(json.dumps(line) + "\n" for line in recorded)
    (folder / "calls.jsonl").write_text(lines)
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
