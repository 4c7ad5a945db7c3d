"""
The `driftline` command: each sub-command lives in a file of its own and is imported when called.

``driftline --help`` must answer at once: nothing here imports a database or a numeric library.
"""

from __future__ import annotations

import importlib
import io
import logging
import os
import sys
from collections.abc import Sequence

import click

from domain.errors import UnknownNameError, UsageError
from jobs.failure import answer
from jobs.log_lines import LogLines
from jobs.output import discard_output

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

# command -> module and attribute; the help line stands here so that --help imports nothing
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("jobs.commands.demo", "Load the sample, judge its history, write a report."),
    "check": ("jobs.commands.check", "Compare two files; no store, no configuration."),
    "init": ("jobs.commands.init", "Write a commented driftline.yaml from the stored logs."),
    "ingest": ("jobs.commands.ingest", "Load prediction logs: files, folders, globs or -."),
    "labels": ("jobs.commands.labels", "Load labels that arrive later."),
    "rejected": (
        "jobs.commands.rejected",
        "List lines that could not be read, with their reasons.",
    ),
    "baseline": ("jobs.commands.baseline", "Fix or show what windows are compared with."),
    "run": ("jobs.commands.run", "Check one window."),
    "due": ("jobs.commands.due", "Check every window that is complete and not yet checked."),
    "backfill": ("jobs.commands.backfill", "Check history."),
    "report": ("jobs.commands.report", "Write a report."),
    "alerts": ("jobs.commands.alerts", "List, show and acknowledge incidents."),
    "accept": ("jobs.commands.accept", "Declare a lasting shift the new normal."),
    "serve": ("jobs.commands.serve", "Own the store: dashboard, collector and scheduler."),
    "collect": ("jobs.commands.collect", "Own the store without the dashboard."),
    "dashboard": ("jobs.commands.dashboard", "Show the store of a server elsewhere."),
    "backup": ("jobs.commands.backup", "Copy the store to a file, while loads go on."),
    "restore": ("jobs.commands.restore", "Put a backup in the place of the store."),
    "erase": ("jobs.commands.erase", "Remove what is stored of a person."),
    "archive": ("jobs.commands.archive", "Move old rows to the archive, drop too old ones."),
    "compact": ("jobs.commands.compact", "Write the file anew, without what was removed."),
    "keys": ("jobs.commands.keys", "Make, list and revoke keys of the HTTP interface."),
    "sql": ("jobs.commands.sql", "Ask the store in read-only SQL."),
    "doctor": ("jobs.commands.doctor", "Check store, configuration, versions, disk and clock."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order a newcomer needs them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command where there is none of that name."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise UnknownNameError.nearest("command", args[0], COMMANDS)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Print the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="driftline", prog_name="driftline")
def cli() -> None:
    """
    Watch models in production: what changed, since when, how sure, and whether it matters.

    Exit codes: 0 fine, 1 a violation at or above --fail-on, 2 usage or a run that failed,
    3 nothing could be judged.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code; users never see a traceback."""
    sys.exit(_flushed(run(sys.argv[1:] if arguments is None else list(arguments))))


def run(arguments: list[str]) -> int:
    """
    Run the command line.

    Parameters
    ----------
    arguments : list of str
        Without the program's name.

    Returns
    -------
    int
        The exit code.
    """
    # the matrices here are small: more BLAS threads only wait for each other (measured: calibrating
    # 16 columns takes 5 times the CPU with two)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        _prepare_streams()
        outcome = cli.main(arguments, prog_name="driftline", standalone_mode=False)
    except BaseException as error:  # noqa: BLE001 (the last resort: one line, no traceback)
        return answer(error)
    return outcome if isinstance(outcome, int) else 0


def _flushed(code: int) -> int:
    """Write out what is still to be printed, while it can be told that this fails."""
    try:
        sys.stdout.flush()
    except OSError as error:
        code = code or answer(error)
        discard_output()
    return code


def _prepare_streams() -> None:
    level = os.environ.get("DRIFTLINE_LOG", "WARNING").upper()
    if level not in LEVELS:
        raise UsageError(f"DRIFTLINE_LOG={level!r} is no level; use one of {', '.join(LEVELS)}")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogLines())
    logging.basicConfig(level=level, handlers=[handler])
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a terminal that knows no Chinese shows marks, not an error
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    main()
