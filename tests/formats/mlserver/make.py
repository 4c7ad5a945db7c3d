"""
Record calls of a real MLServer, beside what the model itself says to the same rows.

By hand, in a virtual environment of its own:

    python3 -m venv /tmp/mlserver && /tmp/mlserver/bin/pip install mlserver mlserver-sklearn
    /tmp/mlserver/bin/python tests/formats/mlserver/make.py

Writes calls.jsonl (what a recording proxy would keep) and expected.json (rows and predictions,
from scikit-learn, not from the server). Last run with MLServer 1.7.1.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from mlserver.codecs import NumpyCodec, PandasCodec, StringCodec
from mlserver.types import InferenceRequest
from sklearn.linear_model import LogisticRegression

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent))

from recording import call, free_port, wait_for, write  # noqa: E402 - found by the line above

NAMES = ["age", "income", "balance"]
ROWS = [[4.1, 3.05005, 0.31], [5.7, 1.89, 0.92], [2.35, 4.100025, 0.05]]
JSON = "application/json"
FAILING = """
from mlserver import MLModel

class Failing(MLModel):
    async def predict(self, payload):
        raise RuntimeError("no such luck")
"""


def fitted_model() -> LogisticRegression:
    rng = np.random.default_rng(5)
    rows = rng.normal([4, 3, 0.5], [1, 0.9, 0.3], (300, 3))
    return LogisticRegression().fit(rows, rows[:, 2] > 0.5)


def write_models(folder: Path, fitted: LogisticRegression) -> None:
    credit: dict = {"name": "credit", "implementation": "mlserver_sklearn.SKLearnModel"}
    credit["parameters"] = {"uri": "./model.joblib", "version": "v2"}
    (folder / "credit").mkdir()
    joblib.dump(fitted, folder / "credit" / "model.joblib")
    (folder / "credit" / "model-settings.json").write_text(json.dumps(credit))
    (folder / "failing").mkdir()
    (folder / "failing" / "failing.py").write_text(FAILING)
    failing = {"name": "failing", "implementation": "failing.Failing"}
    (folder / "failing" / "model-settings.json").write_text(json.dumps(failing))


def spelled(request: InferenceRequest, **more: object) -> bytes:
    return json.dumps(json.loads(request.model_dump_json(exclude_none=True)) | more).encode()


def requests(base: str, rows: np.ndarray) -> list[dict]:
    path = "/v2/models/credit/infer"
    both = [{"name": "predict"}, {"name": "predict_proba"}]
    matrix = InferenceRequest(inputs=[NumpyCodec.encode_input("rows", rows)])
    one = InferenceRequest(inputs=[NumpyCodec.encode_input("rows", rows[:1])])
    columns = PandasCodec.encode_request(pd.DataFrame(rows, columns=NAMES), use_bytes=False)
    texts = InferenceRequest(inputs=[StringCodec.encode_input("rows", ["a", "b"])], id="texts")
    nested = {"name": "rows", "datatype": "FP64", "shape": list(rows.shape), "data": rows.tolist()}
    flat = [
        {"name": name, "datatype": "FP64", "shape": [len(rows)], "data": rows[:, i].tolist()}
        for i, name in enumerate(NAMES)
    ]
    frame = {"id": "flat", "parameters": {"content_type": "pd"}, "inputs": flat}
    return [
        call(base, path, spelled(matrix, outputs=both), JSON),
        call(base, path, json.dumps({"id": "nested", "inputs": [nested]}).encode(), JSON),
        call(base, path, spelled(columns, id="columns", outputs=both), JSON),
        call(base, "/v2/models/credit/versions/v2/infer", json.dumps(frame).encode(), JSON),
        call(base, path, spelled(one), JSON),
        call(base, path, spelled(texts), JSON),
        call(base, path, b'{"inputs": [{"name": "rows"}]}', JSON),
        call(base, path, b'{"inputs": [', JSON),
        call(base, "/v2/models/nobody/infer", b'{"inputs": []}', JSON),
        call(base, "/v2/models/failing/infer", spelled(one), JSON),
    ]


def main() -> None:
    fitted = fitted_model()
    rows = np.array(ROWS)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_models(folder, fitted)
        settings: dict = {"host": "127.0.0.1", "parallel_workers": 0, "debug": False}
        settings |= {f"{kind}_port": free_port() for kind in ("http", "grpc", "metrics")}
        (folder / "settings.json").write_text(json.dumps(settings))
        base = f"http://127.0.0.1:{settings['http_port']}"
        command = [str(Path(sys.executable).parent / "mlserver"), "start", str(folder)]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(base + "/v2/health/ready")
            recorded = requests(base, rows)
        finally:
            server.terminate()
            server.wait(20)
    expected = {"names": NAMES, "rows": ROWS}
    expected["predict"] = [int(label) for label in fitted.predict(rows)]
    expected["predict_proba"] = fitted.predict_proba(rows).tolist()
    write(HERE, recorded, expected)


if __name__ == "__main__":
    main()
