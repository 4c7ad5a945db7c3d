"""What the tests of the house itself look at: the checkout, its rooms and its settings."""

import ast
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
BESIDE = {"benchmarks", "docs", "sample_data", "tests"}


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder that git checked out."""
    return ROOT


@pytest.fixture(scope="session")
def rooms() -> list[str]:
    """The top-level packages of the house, as they lie on disk."""
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    return sorted(packages - BESIDE)


@pytest.fixture(scope="session")
def settings() -> dict[str, Any]:
    """The parsed pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def sources(rooms: list[str]) -> dict[Path, ast.Module]:
    """Every source file of the rooms and of the public face, parsed."""
    files = [path for room in rooms for path in ROOT.joinpath(room).rglob("*.py")]
    files += [
        path for name in ("driftline.py", "streamlit_app.py") if (path := ROOT / name).exists()
    ]
    return {path.relative_to(ROOT): ast.parse(path.read_text(encoding="utf-8")) for path in files}


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    """The files that git knows."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "-C", str(ROOT), "ls-files", "-z"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]
