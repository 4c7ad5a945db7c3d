"""A Driftline that serves, as a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

from tests.jobs.conftest import DRIFTLINE

PATIENCE_S = 60


class Served:
    """
    A running server.

    Attributes
    ----------
    url : str
    process : Popen
    told : list of str
        Lines of its output and its log so far.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.told: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        deadline = time.monotonic() + PATIENCE_S
        while not (found := re.search(r"http://\S+", self.said)):
            if process.poll() is not None or time.monotonic() > deadline:
                self._reader.join(5)
                raise AssertionError(f"it did not start:\n{self.said}")
            time.sleep(0.02)
        self.url = found[0]

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.told.append(line)

    @property
    def said(self) -> str:
        return "".join(self.told)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it and return its exit code."""
        self.process.send_signal(how)
        code = self.process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        return code


@contextlib.contextmanager
def server(*words: str, cwd: Path, **environment: str) -> Generator[Served]:
    """Run ``driftline WORDS --port 0`` and wait until it listens."""
    outside = {k: v for k, v in os.environ.items() if not k.startswith("DRIFTLINE_")}
    process = subprocess.Popen(
        [DRIFTLINE, *words, "--port", "0"],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=outside | environment,
    )
    try:
        yield Served(process)
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(PATIENCE_S)
        assert process.stdout is not None
        process.stdout.close()


def owner_of(folder: Path) -> dict[str, Any]:
    """What the owner of ``folder/store`` tells its clients."""
    return json.loads((folder / "store" / "owner.json").read_text())
