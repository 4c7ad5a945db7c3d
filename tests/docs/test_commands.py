"""What the documents tell a reader to type does what they say."""

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml

from domain.event import FIELDS
from ingest.mapping import Mapping, parse_mapping
from jobs.cli import COMMANDS, cli, run
from monitors.config import Config
from monitors.config_file import load_config
from tests.docs.document import (
    DOCUMENTS,
    EVERY_DOCUMENT,
    ROOT,
    blocks,
    commands,
    prose,
    text_of,
)

NEEDS_A_SHELL = re.compile(r"[|<>$;&]")
EXPORT = re.compile(r"export (.+)")
BIN = Path(sys.executable).parent
SAMPLE = ROOT / "sample_data"


def answer(line, monkeypatch):
    """Run one line: Driftline in this process, since it starts slower than it works."""
    words = shlex.split(line, comments=True)
    if match := EXPORT.fullmatch(line):
        for name, value in (word.split("=", 1) for word in shlex.split(match[1])):
            monkeypatch.setenv(name, value)
        return 0, ""
    if words[0] == "driftline" and not NEEDS_A_SHELL.search(line):
        said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = run(words[1:])
        said.flush()
        return code, said.buffer.getvalue().decode()
    path = {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line],
        env=os.environ | path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def play(block, monkeypatch):
    """Run a block line by line; only the last one may end otherwise, where the note says so."""
    expected = int(found[1]) if (found := re.search(r"exit=(\d)", block.note)) else 0
    lines = [line for line in block.text.replace("\\\n", " ").splitlines() if line.strip()]
    lines = [line for line in lines if not line.lstrip().startswith("#")]
    for number, line in enumerate(lines, start=1):
        code, said = answer(line, monkeypatch)
        assert code == (expected if number == len(lines) else 0), f"{line}\n{said}"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_commands_of_a_document_run_in_its_order(name, desk, monkeypatch):
    for block in blocks(name):
        if block.note and "." in block.note:
            desk.joinpath(block.note).write_text(block.text, encoding="utf-8")
        elif block.language == "sh":
            play(block, monkeypatch)
        elif block.language == "python" and not block.note:
            subprocess.run([sys.executable, "-c", block.text], check=True, capture_output=True)
        elif block.language == "python":
            compile(block.text, name, "exec")


@pytest.mark.parametrize("name", EVERY_DOCUMENT)
def test_a_block_says_a_language_that_is_run_or_checked(name):
    known = {"sh", "console", "python", "yaml", "json", "cron", "ini", "text"}
    if name in DOCUMENTS:
        assert {block.language for block in blocks(name)} <= known


@pytest.mark.parametrize("name", DOCUMENTS)
def test_yaml_in_a_document_is_what_it_claims_to_be(name, tmp_path):
    for block in [block for block in blocks(name) if block.language == "yaml"]:
        content = yaml.safe_load(block.text)
        if content.keys() <= Config.model_fields.keys():
            path = tmp_path / "driftline.yaml"
            path.write_text(block.text, encoding="utf-8")
            load_config(path, {})
        elif content.keys() <= Mapping.model_fields.keys() | {"preset"}:
            parse_mapping(content)
        else:
            assert {"apiVersion", "jobs"} & content.keys(), block.text


def test_json_in_a_document_is_an_event_of_the_native_format(desk):
    for block in [block for block in blocks("docs/native-format.md") if block.language == "json"]:
        assert json.loads(block.text).keys() == {*FIELDS, "features"}
        desk.joinpath("event.json").write_text(block.text, encoding="utf-8")
        assert run(["ingest", "event.json"]) == 0


@pytest.mark.parametrize("name", EVERY_DOCUMENT)
def test_a_command_in_the_text_has_the_options_it_is_given(name):
    for line in commands(name):
        words = line.replace("…", "").split()[1:]
        command: click.Command = cli
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            found = command.get_command(click.Context(command), words[0])
            assert found is not None, line
            command, words = found, words[1:]
        options = {option for param in command.params for option in param.opts} | {"--help"}
        assert {word.split("=")[0] for word in words if word.startswith("--")} <= options, line


@pytest.mark.parametrize("name", EVERY_DOCUMENT)
def test_what_a_document_makes_is_a_target(name):
    shown = "\n".join(block.text for block in blocks(name) if block.language == "console")
    shown += "\n".join(re.findall(r"`(make [a-z]+)[^`]*`", prose(name)))
    for target in set(re.findall(r"\bmake ([a-z]+)", shown)):
        command = ["make", "--dry-run", "-C", str(ROOT), target]
        clean = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
        subprocess.run(command, check=True, capture_output=True, env=clean)


def test_the_readme_names_every_command():
    told = {line.split()[1] for line in commands("README.md")}
    assert told == set(COMMANDS) - {"demo"}
    assert "make demo" in blocks("README.md")[0].text


@pytest.mark.slow
@pytest.mark.parametrize(("name", "language"), [("README.md", "en"), ("README.zh-CN.md", "zh")])
def test_a_readme_tells_of_every_incident_of_the_demo_in_its_words(
    name, language, demo, tmp_path, capsys
):
    shutil.copytree(demo / "store", tmp_path / "store")
    where = [
        "--store",
        str(tmp_path / "store"),
        "--config",
        str(ROOT / "sample_data/driftline.yaml"),
    ]
    assert run(["alerts", "list", "--all", "--json", "--language", language, *where]) == 0
    listed = json.loads(capsys.readouterr().out)["incidents"]
    # that nobody has checked the sample since 2013 is no incident of the sample
    found = {one["headline"] for one in listed if one["cause"] != "monitor"}
    told = re.findall(r"^\| (?!-)(.+?) \| [^`|]+ \|$", text_of(name), re.MULTILINE)
    assert {one for one in told if re.search(r"[(（].*2013-", one)} == found
