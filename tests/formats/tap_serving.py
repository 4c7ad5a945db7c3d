"""What the make.py scripts of the tap share: a server with the tap in it, and somebody who asks."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from recording import free_port, wait_for

ROOT = Path(__file__).resolve().parents[2]
TRACE = "0af7651916cd43dd8448eb211c80319c"
HEADERS = {
    "Content-Type": "application/json",
    "traceparent": f"00-{TRACE}-b7ad6b7169203331-01",
    "Authorization": "Bearer not-to-be-recorded",
}


def ask(url: str, body: bytes) -> tuple[int, str]:
    request = urllib.request.Request(url, body, HEADERS)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def make(
    here: Path,
    files: dict[str, str],
    command: list[str],
    port: int,
    ready: str,
    calls: list[tuple[str, str]],
    *preparation: str,
) -> None:
    """Write `files`, run `command` among them, ask, end it; keep what was recorded and answered."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in files.items():
            (folder / file).write_text(text)
        shutil.copy(ROOT / "driftline_tap.py", folder)
        python = str(Path(sys.executable).parent)
        environment = os.environ | {
            "PATH": f"{python}:{os.environ['PATH']}",
            "TAP_FOLDER": str(folder / "log"),
        }
        for script in preparation:
            subprocess.run([sys.executable, script], cwd=folder, check=True)
        with (folder / "server.log").open("wb") as log:
            server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
            try:
                base = f"http://127.0.0.1:{port}"
                wait_for(base + ready)
                told = [(path, body, *ask(base + path, body.encode())) for path, body in calls]
                time.sleep(11)  # so that what the process uses is measured, too
                told += [(*calls[0], *ask(base + calls[0][0], calls[0][1].encode()))]
                server.send_signal(signal.SIGINT)
                server.wait(60)
            finally:
                server.kill()
        sys.stdout.write((folder / "server.log").read_text()[-3000:])
        lines = "".join(path.read_text() for path in sorted((folder / "log").iterdir()))
        (here / "calls.ndjson").write_text(lines)
        (here / "answers.json").write_text(json.dumps(told, indent=1) + "\n")


__all__ = ["free_port", "make"]
