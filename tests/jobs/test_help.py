"""What can be asked of `driftline` before anything is loaded."""

from __future__ import annotations

import json
import subprocess
import sys

import click
import pytest

from jobs.cli import COMMANDS, cli

HEAVY = ("pandas", "scipy", "streamlit", "plotly", "evidently", "duckdb", "pyarrow", "numpy")
# the commands that people's scripts call, what this version has of them
TOLD = [
    *("demo", "check", "init", "ingest", "labels", "rejected", "baseline", "run", "due"),
    *("backfill", "report", "alerts", "accept", "serve", "collect", "dashboard"),
    *("backup", "restore", "erase", "archive", "compact", "keys", "sql", "doctor"),
]


def commands() -> list[tuple[str, click.Command]]:
    """Every command and sub-command, with its words."""
    found: list[tuple[str, click.Command]] = []
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        found.append((name, command))
        if isinstance(command, click.Group):
            found += [(f"{name} {inner}", one) for inner, one in command.commands.items()]
    return found


EVERY = pytest.mark.parametrize(
    ("words", "command"), [pytest.param(*one, id=one[0]) for one in commands()]
)


def test_there_are_the_commands_that_the_contract_names():
    assert list(COMMANDS) == TOLD


def test_help_names_every_command_and_imports_nothing_heavy():
    code = (
        "import json, sys; from jobs.cli import run; code = run(['--help']);"
        "print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    answered, modules = json.loads(done.stderr)
    assert answered == 0
    assert not {name for name in modules if name.split(".")[0] in HEAVY}
    lines = {line.split()[0] for line in done.stdout.splitlines() if line.strip()}
    assert set(COMMANDS) <= lines


@pytest.mark.parametrize(
    ("words", "command"), commands(), ids=lambda v: v if isinstance(v, str) else ""
)
def test_every_command_says_what_it_does_and_each_of_its_options(call, words: str, command):
    answer = call(*words.split(), "--help")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith(f"Usage: driftline {words} ")
    assert command.help
    for param in command.params:
        if isinstance(param, click.Option):
            assert param.help or param.name == "output", f"{words} {param.name}"
            assert param.opts[0] in answer.out
    assert call(*words.split(), "-h").out == answer.out


@pytest.mark.parametrize(
    ("words", "command"), commands(), ids=lambda v: v if isinstance(v, str) else ""
)
def test_every_command_on_a_store_knows_where_it_and_its_configuration_are(words: str, command):
    options = {option for param in command.params for option in param.opts}
    if not isinstance(command, click.Group) and words not in {"demo", "check"}:
        assert {"--config", "--store"} <= options
    results = {"run", "due", "backfill", "ingest", "labels", "doctor", "sql", "check"}
    if words in results or words.endswith((" list", " show")):
        assert "--json" in options
    if words in {"run", "due", "check"}:
        assert "--fail-on" in options


def test_the_version_is_told(call):
    answer = call("--version")
    assert answer.code == 0
    assert answer.out.startswith("driftline, version ")


def test_without_a_command_the_help_is_shown_as_an_error(call):
    answer = call()
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("Usage: driftline")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["backfil"], "no command 'backfil'; did you mean 'backfill'?"),
        (["alerts", "shwo"], "No such command 'shwo'"),
        (["run", "--as-off", "x"], "--as-off"),
        (["run", "--fail-on", "all"], "'all' is not one of 'critical', 'warning', 'info'"),
        (["accept", "m", "--since", "2024-01-01"], "Missing option '--why'"),
        (["ingest"], "Missing argument 'PATH…'"),
        (["sql"], "Missing argument 'QUERY'"),
        (["rejected", "list", "--limit", "many"], "'many' is not a valid integer"),
    ],
)
def test_a_word_that_cannot_be_meant_is_answered_in_one_line(call, words: list[str], says: str):
    answer = call(*words)
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err
    assert answer.err.count("\n") == 1
    assert answer.err.startswith("driftline: ")
