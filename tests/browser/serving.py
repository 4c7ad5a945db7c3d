"""A real `driftline serve` on a free port, whose log must stay clean."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DRIFTLINE = Path(sys.executable).with_name("driftline")
AS_OF = "2014-01-01T00:00:00Z"  # the end of the sample
_COMPLAINT = re.compile(r"deprecat|Traceback \(most recent call last\)", re.IGNORECASE)


def outside() -> dict[str, str]:
    """Return the environment without settings of Driftline."""
    return {name: value for name, value in os.environ.items() if not name.startswith("DRIFTLINE_")}


def complaints(said: str) -> list[str]:
    """Return the lines of a server's log that must not be there."""
    return [line for line in said.splitlines() if _COMPLAINT.search(line)]


class Served:
    """A running `driftline serve`: its address, its folder and its log."""

    def __init__(self, url: str, folder: Path, log: Path) -> None:
        self.url, self.folder, self.log = url, folder, log

    def said(self) -> str:
        """Return the server's log so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def command(self, *words: str) -> str:
        """Run a command of `driftline` beside the server, and return what it printed."""
        done = subprocess.run(
            [DRIFTLINE, *words], cwd=self.folder, env=outside(), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Served]:
    """Run `driftline serve` in a folder until the block ends."""
    port, log = _free_port(), folder / "server.log"
    command = [DRIFTLINE, "serve", "--port", str(port), *options]
    with log.open("w") as out:
        server = subprocess.Popen(command, cwd=folder, stdout=out, stderr=out, env=outside())
    served = Served(f"http://127.0.0.1:{port}", folder, log)
    try:
        deadline = time.monotonic() + 90
        while not _answers(served.url):
            assert server.poll() is None, served.said()
            assert time.monotonic() < deadline, served.said()
            time.sleep(0.1)
        yield served
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
    assert complaints(served.said()) == [], served.said()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
            return answer.read() == b"ok"
    except OSError:
        return False
