"""
Record calls of the real scoring server of MLflow with the tap.

Run by hand: ``python3 -m venv /tmp/v && /tmp/v/bin/pip install 'mlflow>=3.17,<4'``, then
``/tmp/v/bin/python tests/formats/tap_mlflow/make.py``. `serving.py` is that of docs/tap.md.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tap_serving import free_port, make

SAVE = """
import mlflow.pyfunc


class Credit(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        if (model_input["income"] < 0).any():
            raise ValueError("no such income")
        return (model_input["age"] / 100).tolist()


mlflow.pyfunc.save_model("model", python_model=Credit())
"""
SERVE = """
import mlflow.pyfunc
from mlflow.pyfunc import scoring_server

import driftline_tap

tap = driftline_tap.Tap("credit", version="3", paths=["/invocations"])
app = tap.asgi(scoring_server.init(mlflow.pyfunc.load_model("model")))
"""


def main() -> None:
    port = free_port()
    frame = {"columns": ["age", "income"], "data": [[41, 1500.5], [42, 2.0], [43, 3.0]]}
    records = [{"age": 61, "income": 7.5}]
    make(
        Path(__file__).parent,
        {
            "save.py": SAVE,
            "serving.py": SERVE.replace(
                '"credit",', '"credit", folder=__import__("os").environ["TAP_FOLDER"],'
            ),
        },
        [sys.executable, "-m", "uvicorn", "serving:app", "--port", str(port)],
        port,
        "/ping",
        [
            ("/invocations", json.dumps({"dataframe_split": frame})),
            ("/invocations", json.dumps({"dataframe_records": records})),
            ("/invocations", json.dumps({"dataframe_records": [{"age": 61, "income": -1}]})),
            ("/invocations", '{"rows": []}'),
        ],
        "save.py",
    )


if __name__ == "__main__":
    main()
