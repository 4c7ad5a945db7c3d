"""
Record calls of the real LitServe with the tap.

Run by hand: ``python3 -m venv /tmp/v && /tmp/v/bin/pip install 'litserve>=0.2.19,<0.3'``, then
``/tmp/v/bin/python tests/formats/tap_litserve/make.py``. `server.py` is that of docs/tap.md.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tap_serving import free_port, make

SERVE = """
import litserve as ls

import driftline_tap


class Credit(ls.LitAPI):
    def setup(self, device):
        pass

    def decode_request(self, request):
        return request["age"]

    def predict(self, age):
        return age / 100

    def encode_response(self, score):
        return {"score": score}


if __name__ == "__main__":
    tap = {"model": "credit", "version": "3", "paths": ["/predict"]}
    server = ls.LitServer(Credit(), middlewares=[(driftline_tap.AsgiMiddleware, tap)])
    server.run(port=8000)
"""


def main() -> None:
    port = free_port()
    make(
        Path(__file__).parent,
        {
            "server.py": SERVE.replace(
                "port=8000", f"port={port}, generate_client_file=False"
            ).replace(
                '"version": "3",',
                '"version": "3", "folder": __import__("os").environ["TAP_FOLDER"],',
            )
        },
        [sys.executable, "server.py"],
        port,
        "/health",
        [
            ("/predict", json.dumps({"age": 41, "region": "north"})),
            ("/predict", json.dumps({"age": 57, "region": "süd"})),
            ("/predict", json.dumps({"region": "north"})),
            ("/nowhere", "{}"),
        ],
    )


if __name__ == "__main__":
    main()
