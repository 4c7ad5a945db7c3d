"""
Record calls of the real MLServer with the tap.

Run by hand: ``python3 -m venv /tmp/v && /tmp/v/bin/pip install 'mlserver>=1.7,<1.8'``, then
``/tmp/v/bin/python tests/formats/tap_mlserver/make.py``. `serve.py` is that of docs/tap.md.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tap_serving import free_port, make

MODEL = """
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Credit(MLModel):
    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        columns = {one.name: NumpyCodec.decode_input(one) for one in payload.inputs}
        if columns["income"].min() < 0:
            raise RuntimeError("no such income")
        answer = NumpyCodec.encode_output("prediction", columns["age"] / 100)
        return InferenceResponse(
            model_name=self.name, model_version=self.version, outputs=[answer], id=payload.id
        )
"""
SERVE = """
from mlserver.cli import main
from mlserver.rest import server

import driftline_tap

tap = driftline_tap.Tap()  # MLServer's paths name model and version
create_app = server.create_app


def create_tapped_app(*values, **more):
    app = create_app(*values, **more)
    app.add_middleware(driftline_tap.AsgiMiddleware, tap=tap)
    return app


server.create_app = create_tapped_app
main()
"""


def body(ages: list[float], incomes: list[float]) -> str:
    named = {"age": ages, "income": incomes}
    inputs = [
        {"name": name, "shape": [len(data)], "datatype": "FP64", "data": data}
        for name, data in named.items()
    ]
    return json.dumps({"inputs": inputs})


def main() -> None:
    port = free_port()
    settings = {
        "host": "127.0.0.1", "http_port": port, "grpc_port": free_port(),
        "metrics_port": free_port(), "parallel_workers": 0,
    }  # fmt: skip
    model = {"name": "credit", "implementation": "model.Credit", "parameters": {"version": "v7"}}
    pinned, free = "/v2/models/credit/versions/v7/infer", "/v2/models/credit/infer"
    make(
        Path(__file__).parent,
        {
            "model.py": MODEL,
            "serve.py": SERVE.replace(
                "Tap()", "Tap(folder=__import__('os').environ['TAP_FOLDER'])"
            ),
            "settings.json": json.dumps(settings),
            "model-settings.json": json.dumps(model),
        },
        [sys.executable, "serve.py", "start", "."],
        port,
        "/v2/models/credit/ready",
        [
            (free, body([41], [1500.5])),
            (pinned, body([41, 42, 43], [1, 2, 3])),
            (free, body([41], [-1])),
            (free, '{"inputs": 3}'),
            ("/v2/models/nobody/infer", body([41], [1])),
            ("/v2/repository/index", "{}"),
        ],
    )


if __name__ == "__main__":
    main()
