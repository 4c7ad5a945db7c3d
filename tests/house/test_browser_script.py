"""`scripts/browser` finds the Chromium of the browser tests, or says why there is none."""

import shutil
import subprocess


def ask(root, bare, **extra):
    """Run the script where only what `bare` holds can be found."""
    environment = {"PATH": str(bare), **extra}
    command = [shutil.which("sh"), str(root / "scripts" / "browser")]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def made(folder, name):
    file = folder / name
    file.write_text("#!/bin/sh\necho 1000\n", encoding="utf-8")
    file.chmod(0o755)
    return file


def test_where_there_is_none_and_none_can_be_installed_it_says_so(root, tmp_path):
    made(tmp_path, "id")
    answer = ask(root, tmp_path)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "CHROMIUM=" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


def test_the_browser_that_is_installed_is_found(root, tmp_path):
    made(tmp_path, "id")
    browser = made(tmp_path, "chromium-browser")
    assert ask(root, tmp_path).stdout.strip() == str(browser)


def test_the_browser_that_is_named_wins(root, tmp_path):
    made(tmp_path, "id")
    made(tmp_path, "chromium")
    other = made(tmp_path, "another")
    assert ask(root, tmp_path, CHROMIUM=str(other)).stdout.strip() == str(other)
