"""
Record calls of a real `mlflow models serve`, beside what the model itself says.

By hand, in a virtual environment of its own:

    python3 -m venv /tmp/mlflow && /tmp/mlflow/bin/pip install mlflow
    /tmp/mlflow/bin/python tests/formats/mlflow_serve/make.py

Writes calls.jsonl and expected.json. Last run with MLflow 3.17.2.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent))

from recording import call, free_port, wait_for, write  # noqa: E402 - found by the line above

NAMES = ["age", "income", "balance"]
ROWS = [[4.1, 3.05005, 0.31], [5.7, 1.89, 0.92], [2.35, 4.100025, 0.05]]
JSON = "application/json"
PATH = "/invocations"


def fitted_model() -> LogisticRegression:
    rng = np.random.default_rng(5)
    rows = pd.DataFrame(rng.normal([4, 3, 0.5], [1, 0.9, 0.3], (300, 3)), columns=NAMES)
    return LogisticRegression().fit(rows, np.where(rows["balance"] > 0.5, "bad", "good"))


def requests(base: str) -> list[dict]:
    records = [dict(zip(NAMES, row, strict=True)) for row in ROWS]
    columns = {name: [row[i] for row in ROWS] for i, name in enumerate(NAMES)}
    table = pd.DataFrame(ROWS, columns=NAMES)
    bodies = [
        {"dataframe_split": {"columns": NAMES, "data": ROWS}},
        {"dataframe_split": {"columns": NAMES, "index": [0, 1, 2], "data": ROWS}, "params": {}},
        {"dataframe_records": records},
        {"instances": records},
        {"inputs": columns},
        {"dataframe_records": records[:1]},
        {"dataframe_records": [{"age": 1}]},
        {"rows": records},
    ]
    recorded = [call(base, PATH, json.dumps(body).encode(), JSON) for body in bodies]
    recorded.append(call(base, PATH, table.to_csv(index=False).encode(), "text/csv"))
    recorded.append(call(base, PATH, b'{"instances": [', JSON))
    return recorded


def main() -> None:
    fitted = fitted_model()
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        mlflow.sklearn.save_model(
            fitted,
            folder + "/model",
            input_example=pd.DataFrame(ROWS, columns=NAMES),
            serialization_format="cloudpickle",
        )
        mlflow_command = str(Path(sys.executable).parent / "mlflow")
        command = [mlflow_command, "models", "serve", "-m", folder + "/model", "-h", "127.0.0.1"]
        bin_folder = str(Path(sys.executable).parent)
        server = subprocess.Popen(
            [*command, "-p", str(port), "--env-manager", "local"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=os.environ | {"PATH": bin_folder + os.pathsep + os.environ["PATH"]},
        )
        try:
            wait_for(base + "/ping")
            recorded = requests(base)
        finally:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait(20)
    labels = [str(label) for label in fitted.predict(pd.DataFrame(ROWS, columns=NAMES))]
    write(HERE, recorded, {"names": NAMES, "rows": ROWS, "predict": labels})


if __name__ == "__main__":
    main()
