"""
Runs of the `driftline` command that start at once: ``python -m tests.soak.lives``.

Importing takes a process longer than all that is done to it here, so one process imports, and forks
for each run. It reads a run a line as JSON, tells the number of its process and, when asked, how it
ended.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 120
_LATE = (
    *(f"api.{name}" for name in ("actions", "client", "collect", "collector", "meters", "routes")),
    *(f"jobs.commands.{name}" for name in ("backup", "collect", "compact", "doctor", "restore")),
    *("jobs.checkup", "jobs.serving", "monitors.collect_logs", "monitors.local_service"),
    *("monitors.config_file", "uvicorn.protocols.http.auto"),
)


@dataclass
class Life:
    """
    One run of the command.

    Parameters
    ----------
    pid : int
    said : Path
        What it writes.
    asked, told : IO
        Where its end is asked for, and told. Until then its number is nobody else's.
    """

    pid: int
    said: Path
    asked: IO[str]
    told: IO[str]
    ended: int | None = None

    def kill(self, how: int) -> None:
        """Send it a signal, unless its end is known."""
        if self.ended is None:
            os.kill(self.pid, how)

    def wait(self) -> int:
        """Return its exit code, negative for a signal."""
        if self.ended is None:
            self.asked.write("end?\n")
            self.asked.flush()
            self.ended = int(self.told.readline())
        return self.ended


class Lives:
    """
    Starts runs, one after another.

    Parameters
    ----------
    process : Popen
        Of this module.
    folder : Path
        Where the runs write, and their current folder: it has no driftline.yaml.
    """

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._in, self._out = process.stdin, process.stdout
        self._folder = folder
        self._n = 0

    def start(self, *words: object, log_limit: str | None = None) -> Life:
        """Run ``driftline WORDS``; `log_limit` lets the database checkpoint so often."""
        self._n += 1
        said = self._folder / f"said-{self._n % 100}"
        said.write_text("")
        run = {"words": [str(word) for word in words], "said": str(said), "log_limit": log_limit}
        self._in.write(json.dumps(run) + "\n")
        self._in.flush()
        return Life(int(self._out.readline()), said, self._in, self._out)

    def answer(self, *words: object) -> tuple[int, Any]:
        """Run ``driftline WORDS --json`` to its end; return its exit code and what it said."""
        life = self.start(*words, "--json")
        code = life.wait()
        said = life.said.read_text()
        try:
            return code, json.loads(said[said.index("{") :])
        except ValueError as error:
            raise AssertionError(f"driftline {words} ended with {code}: {said}") from error


@contextmanager
def living(folder: Path) -> Generator[Lives]:
    """Run the process that starts the others."""
    outside = {k: v for k, v in os.environ.items() if not k.startswith("DRIFTLINE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.soak.lives", str(folder)],
        cwd=ROOT,
        env=outside,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Lives(process, folder)
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.wait(PATIENCE_S)
        process.stdout.close()


def until(found: Any, life: Life, what: str) -> Any:
    """Ask again and again until something is there, and return it."""
    deadline = time.monotonic() + PATIENCE_S
    while not (answer := found()):
        alive = Path(f"/proc/{life.pid}/stat")
        if time.monotonic() > deadline or not alive.exists() or " Z " in alive.read_text():
            raise AssertionError(f"{what}: {life.said.read_text()}")
        time.sleep(0.0005)
    return answer


def _import_all() -> None:
    """Import what the commands import late; nothing here may start a thread or open a file."""
    for name in _LATE:
        importlib.import_module(name)


def _live(run: dict[str, Any]) -> None:
    """Be one run, in the child."""
    said = os.open(run["said"], os.O_WRONLY | os.O_TRUNC)
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    from jobs import cli
    from store import database

    if run["log_limit"]:
        database._CONFIG["wal_autocheckpoint"] = run["log_limit"]
    code = 70
    try:
        code = cli.run(run["words"])
    finally:
        sys.stdout.flush()
        os._exit(code)


def _serve(folder: str) -> None:
    _import_all()
    os.chdir(folder)
    while line := sys.stdin.readline():
        child = os.fork()
        if not child:
            _live(json.loads(line))
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        sys.stdin.readline()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{code}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve(sys.argv[1])
