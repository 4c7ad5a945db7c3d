"""`scripts/setup` finds a Python that fits, or says what is missing."""

import os
import shutil
import subprocess
import sys

import pytest

CANNOT_RUN = "#!/bin/sh\nexit 127\n"
TOO_OLD = f'#!/bin/sh\ncase "$2" in *version_info*) exit 1 ;; esac\nexec {sys.executable} "$@"\n'
NO_ENSUREPIP = '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; esac\nexit 0\n'


@pytest.fixture
def set_up(root, tmp_path):
    """Run a copy of the script with only the given interpreters on the path."""
    (tmp_path / "scripts").mkdir()
    script = shutil.copy(root / "scripts" / "setup", tmp_path / "scripts")
    commands = tmp_path / "bin"
    commands.mkdir()
    for tool in ("dirname", "sh"):
        (commands / tool).symlink_to(shutil.which(tool))

    def run(interpreters, **environment):
        for name, text in interpreters.items():
            (commands / name).write_text(text, encoding="utf-8")
            (commands / name).chmod(0o755)
        clean = {k: v for k, v in os.environ.items() if k != "PYTHON"}
        clean |= {"PATH": str(commands), **environment}
        return subprocess.run(
            ["sh", script], env=clean, capture_output=True, text=True, check=False
        )

    return run


def test_without_a_fitting_python_it_says_how_to_get_one(set_up):
    answer = set_up({"python3.13": CANNOT_RUN, "python3": TOO_OLD})
    assert answer.returncode == 2
    assert "no Python 3.11, 3.12 or 3.13 found" in answer.stderr
    assert "make PYTHON=" in answer.stderr


def test_a_named_python_that_does_not_fit_is_refused_by_name(set_up):
    answer = set_up({"old": TOO_OLD}, PYTHON="old")
    assert answer.returncode == 2
    assert "PYTHON=old is not a Python 3.11, 3.12 or 3.13 that runs" in answer.stderr


def test_a_python_without_ensurepip_names_the_debian_package(set_up):
    answer = set_up({"python3.12": NO_ENSUREPIP})
    assert answer.returncode == 2
    assert "apt install python3-venv" in answer.stderr
