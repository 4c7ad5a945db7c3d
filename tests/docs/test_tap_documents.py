"""docs/five-minutes.md does what it says, and docs/tap.md shows what was run."""

import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from pathlib import Path

import pytest

from driftline_tap import Tap
from tests.docs.document import ROOT, blocks, text_of

PAGE = "docs/five-minutes.md"
BIN = Path(sys.executable).parent
PATIENCE_S = 60
SERVERS = {"tap_mlserver": "serve.py", "tap_mlflow": "serving.py", "tap_litserve": "server.py"}


def free_ports(n):
    with ExitStack() as open_ones:
        doors = [open_ones.enter_context(socket.socket()) for _ in range(n)]
        for door in doors:
            door.bind(("127.0.0.1", 0))
        return [door.getsockname()[1] for door in doors]


@contextmanager
def running(line, folder, environment, port):
    """Run a server in the background until the end of the block."""
    command = ["bash", "-c", f"exec env {line}"]
    with (folder / f"{port}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE_S
        try:
            while not answers(port):
                assert process.poll() is None, (folder / f"{port}.log").read_text()
                assert time.monotonic() < deadline, f"{line} does not answer"
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def answers(port):
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@pytest.fixture
def desk(tmp_path):
    """A home with Driftline in it, and an empty folder to work in."""
    (tmp_path / "driftline").mkdir()
    shutil.copy(ROOT / "driftline_tap.py", tmp_path / "driftline")
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


@pytest.mark.slow
def test_five_minutes_lead_from_a_service_to_its_first_verdict(desk):
    ports = dict(zip(("8501", "8000"), map(str, free_ports(2)), strict=True))
    outside = {k: v for k, v in os.environ.items() if not k.startswith("DRIFTLINE_")}
    environment = outside | {"HOME": str(desk.parent), "PATH": f"{BIN}:{os.environ['PATH']}"}
    said = []
    with ExitStack() as servers:
        for block in blocks(PAGE):
            text = re.sub("|".join(ports), lambda found: ports[found[0]], block.text)
            if "." in block.note:
                (desk / block.note).write_text(text, encoding="utf-8")
            elif block.note == "server":
                port = ports["8000" if "uvicorn" in text else "8501"]
                line = text.strip() + ("" if "uvicorn" in text else f" --port {port}")
                servers.enter_context(running(line, desk, environment, port))
            elif block.language == "console":
                done = subprocess.run(
                    ["bash", "-euo", "pipefail", "-c", text], cwd=desk, env=environment,
                    capture_output=True, text=True, check=False, timeout=PATIENCE_S,
                )  # fmt: skip
                assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
                said.append(done.stdout)
    verdict = said[-1]
    assert "500 predictions, 500 calls" in verdict
    assert re.search(r"^Drifted +distance", verdict, re.MULTILINE)
    assert re.search(r"^OK +hour", verdict, re.MULTILINE)
    assert re.search(r"^OK +carrier", verdict, re.MULTILINE)
    assert re.search(r"^Holds +latency", verdict, re.MULTILINE)
    assert re.search(r"^Not judged +score", verdict, re.MULTILINE)
    [told] = [block.text for block in blocks(PAGE) if block.language == "text"]
    assert without_latency(said[-2]) == without_latency(told)


def without_latency(table):
    return re.sub(r'"[\d.]+"$', '"ms"', table.strip())


@pytest.mark.parametrize("server", SERVERS)
def test_the_servers_that_were_recorded_are_those_of_the_page(server):
    shown = next(block for block in blocks("docs/tap.md") if block.note == SERVERS[server])
    made = (ROOT / "tests" / "formats" / server / "make.py").read_text(encoding="utf-8")
    assert shown.text in made


@pytest.mark.parametrize("name", ["fastapi_service.py", "flask_service.py", "native.py"])
def test_the_services_of_the_page_compile(name):
    [shown] = [block for block in blocks("docs/tap.md") if block.note == name]
    compile(shown.text, name, "exec")


def test_every_option_is_told():
    told = set(re.findall(r"`(\w+)`", text_of("docs/tap.md").partition("## Options")[2]))
    assert {one.name for one in fields(Tap)} <= told


@pytest.mark.parametrize(
    ("name", "part"), [("fastapi_service.py", "user_middleware"), ("flask_service.py", "wsgi_app")]
)
def test_the_services_of_the_page_have_the_tap_in_them(name, part, tmp_path):
    [shown] = [block for block in blocks("docs/tap.md") if block.note == name]
    (tmp_path / name).write_text(shown.text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name.partition(".")[0], tmp_path / name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert "Middleware" in repr(getattr(module.app, part))
