"""A standalone Spark cluster of the pip package: a master and two workers on this machine."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

WORKERS = 2
WORKER_MEMORY_MIB = 512
_DEADLINE_S = 180.0


def lacking() -> str | None:
    """Say what is not there of what Spark needs."""
    if "SPARK" not in os.environ:
        return "starting a cluster takes a minute; make spark does it"
    if find_spec("pyspark") is None:
        return "pyspark is not installed; make spark installs it"
    if shutil.which("java") is None:
        return "there is no Java"
    return None


@contextlib.contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run a master and its workers; yield the master's address."""
    started: list[subprocess.Popen[bytes]] = []
    try:
        master = _start(started, folder / "master.log", "master.Master", "--port", "0")
        address = _said(master, folder / "master.log", r"Starting Spark master at (spark://\S+)")
        for i in range(WORKERS):
            options = ("--cores", "1", "--memory", f"{WORKER_MEMORY_MIB}m", "--port", "0")
            work = ("--work-dir", str(folder / f"worker-{i}"))
            log = folder / f"worker-{i}.log"
            worker = _start(started, log, "worker.Worker", *options, *work, address)
            _said(worker, log, r"(Successfully registered)")
        yield address
    finally:
        for process in started:
            # a worker's executors are of its group: none is left behind
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        for process in started:
            process.wait()


def _start(
    started: list[subprocess.Popen[bytes]], log: Path, name: str, *options: str
) -> subprocess.Popen[bytes]:
    spec = find_spec("pyspark")
    assert spec is not None
    assert spec.origin is not None
    home = Path(spec.origin).parent
    command = [
        str(home / "bin" / "spark-class"),
        f"org.apache.spark.deploy.{name}",
        *("--host", "127.0.0.1", "--webui-port", "0"),
        *options,
    ]
    outside = {k: v for k, v in os.environ.items() if not k.startswith("SPARK_")}
    environment = outside | {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_DAEMON_JAVA_OPTS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, env=environment, start_new_session=True
        )
    started.append(process)
    return process


def _said(process: subprocess.Popen[bytes], log: Path, pattern: str) -> str:
    until = time.monotonic() + _DEADLINE_S
    while time.monotonic() < until:
        text = log.read_text(errors="replace")
        found = re.search(pattern, text)
        if found:
            return found[1].rstrip(".,")
        assert process.poll() is None, text
        time.sleep(0.1)
    raise AssertionError(f"{pattern!r} was not said within {_DEADLINE_S} s:\n{text}")
