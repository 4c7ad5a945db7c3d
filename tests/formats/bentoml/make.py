"""
Write the monitor files beside this with the real BentoML.

Run by hand: ``python3 -m venv /tmp/v && /tmp/v/bin/pip install 'bentoml>=1.4,<1.5'``, then
``/tmp/v/bin/python tests/formats/bentoml/make.py``. It serves a model three times, in the zone of
Berlin: the second time a day seems to have passed, so that the handler rotates the data; the third
time the service logs one column more.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
PORT = 38917
SERVICE = """
import os

import bentoml

WIDE = os.environ.get("WIDE") == "1"


@bentoml.service(workers=1)
class CreditDefault:
    @bentoml.api
    def predict(self, rows: list[dict]) -> list[dict]:
        answers = []
        with bentoml.monitor("credit_default") as monitor:
            for row in rows:
                score = round(min(0.99, row["age"] / 100), 4)
                if row["income"] < 0:
                    raise ValueError("no such income")
                monitor.log(row["age"], name="age", role="feature", data_type="numerical")
                monitor.log(row["income"], name="income", role="feature", data_type="numerical")
                monitor.log(row["region"], name="region", role="feature", data_type="categorical")
                if WIDE:
                    monitor.log(len(rows), name="batch", role="feature", data_type="numerical")
                label = "bad" if score > 0.5 else "good"
                monitor.log(label, name="prediction", role="prediction", data_type="categorical")
                monitor.log(score, name="score", role="prediction", data_type="numerical")
                answers.append({"prediction": label, "score": score})
        return answers

    @bentoml.api
    def judge(self, amount: float, truth: str) -> str:
        with bentoml.monitor("fraud") as monitor:
            monitor.log(amount, name="amount", role="feature", data_type="numerical")
            monitor.log("ok", name="verdict", role="prediction", data_type="categorical")
            monitor.log(truth, name="truth", role="target", data_type="categorical")
        return "ok"
"""


def ask(path: str, body: object) -> tuple[int, str]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{PORT}/{path}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers["x-bentoml-request-id"]
    except urllib.error.HTTPError as error:
        return error.code, error.headers["x-bentoml-request-id"]


def serve(
    folder: Path, calls: list[tuple[str, object]], *, wide: bool = False
) -> list[tuple[int, str]]:
    environment = os.environ | {
        "TZ": "Europe/Berlin",
        "WIDE": "1" if wide else "0",
        "BENTOML_HOME": str(folder / "home"),
        "BENTOML_DO_NOT_TRACK": "True",
    }
    command = [sys.executable, "-m", "bentoml", "serve", "service:CreditDefault"]
    with (folder / "server.log").open("ab") as log:
        server = subprocess.Popen(
            [*command, "--port", str(PORT)], cwd=folder, env=environment, stdout=log, stderr=log
        )
        try:
            for _ in range(120):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{PORT}/readyz", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.5)
            return [ask(path, body) for path, body in calls]
        finally:
            server.terminate()
            server.wait(30)


def row(age: int, income: float, region: str) -> dict[str, object]:
    return {"age": age, "income": income, "region": region}


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "service.py").write_text(SERVICE)
        data = folder / "monitoring" / "credit_default" / "data" / "data.1.log"
        one = {"rows": [row(30 + 10 * n, 1500.5 * n, "north") for n in range(3)]}
        told = serve(
            folder,
            [
                ("predict", one),
                ("predict", {"rows": [row(61, 20.0, "süd")]}),
                ("predict", {"rows": [row(61, -1.0, "west")]}),
                ("judge", {"amount": 3.5, "truth": "fraud"}),
                ("predict", {"rows": [row(33, 7.0, "ost")]}),
            ],
        )
        yesterday = time.time() - 2 * 86_400
        os.utime(data, (yesterday, yesterday))
        told += serve(folder, [("predict", {"rows": [row(44, 9.0, "ost")]})])
        both = {"rows": [row(45, 9.5, "ost"), row(90, 1, "x")]}
        told += serve(folder, [("predict", both)], wide=True)
        shutil.rmtree(HERE / "monitoring", ignore_errors=True)
        shutil.copytree(folder / "monitoring", HERE / "monitoring")
        (HERE / "answers.json").write_text(json.dumps(told, indent=1) + "\n")
        sys.stdout.write((folder / "server.log").read_text()[-3000:])


if __name__ == "__main__":
    main()
