"""What every test shares."""

import fcntl
import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# Two workers share two cores with whatever else runs, so a slow example proves nothing.
settings.register_profile("desk", deadline=None)
# `make soak` asks for it, and gets far more examples of what a store goes through
settings.register_profile("soak", deadline=None)
if "CI" not in os.environ:  # there hypothesis loads its own profile: no deadline, no chance
    settings.load_profile("desk")

# what is imported stays: looking through it for garbage was half the time of collecting the tests
gc.disable()


def pytest_collection_finish() -> None:
    """Look for garbage again, among what the tests make."""
    gc.freeze()
    gc.enable()


def pytest_sessionfinish() -> None:
    """Let the end of the process clear everything away, as always."""
    gc.unfreeze()


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Path:
    """
    The folder of a finished `driftline demo`: run once, whichever worker asks first.

    Copy its store before opening it: another worker may have it open.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, console = shared / "finished-demo", Path(sys.executable).with_name("driftline")
    with (shared / "finished-demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            outside = {k: v for k, v in os.environ.items() if not k.startswith("DRIFTLINE_")}
            command = [console, "demo", "--dir", folder.with_suffix(".part"), "--no-serve"]
            subprocess.run(command, check=True, capture_output=True, env=outside)
            folder.with_suffix(".part").rename(folder)
    return folder


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument: made while collecting, they differ between two workers."""
    return argname if isinstance(val, bytes) else None
