"""
Record calls of a real LitServe, beside what the model itself says to the same rows.

By hand, in a virtual environment of its own:

    python3 -m venv /tmp/litserve && /tmp/litserve/bin/pip install litserve
    /tmp/litserve/bin/python tests/formats/litserve/make.py

Writes calls.jsonl and expected.json. Last run with LitServe 0.2.19.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import litserve

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent))

from recording import call, free_port, wait_for, write  # noqa: E402 - found by the line above

ROWS = [{"age": 41, "city": "Oslo"}, {"age": 17, "city": "Lima"}, {"age": 65, "city": "Oslo"}]
JSON = "application/json"


def answer(row: dict) -> dict:
    risk = min(row["age"] / 100, 1.0)
    return {"prediction": "old" if row["age"] > 40 else "young", "score": risk}


class Ages(litserve.LitAPI):
    def setup(self, device: str) -> None:
        pass

    def decode_request(self, request: dict) -> dict:
        return request

    def predict(self, x: dict) -> dict:
        return answer(x)

    def encode_response(self, output: dict) -> dict:
        return output


class Squares(litserve.LitAPI):
    """As in their first example: a number in, a number out."""

    def setup(self, device: str) -> None:
        pass

    def decode_request(self, request: dict) -> float:
        return request["input"]

    def predict(self, x: float) -> float:
        return x**2

    def encode_response(self, output: float) -> dict:
        return {"output": output}


def serve(port: int) -> None:
    apis = [Ages(api_path="/ages"), Squares(api_path="/squares")]
    server = litserve.LitServer(apis, accelerator="cpu")
    server.run(port=port, host="127.0.0.1", generate_client_file=False, log_level="error")


def main() -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    # its workers outlive it, so it gets a group of its own
    server = subprocess.Popen(
        [sys.executable, __file__, str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for(base + "/health")
        recorded = [call(base, "/ages", json.dumps(row).encode(), JSON) for row in ROWS]
        recorded += [
            call(base, "/squares", b'{"input": 4.0}', JSON),
            call(base, "/ages", b'{"city": "Oslo"}', JSON),
            call(base, "/nowhere", b"{}", JSON),
        ]
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(20)
    write(HERE, recorded, {"rows": ROWS, "answers": [answer(row) for row in ROWS]})


if __name__ == "__main__":
    serve(int(sys.argv[1])) if len(sys.argv) > 1 else main()
