"""The two commands that the contract fixes, and what CI makes of them."""

import os
import re
import subprocess

import yaml


def planned(root, *words):
    """Name the commands that make would run, without running them."""
    command = ["make", "--dry-run", "--no-print-directory", "-C", str(root), *words]
    quiet = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=quiet).stdout


def test_make_demo_serves_the_dashboard(root):
    assert planned(root, "demo").splitlines()[-1].rstrip() == ".venv/bin/driftline demo --dir demo"


def test_make_demo_without_serving_stops_after_the_report(root):
    assert planned(root, "demo", "SERVE=0").rstrip().endswith("demo --dir demo --no-serve")


def test_make_test_ends_with_pytest(root):
    assert planned(root, "test").splitlines()[-1].startswith(".venv/bin/python -m pytest")


def test_make_check_runs_lint_types_and_floors(root):
    for tool in ("ruff check", "ruff format --check", "basedpyright", "lint-imports"):
        assert f".venv/bin/{tool}" in planned(root, "check")


def test_make_alone_tells_what_there_is(root):
    answer = subprocess.run(["make", "-C", str(root)], check=True, capture_output=True, text=True)
    targets = re.findall(r"^make (\w+) +\S", answer.stdout, re.MULTILINE)
    assert {"demo", "test", "lint", "types", "floors", "check", "lock", "bench"} <= set(targets)


def test_ci_checks_first_and_then_runs_every_test_with_a_browser(root):
    script = root / ".ci" / "run"
    lines = [line for line in script.read_text(encoding="utf-8").splitlines() if "make " in line]
    assert os.access(script, os.X_OK)
    assert "set -euo pipefail" in script.read_text(encoding="utf-8")
    assert lines[-2:] == ["make check", "REQUIRE_BROWSER=1 make test"]


def test_a_hook_before_a_commit_downloads_nothing(root):
    text = (root / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    repositories = yaml.safe_load(text)["repos"]
    assert [repository["repo"] for repository in repositories] == ["local"]
    for hook in repositories[0]["hooks"]:
        assert hook["language"] == "system", hook["id"]
        assert hook["entry"].startswith(".venv/bin/"), hook["id"]
